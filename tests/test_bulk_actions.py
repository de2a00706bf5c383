"""Actions on many rows of a list: they ask first, with number and names, and can be undone."""

from datetime import timedelta

import lxml.html
import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.utils import timezone

from networks.admin.bulk_actions import UNDO_PERIOD, BulkActionsMixin
from networks.models import Event, Network, OldAddress, Page, PreviewLink, Schedule
from networks.revisions import drafts, publishing, schedules, storage
from tests.makers import make_network, make_page, make_theme
from tests.pages import (
    CYRILLIC,
    PREFIXES,
    in_latin_and_in_ci_in_each_language,
    messages_of,
    parsed,
    text_of,
    texts_of,
)

pytestmark = [pytest.mark.django_db, pytest.mark.sql]

NETWORKS, PAGES = "/en/admin/networks/network/", "/en/admin/networks/page/"


def sign_in(username, role):
    client = Client()
    client.user = User.objects.create_user(username, is_staff=True, first_name=username.title())
    client.user.groups.add(Group.objects.get(name=role))
    client.force_login(client.user)
    return client


@pytest.fixture
def milan():
    return sign_in("milan", "publishers")


@pytest.fixture
def vesna():
    """Another publisher"""
    return sign_in("vesna", "publishers")


@pytest.fixture
def ana():
    return sign_in("ana", "editors")


def published(name, **changes):
    network = drafts.save(Network(), {"name_sr": name, "name_en": name, **changes}, author=None).row
    return publishing.publish(network, author=None)


def draft_of(network, author, **changes):
    content = storage.newest_revision(Network.objects.get(pk=network.pk)).content
    return drafts.save(network, content | changes, author=author).revision


def ask(client, address, action, rows):
    response = client.post(address, {"action": action, "_selected_action": [row.pk for row in rows], "index": "0"})
    assert response.status_code == 200
    return parsed(response)


def named(tree):
    """The rows that a question names"""
    return {text_of(each) for each in tree.xpath("//ul[@class='chosen']/li")}


def confirm(client, address, tree, **typed):
    (form,) = tree.xpath("//div[@id='content-main']//form")
    values = dict(form.form_values())
    return parsed(client.post(address, values | typed, follow=True))


def do(client, address, action, rows, **typed):
    """Choose the rows, answer the question with yes, and return the list that follows."""
    return confirm(client, address, ask(client, address, action, rows), **typed)


def undo(client, tree):
    """Press the button of the list that undoes, and return what is said then."""
    (form,) = tree.find_class("undo")
    response = client.post(form.get("action"), dict(form.form_values()), follow=True)
    return messages_of(parsed(response))


def seen():
    """What citizens see, is planned, waits, and lies in the bin."""
    networks = Network.objects.order_by("pk")
    return [
        list(networks.values("pk", "name_en", "is_published", "live", "head", "submitted_at", "submitted_by")),
        list(networks.values_list("deleted_at", "deleted_by")),
        list(Schedule.objects.order_by("action").values("network", "action", "at", "revision", "author_name")),
        list(PreviewLink.objects.order_by("pk").values("pk", "revoked_at")),
        list(Page.objects.order_by("pk").values("slug", "is_published", "live", "head", "title_en", "deleted_at")),
        list(Page.objects.order_by("pk").values("submitted_at", "submitted_by")),
        Client().get("/en/").content,
    ]


@pytest.mark.long
@pytest.mark.parametrize("action", ["publish", "withdraw", "delete_selected"])
@pytest.mark.parametrize("is_submitted", [True, False])
def test_question_names_a_renamed_draft_as_the_list_does(milan, ana, action, is_submitted):
    network = published("Before")
    draft_of(network, ana.user, name_sr="Нова", name_en="Renamed")
    if is_submitted:
        drafts.submit(network, author=ana.user)
    tree = ask(milan, NETWORKS, action, [network])
    is_asked_about = action == "publish" and not is_submitted
    assert named(tree) == {"Renamed – Ana" if is_asked_about else "Renamed"}


@pytest.mark.long
def test_taking_many_off_the_site_asks_and_is_undone(milan, ana):
    """As somebody did with 778 networks, by one press."""
    networks = [published(f"Network {number}") for number in range(12)]
    draft_of(networks[3], ana.user, name_en="A Draft")
    drafts.submit(networks[3], author=ana.user)
    schedules.create(networks[4], Schedule.Action.WITHDRAW, timezone.now() + timedelta(days=2), author=ana.user)
    PreviewLink.objects.create(revision=networks[5].live, expires_at=timezone.now() + timedelta(days=1))
    before = seen()
    tree = ask(milan, NETWORKS, "withdraw", networks)
    assert seen() == before
    (question, *_rest) = tree.xpath("//div[@id='content-main']//p")
    assert text_of(question).startswith("12 networks will be taken off the site.")
    assert named(tree) == {str(each) for each in networks} - {"Network 3"} | {"A Draft"}  # as the list names it
    tree = confirm(milan, NETWORKS, tree)
    assert messages_of(tree) == ["12 networks taken off the site."]
    assert not Network.objects.published().exists()
    assert undo(milan, tree) == ["Undone: 12 entries are as they were before."]
    assert seen() == before


@pytest.mark.long
@pytest.mark.parametrize(
    ("action", "done"),
    [
        ("publish", "1 network published."),
        ("withdraw", "1 network taken off the site."),
        ("delete_selected", "1 network moved to the bin."),
    ],
)
@pytest.mark.parametrize("is_published", [True, False])
def test_network_is_as_it_was_after_an_action_was_undone(milan, ana, action, done, is_published):
    network = published("Network") if is_published else drafts.save(Network(), {"name_sr": "Мрежа"}, author=None).row
    head = draft_of(network, ana.user, name_en="A Draft")
    drafts.submit(network, author=ana.user)
    if is_published:
        schedules.create(network, Schedule.Action.WITHDRAW, timezone.now() + timedelta(days=2), author=ana.user)
    schedules.create(network, Schedule.Action.PUBLISH, timezone.now() + timedelta(days=1), author=ana.user)
    PreviewLink.objects.create(revision=head, expires_at=timezone.now() + timedelta(days=1))
    before = seen()
    if action == "withdraw" and not is_published:
        return  # there is nothing to take off the site
    tree = do(milan, NETWORKS, action, [network])
    assert messages_of(tree) == [done]
    assert seen() != before
    assert undo(milan, tree) == ["Undone: 1 entry is as it was before."]
    assert seen() == before


@pytest.mark.long
@pytest.mark.parametrize(
    ("action", "question", "done"),
    [
        ("publish", "The newest versions of 3 pages will be published.", "3 pages published."),
        ("withdraw", "3 pages will be taken off the site.", "3 pages taken off the site."),
        ("delete_selected", "3 pages will be moved to the bin.", "3 pages moved to the bin."),
    ],
)
def test_pages_too_ask_and_are_undone(milan, ana, action, question, done):
    pages = [publishing.publish(make_page(title_en="Page"), author=None) for _ in range(3)]
    for page in pages:
        content = storage.newest_revision(page).content
        titles = {"title_sr": f"Нацрт {page.pk}", "title_en": f"Draft {page.pk}"}
        drafts.save(page, content | titles, author=ana.user)
        drafts.submit(page, author=ana.user)
    before = seen()
    tree = ask(milan, PAGES, action, pages)
    assert seen() == before
    assert text_of(tree.xpath("//div[@id='content-main']//p")[0]).startswith(question)
    assert named(tree) == {f"Draft {page.pk}" for page in pages}
    tree = confirm(milan, PAGES, tree)
    assert messages_of(tree) == [done]
    assert seen() != before
    assert undo(milan, tree) == ["Undone: 3 entries are as they were before."]
    assert seen() == before


def test_action_of_an_earlier_release_is_not_undone_any_more(milan):
    """It had published pages without revisions."""
    page = make_page(is_published=False)
    session = milan.session
    at = timezone.now().timestamp()
    session["undo_networks.page"] = {
        "token": "x",
        "action": "unpublish",
        "at": at,
        "rows": [{"pk": page.pk, "entry": 1}],
    }
    session.save()
    assert parsed(milan.get(PAGES)).find_class("undo") == []
    assert milan.post(f"{PAGES}undo/", {"token": "x"}).status_code == 302
    assert not Page.objects.get().is_published


@pytest.mark.long
def test_drafts_that_nobody_submitted_are_published_only_where_that_is_asked_for(milan, ana):
    waiting, unfinished, changed_since = (published(name) for name in ("Waiting", "Unfinished", "Changed since"))
    for network in (waiting, unfinished, changed_since):
        draft_of(network, ana.user, summary_en="A draft.")
    for network in (waiting, changed_since):
        drafts.submit(network, author=ana.user)
    draft_of(changed_since, ana.user, summary_en="Not finished.")
    networks = [waiting, unfinished, changed_since, published("Without a draft")]
    tree = ask(milan, NETWORKS, "publish", networks)
    ready, others = tree.find_class("chosen")
    assert [text_of(each) for each in ready] == [str(waiting)]
    assert {text_of(each) for each in others} == {f"{unfinished} – Ana", f"{changed_since} – Ana"}
    (label,) = tree.xpath("//label[@for='unsubmitted']")
    assert text_of(label) == "Publish also 2 drafts that nobody has submitted as they are now"
    assert messages_of(confirm(milan, NETWORKS, tree)) == ["1 network published."]
    assert set(Network.objects.with_draft()) == {unfinished, changed_since}
    tree = do(milan, NETWORKS, "publish", networks, unsubmitted="on")
    assert messages_of(tree) == ["2 networks published."]
    assert not Network.objects.with_draft().exists()


def test_version_that_was_saved_after_the_question_is_not_published(milan, ana):
    network = published("Network")
    draft_of(network, ana.user, summary_en="A draft.")
    drafts.submit(network, author=ana.user)
    tree = ask(milan, NETWORKS, "publish", [network])
    draft_of(network, ana.user, summary_en="Not finished.")
    drafts.submit(network, author=ana.user)
    told = messages_of(confirm(milan, NETWORKS, tree))
    assert told == ["Network: Somebody has saved a newer version meanwhile.", "0 networks published."]
    network.refresh_from_db()
    assert network.live.content["summary_en"] == ""


@pytest.mark.long
@pytest.mark.parametrize("action", ["withdraw", "delete_selected"])
def test_undoing_changes_nothing_that_others_have_done_since(milan, vesna, action):
    changed, left = published("Changed"), published("Left")
    tree = do(milan, NETWORKS, action, [changed, left])
    publishing.undelete(changed, author=vesna.user)
    publishing.publish(changed, author=vesna.user)
    publishing.unpublish(changed, author=vesna.user)
    assert undo(milan, tree) == [
        "Somebody has changed these since, so they are left as they are: Changed.",
        "Undone: 1 entry is as it was before.",
    ]
    assert list(Network.objects.published()) == [left]


def test_undoing_keeps_what_was_written_since_as_a_draft(milan, ana):
    network = published("Network")
    tree = do(milan, NETWORKS, "withdraw", [network])
    draft_of(network, ana.user, summary_en="Written since.")
    drafts.submit(network, author=ana.user)
    assert undo(milan, tree) == ["Undone: 1 entry is as it was before."]
    network.refresh_from_db()
    assert (network.is_published, network.live.number, network.submitted_by) == (True, 1, "Ana")
    assert network.head.content["summary_en"] == "Written since."
    assert "Written since." not in Client().get("/en/").text


@pytest.mark.long
def test_page_that_somebody_has_published_again_is_left_alone(milan, vesna):
    page = make_page()
    tree = do(milan, PAGES, "withdraw", [page])
    do(vesna, PAGES, "publish", [page], unsubmitted="on")
    do(vesna, PAGES, "withdraw", [page])
    first, second = undo(milan, tree)
    assert first == f"Somebody has changed these since, so they are left as they are: {page}."
    assert second == "Undone: 0 entries are as they were before."
    assert not Page.objects.get().is_published


@pytest.mark.long
def test_action_is_undone_once_and_only_by_whoever_did_it(milan, vesna):
    network = published("Network")
    tree = do(milan, NETWORKS, "withdraw", [network])
    assert parsed(vesna.get(NETWORKS)).find_class("undo") == []
    assert undo(vesna, tree) == ["There is nothing to undo any more."]
    assert not Network.objects.published().exists()
    undo(milan, tree)
    assert parsed(milan.get(NETWORKS)).find_class("undo") == []
    assert undo(milan, tree) == ["There is nothing to undo any more."]


@pytest.mark.long
def test_list_that_shows_an_earlier_action_undoes_no_later_one(milan):
    first, second = published("First"), published("Second")
    shown_before = do(milan, NETWORKS, "withdraw", [first])
    do(milan, NETWORKS, "withdraw", [second])
    assert undo(milan, shown_before) == ["There is nothing to undo any more."]
    assert not Network.objects.published().exists()


def test_action_can_be_undone_for_a_day(milan, settings, monkeypatch):
    settings.SESSION_COOKIE_AGE = timedelta(days=10).total_seconds()
    tree = do(milan, NETWORKS, "withdraw", [published("Network")])
    later = timezone.now() + UNDO_PERIOD + timedelta(minutes=1)
    monkeypatch.setattr(timezone, "now", lambda: later)
    assert undo(milan, tree) == ["There is nothing to undo any more."]
    assert parsed(milan.get(NETWORKS)).find_class("undo") == []


def test_who_is_no_publisher_any_more_undoes_nothing(milan):
    tree = do(milan, NETWORKS, "withdraw", [published("Network")])
    milan.user.groups.set([Group.objects.get(name="editors")])
    (form,) = tree.find_class("undo")
    milan.post(form.get("action"), dict(form.form_values()))
    assert not Network.objects.published().exists()


@pytest.mark.exhaustive
def test_more_rows_than_a_form_has_fields_are_confirmed_and_undone(milan, settings):
    settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = 20
    networks = [make_network() for _ in range(30)]
    chosen = {"action": "withdraw", "_selected_action": [networks[0].pk], "select_across": "1", "index": "0"}
    tree = parsed(milan.post(NETWORKS, chosen))
    assert len(tree.xpath("//ul[@class='chosen']/li")) == 30
    tree = confirm(milan, NETWORKS, tree)
    assert Network.objects.published().count() == 0
    assert undo(milan, tree) == ["Undone: 30 entries are as they were before."]
    assert Network.objects.published().count() == 30
    assert Event.objects.count() == 60


@pytest.mark.exhaustive
@pytest.mark.parametrize("chosen", ["x", "0:1", ":", "-1:1", "9" * 30, "1,2", "\0"])
@pytest.mark.parametrize("address", [NETWORKS, PAGES])
def test_rows_that_there_are_not_are_confirmed_by_nobody(milan, address, chosen):
    published("Network")
    make_page()
    before = seen()
    for action in ("publish", "withdraw", "delete_selected"):
        posted = {"action": action, "chosen": chosen, "post": "yes", "index": "0"}
        assert milan.post(address, posted).status_code in (302, 400)
    assert seen()[4:] == before[4:]


@in_latin_and_in_ci_in_each_language
@pytest.mark.parametrize("action", ["publish", "withdraw", "delete_selected"])
def test_question_stands_in_its_language(milan, ana, language, action):
    network = published("Network", name_sr="Мрежа")
    draft_of(network, ana.user, summary_en="A draft.")
    address = f"{PREFIXES[language]}/admin/networks/network/"
    tree = ask(milan, address, action, [network])
    if language == "sr-latn":
        assert not CYRILLIC.search(" ".join(texts_of(tree)))
    confirm(milan, address, tree)


class TestSingleAction:
    """What disappears by a button of a form comes back from the page that follows."""

    @pytest.mark.long
    @pytest.mark.parametrize("name", ["withdraw", "delete", "discard"])
    def test_is_undone_from_the_page_that_follows(self, milan, ana, name):
        network = published("Alda", summary_en="First.")
        draft_of(network, ana.user, summary_en="Second.")
        drafts.submit(network, author=ana.user)
        schedules.create(network, "publish", timezone.now() + timedelta(days=1), author=milan.user)
        before = publishing.undo_state(Network.objects.get(pk=network.pk))
        response = milan.post(f"{NETWORKS}{network.pk}/{name}/", {"post": "yes"}, follow=True)
        undo = parsed(response).find_class("undo")[0]
        response = milan.post(
            undo.get("action"), {"token": undo.xpath(".//input[@name='token']/@value")[0]}, follow=True
        )
        assert "Undone: 1 entry is as it was before." in messages_of(parsed(response))
        row = Network.objects.get(pk=network.pk)
        assert (row.is_published, row.deleted_at, row.submitted_by) == (True, None, before["submitted_by"])
        assert storage.newest_revision(row).content["summary_en"] == "Second."
        assert row.schedules.count() == 1
        assert storage.newest_revision(row).author == ana.user  # not of whoever pressed "Undo"
        if name == "discard":
            history = text_of(parsed(milan.get(f"{NETWORKS}{network.pk}/history/")).find_class("brought_back")[0])
            assert "Milan Undone: this version is the newest one again" in history
        assert not parsed(milan.get(f"{NETWORKS}{network.pk}/change/")).find_class("undo")

    @pytest.mark.long
    def test_of_a_colleague_or_of_another_row_is_not_offered(self, milan, vesna):
        network, other = published("Alda"), published("Berlin")
        milan.post(f"{NETWORKS}{network.pk}/withdraw/")
        for client, row in ((vesna, network), (milan, other)):
            assert not parsed(client.get(f"{NETWORKS}{row.pk}/change/")).find_class("undo")

    @pytest.mark.long
    def test_discarding_is_not_undone_over_the_head_of_a_newer_draft(self, milan, vesna):
        network = published("Alda", summary_en="First.")
        draft_of(network, milan.user, summary_en="Second.")
        milan.post(f"{NETWORKS}{network.pk}/discard/")
        undo = parsed(milan.get(f"{NETWORKS}{network.pk}/change/")).find_class("undo")[0]
        draft_of(network, vesna.user, summary_en="Third.")
        milan.post(undo.get("action"), {"token": undo.xpath(".//input[@name='token']/@value")[0]})
        assert storage.newest_revision(Network.objects.get(pk=network.pk)).content["summary_en"] == "Third."


class TestWhatLeadsThere:
    """Before a page goes, it is said which links and old addresses would lead nowhere."""

    @pytest.fixture
    def network(self, settings):
        settings.ALLOWED_HOSTS = ["testserver", "mreze.example"]
        network = published("Alda", slug="alda")
        paths = ["/en/networks/alda/", "/networks/alda", "/networks/other/"]
        links = "".join(f'<p><a href="{path}">here</a></p>' for path in paths)
        published("Berlin", description_en=links, website="https://mreze.example/sr-latn/networks/alda/?x=1#y")
        published("Other", website="https://elsewhere.example/networks/alda/")
        OldAddress.objects.create(old_path="/old/", new_path="/networks/alda/")
        OldAddress.objects.create(old_path="/other/", new_path="/networks/other/")
        return network

    @pytest.mark.long
    @pytest.mark.parametrize("name", ["withdraw", "delete"])
    @in_latin_and_in_ci_in_each_language
    def test_is_named_before_one_page_goes(self, milan, network, name, language):
        tree = parsed(milan.get(f"{PREFIXES[language]}{NETWORKS.removeprefix('/en')}{network.pk}/{name}/"))
        (incoming,) = tree.find_class("incoming")
        assert [each.get("href").rpartition("/admin/")[2] for each in incoming.iter("a")] == [
            *[f"networks/network/{Network.objects.get(name_sr='Berlin').pk}/change/"] * 3,
            f"networks/oldaddress/{OldAddress.objects.get(old_path='/old/').pk}/change/",
        ]
        if language != "sr":
            assert not CYRILLIC.search(text_of(incoming))

    @pytest.mark.long
    def test_is_named_before_many_go_but_not_what_goes_with_them(self, milan, network):
        for names, expected in ((["Alda"], 4), (["Alda", "Berlin"], 1), (["Berlin"], 0)):
            chosen = Network.objects.filter(name_sr__in=names).values_list("pk", flat=True)
            response = milan.post(NETWORKS, {"action": "withdraw", "_selected_action": list(chosen)})
            assert len(parsed(response).xpath("//*[@class='incoming']//li")) == expected

    @pytest.mark.long
    def test_is_named_by_the_address_that_citizens_know_whatever_the_draft_has(self, milan, network):
        draft_of(network, milan.user, slug="alda-europe")
        response = milan.post(NETWORKS, {"action": "withdraw", "_selected_action": [network.pk]})
        assert len(parsed(response).xpath("//*[@class='incoming']//li")) == 4

    def test_is_nothing_for_what_citizens_do_not_see(self, milan, network):
        publishing.unpublish(network, author=None)
        assert not parsed(milan.get(f"{NETWORKS}{network.pk}/delete/")).find_class("incoming")

    @pytest.mark.long
    def test_counts_a_former_address(self, milan, network):
        network = Network.objects.get(pk=network.pk)
        publishing.publish(drafts.save(network, {"slug": "alda-europe"}, author=None).row, author=None)
        assert parsed(milan.get(f"{NETWORKS}{network.pk}/delete/")).find_class("incoming")


class TestFieldsOfMany:
    """One contact for all eleven: what is filled in is changed in each, and nothing else."""

    def edit(self, client, networks, **typed):
        chosen = {"action": "edit", "_selected_action": [row.pk for row in networks]}
        page = parsed(client.post(NETWORKS, chosen))
        form = next(form for form in page.forms if "chosen" in form.fields)
        return client.post(NETWORKS, {**dict(form.form_values()), **typed}, follow=True)

    @pytest.fixture
    def networks(self):
        return [published(name, responsible_unit="Old", contact_phone="018 1") for name in ("Alda", "Berlin")]

    def content_of(self, networks):
        return [storage.newest_revision(Network.objects.get(pk=row.pk)).content for row in networks]

    def test_are_changed_and_published_and_undone(self, milan, networks):
        before = self.content_of(networks)
        tree = parsed(self.edit(milan, networks, contact_email="unit@example.org", status="left", publish="on"))
        assert messages_of(tree) == ["2 networks changed."]
        for old, new, row in zip(before, self.content_of(networks), networks, strict=True):
            assert new == {**old, "contact_email": "unit@example.org", "status": "left"}
            assert not Network.objects.get(pk=row.pk).has_draft
        assert undo(milan, tree) == ["Undone: 2 entries are as they were before."]
        assert self.content_of(networks) == before
        assert [(row.status, row.has_draft) for row in Network.objects.all()] == [("member", False)] * 2

    @pytest.mark.long
    def test_of_an_editor_become_drafts_and_go_back_to_what_was_published(self, ana, networks):
        before = self.content_of(networks)
        tree = parsed(self.edit(ana, networks, contact_email="unit@example.org", publish="on"))
        assert all(row.has_draft and not row.contact_email for row in Network.objects.all())
        assert undo(ana, tree) == ["Undone: 2 entries are as they were before."]
        assert (self.content_of(networks), Network.objects.filter(contact_email="").count()) == (before, 2)

    @pytest.mark.long
    def test_are_added_to_a_draft_that_waits_and_not_published_with_it(self, milan, ana, networks):
        draft_of(networks[0], ana.user, summary_en="Not finished")
        before = Network.objects.get(pk=drafts.submit(networks[0], author=ana.user).pk)
        tree = parsed(self.edit(milan, networks, responsible_unit="New", publish="on"))
        assert [row.responsible_unit for row in Network.objects.order_by("pk")] == ["Old", "New"]
        first, _second = self.content_of(networks)
        assert (first["responsible_unit"], first["summary_en"]) == ("New", "Not finished")
        undo(milan, tree)
        first, second = self.content_of(networks)
        assert (first["responsible_unit"], first["summary_en"], second["responsible_unit"]) == (
            *("Old", "Not finished", "Old"),
        )
        row = Network.objects.get(pk=before.pk)
        # What was submitted is what waits, and by whom.
        assert (row.head, row.submitted_at, row.submitted_by) == (before.head, before.submitted_at, "Ana")

    def test_that_somebody_has_submitted_since_stay_as_submitted(self, milan, ana, networks):
        draft_of(networks[0], ana.user, summary_en="Finished")
        tree = parsed(self.edit(milan, networks, responsible_unit="New"))
        submitted = drafts.submit(networks[0], author=ana.user)
        assert undo(milan, tree) == [
            "Somebody has changed these since, so they are left as they are: Alda.",
            "Undone: 1 entry is as it was before.",
        ]
        row = Network.objects.get(pk=submitted.pk)
        assert (row.head, row.submitted_at, row.submitted_by) == (submitted.head, submitted.submitted_at, "Ana")

    @pytest.mark.long
    def test_of_what_is_not_on_the_site_are_undone_in_the_row_too(self, milan, networks):
        for row in networks:
            publishing.unpublish(row, author=None)
        tree = parsed(self.edit(milan, networks, responsible_unit="New"))
        assert undo(milan, tree) == ["Undone: 2 entries are as they were before."]
        assert [row.responsible_unit for row in Network.objects.all()] == ["Old", "Old"]
        assert {content["responsible_unit"] for content in self.content_of(networks)} == {"Old"}

    @pytest.mark.long
    def test_are_emptied_where_that_is_ticked(self, milan, networks):
        self.edit(milan, networks, change_contact_phone="on", publish="on")
        assert {row.contact_phone for row in Network.objects.all()} == {""}

    @pytest.mark.long
    def test_themes_are_added_and_removed_and_the_others_stay(self, milan):
        themes = {slug: make_theme(slug=slug, name_sr=slug) for slug in ("air", "art", "peace")}
        networks = [published("Alda", themes=["air", "art"]), published("Berlin", themes=[])]
        self.edit(milan, networks, add_themes=themes["peace"].pk, remove_themes=themes["air"].pk)
        assert [content["themes"] for content in self.content_of(networks)] == [["art", "peace"], ["peace"]]

    @pytest.mark.long
    @pytest.mark.parametrize("typed", [{}, {"contact_email": "no address"}, {"add_themes": "9" * 30}])
    def test_are_asked_for_again_where_nothing_or_nonsense_was_filled_in(self, milan, networks, typed):
        before = self.content_of(networks)
        tree = parsed(self.edit(milan, networks, responsible_unit="", **typed))
        assert tree.find_class("errornote")
        assert self.content_of(networks) == before

    @pytest.mark.long
    def test_are_not_changed_in_what_came_while_a_mistake_was_corrected(self, milan, ana, networks):
        form = self.edit(milan, networks, contact_email="no address").content
        draft_of(networks[0], ana.user, responsible_unit="Of Ana")
        form = next(each for each in lxml.html.fromstring(form.decode()).forms if "chosen" in each.fields)
        typed = dict(form.form_values()) | {"contact_email": "unit@example.org", "responsible_unit": "New"}
        refused, done = messages_of(parsed(milan.post(NETWORKS, typed, follow=True)))
        assert refused == "Alda: Somebody has saved a newer version meanwhile." and done == "1 network changed."
        assert [content["responsible_unit"] for content in self.content_of(networks)] == ["Of Ana", "New"]

    @pytest.mark.long
    def test_are_named_beside_each_checkbox(self, milan, networks):
        chosen = {"action": "edit", "_selected_action": [row.pk for row in networks]}
        page = parsed(milan.post(NETWORKS, chosen))
        assert [text_of(each) for each in page.find_class("to-empty")] == [
            *("empty it: Responsible unit", "empty it: Contact e-mail", "empty it: Contact telephone"),
        ]

    @pytest.mark.long
    def test_that_one_of_them_refuses_is_told_with_its_name(self, milan, networks):
        draft_of(networks[0], milan.user, left="2019", status="left")
        tree = parsed(self.edit(milan, networks, status="member", responsible_unit="New"))
        (refused, done) = messages_of(tree)
        assert refused.startswith("Alda: ") and done == "1 network changed."


def go_on(client, tree, path):
    """Press the button of pages that say how far an action is, until it is done."""
    pages = 0
    while forms := tree.find_class("go-on"):
        assert "0 of" not in text_of(forms[0])
        pages += 1
        values = [(name, value) for name, value in forms[0].form_values()]
        data = {name: [each for key, each in values if key == name] for name, _value in values}
        tree = parsed(client.post(path, data, follow=True))
    return pages, tree


@pytest.mark.long
def test_long_action_says_how_far_it_is_and_is_undone_as_one(milan, monkeypatch):
    """Each request does one of five here."""
    monkeypatch.setattr(BulkActionsMixin, "run_time", 0)
    networks = [published(name) for name in ("A", "B", "C", "D", "E")]
    chosen = {"action": "withdraw", "_selected_action": [row.pk for row in networks]}
    form = next(form for form in parsed(milan.post(NETWORKS, chosen)).forms if "chosen" in form.fields)
    tree = parsed(milan.post(NETWORKS, dict(form.form_values()), follow=True))
    pages, tree = go_on(milan, tree, NETWORKS)
    assert (pages, messages_of(tree)) == (4, ["5 networks taken off the site."])
    assert not Network.objects.published().exists()
    (undo_form,) = tree.find_class("undo")
    tree = parsed(milan.post(undo_form.get("action"), dict(undo_form.form_values()), follow=True))
    pages, tree = go_on(milan, tree, undo_form.get("action"))
    assert (pages, messages_of(tree)) == (4, ["Undone: 5 entries are as they were before."])
    assert Network.objects.published().count() == 5


@pytest.mark.long
def test_submitting_many_says_how_far_it_is(ana, monkeypatch):
    monkeypatch.setattr(BulkActionsMixin, "run_time", 0)
    networks = [published(name) for name in ("A", "B", "C")]
    for network in networks:
        draft_of(network, ana.user, summary_en="Draft")
    chosen = {"action": "submit", "_selected_action": [row.pk for row in networks]}
    pages, tree = go_on(ana, parsed(ana.post(NETWORKS, chosen)), NETWORKS)
    assert (pages, messages_of(tree)) == (2, ["3 networks submitted for publishing."])
    assert Network.objects.filter(submitted_at__isnull=False).count() == 3


@pytest.mark.long
def test_what_a_long_action_refuses_is_told_at_its_end(milan, monkeypatch):
    """Not on the pages before, which go on by themselves."""
    monkeypatch.setattr(BulkActionsMixin, "run_time", 0)
    networks = [published(name, responsible_unit="Old") for name in ("A", "B", "C")]
    draft_of(networks[0], milan.user, left="2019", status="left")
    chosen = {"action": "edit", "_selected_action": [row.pk for row in networks], "post": "yes", "status": "member"}
    _pages, tree = go_on(milan, parsed(milan.post(NETWORKS, chosen | {"responsible_unit": "New"})), NETWORKS)
    refused, done = messages_of(tree)
    assert refused.startswith("A: ") and done == "2 networks changed."
