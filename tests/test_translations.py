"""Of which translations the source has changed: known from the words alone, whatever was done to them."""

import os
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from networks.models import ConfirmedTranslation, Event, Network, Page
from networks.revisions import drafts, publishing, schedules, storage
from networks.revisions.content import complete_content, content_fields, normalise_content
from networks.revisions.translations import (
    State,
    confirmed_translations,
    digest,
    former_sources,
    pairs_of,
    sources_of,
    translation_states,
)
from tests.makers import make_network, make_theme

pytestmark = [pytest.mark.django_db, pytest.mark.sql]

MISSING, CURRENT, OUTDATED = State.MISSING, State.CURRENT, State.OUTDATED
FULL = {
    "slug": "avec",
    "name_sr": "Мрежа",
    "name_en": "Network",
    "summary_sr": "Прво.",
    "summary_en": "First.",
    "description_sr": "<p>Опис.</p>",
    "description_en": "<p>Description.</p>",
}


@pytest.fixture
def ana():
    return User.objects.create_user("ana")


@pytest.fixture
def milan():
    return User.objects.create_user("milan")


@pytest.fixture
def network(ana):
    """A published network of which every text is translated."""
    return publishing.publish(drafts.save(Network(), FULL, author=ana).row, author=ana)


def fresh(row):
    return type(row).objects.select_related("head", "live").get(pk=row.pk)


def states(row, revision=None):
    """The states of the newest content, or of that of a revision, as they are worked out from what is stored."""
    row = fresh(row)
    content = (revision or storage.newest_revision(row)).content
    return translation_states(type(row), content, confirmed_translations(row))


def outdated(row):
    """The columns that are outdated, in the newest and in the published content, as lists find them."""
    row = fresh(row)
    for revision, stored in ((row.head, row.outdated_newest), (row.live, row.outdated_published)):
        expected = (
            [column for column, state in states(row, revision).items() if state == OUTDATED] if revision else []
        )
        assert stored == expected
    return row.outdated_newest, row.outdated_published


def save(row, author, **changes):
    return drafts.save(fresh(row), changes, author=author).row


class TestState:
    def test_of_what_was_written_together_is_current_and_of_what_is_not_there_missing(self, network, ana):
        assert states(network) == {"name_en": CURRENT, "summary_en": CURRENT, "description_en": CURRENT}
        save(network, ana, summary_en="", benefit_sr="Искуство.")
        assert states(network) == {
            "name_en": CURRENT,
            "summary_en": MISSING,
            "description_en": CURRENT,
            "benefit_en": MISSING,
        }
        assert outdated(network) == ([], [])

    @pytest.mark.parametrize(
        ("column", "text"),
        [
            ("summary_sr", "Прво и друго."),
            ("name_sr", "мрежа"),
            ("description_sr", "<p>Опис и више.</p>"),
            ("description_sr", '<p><a href="https://example.org/">Опис</a>.</p>'),
            ("summary_sr", ""),
        ],
    )
    def test_is_outdated_when_the_words_of_the_source_change(self, network, ana, column, text):
        if column == "name_sr":
            save(network, ana, name_sr="Мрежа")
        save(network, ana, **{column: text})
        assert outdated(network) == ([column.replace("_sr", "_en")], [])
        publishing.publish(fresh(network), author=ana)
        assert outdated(network) == ([column.replace("_sr", "_en")],) * 2

    @pytest.mark.parametrize(
        "changes",
        [
            {"joined": "2007-05", "status": "member"},
            {"slug": "other"},
            {"internal_note": "Белешка."},
            {"themes": ["culture"]},
            {"summary_sr": "  Прво. "},
            {"summary_sr": "Прво.\r\n"},
            {"description_sr": "<p><em>Опис</em>.</p>"},
            {"summary_en": "Firstly."},
            {"summary_sr": "Друго.", "summary_en": "Second."},
            {"seat_en": "Niš"},
        ],
        ids=lambda changes: "-".join(changes),
    )
    def test_stays_current_when_they_do_not(self, network, ana, changes):
        make_theme(slug="culture")
        save(network, ana, **changes)
        publishing.publish(fresh(network), author=ana)
        assert outdated(network) == ([], [])

    def test_follows_the_words_back(self, network, ana):
        first = fresh(network).head
        save(network, ana, summary_sr="Друго.")
        drafts.restore(fresh(network), first, author=ana)
        assert outdated(network) == ([], [])
        save(network, ana, summary_sr="Друго.")
        assert outdated(network) == (["summary_en"], [])
        drafts.confirm_translations(fresh(network), ["summary_en"], author=ana)
        save(network, ana, summary_sr="Прво.")
        assert outdated(network) == ([], [])
        publishing.undo(fresh(network), {"live": first.pk}, Event.objects.latest("pk").pk, author=ana)
        assert outdated(network) == ([], [])

    def test_is_that_of_the_words_that_were_seen_together(self, network, ana, milan):
        base = fresh(network).head
        save(network, ana, summary_sr="Друго.")
        merged = drafts.save(fresh(network), FULL | {"summary_en": "The first."}, author=milan, base=base)
        assert merged.revision.content["summary_sr"] == "Друго."
        assert outdated(network) == (["summary_en"], [])
        assert former_sources(fresh(network), merged.revision.content, ["summary_en"]) == {"summary_en": "Прво."}

    def test_of_a_page_is_known_as_well(self, ana):
        page = drafts.save(
            Page(), {"title_sr": "О сајту", "title_en": "About", "body_sr": "<p>А</p>"}, author=ana
        ).row
        assert states(page) == {"title_en": CURRENT, "body_en": MISSING}
        save(page, ana, title_sr="О овом сајту")
        assert outdated(page) == (["title_en"], [])

    def test_of_what_was_loaded_is_current(self, nis):
        for network in Network.objects.all():
            storage.newest_revision(network)
            assert OUTDATED not in states(network).values()
            assert outdated(network) == ([], [])

    def test_of_a_schedule_is_that_of_what_it_publishes(self, network, ana):
        save(network, ana, summary_sr="Друго.")
        at = timezone.now() + timedelta(hours=1)
        schedules.create(fresh(network), "publish", at, author=ana)
        save(network, ana, summary_en="Second.")
        assert outdated(network) == ([], [])
        assert schedules.apply_due(at) == 1
        assert outdated(network) == ([], ["summary_en"])


class TestConfirming:
    def test_makes_current_what_it_names_and_can_be_taken_back(self, network, ana, milan):
        save(network, ana, summary_sr="Друго.", name_sr="Савез")
        columns = ["name_en", "summary_en"]
        assert former_sources(fresh(network), fresh(network).head.content, columns) == {
            "name_en": "Мрежа",
            "summary_en": "Прво.",
        }
        assert drafts.confirm_translations(fresh(network), ["summary_en", "seat_en"], author=milan) == ["summary_en"]
        assert outdated(network) == (["name_en"], [])
        event = fresh(network).events.first()
        assert (event.kind, event.fields, event.author_name) == (Event.Kind.CONFIRMED, ["summary_en"], "milan")
        assert fresh(network).revisions.count() == 2
        assert drafts.unconfirm_translations(fresh(network), ["summary_en", "name_en"], author=ana) == ["summary_en"]
        assert outdated(network) == (["name_en", "summary_en"], [])
        assert fresh(network).events.first().kind == Event.Kind.UNCONFIRMED

    def test_is_no_part_of_what_was_not_seen(self, network, ana, milan):
        save(network, ana, summary_sr="Друго.")
        seen = fresh(network).head.content
        save(network, ana, summary_sr="Треће.")
        assert drafts.confirm_translations(fresh(network), ["summary_en"], author=milan, seen=seen) == []
        assert outdated(network) == (["summary_en"], [])

    def test_what_was_written_cannot_be_taken_back(self, network, ana):
        assert drafts.unconfirm_translations(fresh(network), ["summary_en"], author=ana) == []
        assert outdated(network) == ([], [])

    def test_is_refused_in_the_bin(self, network, ana):
        save(network, ana, summary_sr="Друго.")
        publishing.delete(fresh(network), author=ana)
        for function in (drafts.confirm_translations, drafts.unconfirm_translations):
            with pytest.raises(ValidationError):
                function(fresh(network), ["summary_en"], author=ana)


class TestCorrection:
    def correct(self, row, author, **changes):
        return drafts.save(fresh(row), changes, author=author, is_correction=True)

    def test_leaves_translations_current_and_is_on_record(self, network, ana):
        self.correct(network, ana, summary_sr="Прво!", description_sr="<p>Опис!</p>")
        assert outdated(network) == ([], [])
        event = fresh(network).events.first()
        assert (event.kind, event.fields) == (Event.Kind.CORRECTED, ["summary_en", "description_en"])
        drafts.unconfirm_translations(fresh(network), ["summary_en"], author=ana)
        assert outdated(network) == (["summary_en"], [])

    def test_says_nothing_of_what_was_outdated_before(self, network, ana):
        save(network, ana, summary_sr="Друго.")
        self.correct(network, ana, summary_sr="Друго!", name_sr="Мрежа!")
        assert outdated(network) == (["summary_en"], [])

    def test_says_nothing_of_what_a_colleague_has_written_meanwhile(self, network, ana, milan):
        base = fresh(network).head
        save(network, milan, summary_en="Another.")
        content = FULL | {"summary_sr": "Прво!"}
        drafts.save(fresh(network), content, author=ana, base=base, is_correction=True)
        assert outdated(network) == (["summary_en"], [])


class TestMend:
    """What a program mends is no translation that somebody has written, and no change of the source."""

    def test_leaves_a_translation_as_current_as_it_was(self, network, ana):
        save(network, ana, summary_sr="Друго.")
        drafts.save(fresh(network), {}, mended={"summary_en": "The first.", "name_sr": "Мрежa"}, author=ana)
        assert outdated(network) == (["summary_en"], [])

    def test_goes_with_what_is_typed_beside_it(self, network, ana):
        typed = {"summary_sr": "Дрyго.", "summary_en": "Second.", "name_sr": "Мрежa"}
        mended = {"summary_sr": "Друго.", "name_sr": "Мрежа"}
        drafts.save(fresh(network), typed, mended=mended, author=ana)
        assert fresh(network).head.content["summary_sr"] == "Друго."
        assert outdated(network) == ([], [])

    def test_of_a_correction_leaves_it_one(self, network, ana):
        drafts.save(
            fresh(network),
            {"summary_sr": "Прво!  Так."},
            mended={"summary_sr": "Прво! Так."},
            author=ana,
            is_correction=True,
        )
        assert outdated(network) == ([], [])

    def test_overwrites_nothing_of_a_colleague(self, network, ana, milan):
        base = fresh(network).head
        save(network, milan, summary_en="Another.")
        with pytest.raises(drafts.Conflict):
            drafts.save(fresh(network), {}, mended={"summary_en": "Mended."}, author=ana, base=base)


class TestOneLanguage:
    @pytest.fixture
    def draft(self, network, ana, milan):
        """A draft with Serbian, a fact and English, by two people in turns."""
        save(network, ana, summary_sr="Друго.", joined="2007")
        save(network, milan, summary_en="Second.", name_sr="Савез")
        save(network, ana, name_en="Union")
        return fresh(network)

    @pytest.mark.parametrize(
        ("language", "published", "newest"),
        [
            ("sr", ("Друго.", "First.", "Савез", "Network"), ["name_en", "summary_en"]),
            ("en", ("Прво.", "Second.", "Мрежа", "Union"), ["name_sr", "summary_sr"]),
        ],
    )
    def test_is_published_while_the_other_stays_a_draft(self, draft, milan, language, published, newest):
        before = draft.head.content
        assert publishing.changed_languages(draft) == ["sr", "en"]
        publishing.publish_language(draft, language, author=milan, head=draft.head)
        row = fresh(draft)
        assert (row.summary_sr, row.summary_en, row.name_sr, row.name_en) == published
        assert str(row.joined) == "2007"
        assert row.head.content == before
        assert row.has_draft
        assert publishing.changed_languages(row) == ["en" if language == "sr" else "sr"]
        assert outdated(row) == ([], ["name_en", "summary_en"])
        publishing.publish(row, author=milan)
        assert outdated(row) == ([], [])

    def test_of_a_network_that_is_not_on_the_site_leaves_the_other_language_empty(self, ana):
        row = drafts.save(Network(), FULL, author=ana).row
        publishing.publish_language(fresh(row), "sr", author=ana, head=fresh(row).head)
        row = fresh(row)
        assert (row.is_published, row.name_sr, row.name_en, row.summary_en) == (True, "Мрежа", "", "")
        assert row.head.content["name_en"] == "Network"
        assert outdated(row) == ([], [])

    def test_cannot_be_english_before_the_serbian_name_is_there(self, ana):
        row = drafts.save(Network(), FULL, author=ana).row
        with pytest.raises(ValidationError):
            publishing.publish_language(fresh(row), "en", author=ana, head=fresh(row).head)
        assert fresh(row).revisions.count() == 1

    def test_after_it_was_taken_off_the_site_is_published_beside_what_citizens_have_seen(self, network, ana):
        publishing.unpublish(fresh(network), author=ana)
        save(network, ana, summary_sr="Друго.")
        assert publishing.changed_languages(fresh(network)) == ["sr"]
        publishing.publish_language(fresh(network), "sr", author=ana, head=fresh(network).head)
        row = fresh(network)
        assert (row.summary_sr, row.summary_en, row.name_en) == ("Друго.", "First.", "Network")
        assert row.revisions.count() == 3 and not row.has_draft

    def test_keeps_schedule_links_and_submission_of_the_rest(self, draft, ana, milan):
        at = timezone.now() + timedelta(days=1)
        schedules.create(draft, "publish", at, author=ana)
        drafts.submit(draft, author=ana)
        link = draft.head.preview_links.create(expires_at=at, **storage.author_fields(ana))
        publishing.publish_language(fresh(draft), "sr", author=milan, head=draft.head)
        row = fresh(draft)
        assert row.submitted_by == "ana"
        link.refresh_from_db()
        assert link.revision_id == row.schedules.get().revision_id == row.head_id

    def test_is_refused_when_something_newer_was_saved_or_nothing_changed(self, draft, milan):
        seen = draft.head
        save(draft, milan, seat_sr="Ниш")
        with pytest.raises(ValidationError):
            publishing.publish_language(fresh(draft), "sr", author=milan, head=seen)
        publishing.publish(fresh(draft), author=milan)
        with pytest.raises(ValidationError):
            publishing.publish_language(fresh(draft), "sr", author=milan, head=fresh(draft).head)


class TestAnswer:
    def test_a_submitted_draft_is_returned_with_a_remark_or_taken_back(self, network, ana, milan):
        save(network, ana, summary_sr="Друго.")
        for function, kind in (
            (lambda row: drafts.return_to_author(row, "Још једном.", author=milan), Event.Kind.RETURNED),
            (lambda row: drafts.recall(row, author=ana), Event.Kind.RECALLED),
        ):
            drafts.submit(fresh(network), author=ana)
            function(fresh(network))
            row = fresh(network)
            assert (row.submitted_at, row.submitted_by, row.has_draft) == (None, "", True)
            assert row.events.first().kind == kind
            with pytest.raises(ValidationError):
                function(row)
        drafts.add_remark(fresh(network), "Пази на датум.", author=milan)
        assert [event.explanation for event in fresh(network).events.filter(kind="remarked")] == ["Пази на датум."]


# Whatever two people do


TEXTS = ["", "Један", "Два", "Три"]
COLUMNS = ["summary", "description"]
PEOPLE = ["ana", "milan"]


@dataclass
class Reference:
    """
    Which pairs of texts were written together or confirmed, worked out with nothing but the texts.

    `history` has the texts of each version: {"summary_sr": …}.
    """

    history: list = field(default_factory=list)
    head: int = 0
    live: int | None = None
    # By column: pairs that were written together, and those that were confirmed
    written: set = field(default_factory=set)
    confirmed: set = field(default_factory=set)
    forms: dict = field(default_factory=dict)

    def newest(self):
        return self.history[self.head]

    def is_current(self, texts, name):
        pair = name, texts[f"{name}_sr"], texts[f"{name}_en"]
        return pair in self.written or pair in self.confirmed

    def append(self, texts):
        self.history.append(texts)
        self.head = len(self.history) - 1

    def open(self, who):
        self.forms[who] = self.head

    def save(self, who, changes, is_correction):
        base = self.history[self.forms.pop(who, self.head)]
        newest, mine = self.newest(), base | changes
        merged = dict(newest)
        for column, text in mine.items():
            if text != base[column]:
                if newest[column] not in (base[column], text):
                    return "refused"
                merged[column] = text
        if merged == newest:
            return None
        was_current = {name: self.is_current(newest, name) for name in COLUMNS}
        self.append(merged)
        for name in COLUMNS:
            sr, en = f"{name}_sr", f"{name}_en"
            if merged[en] and merged[en] != newest[en]:
                self.written.add((name, mine[sr], merged[en]))
            elif (
                is_correction
                and merged[en]
                and was_current[name]
                and merged[sr] != newest[sr]
                and (mine[sr], mine[en]) == (merged[sr], merged[en])
            ):
                self.confirmed.add((name, merged[sr], merged[en]))
        return None

    def confirm(self, name):
        texts = self.newest()
        if texts[f"{name}_en"] and not self.is_current(texts, name):
            self.confirmed.add((name, texts[f"{name}_sr"], texts[f"{name}_en"]))

    def unconfirm(self, name):
        texts = self.newest()
        pair = name, texts[f"{name}_sr"], texts[f"{name}_en"]
        if pair not in self.written:
            self.confirmed.discard(pair)

    def publish(self):
        self.live = self.head

    def publish_language(self, language):
        if self.live is None and language == "en":
            return "refused"  # without a Serbian name
        texts, live = (
            self.newest(),
            self.history[self.live] if self.live is not None else dict.fromkeys(self.newest(), ""),
        )
        is_changed = any(texts[column] != live[column] for column in texts if column.endswith(language))
        if self.live is not None and not is_changed:  # the name, which is not among the texts, is new as well
            return "refused"
        part = {column: (texts if column.endswith(language) else live)[column] for column in texts}
        if part != live or self.live is None:
            self.history.append(part)
            self.live = len(self.history) - 1
        if texts != part:
            self.append(texts)
        else:
            self.head = self.live
        return None

    def restore(self, place):
        texts = self.history[place % len(self.history)]
        if texts != self.newest():
            self.append(texts)

    def discard(self):
        if self.live is None:
            return "refused"
        self.head = self.live
        return None


def as_stored(name, text):
    return f"<p>{text}</p>" if name.startswith("description") and text else text


class Project:
    """The same steps, done by the project."""

    def __init__(self, people, texts):
        self.people = {name: User.objects.get(username=name) for name in people}
        self.pk = drafts.save(Network(), {"name_sr": "Мрежа", **texts}, author=self.people["ana"]).row.pk
        self.forms = {}

    def row(self):
        return Network.objects.select_related("head", "live").get(pk=self.pk)

    def open(self, who):
        self.forms[who] = self.row().head

    def save(self, who, changes, is_correction):
        row = self.row()
        base = self.forms.pop(who, row.head)
        content = base.content | changes
        drafts.save(row, content, author=self.people[who], base=base, is_correction=is_correction)

    def confirm(self, name):
        drafts.confirm_translations(self.row(), [f"{name}_en"], author=self.people["ana"])

    def unconfirm(self, name):
        drafts.unconfirm_translations(self.row(), [f"{name}_en"], author=self.people["ana"])

    def publish(self):
        publishing.publish(self.row(), author=self.people["ana"])

    def publish_language(self, language):
        row = self.row()
        publishing.publish_language(row, language, author=self.people["milan"], head=row.head)

    def restore(self, texts):
        row = self.row()
        same = [each for each in row.revisions.all() if texts.items() <= each.content.items()]
        drafts.restore(row, same[0], author=self.people["milan"])

    def discard(self):
        drafts.discard(self.row(), author=self.people["ana"])


def expected_states(reference, texts):
    expected = {}
    for name in COLUMNS:
        if texts[f"{name}_en"]:
            expected[f"{name}_en"] = CURRENT if reference.is_current(texts, name) else OUTDATED
        elif texts[f"{name}_sr"]:
            expected[f"{name}_en"] = MISSING
    return expected


def changes():
    columns = st.sampled_from([f"{name}_{language}" for name in COLUMNS for language in ("sr", "en")])
    return st.dictionaries(columns, st.sampled_from(TEXTS), min_size=1, max_size=3).map(
        lambda changed: {column: as_stored(column, text) for column, text in changed.items()}
    )


who, name = st.sampled_from(PEOPLE), st.sampled_from(COLUMNS)
saving = st.tuples(st.just("save"), who, changes(), st.booleans())
steps = st.one_of(
    saving,
    saving,
    saving,
    st.tuples(st.just("open"), who),
    st.tuples(st.sampled_from(["confirm", "unconfirm"]), name),
    st.tuples(st.sampled_from(["publish", "discard"])),
    st.tuples(st.just("publish_language"), st.sampled_from(["sr", "en"])),
    st.tuples(st.just("restore"), st.integers(0, 9)),
)


@pytest.mark.exhaustive
@settings(
    # A story takes as long as twenty examples of others.
    max_examples=int(os.environ.get("STORIES", settings().max_examples // 8)),
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(story=st.lists(steps, min_size=4, max_size=15))
def test_no_flag_is_false_and_none_is_missing_whatever_two_people_do(ana, milan, story):
    texts = {column: as_stored(column, "Један") for column in ("summary_sr", "summary_en", "description_sr")}
    texts["description_en"] = ""
    with transaction.atomic():
        project, reference = Project(PEOPLE, texts), Reference([texts])
        reference.written.add(("summary", texts["summary_sr"], texts["summary_en"]))
        for step, *arguments in story:
            before = reference.newest()
            given_to_project = (
                [reference.history[arguments[0] % len(reference.history)]] if step == "restore" else arguments
            )
            was_refused = getattr(reference, step)(*arguments) == "refused"
            try:
                getattr(project, step)(*given_to_project)
            except (ValidationError, drafts.Conflict):
                assert was_refused, step
            else:
                assert not was_refused, step
            row = project.row()
            live = None if reference.live is None else reference.history[reference.live]
            for revision, expected in ((row.head, reference.newest()), (row.live, live)):
                assert (revision is None) == (expected is None)
                if revision:
                    assert {column: revision.content[column] for column in expected} == expected
                    found = {k: v for k, v in states(row, revision).items() if k.partition("_")[0] in COLUMNS}
                    assert found == expected_states(reference, expected)
            outdated(row)
            # No translation is ever overwritten but by whoever writes it.
            if step not in ("save", "restore", "discard"):
                assert {column: row.head.content[column] for column in before} == before
        transaction.set_rollback(True)


# What is pure


def test_digest_is_that_of_what_people_read():
    description, summary = (content_fields(Network)[name] for name in ("description_sr", "summary_sr"))
    same = ["<p>Нешто о томе</p>", "<p><strong>Нешто</strong>  о\nтоме</p>", "<p>Нешто</p><p>о томе</p>"]
    assert len({digest(description, html) for html in same}) == 1
    assert digest(description, '<p><a href="https://a.rs/">Нешто</a> о томе</p>') != digest(description, same[0])
    assert digest(summary, "Кафа\u0301") != digest(summary, "Кафа")
    assert digest(summary, "и\u0306") == digest(summary, "й")


@given(st.dictionaries(st.sampled_from([*sources_of(Network)]), st.text(max_size=9)))
def test_a_content_without_pairs_has_nothing_current(texts):
    content = complete_content(Network, normalise_content(Network, texts))
    assert CURRENT not in translation_states(Network, content, ()).values()
    assert set(translation_states(Network, content, pairs_of(Network, content).values()).values()) <= {
        CURRENT,
        MISSING,
    }


def test_what_was_confirmed_goes_with_its_row(network):
    assert ConfirmedTranslation.objects.count() == 3
    network.delete()
    assert not ConfirmedTranslation.objects.exists()
    assert make_network().outdated_newest == []
