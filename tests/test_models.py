"""What may be stored, what is refused and why, and what the models make by themselves."""

import itertools
import json
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.db.models import CheckConstraint
from django.utils import timezone
from django.utils.translation import override

from networks.models import CityProfile, FieldConstraint, Network, Page, Theme, free_slug, public_page
from networks.partial_dates import PartialDate
from networks.public import word_index
from networks.reading import translated_fields
from networks.serbian import to_latin
from tests.makers import make_network, make_page, make_profile, make_theme

pytestmark = [pytest.mark.django_db, pytest.mark.sql]


def errors_of(row):
    """The messages of a row that is checked as by a form, by field."""
    try:
        # No form has the raw columns, which mirror those of the active language.
        row.full_clean(exclude=translated_fields(type(row)))
    except ValidationError as error:
        return error.message_dict
    return {}


def dates(joined, left):
    return {
        "joined": joined and PartialDate.fromisoformat(joined),
        "left": left and PartialDate.fromisoformat(left),
        "status": "left" if left else "member",
    }


# Rules of the database, whose messages stand beside a field

REFUSED = {
    "left a year before joining": ("left", dates("2007", "2006")),
    "left a month before joining": ("left", dates("2007-05", "2007-04")),
    "left a day before joining": ("left", dates("2007-05-03", "2007-05-02")),
    "left in a year before a month": ("left", dates("2007-05", "2006")),
    "left in a month before a year": ("left", dates("2007", "2006-12")),
    "left in a month before a day": ("left", dates("2007-05-03", "2007-04")),
    "left on a day before a month": ("left", dates("2007-05", "2007-04-30")),
    "published without Serbian name": ("name_sr", {"name_sr": "", "name_en": "Network"}),
    "published without any name": ("name_sr", {"name_sr": None}),
    "original name without language": ("original_language", {"original_name": "Villes Unies"}),
    "script as website": ("website", {"website": "javascript:alert(1)"}),
    "script with slashes as website": ("website", {"website": "javascript://example.com/%0Aalert(1)"}),
    "files as website": ("website", {"website": "ftp://example.com/"}),
    "data as website": ("website", {"website": "data:text/html,x"}),
    "path as website": ("website", {"website": "//example.com/"}),
    "script as page": ("membership_page", {"membership_page": "javascript:alert(1)"}),
    "files as page": ("membership_page", {"membership_page": "ftp://example.com/"}),
}

ACCEPTED = {
    "joined alone": dates("2007", None),
    "left alone": dates(None, "2007"),
    "same day": dates("2007-05-03", "2007-05-03"),
    "same year": dates("2007", "2007"),
    "later": dates("2003", "2019-12-31"),
    "left in the year of a month": dates("2007-05", "2007"),
    "left in the year of a day": dates("2007-05-03", "2007"),
    "left in the month of a day": dates("2007-05-03", "2007-05"),
    "left in a month of the year": dates("2007", "2007-05"),
    "left on a day of the month": dates("2007-05", "2007-05-03"),
    "original name": {"original_name": "Villes Unies", "original_language": "fr"},
    "original name in a script": {"original_name": "Savez", "original_language": "sr-Latn"},
    "http": {"website": "http://example.com/"},
    "https in Cyrillic": {
        "website": "https://ниш.срб/мреже?а=б",
        "membership_page": "https://www.example.com:8080/x",
    },
    "draft without a name": {"name_sr": "", "is_published": False},
}


@pytest.mark.parametrize(("field", "fields"), REFUSED.values(), ids=REFUSED)
def test_the_database_refuses_what_cannot_be(field, fields):
    with pytest.raises(IntegrityError), transaction.atomic():
        make_network(**fields)
    assert not Network.objects.exists()


# Rules that look at today, which no database can

REFUSED_BY_FORMS = {
    "verified tomorrow": ("verified_on", lambda: {"verified_on": timezone.localdate() + timedelta(days=1)}),
    "founded in the future": ("founded", lambda: {"founded": PartialDate(9999)}),
    "joined in the future": ("joined", lambda: {"joined": PartialDate(timezone.localdate().year + 1)}),
    "member that has left": ("status", lambda: {"left": PartialDate(2010), "status": "member"}),
}


@pytest.mark.parametrize(("field", "fields"), REFUSED_BY_FORMS.values(), ids=REFUSED_BY_FORMS)
def test_what_cannot_be_today_is_explained_beside_its_field(field, fields):
    assert errors_of(Network(name_sr="Мрежа", **fields())).keys() == {field}


def test_what_is_true_today_has_no_error():
    today = timezone.localdate()
    joined = PartialDate(today.year, today.month, today.day)
    leaves = PartialDate(today.year + 1)
    assert errors_of(Network(name_sr="Мрежа", verified_on=today, joined=joined, left=leaves)) == {}


@pytest.mark.parametrize(("field", "fields"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_is_explained_beside_its_field(field, fields):
    for language in ("sr", "sr-latn", "en"):
        with override(language):
            row = Network(**{"name_sr": "Мрежа", "is_published": True} | fields)
            errors = errors_of(row)
            assert errors.keys() == {field}
            assert all(len(message) > 10 for message in errors[field])


@pytest.mark.parametrize("fields", ACCEPTED.values(), ids=ACCEPTED)
def test_what_can_be_is_stored(fields):
    network = make_network(**fields)
    network.refresh_from_db()
    assert {name: getattr(network, name) for name in fields} == fields


@pytest.mark.parametrize("fields", [fields for name, fields in ACCEPTED.items() if "without" not in name])
def test_what_can_be_has_no_error(fields):
    assert errors_of(Network(**{"name_sr": "Мрежа", "is_published": True} | fields)) == {}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name_sr", ""),
        ("name_sr", "Ш" * 201),
        ("acronym_en", "A" * 21),
        ("summary_sr", "Ш" * 301),
        ("description_en", "x" * 8001),
        ("benefit_sr", "Ш" * 1001),
        ("slug", "два слова"),
        ("slug", "a/b"),
        ("original_language", "french"),
        ("original_language", "FR"),
        ("original_language", "fr\n"),
        ("contact_email", "nobody"),
        ("contact_phone", "call us"),
        ("contact_phone", "+381 18\n"),
        ("scope", "mars"),
        ("status", "mars"),
        ("verified_on", timezone.localdate() + timedelta(days=2)),
        ("verified_on", date(202, 5, 4)),
        ("internal_note", "x" * 4001),
    ],
)
def test_a_mistake_is_explained_beside_its_field(field, value):
    fields = {"name_sr": "Мрежа", field: value}
    assert errors_of(Network(**fields)).keys() == {field}


@pytest.mark.parametrize("value", ["fr", "de", "sr-Latn", "pt-BR", "zh-Hant-TW", "rup"])
def test_languages_are_written_as_in_markup(value):
    assert errors_of(Network(name_sr="Мрежа", original_name="Име", original_language=value)) == {}


def test_what_was_verified_today_is_verified():
    assert errors_of(Network(name_sr="Мрежа", verified_on=timezone.localdate())) == {}


def test_an_address_is_taken_once():
    make_network(slug="avec")
    assert errors_of(Network(name_sr="Мрежа", slug="avec")).keys() == {"slug"}
    with pytest.raises(IntegrityError), transaction.atomic():
        make_network(slug="avec")


def test_published_pages_have_a_serbian_title():
    with pytest.raises(IntegrityError), transaction.atomic():
        make_page(title_sr="")
    assert errors_of(Page(title_en="About", is_published=True)).keys() == {"title_sr"}


@pytest.mark.parametrize("field", ["website", "licence_url"])
def test_the_addresses_of_the_city_are_of_the_web(field):
    with pytest.raises(IntegrityError), transaction.atomic():
        make_profile(**{field: "javascript:alert(1)"})
    profile = CityProfile(city_name_sr="Ниш", site_title_sr="Мреже", **{field: "ftp://example.com/"})
    assert errors_of(profile).keys() == {field}


def test_there_is_one_city():
    make_profile(city_name_sr="Ниш")
    CityProfile(city_name_sr="Пирот", site_title_sr="Мреже").save()
    assert [profile.city_name_sr for profile in CityProfile.objects.all()] == ["Пирот"]
    with pytest.raises(IntegrityError), transaction.atomic():
        CityProfile.objects.bulk_create([CityProfile(pk=2, city_name_sr="Врање", site_title_sr="Мреже")])


# Addresses made from names


@pytest.mark.parametrize(
    ("names", "slug"),
    [
        ({"name_sr": "Градоначелници за мир"}, "gradonacelnici-za-mir"),
        ({"name_sr": "Градоначелници за мир", "name_en": "Mayors for Peace"}, "mayors-for-peace"),
        ({"name_sr": "Ђоковић, Ђурђевдан"}, "djokovic-djurdjevdan"),
        ({"name_sr": "Ђ"}, "dj"),
        ({"name_sr": "Љубав, Његош и џез"}, "ljubav-njegos-i-dzez"),
        ({"name_sr": "Energy Cities"}, "energy-cities"),
        ({"name_sr": "Мрежа", "name_en": "Réseau Ça"}, "reseau-ca"),
        ({"name_sr": "„–“ !?"}, "network"),
        ({"name_sr": "北京"}, "network"),
        ({"name_sr": "–  A  –"}, "a"),
    ],
)
def test_an_address_is_made_from_the_name(names, slug):
    assert make_network(slug="", **names).slug == slug


def test_an_address_that_is_taken_gets_a_number():
    assert [make_network(slug="", name_sr="Мрежа").slug for _ in range(3)] == ["mreza", "mreza-2", "mreza-3"]
    assert [make_network(slug="", name_sr="!").slug for _ in range(2)] == ["network", "network-2"]
    assert make_page(slug="", title_sr="Мрежа").slug == "mreza"


@pytest.mark.parametrize("make", [make_network, make_page, make_theme])
def test_an_address_that_somebody_else_takes_meanwhile_is_made_anew(make, monkeypatch):
    rivals = []

    def too_late(instance, text):
        slug = free_slug(instance, text)
        if len(rivals) < 2:
            rivals.append(make(slug=slug))
        return slug

    monkeypatch.setattr(public_page, "free_slug", too_late)
    heading = "title_en" if make is make_page else "name_en"
    row = make(slug="", **{heading: "Peace"})
    row.refresh_from_db()
    assert [each.slug for each in (*rivals, row)] == ["peace", "peace-2", "peace-3"]


def test_what_is_refused_for_something_else_is_not_tried_at_another_address():
    with pytest.raises(IntegrityError), transaction.atomic():
        make_network(slug="", website="javascript:alert(1)")
    assert not Network.objects.exists()


@pytest.mark.parametrize("make", [make_network, make_page, make_theme])
def test_an_address_made_from_a_long_name_fits_its_column(make):
    field = "title_sr" if make is make_page else "name_sr"
    name = ("Удружење градова " * 6)[:100].strip()
    rows = [make(slug="", **{field: name}) for _ in range(2)]
    assert len({row.slug for row in rows}) == 2
    for row in rows:
        assert len(row.slug) <= row._meta.get_field("slug").max_length
        row.clean_fields(exclude=["name", "title"])


def test_a_list_can_be_filtered_by_a_theme_with_a_long_name(client):
    theme = make_theme(slug="", name_sr=("Сарадња градова у региону " * 4)[:100].strip())
    make_network(themes=[theme])
    assert client.get("/", {"theme": theme.slug}).status_code == 200


def test_an_address_does_not_follow_the_name():
    network = make_network(slug="", name_sr="Мрежа")
    network.name_sr = "Друга"
    network.save()
    assert network.slug == "mreza"


# Rich text, whose cleaning has its own tests

DIRTY = (
    '<p onclick="alert(1)" style="color: red">Добро <script>alert(1)</script><strong>јутро</strong>'
    '<a href="javascript:alert(1)">!</a><img src="x" onerror="alert(1)"></p><style>p {}</style>'
)


CLEAN = "<p>Добро <strong>јутро</strong>!</p>"


def save(network, field):
    setattr(network, field, DIRTY)
    network.save()


def save_field(network, field):
    setattr(network, field, DIRTY)
    network.save(update_fields=[field])


def bulk_create(network, field):
    network.delete()
    Network.objects.bulk_create([Network(slug=network.slug, name_sr="Мрежа", **{field: DIRTY})])


def bulk_update(network, field):
    setattr(network, field, DIRTY)
    Network.objects.bulk_update([network], [field])


def update(network, field):
    Network.objects.filter(pk=network.pk).update(**{field: DIRTY})


def update_or_create(network, field):
    Network.objects.update_or_create(slug=network.slug, defaults={field: DIRTY})


@pytest.mark.parametrize("field", ["description_sr", "description_en"])
@pytest.mark.parametrize("write", [save, save_field, bulk_create, bulk_update, update, update_or_create])
def test_rich_text_is_clean_whoever_writes_it(write, field):
    write(make_network(slug="it"), field)
    stored = getattr(Network.objects.get(slug="it"), field)
    assert stored == CLEAN


def test_rich_text_is_clean_when_loaded(tmp_path):
    fields = {"slug": "it", "name_sr": "Мрежа", "description_sr": DIRTY, "changed_at": "2026-11-21T12:00:00+01:00"}
    fixture = tmp_path / "dirty.json"
    fixture.write_text(json.dumps([{"model": "networks.network", "fields": fields}]))
    call_command("loaddata", fixture, verbosity=0)
    assert Network.objects.get().description_sr == CLEAN


def test_the_text_of_a_page_is_clean_too():
    page = make_page(body_sr=DIRTY, body_en=DIRTY)
    page.refresh_from_db()
    assert page.body_sr == page.body_en == CLEAN


# The words that search looks in


def is_found(query):
    return bool(word_index.find(query).entries)


@pytest.mark.parametrize(
    ("field", "value", "query"),
    [
        ("slug", "cities-of-culture", "cities of culture"),
        ("name_sr", "Њујорк", "njujork"),
        ("name_en", "Žižek", "zizek"),
        ("acronym_sr", "СКГО", "skgo"),
        ("acronym_en", "SCTM", "sctm"),
        ("summary_sr", "Ђак", "djak"),
        ("summary_en", "Pupil", "PUPIL"),
        ("description_sr", "<p>Прва</p><p><em>реч</em> &amp; друге</p>", "prva rec & druge"),
        ("description_en", "<ul><li>one</li><li>two</li></ul>", "two one"),
        ("seat_sr", "Беч", "bec"),
        ("seat_en", "Vienna", "vienna"),
        ("benefit_sr", "Искуство", "iskustvo"),
        ("benefit_en", "Experience", "experience"),
        ("original_name", "Villes Unies d’Europe", "villes unies"),
        ("former_names", "Здрави градови\nHealthy Cities", "healthy gradovi"),
    ],
)
def test_search_follows_every_save(field, value, query):
    network = make_network(slug="it", original_language="fr")
    assert not is_found(query)
    before = getattr(network, field)
    setattr(network, field, value)
    network.save()
    assert is_found(query)
    setattr(network, field, before)
    network.save()
    assert not is_found(query)


def test_search_follows_a_save_of_one_field():
    network = make_network(name_sr="Стара")
    network.name_sr = "Нова"
    network.save(update_fields=["name_sr"])
    assert is_found("нова")
    assert not is_found("стара")


def test_words_of_neighbouring_paragraphs_are_not_one_word():
    make_network(description_sr="<p>Прва</p><p>друга</p><ul><li>трећа</li><li>четврта</li></ul>")
    assert is_found("прва друга трећа четврта")
    assert not is_found("првадруга")
    assert not is_found("трећачетврта")


def test_a_word_with_a_part_emphasised_is_one_word():
    make_network(description_sr="<p>У <strong>Ниш</strong>у</p>")
    assert is_found("нишу")


def test_marks_and_notes_are_not_searched():
    make_network(description_sr='<p><a href="https://example.com/">Сајт</a></p>', internal_note="Поверљиво")
    assert is_found("sajt")
    assert not is_found("href")
    assert not is_found("поверљиво")


# The content of Niš


def rows():
    """All that is stored of the content, but for the moments of its last change."""
    return {model: [without_moment(row) for row in model.objects.order_by("pk").values()] for model in CONTENT}


def without_moment(row):
    return {name: value for name, value in row.items() if name != "changed_at"}


CONTENT = (Theme, Network, Page, CityProfile, Network.themes.through)


def test_the_content_can_be_loaded_again_and_again(nis):
    first = rows()
    call_command("loaddata", "nis", verbosity=0)
    assert rows() == first
    assert [len(each) for each in first.values()] == [9, 11, 3, 1, 11]


def test_loading_again_brings_back_what_was_changed(nis):
    first = rows()
    Network.objects.filter(slug="avec").update(name_sr="Друго", is_published=False)
    Theme.objects.update(name_en="Something")
    call_command("loaddata", "nis", verbosity=0)
    assert rows() == first


def test_the_content_breaks_no_rule(nis):
    for model in (Theme, Network, Page, CityProfile):
        for row in model.objects.all():
            assert errors_of(row) == {}


def test_the_content_is_serbian_for_eleven_and_english_for_six(nis):
    assert Network.objects.published().count() == 11
    assert Network.objects.exclude(name_sr="").exclude(description_sr="").count() == 11
    assert Network.objects.exclude(name_en="").exclude(description_en="").count() == 6
    assert not any(network.description_sr == to_latin(network.description_sr) for network in Network.objects.all())


def test_only_what_is_published_is_public():
    shown, _hidden = make_network(), make_network(is_published=False)
    assert list(Network.objects.published()) == [shown]


# What the fields of a rule may hold; every combination is tried.
DATES = [None, *map(PartialDate.fromisoformat, ("2003", "2007", "2007-05", "2007-05-03", "2007-06", "2012-12-31"))]
ADDRESSES = ["", "http://a", "https://a", "http:/a", "ftp://a", "javascript:alert(1)", " https://a"]
LATITUDES = [None, *map(Decimal, ("-90.0001", "-90", "0", "90", "90.0001"))]
LONGITUDES = [None, *map(Decimal, ("-180.0001", "-180", "0", "180", "180.0001"))]
VALUES_OF_RULES = {
    "network_published_has_serbian_name": {"is_published": [True, False], "name_sr": [None, "", "Мрежа"]},
    "network_left_after_joined": {"joined": DATES, "left": DATES},
    "network_original_name_has_language": {"original_name": ["", "Réseau"], "original_language": ["", "fr"]},
    "network_coordinates_are_whole": {"seat_latitude": LATITUDES, "seat_longitude": LONGITUDES},
    "city_profile_coordinates_are_whole": {"latitude": LATITUDES, "longitude": LONGITUDES},
    "network_website_is_http": {"website": ADDRESSES},
    "network_membership_page_is_http": {"membership_page": ADDRESSES},
    "page_published_has_serbian_title": {"is_published": [True, False], "title_sr": [None, "", "О сајту"]},
    "city_profile_website_is_http": {"website": ADDRESSES},
    "city_profile_licence_url_is_http": {"licence_url": ADDRESSES},
}
RULES = {
    rule.name: (model, rule)
    for model in (Network, Page, CityProfile)
    for rule in model._meta.constraints
    if isinstance(rule, FieldConstraint)
}


def is_refused(validate, *args):
    try:
        validate(*args)
    except ValidationError:
        return True
    return False


@pytest.mark.parametrize("name", RULES)
def test_rule_is_the_same_in_python_and_in_the_database(name, django_assert_num_queries):
    (model, rule), fields = RULES[name], VALUES_OF_RULES[name]
    refused = 0
    for values in itertools.product(*fields.values()):
        row = model(**dict(zip(fields, values, strict=True)))
        with django_assert_num_queries(0):
            in_python = is_refused(rule.validate, model, row)
        refused += in_python
        assert in_python == is_refused(CheckConstraint.validate, rule, model, row), values
    assert refused


@pytest.mark.parametrize("name", RULES)
def test_rule_about_a_field_that_a_form_leaves_out_is_not_checked(name):
    (model, rule), fields = RULES[name], VALUES_OF_RULES[name]
    for values in itertools.product(*fields.values()):
        row = model(**dict(zip(fields, values, strict=True)))
        assert not any(is_refused(rule.validate, model, row, {field}) for field in fields)


def test_checking_a_network_asks_only_whether_its_address_is_free(django_assert_num_queries):
    network = Network(slug="avec", name_sr="Мрежа", is_published=True, website="https://example.org/")
    with django_assert_num_queries(1):
        assert errors_of(network) == {}


@pytest.mark.parametrize("make", [make_network, make_page])
def test_saving_one_field_of_a_row_read_long_ago_changes_no_address(make):
    row = make(slug="first", is_published=False)
    read_long_ago = type(row).objects.get(pk=row.pk)
    row.slug = "second"
    row.save()
    read_long_ago.is_published = True
    read_long_ago.save(update_fields=["is_published"])
    now = type(row).objects.get(pk=row.pk)
    assert (now.slug, now.is_published, read_long_ago.slug) == ("second", True, "second")
    assert [each.slug for each in now.former_slugs.all()] == ["first"]
