"""Two people at the form of a theme or the city profile: neither silently takes the place of the other."""

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import NON_FIELD_ERRORS
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from networks.models import CityProfile, Theme
from tests.makers import make_profile, make_theme
from tests.pages import errors_by_field, form_values, parsed, text_of
from tests.picture_files import BLUE, RED, drawing, saved

pytestmark = pytest.mark.sql

CASES = {
    "theme": (make_theme, Theme, "name_sr", "name_en"),
    "cityprofile": (make_profile, CityProfile, "city_name_sr", "introduction_sr"),
}


@pytest.fixture(params=CASES)
def case(request, db, client):
    make, model, field, other_field = CASES[request.param]
    client.force_login(User.objects.create_superuser("clerk"))
    row = make()
    return client, row, f"/admin/networks/{request.param}/{row.pk}/change/", field, other_field


@pytest.fixture
def clerk(client, db):
    client.force_login(User.objects.create_superuser("clerk"))
    return client


def opened(client, address):
    return form_values(parsed(client.get(address)))


def fields_with_errors(response):
    return {*response.context["adminform"].form.errors} - {NON_FIELD_ERRORS}


@pytest.mark.long
def test_second_save_says_what_is_saved_now_and_takes_its_place_only_when_sent_once_more(case):
    client, row, address, field, _other = case
    first, second = opened(client, address), opened(client, address)
    assert client.post(address, first | {field: "Њихово"}).status_code == 302
    refused = client.post(address, second | {field: "Моје"})
    assert refused.status_code == 200
    row.refresh_from_db()
    assert getattr(row, field) == "Њихово"
    tree = parsed(refused)
    assert "Њихово" in errors_by_field(tree)[field]
    again = form_values(tree)
    assert again[field] == ["Моје"]
    assert client.post(address, again).status_code == 302
    row.refresh_from_db()
    assert getattr(row, field) == "Моје"


def test_only_what_was_changed_in_the_form_is_written_and_the_rest_is_named(case):
    client, row, address, field, other = case
    first, second = opened(client, address), opened(client, address)
    assert client.post(address, first | {other: "Њихово"}).status_code == 302
    client.get("/admin/")  # where the first is told
    response = client.post(address, second | {field: "Моје"}, follow=True)
    told = [str(message) for message in response.context["messages"]]
    assert any("taken over" in text or "преузето" in text for text in told)
    row.refresh_from_db()
    assert (getattr(row, field), getattr(row, other)) == ("Моје", "Њихово")
    changed = LogEntry.objects.order_by("-pk").first().change_message
    assert field in changed
    assert other not in changed


# What the profile held at first, what the colleague made of it, and what is typed into a form that was opened before
AT_FIRST = {
    "city_name_sr": "Град Ниш",
    "city_name_en": "City of Niš",
    "introduction_sr": "Прво",
    "introduction_en": "First",
}
THEIRS = {name: "Њихово" if name.endswith("_sr") else "Theirs" for name in AT_FIRST}
MINE = {name: "Моје" if name.endswith("_sr") else "Mine" for name in AT_FIRST}
CHANGES = [(), ("city_name_sr",), ("introduction_en",), ("city_name_sr", "introduction_en")]
PROFILE = "/en/admin/networks/cityprofile/1/change/"


@pytest.mark.long
@pytest.mark.parametrize("mine", CHANGES)
def test_each_field_is_as_whoever_changed_it_left_it(clerk, mine):
    """Whether or not somebody is warned of a conflict and saves once more."""
    make_profile(**AT_FIRST)
    for theirs in CHANGES:
        CityProfile.objects.update(**AT_FIRST, email="")
        form = opened(clerk, PROFILE)
        for_them = opened(clerk, PROFILE) | {name: THEIRS[name] for name in theirs} | {"email": "a@example.org"}
        assert clerk.post(PROFILE, for_them).status_code == 302
        response = clerk.post(PROFILE, form | {name: MINE[name] for name in mine})
        if {*mine} & {*theirs}:
            assert response.status_code == 200
            assert fields_with_errors(response) == {*mine} & {*theirs}
            assert CityProfile.objects.values(*AT_FIRST).get() == AT_FIRST | {name: THEIRS[name] for name in theirs}
            response = clerk.post(PROFILE, form_values(parsed(response)))
        assert response.status_code == 302
        expected = AT_FIRST | {name: THEIRS[name] for name in theirs} | {name: MINE[name] for name in mine}
        found = CityProfile.objects.values(*AT_FIRST, "email").get()
        assert found == expected | {"email": "a@example.org"}


@pytest.mark.parametrize(
    ("saved_by", "conflict", "taken"),
    [
        (
            ["clerk"],
            "You have changed the same fields in another tab",
            "You have saved this in another tab meanwhile, and it was taken over: Introduction (in Serbian).",
        ),
        *(
            pytest.param(
                others,
                "You and somebody else have changed the same fields",
                "Meanwhile changed by somebody else and taken over: Introduction (in Serbian).",
                marks=pytest.mark.long,
            )
            for others in (["colleague"], ["clerk", "colleague"], ["a program"])
        ),
    ],
)
def test_what_was_taken_over_is_named_with_a_conflict_too_and_whose_it_is(clerk, saved_by, conflict, taken):
    make_profile(**AT_FIRST)
    colleague = Client()
    colleague.force_login(User.objects.create_superuser("colleague"))
    second = opened(clerk, PROFILE)
    for number, who in enumerate(saved_by):
        values = {"city_name_en": f"Theirs {number}", "introduction_sr": f"Њихово {number}"}
        if who == "a program":
            CityProfile.objects.update(**values)
        else:
            client = clerk if who == "clerk" else colleague
            client.post(PROFILE, opened(client, PROFILE) | values)
            client.get("/admin/")
    tree = parsed(clerk.post(PROFILE, second | {"city_name_en": "Mine"}))
    assert conflict in text_of(tree) and taken in text_of(tree)
    assert form_values(tree)["introduction_sr"] == [values["introduction_sr"]]


@pytest.mark.parametrize(
    "began_with", ["x", "[" * 9000, "city_name_sr", ":", "city_name_sr:" * 3, "0" * 20], ids=lambda text: text[:12]
)
def test_form_that_does_not_know_what_it_began_with_writes_over_nothing_unseen(clerk, began_with):
    make_profile(**AT_FIRST)
    typed = opened(clerk, PROFILE) | {"city_name_sr": "Моје", "began_with": began_with}
    response = clerk.post(PROFILE, typed)
    assert response.status_code == 200
    assert fields_with_errors(response) == {"city_name_sr"}
    assert clerk.post(PROFILE, form_values(parsed(response))).status_code == 302
    assert CityProfile.objects.get().city_name_sr == "Моје"


def test_saved_without_a_change_nobody_is_in_the_way(case):
    client, row, address, field, _other = case
    first, second = opened(client, address), opened(client, address)
    assert client.post(address, first).status_code == 302
    assert client.post(address, second | {field: "Моје"}).status_code == 302


def test_same_text_twice_is_no_conflict(case):
    client, row, address, field, _other = case
    first, second = opened(client, address), opened(client, address)
    assert client.post(address, first | {field: "Исто"}).status_code == 302
    assert client.post(address, second | {field: "Исто"}).status_code == 302


# Who changed what, old and new


def history_of(client, address):
    """Return what the history tells of each change, the oldest first: [(who, {field: (old, new)})]."""
    tree = parsed(client.get(address.replace("/change/", "/history/")))
    told = []
    for row in tree.xpath("//*[@id='change-history']//tbody/tr"):
        values = {}
        for label, value in zip(row.xpath(".//dt"), row.xpath(".//dd"), strict=True):
            both = ["".join(value.xpath(f".//text()[not(ancestor::{hidden})]")).strip() for hidden in ("ins", "del")]
            values[text_of(label)] = tuple(both)
        told.append((text_of(row.find("td")), values))
    return told


def test_history_tells_who_changed_what_with_the_old_and_the_new_value(clerk, django_user_model):
    make_profile(**AT_FIRST)
    django_user_model.objects.update(first_name="Ана", last_name="Анић")
    clerk.post(PROFILE, opened(clerk, PROFILE) | {"city_name_en": "Town of Niš", "introduction_sr": "Прво и друго"})
    clerk.post(PROFILE, opened(clerk, PROFILE) | {"email": "a@example.org", "introduction_sr": ""})
    assert history_of(clerk, PROFILE) == [
        (
            "Ana Anić",
            {
                "Name of the city (in English)": ("City of Niš", "Town of Niš"),
                "Introduction (in Serbian)": ("Прво", "Прво и друго"),
            },
        ),
        ("Ana Anić", {"Introduction (in Serbian)": ("Прво и друго", ""), "E-mail": ("", "a@example.org")}),
    ]


def test_history_shows_both_pictures(clerk):
    make_profile(**AT_FIRST)
    for colour in (RED, BLUE):
        picture = SimpleUploadedFile("coat.png", saved(drawing(corner=colour)))
        assert clerk.post(PROFILE, opened(clerk, PROFILE) | {"coat_of_arms": picture}).status_code == 302
    tree = parsed(clerk.get(PROFILE.replace("/change/", "/history/")))
    first, newest = (row.xpath(".//dd//img/@src") for row in tree.xpath("//*[@id='change-history']//tbody/tr"))
    assert newest == [*first, CityProfile.objects.get().coat_of_arms.url]
    assert len(first) == 1


def test_history_tells_of_a_theme_and_leaves_out_what_a_colleague_changed(clerk):
    theme = make_theme(name_sr="Мир", name_en="")
    address = f"/en/admin/networks/theme/{theme.pk}/change/"
    first, second = opened(clerk, address), opened(clerk, address)
    clerk.post(address, first | {"name_en": "Peace"})
    clerk.post(address, second | {"name_sr": "Мир и развој"})
    assert [values for _who, values in history_of(clerk, address)] == [
        {"Name (in English)": ("", "Peace")},
        {"Name (in Serbian)": ("Мир", "Мир и развој")},
    ]


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ('[{"changed": {"fields": ["name_sr"]}}]', "Changed Name (in Serbian)."),
        ('[{"changed": {"fields": ["gone"], "values": {"gone": ["1", "2"]}}}]', "Changed gone."),
        ('[{"added": {}}]', "Added."),
        ("Changed by hand.", "Changed by hand."),
        ("[]", "No fields changed."),
    ],
)
def test_history_shows_entries_without_values_as_before(clerk, message, said):
    theme = make_theme()
    LogEntry.objects.create(
        user=User.objects.get(),
        content_type=ContentType.objects.get_for_model(theme),
        object_id=theme.pk,
        object_repr="",
        action_flag=2,
        change_message=message,
    )
    tree = parsed(clerk.get(f"/en/admin/networks/theme/{theme.pk}/history/"))
    (row,) = tree.xpath("//*[@id='change-history']//tbody/tr")
    assert text_of(row.xpath("./td")[-1]) == said
