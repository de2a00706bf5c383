"""A membership is ended by one form: what citizens read of it then, what waits for its approval, and its undoing."""

from contextlib import suppress
from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from networks.models import Change, Network, OldAddress, PreviewLink, Schedule
from networks.reading import Reader
from networks.revisions import drafts, ending, publishing, schedules, storage, verification
from networks.revisions.public_changes import ChangeReading, change_readings, public_changes
from tests.makers import make_account
from tests.pages import (
    PREFIXES,
    form_values,
    in_latin_and_in_ci_in_each_language,
    messages_of,
    opened,
    parsed,
    text_of,
)
from tests.unsaved_forms import PASSWORD, log_in

pytestmark = [pytest.mark.django_db, pytest.mark.sql]

LIST = "/en/admin/networks/network/"
TODAY = date(2026, 5, 4)
WORDS = {"end_note_sr": "Одлука бр. 06-31/2026.", "end_note_en": "Decision No. 06-31/2026."}


@pytest.fixture(autouse=True)
def today(moving_clock):
    return moving_clock


@pytest.fixture
def ana(client):
    """An editor"""
    return make_account("editors", username="ana", first_name="Ана")


@pytest.fixture
def milan():
    """A publisher"""
    return make_account("publishers", username="milan", first_name="Милан")


@pytest.fixture
def network():
    row = drafts.save(Network(), {"name_sr": "Мрежа", "name_en": "Network", "joined": "2003-05"}, author=None).row
    return publishing.publish(row, author=None)


def anew(network):
    return Network.objects.select_related("head", "live").get(pk=network.pk)


def end(client, network, **typed):
    """Fill in the form that ends a membership and send it; return the page that follows."""
    address = f"{LIST}{network.pk}/end/"
    values = form_values(opened(client, address)) | {"left": "3 May 2026", **WORDS} | typed
    return parsed(client.post(address, values, follow=True))


def undo(client, tree):
    (form,) = tree.find_class("undo")
    tree = parsed(client.post(form.get("action"), dict(form.form_values()), follow=True))
    return messages_of(tree)


def told(language="en"):
    """All that the public record says, the newest last."""
    readings = change_readings(public_changes().order_by("pk"), Reader(language))
    return [each.sentence for each in readings]


def facts(content):
    return {name: content[name] for name in ending.FACTS}


LEFT = {"status": "left", "left": "2026-05-03", **WORDS}


class TestPublisher:
    @pytest.mark.long
    def test_ends_it_on_every_surface_and_leaves_the_draft_a_draft(self, client, milan, ana, network):
        drafts.save(network, {"summary_en": "Not finished"}, author=ana)
        drafts.submit(anew(network), author=ana)
        client.force_login(milan)
        tree = end(client, network)
        assert messages_of(tree) == [
            "The membership in “Network” has ended. Citizens read it among the former memberships."
        ]
        now = anew(network)
        assert (facts(now.live.content), now.summary_en) == (LEFT, "")
        assert (now.head.content["summary_en"], now.head.author, now.submitted_by) == ("Not finished", ana, "Ана")
        line = "Left the network: 3 May 2026 – Decision No. 06-31/2026."
        client.logout()
        page = opened(client, f"/en/networks/{network.slug}/")
        assert text_of(page.find_class("former")[0]) == "This is a former membership. Decision No. 06-31/2026."
        assert line in text_of(page.find_class("record")[0])
        assert line in text_of(opened(client, "/en/changes/"))
        assert line in client.get("/en/feed.atom").content.decode()
        (record,) = client.get("/networks.json").json()["networks"]
        assert record["end_note"] == {
            "sr-Cyrl": "Одлука бр. 06-31/2026.",
            "sr-Latn": "Odluka br. 06-31/2026.",
            "en": "Decision No. 06-31/2026.",
        }

    @pytest.mark.long
    def test_is_shown_what_is_wrong_with_the_words_before_they_are_on_the_record(self, client, milan, network):
        client.force_login(milan)
        wrong = {"end_note_sr": "Oдлука  бр. 06-31/2026.", "end_note_en": "Decision."}  # with a Latin O
        tree = end(client, network, **wrong)
        assert (messages_of(tree), anew(network).status) == ([], "member")
        serbian, _english = tree.find_class("warnings")
        notes = [text_of(each) for each in serbian]
        assert "look alike" in notes[0] and "more than one space" in notes[1]

        def press(tree, **typed):
            return parsed(client.post(f"{LIST}{network.pk}/end/", form_values(tree) | typed, follow=True))

        # One is mended by its button, and nothing is saved by that.
        tree = press(tree, _mend=tree.xpath("//div[@id='id_end_note_sr_helptext']//button/@value")[0])
        words = form_values(tree)
        assert (words["end_note_sr"], words["left"]) == (["Одлука  бр. 06-31/2026."], ["3 May 2026"])
        # Nor by the button of what was mended by hand.
        press(tree, _mend="end_note_sr:latin-letter:Oдлука")
        assert anew(network).status == "member"
        # The others may be right as they are; a new one is shown first.
        tree = press(tree, end_note_en="The the decision.")
        assert anew(network).status == "member"
        press(tree)
        assert anew(network).live.content["end_note_sr"] == "Одлука  бр. 06-31/2026."

    @pytest.mark.long
    @pytest.mark.parametrize("typed", [{"end_note_sr": "Моје моје речи."}, {"left": ""}, {"_mend": "end_note_sr::"}])
    def test_is_told_of_what_others_have_written_however_often_the_page_is_shown(
        self, client, milan, ana, network, typed
    ):
        client.force_login(milan)
        values = form_values(opened(client, f"{LIST}{network.pk}/end/")) | {"left": "3 May 2026", **WORDS}
        theirs = {"status": "left", "left": "2026", "end_note_sr": "Колегине речи."}
        drafts.save(anew(network), theirs, author=ana)
        address = f"{LIST}{network.pk}/end/"
        again = form_values(parsed(client.post(address, values | typed))) | {"left": "3 May 2026"}
        tree = parsed(client.post(address, again, follow=True))
        assert "saved a newer version" in text_of(tree)
        assert anew(network).head.content["end_note_sr"] == "Колегине речи."

    def test_keeps_what_was_typed_if_somebody_else_has_ended_it_meanwhile(self, client, milan, network):
        client.force_login(milan)
        values = form_values(opened(client, f"{LIST}{network.pk}/end/")) | {"left": "3 May 2026", **WORDS}
        ending.end(anew(network), LEFT | {"end_note_sr": "Туђе."}, author=None, off_site=False)
        tree = parsed(client.post(f"{LIST}{network.pk}/end/", values, follow=True))
        assert form_values(tree)["end_note_sr"] == [WORDS["end_note_sr"]]

    @pytest.mark.long
    @pytest.mark.parametrize("with_draft", [False, True])
    def test_takes_it_off_the_site_with_the_words_on_the_record_and_undoes_that(
        self, client, milan, ana, network, with_draft
    ):
        if with_draft:
            drafts.save(network, {"summary_en": "Not finished"}, author=ana)
        OldAddress.objects.create(old_path="/old/", new_path=f"/networks/{network.slug}/")
        link = PreviewLink.objects.create(revision=network.live, expires_at=timezone.now() + timedelta(days=1))
        client.force_login(milan)
        (incoming,) = opened(client, f"{LIST}{network.pk}/end/").find_class("incoming")
        assert "The old address /old/" in text_of(incoming)
        tree = end(client, network, becomes="off_site", status="ended")
        assert not anew(network).is_published
        assert told() == ["Taken off the site – Decision No. 06-31/2026."]
        assert undo(client, tree) == ["Undone: 1 entry is as it was before."]
        now = anew(network)
        assert (now.is_published, now.has_draft, now.status, now.left, now.end_note_sr) == (
            *(True, with_draft, "member", None, ""),
        )
        assert facts(now.head.content) == facts(now.live.content)
        assert now.head.content["summary_en"] == "Not finished" * with_draft
        assert told()[-2:] == ["Added to the site", "The membership goes on"]
        assert PreviewLink.objects.get(pk=link.pk).revoked_at is None

    @pytest.mark.long
    def test_undoes_it_honestly_and_keeps_what_was_written_since(self, client, milan, ana, network):
        client.force_login(milan)
        tree = end(client, network)
        drafts.save(anew(network), {"summary_en": "Since"}, author=ana)
        assert undo(client, tree) == ["Undone: 1 entry is as it was before."]
        now = anew(network)
        assert (now.status, now.left, now.head.content["summary_en"], now.head.author) == (
            *("member", None, "Since", ana),
        )
        assert facts(now.head.content) == {"status": "member", "left": None, "end_note_sr": "", "end_note_en": ""}
        assert told()[1:] == ["Left the network: 3 May 2026 – Decision No. 06-31/2026.", "The membership goes on"]

    @pytest.mark.long
    def test_who_undoes_it_gives_back_the_draft_that_had_nothing_else(self, client, milan, ana, network):
        waiting = ending.submit_end(network, LEFT, author=ana)
        plan = schedules.create(waiting, Schedule.Action.PUBLISH, timezone.now() + timedelta(days=1), author=milan)
        client.force_login(milan)
        tree = end(client, network)  # on which the words of the draft stand already
        assert not anew(network).has_draft
        undo(client, tree)
        now = anew(network)
        assert (now.status, now.head, now.submitted_by) == ("member", waiting.head, "Ана")
        assert now.schedules.get().revision == plan.revision == waiting.head

    @pytest.mark.parametrize("others", [{}, {"summary_en": "Waits"}])
    def test_words_that_the_publisher_corrects_do_not_wait_any_more_as_they_were(self, milan, ana, network, others):
        drafts.save(network, others, author=ana)
        waiting = ending.submit_end(network, LEFT, author=ana)
        corrected = LEFT | {"left": "2026-05-02", "end_note_sr": "Одлука бр. 7/2026."}
        before = publishing.undo_state(waiting)
        now = anew(ending.end(network, corrected, author=milan))
        assert facts(now.head.content) == facts(now.live.content) == corrected
        assert (now.has_draft, now.submitted_by) == (bool(others), "Ана" if others else "")
        assert ending.undo_end(now, before, publishing.last_event_id(now), author=milan)
        now = anew(network)
        assert (now.head.content, now.submitted_by) == (waiting.head.content, "Ана")

    @pytest.mark.parametrize("others", [{}, {"summary_en": "Waits"}])
    @pytest.mark.parametrize("since", [{}, {"seat_en": "Paris"}])
    def test_draft_that_had_the_end_has_it_again_and_outlives_what_is_published_next(
        self, milan, ana, network, others, since
    ):
        """Whatever else it had, or got since."""
        drafts.save(network, others, author=ana)
        before = publishing.undo_state(ending.submit_end(network, LEFT, author=ana))
        event = publishing.last_event_id(ending.end(network, LEFT, author=milan))
        drafts.save(anew(network), since, author=ana)
        assert ending.undo_end(network, before, event, author=milan)
        verification.verify(anew(network), author=milan)
        now = anew(network)
        assert (now.status, now.verified_on.isoformat()) == ("member", "2026-05-04")
        content = now.head.content
        assert {name: content[name] for name in LEFT | others | since} == LEFT | others | since
        assert (now.submitted_at is None) == (not others and bool(since))  # nothing was left of what was submitted
        assert ana in {each.author for each in publishing.unpublished_revisions(now)}

    @pytest.mark.long
    def test_of_what_is_not_on_the_site_a_draft_is_saved_and_undone(self, client, milan, network):
        publishing.unpublish(network, author=None)
        client.force_login(milan)
        tree = end(client, network)
        assert (facts(anew(network).head.content), anew(network).is_published) == (LEFT, False)
        assert told() == ["Taken off the site"]
        undo(client, tree)
        assert (anew(network).status, anew(network).left) == ("member", None)


class TestEditor:
    def test_submits_it_with_the_words_which_whoever_publishes_publishes(self, client, milan, ana, network):
        drafts.save(network, {"summary_en": "Finished"}, author=ana)
        client.force_login(ana)
        page = opened(client, f"{LIST}{network.pk}/end/")
        assert "wait in the same draft, and are submitted with it: summary (in English)" in text_of(page)
        assert not page.xpath("//input[@name='becomes']")
        tree = end(client, network, becomes="off_site")
        waiting = anew(network)
        assert (waiting.status, waiting.submitted_by, facts(waiting.head.content)) == ("member", "Ана", LEFT)
        assert not [each for each in told() if "Left" in each]
        publishing.publish(waiting, author=milan)
        assert told()[1] == "Left the network: 3 May 2026 – Decision No. 06-31/2026."
        assert undo(client, tree) == [
            "Somebody has changed these since, so they are left as they are: Network.",
            "Undone: 0 entries are as they were before.",
        ]

    @pytest.mark.long
    def test_undoes_it_until_it_is_published(self, client, ana, network):
        draft = drafts.save(network, {"summary_en": "Finished"}, author=ana).revision
        client.force_login(ana)
        tree = end(client, network)
        assert undo(client, tree) == ["Undone: 1 entry is as it was before."]
        assert (anew(network).head, anew(network).submitted_at) == (draft, None)


@pytest.mark.long
@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ({"left": ""}, {"left": "Enter the day, or the month or the year if no more is known."}),
        ({"left": "31 February 2026"}, {"left": "This date does not exist in the calendar."}),
        (
            {"left": "5 May 2026"},
            {
                "left": "This day is still to come. Enter it in the form, with the status, and schedule the draft "
                "for that day."
            },
        ),
        (
            {"left": "April 2003"},
            {"left": "The city cannot have left before it joined. Correct one of the two dates."},
        ),
        ({"left": "2026"}, {}),
        ({"left": "4.5.2026."}, {}),
        ({"left": "2003"}, {}),  # it may have joined in May of that year, and left later
        ({"status": "member"}, {"status": "Select a valid choice. member is not one of the available choices."}),
        (
            {"becomes": "off_site", "end_note_sr": ""},
            {"end_note_sr": "Say in Serbian why it has ended. Citizens read nothing else about it."},
        ),
        ({"end_note_en": "x" * 601}, {"end_note_en": "Ensure this value has at most 600 characters (it has 601)."}),
    ],
)
def test_what_cannot_be_is_refused_with_all_that_was_typed(client, milan, network, typed, expected):
    client.force_login(milan)
    tree = end(client, network, **typed)
    errors = {
        row.xpath(".//*[@name]/@name")[0]: text_of(row.find_class("errorlist")[0])
        for row in tree.find_class("form-row")
        if row.find_class("errorlist")
    }
    assert errors == expected
    assert (anew(network).status == "member") == bool(expected)
    if expected:
        typed = {"left": "3 May 2026", **WORDS, "status": "left"} | typed
        shown = form_values(tree)
        assert {name: shown[name] for name in typed if name != "status"} == {
            name: [value] for name, value in typed.items() if name != "status"
        }


@pytest.mark.long
def test_words_that_are_sent_after_the_session_had_ended_stand_in_their_fields_again(client, milan, network):
    milan.set_password(PASSWORD)
    milan.save()
    client.force_login(milan)
    address = f"{LIST}{network.pk}/end/"
    values = form_values(opened(client, address)) | {"left": "2026", **WORDS}
    client.logout()
    response = client.post(address, values)
    assert response.status_code == 403
    assert log_in(client, response, "milan").status_code == 302
    again = form_values(opened(client, address))
    assert {name: again[name] for name in ("left", *WORDS)} == {name: [values[name]] for name in ("left", *WORDS)}
    client.post(address, again)
    assert facts(anew(network).live.content)["end_note_sr"] == WORDS["end_note_sr"]


@pytest.mark.long
def test_words_on_the_end_are_public_only_of_a_former_membership(client, network):
    for status, expected in (("left", 1), ("member", 0)):
        content = {"status": status, "left": None, **WORDS}
        publishing.publish(drafts.save(anew(network), content, author=None).row, author=None)
        (record,) = client.get("/networks.json").json()["networks"]
        page = opened(client, "/en/?q=Одлука")
        assert ("end_note" in record, len(page.xpath("//main//h3"))) == (bool(expected), expected)


@pytest.mark.long
def test_newer_version_is_told_and_keeps_the_words(client, milan, ana, network):
    client.force_login(milan)
    address = f"{LIST}{network.pk}/end/"
    values = form_values(opened(client, address)) | {"left": "2026", **WORDS}
    drafts.save(network, {"summary_en": "Meanwhile"}, author=ana)
    tree = parsed(client.post(address, values))
    assert "Somebody has saved a newer version meanwhile." in text_of(tree.find_class("errorlist")[0])
    again = form_values(tree)
    assert again["end_note_sr"] == [WORDS["end_note_sr"]]
    client.post(address, again)
    assert anew(network).status == "left"


@pytest.mark.long
def test_is_offered_only_where_a_membership_lasts(client, milan, network):
    client.force_login(milan)
    for expected in (True, False):
        offered = [
            address.removeprefix(LIST)
            for page in (LIST, f"{LIST}{network.pk}/change/")
            for address in opened(client, page).xpath("//a[contains(@href, '/end/')]/@href")
        ]
        assert offered == [f"{network.pk}/end/"] * 2 * expected
        ending.end(network, LEFT, author=milan) if expected else None
    tree = parsed(client.get(f"{LIST}{network.pk}/end/", follow=True))
    assert messages_of(tree)[-1].startswith("“Network” is a former membership already.")


@in_latin_and_in_ci_in_each_language
def test_the_page_and_the_record_stand_in_their_language(client, milan, network, language):
    client.force_login(milan)
    page = opened(client, f"{PREFIXES[language]}/admin/networks/network/{network.pk}/end/")
    assert page.xpath("//textarea[@name='end_note_sr']/@lang") == ["sr-Cyrl"]
    latin = "Odluka br. 06-31/2026."
    expected = {"sr": WORDS["end_note_sr"], "sr-latn": latin, "en": latin}
    ending.end(network, {**LEFT, "end_note_en": ""}, author=milan)
    (change,) = Change.objects.filter(kind=Change.Kind.LEFT)
    reading = ChangeReading(change, Reader(language).network(anew(network)))
    assert (str(reading.end_note), reading.end_note.is_fallback) == (expected[language], language == "en")
    assert ('<span lang="sr-Latn">Odluka' in reading.html) == (language == "en")


steps = st.lists(
    st.fixed_dictionaries(
        {
            "status": st.sampled_from(["member", "left", "ended", "unknown"]),
            "left": st.sampled_from([None, "2024", "2025-05"]),
            "end_note_sr": st.sampled_from(["", "Одлука.", "Исправка."]),
            "seat_sr": st.sampled_from(["", "Ниш"]),
        }
    ),
    max_size=6,
)


@pytest.mark.exhaustive
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(steps=steps)
def test_whoever_follows_the_record_knows_how_the_membership_stands(network, steps):
    """Each published change is told once; and the words are told where the membership ends, or as changed."""
    seen = storage.newest_revision(anew(network)).content
    for step in steps:
        start = Change.objects.order_by("pk").last().pk
        try:
            publishing.publish(drafts.save(anew(network), step, author=None).row, author=None)
        except ValidationError:
            continue
        told_fields, now = [], anew(network).live.content
        for change in Change.objects.filter(pk__gt=start):
            assert all(pair == [seen[name], now[name]] for name, pair in change.values.items())
            told_fields += [*(name for name, pair in change.values.items() if pair[0] != pair[1]), *change.fields]
            if change.kind in ("left", "ended"):
                assert now["status"] == change.kind
            if change.kind == "continued":
                assert (seen["status"] in ("left", "ended"), now["status"]) == (True, "member")
        assert sorted(told_fields) == sorted(name for name in now if now[name] != seen.get(name))
        seen = now


drafted = st.fixed_dictionaries(
    {},
    optional={
        "status": st.sampled_from(["left", "ended", "unknown"]),
        "left": st.sampled_from(["2024", "2026-05-03"]),
        "end_note_sr": st.sampled_from(["Одлука.", WORDS["end_note_sr"]]),
        "summary_en": st.just("Waits"),
    },
)


@pytest.mark.exhaustive
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(steps=st.lists(drafted, max_size=2), since=st.sampled_from([{}, {"seat_en": "Paris"}]), off_site=st.booleans())
def test_who_undoes_an_end_finds_the_site_and_the_draft_as_they_were(milan, network, steps, since, off_site):
    with transaction.atomic():
        for step in steps:
            with suppress(ValidationError):  # a day on which a member left
                drafts.save(anew(network), step, author=milan)
        if anew(network).has_draft:
            drafts.submit(anew(network), author=milan)
        then = anew(network)
        before = publishing.undo_state(then)
        ended = ending.end(then, LEFT, author=milan, off_site=off_site)
        event = publishing.last_event_id(ended)
        drafts.save(anew(network), since, author=milan)
        assert ending.undo_end(network, before, event, author=milan)
        now = anew(network)
        assert (now.is_published, now.live.content) == (True, then.live.content)
        assert now.head.content == then.head.content | since
        assert now.submitted_at == then.submitted_at or since
        waiting = publishing.unpublished_revisions(now)
        assert [each.content for each in waiting[-1:]] == [now.head.content] * now.has_draft
        assert now.has_draft == (now.head.content != now.live.content)
        transaction.set_rollback(True)
