"""Rows for tests: each published, unlike any other, and with no more than its model asks for."""

from itertools import count

from django.contrib.auth.models import Group, User

from networks.models import CityProfile, Network, Page, Theme
from networks.partial_dates import PartialDate

numbers = count(1)


def make_network(*, themes=(), **fields):
    number = next(numbers)
    defaults = {"slug": f"network-{number}", "name_sr": f"Мрежа {number}", "is_published": True}
    network = Network.objects.create(**defaults | fields)
    network.themes.set(themes)
    return network


# All that the record of a membership can hold. The texts and numbers with X in them are not for visitors.
LINES = {
    "documents": [
        {
            "id": "d0000001",
            "kind": "decision",
            "title_sr": "Одлука о приступању",
            "title_en": "Decision to join",
            "number": "06-123/2007-И",
            "date": "2007-05-03",
            "language": "sr",
            "link": "https://www.nis.example/odluka",
        },
        {"id": "d0000002", "kind": "statute", "title_sr": "Статут мреже", "language": "fr", "date": "1997"},
    ],
    "roles": [
        {"id": "e0000001", "role": "associate", "since": "2007-05", "until": "2010"},
        {"id": "e0000002", "role": "full", "since": "2010"},
        {"id": "e0000003", "role": "body-chair", "body_sr": "Надзорни одбор", "body_en": "Supervisory Board"},
    ],
    "periods": [
        {"id": "b0000001", "joined": "1999", "left": "2003-06"},
        {"id": "b0000002", "left": "1995"},
    ],
    "fees": [
        {"id": f"f000{year}", "year": year, "amount": f"{year}.50", "currency": "EUR", "due": f"{year}-03-31"}
        | {"paid_on": f"{year}-12-24", "budget_line": "X-424"}
        for year in range(2019, 2026)
    ],
    "activities": [
        {
            "id": "a0000001",
            "kind": "meeting",
            "title_sr": "Састанак у Нишу",
            "title_en": "Meeting in Niš",
            "date": "2012",
        },
        {
            "id": "a0000002",
            "kind": "award",
            "title_sr": "Награда за обнову тврђаве",
            "date": "2019-10-05",
            "link": "https://www.network.example/award",
        },
        {"id": "a0000003", "kind": "other", "title_sr": "Без датума"},
    ],
}


def make_network_with_lines(**fields):
    return make_network(**{"joined": PartialDate(2007, 5, 3), "name_en": "Network with lines"} | LINES | fields)


def make_theme(**fields):
    number = next(numbers)
    return Theme.objects.create(**{"slug": f"theme-{number}", "name_sr": f"Област {number}"} | fields)


def make_page(**fields):
    number = next(numbers)
    defaults = {
        "slug": f"page-{number}",
        "title_sr": f"Страница {number}",
        "body_sr": f"<p>Текст странице {number}.</p>",
        "is_published": True,
    }
    return Page.objects.create(**defaults | fields)


def make_profile(**fields):
    return CityProfile.objects.create(**{"city_name_sr": "Град Ниш", "site_title_sr": "Мреже градова"} | fields)


def make_account(role=None, **fields):
    account = User.objects.create_user(**{"username": role or "nobody", "is_staff": True, **fields})
    if role:
        account.groups.add(Group.objects.get(name=role))
    return account
