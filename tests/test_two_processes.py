"""Several processes that write the same network at the same moment: nothing is lost, and nothing is done twice."""

import time
import uuid
from datetime import UTC, datetime, timedelta

import pytest

from tests import processes

pytestmark = [pytest.mark.process, pytest.mark.sql]

HERE = "tests.test_two_processes:"
ROUNDS = 20  # with two processes, and as many with four
NOON = datetime(2030, 5, 4, 12, tzinfo=UTC)


# What the workers do


def make(**content):
    from networks.models import Network
    from networks.revisions import drafts

    return drafts.save(Network(), {"name_sr": "Мрежа"} | content, author=None).row.pk


def open_form(pk):
    from networks.models import Network
    from networks.revisions import storage

    newest = storage.newest_revision(Network.objects.get(pk=pk))
    return {"pk": newest.pk, "number": newest.number, "content": newest.content}


def save(pk, base, changes):
    """Save a form that was opened with the base, and return the version that it became."""
    from networks.models import Network, Revision
    from networks.revisions import drafts

    base = Revision.objects.get(pk=base)
    saved = drafts.save(Network.objects.get(pk=pk), base.content | changes, base=base, author=None)
    return saved.revision.pk


def create(slug):
    from networks.models import Network
    from networks.revisions import drafts

    return drafts.save(Network(), {"name_sr": "Мрежа", "name_en": "Alike", "slug": slug}, author=None).row.slug


def act(pk, what):
    from networks.models import Network
    from networks.revisions import drafts, publishing

    function = getattr(publishing, what, None) or getattr(drafts, what)
    function(Network.objects.get(pk=pk), author=None)


def plan(pk, action, at):
    from networks.models import Network
    from networks.revisions import schedules

    schedules.create(Network.objects.get(pk=pk), action, datetime.fromisoformat(at), author=None)


def cancel(pk):
    from networks.models import Schedule
    from networks.revisions import schedules

    for each in Schedule.objects.filter(network=pk):
        schedules.cancel(each, author=None)


def apply_due(now=None):
    from networks.revisions import schedules

    return schedules.apply_due(now and datetime.fromisoformat(now))


def load(slug):
    """Write a published network as loaddata does, without a version."""
    from networks.models import Network

    return Network.objects.create(slug=slug, name_sr="Мрежа", is_published=True).pk


def state(pk):
    """Return all that there is to know of a network."""
    from networks.models import Network
    from networks.revisions.content import content_of

    row = Network.objects.get(pk=pk)
    return {
        "history": [each.content for each in row.revisions.order_by("number")],
        "numbers": [each.number for each in row.revisions.order_by("number")],
        "parents": [each.parent and each.parent.number for each in row.revisions.order_by("number")],
        "head": row.head and row.head.number,
        "live": row.live and row.live.number,
        "row": content_of(row),
        "is_published": row.is_published,
        "is_deleted": row.deleted_at is not None,
        "events": [each.kind for each in row.events.order_by("pk")],
        "plans": [[each.action, each.at.isoformat()] for each in row.schedules.all()],
    }


@pytest.fixture(scope="module")
def everybody(database_template):
    """Four processes that stay for all tests; each test has a network of its own."""
    with database_template.copy() as database, processes.workers(database.env, 4) as crew:
        yield crew


@pytest.fixture(params=[2, 4])
def crew(request, everybody):
    """Two of the processes, and all four."""
    return everybody[: request.param]


@pytest.fixture
def two(everybody):
    return everybody[:2]


def do(crew, task, **kwargs):
    return crew[0].do(HERE + task, **kwargs)


def together(crew, task, arguments):
    tasks = HERE + task if isinstance(task, str) else [HERE + each for each in task]
    return processes.together(crew, tasks, arguments)


def assert_unbroken(state):
    """The versions are counted without a gap, each follows the one before, and the row shows what it should."""
    count = len(state["history"])
    assert state["numbers"] == list(range(1, count + 1))
    assert state["parents"] == [None, *range(1, count)]
    assert state["head"] == count
    shown = state["live"] if state["is_published"] else state["head"]
    assert state["row"] == state["history"][shown - 1]
    assert state["is_published"] == (state["live"] is not None)


TEXTS = ["name_en", "seat_en", "summary_en", "internal_note"]


def test_different_fields_that_are_saved_at_once_are_all_kept(crew):
    pk = do(crew, "make")
    opened = do(crew, "open_form", pk=pk)
    for number in range(ROUNDS):
        if number == ROUNDS // 2:  # from here on they write drafts of what citizens see
            do(crew, "act", pk=pk, what="publish")
        texts = {name: f"{name} {number}" for name in TEXTS[: len(crew)]}
        answers = together(
            crew, "save", [{"pk": pk, "base": opened["pk"], "changes": {name: text}} for name, text in texts.items()]
        )
        assert [answer.error for answer in answers] == [""] * len(crew)
        opened = do(crew, "open_form", pk=pk)
        assert {name: opened["content"][name] for name in texts} == texts
    assert opened["number"] == 1 + ROUNDS * len(crew)
    assert_unbroken(do(crew, "state", pk=pk))


def test_same_field_that_is_saved_at_once_is_saved_once_and_the_others_are_told(crew):
    pk = do(crew, "make")
    base, winners = do(crew, "open_form", pk=pk), []
    for number in range(ROUNDS):
        texts = [f"Text {number} of {who}" for who in range(len(crew))]
        answers = together(
            crew, "save", [{"pk": pk, "base": base["pk"], "changes": {"name_en": text}} for text in texts]
        )
        (winner,) = [text for text, answer in zip(texts, answers, strict=True) if not answer.error]
        refused = [(answer.error, answer.fields) for answer in answers if answer.error]
        assert refused == [("Conflict", ["name_en"])] * (len(crew) - 1)
        winners.append(winner)
        base = do(crew, "open_form", pk=pk)
        assert base["content"]["name_en"] == winner
    after = do(crew, "state", pk=pk)
    assert [each["name_en"] for each in after["history"]] == ["", *winners]
    assert_unbroken(after)


def test_same_text_that_is_saved_at_once_is_one_version(crew):
    pk = do(crew, "make")
    for number in range(ROUNDS // 2):
        base = do(crew, "open_form", pk=pk)["pk"]
        answers = together(
            crew, "save", [{"pk": pk, "base": base, "changes": {"name_en": f"Text {number}"}}] * len(crew)
        )
        assert {answer.error for answer in answers} == {""}
        assert len({answer.result for answer in answers}) == 1
    assert_unbroken(do(crew, "state", pk=pk))


def test_network_that_two_make_with_the_same_address_is_made_once(crew):
    """The others choose another address; nobody sees the page of somebody else's network."""
    for number in range(ROUNDS // 2):
        slug = f"chosen-{len(crew)}-{number}"
        answers = together(crew, "create", [{"slug": slug}] * len(crew))
        assert [answer.result for answer in answers if not answer.error] == [slug]
        refused = [(answer.error, answer.fields) for answer in answers if answer.error]
        assert refused == [("ValidationError", ["slug"])] * (len(crew) - 1)


def test_network_whose_address_is_to_be_made_is_made_by_everybody(crew):
    """Whoever left the address empty cannot be told that the one they chose is taken."""
    for _ in range(ROUNDS // 4):
        answers = together(crew, "create", [{"slug": ""}] * len(crew))
        assert [(answer.error, answer.words) for answer in answers] == [("", "")] * len(crew)
        assert len({answer.result for answer in answers}) == len(crew)


def test_publishing_while_a_colleague_saves_publishes_one_whole_version(two):
    pk, lives = do(two, "make"), set()
    for number in range(ROUNDS):
        base = do(two, "open_form", pk=pk)["pk"]
        changes = {"name_en": f"Name {number}", "seat_en": f"Seat {number}"}
        answers = together(
            two, ["save", "act"], [{"pk": pk, "base": base, "changes": changes}, {"pk": pk, "what": "publish"}]
        )
        assert [answer.error for answer in answers] == ["", ""]
        after = do(two, "state", pk=pk)
        assert (after["live"], len(after["history"])) in {(number + 1, number + 2), (number + 2, number + 2)}
        lives.add(after["live"])  # what is live already is not published once more
        assert after["events"].count("published") == len(lives)
        assert_unbroken(after)


@pytest.mark.parametrize(
    "others", [["unpublish"], ["unpublish", "publish", "submit"], ["publish", "discard", "delete"]]
)
def test_whatever_colleagues_do_meanwhile_a_text_that_was_saved_is_kept(everybody, others):
    crew = everybody[: 1 + len(others)]
    pk = do(crew, "make")
    for number in range(ROUNDS // 3):
        do(crew, "act", pk=pk, what="undelete")
        do(crew, "act", pk=pk, what="publish")
        base = do(crew, "open_form", pk=pk)["pk"]
        mine = {"pk": pk, "base": base, "changes": {"name_en": f"Name {number}"}}
        answers = together(crew, ["save", *["act"] * len(others)], [mine, *({"pk": pk, "what": w} for w in others)])
        assert {answer.error for answer in answers} <= {"", "ValidationError"}
        after = do(crew, "state", pk=pk)
        is_kept = [each["name_en"] for each in after["history"]].count(f"Name {number}")
        assert is_kept == (not answers[0].error)
        assert not answers[0].error or after["is_deleted"]
        shown = after["live"] if after["is_published"] else after["head"]
        assert after["row"] == after["history"][shown - 1]


def test_first_version_of_what_was_loaded_is_made_once(crew):
    for number in range(ROUNDS // 4):
        pk = do(crew, "load", slug=f"loaded-{len(crew)}-{number}")
        answers = together(crew, "open_form", [{"pk": pk}] * len(crew))
        assert {answer.error for answer in answers} == {""}
        assert len({answer.result["pk"] for answer in answers}) == 1
        after = do(crew, "state", pk=pk)
        assert (after["numbers"], after["head"], after["live"]) == ([1], 1, 1)


def test_plan_that_two_processes_find_due_is_carried_out_once(crew):
    for number in range(ROUNDS // 3):
        pk = do(crew, "make")
        at = NOON + timedelta(days=number)
        do(crew, "plan", pk=pk, action="publish", at=at.isoformat())
        answers = together(crew, "apply_due", [{"now": at.isoformat()}] * len(crew))
        assert sorted(answer.result for answer in answers) == [0] * (len(crew) - 1) + [1]
        after = do(crew, "state", pk=pk)
        assert (after["events"], after["plans"], after["is_published"]) == (["scheduled", "published"], [], True)


def test_plan_that_is_cancelled_the_moment_it_falls_due_is_one_or_the_other(two):
    for number in range(ROUNDS // 3):
        pk = do(two, "make")
        at = NOON + timedelta(days=number)
        do(two, "plan", pk=pk, action="publish", at=at.isoformat())
        answers = together(two, ["cancel", "apply_due"], [{"pk": pk}, {"now": at.isoformat()}])
        assert [answer.error for answer in answers] == ["", ""]
        after = do(two, "state", pk=pk)
        expected = ["scheduled", "published"] if after["is_published"] else ["scheduled", "cancelled"]
        assert (after["events"], after["plans"]) == (expected, [])


def test_plan_that_two_make_at_once_is_one_plan(crew):
    for number in range(ROUNDS // 4):
        pk = do(crew, "make")
        times = [(NOON + timedelta(days=number, hours=hour)).isoformat() for hour in range(len(crew))]
        answers = together(crew, "plan", [{"pk": pk, "action": "publish", "at": at} for at in times])
        assert [answer.error for answer in answers] == [""] * len(crew)
        after = do(crew, "state", pk=pk)
        assert (len(after["plans"]), after["events"]) == (1, ["scheduled"] * len(crew))
        assert after["plans"][0][1] in times
        do(crew, "cancel", pk=pk)


def test_one_process_plans_and_another_that_is_asked_later_carries_it_out(database_template):
    with database_template.copy() as database, processes.workers(database.env, 2) as (ana, server):
        clock = "tests.processes:set_clock"
        ana.do(clock, now=NOON.isoformat())
        server.do(clock, now=NOON.isoformat())
        pk = ana.do(HERE + "make", name_en="First")
        at = NOON + timedelta(hours=20)
        ana.do(HERE + "plan", pk=pk, action="publish", at=at.isoformat())
        ana.do(HERE + "plan", pk=pk, action="withdraw", at=(at + timedelta(hours=1)).isoformat())
        assert server.do(HERE + "apply_due") == 0
        server.do(clock, now=at.isoformat())
        assert server.do(HERE + "apply_due") == 1
        assert ana.do(HERE + "state", pk=pk)["is_published"] is True
        server.do(clock, now=(at + timedelta(hours=1)).isoformat())
        assert server.do(HERE + "apply_due") == 1
        after = ana.do(HERE + "state", pk=pk)
        assert (after["is_published"], after["plans"]) == (False, [])
        assert after["events"] == ["scheduled", "withdrawal_scheduled", "published", "withdrawn"]


# The order


def move(pk, place):
    from networks.models import Network
    from networks.revisions import order

    order.move(Network.objects.get(pk=pk), author=None, place=place)


def positions():
    from networks.models import Network

    return list(Network.objects.outside_bin().values_list("pk", "position"))


def test_networks_that_are_moved_at_once_are_all_moved(crew):
    moved = [do(crew, "make", name_en=f"Moved {number}") for number in range(len(crew))]
    others = [pk for pk, _position in do(crew, "positions") if pk not in moved]
    for _round in range(ROUNDS // 4):
        for place in (1, len(moved) + len(others)):
            answers = together(crew, "move", [{"pk": pk, "place": place} for pk in moved])
            assert [answer.error for answer in answers] == [""] * len(crew)
            order = do(crew, "positions")
            assert [position for _pk, position in order] == list(range(1, len(order) + 1))
            pks = [pk for pk, _position in order]
            assert {*(pks[: len(moved)] if place == 1 else pks[-len(moved) :])} == {*moved}
            assert [pk for pk in pks if pk not in moved] == others


# One form that is sent twice


ADD_FORMS = {
    "network": {"name_sr": "Мрежа", "status": "member"},
    "theme": {"name_sr": "Мир"},
    "page": {"title_sr": "О сајту"},
    "oldaddress": {"old_path": "/old/", "new_path": "/"},
}


def send_form(model, token, **typed):
    """Send a form for something new, as a clerk does who presses the button; return what came of it."""
    from django.contrib.auth.models import User
    from django.test import Client

    client = Client()
    client.force_login(User.objects.get_or_create(username="clerk", is_staff=True, is_superuser=True)[0])
    response = client.post(f"/admin/networks/{model}/add/", {**ADD_FORMS[model], "form_token": token, **typed})
    return response.status_code, response.get("Location", "")


def count(model):
    from django.apps import apps

    return apps.get_model("networks", model).objects.count()


@pytest.mark.parametrize("model", ADD_FORMS)
def test_form_that_is_sent_at_once_by_all_makes_one_thing(crew, model):
    do(crew, "send_form", model=model, token=f"first {len(crew)}", **other_address(model, "first", len(crew)))
    for number in range(ROUNDS // 4):
        before = do(crew, "count", model=model)
        typed = {"model": model, "token": f"{number} {len(crew)}", **other_address(model, number, len(crew))}
        answers = together(crew, "send_form", [typed] * len(crew))
        assert [(answer.error, answer.result and answer.result[0]) for answer in answers] == [("", 302)] * len(crew)
        assert len({answer.result[1] for answer in answers}) == 1
        assert do(crew, "count", model=model) == before + 1


def other_address(model, *parts):
    return {"old_path": f"/old-{'-'.join(map(str, parts))}/"} if model == "oldaddress" else {}


@pytest.mark.parametrize("model", ["network", "theme", "page"])
def test_form_with_an_address_that_is_sent_at_once_makes_one_thing_too(two, model):
    """The second is not told that its address is taken: it has taken it itself."""
    before = do(two, "count", model=model)
    typed = {"model": model, "token": f"with an address of a {model}", "slug": f"sent-twice-{model}"}
    answers = together(two, "send_form", [typed] * 2)
    assert [answer.result[0] for answer in answers] == [302, 302]
    assert do(two, "count", model=model) == before + 1


# Locks in an order in which nobody waits for somebody who waits for them


def make_theme(slug):
    from networks.models import Theme

    return Theme.objects.create(slug=slug, name_sr="Мир").pk


def publish_slowly(pk):
    """Publish, and commit only when the other process has got as far as it gets."""
    from django.db import transaction

    from networks.models import Network
    from networks.revisions import publishing

    with transaction.atomic():
        publishing.publish(Network.objects.get(pk=pk), author=None)
        time.sleep(0.6)


def clerk():
    from django.contrib.auth.models import User
    from django.test import Client

    client = Client()
    client.force_login(User.objects.get_or_create(username="clerk", is_staff=True, is_superuser=True)[0])
    return client


def change_theme(pk, way):
    """Save or delete a theme in the admin, a little after the other process has begun."""
    client = clerk()
    time.sleep(0.2)
    if way == "save":
        return client.post(f"/admin/networks/theme/{pk}/change/", {"name_sr": "Друго"}).status_code
    if way == "delete":
        return client.post(f"/admin/networks/theme/{pk}/delete/", {"post": "yes"}).status_code
    chosen = {"action": "delete_selected", "_selected_action": [pk], "post": "yes"}
    return client.post("/admin/networks/theme/", chosen).status_code


def save_theme_slowly(pk):
    """Save a theme in the admin, in a request that takes its time between locking the row and writing it."""
    from networks.admin.page_admin import ThemeAdmin

    get_object = ThemeAdmin.get_object

    def get_slowly(self, *args):
        row = get_object(self, *args)
        time.sleep(0.6)
        return row

    ThemeAdmin.get_object = get_slowly
    try:
        return clerk().post(f"/admin/networks/theme/{pk}/change/", {"name_sr": "Друго"}).status_code
    finally:
        ThemeAdmin.get_object = get_object


@pytest.fixture
def theme(two):
    """Make a theme, in processes that have sent a form already: the first one takes longer than the races below."""
    for crew in (two[:1], two[1:]):
        do(crew, "change_theme", pk=do(crew, "make_theme", slug=""), way="delete")
    slug = f"peace-{uuid.uuid4()}"
    return {"pk": do(two, "make_theme", slug=slug), "slug": slug}


@pytest.mark.parametrize("way", ["save", "delete", "delete many"])
def test_theme_changes_while_it_is_published_with_a_network(two, theme, way):
    """The one holds the content version and needs the theme, the other the theme and needs the content version."""
    pk = do(two, "make")
    do(two, "act", pk=pk, what="publish")
    do(two, "save", pk=pk, base=do(two, "open_form", pk=pk)["pk"], changes={"themes": [theme["slug"]]})
    answers = together(two, ["publish_slowly", "change_theme"], [{"pk": pk}, {"pk": theme["pk"], "way": way}])
    assert [(answer.error, answer.words, answer.result) for answer in answers] == [("", "", None), ("", "", 302)]
    assert do(two, "state", pk=pk)["is_published"]


def test_theme_is_deleted_with_others_while_it_is_saved(two, theme):
    arguments = [{"pk": theme["pk"]}, {"pk": theme["pk"], "way": "delete many"}]
    answers = together(two, ["save_theme_slowly", "change_theme"], arguments)
    assert [(answer.error, answer.words, answer.result) for answer in answers] == [("", "", 302)] * 2
