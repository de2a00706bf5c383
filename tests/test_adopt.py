"""Another city adopts the site: what `manage.py adopt` makes, and that nothing on it names the first city."""

import re
import sys
from io import StringIO
from pathlib import Path

import polib
import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client

from networks.languages import language_codes
from networks.models import CityProfile, Network, Page, Theme
from networks.operations.adoption import PAGES, THEMES
from networks.public.share_pictures import picture_of_network, picture_of_site
from networks.reading import Reader
from networks.revisions.word_checks import check_words
from tests.makers import make_network, make_page, make_theme
from tests.pages import opened, text_of
from tests.picture_files import drawing, saved
from tests.world import ADDRESSES

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).parent.parent
NOVI_SAD = {
    "name_sr": "Град Нови Сад",
    "name_en": "City of Novi Sad",
    "email": "mreze@novisad.example",
    "website": "https://novisad.rs/",
}
# The city of the demo, in any case and script; not the words for "nothing" and "niche"
FIRST_CITY = re.compile(r"\b(?:ниш(?:у|ем|е|к\w+)?|niš(?:u|em|e|k\w+)?|nis|ni\.rs)\b", re.IGNORECASE)


def adopt(*options, **values):
    output = StringIO()
    call_command("adopt", *options, no_input=True, stdout=output, **NOVI_SAD | values)
    return output.getvalue()


def test_serbian_name_in_latin_is_refused():
    with pytest.raises(CommandError, match="Write the Serbian name in Cyrillic"):
        adopt(name_sr="Grad Novi Sad")
    assert not CityProfile.objects.exists() and not Page.objects.exists()


def test_an_empty_site_becomes_that_of_a_city(tmp_path):
    arms = tmp_path / "arms.png"
    arms.write_bytes(saved(drawing()))
    said = adopt(arms=str(arms), site_url="https://mreze.novisad.example/", languages="sr,hu")
    profile = CityProfile.objects.get()
    assert (profile.city_name_sr, profile.city_name_en) == ("Град Нови Сад", "City of Novi Sad")
    assert (profile.site_title_sr, profile.site_title_en) == ("Мреже градова", "City Networks")
    assert "припада Град Нови Сад:" in profile.introduction_sr
    assert "the City of Novi Sad belongs to" in profile.introduction_en
    assert (str(profile.latitude), str(profile.longitude)) == ("45.2552", "19.8452")
    assert (profile.coat_of_arms_width, profile.coat_of_arms_height) == (60, 40)
    assert {*Theme.objects.values_list("slug", flat=True)} == {*THEMES}
    assert [page.slug for page in Page.objects.all()] == [*PAGES]
    for page in Page.objects.all():
        assert (page.is_published, page.head.author_name) == (False, "")
        assert "Град Нови Сад" in page.body_sr
        assert "City of Novi Sad" in page.body_en
        assert "{" not in page.body_sr + page.body_en
        assert [*check_words(Page, page.head.content)] == []
    for step in (
        "DJANGO_ALLOWED_HOSTS=mreze.novisad.example and DJANGO_SITE_URL=https://mreze.novisad.example",
        "manage.py language add hu",
        "manage.py language retire en",
    ):
        assert step in said


def test_what_there_is_stays():
    make_theme(slug="culture", name_sr="Култура")
    make_page(slug="about", title_sr="О нама")
    CityProfile.objects.create(city_name_sr="Град", site_title_sr="Наслов", introduction_sr="Увод.")
    adopt()
    assert (Theme.objects.get(slug="culture").name_sr, Page.objects.get(slug="about").title_sr) == (
        "Култура",
        "О нама",
    )
    profile = CityProfile.objects.get()
    assert (profile.city_name_sr, profile.site_title_sr) == ("Град Нови Сад", "Наслов")
    assert (profile.introduction_sr, profile.introduction_en[:8]) == ("Увод.", "Here you")
    counts = Theme.objects.count(), Page.objects.count()
    assert adopt().startswith("Made: the city profile.\n")
    assert (Theme.objects.count(), Page.objects.count()) == counts


def test_city_elsewhere_has_another_law():
    adopt(name_sr="Град Љубљана", name_en="City of Ljubljana", country="si")
    assert "Повереник" not in Page.objects.get(slug="privacy").body_sr
    assert str(CityProfile.objects.get().latitude) == "46.0569"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"name_sr": ""}, "--name-sr"),
        ({"email": ""}, "--email"),
        ({"email": "nobody"}, "email: "),
        ({"website": "novisad"}, "website: "),
        ({"name_sr": "Г" * 101}, "city_name_sr: "),
        ({"country": "Serbia"}, "code of two letters"),
        ({"arms": "/nowhere.png"}, "/nowhere.png cannot be read"),
        ({"arms": __file__}, "coat_of_arms: "),
        ({"site_url": "novisad"}, "“novisad” is not a scheme and a host"),
    ],
)
def test_bad_answer_is_refused_and_nothing_is_made(given, words):
    with pytest.raises(CommandError, match=re.escape(words)):
        adopt(**given)
    assert not CityProfile.objects.exists()
    assert not Theme.objects.exists()
    assert not Page.objects.exists()


def test_site_with_networks_is_refused_unless_one_insists():
    make_network()
    with pytest.raises(CommandError, match="This site has networks"):
        adopt()
    assert not CityProfile.objects.exists()
    adopt("--with-networks")
    assert CityProfile.objects.exists()


def test_what_no_option_gives_is_asked(monkeypatch):
    answers = {
        "Name of the city in Serbian": "Град Нови Сад",
        "Name of the city in English": "City of Novi Sad",
        "E-mail": "mreze@novisad.example",
    }
    asked = []

    def answer(question):
        asked.append(question)
        return next((given for beginning, given in answers.items() if question.startswith(beginning)), "")

    monkeypatch.setattr("builtins.input", answer)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    call_command("adopt", title_sr="Градови", stdout=StringIO())
    profile = CityProfile.objects.get()
    assert (profile.city_name_en, profile.site_title_sr, profile.site_title_en) == (
        "City of Novi Sad",
        "Градови",
        "City Networks",
    )
    assert "Title of the site in English [City Networks]: " in asked
    assert not any("Title of the site in Serbian" in question for question in asked)


def test_start_page_of_an_empty_site_leads_to_the_profile():
    clerk = Client()
    clerk.force_login(User.objects.create_superuser("clerk"))
    [link] = opened(clerk, "/en/admin/").xpath("//a[starts-with(normalize-space(), 'The city profile lacks')]")
    assert "name of the city" in text_of(link)
    assert clerk.get(link.get("href"), follow=True).redirect_chain == [("/en/admin/networks/cityprofile/add/", 302)]


def sample():
    """Write the memberships of Novi Sad that everybody knows of."""
    make_network(
        slug="sctm",
        name_sr="Стална конференција градова и општина",
        name_en="Standing Conference of Towns and Municipalities",
        scope="national",
        seat_sr="Београд",
        seat_en="Belgrade",
        summary_sr="Удружење свих градова и општина у Србији.",
        summary_en="The association of all towns and municipalities in Serbia.",
    )
    make_network(
        slug="creative-cities",
        name_sr="Мрежа креативних градова Унеска",
        name_en="UNESCO Creative Cities Network",
        scope="global",
        summary_sr="Нови Сад је у њој као град медијских уметности.",
        summary_en="Novi Sad is in it as a city of media arts.",
    )


def first_city_in(text):
    return sorted({found[0] for found in FIRST_CITY.finditer(text)})


@pytest.mark.long
def test_no_page_names_the_first_city(world):
    """All addresses of the site as a superuser: the public ones in each form, those of staff in Serbian Latin."""
    sample()
    adopt("--with-networks")
    browser = Client()
    browser.force_login(world.accounts["super"])
    asked = {
        world.address(pattern, {})
        for language in language_codes()
        for name, pattern in ADDRESSES[language].items()
        if language == "sr-latn" or "admin" not in name
    }
    named, answered = {}, 0
    for path in sorted(each for each in asked if "logout" not in each):
        response = browser.get(path)
        content = b"".join(response.streaming_content) if response.streaming else response.content
        if not response.headers["Content-Type"].startswith(("image/", "application/pdf")):
            answered += response.status_code == 200
            # A network may have its seat in any town of Serbia.
            text = re.sub("<datalist.*?</datalist>", "", content.decode(errors="replace"), flags=re.DOTALL)
            named[path] = first_city_in(text)
    assert answered > 100
    assert {path: words for path, words in named.items() if words} == {}


def test_shared_pictures_do_not_name_the_first_city():
    sample()
    adopt("--with-networks")
    profile, network = CityProfile.objects.get(), Network.objects.first()
    for language in language_codes():
        reader = Reader(language)
        shown = (
            picture_of_site(reader.profile(profile), 2),
            picture_of_network(reader.network(network), reader.profile(profile)),
        )
        assert all(each.foot and not first_city_in(repr(each)) for each in shown)


def test_neither_the_interface_nor_a_file_names_the_first_city():
    texts = {
        path: "\n".join(f"{each.msgid}\n{each.msgstr}\n{each.msgstr_plural}" for each in polib.pofile(path))
        for path in (ROOT / "networks" / "locale").rglob("*.po")
    }
    for folder in ("static", "templates"):
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in (".svg", ".js", ".css", ".html", ".txt", ".json", ".xml"):
                texts[path] = path.read_text()
    starter_content = ROOT / "networks" / "operations" / "starter_content.json"
    texts[starter_content] = starter_content.read_text()
    assert {str(path): first_city_in(text) for path, text in texts.items() if first_city_in(text)} == {}
