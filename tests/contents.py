"""The content of a network, as revisions and rows hold it."""

import io
from datetime import date
from decimal import Decimal

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image

from networks.partial_dates import PartialDate

# The format of every revision that was ever written. Where a field comes, goes or is renamed, revisions keep this.
FROZEN = {
    "slug": "avec",
    "name_sr": "Асоцијација европских градова културе",
    "name_en": "Association of European Cities of Culture",
    "acronym_sr": "АЕГК",
    "acronym_en": "AVEC",
    "summary_sr": "Европска мрежа.\nУ два реда.",
    "summary_en": "A European network.",
    "description_sr": "<p>Бави се <strong>наслеђем</strong>.</p>",
    "description_en": '<p>It is about <a href="https://example.org/a?b=1&amp;c=2">heritage</a>.</p><ul><li>One</li></ul>',
    "seat_sr": "Стразбур",
    "seat_en": "Strasbourg",
    "benefit_sr": "Искуство.",
    "benefit_en": "Experience.",
    "end_note_sr": "Одлука 06-31/2023.",
    "end_note_en": "Decision 06-31/2023.",
    "original_name": "Alliance de Villes Européennes de Culture",
    "original_language": "fr",
    "former_names": "First (1988–1990)\nSecond (1990–1995)",
    "scope": "european",
    "founded": "1997",
    "joined": "2007-05",
    "left": "2023-05-03",
    "seat_country": "FR",
    "seat_latitude": "48.5734",
    "seat_longitude": "7.7521",
    "status": "left",
    "website": "https://example.org/",
    "membership_page": "http://example.org/members",
    "wikidata": "Q42",
    "responsible_unit": "Канцеларија",
    "contact_email": "office@example.org",
    "contact_phone": "+381 18 504 000",
    "source": "https://example.org/source",
    "verified_on": "2026-01-31",
    "logo": {"name": "logos/mark.png", "width": 60, "height": 40},
    "documents": [{"id": "00000dec", "kind": "decision", "title_sr": "Одлука 06-12/2007"}],
    "roles": [
        {"id": "9d1c25a0", "role": "full"},
        {"id": "77e0b3c4", "role": "body-chair", "body_sr": "Одбор", "body_en": "Board", "since": "2010-05"},
    ],
    "periods": [{"id": "0b6a9e11", "joined": "1999", "left": "2003-05-03"}],
    "fees": [{"id": "00000fee", "year": 2026, "amount": "1500.00", "currency": "EUR"}],
    "activities": [{"id": "c41f0d52", "kind": "meeting", "date": "2011", "title_sr": "Скуп"}],
    "internal_note": "За колеге",
    "themes": ["culture", "peace"],
}
# The lines of a network without any
NO_LINES = {"documents": [], "roles": [], "periods": [], "fees": [], "activities": []}
# What stood in a revision until there were lines, in place of the document and the fee above
ACT_AND_FEE = {"deciding_act": "Одлука 06-12/2007", "fee_amount": "1500.00", "fee_currency": "EUR", "fee_year": 2026}


# The format of every revision of a page
PAGE = {
    "slug": "o-sajtu",
    "title_sr": "О сајту",
    "title_en": "About the site",
    "body_sr": "<p>Град <strong>Ниш</strong>.</p>",
    "body_en": "<p>The city of <strong>Niš</strong>.</p>",
}

# The same as FROZEN as it stands in the row
IN_ROW = FROZEN | {
    "founded": PartialDate(1997),
    "joined": PartialDate(2007, 5),
    "left": PartialDate(2023, 5, 3),
    "seat_latitude": Decimal("48.5734"),
    "seat_longitude": Decimal("7.7521"),
    "verified_on": date(2026, 1, 31),
    "logo": "logos/mark.png",
}
EMPTY = dict.fromkeys(FROZEN, "") | {
    "founded": None,
    "joined": None,
    "left": None,
    "seat_latitude": None,
    "seat_longitude": None,
    "status": "member",
    "verified_on": None,
    "logo": None,
    **NO_LINES,
    "themes": [],
}


def store_picture(name, size):
    content = io.BytesIO()
    Image.new("RGB", size).save(content, "PNG")
    name = default_storage.save(f"logos/{name}", ContentFile(content.getvalue()))
    return {"name": name, "width": size[0], "height": size[1]}


TAGS = {"sr": "sr-Cyrl", "sr-latn": "sr-Latn", "en": "en"}
INTERNAL_NOTE = "Строго поверљива белешка"
EVERYTHING = {
    "slug": "everything",
    "name_sr": "Мрежа са свим подацима",
    "name_en": "Network with every fact",
    "acronym_sr": "МСП",
    "acronym_en": "NEF",
    "summary_sr": "Зна се све.",
    "summary_en": "All is known.",
    "description_sr": "<p>Опис са <strong>нагласком</strong>.</p><ul><li>ставка</li></ul>",
    "description_en": "<p>Description with <strong>stress</strong>.</p><ul><li>item</li></ul>",
    "seat_sr": "Љубљана",
    "seat_en": "Ljubljana",
    "seat_country": "SI",
    "seat_latitude": Decimal("46.0569"),
    "seat_longitude": Decimal("14.5058"),
    "benefit_sr": "Искуство.",
    "benefit_en": "Experience.",
    "end_note_sr": "Одлука бр. 06-31/2019.",
    "end_note_en": "Decision No. 06-31/2019.",
    "original_name": "Réseau de tous les faits",
    "original_language": "fr",
    "former_names": "Стара мрежа (1988–2001)\nOld Network (2001–2004)",
    "scope": "european",
    "status": "left",
    "founded": PartialDate(1987),
    "joined": PartialDate(2007, 5),
    "left": PartialDate(2019, 12, 31),
    "website": "https://www.everything.example/",
    "membership_page": "https://www.everything.example/members/nis",
    "wikidata": "Q1322476",
    "responsible_unit": "Канцеларија за сарадњу",
    "contact_email": "networks@nis.example",
    "contact_phone": "+381 18 504 000",
    "source": "Допис мреже од 1.3.2020.",
    "verified_on": date(2025, 3, 1),
    "internal_note": INTERNAL_NOTE,
}
