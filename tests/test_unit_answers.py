"""Units answer for their memberships by a link, without an account; staff accept or refuse the answers."""

import re
from datetime import timedelta
from importlib import import_module
from types import SimpleNamespace

import hypothesis
import pytest
from django.apps import apps
from django.contrib.auth.models import Group, User
from django.core.signing import Signer
from django.db import connection
from django.test import Client
from django.utils import translation
from hypothesis import strategies
from playwright.sync_api import expect

from networks.models import Change, ConfirmationLink, Network, Revision, UnitAnswer
from networks.public.confirmations import MEMBERSHIPS_ON_A_PAGE, AnswerForm
from networks.revisions import drafts, previews, publishing, unit_answers
from networks.revisions.content import content_of
from networks.revisions.unit_answers import MOST_IN_AN_HOUR
from tests.browser import accessibility_problems, be_signed_in
from tests.makers import make_network, make_network_with_lines, make_profile
from tests.pages import (
    CYRILLIC,
    PREFIXES,
    count_queries,
    in_latin_and_in_ci_in_each_language,
    messages_of,
    opened,
    parsed,
    text_of,
    texts_of,
)

pytestmark = [pytest.mark.django_db, pytest.mark.sql]

LIST = "/en/admin/networks/network/"
UNIT, OTHER = "Служба за културу", "Служба за спорт"


@pytest.fixture(autouse=True)
def clock(moving_clock):
    return moving_clock


@pytest.fixture
def publisher():
    client = Client()
    client.user = User.objects.create_user("milan", is_staff=True, first_name="Милан")
    client.user.groups.add(Group.objects.get(name="publishers"))
    client.force_login(client.user)
    return client


@pytest.fixture
def link(clock):
    return ConfirmationLink.objects.create(unit=UNIT, expires_at=clock.now + timedelta(days=30))


@pytest.fixture
def network():
    row = drafts.save(
        Network(), {"name_sr": "Мрежа", "name_en": "Network", "responsible_unit": UNIT, "joined": "2003"}, author=None
    ).row
    return publishing.publish(row, author=None)


@pytest.fixture
def visitor():
    return Client(enforce_csrf_checks=True)


def url_of(link, language="en"):
    return unit_answers.link_url(link, language)


def form_of(client, link, query=""):
    (form,) = opened(client, url_of(link) + query).xpath("//form[@class='answers']")
    return dict(form.form_values())


def send(client, link, network, kind="as_stated", text="", ended_on="", query="", **more):
    """Answer for one network as somebody does who has opened the page, and return the response."""
    typed = {f"{network.pk}-kind": kind, f"{network.pk}-text": text, f"{network.pk}-ended_on": ended_on}
    return client.post(url_of(link) + query, form_of(client, link, query) | typed | more)


def everything():
    """All that an answer must not change."""
    with translation.override("sr"):
        return [list(model.objects.order_by("pk").values()) for model in (Network, Revision, Change)]


def errors_of(response):
    return [text_of(each) for each in parsed(response).find_class("error")]


def typed_form(network, typed):
    """The form for the answer about a network, filled in."""
    values = {"seen": unit_answers.stated_digest(network), **typed}
    return AnswerForm({f"{network.pk}-{name}": value for name, value in values.items()}, network=network)


class TestPage:
    def test_shows_what_is_published_and_nothing_else(self, visitor, link, network):
        network = publishing.publish(
            drafts.save(network, {"internal_note": "Secret", "seat_en": "Paris"}, author=None).row, author=None
        )
        drafts.save(network, {"seat_en": "Draft", "name_en": "Draft"}, author=None)
        make_network(name_en="Unpublished", responsible_unit=UNIT, is_published=False)
        publishing.delete(make_network(name_en="In the bin", responsible_unit=UNIT), author=None)
        make_network(name_en="Of another unit", responsible_unit=OTHER)
        make_network(name_en="Of a similar unit", responsible_unit=f"{UNIT} и спорт")
        response = visitor.get(url_of(link))
        assert [text_of(each) for each in parsed(response).xpath("//form//h2")] == ["Network"]
        assert "Paris" in response.text
        for hidden in ("Secret", "Draft", "Unpublished", "In the bin", "Of another", "Of a similar"):
            assert hidden not in response.text

    def test_shows_the_first_decision_and_the_latest_fee(self, visitor, link):
        make_network_with_lines(responsible_unit=UNIT)
        said = text_of(opened(visitor, url_of(link)))
        assert "Decision to joinDecision to joinAnnual fee2,025.50 EUR (2025)" in said
        assert "X-424" not in said

    def test_is_kept_by_nobody_and_sets_no_cookie(self, visitor, link, network):
        for response in (visitor.get(url_of(link)), send(visitor, link, network)):
            assert response.headers["Cache-Control"] == "private, no-store"
            assert response.headers["X-Robots-Tag"] == "noindex"
            assert response.headers["Referrer-Policy"] == "same-origin"
            assert not response.cookies
            assert "Cookie" not in response.get("Vary", "")
        assert not hasattr(response, "stored_query")

    def test_address_stands_in_no_link_that_leads_away(self, visitor, link, network):
        make_profile(email="city@example.org")
        tree = opened(visitor, url_of(link))
        token = url_of(link).rstrip("/").rpartition("/")[2]
        urls = [each for each in tree.xpath("//@href | //@src | //@action | //@content") if token in each]
        assert set(urls) == {url_of(link, "sr"), url_of(link, "sr-latn")}

    @in_latin_and_in_ci_in_each_language
    def test_is_in_the_language_of_its_url(self, visitor, link, network, language):
        tree = opened(visitor, url_of(link, language))
        if language == "sr-latn":
            assert not CYRILLIC.search(" ".join(texts_of(tree)).replace(UNIT, ""))

    def test_says_that_there_is_nothing_to_confirm(self, visitor, link):
        assert "There is nothing to confirm." in text_of(opened(visitor, url_of(link)))

    def test_takes_as_many_queries_for_many_as_for_few(self, visitor, link, network):
        few = count_queries(visitor, url_of(link))
        for _number in range(20):
            make_network(responsible_unit=UNIT)
        assert count_queries(visitor, url_of(link)) == few


class TestAnswer:
    @pytest.mark.parametrize(
        ("typed", "given"),
        [
            ({}, None),
            ({"kind": "as_stated"}, ("as_stated", "", None)),
            ({"kind": "as_stated", "text": "A remark"}, ("as_stated", "A remark", None)),
            ({"kind": "changed", "text": " A new\r\nseat "}, ("changed", "A new\nseat", None)),
            ({"kind": "changed", "text": "<script>"}, ("changed", "<script>", None)),
            ({"kind": "changed", "text": "x\r\n" * 999 + "xx"}, ("changed", "x\n" * 999 + "xx", None)),
            ({"kind": "ended", "ended_on": "May 2025"}, ("ended", "", "2025-05")),
            ({"kind": "ended", "ended_on": "2003", "text": "Merged"}, ("ended", "Merged", "2003")),
            ({"kind": "ended", "text": "Nobody knows when"}, ("ended", "Nobody knows when", None)),
        ],
    )
    def test_is_understood(self, network, typed, given):
        form = typed_form(network, typed)
        assert form.is_valid()
        found = form.given and (form.given.kind, form.given.text, form.given.ended_on)
        assert given == (found and (*found[:2], found[2] and found[2].isoformat()))

    @pytest.mark.parametrize(
        ("typed", "field", "error"),
        [
            ({"text": "Lost?"}, "kind", "Choose one of the three answers."),
            ({"ended_on": "2003"}, "kind", "Choose one of the three answers."),
            ({"kind": "changed"}, "text", "Write what has changed."),
            ({"kind": "changed", "text": " \r\n "}, "text", "Write what has changed."),
            ({"kind": "changed", "text": "x" * 2001}, "text", "Ensure this value has at most 2000 characters"),
            ({"kind": "changed", "text": "a\0b"}, "text", "Null characters are not allowed."),
            (
                {"kind": "changed", "text": "x", "ended_on": "2003"},
                "ended_on",
                "Choose that the membership has ended",
            ),
            ({"kind": "ended"}, "ended_on", "Enter when it ended"),
            ({"kind": "ended", "ended_on": "soon"}, "ended_on", "Enter a year, a month or a day"),
            ({"kind": "ended", "ended_on": "31.2.2020."}, "ended_on", "This date does not exist in the calendar."),
            ({"kind": "ended", "ended_on": "2099"}, "ended_on", "This date is still to come."),
            ({"kind": "ended", "ended_on": "2002"}, "ended_on", "The city joined later than that."),
            ({"kind": "ended", "ended_on": "9" * 500}, "ended_on", "Enter a year, a month or a day"),
            ({"kind": "verified"}, "kind", "Select a valid choice."),
            ({"kind": "as_stated\0"}, "kind", "Select a valid choice."),
            ({"kind": "as_stated", "seen": "0"}, "__all__", "This was changed meanwhile."),
        ],
    )
    def test_that_is_wrong_is_told_so(self, network, typed, field, error):
        with translation.override("en"):
            form = typed_form(network, typed)
            assert [*form.errors] == [field]
            assert form.errors[field][0].startswith(error)

    def test_is_stored_and_changes_nothing_on_the_site(self, visitor, link, network):
        before = everything()
        response = send(visitor, link, network, "ended", "Merged", "May 2025", name=" Ana ")
        assert (response.status_code, response["Location"]) == (302, f"{url_of(link)}?sent=1")
        answer = UnitAnswer.objects.get()
        assert (answer.kind, answer.text, answer.ended_on.isoformat()) == ("ended", "Merged", "2025-05")
        assert (answer.network, answer.name, answer.state, answer.link) == (network, "Ana", "open", link)
        assert everything() == before
        sent, again = opened(visitor, response["Location"]).find_class("sent")
        assert text_of(sent) == "Thank you. Your answers have arrived."
        assert "the membership has ended" in text_of(again)

    @pytest.mark.parametrize(
        ("typed", "error"),
        [
            ({"kind": ""}, "Choose an answer for at least one membership."),
            ({"kind": "", "text": "Lost?"}, "Choose one of the three answers."),
            ({"name": "x" * 101}, "Ensure this value has at most 100 characters"),
            ({"name": "a\0"}, "Null characters are not allowed."),
        ],
    )
    def test_that_is_wrong_is_shown_again_and_not_stored(self, visitor, link, network, typed, error):
        response = send(visitor, link, network, **typed)
        assert response.status_code == 400
        assert any(each.startswith(error) for each in errors_of(response))
        assert not UnitAnswer.objects.exists()
        assert parsed(response).xpath("//textarea")[0].text.strip() == typed.get("text", "")

    def test_several_at_once(self, visitor, link, network):
        others = [make_network(responsible_unit=UNIT) for _number in range(3)]
        values = form_of(visitor, link) | {f"{each.pk}-kind": "as_stated" for each in [network, others[0]]}
        visitor.post(url_of(link), values)
        assert {each.network for each in UnitAnswer.objects.all()} == {network, others[0]}

    def test_if_one_is_wrong_none_is_stored(self, visitor, link, network):
        other = make_network(responsible_unit=UNIT)
        response = send(visitor, link, network, **{f"{other.pk}-kind": "changed"})
        assert (response.status_code, UnitAnswer.objects.count()) == (400, 0)
        assert parsed(response).xpath(f"//input[@name='{network.pk}-kind'][@checked]/@value") == ["as_stated"]

    def test_newer_one_takes_the_place_of_an_open_one(self, visitor, link, network, clock):
        send(visitor, link, network)
        clock.now += timedelta(days=1)
        send(visitor, link, network, "changed", "A new seat")
        assert [each.kind for each in UnitAnswer.objects.all()] == ["changed"]
        tree = opened(visitor, url_of(link))
        assert "something has changed" in text_of(tree.find_class("sent")[0])
        assert form_of(visitor, link)[f"{network.pk}-text"].strip() == "A new seat"

    def test_sent_twice_is_stored_once(self, visitor, link, network):
        send(visitor, link, network)
        first = UnitAnswer.objects.get()
        send(visitor, link, network)
        assert UnitAnswer.objects.get() == first

    def test_after_a_decision_is_a_new_one(self, visitor, publisher, link, network):
        send(visitor, link, network)
        unit_answers.refuse(UnitAnswer.objects.get(), author=publisher.user)
        send(visitor, link, network)
        assert [each.state for each in UnitAnswer.objects.order_by("pk")] == ["refused", "open"]

    def test_of_another_link_is_not_shown(self, visitor, link, network, clock):
        send(visitor, link, network, "changed", "For staff only")
        other = ConfirmationLink.objects.create(unit=UNIT, expires_at=link.expires_at)
        assert "For staff only" not in visitor.get(url_of(other)).text

    def test_is_about_what_was_read(self, visitor, link, network):
        values = form_of(visitor, link) | {f"{network.pk}-kind": "as_stated"}
        publishing.publish(drafts.save(network, {"seat_en": "Paris"}, author=None).row, author=None)
        response = visitor.post(url_of(link), values)
        assert response.status_code == 400
        assert "This was changed meanwhile." in " ".join(errors_of(response))
        (form,) = parsed(response).xpath("//form[@class='answers']")
        assert visitor.post(url_of(link), dict(form.form_values())).status_code == 302

    def test_is_not_sent_again_for_words_that_nobody_has_read(self, visitor, link, network):
        """It waits, what citizens read changes, and the unit comes back to answer for another membership."""
        other = publishing.publish(
            drafts.save(Network(), {"name_sr": "Друга", "responsible_unit": UNIT}, author=None).row, author=None
        )
        send(visitor, link, network)
        stated = UnitAnswer.objects.get().stated
        publishing.publish(drafts.save(network, {"joined": "2004"}, author=None).row, author=None)
        send(visitor, link, other)
        assert {each.network_id: each.stated == stated for each in UnitAnswer.objects.all()} == {
            network.pk: True,
            other.pk: False,
        }
        with pytest.raises(unit_answers.ChangedMeanwhile):
            unit_answers.give_answers(link, [unit_answers.Given(network.pk, "as_stated", seen=stated)])

    def test_stays_that_of_whoever_gave_it(self, visitor, link, network):
        send(visitor, link, network, name="Ана")
        send(visitor, link, network, name="Милан")
        assert UnitAnswer.objects.get().name == "Ана"

    @pytest.mark.long
    def test_on_the_second_page(self, visitor, link):
        for _number in range(MEMBERSHIPS_ON_A_PAGE + 1):
            last = make_network(responsible_unit=UNIT, position=5)
        last.position = 9
        last.save()
        response = send(visitor, link, last, query="?page=2")
        assert response["Location"] == f"{url_of(link)}?page=2&sent=1"
        assert UnitAnswer.objects.get().network == last
        assert len(opened(visitor, url_of(link)).xpath("//form//h2")) == MEMBERSHIPS_ON_A_PAGE
        assert visitor.get(f"{url_of(link)}?page=3").status_code == 404


class TestLink:
    def test_that_is_guessed_is_missing(self, visitor, link, network):
        token = url_of(link).rstrip("/").rpartition("/")[2]
        other_salt = Signer(salt="networks.previews", sep="~").sign(str(link.pk))
        preview = previews.signer().sign(f"l{link.pk}")
        unknown = unit_answers.signer().sign("999999")
        for guess in (
            token[:-1],
            f"{link.pk}",
            f"{link.pk}~",
            f"{link.pk + 1}~{token.partition('~')[2]}",
            "~",
            "a~b",
        ):
            for method in (visitor.get, visitor.post):
                assert method(f"/en/confirm/{guess}/").status_code == 404, guess
        for guess in (other_salt, preview, unknown):
            assert visitor.get(f"/en/confirm/{guess}/").status_code == 404

    @pytest.mark.parametrize("how", ["revoked", "expired"])
    def test_that_is_closed_is_gone_and_takes_nothing(self, visitor, publisher, link, network, clock, how):
        values = form_of(visitor, link) | {f"{network.pk}-kind": "as_stated"}
        if how == "revoked":
            response = publisher.post(f"{LIST}unit-links/{link.pk}/revoke/", follow=True)
            assert "revoked" in text_of(parsed(response).find_class("links")[0])
        else:
            clock.now = link.expires_at
        for response in (visitor.get(url_of(link)), visitor.post(url_of(link), values)):
            assert response.status_code == 410
            assert "Ask them for a new one." in response.text
            assert "Network" not in response.text.replace("Networks", "")
            assert response.headers["Cache-Control"] == "private, no-store"
        assert not UnitAnswer.objects.exists()

    @pytest.mark.long
    def test_takes_no_answer_for_a_membership_of_another_unit(self, visitor, link, network):
        others = [
            make_network(responsible_unit=OTHER, name_en="Theirs"),
            make_network(responsible_unit=UNIT, is_published=False, name_en="Theirs"),
            make_network(responsible_unit="", name_en="Theirs"),
        ]
        for pk in [*(each.pk for each in others), 999_999, "9" * 30, "x", "", "٣", "1 OR 1=1"]:
            values = form_of(visitor, link) | {f"{network.pk}-kind": "as_stated", f"{pk}-kind": "as_stated"}
            response = visitor.post(url_of(link), values)
            assert response.status_code == 400, pk
            assert "Theirs" not in response.text
        assert not UnitAnswer.objects.exists()

    def test_takes_no_answer_for_a_membership_that_has_moved_to_another_unit(self, visitor, link, network):
        values = form_of(visitor, link) | {f"{network.pk}-kind": "as_stated"}
        publishing.publish(drafts.save(network, {"responsible_unit": OTHER}, author=None).row, author=None)
        response = visitor.post(url_of(link), values)
        assert response.status_code == 400
        assert "not in the care of your unit any more" in errors_of(response)[0]
        assert (UnitAnswer.objects.count(), parsed(response).xpath("//h2")) == (0, [])

    @pytest.mark.long
    def test_takes_a_bounded_number_of_answers_in_an_hour(self, visitor, link, network, clock):
        for number in range(MOST_IN_AN_HOUR):
            given = unit_answers.Given(network.pk, "changed", str(number))
            unit_answers.give_answers(link, [given])
        clock.now += timedelta(minutes=30)
        response = send(visitor, link, network, "changed", "One more")
        assert (response.status_code, response.headers["Retry-After"]) == (429, "1801")
        assert errors_of(response)[0].startswith("Too many answers were sent with this link.")
        assert parsed(response).xpath("//textarea")[0].text.strip() == "One more"
        assert UnitAnswer.objects.get().text == str(MOST_IN_AN_HOUR - 1)
        clock.now += timedelta(minutes=30)
        assert send(visitor, link, network, "changed", "One more").status_code == 302
        other = ConfirmationLink.objects.create(unit=UNIT, expires_at=link.expires_at)
        assert send(visitor, other, network).status_code == 302

    @pytest.mark.exhaustive
    def test_takes_a_thousand_answers_for_eleven_memberships_as_eleven(self, visitor, link, clock):
        networks = [make_network(responsible_unit=UNIT) for _number in range(11)]
        before = everything()
        statuses = []
        values = form_of(visitor, link)
        for number in range(91):
            for each in networks:
                values |= {f"{each.pk}-kind": "changed", f"{each.pk}-text": f"Answer {number}"}
            statuses.append(visitor.post(url_of(link), values).status_code)
        assert {*statuses} == {302, 429}
        assert statuses.count(302) == MOST_IN_AN_HOUR // 11
        assert UnitAnswer.objects.count() == 11
        assert everything() == before

    def test_more_fields_than_django_takes_are_refused(self, visitor, link, network):
        values = {f"{number}-kind": "as_stated" for number in range(1001)}
        assert visitor.post(url_of(link), values).status_code == 400
        assert not UnitAnswer.objects.exists()

    def test_answers_no_other_method(self, visitor, link):
        assert [getattr(visitor, method)(url_of(link)).status_code for method in ("put", "delete", "patch")] == [
            405
        ] * 3

    def test_works_for_staff_as_for_anybody(self, publisher, link, network):
        assert send(publisher, link, network).status_code == 302

    @pytest.mark.long
    @hypothesis.given(
        values=strategies.dictionaries(
            strategies.from_regex(r"(ID|[0-9]{0,3})-(kind|text|ended_on|seen)", fullmatch=True),
            strategies.text(max_size=30) | strategies.sampled_from(["as_stated", "changed", "ended", "2003"]),
            max_size=6,
        )
    )
    @hypothesis.settings(suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture])
    def test_whatever_is_sent_changes_nothing_on_the_site(self, visitor, link, network, values):
        before = everything()
        sent = {name.replace("ID", str(network.pk)): value for name, value in values.items()}
        assert visitor.post(url_of(link), sent).status_code in (302, 400)
        assert everything() == before
        assert {each.network for each in UnitAnswer.objects.all()} <= {network}


def decide(client, decision):
    """Press a button on the page of answers, and return the page that follows."""
    tree = opened(client, f"{LIST}answers/")
    ((form, button),) = [
        (form, button)
        for form in tree.xpath("//section[contains(@class, 'answer-box')]//form")
        for button in form.xpath(f".//button[@value='{decision}']")
    ]
    values = dict(form.form_values()) | {"decision": button.get("value")}
    return client.post(form.get("action"), values, follow=True)


class TestDecision:
    def test_stands_beside_what_is_on_the_site(self, visitor, publisher, link, network):
        send(visitor, link, network, "changed", "A <new> seat", name="Ana")
        drafts.save(network, {"joined": "1999"}, author=None)
        shown = text_of(opened(publisher, f"{LIST}answers/").find_class("answer-box")[0])
        for expected in ("Something has changed", "A <new> seat", "Ana", "Joined 2003"):
            assert expected in shown
        assert "1999" not in shown
        assert "1 answer of a unit waits to be looked at" in text_of(opened(publisher, "/en/admin/"))

    def test_that_all_is_as_stated_verifies(self, visitor, publisher, link, network, clock):
        send(visitor, link, network)
        clock.now += timedelta(days=2)
        publisher.force_login(publisher.user)
        response = decide(publisher, "accept")
        assert messages_of(parsed(response)) == ["“Network” is confirmed as stated. Citizens see the day of today."]
        network.refresh_from_db()
        assert (network.verified_on, network.live.author_name) == (clock.now.date(), "Милан")
        answer = UnitAnswer.objects.get()
        assert (answer.state, answer.decided_by_name, answer.decided_at) == ("accepted", "Милан", clock.now)

    def test_that_all_is_as_stated_does_not_verify_what_was_published_since(self, visitor, publisher, link, network):
        send(visitor, link, network)
        publishing.publish(drafts.save(network, {"seat_en": "Paris"}, author=None).row, author=None)
        tree = opened(publisher, f"{LIST}answers/")
        assert "What citizens read has changed since this answer." in text_of(tree)
        response = decide(publisher, "accept")
        assert messages_of(parsed(response))[0].startswith(
            "What citizens read has changed since this answer. Refuse it"
        )
        network.refresh_from_db()
        assert (network.verified_on, UnitAnswer.objects.get().state) == (None, "open")

    @pytest.mark.parametrize("is_changed", [False, True])
    def test_that_was_given_before_there_were_new_fields_holds_if_nothing_was_changed(
        self, link, network, clock, is_changed
    ):
        """The digest of a former release, which had other fields, cannot be compared."""
        unit_answers.give_answers(link, [unit_answers.Given(network.pk, "as_stated")])
        UnitAnswer.objects.update(stated="0" * 64, created_at=clock.now)
        migration = import_module("networks.migrations.0038_answers_from_before_lines")
        migration.forget_digests(apps, SimpleNamespace(connection=connection))
        clock.now += timedelta(days=1)
        if is_changed:
            publishing.publish(drafts.save(network, {"seat_en": "Paris"}, author=None).row, author=None)
        assert unit_answers.is_as_stated(UnitAnswer.objects.get(), Network.objects.get()) != is_changed

    def test_holds_when_networks_get_a_new_field(self, network, monkeypatch):
        digest = unit_answers.stated_digest(network)
        content = unit_answers.public_content(Network, content_of(network))
        for value, is_same in (("", True), (None, True), ([], True), ("Ново", False), ("0.0000", False)):
            monkeypatch.setattr(unit_answers, "public_content", lambda *_args, new=value: content | {"new": new})
            assert (unit_answers.stated_digest(network) == digest) == is_same

    @pytest.mark.long
    def test_that_something_has_changed_opens_the_form_with_the_answer(self, visitor, publisher, link, network):
        send(visitor, link, network, "changed", "A new seat", name="Ana")
        response = decide(publisher, "accept")
        answer = UnitAnswer.objects.get()
        assert response.redirect_chain[-1][0] == f"{LIST}{network.pk}/change/?answer={answer.pk}"
        (note,) = parsed(response).xpath("//section[contains(@class, 'note')]")
        assert "A new seat" in text_of(note)
        assert "Ana" in text_of(note)
        assert "A new seat" not in publisher.get(f"{LIST}{network.pk}/change/").text
        for pk in ("0", "x", "9" * 30, "\0"):
            assert publisher.get(f"{LIST}{network.pk}/change/", {"answer": pk}).status_code == 200

    @pytest.mark.parametrize("status", ["left", "ended"])
    def test_that_it_has_ended_is_a_draft(self, visitor, publisher, link, network, status):
        send(visitor, link, network, "ended", ended_on="May 2025")
        response = decide(publisher, status)
        answer = UnitAnswer.objects.get()
        assert response.redirect_chain[-1][0] == f"{LIST}{network.pk}/change/?answer={answer.pk}"
        network.refresh_from_db()
        assert (network.status, network.left) == ("member", None)
        assert (network.head.content["status"], network.head.content["left"]) == (status, "2025-05")
        assert network.has_draft

    def test_to_refuse_keeps_the_answer_on_record(self, visitor, publisher, link, network):
        send(visitor, link, network, "changed", "Nonsense")
        before = everything()
        response = decide(publisher, "refuse")
        assert everything() == before
        (row,) = parsed(response).xpath("//tbody/tr")
        assert "Nonsense" in text_of(row)
        assert "refused, Milan" in text_of(row)

    def test_is_made_once(self, visitor, publisher, link, network):
        send(visitor, link, network, "ended", ended_on="2025")
        url = f"{LIST}answers/{UnitAnswer.objects.get().pk}/decide/"
        publisher.post(url, {"decision": "refuse"})
        response = publisher.post(url, {"decision": "left"}, follow=True)
        assert messages_of(parsed(response))[-1].startswith("This answer was decided on")
        assert UnitAnswer.objects.get().state == "refused"
        assert not Network.objects.with_draft().exists()

    def test_is_not_made_on_an_answer_that_nobody_has_read(self, visitor, publisher, link, network):
        send(visitor, link, network)
        url = f"{LIST}answers/{UnitAnswer.objects.get().pk}/decide/"
        send(visitor, link, network, "changed", "No longer")
        response = publisher.post(url, {"decision": "accept"}, follow=True)
        assert messages_of(parsed(response)) == ["The unit has given a newer answer. Look at the list again."]
        assert UnitAnswer.objects.get().state == "open"

    @pytest.mark.parametrize("decision", ["", "verify", "accepted", "member", "\0"])
    def test_that_there_is_not_is_missing(self, visitor, publisher, link, network, decision):
        send(visitor, link, network)
        url = f"{LIST}answers/{UnitAnswer.objects.get().pk}/decide/"
        assert publisher.post(url, {"decision": decision}).status_code == 404
        assert UnitAnswer.objects.get().state == "open"

    def test_waits_while_the_network_is_in_the_bin(self, visitor, publisher, link, network):
        send(visitor, link, network)
        publishing.delete(network, author=None)
        assert opened(publisher, f"{LIST}answers/").find_class("answer-box") == []
        publishing.undelete(network, author=None)
        response = decide(publisher, "accept")
        assert messages_of(parsed(response)) == ["This is not on the site."]

    @pytest.mark.long
    def test_takes_as_many_queries_for_many_as_for_few(self, publisher, link, network):
        unit_answers.give_answers(link, [unit_answers.Given(network.pk, "as_stated")])
        few = count_queries(publisher, f"{LIST}answers/")
        for _number in range(20):
            other = make_network(responsible_unit=UNIT)
            unit_answers.give_answers(link, [unit_answers.Given(other.pk, "as_stated")])
        assert count_queries(publisher, f"{LIST}answers/") == few


class TestLinks:
    def make(self, client, unit=UNIT, days=30):
        return client.post(f"{LIST}unit-links/", {"unit": unit, "days": days}, follow=True)

    def test_is_made_with_its_letter(self, publisher, network, clock):
        response = self.make(publisher)
        link = ConfirmationLink.objects.get()
        assert (link.unit, link.author_name) == (UNIT, "Милан")
        assert link.expires_at == clock.now + timedelta(days=30)
        letters = {each.getparent().get("lang"): each.text for each in parsed(response).xpath("//pre")}
        for tag, language in (("sr-Cyrl", "sr"), ("sr-Latn", "sr-latn"), ("en", "en")):
            assert f"\nhttp://testserver{url_of(link, language)}\n" in letters[tag]
        assert UNIT in letters["en"] or "Služba za kulturu" in letters["en"]
        assert not CYRILLIC.search(letters["sr-Latn"])

    def test_letter_opens_in_the_mail_program(self, publisher, network):
        drafts.save(network, {"contact_email": "culture@example.org"}, author=None)
        publishing.publish(network, author=None)
        (url, *_others) = parsed(self.make(publisher)).xpath("//details//a/@href")
        assert re.match(r"mailto:culture@example\.org\?subject=[^&+ ]+&body=[^&+ ]+\Z", url)
        assert "%0D%0A" in url

    @pytest.mark.parametrize(
        ("unit", "days"), [("", 30), ("Unknown", 30), (OTHER, 30), (UNIT, 0), (UNIT, 3650), (UNIT, "x"), ("\0", 30)]
    )
    def test_is_made_for_units_and_periods_that_there_are(self, publisher, network, unit, days):
        make_network(responsible_unit=OTHER, is_published=False)
        response = self.make(publisher, unit, days)
        assert parsed(response).find_class("errorlist")
        assert not ConfirmationLink.objects.exists()

    def test_list_says_what_became_of_each(self, publisher, network, clock):
        for days in (7, 30, 90):
            self.make(publisher, days=days)
        clock.now += timedelta(days=10)
        publisher.force_login(publisher.user)
        publisher.post(f"{LIST}unit-links/{ConfirmationLink.objects.first().pk}/revoke/")
        tree = opened(publisher, f"{LIST}unit-links/")
        states = [text_of(each) for each in tree.xpath("//tbody/tr/td[2]")]
        assert states == ["revoked 14 May 2026, 12:00, Milan", "3 June 2026, 12:00", "expired (11 May 2026, 12:00)"]
        closed = publisher.get(f"{LIST}unit-links/{ConfirmationLink.objects.first().pk}/", follow=True)
        assert messages_of(parsed(closed)) == ["This link does not work any more. Make a new one."]

    def test_says_that_no_network_has_a_unit(self, publisher):
        assert "No published membership has a responsible unit yet." in publisher.get(f"{LIST}unit-links/").text

    @in_latin_and_in_ci_in_each_language
    @pytest.mark.parametrize("page", ["due/", "unit-links/", "answers/", "letter"])
    def test_pages_are_in_their_language(self, visitor, publisher, link, network, language, page):
        send(visitor, link, network)
        page = f"unit-links/{link.pk}/" if page == "letter" else page
        tree = opened(publisher, f"{PREFIXES[language]}/admin/networks/network/{page}")
        for letter in tree.xpath("//details"):
            letter.clear()
        if language == "sr-latn":
            for option in tree.xpath("//option"):
                del option.attrib["value"]
            assert not CYRILLIC.search(" ".join(texts_of(tree)))


@pytest.mark.browser
def test_letter_is_copied_and_the_page_answers_without_javascript(live_server, open_page, transactional_db):
    network = make_network(name_sr="Мрежа", name_en="Network", responsible_unit=UNIT)
    page = open_page(width=390, permissions=["clipboard-read", "clipboard-write"])
    be_signed_in(page, live_server.url)
    page.goto(f"{live_server.url}{LIST}unit-links/")
    page.get_by_role("button", name="Make a link").click()
    page.get_by_role("button", name="Copy").first.click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    letter = page.evaluate("navigator.clipboard.readText()")
    assert letter == page.locator("pre").first.text_content()
    (url,) = re.findall(rf"{live_server.url}/\S*confirm/\S+", letter)
    assert accessibility_problems(page, preload=False) == []
    visitor = open_page(width=390, java_script_enabled=False)
    visitor.goto(url)
    visitor.get_by_label("Something has changed").check()
    visitor.get_by_label("What has changed").fill("A new seat")
    visitor.get_by_role("button", name="Send the answers").click()
    expect(visitor.get_by_role("status")).to_have_text("Thank you. Your answers have arrived.")
    assert UnitAnswer.objects.get(network=network).text == "A new seat"
    reader = open_page(width=390)
    reader.goto(url)
    assert accessibility_problems(reader, preload=False) == []
    assert reader.evaluate("document.documentElement.scrollWidth") == 390
