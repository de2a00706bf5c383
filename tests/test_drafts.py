"""Drafts as clerks work with them: from the form that opens on the newest version to what citizens see in the end."""

import re
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.contrib.auth.models import Group, User
from django.core import signing
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client
from django.test.client import ClientHandler
from django.utils import timezone
from django.utils.translation import gettext, override

from networks.admin import revised_form
from networks.admin.network_admin import NetworkAdmin
from networks.admin.revised_form import choice_name
from networks.admin.schedule_views import describe_schedule
from networks.models import Event, Network, OpenForm, PreviewLink, Revision, SavedForm, Schedule
from networks.partial_dates import PartialDate
from networks.pictures import reencode_picture
from networks.reading import Reader
from networks.revisions import drafts, previews, publishing, schedules, storage
from networks.revisions.content import changed_fields, content_of, field_label, merge
from tests.makers import make_network, make_page, make_profile, make_theme
from tests.pages import (
    CYRILLIC,
    PREFIXES,
    count_queries,
    errors_by_field,
    fill_in,
    form_values,
    in_latin_and_in_ci_in_each_language,
    in_latin_and_in_ci_under_each_prefix,
    messages_of,
    opened,
    parsed,
    text_of,
)
from tests.picture_files import drawing, saved
from tests.processes import Clock

pytestmark = [pytest.mark.django_db, pytest.mark.sql]

LIST = "/en/admin/networks/network/"
PUBLISH, WITHDRAW = Schedule.Action.PUBLISH, Schedule.Action.WITHDRAW

# What the network of these tests says before anybody changes it
CONTENT = {
    "slug": "mreza",
    "name_sr": "Мрежа градова",
    "name_en": "Network of Cities",
    "summary_sr": "Сажетак.",
    "summary_en": "A summary.",
    "description_sr": "<p>Опис мреже.</p>",
    "description_en": "<p>What the network does.</p>",
    "founded": "1999",
    "fees": [{"id": "00000fee", "year": 2026, "amount": "1500.00", "currency": "EUR"}],
    "themes": ["peace"],
}


# People and what they do


HANDLER = ClientHandler(enforce_csrf_checks=False)


def browser():
    """A browser in which nobody is signed in. The middleware is loaded once for all of them."""
    client = Client()
    client.handler = HANDLER
    return client


def sign_in(username, role, **fields):
    """A browser in which somebody of the role is signed in; `client.user` is who."""
    client = browser()
    client.user = User.objects.create_user(username, is_staff=True, **fields)
    client.user.groups.add(*Group.objects.filter(name=role))
    client.force_login(client.user)
    return client


@pytest.fixture(autouse=True)
def _whoever_is_signed_in_stays(settings):
    """However far the clock is moved."""
    settings.SESSION_COOKIE_AGE = timedelta(days=10_000).total_seconds()


@pytest.fixture
def ana(db):
    return sign_in("ana", "editors", first_name="Ана", last_name="Анић")


@pytest.fixture
def milan(db):
    return sign_in("milan", "publishers", first_name="Милан", last_name="Милић")


@pytest.fixture
def jelena(db):
    return sign_in("jelena", "editors", first_name="Јелена", last_name="Јелић")


@pytest.fixture
def themes(db):
    return {slug: make_theme(slug=slug, name_sr=name) for slug, name in (("peace", "Мир"), ("air", "Ваздух"))}


@pytest.fixture
def draft(themes):
    """A network that citizens have never seen."""
    return drafts.save(Network(), CONTENT, author=None).row


@pytest.fixture
def network(themes):
    """A published network without a draft, as loaddata brings it."""
    fields = CONTENT | {"founded": PartialDate.fromisoformat(CONTENT["founded"]), "themes": [themes["peace"]]}
    network = make_network(**fields)
    storage.newest_revision(network)
    return network


@pytest.fixture
def clock(monkeypatch):
    """The time that it is for the whole project, to be moved by hand."""
    monkeypatch.setattr(Clock, "moment", datetime(2026, 12, 1, 12, tzinfo=UTC))
    monkeypatch.setattr(timezone, "datetime", Clock)
    return Clock


@pytest.fixture(params=["network", pytest.param("page", marks=pytest.mark.exhaustive)])
def row(request):
    """A published row of each model with revisions, without a draft, for tests that do not ask what it holds."""
    if request.param == "network":
        return request.getfixturevalue("network")
    page = make_page(slug="mreza")
    storage.newest_revision(page)
    return page


def list_of(row, prefix="/en"):
    return f"{prefix}/admin/networks/{row._meta.model_name}/"


def page_of(row, name="change", prefix="/en"):
    return f"{list_of(row, prefix)}{row.pk}/{name}/"


def form_of(client, network, prefix="/en"):
    """What the form holds when somebody opens it."""
    return form_values(opened(client, page_of(network, prefix=prefix)))


def send(client, network, values, button="_save", prefix="/en", **typed):
    """Send a form that was opened some time ago."""
    return client.post(page_of(network, prefix=prefix), values | typed | {button: "1"})


def write(client, network, button="_save", prefix="/en", **typed):
    """Open the form, type, and save it; give back the answer."""
    response = send(client, network, form_of(client, network, prefix), button, prefix, **typed)
    assert response.status_code == 302, errors_by_field(parsed(response))
    return response


def publish_everything(client, network):
    """Press "Publish" in the form, and say that what others have not submitted goes with it."""
    response = write(client, network, "_publish")
    assert response["Location"] == page_of(network, "review")
    assert client.post(response["Location"], {"all": "1"}).status_code == 302


def by(client, network, **changes):
    """Let somebody write without the pages, which takes a fifth of the time."""
    drafts.save(network, newest(network) | changes, author=client.user)


def publish(client, network, **changes):
    by(client, network, **changes)
    publishing.publish(network, author=client.user)


def act(client, network, name, prefix="/en"):
    """Answer the question of a page with yes; give back the answer."""
    address = page_of(network, name, prefix)
    opened(client, address)
    return client.post(address)


def told(client, response):
    """The messages that follow an answer."""
    assert response.status_code == 302
    return messages_of(opened(client, response["Location"]))


def newest(row):
    return storage.newest_revision(type(row).objects.get(pk=row.pk)).content


def count(network):
    return network.revisions.count()


def seen_by_citizens(network):
    """Everything that citizens read of a network, in each language, without what differs from request to request."""
    pages = [f"{prefix}/networks/{network.slug}/" for prefix in PREFIXES.values()]
    pages += [f"{prefix}/" for prefix in PREFIXES.values()] + ["/sitemap.xml"]
    citizen = browser()
    return [citizen.get(page).content for page in pages]


def stored_picture(colour):
    """A logo that a colleague has chosen, as revisions keep it."""
    file = reencode_picture(picture(colour))
    return {"name": default_storage.save(f"logos/{file.name}", file), "width": 60, "height": 40}


def picture(colour, name="логотип.png"):
    return SimpleUploadedFile(name, saved(drawing(corner=colour)))


def listed(client, query=""):
    """The networks of the list, by their names, and what stands in the column of states."""
    rows = opened(client, f"{LIST}?{query}").xpath("//table[@id='result_list']/tbody/tr")
    return {
        text_of(row.find_class("field-displayed_name")[0]): text_of(row.find_class("field-state")[0]) for row in rows
    }


class TestDrafts:
    @pytest.mark.long
    def test_form_opens_on_the_newest_version(self, ana, milan, network):
        by(milan, network, name_en="A Draft", founded="2003")
        write(ana, network, summary_en="Here")
        for language, prefix in PREFIXES.items():
            values = form_of(ana, network, prefix)
            assert (values["name_en"], values["summary_en"], values["base"]) == (["A Draft"], ["Here"], ["3"])
            assert values["founded"] == ["2003" if language == "en" else "2003."]

    @pytest.mark.long
    def test_of_what_is_published_changes_nothing_that_citizens_see(self, ana, milan, network, themes):
        before = seen_by_citizens(network)
        row = Network.objects.filter(pk=network.pk).values()
        kept = row.get()
        changes = {"name_en": "A Draft", "slug": "nacrt", "status": "left"}
        write(ana, network, **changes, themes=[themes["air"].pk], logo=picture("red"))
        write(ana, network, "_submit", description_sr="<p>Нацрт</p>")
        assert seen_by_citizens(network) == before
        computed = ("gaps_newest", "words_newest", "outdated_newest", "computed_from")
        changed = ("head_id", "submitted_at", "submitted_by", *computed)
        assert row.get() == kept | {key: row.get()[key] for key in changed}
        assert browser().get("/networks/nacrt/").status_code == 404
        write(milan, network, "_publish")
        network.refresh_from_db()
        for old, new in zip(before, seen_by_citizens(network), strict=True):
            assert old != new
        page = browser().get("/en/networks/nacrt/").text
        assert ("A Draft" in page, "/media/logos/" in page) == (True, True)

    @pytest.mark.long
    def test_first_one_is_kept_from_citizens_until_it_is_published(self, ana, milan):
        response = fill_in(ana, f"{LIST}add/", {"name_sr": "Нова мрежа", "name_en": "New"})
        network = Network.objects.get()
        assert response["Location"] == page_of(network)
        assert (network.slug, network.is_published, count(network)) == ("new", False, 1)
        for prefix in PREFIXES.values():
            assert browser().get(f"{prefix}/networks/new/").status_code == 404
            assert "/networks/new/" not in browser().get(f"{prefix}/").text
        assert "new" not in browser().get("/sitemap.xml").text
        publish_everything(milan, network)
        for prefix in PREFIXES.values():
            assert browser().get(f"{prefix}/networks/new/").status_code == 200
            assert "/networks/new/" in browser().get(f"{prefix}/").text

    def test_is_published_as_it_stands_in_the_form(self, milan, network):
        response = send(milan, network, form_of(milan, network), "_publish", name_en="At Once")
        assert response["Location"] == LIST
        network.refresh_from_db()
        assert (network.name_en, network.has_draft, count(network)) == ("At Once", False, 2)
        assert messages_of(opened(milan, LIST)) == ["“At Once” is published. Citizens see it as it stands here."]
        (token,) = opened(milan, LIST).xpath("//form[@class='undo']/input[@name='token']/@value")
        milan.post(f"{LIST}undo/", {"token": token})
        network.refresh_from_db()
        assert (network.name_en, newest(network)["name_en"], network.has_draft) == (
            "Network of Cities",
            "At Once",
            True,
        )

    @pytest.mark.long
    @pytest.mark.parametrize("button", ["_save", "_publish", "_submit", "_schedule"])
    def test_with_an_error_in_a_field_is_saved_without_that_field_and_never_published(self, milan, network, button):
        publish(milan, network)
        before, revisions = seen_by_citizens(network), count(network)
        response = send(milan, network, form_of(milan, network), button, name_en="Nearly", founded="око 1999")
        page = parsed(response)
        assert (response.status_code, list(errors_by_field(page))) == (200, ["founded"])
        assert "“Nearly” is saved, but for what has an error" in " ".join(messages_of(page))
        assert (newest(network)["name_en"], newest(network)["founded"]) == ("Nearly", "1999")
        network.refresh_from_db()
        assert (network.has_draft, network.submitted_at, network.schedules.count()) == (True, None, 0)
        assert seen_by_citizens(network) == before

        # The page goes on from what it has saved, and once more with the same error makes nothing new.
        typed = form_values(page)
        assert typed["founded"] == ["око 1999"]
        assert messages_of(parsed(send(milan, network, typed, button))) == []
        assert count(network) == revisions + 1
        assert send(milan, network, typed, "_save", founded="2001").status_code == 302
        assert (newest(network)["name_en"], newest(network)["founded"]) == ("Nearly", "2001")

    @pytest.mark.long
    def test_with_an_error_takes_over_what_a_colleague_has_saved(self, ana, milan, network):
        values = form_of(milan, network)
        by(ana, network, summary_en="Of a colleague", founded="1990")
        page = parsed(send(milan, network, values, name_en="Mine", founded="око 1999"))
        assert errors_by_field(page).keys() == {"founded"}  # which both have changed
        assert count(network) == 2
        page = parsed(send(milan, network, values, name_en="Mine", website="не знам"))
        assert "Meanwhile changed by others" in " ".join(messages_of(page))
        assert [newest(network)[name] for name in ("name_en", "summary_en", "founded", "website")] == [
            "Mine",
            "Of a colleague",
            "1990",
            "",
        ]

    @pytest.mark.long
    def test_translation_written_with_its_source_is_saved_with_it(self, milan, network):
        by(milan, network, summary_sr="Старо", summary_en="Old")
        typed = {"summary_sr": "Ш" * 1000, "summary_en": "New", "name_en": "Mine"}
        page = parsed(send(milan, network, form_of(milan, network), **typed))
        assert (newest(network)["summary_en"], newest(network)["name_en"]) == ("Old", "Mine")
        assert send(milan, network, form_values(page), summary_sr="Ново").status_code == 302
        network.refresh_from_db()
        assert (newest(network)["summary_en"], network.outdated_newest) == ("New", [])

    @pytest.mark.long
    def test_of_a_new_network_with_an_error_is_kept_and_shown_with_the_rest_as_it_was_typed(self, ana):
        add = f"{LIST}add/"
        values = form_values(opened(ana, add)) | {"name_sr": "Нова мрежа", "founded": "око 1999"}
        response = ana.post(add, values | {"_save": "1"})
        row = Network.objects.get(name_sr="Нова мрежа")
        assert response["Location"] == page_of(row)
        page = opened(ana, response["Location"])
        assert form_values(page)["founded"] == ["око 1999"]
        assert errors_by_field(page).keys() == {"founded"}
        assert "What has no error is saved." in page.text_content()
        assert ana.post(add, values | {"_save": "1"}).status_code == 200
        assert send(ana, row, form_values(page), founded="1999").status_code == 302
        assert (Network.objects.count(), newest(row)["founded"]) == (1, "1999")
        assert form_values(opened(ana, add))["name_sr"] == [""]
        assert ana.post(add, values | {"name_sr": "", "form_token": "another", "_save": "1"}).status_code == 200
        assert Network.objects.count() == 1

    @pytest.mark.long
    def test_is_discarded_after_a_look_at_it(self, ana, network):
        before = seen_by_citizens(network)
        by(ana, network, name_en="A Draft")
        drafts.submit(network, author=ana.user)
        tree = opened(ana, page_of(network, "discard"))
        (name,) = tree.find_class("comparison")
        assert [text_of(each) for each in name.xpath(".//del | .//ins")] == ["Network of Cities", "A Draft"]
        assert told(ana, act(ana, network, "discard")) == [
            "The draft of “Network of Cities” is discarded. It stays in the history."
        ]
        assert form_of(ana, network)["name_en"] == ["Network of Cities"]
        assert listed(ana) == {"Network of Cities": "On the site"}
        assert (count(network), seen_by_citizens(network)) == (2, before)
        # Whoever goes on writing makes a new version of what citizens see.
        write(ana, network, summary_en="Here")
        assert [newest(network)[name] for name in ("name_en", "summary_en")] == ["Network of Cities", "Here"]
        assert network.revisions.first().parent.number == 1

    @pytest.mark.long
    def test_of_a_network_that_was_never_published_cannot_be_discarded(self, ana, draft):
        assert page_of(draft, "discard") not in opened(ana, page_of(draft)).xpath("//a/@href")
        assert told(ana, act(ana, draft, "discard")) == ["There is nothing published to go back to."]

    @pytest.mark.long
    def test_stays_when_the_network_is_taken_off_the_site(self, ana, milan, network, themes):
        publish(milan, network, logo=stored_picture("red"))
        by(ana, network, name_en="A Draft", themes=["air"])
        kept = newest(network)
        (message,) = told(milan, act(milan, network, "withdraw"))
        assert message == "“Network of Cities” is off the site. All that is written has stayed."
        assert browser().get("/networks/mreza/").status_code == 404
        network.refresh_from_db()
        assert (newest(network), content_of(network)) == (kept, kept)
        assert count(network) == 3
        assert default_storage.exists(kept["logo"]["name"])
        publish_everything(milan, network)
        assert "A Draft" in browser().get("/en/networks/mreza/").text

    @pytest.mark.long
    def test_preview_shows_what_was_typed_and_leaves_the_page_as_it_is(self, ana, network):
        before = seen_by_citizens(network)
        write(ana, network, name_en="Looked At")
        response = ana.get(page_of(network, "preview"), follow=True)
        assert text_of(parsed(response).xpath("//h1")[0]) == "Looked At"
        assert seen_by_citizens(network) == before

    @pytest.mark.long
    def test_remark_stands_in_the_history_and_not_in_the_next_form(self, ana, network):
        write(ana, network, name_en="A Draft", comment="Checked on 3 May")
        assert network.revisions.first().comment == "Checked on 3 May"
        assert form_of(ana, network)["comment"] == [""]

    def test_is_no_new_one_where_nothing_was_changed(self, ana, network):
        (message,) = told(ana, write(ana, network))
        assert message == "Nothing was changed in “Network of Cities”, so no new version was made."
        assert (count(network), Network.objects.get().has_draft) == (1, False)

    @pytest.mark.long
    def test_without_its_logo_leaves_the_one_that_citizens_see(self, ana, milan, network):
        publish(milan, network, logo=stored_picture("red"))
        logo = newest(network)["logo"]["name"]
        before = seen_by_citizens(network)
        write(ana, network, **{"logo-clear": "on"})
        assert newest(network)["logo"] is None
        assert (seen_by_citizens(network), default_storage.exists(logo)) == (before, True)
        publish(milan, network)
        assert logo not in browser().get("/en/networks/mreza/").text
        assert default_storage.exists(logo)  # the history shows it

    @pytest.mark.long
    def test_with_another_logo_does_not_touch_the_file_of_the_first(self, ana, milan, network):
        write(milan, network, "_publish", logo=picture("red"))
        first = newest(network)["logo"]["name"]
        content = Path(default_storage.path(first)).read_bytes()
        write(ana, network, logo=picture("blue"))
        second = newest(network)["logo"]
        assert (second["width"], second["height"], second["name"] != first) == (60, 40, True)
        assert Path(default_storage.path(first)).read_bytes() == content
        assert first in browser().get("/en/networks/mreza/").text


class TestSubmitting:
    @pytest.mark.long
    @pytest.mark.parametrize(
        ("role", "how"),
        [
            ("editors", "form"),
            ("publishers", "page"),
            pytest.param("editors", "page", marks=pytest.mark.exhaustive),
            pytest.param("administrators", "form", marks=pytest.mark.exhaustive),
        ],
    )
    def test_puts_a_draft_before_those_who_publish(self, network, role, how):
        clerk, boss = sign_in("clerk", role), sign_in("boss", "publishers")
        publishing.publish(drafts.save(Network(), {"name_sr": "Друга"}, author=None).row, author=None)
        assert listed(boss, "state=submitted") == {}
        if how == "form":
            write(clerk, network, "_submit", name_en="A Draft")
        else:
            by(clerk, network, name_en="A Draft")
            assert told(clerk, act(clerk, network, "submit")) == [
                "“Network of Cities” waits for somebody who publishes."
            ]
        ((name, state),) = listed(boss, "state=submitted").items()
        assert name == "A Draft"
        assert state == "On the siteDraft: clerkSubmitted for publishing"
        (waiting,) = opened(boss, page_of(network)).find_class("submitted")
        assert text_of(waiting).startswith("Submitted for publishing: clerk, ")
        (card,) = opened(boss, "/en/admin/").xpath("//section[@aria-labelledby='waiting']//ul/li")
        assert text_of(card.find("h3")) == "A Draft" and "1 field changed" in text_of(card)
        publish(boss, network)
        assert listed(boss, "state=submitted") == {}
        assert opened(boss, page_of(network)).find_class("submitted") == []

    def test_leads_to_the_list_and_says_so(self, ana, network):
        response = send(ana, network, form_of(ana, network), "_submit", name_en="A Draft")
        assert response["Location"] == LIST
        assert messages_of(opened(ana, LIST)) == ["“A Draft” is saved and waits for somebody who publishes."]

    def test_of_a_new_network_saves_it_too(self, ana):
        assert fill_in(ana, f"{LIST}add/", {"name_sr": "Нова"}, "_submit")["Location"] == LIST
        assert list(listed(ana, "state=submitted")) == ["Nova"]

    def test_where_there_is_no_draft_says_so(self, ana, network):
        assert told(ana, act(ana, network, "submit")) == ["There is no draft to publish."]

    @pytest.mark.parametrize("button", ["_submit", "_save", "_publish"])
    def test_of_a_form_in_which_nothing_was_changed_is_no_disaster(self, ana, milan, network, button):
        """The button stands below the form also where there is no draft."""
        client = milan if button == "_publish" else ana
        response = send(client, network, form_of(client, network), button)
        assert response.status_code in (200, 302)
        assert Network.objects.get().submitted_at is None
        if response.status_code == 200:
            assert parsed(response).find_class("errornote")


# Two people


def shown_conflicts(tree):
    """What the page shows of each field in conflict: {name: [what stood there, theirs, mine]}."""
    shown = {}
    for each in tree.find_class("conflict"):
        for removed in each.xpath(".//del"):
            removed.clear(keep_tail=True)
        versions = each.find_class("version")
        shown[each.get("id").removeprefix("conflict-")] = [
            text_of(version.xpath("./*[2]")[0]) for version in versions
        ]
    return shown


# How each kind of field conflicts: what a colleague makes of it, what I type, and how that is kept
CONFLICTS = {
    "name_en": ("Theirs", "Mine", "Mine"),
    "name_sr": ("Њихово", "Моје", "Моје"),
    "summary_en": ("Theirs\nhere", "Mine", "Mine"),
    "description_en": ("<p>Theirs</p>", "<p><em>Mine</em></p>", "<p><em>Mine</em></p>"),
    "themes": (["air"], ["peace", "air"], ["air", "peace"]),
    "founded": ("2004-05", "", None),
    "verified_on": ("2024-02-29", "2024-03-01", "2024-03-01"),
    "status": ("left", "ended", "ended"),
    "scope": ("global", "balkan", "balkan"),
    "slug": ("theirs", "mine", "mine"),
    "website": ("https://theirs.example/", "https://mine.example/", "https://mine.example/"),
}
# The same, as it is typed
ALIKE = {
    "name_en": "Theirs",
    "summary_en": "Theirs\r\nhere",
    "founded": "May 2004",
    "slug": "theirs",
}


class TestTwoPeople:
    @pytest.mark.long
    @in_latin_and_in_ci_in_each_language
    def test_who_change_different_fields_both_have_what_they_wrote(self, ana, milan, network, themes, language):
        prefix = PREFIXES[language]
        values = form_of(ana, network, prefix)
        by(milan, network, name_en="Theirs", founded="2003", themes=["air"])
        response = send(ana, network, values, prefix=prefix, summary_en="Mine")
        assert response["Location"] == page_of(network, prefix=prefix)
        (message,) = messages_of(opened(ana, response["Location"]))
        with override(language):
            fields = [field_label(Network, name) for name in ("name_en", "founded", "themes")]
        assert ", ".join(fields) in message
        assert ("Милан Милић" if language == "sr" else "Milan Milić") in message
        if language != "sr":
            assert not CYRILLIC.search(message)
        merged = newest(network)
        assert [merged[name] for name in ("name_en", "founded", "themes", "summary_en")] == [
            "Theirs",
            "2003",
            ["air"],
            "Mine",
        ]
        # Each version says what its own author changed.
        last = network.revisions.select_related("parent").first()
        assert changed_fields(Network, last.parent.content, last.content) == ["summary_en"]

    @pytest.mark.long
    @pytest.mark.parametrize("is_meanwhile", [True, False])
    def test_are_merged_once(self, ana, milan, network, monkeypatch, is_meanwhile):
        values, merged = form_of(ana, network), []
        if is_meanwhile:
            by(milan, network, name_en="Theirs")
        for module in (revised_form, drafts):
            monkeypatch.setattr(module, "merge", lambda *contents: merged.append(contents) or merge(*contents))
        assert send(ana, network, values, summary_en="Mine").status_code == 302
        assert len(merged) == 1
        assert (newest(network)["name_en"] == "Theirs", newest(network)["summary_en"]) == (is_meanwhile, "Mine")

    def test_are_both_named(self, ana, milan, jelena, network):
        values = form_of(ana, network)
        by(milan, network, name_en="Theirs")
        by(jelena, network, summary_en="Theirs too")
        (message,) = told(ana, send(ana, network, values, seat_en="Niš"))
        expected = "(Milan Milić, Jelena Jelić) and taken over: name (in English), summary (in English)."
        assert message.endswith(expected)

    @pytest.mark.long
    def test_picture_of_a_colleague_is_taken_over_whole(self, ana, milan, network):
        values = form_of(ana, network)
        by(milan, network, logo=stored_picture("red"))
        logo = newest(network)["logo"]
        assert send(ana, network, values, name_en="Mine").status_code == 302
        assert [newest(network)[name] for name in ("logo", "name_en")] == [logo, "Mine"]
        assert logo["width"] == 60

    @pytest.mark.long
    @pytest.mark.parametrize("first", ["theirs", "mine"])
    def test_who_change_the_same_fields_are_asked_whose_is_to_stay(self, ana, milan, network, themes, first):
        by(milan, network, status="unknown")
        values = form_of(ana, network)
        by(milan, network, **{name: theirs for name, (theirs, _mine, _kept) in CONFLICTS.items()})
        typed = {name: mine for name, (_theirs, mine, _kept) in CONFLICTS.items()}
        typed["themes"] = [str(themes[slug].pk) for slug in typed["themes"]]
        response = send(ana, network, values, **typed, benefit_en="Mine too")
        tree = parsed(response)
        assert (response.status_code, count(network)) == (200, 3)
        assert set(shown_conflicts(tree)) == set(errors_by_field(tree)) == set(CONFLICTS)
        # Mine still stands in the form, with all else that was typed.
        again = form_values(tree)
        assert {name: sorted(again[name]) for name in typed} == {
            name: sorted(mine) if name == "themes" else [mine] for name, mine in typed.items()
        }
        assert again["benefit_en"] == ["Mine too"]
        # Without a choice, nothing is saved.
        assert set(shown_conflicts(parsed(send(ana, network, again)))) == set(CONFLICTS)
        second = "mine" if first == "theirs" else "theirs"
        chosen = {name: second if number % 2 else first for number, name in enumerate(CONFLICTS)}
        response = send(ana, network, again, **{choice_name(name): choice for name, choice in chosen.items()})
        assert response.status_code == 302, errors_by_field(parsed(response))
        content = newest(network)
        assert {name: content[name] for name in CONFLICTS} == {
            name: theirs if chosen[name] == "theirs" else kept for name, (theirs, _mine, kept) in CONFLICTS.items()
        }
        assert (content["benefit_en"], count(network)) == ("Mine too", 4)

    @pytest.mark.long
    @in_latin_and_in_ci_in_each_language
    def test_who_change_the_same_field_see_what_stood_there_and_what_each_made_of_it(
        self, ana, milan, network, language
    ):
        prefix = PREFIXES[language]
        values = form_of(ana, network, prefix)
        by(milan, network, name_sr="Мрежа великих градова")
        tree = parsed(send(ana, network, values, prefix=prefix, name_sr="Мрежа малих градова"))
        (conflict,) = tree.find_class("conflict")
        old, theirs, mine = conflict.find_class("version")
        assert text_of(old.find("p")) == "Мрежа градова"
        assert [text_of(each) for each in theirs.xpath(".//ins")] == ["великих"]
        assert [text_of(each) for each in mine.xpath(".//ins")] == ["малих"]
        assert {each.get("lang") for each in conflict.find_class("words")} == {"sr-Cyrl"}
        radios = conflict.xpath(".//input[@type='radio']")
        assert [(each.get("name"), each.get("value"), each.get("checked")) for each in radios] == [
            ("choice_name_sr", "theirs", None),
            ("choice_name_sr", "mine", None),
        ]
        people = text_of(tree.find_class("conflicts")[0])
        assert ("Милан Милић" if language == "sr" else "Milan Milić") in people
        error = errors_by_field(tree)["name_sr"]
        assert bool(CYRILLIC.search(error)) == (language == "sr")
        if language == "sr-latn":
            (conflicts,) = tree.find_class("conflicts")
            assert not CYRILLIC.search(text_of(conflicts.find("p")) + text_of(conflict.find("legend")))
        assert count(network) == 2

    @pytest.mark.long
    def test_who_add_to_the_same_text_may_keep_both_and_read_them_before_they_are_saved(
        self, ana, milan, network, themes
    ):
        by(milan, network, summary_en="First.", description_en="<p>First.</p>", themes=["air"])
        values = form_of(ana, network)
        by(
            milan,
            network,
            summary_en="First. Theirs.",
            description_en="<p>First.</p><p>Theirs.</p>",
            themes=["peace"],
        )
        mine = {"summary_en": "First. Mine.", "description_en": "<p>First. Mine.</p>"}
        response = send(ana, network, values, **mine, themes=[str(row.pk) for row in themes.values()])
        tree = parsed(response)
        both = {name: text_of(tree.get_element_by_id(f"conflict-{name}").find_class("version")[3]) for name in mine}
        assert both == {"summary_en": "Both together First. Theirs. Mine.", **both}
        choices = {choice_name(name): "both" for name in (*mine, "themes")}
        response = send(ana, network, form_values(tree), **choices)
        tree = parsed(response)
        assert (response.status_code, shown_conflicts(tree)) == (200, {})
        assert {*errors_by_field(tree)} == {*mine, "themes"}
        again = form_values(tree)
        assert again["summary_en"] == ["First. Theirs. Mine."]
        assert again["description_en"] == ["<p>First. Mine.</p><p>Theirs.</p>"]
        assert send(ana, network, again, summary_en="First. Theirs. Mine, and a little more.").status_code == 302
        content = newest(network)
        assert content["summary_en"] == "First. Theirs. Mine, and a little more."
        assert content["description_en"] == "<p>First. Mine.</p><p>Theirs.</p>"

    def test_who_chooses_both_is_asked_anew_where_a_colleague_has_saved_once_more(self, ana, milan, network):
        values = form_of(ana, network)
        by(milan, network, summary_en="Theirs.")
        again = form_values(parsed(send(ana, network, values, summary_en="Mine.")))
        by(milan, network, summary_en="Theirs, newer.")
        tree = parsed(send(ana, network, again, **{choice_name("summary_en"): "both"}))
        assert [*shown_conflicts(tree)] == ["summary_en"]
        assert form_values(tree)["summary_en"] == ["Mine."]

    @pytest.mark.long
    @in_latin_and_in_ci_in_each_language
    def test_who_are_one_person_in_two_tabs_are_not_called_colleagues(self, ana, network, language):
        prefix = PREFIXES[language]
        first_tab, second_tab = form_of(ana, network, prefix), form_of(ana, network, prefix)
        send(ana, network, second_tab, prefix=prefix, summary_en="In the other tab.", seat_en="Nish")
        tree = parsed(send(ana, network, first_tab, prefix=prefix, summary_en="In this tab."))
        (conflicts,) = tree.find_class("conflicts")
        said = text_of(conflicts) + errors_by_field(tree)["summary_en"] + text_of(tree.find_class("note")[0])
        with override(language):
            assert gettext("In the other tab") in said
        assert not re.search("coleag|colleag|колег|koleg|Ana Anić|Ана Анић", said)

    @pytest.mark.long
    def test_who_change_rich_text_compare_it_as_text(self, ana, milan, network):
        values = form_of(ana, network)
        by(milan, network, description_en="<p>What the big network does.</p>")
        mine = "<p>What the <em>network</em> does.</p>"
        tree = parsed(send(ana, network, values, description_en=mine))
        old, theirs, mine_shown, _both = tree.find_class("conflict")[0].find_class("version")
        assert text_of(old.find("p")) == "What the network does."
        assert [text_of(each) for each in theirs.xpath(".//ins")] == ["big"]
        assert [text_of(each) for each in mine_shown.xpath(".//em")] == ["network"]
        assert form_values(tree)["description_en"] == [mine]

    @pytest.mark.long
    def test_hostile_text_of_either_does_nothing(self, ana, milan, network):
        hostile = "<script>alert(1)</script>"
        values = form_of(ana, network)
        write(milan, network, name_en=f"Theirs {hostile}")
        response = send(ana, network, values, name_en=f"Mine {hostile}")
        assert hostile not in response.text
        assert shown_conflicts(parsed(response))["name_en"] == [
            "Network of Cities",
            f"Theirs {hostile}",
            f"Mine {hostile}",
        ]

    @pytest.mark.long
    def test_mine_can_be_changed_while_it_is_chosen(self, ana, milan, network):
        values = form_of(ana, network)
        by(milan, network, name_en="Theirs", summary_en="Theirs")
        again = form_values(parsed(send(ana, network, values, name_en="Mine")))
        # What was taken over stands in the form.
        assert again["summary_en"] == ["Theirs"]
        response = send(ana, network, again, name_en="Theirs and Mine", choice_name_en="mine")
        assert response.status_code == 302
        assert [newest(network)[name] for name in ("name_en", "summary_en")] == ["Theirs and Mine", "Theirs"]

    @pytest.mark.long
    def test_choices_are_made_one_by_one_if_need_be(self, ana, milan, network):
        values = form_of(ana, network)
        by(milan, network, name_en="Theirs", summary_en="Their summary", seat_en="Their seat")
        again = form_values(parsed(send(ana, network, values, name_en="Mine", summary_en="My summary")))
        tree = parsed(send(ana, network, again, choice_name_en="theirs"))
        assert list(shown_conflicts(tree)) == ["summary_en"]
        again = form_values(tree)
        assert (again["name_en"], again["summary_en"]) == (["Theirs"], ["My summary"])
        assert send(ana, network, again, choice_summary_en="mine").status_code == 302
        wanted = {"name_en": "Theirs", "summary_en": "My summary", "seat_en": "Their seat"}
        assert {name: newest(network)[name] for name in wanted} == wanted
        assert count(network) == 3

    @pytest.mark.long
    @pytest.mark.parametrize("choice", ["theirs", "mine"])
    def test_third_one_who_saves_in_between_is_not_overwritten(self, ana, milan, jelena, network, choice):
        values = form_of(ana, network)
        by(milan, network, name_en="Theirs")
        again = form_values(parsed(send(ana, network, values, name_en="Mine")))
        by(jelena, network, name_en="Third")
        tree = parsed(send(ana, network, again, choice_name_en=choice))
        assert shown_conflicts(tree) == {"name_en": ["Network of Cities", "Third", "Mine"]}
        assert count(network) == 3
        again = form_values(tree)
        assert again["name_en"] == ["Mine"]
        assert send(ana, network, again, choice_name_en=choice).status_code == 302
        assert newest(network)["name_en"] == {"theirs": "Third", "mine": "Mine"}[choice]

    @pytest.mark.long
    def test_third_one_who_saves_something_else_in_between_is_taken_over(self, ana, milan, jelena, network):
        values = form_of(ana, network)
        by(milan, network, name_en="Theirs")
        again = form_values(parsed(send(ana, network, values, name_en="Mine")))
        by(jelena, network, summary_en="Third")
        assert send(ana, network, again, choice_name_en="mine").status_code == 302
        assert [newest(network)[name] for name in ("name_en", "summary_en")] == ["Mine", "Third"]

    def test_discarding_in_between_brings_back_what_stood_there(self, ana, milan, network):
        by(milan, network, name_en="Draft")
        values = form_of(ana, network)
        drafts.discard(network, author=milan.user)
        assert send(ana, network, values, summary_en="Mine").status_code == 302
        assert [newest(network)[name] for name in ("name_en", "summary_en")] == ["Network of Cities", "Mine"]

    @pytest.mark.long
    def test_who_change_fields_alike_agree(self, ana, milan, network, themes):
        values = form_of(ana, network)
        by(milan, network, **{name: CONFLICTS[name][0] for name in [*ALIKE, "themes"]})
        response = send(ana, network, values, **ALIKE, themes=[str(themes["air"].pk)])
        assert (response.status_code, count(network)) == (302, 2)
        (message,) = told(ana, response)
        assert message.startswith("Nothing was changed")

    @pytest.mark.long
    def test_mistake_is_shown_together_with_a_conflict(self, ana, milan, network):
        values = form_of(ana, network)
        by(milan, network, name_en="Theirs")
        tree = parsed(send(ana, network, values, name_en="Mine", founded="око 1999"))
        assert list(shown_conflicts(tree)) == ["name_en"]
        assert set(errors_by_field(tree)) == {"name_en", "founded"}
        again = form_values(tree)
        assert (again["name_en"], again["founded"]) == (["Mine"], ["око 1999"])
        # The choice is not forgotten where the mistake is still there.
        tree = parsed(send(ana, network, again, choice_name_en="theirs"))
        assert (shown_conflicts(tree), list(errors_by_field(tree))) == ({}, ["founded"])
        again = form_values(tree)
        assert again["name_en"] == ["Theirs"]
        assert send(ana, network, again, founded="1998").status_code == 302
        assert [newest(network)[name] for name in ("name_en", "founded")] == ["Theirs", "1998"]

    @pytest.mark.long
    def test_mine_stays_chosen_where_a_mistake_is_still_there(self, ana, milan, network):
        values = form_of(ana, network)
        by(milan, network, name_en="Theirs")
        again = form_values(parsed(send(ana, network, values, name_en="Mine", founded="око 1999")))
        again = form_values(parsed(send(ana, network, again, choice_name_en="mine")))
        assert again["name_en"] == ["Mine"]
        assert send(ana, network, again, founded="1998").status_code == 302
        assert [newest(network)[name] for name in ("name_en", "founded")] == ["Mine", "1998"]

    @pytest.mark.long
    def test_what_cannot_be_read_does_not_take_the_place_of_what_a_colleague_wrote(self, ana, milan, network):
        values = form_of(ana, network)
        by(milan, network, founded="2003")
        tree = parsed(send(ana, network, values, founded="око 1999"))
        assert list(shown_conflicts(tree)) == ["founded"]
        again = form_values(tree)
        assert again["founded"] == ["око 1999"]
        # Corrected without a choice, it is still asked whose is to stay.
        assert send(ana, network, again, founded="1998").status_code == 200
        assert send(ana, network, again, founded="1998", choice_founded="mine").status_code == 302
        assert newest(network)["founded"] == "1998"

    @pytest.mark.long
    def test_theirs_can_be_taken_instead_of_what_cannot_be_read(self, ana, milan, network):
        values = form_of(ana, network)
        by(milan, network, founded="2003")
        again = form_values(parsed(send(ana, network, values, founded="око 1999", name_en="Mine")))
        assert send(ana, network, again, choice_founded="theirs").status_code == 302
        assert [newest(network)[name] for name in ("founded", "name_en")] == ["2003", "Mine"]

    @pytest.mark.long
    def test_what_was_taken_over_stays_in_a_form_that_is_shown_again(self, ana, milan, network, themes):
        values = form_of(ana, network)
        by(milan, network, name_en="Theirs", verified_on="2024-02-29", themes=["air"], logo=stored_picture("red"))
        kept = newest(network)
        tree = parsed(send(ana, network, values, summary_en="Mine", founded="око 1999"))
        assert list(errors_by_field(tree)) == ["founded"]
        assert "Milan Milić" in text_of(tree.find_class("warning")[0])
        again = form_values(tree)
        assert (again["name_en"], again["themes"]) == (["Theirs"], [str(themes["air"].pk)])
        assert send(ana, network, again, founded="1998").status_code == 302
        assert newest(network) == kept | {"summary_en": "Mine", "founded": "1998"}

    @pytest.mark.long
    def test_what_was_taken_over_can_be_changed_by_who_has_seen_it(self, ana, milan, network):
        values = form_of(ana, network)
        by(milan, network, name_en="Theirs")
        again = form_values(parsed(send(ana, network, values, founded="око 1999")))
        assert send(ana, network, again, founded="1998", name_en="Theirs, corrected").status_code == 302
        assert newest(network)["name_en"] == "Theirs, corrected"

    @pytest.mark.long
    def test_what_was_taken_over_is_taken_over_anew(self, ana, milan, network):
        values = form_of(ana, network)
        by(milan, network, name_en="Theirs")
        again = form_values(parsed(send(ana, network, values, founded="око 1999")))
        by(milan, network, name_en="Theirs again")
        assert send(ana, network, again, founded="1998").status_code == 302
        assert [newest(network)[name] for name in ("name_en", "founded")] == ["Theirs again", "1998"]

    @pytest.mark.long
    def test_publishing_is_held_up_by_a_conflict(self, ana, milan, network):
        before = seen_by_citizens(network)
        values = form_of(milan, network)
        by(ana, network, name_en="Theirs")
        tree = parsed(send(milan, network, values, "_publish", name_en="Mine"))
        assert list(shown_conflicts(tree)) == ["name_en"]
        assert seen_by_citizens(network) == before
        response = send(milan, network, form_values(tree), "_publish", choice_name_en="mine")
        # Mine may hold words of theirs, which they have not submitted.
        assert response["Location"] == page_of(network, "review")
        milan.post(response["Location"], {"all": "1"})
        assert Network.objects.get().name_en == "Mine"

    @pytest.mark.long
    @pytest.mark.parametrize("prepared", ["first", "none"])
    def test_pictures_of_both_are_shown_and_chosen_from(self, ana, milan, network, prepared, settings):
        if prepared == "first":
            publish(milan, network, logo=stored_picture("green"))
        values = form_of(ana, network)
        by(milan, network, logo=stored_picture("red"))
        theirs = newest(network)["logo"]["name"]
        files = set(default_storage.listdir("logos")[1])
        tree = parsed(send(ana, network, values, logo=picture("blue")))
        (conflict,) = tree.find_class("conflict")
        assert default_storage.url(theirs) in conflict.xpath(".//img/@src")
        assert set(default_storage.listdir("logos")[1]) == files
        again = form_values(tree)
        assert send(ana, network, again, choice_logo="theirs").status_code == 302
        assert newest(network)["logo"]["name"] == theirs

    @pytest.mark.long
    def test_my_picture_is_chosen_with_its_file(self, ana, milan, network):
        values = form_of(ana, network)
        by(milan, network, logo=stored_picture("red"))
        theirs = newest(network)["logo"]["name"]
        again = form_values(parsed(send(ana, network, values, logo=picture("blue"))))
        assert send(ana, network, again, choice_logo="mine", logo=picture("blue")).status_code == 302
        mine = newest(network)["logo"]
        assert (mine["name"] != theirs, mine["width"]) == (True, 60)

    @pytest.mark.long
    def test_my_picture_chosen_without_its_file_is_asked_for_again(self, ana, milan, network):
        """A browser cannot send a file twice by itself: nobody thinks that theirs is mine."""
        values = form_of(ana, network)
        by(milan, network, logo=stored_picture("red"))
        again = form_values(parsed(send(ana, network, values, logo=picture("blue"))))
        response = send(ana, network, again, choice_logo="mine")
        assert response.status_code == 200
        assert "logo" in " ".join(errors_by_field(parsed(response)))

    @pytest.mark.long
    def test_my_removal_of_a_picture_can_be_chosen(self, ana, milan, network):
        publish(milan, network, logo=stored_picture("green"))
        values = form_of(ana, network)
        by(milan, network, logo=stored_picture("red"))
        tree = parsed(send(ana, network, values, **{"logo-clear": "on"}))
        assert list(shown_conflicts(tree)) == ["logo"]
        assert send(ana, network, form_values(tree), choice_logo="mine").status_code == 302
        assert newest(network)["logo"] is None

    def test_same_picture_of_both_is_no_conflict(self, ana, milan, network):
        values = form_of(ana, network)
        by(milan, network, logo=stored_picture("red"))
        assert send(ana, network, values, logo=picture("red", "other.png")).status_code == 302
        assert count(network) == 2


class TestSendingAgain:
    def test_new_network_that_one_goes_back_to_stays_one(self, ana):
        values = form_values(opened(ana, f"{LIST}add/"))
        first = ana.post(f"{LIST}add/", values | {"name_sr": "Нова", "_save": "1"})
        second = ana.post(f"{LIST}add/", values | {"name_sr": "Новија", "seat_sr": "Беч", "_save": "1"})
        assert first["Location"] == second["Location"]
        network = Network.objects.get()
        assert [network.name_sr, network.seat_sr, count(network)] == ["Новија", "Беч", 2]

    def test_new_network_sent_twice_is_made_once(self, ana):
        values = form_values(opened(ana, f"{LIST}add/")) | {"name_sr": "Нова", "_save": "1"}
        for _ in range(2):
            assert ana.post(f"{LIST}add/", values).status_code == 302
        assert count(Network.objects.get()) == 1

    @pytest.mark.long
    def test_new_network_that_a_colleague_has_changed_since_is_merged(self, ana, milan):
        values = form_values(opened(ana, f"{LIST}add/"))
        ana.post(f"{LIST}add/", values | {"name_sr": "Нова", "_save": "1"})
        network = Network.objects.get()
        by(milan, network, seat_sr="Беч")
        assert ana.post(f"{LIST}add/", values | {"name_sr": "Новија", "_save": "1"}).status_code == 302
        assert [newest(network)[name] for name in ("name_sr", "seat_sr")] == ["Новија", "Беч"]
        # What both have changed is asked about, at the address at which it was typed.
        by(milan, network, name_sr="Њихова")
        response = ana.post(f"{LIST}add/", values | {"name_sr": "Моја", "_save": "1"})
        assert shown_conflicts(parsed(response))["name_sr"][1:] == ["Њихова", "Моја"]
        response = ana.post(f"{LIST}add/", form_values(parsed(response)) | {"choice_name_sr": "mine", "_save": "1"})
        assert (response.status_code, newest(network)["name_sr"]) == (302, "Моја")
        assert Network.objects.count() == 1

    def test_new_network_put_into_the_bin_since_is_made_anew(self, ana, milan):
        values = form_values(opened(ana, f"{LIST}add/")) | {"name_sr": "Нова", "_save": "1"}
        ana.post(f"{LIST}add/", values)
        milan.post(page_of(Network.objects.get(), "delete"), {"post": "yes"})
        assert ana.post(f"{LIST}add/", values).status_code == 302
        assert (Network.objects.in_bin().count(), Network.objects.outside_bin().count()) == (1, 1)

    @pytest.mark.long
    def test_network_that_one_goes_back_to_has_no_conflict_with_oneself(self, ana, network):
        values = form_of(ana, network)
        assert send(ana, network, values, name_en="First").status_code == 302
        assert send(ana, network, values, name_en="Second", founded="2003").status_code == 302
        assert [newest(network)[name] for name in ("name_en", "founded")] == ["Second", "2003"]
        assert count(network) == 3

    @pytest.mark.long
    def test_going_back_takes_back_what_was_written(self, ana, network):
        values = form_of(ana, network)
        send(ana, network, values, name_en="First")
        assert send(ana, network, values).status_code == 302
        assert newest(network)["name_en"] == "Network of Cities"

    @pytest.mark.long
    def test_going_back_does_not_take_back_what_a_colleague_wrote(self, ana, milan, network):
        values = form_of(ana, network)
        by(milan, network, summary_en="Theirs")
        send(ana, network, values, name_en="First")
        assert send(ana, network, values, name_en="Second").status_code == 302
        assert [newest(network)[name] for name in ("name_en", "summary_en")] == ["Second", "Theirs"]

    @pytest.mark.long
    @pytest.mark.parametrize("button", ["_save", "_publish"])
    def test_same_form_twice_is_one_version(self, ana, milan, network, button):
        client = milan if button == "_publish" else ana
        values = form_of(client, network)
        for _ in range(2):
            assert send(client, network, values, button, name_en="Once").status_code == 302
        assert count(network) == 2
        assert list(SavedForm.objects.values_list("revision__number", flat=True)) == [2]

    @pytest.mark.long
    def test_token_of_somebody_else_is_no_disaster(self, ana, milan, network):
        values = form_of(ana, network)
        send(ana, network, values, name_en="Mine")
        mine = form_of(milan, network) | {"form_token": values["form_token"], "summary_en": "Theirs", "_save": "1"}
        assert milan.post(page_of(network), mine).status_code in (200, 302, 403)
        assert newest(network)["name_en"] == "Mine"

    @in_latin_and_in_ci_in_each_language
    def test_form_that_does_not_say_what_it_began_with_is_not_saved(self, ana, network, language):
        other = drafts.save(Network(), {"name_sr": "Друга"}, author=None).row
        by(ana, other, name_sr="Друга 2")  # there is a version 2, elsewhere
        values = form_of(ana, network, PREFIXES[language]) | {"name_en": "Mine", "_save": "1"}
        without = {name: value for name, value in values.items() if name != "base"}
        wrong = ["", "2", "-1", "9" * 30, "x"] if language == "en" else []
        for sent in (without, *(values | {"base": base} for base in wrong)):
            response = ana.post(page_of(network, prefix=PREFIXES[language]), sent)
            tree = parsed(response)
            assert (response.status_code, count(network)) == (200, 1)
            errors = " ".join(text_of(each) for each in tree.find_class("errorlist"))
            assert len(errors) > 40, sent.get("base")
            assert bool(CYRILLIC.search(errors)) == (language == "sr")
            assert form_values(tree)["name_en"] == ["Mine"]

    @pytest.mark.long
    def test_hidden_fields_that_were_tampered_with_overwrite_nothing(self, ana, milan, network):
        values = form_of(ana, network)
        by(milan, network, name_en="Theirs")
        for hidden in (
            {"seen": "99"},
            {"seen": "x"},
            {"seen": "-1", "conflicting": "name_en"},
            {"seen": "2", "conflicting": "nothing is_published head pk __class__ name_en"},
            {"seen": "2", "conflicting": "name_en", "choice_name_en": "ours"},
            {"seen": "1", "conflicting": "name_en", "choice_name_en": "mine"},
        ):
            assert send(ana, network, values, name_en="Mine", **hidden).status_code == 200
        assert newest(network)["name_en"] == "Theirs"


class TestAddress:
    @pytest.mark.long
    @pytest.mark.parametrize(("button", "is_published"), [("_save", True), ("_publish", False)])
    def test_that_was_taken_meanwhile_is_said_beside_the_field(self, milan, network, button, is_published):
        by(milan, network, slug="nova")
        other = drafts.save(Network(), {"name_sr": "Друга", "slug": "nova"}, author=None).row
        if is_published:
            publishing.publish(other, author=None)
        response = send(milan, network, form_of(milan, network), button, name_en="Changed")
        tree = parsed(response)
        assert response.status_code == 200
        assert errors_by_field(tree)["slug"].startswith("Another page already has this address.")
        assert (count(network), Network.objects.get(pk=network.pk).slug) == (2, "mreza")
        assert send(milan, network, form_values(tree), button, slug="novija").status_code == 302

    def test_that_was_taken_meanwhile_is_said_in_the_list_too(self, milan, network):
        by(milan, network, slug="nova")
        drafts.save(Network(), {"name_sr": "Друга", "slug": "nova"}, author=None)
        chosen = {"action": "publish", "_selected_action": [network.pk], "post": "yes", "unsubmitted": "on"}
        response = milan.post(LIST, chosen, follow=True)
        first, second = messages_of(parsed(response))
        assert first.startswith("Network of Cities: ")
        assert "Another page already has this address." in first
        assert second == "0 networks published."
        assert Network.objects.get(pk=network.pk).slug == "mreza"

    def test_that_was_taken_meanwhile_stops_no_withdrawal(self, milan, network):
        by(milan, network, slug="nova")
        drafts.save(Network(), {"name_sr": "Друга", "slug": "nova"}, author=None)
        act(milan, network, "withdraw")
        assert not Network.objects.get(pk=network.pk).is_published
        assert form_of(milan, network)["slug"] == ["nova"]

    def test_of_a_network_in_the_bin_is_not_given_to_another(self, milan, network):
        publishing.delete(network, author=milan.user)
        response = fill_in(milan, f"{LIST}add/", {"name_sr": "Друга", "slug": "mreza"})
        assert "slug" in errors_by_field(opened(milan, response["Location"]))
        assert Network.objects.get(name_sr="Друга").slug != "mreza"


# Schedules


def plan(client, network, action, day, time, prefix="/en"):
    return client.post(page_of(network, "schedule", prefix), {"action": action, "at_0": day, "at_1": time})


class TestSchedule:
    def test_is_in_the_time_of_the_city(self, milan, draft, clock):
        for day, utc in (("2027-01-15", 7), ("2027-05-03", 6)):
            response = plan(milan, draft, PUBLISH, day, "08:00")
            assert response["Location"] == page_of(draft)
            assert draft.schedules.get().at == datetime.fromisoformat(f"{day}T0{utc}:00+00:00")
            (message,) = messages_of(opened(milan, page_of(draft)))
            month = {"2027-01-15": "15 January", "2027-05-03": "3 May"}[day]
            assert message == f"“Network of Cities” will be published on {month} 2027, 08:00."

    @in_latin_and_in_ci_in_each_language
    def test_stands_in_the_list_and_in_the_form_and_on_its_page(self, ana, milan, network, clock, language):
        prefix = PREFIXES[language]
        by(ana, network, name_en="A Draft")
        plan(milan, network, PUBLISH, "2027-05-03", "08:00", prefix)
        plan(milan, network, WITHDRAW, "2027-05-04", "20:30", prefix)
        times = [Reader(language).moment(each.at) for each in network.schedules.all()]
        pages = {
            "list": opened(ana, f"{prefix}/admin/networks/network/?state=scheduled").find_class("field-state")[0],
            "form": opened(ana, page_of(network, prefix=prefix)).find_class("states")[0],
            "page": opened(milan, page_of(network, "schedule", prefix)).find_class("plans")[0],
        }
        for page, element in pages.items():
            text = text_of(element)
            assert all(time in text for time in times), page
            assert page == "list" or ("Милан Милић" if language == "sr" else "Milan Milić") in text

    @pytest.mark.long
    @in_latin_and_in_ci_in_each_language
    def test_for_a_time_that_cannot_be_gets_an_error_beside_it(self, milan, draft, clock, language):
        for day, time in (
            ("2027-03-28", "02:30"),  # the clocks go from two to three
            ("2027-10-31", "02:30"),  # the hour comes twice
            ("2026-12-01", "12:59"),
            ("2020-01-01", "08:00"),
            ("", "08:00"),
            ("2027-05-03", ""),
            ("", ""),
            ("2027-02-30", "08:00"),
            ("2027-05-03", "25:00"),
            ("када стигнемо", "\0"),
        ):
            response = plan(milan, draft, PUBLISH, day, time, PREFIXES[language])
            assert response.status_code == 200
            tree = parsed(response)
            ((names, error),) = errors_by_field(tree).items()
            assert names == "at_0 at_1"
            assert bool(CYRILLIC.search(error)) == (language == "sr"), error
            if language == "en" and time == "02:30":
                assert "The clocks are changed" in error
            assert not draft.schedules.exists()
            # What was typed stands there still.
            assert tree.xpath("//input[@name='at_1']/@value") == [time.replace("\0", "\ufffd")]

    def test_in_the_hour_before_and_after_the_change_is_taken(self, milan, draft, clock):
        for day, time, utc in (
            ("2027-03-28", "01:59", "00:59"),
            ("2027-03-28", "03:00", "01:00"),
            ("2027-10-31", "01:59", "2027-10-30T23:59"),
            ("2027-10-31", "03:00", "02:00"),
        ):
            assert plan(milan, draft, PUBLISH, day, time).status_code == 302
            moment = utc if "T" in utc else f"{day}T{utc}"
            assert draft.schedules.get().at == datetime.fromisoformat(f"{moment}+00:00")

    def test_of_what_does_not_exist_is_refused(self, milan, draft):
        for action in ("", "delete", "\0"):
            assert plan(milan, draft, action, "2999-01-01", "08:00").status_code == 200
        assert not draft.schedules.exists()

    def test_offers_only_what_can_be_done(self, milan, network):
        def offered():
            return opened(milan, page_of(network, "schedule")).xpath("//input[@name='action']/@value")

        assert offered() == ["withdraw"]
        assert plan(milan, network, PUBLISH, "2999-01-01", "08:00").status_code == 200
        by(milan, network, name_en="A Draft")
        assert offered() == ["publish", "withdraw"]

    def test_of_a_withdrawal_before_the_publishing_is_refused(self, milan, draft, clock):
        assert plan(milan, draft, WITHDRAW, "2027-05-03", "08:00").status_code == 200
        plan(milan, draft, PUBLISH, "2027-05-03", "08:00")
        response = plan(milan, draft, WITHDRAW, "2027-05-03", "07:00")
        assert list(errors_by_field(parsed(response))) == ["at_0 at_1"]
        assert [each.action for each in draft.schedules.all()] == [PUBLISH]

    def test_is_cancelled(self, milan, draft, clock):
        plan(milan, draft, PUBLISH, "2027-05-03", "08:00")
        (address,) = opened(milan, page_of(draft, "schedule")).xpath("//*[@class='plans']//form/@action")
        assert milan.get(address).status_code == 302
        assert draft.schedules.exists()
        tree = parsed(milan.post(address, follow=True))
        assert messages_of(tree) == ["The schedule is cancelled."]
        assert tree.find_class("plans") == []
        assert not draft.schedules.exists()
        tree = parsed(milan.post(address, follow=True))
        assert messages_of(tree) == ["This schedule was carried out or cancelled already."]
        clock.moment += timedelta(days=300)
        assert browser().get("/networks/mreza/").status_code == 404

    def test_of_another_network_is_not_cancelled(self, milan, draft, clock):
        other = drafts.save(Network(), {"name_sr": "Друга"}, author=None).row
        plan(milan, draft, PUBLISH, "2027-05-03", "08:00")
        milan.post(page_of(other, f"schedule/{draft.schedules.get().pk}/cancel"))
        assert draft.schedules.exists()

    @pytest.mark.long
    def test_button_saves_first_and_leads_to_the_page(self, milan, network):
        response = send(milan, network, form_of(milan, network), "_schedule", name_en="Later")
        assert response["Location"] == page_of(network, "schedule")
        assert (newest(network)["name_en"], Network.objects.get().name_en) == ("Later", "Network of Cities")

    def test_button_of_a_new_network_does_so_too(self, milan):
        response = fill_in(milan, f"{LIST}add/", {"name_sr": "Нова"}, "_schedule")
        assert response["Location"] == page_of(Network.objects.get(), "schedule")

    @pytest.mark.parametrize("address", ["/networks/mreza/", "/en/"])
    def test_is_done_before_the_first_visit_after_its_time(self, milan, draft, clock, address):
        plan(milan, draft, PUBLISH, "2027-05-03", "08:00")
        visitor = browser()
        clock.moment = datetime(2027, 5, 3, 5, 59, 59, tzinfo=UTC)
        response = visitor.get(address)
        assert response.status_code == 404 or "/networks/mreza/" not in response.text
        assert visitor.get("/networks/mreza/").status_code == 404
        clock.moment = datetime(2027, 5, 3, 6, 0, 0, tzinfo=UTC)
        response = visitor.get(address)
        assert (response.status_code, "/networks/mreza/" in response.text) == (200, True)
        event = draft.events.first()
        assert (event.kind, event.author_name, event.planned_for) == ("published", "Милан Милић", clock.moment)

    def test_withdrawal_is_done_before_the_first_visit_after_its_time(self, milan, network, clock):
        plan(milan, network, WITHDRAW, "2027-05-03", "08:00")
        visitor = browser()
        clock.moment = datetime(2027, 5, 3, 5, 59, 59, tzinfo=UTC)
        assert visitor.get("/networks/mreza/").status_code == 200
        clock.moment += timedelta(seconds=1)
        assert visitor.get("/networks/mreza/").status_code == 404

    def test_is_done_by_the_command(self, milan, draft, clock):
        plan(milan, draft, PUBLISH, "2027-05-03", "08:00")
        for minutes, told in ((-1, 0), (0, 1), (1, 0)):
            clock.moment = datetime(2027, 5, 3, 6, tzinfo=UTC) + timedelta(minutes=minutes)
            output = StringIO()
            call_command("apply_schedules", stdout=output)
            assert output.getvalue() == f"Schedules applied: {told}\n"
            assert Network.objects.get().is_published == (minutes >= 0)

    def test_is_about_the_version_that_there_was(self, ana, milan, draft, clock):
        plan(milan, draft, PUBLISH, "2027-05-03", "08:00")
        by(ana, draft, name_en="Written Since")
        clock.moment = datetime(2027, 5, 3, 6, tzinfo=UTC)
        assert "Network of Cities" in browser().get("/en/networks/mreza/").text
        clock.moment -= timedelta(days=160)  # while everybody is signed in
        assert form_of(ana, draft)["name_en"] == ["Written Since"]

    @pytest.mark.long
    def test_that_fails_says_why(self, ana, milan, network, clock):
        by(milan, network, slug="nova")
        plan(milan, network, PUBLISH, "2026-12-02", "08:00")
        publishing.publish(drafts.save(Network(), {"name_sr": "Друга", "slug": "nova"}, author=None).row, author=None)
        clock.moment = datetime(2026, 12, 2, 6, tzinfo=UTC)
        before = seen_by_citizens(network)
        clock.moment = datetime(2026, 12, 2, 7, tzinfo=UTC)
        assert seen_by_citizens(network) == before
        for language, prefix in PREFIXES.items():
            (failed,) = opened(ana, page_of(network, prefix=prefix)).find_class("states")[0].find_class("failed")
            with override(language):
                assert str(Event.Kind.FAILED.label) in text_of(failed)
            assert ("адресу" if language == "sr" else "adresu") in text_of(failed)
            (event,) = opened(ana, page_of(network, "history", prefix)).xpath("//tr[@class='event failed']")
            assert ("адресу" if language == "sr" else "adresu") in text_of(event)
        # Once something is published, it is of no interest any more.
        write(milan, network, "_publish", slug="novija")
        assert opened(ana, page_of(network)).find_class("failed") == []

    def test_that_fails_is_seen_in_the_list(self, ana, milan, network, clock):
        by(milan, network, slug="nova")
        plan(milan, network, PUBLISH, "2026-12-02", "08:00")
        drafts.save(Network(), {"name_sr": "Друга", "slug": "nova"}, author=None)
        clock.moment = datetime(2026, 12, 2, 7, tzinfo=UTC)
        assert "What was scheduled could not be done" in listed(ana)["Network of Cities"]


# History


def history_of(client, network, prefix="/en", query=""):
    """The rows of the history: {heading: text of the cell}."""
    tree = opened(client, page_of(network, "history", prefix) + query)
    (table,) = [each for each in tree.find_class("versions") if each.tag == "table"]
    rows = [[text_of(cell) for cell in row.xpath("./td | ./th")] for row in table.xpath("./tbody/tr")]
    return [dict(zip(("from", "to", "number", "when", "who", "what", "tools"), row, strict=True)) for row in rows]


class TestHistory:
    @pytest.mark.long
    def test_tells_what_who_when_and_why(self, ana, milan, draft, clock):
        clock.moment = datetime(2027, 5, 3, 6, tzinfo=UTC)
        ana.force_login(ana.user), milan.force_login(milan.user)
        write(ana, draft, "_submit", name_en="Second", founded="2003", comment="Проверено")
        clock.moment += timedelta(minutes=1)
        write(milan, draft, "_publish")
        clock.moment += timedelta(minutes=1)
        plan(milan, draft, WITHDRAW, "2027-06-01", "00:00")
        rows = history_of(ana, draft)
        assert [(row["number"], row["when"], row["who"], row["what"]) for row in rows[:4]] == [
            ("2", "3 May 2027, 08:02", "Milan Milić", "Taking off the site scheduled (1 June 2027, 00:00)"),
            ("2", "3 May 2027, 08:01", "Milan Milić", "Published"),
            ("2", "3 May 2027, 08:00", "Ana Anić", "Submitted for publishing"),
            ("2 newest published", "3 May 2027, 08:00", "Ana Anić", "Name (in English), founded Provereno"),
        ]
        assert [(row["number"], row["who"], row["what"]) for row in rows[4:]] == [
            ("1", "the system", "First version")
        ]

    @pytest.mark.long
    @in_latin_and_in_ci_in_each_language
    def test_is_in_the_words_of_the_reader(self, ana, milan, draft, language):
        network = publishing.publish(draft, author=milan.user)
        write(ana, network, "_submit", name_en="Second", themes=[], comment="Проверено")
        drafts.discard(network, author=ana.user)
        drafts.restore(network, network.revisions.get(number=2), author=milan.user)
        publishing.unpublish(network, author=milan.user)
        rows = history_of(ana, network, PREFIXES[language])
        told = [row["what"] for row in rows]
        assert len(told) == 7
        with override(language):
            labels = ", ".join(field_label(Network, name) for name in ("name_en", "themes"))
            for kind in ("withdrawn", "discarded", "submitted", "published"):
                assert str(Event.Kind(kind).label) in told
        assert sum(labels[1:] in text for text in told) == 2
        for row in rows:
            assert language != "sr-latn" or not CYRILLIC.search("".join(row.values()))
            assert language != "sr" or CYRILLIC.search(row["what"]) and CYRILLIC.search(row["who"])
        if language == "en":
            assert sum("Restored from version 2" in text for text in told) == 1

    def test_names_the_author_also_when_the_account_is_gone(self, ana, milan, network):
        by(ana, network, name_en="Second")
        ana.user.delete()
        assert history_of(milan, network)[0]["who"] == "Ana Anić"

    @pytest.mark.exhaustive
    def test_of_500_versions_comes_in_pages_and_in_few_queries(self, milan, network):
        moment = network.revisions.get().created_at
        content = newest(network)
        made = Revision.objects.bulk_create(
            Revision(
                network=network,
                number=number,
                content=content | {"name_en": f"Version {number}"},
                created_at=moment + timedelta(minutes=number),
            )
            for number in range(2, 501)
        )
        for before, each in zip(made, made[1:], strict=False):
            each.parent = before
        Revision.objects.bulk_update(made, ["parent"])
        storage.update_row(network, head=made[-1])
        for number in range(2, 501, 100):
            event = Event.objects.create(network=network, kind="submitted", revision=made[number - 2])
            Event.objects.filter(pk=event.pk).update(created_at=moment + timedelta(minutes=number, seconds=30))
        numbers, events = [], []
        for page in range(1, 21):
            rows = history_of(milan, network, query=f"?p={page}")
            numbers += [int(row["number"].split()[0]) for row in rows if row["from"] == "" and row["tools"]]
            events += [int(row["number"]) for row in rows if row["what"] == "Submitted for publishing"]
            assert len(rows) <= 27
        assert numbers == list(range(500, 0, -1))
        assert events == [402, 302, 202, 102, 2]
        for page in (1, 10, 20):
            assert count_queries(milan, f"{page_of(network, 'history')}?p={page}") <= 12
        tree = opened(milan, page_of(network, "history") + "?p=10")
        (pages,) = tree.find_class("pages")
        assert pages.xpath(".//*[@aria-current='page']/text()") == ["10"]
        assert {"?p=1", "?p=9", "?p=11", "?p=20"} <= set(pages.xpath(".//a/@href"))
        assert text_of(tree.find_class("count")[0]) == "500 versions"
        for nonsense in ("0", "x", "999", "", "\0"):
            assert milan.get(page_of(network, "history"), {"p": nonsense}).status_code == 200

    def test_escapes_what_people_wrote(self, ana, milan, network):
        write(ana, network, name_en="<b>x</b>", comment="<script>alert(1)</script>")
        assert "<script>alert(1)" not in milan.get(page_of(network, "history")).text


@pytest.mark.long
@pytest.mark.parametrize("digits", ["٠١٢٣٤٥٦٧٨٩", "०१२३४५६७८९", "０１２３４５６７８９"])
def test_number_in_digits_of_another_script_is_none(milan, network, digits):
    """As in every other list and form of the admin."""
    for pk, number, status in ((network.pk, 1, (200, 302)), (0, 0, (404,)), (10**17, 10**11, (404,))):
        for change, expected in ((lambda number: number, status), (lambda number: in_digits(digits, number), (404,))):
            for path in (
                f"{change(pk)}/history/",
                f"{network.pk}/compare/?from={change(number)}",
                f"{network.pk}/preview/?version={change(number)}",
            ):
                assert milan.get(f"{LIST}{path}").status_code in expected, path


def in_digits(digits, number):
    return "".join(digits[int(digit)] for digit in str(number))


class TestComparing:
    def compared(self, client, network, query=""):
        """The fields that the page shows: {heading: section}."""
        tree = opened(client, page_of(network, "compare") + query)
        return {text_of(each.find("h2")): each for each in tree.find_class("comparison")}

    @pytest.mark.long
    def test_draft_with_what_is_published_is_one_click_away(self, ana, network):
        assert page_of(network, "review") not in opened(ana, page_of(network)).xpath("//a/@href")
        by(ana, network, name_en="Network of Small Cities", founded="2003", themes=[])
        for page, compared in (("change", "review"), ("history", "compare")):
            assert page_of(network, compared) in opened(ana, page_of(network, page)).xpath("//a/@href")
        fields = self.compared(ana, network)
        assert list(fields) == ["Name (in English)", "Founded", "Themes"]
        name = fields["Name (in English)"]
        assert [text_of(each) for each in name.xpath(".//ins")] == ["Small"]
        assert (name.xpath(".//del"), text_of(name.find_class("words")[0])) == ([], "Network of Small Cities")
        assert name.find_class("words")[0].get("lang") == "en"
        assert [text_of(each) for each in fields["Founded"].xpath(".//del | .//ins")] == ["1999", "2003"]
        assert [text_of(each) for each in fields["Themes"].xpath(".//del | .//ins")] == ["Mir"]

    def test_any_two_versions_can_be_compared_from_the_history(self, ana, network):
        for number in range(2, 5):
            by(ana, network, name_en=f"Version {number}")
        tree = opened(ana, page_of(network, "history"))
        (form,) = tree.xpath("//div[@id='content-main']//form")
        assert (form.method, form.action) == ("GET", page_of(network, "compare"))
        assert form.xpath(".//input[@name='from'][@checked]/@value") == ["1"]
        assert form.xpath(".//input[@name='to'][@checked]/@value") == ["4"]
        (name,) = self.compared(ana, network, "?from=2&to=3").values()
        assert [text_of(each) for each in name.xpath(".//del | .//ins")] == ["2", "3"]
        links = tree.xpath("//a[contains(@href, '/compare/')]/@href")
        assert f"{page_of(network, 'compare')}?from=3&to=4" in links

    def test_older_one_stands_first(self, ana, network):
        by(ana, network, name_en="Second")
        for query in ("?from=2&to=1", "?from=1&to=2"):
            (name,) = self.compared(ana, network, query).values()
            assert [text_of(each) for each in name.xpath(".//del | .//ins")] == ["Network of Cities", "Second"]

    def test_same_version_twice_is_the_same(self, ana, network):
        tree = opened(ana, page_of(network, "compare") + "?from=1&to=1")
        assert "The two versions are the same." in text_of(tree)

    def test_rich_text_is_read_as_text(self, ana, network):
        by(ana, network, description_en='<p>What the <a href="https://ni.rs">network</a> does &lt;b&gt;.</p>')
        (field,) = self.compared(ana, network).values()
        assert [text_of(each) for each in field.xpath(".//ins")] == ["(https://ni.rs)", "<b>"]
        assert field.xpath(".//a | .//b") == []

    def test_emphasis_alone_is_shown_side_by_side(self, ana, network):
        by(ana, network, description_en="<p>What the <em>network</em> does.</p>")
        (field,) = self.compared(ana, network).values()
        before, after = field.find_class("words")
        assert ([text_of(each) for each in after.xpath(".//em")], before.xpath(".//em")) == (["network"], [])
        assert field.xpath(".//ins | .//del") == []

    def test_pictures_are_shown(self, ana, network):
        by(ana, network, logo=stored_picture("red"))
        (field,) = self.compared(ana, network).values()
        before, after = field.find_class("version")
        assert text_of(before.find_class("empty")[0]) == "no picture"
        assert after.xpath(".//img/@src") == [default_storage.url(newest(network)["logo"]["name"])]
        assert after.xpath(".//img/@alt") != [""]

    @pytest.mark.long
    def test_versions_that_there_are_not_are_not_found(self, ana, network):
        by(ana, network, name_en="Second")
        for number in ("0", "3", "-1", "x", "1.5", "²", "9" * 30, "\0", "1 "):
            for name in ("from", "to"):
                assert ana.get(page_of(network, "compare"), {name: number}).status_code == 404, number

    def test_networks_that_there_are_not_are_not_found(self, ana, network):
        pages = ["history", "compare", "links", "preview", "discard", "submit"]
        assert {ana.get(f"{LIST}999999/{page}/").status_code for page in pages} == {404}
        assert ana.get(f"{LIST}x/history/").status_code == 404


class TestRestoring:
    @pytest.mark.long
    def test_makes_a_draft_of_an_old_version(self, ana, milan, network):
        publish(milan, network, name_en="Second", logo=stored_picture("red"))
        by(ana, network, name_en="Third")
        before = seen_by_citizens(network)
        assert page_of(network, "restore/1") in opened(milan, page_of(network, "history")).xpath("//a/@href")
        assert page_of(network, "restore/1") not in opened(ana, page_of(network, "history")).xpath("//a/@href")
        tree = opened(milan, page_of(network, "restore/1"))
        assert "Name (in English)" in [text_of(each) for each in tree.xpath("//section//h2")]
        assert told(milan, act(milan, network, "restore/1")) == ["Version 1 is restored, as a draft."]
        assert form_of(ana, network)["name_en"] == ["Network of Cities"]
        assert newest(network) == network.revisions.get(number=1).content
        last = network.revisions.first()
        assert (last.number, last.restored_from.number, last.author) == (4, 1, milan.user)
        assert seen_by_citizens(network) == before

    def test_of_what_is_the_newest_already_says_so(self, milan, network):
        assert told(milan, act(milan, network, "restore/1")) == ["The newest version is the same as version 1."]
        assert count(network) == 1

    def test_of_what_is_not_valid_any_more_is_explained(self, milan, network):
        publish(milan, network, slug="nova")
        other = make_network(slug="treca")
        Network.former_slugs.rel.related_model.objects.filter(slug="mreza").delete()
        Network.objects.filter(pk=other.pk).update(slug="mreza")
        response = milan.post(page_of(network, "restore/1"), follow=True)
        (message,) = messages_of(parsed(response))
        assert "Another page already has this address." in message
        assert count(network) == 2

    @pytest.mark.long
    def test_is_merged_with_what_others_have_open(self, ana, milan, network):
        by(ana, network, name_en="Second")
        values = form_of(ana, network)
        act(milan, network, "restore/1")
        assert send(ana, network, values, summary_en="Mine").status_code == 302
        assert [newest(network)[name] for name in ("name_en", "summary_en")] == ["Network of Cities", "Mine"]

    def test_of_a_version_that_there_is_not_is_not_found(self, milan, network):
        for number in (0, 2, 999999):
            assert milan.get(page_of(network, f"restore/{number}")).status_code == 404
            assert milan.post(page_of(network, f"restore/{number}")).status_code == 404


class TestBin:
    @pytest.mark.long
    def test_keeps_all_and_gives_it_back(self, ana, milan, network):
        publish(milan, network, slug="nova", logo=stored_picture("red"))
        by(ana, network, name_en="A Draft")
        logo, versions = newest(network)["logo"]["name"], list(network.revisions.values())
        plan(milan, network, WITHDRAW, "2999-01-01", "08:00")
        response = milan.post(page_of(network, "delete"), {"post": "yes"})
        assert response["Location"] == LIST
        assert (listed(milan), browser().get("/networks/nova/").status_code) == ({}, 404)
        assert "mreza" not in browser().get("/sitemap.xml").text
        tree = opened(milan, f"{LIST}bin/")
        (row,) = tree.xpath("//table[@class='bin']/tbody/tr")
        assert [text_of(cell) for cell in row.xpath("./th | ./td")][:1] == ["A Draft"]
        assert text_of(row.xpath("./td")[1]) == "Milan Milić"
        links = row.xpath(".//a/@href")
        assert links == [page_of(network, "undelete"), page_of(network, "history")]
        assert [milan.get(link).status_code for link in links] == [200, 200]
        assert f"{LIST}bin/" in opened(milan, LIST).xpath("//a/@href")

        (message,) = told(milan, act(milan, network, "undelete"))
        assert message == "“A Draft” is back, as a draft. Publish it when citizens are to see it again."
        assert list(network.revisions.values()) == versions
        assert (default_storage.exists(logo), newest(network)["logo"]["name"]) == (True, logo)
        assert not network.schedules.exists()
        assert browser().get("/networks/nova/").status_code == 404
        assert f"{LIST}bin/" in opened(milan, LIST).xpath("//a/@href")
        publish_everything(milan, network)
        assert "A Draft" in browser().get("/en/networks/nova/").text
        assert browser().get("/en/networks/mreza/")["Location"] == "/en/networks/nova/"

    def test_is_for_those_who_delete(self, ana, milan, row):
        milan.post(page_of(row, "delete"), {"post": "yes"})
        assert f"{list_of(row)}bin/" not in opened(ana, list_of(row)).xpath("//a/@href")
        assert ana.get(f"{list_of(row)}bin/").status_code == 403
        assert ana.post(page_of(row, "undelete")).status_code == 403
        assert type(row).objects.in_bin().exists()

    @pytest.mark.long
    def test_is_closed_to_all_other_work(self, milan, row):
        typed = form_of(milan, row) | {"slug": "changed", "_save": "1"}
        typed |= {"action": "publish", "at_0": "2999-01-01", "at_1": "08:00", "days": "7"}
        publishing.delete(row, author=milan.user)
        answers = {}
        for name in ("change", "schedule", "links", "discard", "submit", "withdraw", "restore/1", "open"):
            answers[name] = milan.post(page_of(row, name), typed).status_code
        # The form that somebody had open says so, with what was typed still in it.
        assert answers == dict.fromkeys(answers, 404) | {"change": 200}
        tree = parsed(milan.post(page_of(row), typed))
        assert "This is in the bin. Put it back first." in text_of(tree)
        assert form_values(tree)["slug"] == ["changed"]
        assert (count(row), row.events.count()) == (1, 1)

    def test_of_many_at_once_is_filled_by_the_list(self, milan, network):
        other = make_network()
        chosen = {"action": "delete_selected", "_selected_action": [network.pk, other.pk]}
        assert "Network of Cities" in milan.post(LIST, chosen).text
        assert Network.objects.outside_bin().count() == 2
        milan.post(LIST, chosen | {"post": "yes"})
        assert Network.objects.in_bin().count() == 2

    def test_says_that_it_is_empty(self, milan):
        assert "The bin is empty." in text_of(opened(milan, f"{LIST}bin/"))

    def test_takes_no_more_queries_for_more_networks(self, milan):
        publishing.delete(make_network(), author=None)
        before = count_queries(milan, f"{LIST}bin/")
        for _ in range(5):
            publishing.delete(make_network(), author=milan.user)
        assert count_queries(milan, f"{LIST}bin/") == before


# Previews


def preview_of(client, network, query="", prefix="/en"):
    return client.get(page_of(network, "preview", prefix) + query)["Location"]


def make_link(row, days=7, revision=None, **options):
    link = PreviewLink.objects.create(
        revision=revision or type(row).objects.get(pk=row.pk).head,
        expires_at=timezone.now() + timedelta(days=days),
        **options,
    )
    with override("sr"):
        return link, previews.link_url(link)


def in_language(address, language):
    return PREFIXES[language] + address


class TestPreviews:
    @in_latin_and_in_ci_in_each_language
    @pytest.mark.parametrize("who", ["staff", "link"])
    def test_show_a_draft_in_each_form_marked_and_hidden_from_the_world(self, ana, network, language, who):
        make_profile()
        by(ana, network, name_sr="Нацрт мреже", description_sr="<p>Ново.</p>", logo=stored_picture("red"))
        address = preview_of(ana, network, prefix=PREFIXES[language])
        client = ana
        if who == "link":
            client, address = browser(), in_language(make_link(network)[1], language)
        assert address.startswith(f"{PREFIXES[language]}/preview/")
        response = client.get(address)
        tree = parsed(response)
        assert response.status_code == 200
        assert response["Cache-Control"] == "private, no-store"
        assert response["X-Robots-Tag"] == "noindex"
        assert tree.xpath("//meta[@name='robots']/@content") == ["noindex"]
        assert tree.xpath("//link[@rel='canonical' or @rel='alternate']") == []
        (mark,) = tree.find_class("preview")
        # Who wrote it is no matter of those who were sent a link.
        assert ("Милан" in text_of(mark), "Ана Анић" in text_of(mark)) == (False, language == "sr" and who == "staff")
        assert bool(CYRILLIC.search(text_of(mark))) == (language == "sr")
        heading = {"sr": "Нацрт мреже", "sr-latn": "Nacrt mreže", "en": "Network of Cities"}[language]
        assert text_of(tree.xpath("//h1")[0]) == heading
        assert newest(network)["logo"]["name"] in response.text
        # The form in which it is looked at is changed without leaving the preview.
        links = tree.xpath("//nav[contains(@class, 'languages')]//a/@href")
        assert len(links) == 2
        assert all(client.get(link).status_code == 200 and "/preview/" in link for link in links)
        assert bool(mark.xpath(f".//a[@href='{page_of(network, prefix=PREFIXES[language])}']")) == (who == "staff")

    def test_show_what_is_not_written_in_english_in_serbian_and_say_so(self, ana):
        draft = drafts.save(Network(), {"name_sr": "Мрежа", "description_sr": "<p>Опис.</p>"}, author=None).row
        tree = opened(browser(), in_language(make_link(draft)[1], "en"))
        (heading,) = tree.xpath("//h1")
        assert (text_of(heading), heading.get("lang")) == ("Mreža", "sr-Latn")
        assert len(tree.find_class("notice")) == 1

    def test_say_whether_citizens_see_the_version_and_whether_it_is_the_newest(self, ana, network):
        by(ana, network, name_en="Second")
        said = {}
        for number in (1, 2):
            tree = opened(ana, preview_of(ana, network, f"?version={number}"))
            text = text_of(tree.find_class("preview")[0])
            said[number] = ("Citizens see this version" in text, "There is a newer one" in text)
        assert said == {1: (True, True), 2: (False, False)}

    def test_of_a_version_that_there_is_not_is_not_found(self, ana, network):
        for number in ("0", "3", "x", "\0"):
            assert ana.get(page_of(network, "preview"), {"version": number}).status_code == 404

    @in_latin_and_in_ci_in_each_language
    def test_of_staff_send_a_stranger_to_the_log_in(self, ana, network, language):
        address = preview_of(ana, network, prefix=PREFIXES[language])
        response = browser().get(address)
        prefix = PREFIXES[language]
        assert (response.status_code, response["Location"]) == (302, f"{prefix}/admin/login/?next={address}")
        assert response["Cache-Control"] == "private, no-store"

    @pytest.mark.parametrize("fields", [{"is_staff": True}, {"is_staff": False}])
    def test_of_staff_are_closed_to_those_without_the_right(self, ana, network, fields):
        somebody = browser()
        somebody.force_login(User.objects.create_user("somebody", **fields))
        assert somebody.get(preview_of(ana, network)).status_code == 403

    def test_of_staff_are_closed_to_those_who_are_staff_no_more(self, ana, network):
        address = preview_of(ana, network)
        User.objects.filter(username="ana").update(is_staff=False)
        assert ana.get(address).status_code == 403

    @pytest.mark.long
    def test_that_were_forged_are_not_found(self, ana, network):
        link, address = make_link(network)
        token = address.rstrip("/").rpartition("/")[2]
        name, signature = token.split("~")
        staff = preview_of(ana, network).rstrip("/").rpartition("/")[2]
        forged = [
            f"{name}~{signature[:-1]}{'A' if signature[-1] != 'A' else 'B'}",
            f"{name}1~{signature}",
            f"v{link.pk}~{signature}",
            f"l{link.pk}~{staff.split('~')[1]}",
            name,
            f"{name}~",
            "~",
            f"~{signature}",
            "x",
            "мрежа",
            "%00",
            f"{token}~{token}",
            signing.Signer().sign(name),
            signing.Signer(sep="~").sign(name),
            signing.Signer(sep="~", salt="networks.previews", key="x" * 50).sign(name),
            signing.dumps(name),
            previews.signer().sign("v999999"),
            previews.signer().sign("l999999"),
        ]
        for each in forged:
            for client in (browser(), ana):
                # Without the right, staff's own addresses are not told apart.
                expected = 302 if each == previews.signer().sign("v999999") and client is not ana else 404
                response = client.get(f"/en/preview/{each}/")
                assert (response.status_code, each) == (expected, each)

    def test_outlive_an_upgrade(self, network):
        """What a link is signed with never changes, and so does not follow the name of a module."""
        link, _address = make_link(network)
        token = signing.Signer(salt="networks.previews", sep="~").sign(f"l{link.pk}")
        assert browser().get(f"/preview/{token}/").status_code == 200

    def test_are_only_read(self, network):
        _link, address = make_link(network)
        assert browser().post(address).status_code == 405
        assert browser().head(address).status_code == 200


class TestLinks:
    def make(self, client, network, days="7"):
        response = client.post(page_of(network, "links"), {"days": days}, follow=True)
        return parsed(response)

    def test_lead_somebody_without_an_account_to_the_version_that_they_were_made_for(self, ana, network):
        by(ana, network, name_en="Second")
        tree = self.make(ana, network)
        assert messages_of(tree) == ["The link is made. Copy it from the list."]
        (url,) = tree.xpath('//table//input[@type="text"]/@value')
        assert url.startswith("http://testserver/en/preview/")
        by(ana, network, name_en="Third")
        visitor = browser()
        response = visitor.get(url)
        assert text_of(parsed(response).xpath("//h1")[0]) == "Second"
        assert (response.cookies, visitor.cookies) == ({}, {})
        assert "Back to the form" not in response.text

    @pytest.mark.parametrize(("days", "language"), [(1, "sr"), (7, "sr-latn"), (30, "en")])
    def test_stop_after_their_time(self, ana, row, clock, days, language):
        (url,) = self.make(ana, row, str(days)).xpath('//table//input[@type="text"]/@value')
        url = url.replace("/en/", f"{PREFIXES[language]}/")
        clock.moment += timedelta(days=days, seconds=-1)
        assert browser().get(url).status_code == 200
        clock.moment += timedelta(seconds=1)
        assert_closed(browser().get(url), language)

    @in_latin_and_in_ci_in_each_language
    def test_stop_when_they_are_revoked(self, ana, row, language):
        tree = self.make(ana, row)
        (url,) = tree.xpath('//table//input[@type="text"]/@value')
        (revoke,) = tree.xpath("//table//form/@action")
        assert ana.get(revoke).status_code == 302
        assert browser().get(url).status_code == 200
        tree = parsed(ana.post(revoke, follow=True))
        assert messages_of(tree) == ["The link is revoked. It leads nowhere now."]
        assert (tree.xpath("//table//input"), tree.xpath("//table//form")) == ([], [])
        for client in (browser(), ana):
            assert_closed(client.get(url.replace("/en/", f"{PREFIXES[language]}/")), language)

    def test_of_another_row_are_not_revoked(self, ana, row):
        link, address = make_link(row)
        make, make_of_other_model = (make_network, make_page) if type(row) is Network else (make_page, make_network)
        for other in (make(), make_of_other_model(pk=row.pk)):
            ana.post(page_of(other, f"links/{link.pk}/revoke"))
            assert browser().get(address).status_code == 200

    def test_end_with_what_they_show(self, ana, milan, row):
        publishing.publish(row, author=milan.user)
        of_live, to_live = make_link(row)
        by(ana, row, slug="changed")
        _of_draft, to_draft = make_link(row)
        _kept, to_kept = make_link(row, is_kept=True)
        statuses = lambda: [browser().get(each).status_code for each in (to_live, to_draft, to_kept)]  # noqa: E731
        assert statuses() == [200, 200, 200]
        drafts.discard(row, author=ana.user)
        assert statuses() == [200, 410, 200]
        publishing.unpublish(row, author=milan.user)
        assert statuses() == [410, 410, 200]
        assert "ended " in opened(ana, page_of(row, "links")).text_content()
        of_live.refresh_from_db()
        assert not of_live.is_open

    def test_into_the_bin_lead_nowhere_and_do_not_come_back_with_the_row(self, milan, row):
        _link, address = make_link(row)
        _link, kept = make_link(row, is_kept=True)
        publishing.delete(row, author=milan.user)
        assert [browser().get(each).status_code for each in (address, kept)] == [410, 404]
        publishing.undelete(row, author=milan.user)
        assert [browser().get(each).status_code for each in (address, kept)] == [410, 200]

    def test_are_kept_in_any_case_where_that_is_ticked(self, ana, row):
        tree = parsed(ana.post(page_of(row, "links"), {"days": "7", "is_kept": "on"}, follow=True))
        assert PreviewLink.objects.get().is_kept
        assert "in any case" in tree.text_content()

    def test_are_revoked_by_who_has_made_them_and_by_publishers(self, ana, milan, row):
        self.make(ana, row)
        (link,) = PreviewLink.objects.all()
        revoke = page_of(row, f"links/{link.pk}/revoke")
        vera = sign_in("vera", "editors")
        assert opened(vera, page_of(row, "links")).xpath("//table//form") == []
        assert vera.post(revoke).status_code == 403
        assert PreviewLink.objects.get().is_open
        assert len(opened(milan, page_of(row, "links")).xpath("//table//form")) == 1
        assert milan.post(revoke).status_code == 302
        assert not PreviewLink.objects.get().is_open

    def test_that_somebody_has_revoked_are_not_opened_by_undoing(self, milan, row):
        """Those that undoing itself would end are."""
        revoked, stays = (make_link(row) for _ in range(2))
        before = publishing.undo_state(row)
        row = publishing.publish(row, author=milan.user)
        milan.post(page_of(row, f"links/{revoked[0].pk}/revoke"))
        assert publishing.undo(row, before, publishing.last_event_id(row), author=milan.user)
        assert [browser().get(address).status_code for _link, address in (revoked, stays)] == [410, 200]
        assert text_of(opened(milan, page_of(row, "links"))).count("ended ") == 1

    def test_work_for_no_other_time_than_is_offered(self, ana, row):
        for days in ("", "0", "365", "-7", "x"):
            assert self.make(ana, row, days).find_class("errorlist")
        assert not PreviewLink.objects.exists()

    @in_latin_and_in_ci_in_each_language
    def test_offer_their_times_in_the_language_of_the_page(self, ana, network, language):
        tree = opened(ana, page_of(network, "links", PREFIXES[language]))
        shown = [text_of(each) for each in tree.xpath("//select[@name='days']/option")]
        assert (
            shown
            == {
                "sr": ["1 дан", "7 дана", "30 дана"],
                "sr-latn": ["1 dan", "7 dana", "30 dana"],
                "en": ["1 day", "7 days", "30 days"],
            }[language]
        )

    def test_are_kept_from_those_who_may_only_read(self, ana, row):
        reader = sign_in("reader", "nobody")
        reader.user.user_permissions.add(
            *Group.objects.get(name="editors").permissions.filter(codename=f"view_{row._meta.model_name}")
        )
        assert reader.get(page_of(row, "history")).status_code == 200
        assert reader.get(preview_of(reader, row)).status_code == 200
        assert reader.get(page_of(row, "links")).status_code == 403
        assert reader.post(page_of(row, "links"), {"days": "7"}).status_code == 403


def assert_closed(response, language):
    tree = parsed(response)
    assert response.status_code == 410
    assert response["Cache-Control"] == "private, no-store"
    assert response["X-Robots-Tag"] == "noindex"
    (heading,) = tree.xpath("//h1")
    assert bool(CYRILLIC.search(text_of(heading))) == (language == "sr")
    assert ("not valid any more" in text_of(heading)) == (language == "en")
    assert "Network of Cities" not in response.text


class TestEditLink:
    """On the pages that citizens read."""

    def edit_links(self, response):
        return [each.get("href") for each in parsed(response).xpath("//*[@class='edit']/a")]

    @pytest.mark.long
    @in_latin_and_in_ci_in_each_language
    def test_leads_staff_to_the_form(self, ana, milan, network, language):
        page = make_page(slug="o-sajtu", title_en="About")
        for row, path in ((network, "networks/mreza"), (page, "pages/o-sajtu")):
            address = f"{PREFIXES[language]}/admin/networks/{row._meta.model_name}/{row.pk}/change/"
            for client in (ana, milan):
                response = client.get(f"{PREFIXES[language]}/{path}/")
                assert self.edit_links(response) == [address]
            assert response["Cache-Control"] == "private, no-store"
            assert ana.get(address).status_code == 200

    def test_leaves_the_pages_of_everybody_else_as_they_were(self, network):
        make_page(slug="o-sajtu")
        for path in ("/networks/mreza/", "/pages/o-sajtu/", "/", "/en/networks/mreza/"):
            visitor = browser()
            response = visitor.get(path)
            assert "Cookie" not in response.get("Vary", "")
            assert (response.cookies, visitor.cookies) == ({}, {})
            assert "Cache-Control" not in response
            assert "/admin/" not in response.text
            visitor.cookies["other"] = "1"
            again = visitor.get(path)
            assert (again.content, again.get("Vary")) == (response.content, response.get("Vary"))

    def test_is_not_shown_to_those_who_may_not_edit(self, ana, network):
        nobody, theirs = sign_in("nobody", "none"), browser()
        theirs.force_login(User.objects.create_user("citizen"))
        stale = browser()
        stale.cookies["sessionid"] = "x" * 32
        for client in (nobody, theirs, stale):
            response = client.get("/networks/mreza/")
            assert (response.status_code, self.edit_links(response)) == (200, [])

    def test_is_not_shown_after_signing_out(self, ana, network):
        ana.post("/en/admin/logout/")
        assert self.edit_links(ana.get("/networks/mreza/")) == []


class TestOpenForms:
    def told(self, client, row, prefix="/en"):
        (element,) = opened(client, page_of(row, prefix=prefix)).xpath("//*[@id='colleagues']")
        assert (element.get("hidden") is None) == bool(text_of(element))
        return text_of(element)

    @pytest.mark.long
    def test_are_told_to_colleagues(self, ana, milan, row):
        assert self.told(ana, row) == ""
        assert self.told(ana, row) == ""
        for language, prefix in PREFIXES.items():
            text = self.told(milan, row, prefix)
            assert ("Ана Анић" if language == "sr" else "Ana Anić") in text
            assert ("Others have this form open now" in text) == (language == "en")
            assert bool(CYRILLIC.search(text)) == (language == "sr")
        assert "Milan Milić" in self.told(ana, row)

    @pytest.mark.long
    def test_are_forgotten_after_a_while(self, ana, milan, row, clock):
        self.told(ana, row)
        clock.moment += timedelta(minutes=4)
        assert "Ana Anić" in self.told(milan, row)
        clock.moment += timedelta(minutes=2)
        assert self.told(milan, row) == ""

    @pytest.mark.long
    @pytest.mark.parametrize("button", ["_publish", "_save"])
    def test_are_closed_by_saving(self, ana, milan, row, button):
        send(milan, row, form_of(milan, row), button, slug="changed")
        # After a draft is saved, the form opens again.
        assert not OpenForm.objects.exists()
        assert self.told(ana, row) == ""

    def test_are_told_of_and_left_by_the_script_of_the_page(self, ana, milan, row):
        address = page_of(row, "open")
        assert ana.post(address).json() == {"colleagues": ""}
        opened(milan, page_of(row))
        assert "Milan Milić" in ana.post(address).json()["colleagues"]
        assert milan.post(address, {"left": "1"}).json() == {}
        assert ana.post(address).json() == {"colleagues": ""}
        assert list(OpenForm.objects.values_list("user__username", flat=True)) == ["ana"]

    def test_are_not_for_others_to_ask_about(self, ana, row):
        address = page_of(row, "open")
        assert ana.get(address).status_code == 405
        assert browser().post(address).status_code == 302
        assert sign_in("nobody", "none").post(address).status_code == 403
        strict = Client(enforce_csrf_checks=True)
        strict.force_login(ana.user)
        assert strict.post(address).status_code == 403
        assert not OpenForm.objects.exists()

    def test_of_those_who_only_read_are_not_noted(self, row):
        reader = sign_in("reader", "none")
        reader.user.user_permissions.add(
            *Group.objects.get(name="editors").permissions.filter(codename=f"view_{row._meta.model_name}")
        )
        tree = opened(reader, page_of(row))
        assert tree.xpath("//button[@name='_save']") == []
        assert not OpenForm.objects.exists()


class TestQueries:
    @pytest.mark.long
    @pytest.mark.parametrize("role", ["editors", "publishers", "superuser"])
    def test_a_form_opens_with_at_most_sixteen(self, ana, milan, network, role):
        by(ana, network, name_en="A Draft")
        drafts.submit(network, author=ana.user)
        for action, day in ((PUBLISH, "2998-01-01"), (WITHDRAW, "2999-01-01")):
            assert plan(milan, network, action, day, "08:00").status_code == 302
        clerk = sign_in("clerk", role, is_superuser=role == "superuser")
        assert count_queries(clerk, page_of(network)) <= 16

    @pytest.mark.long
    @pytest.mark.parametrize("query", ["", "?state=scheduled"])
    def test_of_the_list_do_not_grow_with_what_waits(self, ana, milan, query):
        def make(number):
            content = CONTENT | {"slug": f"mreza-{number}", "themes": []}
            network = drafts.save(Network(), content, author=ana.user).row
            publishing.publish(network, author=milan.user)
            drafts.save(network, newest(network) | {"name_en": "A Draft"}, author=ana.user)
            drafts.submit(network, author=ana.user)
            for days, action in enumerate((PUBLISH, WITHDRAW), start=1):
                schedules.create(network, action, timezone.now() + timedelta(days=days), author=milan.user)

        make(1)
        opened(milan, LIST + query)
        before = count_queries(milan, LIST + query)
        for number in range(2, 6):
            make(number)
        assert count_queries(milan, LIST + query) == before <= 12

    def test_of_the_list_fetch_long_texts_of_drafts_of_published_networks_alone(self, milan, network):
        for is_draft in (False, True, False):
            if is_draft:
                by(milan, network, seat_en="Vienna")
            else:
                publish(milan, network)
            (row,) = milan.get(LIST).context["cl"].result_list
            assert (row.newest_content is not None) == is_draft
            assert "content" in row.head.get_deferred_fields()


def test_form_shows_the_logo_that_there_is(milan, network):
    by(milan, network, logo=stored_picture("red"))
    (image,) = opened(milan, page_of(network)).xpath("//img[@class='picture']")
    assert image.get("src").endswith(newest(network)["logo"]["name"])
    assert image.get("alt") == "The picture as it is now"


class TestAddressWhileItIsTyped:
    @pytest.mark.long
    def test_emptied_beside_another_error_loses_nothing(self, milan, network):
        publish(milan, network)
        response = send(milan, network, form_of(milan, network), slug="", founded="око 1999", name_en="Typed")
        assert response.status_code == 200
        assert form_values(parsed(response))["name_en"] == ["Typed"]

    def test_link_to_the_site_leads_to_the_address_that_citizens_know(self, milan, network):
        publish(milan, network)
        by(milan, network, slug="another-address")
        (link,) = opened(milan, page_of(network)).xpath("//a[text()='View on site']/@href")
        assert milan.get(link).status_code == 200


@pytest.mark.long
def test_publisher_reads_what_was_taken_over_before_citizens_do(ana, milan, network):
    publish(milan, network)
    values = form_of(milan, network)
    by(ana, network, summary_en="Of a colleague")
    response = send(milan, network, values, "_publish", name_en="Mine")
    assert response["Location"] == page_of(network)
    assert Network.objects.get().name_en != "Mine"
    assert "not published yet" in " ".join(told(milan, response))
    publish_everything(milan, network)
    assert (Network.objects.get().name_en, Network.objects.get().summary_en) == ("Mine", "Of a colleague")


class TestDiscardingWithCare:
    def test_editor_does_not_cancel_a_publishers_plan(self, ana, milan, network):
        publish(milan, network)
        by(ana, network, name_en="Draft")
        schedules.create(network, PUBLISH, timezone.now() + timedelta(days=1), author=milan.user)
        assert "scheduled" in " ".join(told(ana, ana.post(page_of(network, "discard"))))
        assert Network.objects.get().has_draft and network.schedules.exists()
        act(milan, network, "discard")
        assert not network.schedules.exists()
        assert network.events.filter(kind=Event.Kind.CANCELLED).count() == 1

    def test_what_was_saved_after_the_question_is_not_discarded(self, ana, milan, network):
        publish(milan, network)
        by(ana, network, name_en="Draft")
        number = network.revisions.count()
        by(milan, network, name_en="Newer")
        milan.post(page_of(network, "discard"), {"version": number})
        assert Network.objects.get().has_draft


# What somebody does after reading the newest version, and what is posted with it
DECISIONS = {
    "withdraw": {},
    "discard": {},
    "submit": {},
    "delete": {"post": "yes"},
    "restore/1": {},
    "schedule": {"action": "publish", "at_0": "2999-01-01", "at_1": "08:00"},
}


def after_reading(monkeypatch, what):
    """Let something happen once, when a request has read its network but has not begun its transaction."""
    get_row = NetworkAdmin.get_row

    def read(self, *args, **options):
        network = get_row(self, *args, **options)
        monkeypatch.setattr(NetworkAdmin, "get_row", get_row)
        what()
        return network

    monkeypatch.setattr(NetworkAdmin, "get_row", read)


class TestSavedInBetween:
    @pytest.fixture
    def page(self, milan, network):
        """Opens the page of a decision on a network that is published and has a draft."""
        publish(milan, network)
        by(milan, network, name_en="Draft")
        return lambda name: form_values(opened(milan, page_of(network, name)))

    @pytest.mark.long
    @pytest.mark.parametrize("name", DECISIONS)
    def test_version_is_read_before_anything_is_done_with_it(self, ana, milan, network, page, name, monkeypatch):
        shown, events = page(name), list(network.events.all())
        if name == "delete":  # the network is read in the transaction
            by(ana, network, name_en="Newer")
        else:
            after_reading(monkeypatch, lambda: by(ana, network, name_en="Newer"))
        response = milan.post(page_of(network, name), shown | DECISIONS[name])
        row = Network.objects.get()
        assert (row.is_published, row.head.content["name_en"], row.deleted_at) == (True, "Newer", None)
        assert (list(network.events.all()), network.schedules.count()) == (events, 0)
        asked_again = parsed(response) if response.status_code == 200 else opened(milan, response["Location"])
        assert "Somebody has saved a newer version meanwhile." in text_of(asked_again)
        response = milan.post(page_of(network, name), form_values(asked_again) | DECISIONS[name])
        assert response.status_code == 302
        assert list(network.events.all()) != events or newest(network)["name_en"] == "Network of Cities"

    def test_version_is_named_although_a_wrong_time_was_corrected(self, ana, milan, network, page):
        shown = page("schedule") | DECISIONS["schedule"]
        by(ana, network, name_en="Newer")
        corrected = form_values(parsed(milan.post(page_of(network, "schedule"), shown | {"at_0": ""})))
        response = milan.post(page_of(network, "schedule"), corrected | DECISIONS["schedule"])
        assert (response.status_code, network.schedules.count()) == (200, 0)


@pytest.mark.long
@in_latin_and_in_ci_in_each_language
def test_schedule_that_failed_with_an_error_says_so_wherever_it_is_shown(
    ana, milan, network, clock, monkeypatch, language
):
    prefix = PREFIXES[language]
    by(ana, network, name_en="A Draft")
    plan(milan, network, PUBLISH, "2027-05-03", "08:00", prefix)
    clock.moment = network.schedules.get().at
    monkeypatch.setattr(schedules, "perform", lambda row, plan: 1 / 0)
    schedules.apply_due()
    clock.moment += timedelta(minutes=7)
    schedules.apply_due()
    pages = {
        "list": opened(ana, f"{prefix}/admin/networks/network/").find_class("field-state")[0],
        "form": opened(ana, page_of(network, prefix=prefix)).find_class("states")[0],
        "page": opened(milan, page_of(network, "schedule", prefix)).find_class("plans")[0],
    }
    history = text_of(opened(ana, page_of(network, "history", prefix)))
    with override(language):
        words = describe_schedule(network.schedules.get(), Reader(language))
        assert history.count(str(Event.Kind.FAILED.label)) == 1
    assert Reader(language).moment(network.schedules.get().retry_at) in words
    for page, element in pages.items():
        assert words in text_of(element), page


class TestWhatOthersHaveNotFinished:
    """A publisher's small fix does not publish with it what a colleague is still writing."""

    @pytest.mark.long
    @in_latin_and_in_ci_under_each_prefix
    def test_is_named_before_publishing_is_scheduled(self, ana, milan, network, prefix):
        by(ana, network, summary_en="Unfinished")
        response = send(milan, network, form_of(milan, network, prefix), "_schedule", prefix, name_en="A Fix")
        on_schedule = opened(milan, response["Location"]).xpath("//ul[@class='unfinished']/li")
        on_publish = opened(milan, page_of(network, "review", prefix)).xpath("//ul[@class='unfinished']/li")
        assert [text_of(each) for each in on_schedule] == [text_of(each) for each in on_publish] != []

    def test_is_not_named_where_a_schedule_changes_nothing_about_it(self, ana, milan, network):
        def named():
            return opened(milan, page_of(network, "schedule")).xpath("//ul[@class='unfinished']")

        assert named() == []
        by(ana, network, summary_en="Finished")
        assert len(named()) == 1
        drafts.submit(network, author=ana.user)
        assert named() == []
        by(ana, network, summary_en="Planned")
        schedules.create(network, PUBLISH, timezone.now() + timedelta(days=1), author=milan.user)
        assert named() == []

    @pytest.mark.long
    def test_is_not_published_unasked(self, ana, milan, network):
        by(ana, network, summary_en="Unfinished")
        before = seen_by_citizens(network)
        response = send(milan, network, form_of(milan, network), "_publish", name_en="A Fix")
        assert response["Location"] == page_of(network, "review")
        tree = opened(milan, response["Location"])
        assert seen_by_citizens(network) == before
        assert [text_of(each) for each in tree.xpath("//ul[@class='unfinished']/li")] == [
            "Ана Анић: summary (in English)".replace("Ана Анић", "Ana Anić")
        ]
        assert newest(network)["name_en"] == "A Fix"  # it is saved

    @pytest.mark.long
    @in_latin_and_in_ci_under_each_prefix
    def test_stays_a_draft_of_theirs_where_only_ones_own_is_published(self, ana, milan, jelena, network, prefix):
        by(ana, network, summary_en="Unfinished", description_en="<p>Unfinished</p>")
        by(jelena, network, founded="2001")
        link = PreviewLink.objects.create(revision=network.revisions.first(), expires_at=timezone.now())
        response = send(milan, network, form_of(milan, network, prefix), "_publish", prefix, name_en="A Fix")
        opened_before = form_of(ana, network)
        draft = newest(network)
        tree = opened(milan, response["Location"])
        assert tree.xpath("//button[@name='own']")
        milan.post(response["Location"], form_values(tree) | {"own": "1"})
        row = Network.objects.get()
        assert (row.name_en, row.summary_en, str(row.founded)) == ("A Fix", "A summary.", "1999")
        assert (row.has_draft, newest(network)) == (True, draft)
        writers = [
            (each.author, changed_fields(Network, each.parent.content, each.content))
            for each in network.revisions.filter(number__gt=row.live.number).order_by("number")
        ]
        assert writers == [(ana.user, ["summary_en", "description_en"]), (jelena.user, ["founded"])]
        assert (row.live.author, row.live.parent.number) == (milan.user, 1)
        assert PreviewLink.objects.get(pk=link.pk).revision == row.head
        # Whoever has the form open goes on without a conflict.
        assert send(ana, network, opened_before, summary_en="Finished").status_code == 302
        assert newest(network) == draft | {"summary_en": "Finished"}
        # The next one is asked again.
        response = send(milan, network, form_of(milan, network), "_publish", name_en="Another Fix")
        assert response["Location"] == page_of(network, "review")

    @pytest.mark.long
    def test_is_published_where_that_is_said(self, ana, milan, network):
        by(ana, network, summary_en="Unfinished")
        response = send(milan, network, form_of(milan, network), "_publish", name_en="A Fix")
        told_then = told(milan, milan.post(response["Location"], {"all": "1"}))
        assert told_then[1:] == ["“Network of Cities” is published, with what others have changed."]
        row = Network.objects.get()
        assert (row.name_en, row.summary_en, row.has_draft) == ("A Fix", "Unfinished", False)

    @pytest.mark.long
    def test_is_not_asked_about_where_it_was_submitted_or_planned_or_ones_own(self, ana, milan, network):
        by(ana, network, summary_en="Finished")
        drafts.submit(network, author=ana.user)
        assert send(milan, network, form_of(milan, network), "_publish", name_en="A Fix")["Location"] == LIST
        by(ana, network, summary_en="Planned")
        schedules.create(network, PUBLISH, timezone.now() + timedelta(days=1), author=milan.user)
        assert send(milan, network, form_of(milan, network), "_publish", name_en="Another")["Location"] == LIST
        by(milan, network, summary_en="My own")
        assert send(milan, network, form_of(milan, network), "_publish", name_en="A third")["Location"] == LIST
        assert not Network.objects.get().has_draft

    @pytest.mark.long
    def test_is_asked_about_where_it_was_written_after_it_was_submitted(self, ana, jelena, milan, network):
        by(ana, network, summary_en="Finished")
        drafts.submit(network, author=ana.user)
        by(jelena, network, founded="2001")
        tree = opened(milan, send(milan, network, form_of(milan, network), "_publish")["Location"])
        assert [text_of(each) for each in tree.xpath("//ul[@class='unfinished']/li")] == ["Jelena Jelić: founded"]

    @pytest.mark.long
    def test_in_the_same_field_is_not_among_ones_own_changes(self, ana, milan, network):
        by(ana, network, summary_en="Unfinised text")
        response = send(
            milan, network, form_of(milan, network), "_publish", summary_en="Unfinished text", seat_en="Nice"
        )
        tree = opened(milan, response["Location"])
        assert "not among your own changes: summary (in English)." in text_of(tree)
        milan.post(response["Location"], {"own": "1"})
        row = Network.objects.get()
        assert (row.summary_en, row.seat_en, newest(network)["summary_en"]) == (
            "A summary.",
            "Nice",
            "Unfinished text",
        )

    @pytest.mark.long
    def test_of_a_network_that_citizens_have_never_seen_is_asked_about_too(self, ana, milan):
        network = drafts.save(Network(), {"name_sr": "Нова", "name_en": "New"}, author=ana.user).row
        response = send(milan, network, form_of(milan, network), "_publish", summary_en="Mine")
        tree = opened(milan, response["Location"])
        assert tree.xpath("//button[@name='all']") and not tree.xpath("//button[@name='own']")
        milan.post(response["Location"], {"own": "1"})
        assert not Network.objects.get().is_published
        milan.post(response["Location"], {"all": "1"})
        assert Network.objects.get().is_published

    @pytest.mark.long
    def test_does_not_count_what_was_taken_back(self, ana, milan, network):
        by(ana, network, summary_en="Unfinished")
        by(ana, network, summary_en="A summary.")
        assert send(milan, network, form_of(milan, network), "_publish", name_en="A Fix")["Location"] == LIST

    @pytest.mark.long
    def test_does_not_count_what_citizens_have_seen_before(self, ana, milan, network):
        by(ana, network, summary_en="Finished")
        publish(milan, network)
        publishing.unpublish(network, author=milan.user)
        assert send(milan, network, form_of(milan, network), "_publish", name_en="A Fix")["Location"] == LIST
        assert Network.objects.get().is_published

    @pytest.mark.long
    def test_saved_after_the_question_is_not_published(self, ana, milan, network):
        by(ana, network, summary_en="Unfinished")
        response = send(milan, network, form_of(milan, network), "_publish", name_en="A Fix")
        tree = opened(milan, response["Location"])
        by(ana, network, summary_en="Later")
        for button in ("own", "all"):
            milan.post(response["Location"], form_values(tree) | {button: "1"})
            assert Network.objects.get().name_en == "Network of Cities"


def test_plan_is_done_before_a_visit_that_comes_less_than_a_second_after_another(milan, draft, clock):
    plan(milan, draft, PUBLISH, "2027-05-03", "08:00")
    visitor = browser()
    clock.moment = datetime(2027, 5, 3, 5, 59, 59, 500_000, tzinfo=UTC)
    assert visitor.get("/networks/mreza/").status_code == 404
    clock.moment = datetime(2027, 5, 3, 6, 0, 0, tzinfo=UTC)
    assert visitor.get("/networks/mreza/").status_code == 200
