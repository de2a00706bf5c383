"""The one door: versions, drafts, publishing, schedules, the bin."""

import json
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.utils import timezone, translation
from hypothesis import given
from hypothesis import strategies as st

from networks.models import TRANSLATED, Change, Event, Network, OpenForm, Page, Revision, SavedForm, Schedule, Theme
from networks.partial_dates import PartialDate
from networks.revisions import drafts, publishing, schedules, storage
from networks.revisions.content import (
    Merge,
    changed_fields,
    complete_content,
    content_fields,
    content_of,
    merge,
    row_with,
)
from tests.contents import EMPTY, FROZEN, IN_ROW, NO_LINES, PAGE, store_picture
from tests.makers import make_network, make_page, make_theme
from tests.processes import Clock

pytestmark = [pytest.mark.django_db, pytest.mark.sql]

PUBLISH, WITHDRAW = Schedule.Action.PUBLISH, Schedule.Action.WITHDRAW
HOUR = timedelta(hours=1)


@pytest.fixture
def ana():
    return User.objects.create_user("ana", first_name="Ана", last_name="Анић")


@pytest.fixture
def milan():
    return User.objects.create_user("milan")


@pytest.fixture
def avec(nis):
    return Network.objects.get(slug="avec")


@pytest.fixture
def model():
    """The model of the rows that the fixtures below make; `both` has a test tried with each."""
    return Network


both = pytest.mark.parametrize("model", [Network, Page])


@pytest.fixture
def draft(model, ana):
    """A network, or a page, of which nobody but its author knows."""
    heading = {f"{model.heading_field}_sr": "Мрежа", f"{model.heading_field}_en": "First"}
    return drafts.save(model(), {"slug": "mreza", **heading}, author=ana).row


@pytest.fixture
def network(draft, ana):
    """A published network, or page, without a draft."""
    return publishing.publish(draft, author=ana)


@pytest.fixture
def clock(monkeypatch):
    """The time that it is for the whole project, to be moved by hand."""
    monkeypatch.setattr(Clock, "moment", datetime(2026, 12, 1, 12, tzinfo=UTC))
    monkeypatch.setattr(timezone, "datetime", Clock)
    return Clock


@pytest.fixture
def logo():
    return store_picture("mark.png", (60, 40))


def anew(network):
    return type(network).objects.get(pk=network.pk)


def newest(network):
    return storage.newest_revision(anew(network))


def write(network, *, author=None, base=None, **changes):
    """
    Save the changes of somebody who began with the base, or else with the newest version.

    `heading` is the English name of a network, and the English title of a page.
    """
    if "heading" in changes:
        changes[f"{network.heading_field}_en"] = changes.pop("heading")
    base = base or newest(network)
    return drafts.save(network, base.content | changes, base=base, author=author).revision


def by_hand(network, content, number=90):
    """A revision as another release of the project may have written it."""
    return network.revisions.create(number=number, content=content)


def kinds(network):
    return [event.kind for event in network.events.order_by("pk")]


def history(network):
    return [each.content for each in network.revisions.order_by("number")]


def whole(network):
    """All that is stored about a network or a page."""
    rows = [type(network).objects.filter(pk=network.pk), network.revisions, network.events, network.schedules]
    return [
        *(list(each.order_by("pk").values()) for each in rows),
        sorted(network.themes.values_list("slug", flat=True)) if isinstance(network, Network) else [],
        sorted(network.former_slugs.values_list("slug", flat=True)),
    ]


def errors_of(error):
    return getattr(error.value, "message_dict", {"": error.value.messages})


def test_what_two_people_change_in_different_fields_is_kept_and_named(avec, ana):
    base = storage.newest_revision(avec)
    drafts.save(avec, {**base.content, "name_en": "Theirs"}, base=base, author=ana)
    saved = drafts.save(avec, {**base.content, "themes": ["peace"]}, base=base, author=ana)
    assert saved.taken == ["name_en"]
    assert (saved.revision.content["name_en"], saved.revision.content["themes"]) == ("Theirs", ["peace"])


def test_what_two_people_change_in_the_same_field_is_not_saved(avec, ana):
    base = storage.newest_revision(avec)
    drafts.save(avec, {**base.content, "name_en": "Theirs"}, base=base, author=ana)
    with pytest.raises(drafts.Conflict) as conflict:
        drafts.save(avec, {**base.content, "name_en": "Mine", "seat_en": "Nice"}, base=base, author=ana)
    assert conflict.value.fields == ["name_en"]
    assert [each.content["name_en"] for each in avec.revisions.all()] == ["Theirs", base.content["name_en"]]


def test_citizens_see_a_draft_only_when_it_is_published(avec, ana):
    before = avec.name_en
    drafts.save(avec, {**storage.newest_revision(avec).content, "name_en": "New", "themes": ["peace"]}, author=ana)
    assert (anew(avec).name_en, anew(avec).has_draft) == (before, True)
    publishing.publish(avec, author=ana)
    assert (anew(avec).name_en, anew(avec).has_draft) == ("New", False)
    assert [theme.slug for theme in anew(avec).themes.all()] == ["peace"]


def test_what_is_planned_happens_once_and_at_its_time(ana):
    network = drafts.save(Network(), {"name_sr": "Нова мрежа"}, author=ana).row
    at = timezone.now() + timedelta(hours=1)
    schedules.create(network, Schedule.Action.PUBLISH, at, author=ana)
    assert (schedules.apply_due(at - timedelta(seconds=1)), anew(network).is_published) == (0, False)
    assert (schedules.apply_due(at), anew(network).is_published) == (1, True)
    assert schedules.apply_due(at) == 0
    assert network.events.filter(kind=Event.Kind.PUBLISHED).count() == 1


def test_network_comes_back_from_the_bin_with_its_history_and_address(avec, ana):
    storage.newest_revision(avec)
    publishing.delete(avec, author=ana)
    assert (anew(avec).is_published, anew(avec).slug) == (False, "avec")
    with pytest.raises(ValidationError):
        drafts.save(avec, {"name_sr": "Нешто друго"}, author=ana)
    publishing.undelete(avec, author=ana)
    assert (anew(avec).deleted_at, anew(avec).name_en, avec.revisions.count()) == (None, avec.name_en, 1)


ID = "5f0c9a3e"  # of a line


class TestContent:
    def test_format_is_the_one_in_which_all_revisions_are_written(self, logo):
        make_theme(slug="culture"), make_theme(slug="peace")
        row = Network.objects.create(**{name: value for name, value in IN_ROW.items() if name != "themes"})
        row.themes.set(Theme.objects.all())
        assert content_of(anew(row)) == FROZEN
        assert list(FROZEN) == list(content_fields(Network))

    def test_format_of_pages_is_theirs(self, ana):
        assert list(content_fields(Page)) == list(PAGE)
        row = drafts.save(Page(), PAGE, author=ana).row
        assert content_of(anew(row)) == Revision.objects.get().content == PAGE
        assert content_of(row_with(Page(), PAGE)) == PAGE
        assert content_of(Page()) == complete_content(Page, {}) == dict.fromkeys(PAGE, "")

    def test_format_of_an_empty_network(self):
        assert content_of(Network(), themes=[]) == EMPTY
        assert complete_content(Network, {}) == EMPTY

    def test_comes_back_from_the_database_as_it_was_written(self, logo, ana):
        make_theme(slug="culture"), make_theme(slug="peace")
        saved = drafts.save(Network(), FROZEN, author=ana)
        assert Revision.objects.get().content == FROZEN
        assert content_of(anew(saved.row)) == FROZEN
        for name, value in IN_ROW.items():
            if name != "themes":
                assert getattr(anew(saved.row), name) == value, name

    def test_each_field_goes_into_an_instance_and_back(self, logo):
        make_theme(slug="culture"), make_theme(slug="peace")
        for name in FROZEN:
            for content in (EMPTY | {name: FROZEN[name]}, FROZEN | {name: EMPTY[name]}):
                assert content_of(row_with(Network(pk=1), content)) == content, name

    @pytest.mark.parametrize(
        ("name", "in_row", "kept"),
        [
            ("name_en", None, ""),
            ("name_en", "", ""),
            ("name_en", "  Network\n", "Network"),
            ("summary_en", "one\r\ntwo\rthree\nfour", "one\ntwo\nthree\nfour"),
            ("internal_note", "\r\n \t", ""),
            ("description_en", None, ""),
            ("description_en", "", ""),
            ("description_en", "<p> </p>", ""),
            ("description_en", "one\n\ntwo", "<p>one</p><p>two</p>"),
            ("description_en", "<p>one</p>\r\n<p>two</p>\r\n", "<p>one</p><p>two</p>"),
            ("description_en", "<p onclick='x()'>one<script>x()</script></p>", "<p>one</p>"),
            ("description_en", "<h1>one</h1><b>two</b>", "<p>one</p><p><strong>two</strong></p>"),
            ("founded", None, None),
            ("founded", "", None),
            ("founded", PartialDate(2007), "2007"),
            ("founded", PartialDate(2007, 5), "2007-05"),
            ("founded", PartialDate(2007, 5, 3), "2007-05-03"),
            ("founded", "2007-05", "2007-05"),
            ("verified_on", None, None),
            ("verified_on", date(2007, 5, 3), "2007-05-03"),
            ("verified_on", "2007-05-03", "2007-05-03"),
            ("fees", [], []),
            ("fees", [{"id": ID, "year": "2026", "due": "", "paid_on": None}], [{"id": ID, "year": 2026}]),
            ("fees", [{"id": ID, "amount": Decimal("1.5E+3")}], [{"id": ID, "amount": "1500.00"}]),
            ("fees", [{"id": ID, "due": date(2026, 3, 1)}], [{"id": ID, "due": "2026-03-01"}]),
            ("fees", [{"id": ID, "year": ""}], []),
            ("periods", [{"id": ID, "left": PartialDate(2007, 5)}], [{"id": ID, "left": "2007-05"}]),
            ("logo", "", None),
            ("logo", None, None),
        ],
    )
    def test_is_kept_in_one_form_however_it_stands_in_the_instance(self, name, in_row, kept):
        content = content_of(Network(**{name: in_row}), themes=[])
        assert content == EMPTY | {name: kept}
        assert json.loads(json.dumps(content)) == content
        again = content_of(row_with(Network(), content), themes=[])
        assert again == content

    def test_themes_are_in_one_order(self):
        themes = [Theme(slug=slug) for slug in ("peace", "culture", "energy")]
        assert content_of(Network(), themes=themes)["themes"] == ["culture", "energy", "peace"]

    def test_theme_that_is_gone_is_left_out_of_the_instance(self):
        make_theme(slug="peace")
        network = row_with(Network(pk=1), EMPTY | {"themes": ["gone", "peace"]})
        assert [theme.slug for theme in network.themes.all()] == ["peace"]

    def test_instance_has_all_else_from_the_row(self, network, ana):
        schedules.create(network, WITHDRAW, timezone.now() + HOUR, author=ana)
        row = anew(network)
        instance = row_with(row, EMPTY)
        names = ["pk", "is_published", "changed_at", "head_id", "live_id", "submitted_at", "deleted_at"]
        assert [getattr(instance, name) for name in names] == [getattr(row, name) for name in names]
        assert (instance.name_sr, row.name_sr, anew(network).name_sr) == ("", "Мрежа", "Мрежа")

    def test_of_a_logo_whose_file_is_lost_is_kept_all_the_same(self, draft, logo, ana):
        """The site shows a mark in its place; work on the network goes on."""
        write(draft, author=ana, logo=logo)
        default_storage.delete(logo["name"])
        write(draft, author=ana, name_en="Second")
        publishing.publish(draft, author=ana)
        assert [newest(draft).content[name] for name in ("name_en", "logo")] == ["Second", logo]
        assert content_of(anew(draft))["logo"] == logo

    def test_change_of_one_field_is_a_change_of_that_field(self):
        assert changed_fields(Network, FROZEN, FROZEN) == []
        for name in FROZEN:
            assert changed_fields(Network, FROZEN, FROZEN | {name: EMPTY[name]}) == [name]
            assert changed_fields(Network, EMPTY | {name: FROZEN[name]}, EMPTY) == [name]

    def test_changes_stand_in_the_order_of_the_form(self):
        unlike_empty = [name for name in FROZEN if FROZEN[name] != EMPTY[name]]
        assert changed_fields(Network, FROZEN, EMPTY) == unlike_empty
        assert changed_fields(Network, {}, dict(reversed(FROZEN.items()))) == unlike_empty

    def test_field_that_a_content_does_not_have_is_empty(self):
        assert changed_fields(Network, {"name_en": ""}, {}) == []
        assert changed_fields(Network, {}, {"status": "member", "logo": None, "themes": []}) == []
        assert changed_fields(Network, {"name_en": "Network"}, {}) == ["name_en"]


# Three values of each field, so that two people often write the same. Of lines, which are merged one by one, there
# are none: tests/test_lines.py is about them.
CHOICES = {
    model: {
        name: (empty,) * 3 if name in NO_LINES else (empty, content[name], f"another {name}")
        for name, empty in complete_content(model, {}).items()
    }
    for model, content in ((Network, FROZEN), (Page, PAGE))
}


@st.composite
def three(draw):
    """A model, and the contents of the base, of theirs and of mine; most of a form stays as it was."""
    model = draw(st.sampled_from(list(CHOICES)))
    choices = CHOICES[model]
    base = draw(st.fixed_dictionaries({name: st.sampled_from(values) for name, values in choices.items()}))
    edits = [draw(st.dictionaries(st.sampled_from(list(choices)), st.integers(0, 2))) for _side in range(2)]
    return model, base, *(base | {name: choices[name][n] for name, n in edit.items()} for edit in edits)


class TestMerge:
    @pytest.mark.parametrize(
        ("base", "theirs", "mine", "merged", "is_taken", "is_conflict"),
        [
            ("", "", "", "", False, False),
            ("a", "a", "a", "a", False, False),
            ("a", "a", "m", "m", False, False),
            ("a", "t", "a", "t", True, False),
            ("a", "", "a", "", True, False),
            ("a", "a", "", "", False, False),
            ("a", "b", "b", "b", False, False),
            ("a", "", "", "", False, False),
            ("a", "t", "m", "m", False, True),
            ("a", "t", "", "", False, True),
            ("a", "", "m", "m", False, True),
            ("", "t", "m", "m", False, True),
        ],
    )
    def test_of_one_field(self, base, theirs, mine, merged, is_taken, is_conflict):
        result = merge(Network, *(EMPTY | {"name_en": value} for value in (base, theirs, mine)))
        assert result == Merge(EMPTY | {"name_en": merged}, ["name_en"] * is_taken, ["name_en"] * is_conflict)

    @pytest.mark.parametrize(
        ("name", "theirs", "mine", "fields"),
        [
            ("themes", ["culture", "energy"], ["peace"], ["themes"]),
            ("themes", ["energy"], ["energy"], []),
            ("logo", None, {"name": "logos/a.png", "width": 1, "height": 1}, ["logo"]),
            ("fees", FROZEN["fees"], FROZEN["fees"], []),
            ("fees", [], [FROZEN["fees"][0] | {"amount": "0.00"}], ["fees"]),
            ("fees", [FROZEN["fees"][0] | {"year": 2025}], [FROZEN["fees"][0] | {"amount": "0.00"}], []),
            ("joined", "2007", "2007-05-03", ["joined"]),
        ],
    )
    def test_knows_lists_pictures_numbers_and_dates(self, name, theirs, mine, fields):
        assert merge(Network, FROZEN, FROZEN | {name: theirs}, FROZEN | {name: mine}).conflicts == fields

    @given(three())
    def test_every_field_is_as_the_rule_says(self, three):
        model, base, theirs, mine = three
        merged = merge(model, base, theirs, mine)
        for name in CHOICES[model]:
            they_changed, i_changed = theirs[name] != base[name], mine[name] != base[name]
            differ = theirs[name] != mine[name]
            assert merged.content[name] == (theirs if they_changed and not i_changed else mine)[name]
            assert (name in merged.taken) == (they_changed and not i_changed)
            assert (name in merged.conflicts) == (they_changed and i_changed and differ)
        assert list(merged.content) == list(CHOICES[model])

    @given(three())
    def test_does_not_ask_who_came_first_but_where_both_wrote(self, three):
        model, base, theirs, mine = three
        one, other = merge(model, base, theirs, mine), merge(model, base, mine, theirs)
        assert one.conflicts == other.conflicts
        assert {name for name in CHOICES[model] if one.content[name] != other.content[name]} == set(one.conflicts)

    @given(three())
    def test_with_somebody_who_changed_nothing_is_what_the_other_wrote(self, three):
        model, base, theirs, _ = three
        changed = changed_fields(model, base, theirs)
        assert merge(model, base, base, theirs) == Merge(theirs)
        assert merge(model, base, theirs, base) == Merge(theirs, changed)
        assert merge(model, base, theirs, theirs) == Merge(theirs)

    @given(three())
    def test_leaves_what_it_is_given_as_it_was(self, three):
        before = json.dumps(three[1:])
        merge(*three)
        assert json.dumps(three[1:]) == before


class TestSave:
    def test_new_network_is_a_draft_with_one_version(self, ana):
        saved = drafts.save(Network(), FROZEN | {"logo": None, "themes": []}, author=ana, comment="From the letter")
        row = anew(saved.row)
        assert (row.is_published, row.has_draft, row.live, row.head) == (False, True, None, saved.revision)
        revision = Revision.objects.get()
        assert (revision.number, revision.parent, revision.author, revision.author_name, revision.comment) == (
            (1, None, ana, "Ана Анић", "From the letter")
        )
        assert (saved.is_new, saved.taken, kinds(row)) == (True, [], [])

    @both
    def test_versions_are_counted_and_know_what_they_took_the_place_of(self, network, ana, milan):
        first, second, third = newest(network), write(network, heading="Second"), write(network, heading="Third")
        assert [(each.number, each.parent) for each in (first, second, third)] == [(1, None), (2, first), (3, second)]

    def test_version_written_on_an_old_one_follows_the_newest(self, network, ana, milan):
        base = newest(network)
        second = write(network, author=ana, base=base, name_en="Second")
        third = write(network, author=milan, base=base, seat_en="Nice")
        assert (third.parent, changed_fields(Network, second.content, third.content)) == (second, ["seat_en"])
        assert third.content["name_en"] == "Second"

    @pytest.mark.parametrize("given", [{"seat_en": "Nice"}, FROZEN | {"logo": None, "themes": [], "seat_en": "Nice"}])
    @pytest.mark.parametrize("is_new", [True, False])
    def test_normalises_each_field_once(self, network, ana, monkeypatch, given, is_new):
        normalised = Counter()
        for module in (drafts, storage):

            def count(model, content, normalise=module.normalise_content):
                normalised.update(content.keys())
                return normalise(model, content)

            monkeypatch.setattr(module, "normalise_content", count)
        given = given | {"slug": "nova", "name_sr": "Нова"}
        saved = drafts.save(Network() if is_new else network, given, author=ana)
        assert saved.revision.content["seat_en"] == "Nice"
        assert normalised == dict.fromkeys(given if is_new else content_fields(Network), 1)

    @pytest.mark.parametrize("is_newest", [True, False])
    def test_merges_only_where_somebody_has_saved_since(self, network, ana, milan, monkeypatch, is_newest):
        base, merged = newest(network), []
        monkeypatch.setattr(drafts, "merge", lambda *contents: merged.append(contents) or merge(*contents))
        if not is_newest:
            write(network, author=ana, base=base, name_en="Second")
            assert merged == []
        revision = write(network, author=milan, base=base, seat_en="Nice")
        assert len(merged) == (not is_newest)
        assert (revision.content["name_en"] == "Second", revision.content["seat_en"]) == (not is_newest, "Nice")

    @pytest.mark.parametrize("what", ["one field", "all fields", "without a base"])
    def test_sanitises_what_another_program_has_written(self, network, ana, what):
        base = newest(network)
        written = by_hand(network, base.content | {"description_sr": "<p onclick='x'>Мир</p>"})
        storage.update_row(anew(network), head=written)
        given = {"name_en": "Second"} if what == "one field" else base.content | {"name_en": "Second"}
        if what == "without a base":
            given, base = written.content | given | {"description_sr": "<p id='x'>Мир</p>"}, None
        saved = drafts.save(network, given, base=base, author=ana)
        assert saved.revision.content["description_sr"] == "<p>Мир</p>"

    def test_without_a_base_goes_on_from_the_newest(self, network, ana):
        second = write(network, author=ana, name_en="Second")
        saved = drafts.save(network, second.content | {"name_en": "Third"}, author=ana)
        assert (saved.taken, saved.revision.content["name_en"]) == ([], "Third")

    def test_draft_of_an_unpublished_network_stands_in_its_row(self, draft, ana):
        theme = make_theme()
        revision = write(draft, author=ana, name_en="Second", slug="druga", themes=[theme.slug])
        assert content_of(anew(draft)) == revision.content
        assert draft.former_slugs.get().slug == "mreza"

    def test_draft_of_a_published_network_does_not(self, network, ana):
        before = whole(network)
        write(network, author=ana, name_en="Second", slug="druga", themes=[make_theme().slug])
        after = whole(network)
        assert after[0][0].pop("head_id") != before[0][0].pop("head_id")
        for name in ("gaps_newest", "words_newest", "computed_from"):  # of the draft
            after[0][0].pop(name), before[0][0].pop(name)
        assert (after[0], after[2:]) == (before[0], before[2:])

    @pytest.mark.parametrize("is_published", [True, False])
    def test_makes_no_version_where_nothing_differs(self, draft, is_published, ana, milan):
        if is_published:
            publishing.publish(draft, author=ana)
        write(draft, author=ana, name_en="Second", summary_en="one\ntwo")
        before = whole(draft)
        saved = drafts.save(draft, newest(draft).content, author=milan)
        assert (saved.is_new, saved.revision, whole(draft)) == (False, newest(draft), before)

    def test_makes_no_version_of_what_a_colleague_wrote_alike(self, network, ana, milan):
        base = newest(network)
        theirs = write(network, author=ana, base=base, name_en="Second")
        saved = drafts.save(network, base.content | {"name_en": "Second"}, base=base, author=milan)
        assert (saved.is_new, saved.revision, saved.taken, network.revisions.count()) == (False, theirs, [], 2)

    def test_makes_no_version_for_somebody_who_changed_nothing_and_names_what_came_meanwhile(self, network, ana):
        base = newest(network)
        theirs = write(network, author=ana, name_en="Second")
        saved = drafts.save(network, base.content, base=base, author=ana)
        assert (saved.is_new, saved.revision, saved.taken) == (False, theirs, ["name_en"])

    @both
    def test_makes_no_version_of_an_address_that_is_to_be_made_and_is_the_same(self, network, ana):
        saved = drafts.save(network, newest(network).content | {"slug": ""}, author=ana)
        assert (saved.is_new, network.revisions.count()) == (False, 1)

    @pytest.mark.parametrize(
        "typed",
        [
            {"name_en": " First "},
            {"summary_en": "one\r\ntwo"},
            {"description_en": "<p>Text</p>\r\n"},
            {"fees": [{"id": "00000fee", "amount": "12.5", "currency": " EUR", "year": "2026", "due": ""}]},
            {"founded": PartialDate(2007, 5)},
            {"themes": ["peace", "culture"]},
        ],
    )
    def test_makes_no_version_of_what_is_only_written_differently(self, network, typed, ana):
        make_theme(slug="culture"), make_theme(slug="peace")
        fee = {"fees": [{"id": "00000fee", "amount": "12.50", "currency": "EUR", "year": 2026}]}
        texts = {"summary_en": "one\ntwo", "description_en": "<p>Text</p>", "founded": "2007-05"}
        write(network, author=ana, themes=["culture", "peace"], **fee, **texts)
        saved = drafts.save(network, newest(network).content | typed, author=ana)
        assert (saved.is_new, network.revisions.count()) == (False, 2)

    def test_makes_no_version_because_a_theme_was_deleted(self, draft, ana):
        """Whoever opens the form cannot choose the theme any more, and has changed nothing."""
        theme = make_theme()
        write(draft, author=ana, themes=[theme.slug])
        theme.delete()
        opened = content_of(row_with(anew(draft), newest(draft).content))
        assert not drafts.save(draft, opened, author=ana).is_new

    @pytest.mark.parametrize("is_published", [True, False])
    @pytest.mark.parametrize(
        "typed",
        [
            {"name_en": " Second\r\n"},
            {"summary_en": "one\r\ntwo\r\n"},
            {"description_en": "one<script>x()</script>"},
        ],
    )
    def test_what_is_written_differently_is_kept_in_one_form(self, draft, is_published, typed, ana):
        if is_published:
            publishing.publish(draft, author=ana)
        revision = write(draft, author=ana, **typed)
        row = anew(draft) if not is_published else publishing.publish(draft, author=ana)
        for name, value in typed.items():
            assert "\r" not in revision.content[name] == revision.content[name].strip()
            assert getattr(anew(row), name) == revision.content[name] != value

    def test_conflict_saves_nothing_and_names_all_fields_in_which_it_lies(self, network, ana, milan):
        base = newest(network)
        write(network, author=ana, base=base, name_en="Theirs", seat_en="Theirs", acronym_en="TH")
        before = whole(network)
        with pytest.raises(drafts.Conflict) as conflict:
            write(network, author=milan, base=base, seat_en="Mine", name_en="Mine", benefit_en="Mine")
        assert (conflict.value.fields, str(conflict.value)) == (["name_en", "seat_en"], "name_en, seat_en")
        assert whole(network) == before

    def test_after_a_conflict_one_goes_on_from_the_newest(self, network, ana, milan):
        base = newest(network)
        theirs = write(network, author=ana, base=base, name_en="Theirs")
        mine = drafts.save(network, base.content | {"name_en": "Mine"}, base=theirs, author=milan)
        assert [each["name_en"] for each in history(network)] == ["First", "Theirs", "Mine"]
        assert mine.taken == []

    @pytest.mark.parametrize(
        ("typed", "fields", "is_published"),
        [
            ({"name_sr": ""}, {"name_sr"}, False),
            ({"name_sr": ""}, {"name_sr"}, True),
            ({"status": "paused"}, {"status"}, False),
            ({"website": "javascript:alert(1)"}, {"website"}, True),
            ({"fees": [{"amount": "10.00"}]}, {"fees"}, False),
            ({"fees": [{"amount": "10.00", "currency": "eur", "year": 2026}]}, {"fees"}, True),
            ({"fees": "many"}, {"fees"}, True),
            ({"joined": "2007", "left": "2003", "status": "left"}, {"left"}, False),
            ({"verified_on": "2999-01-01"}, {"verified_on"}, True),
            ({"description_en": "<p><a href='ftp://example.org'>x</a></p>"}, {"description_en"}, False),
            ({"slug": "two words"}, {"slug"}, True),
            ({"slug": "taken"}, {"slug"}, False),
            ({"summary_en": "x" * 301, "contact_email": "nobody"}, {"summary_en", "contact_email"}, True),
        ],
    )
    def test_what_is_not_valid_leaves_nothing_half_saved(self, draft, is_published, typed, fields, ana):
        make_network(slug="taken")
        if is_published:
            publishing.publish(draft, author=ana)
        write(draft, author=ana, themes=[make_theme().slug])
        before = whole(draft)
        with pytest.raises(ValidationError) as error:
            drafts.save(draft, newest(draft).content | typed | {"themes": []}, author=ana, token="the form")
        assert set(errors_of(error)) == fields
        assert (whole(draft), SavedForm.objects.count()) == (before, 0)

    @pytest.mark.parametrize("moment", ["free_slug", "save_row"])
    def test_an_address_that_is_taken_while_it_is_made_is_made_anew(self, monkeypatch, moment):
        """Before it is validated, and after."""
        module = {"free_slug": storage, "save_row": drafts}[moment]
        usual = getattr(module, moment)

        def with_a_colleague(instance, *args):
            monkeypatch.setattr(module, moment, usual)
            if moment == "save_row":
                make_network(slug=instance.slug)
                return usual(instance)
            slug = usual(instance, *args)
            make_network(slug=slug)
            return slug

        monkeypatch.setattr(module, moment, with_a_colleague)
        content = {"name_sr": "Мрежа", "name_en": "Alike", "slug": ""}
        assert drafts.save(Network(), content, author=None).row.slug == "alike-2"
        assert Network.objects.count() == 2

    @pytest.mark.parametrize("typed", [{"name_sr": ""}, {"name_sr": "Мрежа", "slug": "taken"}, {}])
    def test_new_network_that_is_not_valid_is_not_made(self, typed, ana):
        make_network(slug="taken")
        with pytest.raises(ValidationError):
            drafts.save(Network(), typed, author=ana, token="the form")
        assert (Network.objects.count(), Revision.objects.count(), SavedForm.objects.count()) == (1, 0, 0)

    def test_form_is_remembered_with_what_it_wrote(self, network, ana):
        saved = drafts.save(network, newest(network).content | {"name_en": "A"}, author=ana, token="one")
        again = drafts.save(network, newest(network).content, author=ana, token="two")
        remembered = dict(SavedForm.objects.values_list("token", "revision"))
        assert remembered == {"one": saved.revision.pk, "two": saved.revision.pk}
        assert again.is_new is False

    @both
    def test_form_is_remembered_for_thirty_days(self, clock, network, ana):
        drafts.save(network, newest(network).content, author=ana, token="one")
        clock.moment += timedelta(days=29)
        drafts.save(network, newest(network).content, author=ana, token="two")
        assert {*SavedForm.objects.values_list("token", flat=True)} == {"one", "two"}
        clock.moment += timedelta(days=2)
        drafts.save(network, newest(network).content, author=ana, token="three")
        assert {*SavedForm.objects.values_list("token", flat=True)} == {"two", "three"}

    def test_form_of_a_conflict_is_not_remembered(self, network, ana):
        base = newest(network)
        write(network, author=ana, name_en="Theirs")
        with pytest.raises(drafts.Conflict):
            drafts.save(network, base.content | {"name_en": "Mine"}, base=base, author=ana, token="one")
        assert not SavedForm.objects.exists()


class TestAuthors:
    @both
    def test_names_stay_when_the_account_goes(self, network, ana, milan):
        write(network, author=ana, heading="Second")
        drafts.submit(network, author=ana)
        schedules.create(network, PUBLISH, timezone.now() + HOUR, author=ana)
        User.objects.all().delete()
        assert {(each.author, each.author_name) for each in network.revisions.all()} == {(None, "Ана Анић")}
        assert {(each.author, each.author_name) for each in network.events.all()} == {(None, "Ана Анић")}
        assert anew(network).submitted_by == "Ана Анић"
        schedules.apply_due(timezone.now() + HOUR)
        assert (anew(network).heading, network.events.first().author_name) == ("Second", "Ана Анић")

    @both
    def test_names_are_those_of_their_time(self, network, ana):
        write(network, author=ana, heading="Second")
        User.objects.filter(pk=ana.pk).update(last_name="Петровић")
        ana.refresh_from_db()
        write(network, author=ana, heading="Third")
        assert [each.author_name for each in network.revisions.all()] == ["Ана Петровић", "Ана Анић", "Ана Анић"]

    @both
    def test_account_without_a_name_goes_by_that_it_signs_in_with(self, network, milan):
        assert write(network, author=milan, heading="Second").author_name == "milan"

    @both
    def test_what_no_person_did_has_no_name(self, network):
        revision = write(network, heading="Second")
        assert (revision.author, revision.author_name) == (None, "")

    @both
    def test_longest_name_that_an_account_may_have_is_no_obstacle(self, network):
        author = User.objects.create_user("longest", first_name="Б" * 150, last_name="В" * 150)
        author.full_clean(exclude=["password"])
        revision = write(network, author=author, heading="Second")
        revision.full_clean()
        drafts.submit(network, author=author)
        publishing.publish(network, author=author)
        publishing.delete(network, author=author)
        assert revision.author_name.startswith("Б")


class TestPublish:
    @both
    def test_makes_the_newest_version_what_citizens_see(self, network, ana):
        revision = write(network, author=ana, heading="Second")
        returned = publishing.publish(network, author=ana)
        row = anew(network)
        assert (row.head, row.live, row.is_published, row.has_draft) == (revision, revision, True, False)
        assert content_of(row) == content_of(returned) == revision.content
        event = network.events.first()
        assert (event.kind, event.revision, event.author) == (Event.Kind.PUBLISHED, revision, ana)

    @both
    def test_of_an_older_version_leaves_the_draft(self, network, ana):
        second, third = write(network, author=ana, heading="Second"), write(network, author=ana, heading="Third")
        publishing.publish(network, author=ana, revision=second)
        row = anew(network)
        assert (row.head, row.live, row.heading, row.has_draft) == (third, second, "Second", True)

    @both
    def test_answers_who_submitted_it(self, network, ana):
        write(network, author=ana, heading="Second")
        drafts.submit(network, author=ana)
        publishing.publish(network, author=ana)
        assert (anew(network).submitted_at, anew(network).submitted_by) == (None, "")

    @both
    def test_of_an_older_version_leaves_what_was_submitted(self, network, ana):
        second, _third = write(network, author=ana, heading="Second"), write(network, author=ana, heading="Third")
        drafts.submit(network, author=ana)
        publishing.publish(network, author=ana, revision=second)
        assert anew(network).submitted_by == "Ана Анић"

    def test_of_what_is_no_longer_valid_changes_nothing(self, network, ana):
        revision = by_hand(network, FROZEN | {"logo": None, "status": "paused"})
        before = whole(network)
        with pytest.raises(ValidationError):
            publishing.publish(network, author=ana, revision=revision)
        assert whole(network) == before

    @both
    def test_network_in_the_bin_is_not_published(self, draft, ana):
        publishing.delete(draft, author=ana)
        before = whole(draft)
        with pytest.raises(ValidationError):
            publishing.publish(draft, author=ana)
        assert whole(draft) == before

    def test_version_of_another_network_is_not_published(self, network, ana):
        other = drafts.save(Network(), {"name_sr": "Друга"}, author=ana).revision
        before = whole(network)
        with pytest.raises((ValidationError, ValueError)):
            publishing.publish(network, author=ana, revision=other)
        assert whole(network) == before


class TestWithdraw:
    def test_keeps_all_that_is_written_and_the_row_has_the_newest(self, network, ana):
        second = write(network, author=ana, name_en="Second", themes=[make_theme().slug])
        before = history(network)
        publishing.unpublish(network, author=ana)
        row = anew(network)
        assert (row.is_published, row.live, row.head, row.has_draft) == (False, None, second, True)
        assert (content_of(row), history(network)) == (second.content, before)
        event = network.events.first()
        assert (event.kind, event.revision.number) == (Event.Kind.WITHDRAWN, 1)

    @both
    def test_of_what_is_not_on_the_site_does_nothing(self, draft, ana):
        before = whole(draft)
        publishing.unpublish(draft, author=ana)
        assert whole(draft) == before

    @both
    def test_network_can_be_written_and_published_again(self, network, ana):
        publishing.unpublish(network, author=ana)
        write(network, author=ana, heading="Second")
        publishing.publish(network, author=ana)
        assert (anew(network).heading, kinds(network)) == ("Second", ["published", "withdrawn", "published"])

    @both
    def test_drops_the_plan_to_do_so_and_leaves_the_plan_to_publish(self, network, ana):
        write(network, author=ana, heading="Second")
        schedules.create(network, PUBLISH, timezone.now() + HOUR, author=ana)
        schedules.create(network, WITHDRAW, timezone.now() + 2 * HOUR, author=ana)
        publishing.unpublish(network, author=ana)
        assert [plan.action for plan in network.schedules.all()] == [PUBLISH]


class TestDiscard:
    @both
    def test_goes_back_to_what_citizens_see_and_keeps_the_history(self, network, ana, milan):
        first, second = newest(network), write(network, author=ana, heading="Second")
        drafts.submit(network, author=ana)
        changed_at, before = anew(network).changed_at, history(network)
        drafts.discard(network, author=milan)
        row = anew(network)
        assert (row.head, row.live, row.has_draft, row.changed_at) == (first, first, False, changed_at)
        assert (row.submitted_at, row.submitted_by, history(network)) == (None, "", before)
        event = network.events.first()
        assert (event.kind, event.revision, event.author) == (Event.Kind.DISCARDED, second, milan)

    @both
    def test_next_version_has_a_number_of_its_own(self, network, ana):
        first = newest(network)
        write(network, author=ana, heading="Second")
        drafts.discard(network, author=ana)
        third = write(network, author=ana, heading="Third")
        assert (third.number, third.parent) == (3, first)

    def test_what_was_discarded_does_not_come_back_with_a_form_that_was_open(self, network, ana, milan):
        second = write(network, author=ana, name_en="Second")
        drafts.discard(network, author=ana)
        third = write(network, author=milan, base=second, seat_en="Nice")
        assert (third.content["name_en"], third.content["seat_en"]) == ("First", "Nice")

    @both
    def test_of_what_has_no_draft_does_nothing(self, network, ana):
        before = whole(network)
        drafts.discard(network, author=ana)
        assert whole(network) == before

    @both
    def test_of_what_was_never_published_is_refused(self, draft, ana):
        before = whole(draft)
        with pytest.raises(ValidationError):
            drafts.discard(draft, author=ana)
        assert whole(draft) == before


class TestSubmit:
    @both
    def test_is_noted_with_who_and_when(self, clock, network, ana):
        revision = write(network, author=ana, heading="Second")
        drafts.submit(network, author=ana)
        row, event = anew(network), network.events.first()
        assert (row.submitted_at, row.submitted_by) == (clock.moment, "Ана Анић")
        assert (event.kind, event.revision, event.created_at) == (Event.Kind.SUBMITTED, revision, clock.moment)

    @both
    def test_stays_when_somebody_corrects_a_word(self, network, ana, milan):
        write(network, author=ana, heading="Second")
        drafts.submit(network, author=ana)
        write(network, author=milan, heading="Second, corrected")
        assert anew(network).submitted_by == "Ана Анић"

    @both
    @pytest.mark.parametrize("is_deleted", [True, False])
    def test_of_what_has_no_draft_or_is_in_the_bin_is_refused(self, network, is_deleted, ana):
        if is_deleted:
            publishing.delete(network, author=ana)
        before = whole(network)
        with pytest.raises(ValidationError):
            drafts.submit(network, author=ana)
        assert whole(network) == before


class TestRestore:
    def test_makes_the_old_version_the_newest_draft(self, network, ana, milan):
        first = newest(network)
        second = write(network, author=ana, name_en="Second", themes=[make_theme().slug])
        publishing.publish(network, author=ana)
        saved = drafts.restore(network, first, author=milan)
        assert (saved.revision.content, saved.is_new) == (first.content, True)
        assert (saved.revision.number, saved.revision.parent, saved.revision.restored_from) == (3, second, first)
        assert (saved.revision.author, anew(network).head, anew(network).live) == (milan, saved.revision, second)
        assert anew(network).name_en == "Second"

    @both
    def test_of_what_was_discarded_brings_it_back(self, network, ana):
        second = write(network, author=ana, heading="Second")
        drafts.discard(network, author=ana)
        drafts.restore(network, second, author=ana)
        assert newest(network).content == second.content

    @both
    def test_of_what_is_the_newest_makes_no_version(self, network, ana):
        before = whole(network)
        assert not drafts.restore(network, newest(network), author=ana).is_new
        assert whole(network) == before

    @pytest.mark.parametrize(
        ("old", "fields", "is_published"),
        [
            ({"status": "paused"}, {"status"}, True),
            ({"scope": "lunar"}, {"scope"}, False),
            ({"name_sr": ""}, {"name_sr"}, True),
            ({"fees": [{"id": "00000fee", "amount": "10.00"}]}, {"fees"}, False),
            ({"slug": "taken"}, {"slug"}, True),
            ({"founded": "the thirties"}, {"founded"}, False),
            ({"fees": [{"id": "00000fee", "amount": "a lot", "currency": "EUR", "year": 2026}]}, {"fees"}, True),
        ],
    )
    def test_of_what_is_no_longer_valid_is_an_error_and_saves_nothing(self, draft, is_published, old, fields, ana):
        make_network(slug="taken")
        if is_published:
            publishing.publish(draft, author=ana)
        revision = by_hand(draft, newest(draft).content | {"name_en": "Old"} | old)
        before = whole(draft)
        with pytest.raises(ValidationError) as error:
            drafts.restore(draft, revision, author=ana)
        assert set(errors_of(error)) == fields
        assert whole(draft) == before

    def test_theme_that_is_gone_does_not_stand_in_the_way(self, network, ana):
        theme = make_theme()
        second = write(network, author=ana, themes=[theme.slug], name_en="Second")
        write(network, author=ana, themes=[], name_en="Third")
        theme.delete()
        saved = drafts.restore(network, second, author=ana)
        assert (saved.revision.content["name_en"], saved.revision.content["themes"]) == ("Second", [])

    def test_makes_no_version_where_only_a_theme_that_is_gone_differs(self, network, ana):
        theme = make_theme()
        second = write(network, author=ana, themes=[theme.slug])
        write(network, author=ana, themes=[])
        theme.delete()
        assert not drafts.restore(network, second, author=ana).is_new

    @both
    def test_in_the_bin_is_refused(self, network, ana):
        first = newest(network)
        write(network, author=ana, heading="Second")
        publishing.delete(network, author=ana)
        before = whole(network)
        with pytest.raises(ValidationError):
            drafts.restore(network, first, author=ana)
        assert whole(network) == before


class TestBin:
    def test_takes_the_network_off_the_site_with_its_plans_and_keeps_the_rest(self, clock, network, logo, ana, milan):
        second = write(network, author=ana, name_en="Second", logo=logo, themes=[make_theme().slug])
        drafts.submit(network, author=ana)
        for action in (PUBLISH, WITHDRAW):
            schedules.create(network, action, clock.moment + HOUR, author=ana)
        before = history(network)
        publishing.delete(network, author=milan)
        row = anew(network)
        assert (row.deleted_at, row.deleted_by) == (clock.moment, "milan")
        assert (row.is_published, row.live, row.head, row.submitted_at) == (False, None, second, None)
        assert (content_of(row), history(network)) == (second.content, before)
        assert not network.schedules.exists()
        assert (network.events.first().kind, network.events.first().revision) == (Event.Kind.DELETED, second)
        assert ([*Network.objects.in_bin()], [*Network.objects.outside_bin()]) == ([row], [])

    def test_gives_it_back_as_a_draft(self, network, logo, ana, milan):
        publishing.publish(network, revision=write(network, author=ana, logo=logo), author=ana)
        before = content_of(anew(network))
        publishing.delete(network, author=ana)
        publishing.undelete(network, author=milan)
        row = anew(network)
        assert (row.deleted_at, row.deleted_by, row.is_published, row.has_draft) == (None, "", False, True)
        assert (content_of(row), row.slug, row.logo.name) == (before, "mreza", logo["name"])
        assert default_storage.exists(logo["name"])
        assert (network.events.first().kind, network.events.first().author) == (Event.Kind.UNDELETED, milan)
        publishing.publish(network, author=milan)
        assert content_of(anew(network)) == before

    @both
    def test_twice_is_once(self, network, ana):
        publishing.delete(network, author=ana)
        before = whole(network)
        publishing.delete(network, author=ana)
        assert whole(network) == before
        publishing.undelete(network, author=ana)
        before = whole(network)
        publishing.undelete(network, author=ana)
        assert whole(network) == before

    @both
    @pytest.mark.parametrize("what", ["save", "publish", "submit", "schedule", "restore", "discard"])
    def test_nothing_in_it_is_written(self, network, what, ana):
        first = newest(network)
        write(network, author=ana, heading="Second")
        publishing.delete(network, author=ana)
        before = whole(network)
        attempts = {
            "save": lambda: drafts.save(network, first.content | {"slug": "druga"}, author=ana),
            "publish": lambda: publishing.publish(network, author=ana),
            "submit": lambda: drafts.submit(network, author=ana),
            "schedule": lambda: schedules.create(network, PUBLISH, timezone.now() + HOUR, author=ana),
            "restore": lambda: drafts.restore(network, first, author=ana),
            "discard": lambda: drafts.discard(network, author=ana),
        }
        with pytest.raises(ValidationError):
            attempts[what]()
        assert whole(network) == before


class TestAddress:
    @pytest.mark.parametrize(
        ("typed", "slug"),
        [
            ({"name_sr": "Ђердапска мрежа"}, "djerdapska-mreza"),
            ({"name_sr": "Мрежа", "name_en": "Mayors for Peace"}, "mayors-for-peace"),
            ({"name_sr": "Мрежа", "slug": "chosen"}, "chosen"),
            ({"name_sr": "Мрежа", "name_en": "Taken"}, "taken-2"),
            ({"name_sr": "Мрежа", "name_en": "Deleted"}, "deleted-2"),
            ({"name_sr": "Мрежа", "name_en": "Formerly"}, "formerly-2"),
            ({"name_sr": "平和"}, "network"),
        ],
    )
    def test_that_is_left_empty_is_made(self, typed, slug, ana):
        make_network(slug="taken")
        publishing.delete(make_network(slug="deleted"), author=ana)
        write(make_network(slug="formerly", is_published=False), slug="present")
        saved = drafts.save(Network(), typed, author=ana)
        assert (anew(saved.row).slug, saved.revision.content["slug"]) == (slug, slug)

    @both
    def test_that_is_emptied_later_stays(self, network, ana):
        revision = write(network, author=ana, slug="", heading="Second")
        assert revision.content["slug"] == "mreza"

    def test_in_the_bin_stays_taken(self, network, ana):
        publishing.delete(network, author=ana)
        with pytest.raises(ValidationError) as error:
            drafts.save(Network(), {"name_sr": "Друга", "slug": "mreza"}, author=ana)
        assert set(errors_of(error)) == {"slug"}

    def test_former_one_leads_on_from_when_the_new_one_is_published(self, client, network, ana):
        write(network, author=ana, slug="druga")
        assert client.get("/networks/mreza/").status_code == 200
        assert client.get("/networks/druga/").status_code == 404
        publishing.publish(network, author=ana)
        assert client.get("/networks/druga/").status_code == 200
        assert client.get("/networks/mreza/")["Location"] == "/networks/druga/"

    def test_former_one_comes_back_with_the_version_that_had_it(self, client, network, ana):
        first = newest(network)
        write(network, author=ana, slug="druga")
        publishing.publish(network, author=ana)
        publishing.publish(network, revision=drafts.restore(network, first, author=ana).revision, author=ana)
        assert client.get("/networks/mreza/").status_code == 200
        assert client.get("/networks/druga/")["Location"] == "/networks/mreza/"

    def test_of_a_draft_that_somebody_else_took_meanwhile_cannot_be_published(self, network, ana):
        write(network, author=ana, slug="druga")
        drafts.save(Network(), {"name_sr": "Друга", "slug": "druga"}, author=ana)
        before = whole(network)
        for attempt in (
            lambda: publishing.publish(network, author=ana),
            lambda: schedules.create(network, PUBLISH, timezone.now() + HOUR, author=ana),
        ):
            with pytest.raises(ValidationError) as error:
                attempt()
            assert set(errors_of(error)) == {"slug"}
        assert whole(network) == before
        write(network, author=ana, slug="treca")
        publishing.publish(network, author=ana)
        assert anew(network).slug == "treca"

    @pytest.mark.parametrize("off", [publishing.unpublish, publishing.delete])
    def test_of_a_draft_that_somebody_else_took_meanwhile_is_no_obstacle_off_the_site(self, network, off, ana):
        second = write(network, author=ana, slug="druga", name_en="Second")
        other = drafts.save(Network(), {"name_sr": "Друга", "slug": "druga"}, author=ana).row
        off(network, author=ana)
        row = anew(network)
        assert (row.slug, row.name_en, row.is_published, row.head) == ("mreza", "Second", False, second)
        assert (anew(other).slug, row.former_slugs.count(), newest(network).content) == ("druga", 0, second.content)
        publishing.undelete(network, author=ana)
        with pytest.raises(ValidationError) as error:
            publishing.publish(network, author=ana)
        assert set(errors_of(error)) == {"slug"}


class TestSchedules:
    @pytest.mark.long
    @both
    @pytest.mark.parametrize(
        ("local", "utc"),
        [
            ((2026, 12, 24, 8, 0), datetime(2026, 12, 24, 7, tzinfo=UTC)),
            ((2027, 3, 27, 8, 0), datetime(2027, 3, 27, 7, tzinfo=UTC)),
            ((2027, 3, 28, 8, 0), datetime(2027, 3, 28, 6, tzinfo=UTC)),  # the night in which summer time begins
            ((2027, 7, 1, 0, 0), datetime(2027, 6, 30, 22, tzinfo=UTC)),
            ((2027, 10, 31, 1, 59), datetime(2027, 10, 30, 23, 59, tzinfo=UTC)),
            ((2027, 10, 31, 3, 0), datetime(2027, 10, 31, 2, tzinfo=UTC)),
        ],
    )
    def test_are_kept_at_the_hour_of_belgrade_in_winter_and_in_summer(self, clock, draft, local, utc, ana):
        at = timezone.make_aware(datetime(*local))
        assert at.tzinfo == ZoneInfo("Europe/Belgrade")
        plan = schedules.create(draft, PUBLISH, at, author=ana)
        plan.refresh_from_db()
        assert timezone.localtime(plan.at).timetuple()[:5] == local
        clock.moment = utc - timedelta(seconds=1)
        assert (schedules.apply_due(), anew(draft).is_published) == (0, False)
        clock.moment = utc
        assert (schedules.apply_due(), anew(draft).is_published) == (1, True)

    @both
    @pytest.mark.parametrize("action", [PUBLISH, WITHDRAW])
    def test_for_a_time_that_has_passed_are_refused(self, clock, network, action, ana):
        write(network, author=ana, heading="Second")
        schedules.create(network, action, clock.moment + HOUR, author=ana)
        before = whole(network)
        for distance in (timedelta(0), -timedelta(seconds=1), -timedelta(days=365)):
            with pytest.raises(ValidationError) as error:
                schedules.create(network, action, clock.moment + distance, author=ana)
            assert (set(errors_of(error)), whole(network)) == ({"at"}, before)

    @both
    def test_publish_the_version_that_was_the_newest_when_they_were_made(self, clock, network, ana, milan):
        second = write(network, author=ana, heading="Second")
        schedules.create(network, PUBLISH, clock.moment + HOUR, author=ana)
        third = write(network, author=milan, heading="Third")
        schedules.apply_due(clock.moment + HOUR)
        row = anew(network)
        assert (row.heading, row.live, row.head) == ("Second", second, third)

    @both
    def test_are_done_in_the_name_of_who_made_them(self, clock, network, ana):
        second = write(network, author=ana, heading="Second")
        schedules.create(network, PUBLISH, clock.moment + HOUR, author=ana)
        clock.moment += 2 * HOUR
        schedules.apply_due()
        event = network.events.first()
        assert (event.kind, event.author, event.author_name, event.revision) == (
            (Event.Kind.PUBLISHED, ana, "Ана Анић", second)
        )
        assert (event.planned_for, event.created_at) == (clock.moment - HOUR, clock.moment)
        assert kinds(network) == ["published", "scheduled", "published"]

    @both
    def test_take_the_network_off_the_site(self, clock, network, ana):
        schedules.create(network, WITHDRAW, clock.moment + HOUR, author=ana)
        schedules.apply_due(clock.moment + HOUR)
        event = network.events.first()
        assert (anew(network).is_published, network.schedules.count()) == (False, 0)
        assert (event.kind, event.author, event.planned_for) == (Event.Kind.WITHDRAWN, ana, clock.moment + HOUR)

    @both
    @pytest.mark.parametrize("action", [PUBLISH, WITHDRAW])
    def test_second_one_takes_the_place_of_the_first(self, clock, network, action, ana, milan):
        write(network, author=ana, heading="Second")
        schedules.create(network, action, clock.moment + HOUR, author=ana)
        third = write(network, author=milan, heading="Third")
        schedules.create(network, action, clock.moment + 2 * HOUR, author=milan)
        plan = network.schedules.get()
        assert (plan.at, plan.author, plan.author_name) == (clock.moment + 2 * HOUR, milan, "milan")
        assert plan.revision == (third if action == PUBLISH else None)
        assert schedules.apply_due(clock.moment + HOUR) == 0
        assert schedules.apply_due(clock.moment + 2 * HOUR) == 1

    @both
    def test_cancelled_one_does_not_happen(self, clock, network, ana, milan):
        second = write(network, author=ana, heading="Second")
        plan = schedules.create(network, PUBLISH, clock.moment + HOUR, author=ana)
        schedules.cancel(plan, author=milan)
        assert (schedules.apply_due(clock.moment + HOUR), anew(network).heading) == (0, "First")
        event = network.events.first()
        assert (event.kind, event.revision, event.author, event.planned_for) == (
            (Event.Kind.CANCELLED, second, milan, clock.moment + HOUR)
        )

    @both
    def test_cancelling_what_is_done_already_does_nothing(self, clock, network, ana):
        write(network, author=ana, heading="Second")
        first_plan = schedules.create(network, PUBLISH, clock.moment + HOUR, author=ana)
        stale = Schedule.objects.get()
        second_plan = schedules.create(network, PUBLISH, clock.moment + 2 * HOUR, author=ana)
        before = whole(network)
        schedules.cancel(stale, author=ana)
        assert (whole(network), first_plan.at) == (before, clock.moment + HOUR)
        schedules.apply_due(clock.moment + 2 * HOUR)
        before = whole(network)
        schedules.cancel(second_plan, author=ana)
        assert whole(network) == before

    @both
    @pytest.mark.parametrize(
        ("do", "left"),
        [
            (lambda network, ana: publishing.publish(network, author=ana), [WITHDRAW]),
            (lambda network, ana: drafts.discard(network, author=ana), [WITHDRAW]),
            (lambda network, ana: publishing.unpublish(network, author=ana), [PUBLISH]),
            (lambda network, ana: publishing.delete(network, author=ana), []),
            (lambda network, ana: write(network, author=ana, heading="Third"), [PUBLISH, WITHDRAW]),
            (lambda network, ana: drafts.submit(network, author=ana), [PUBLISH, WITHDRAW]),
        ],
        ids=["publish", "discard", "withdraw", "delete", "save", "submit"],
    )
    def test_are_dropped_by_what_makes_them_pointless(self, clock, network, do, left, ana):
        write(network, author=ana, heading="Second")
        schedules.create(network, PUBLISH, clock.moment + HOUR, author=ana)
        schedules.create(network, WITHDRAW, clock.moment + 2 * HOUR, author=ana)
        do(network, ana)
        assert [plan.action for plan in network.schedules.all()] == left

    @both
    @pytest.mark.parametrize(
        ("is_published", "first", "second", "fits"),
        [
            (False, (PUBLISH, 1), (WITHDRAW, 2), True),
            (False, (PUBLISH, 2), (WITHDRAW, 1), False),
            (False, (PUBLISH, 1), (WITHDRAW, 1), False),
            (True, (PUBLISH, 1), (WITHDRAW, 2), True),
            (True, (PUBLISH, 2), (WITHDRAW, 1), True),
            (True, (WITHDRAW, 1), (PUBLISH, 2), True),
            (True, (WITHDRAW, 2), (PUBLISH, 1), True),
        ],
    )
    def test_stand_in_an_order_that_makes_sense(self, clock, draft, is_published, first, second, fits, ana):
        if is_published:
            publishing.publish(draft, author=ana)
            write(draft, author=ana, heading="Second")
        schedules.create(draft, first[0], clock.moment + first[1] * HOUR, author=ana)
        if fits:
            schedules.create(draft, second[0], clock.moment + second[1] * HOUR, author=ana)
            assert draft.schedules.count() == 2
            return
        with pytest.raises(ValidationError) as error:
            schedules.create(draft, second[0], clock.moment + second[1] * HOUR, author=ana)
        assert (set(errors_of(error)), draft.schedules.count()) == ({"at"}, 1)

    @both
    def test_moving_the_publishing_past_the_withdrawal_is_refused(self, clock, draft, ana):
        schedules.create(draft, PUBLISH, clock.moment + HOUR, author=ana)
        schedules.create(draft, WITHDRAW, clock.moment + 2 * HOUR, author=ana)
        with pytest.raises(ValidationError):
            schedules.create(draft, PUBLISH, clock.moment + 3 * HOUR, author=ana)
        assert draft.schedules.get(action=PUBLISH).at == clock.moment + HOUR

    @both
    @pytest.mark.parametrize(
        ("publish", "withdraw", "events", "is_published"),
        [
            (1, 2, ["published", "withdrawn"], False),
            (2, 1, ["withdrawn", "published"], True),
        ],
    )
    def test_are_done_in_their_order_by_a_server_that_was_down(
        self, clock, network, publish, withdraw, events, is_published, ana
    ):
        write(network, author=ana, heading="Second")
        schedules.create(network, PUBLISH, clock.moment + publish * HOUR, author=ana)
        schedules.create(network, WITHDRAW, clock.moment + withdraw * HOUR, author=ana)
        assert schedules.apply_due(clock.moment + 9 * HOUR) == 2
        assert (kinds(network)[-2:], anew(network).is_published) == (events, is_published)

    @both
    @pytest.mark.parametrize(
        ("make", "action"),
        [
            (lambda network, ana: None, PUBLISH),  # published, without a draft
            (lambda network, ana: publishing.unpublish(network, author=ana), WITHDRAW),
            (lambda network, ana: publishing.delete(network, author=ana), PUBLISH),
            (lambda network, ana: publishing.delete(network, author=ana), WITHDRAW),
        ],
        ids=["no draft", "off the site", "publish in the bin", "withdraw in the bin"],
    )
    def test_of_what_cannot_be_done_are_refused(self, clock, network, make, action, ana):
        make(network, ana)
        before = whole(network)
        with pytest.raises(ValidationError):
            schedules.create(network, action, clock.moment + HOUR, author=ana)
        assert whole(network) == before

    def test_that_would_publish_what_is_not_valid_are_refused(self, clock, network, ana):
        row = anew(network)
        storage.update_row(row, head=by_hand(network, newest(network).content | {"status": "paused"}))
        before = whole(network)
        with pytest.raises(ValidationError) as error:
            schedules.create(network, PUBLISH, clock.moment + HOUR, author=ana)
        assert (set(errors_of(error)), whole(network)) == ({"status"}, before)

    def test_that_fail_are_on_record_and_the_others_go_on(self, clock, network, ana, milan):
        second = write(network, author=ana, slug="druga")
        schedules.create(network, PUBLISH, clock.moment + HOUR, author=ana)
        other = drafts.save(Network(), {"name_sr": "Друга", "slug": "druga"}, author=milan).row
        schedules.create(other, PUBLISH, clock.moment + 2 * HOUR, author=milan)
        before = Network.objects.filter(pk=network.pk).values().get()
        with translation.override("en"):
            schedules.apply_due(clock.moment + 2 * HOUR)
        assert anew(other).is_published
        assert Network.objects.filter(pk=network.pk).values().get() == before
        event = network.events.first()
        assert (event.kind, event.revision, event.author_name) == (Event.Kind.FAILED, second, "Ана Анић")
        assert event.planned_for == clock.moment + HOUR
        # Nobody reads along, so it is told in the language of the site, with the label of the field.
        label, _, words = event.explanation.partition(": ")
        assert all("а" <= letter <= "ш" for letter in label if letter.isalpha())
        assert "druga" not in words
        assert words
        assert (network.schedules.count(), schedules.apply_due(clock.moment + 3 * HOUR)) == (0, 0)

    @both
    def test_withdrawal_that_found_nothing_to_withdraw_is_on_record(self, clock, draft, ana):
        """Its publishing was cancelled after it had been planned; nobody should wonder where it is."""
        plan = schedules.create(draft, PUBLISH, clock.moment + HOUR, author=ana)
        schedules.create(draft, WITHDRAW, clock.moment + 2 * HOUR, author=ana)
        schedules.cancel(plan, author=ana)
        is_still_planned, before = draft.schedules.exists(), kinds(draft)
        schedules.apply_due(clock.moment + 2 * HOUR)
        assert not is_still_planned or kinds(draft) != before


class TestLogoFiles:
    @pytest.mark.long
    def test_no_file_is_ever_deleted(self, network, ana):
        logos = [store_picture(f"{number}.png", (10 + number, 10)) for number in range(3)]
        first = write(network, author=ana, logo=logos[0])
        publishing.publish(network, author=ana)
        write(network, author=ana, logo=logos[1])
        drafts.discard(network, author=ana)
        write(network, author=ana, logo=logos[2])
        publishing.publish(network, author=ana)
        write(network, author=ana, logo=None)
        publishing.publish(network, author=ana)
        publishing.unpublish(network, author=ana)
        publishing.delete(network, author=ana)
        publishing.undelete(network, author=ana)
        assert all(default_storage.exists(logo["name"]) for logo in logos)
        assert len(default_storage.listdir("logos")[1]) == 3
        drafts.restore(network, first, author=ana)
        row = publishing.publish(network, author=ana)
        assert (row.logo.name, row.logo_width, row.logo_height) == (logos[0]["name"], 10, 10)


class TestOldRevisions:
    """Revisions are never rewritten, so those of all earlier releases are there for good."""

    @pytest.fixture
    def old(self, network, ana):
        """A network of today and a version of it with a field that is gone, one missing and one renamed."""
        today = write(network, author=ana, name_en="Today", seat_en="Nice", benefit_en="Peace")
        publishing.publish(network, author=ana)
        content = today.content | {"mayor": "Somebody", "name_en": "Then", "town_en": "Strasbourg"}
        del content["seat_en"], content["benefit_en"]
        return by_hand(network, content)

    @pytest.fixture
    def renamed(self, monkeypatch):
        monkeypatch.setattr(Network, "renamed_fields", {"town_en": "seat_en"})

    def test_are_read_and_previewed(self, network, old, renamed):
        preview = row_with(anew(network), old.content)
        shown = [getattr(preview, name) for name in ("name_en", "seat_en", "benefit_en", "slug", "pk")]
        assert shown == ["Then", "Strasbourg", "", "mreza", network.pk]
        assert set(content_of(preview)) == set(content_fields(Network))

    def test_are_compared(self, network, old, renamed):
        changed = ["name_en", "seat_en", "benefit_en"]
        assert changed_fields(Network, old.content, newest(network).content) == changed
        assert changed_fields(Network, newest(network).content, old.content) == changed

    def test_are_restored_and_what_they_do_not_know_stays(self, network, old, renamed, ana):
        restored = drafts.restore(network, old, author=ana).revision
        assert [restored.content[name] for name in ("name_en", "seat_en", "benefit_en")] == (
            ["Then", "Strasbourg", "Peace"]
        )
        assert set(restored.content) == set(content_fields(Network))
        assert Revision.objects.get(pk=old.pk).content["mayor"] == "Somebody"

    def test_are_published(self, network, old, renamed, ana):
        row = publishing.publish(network, revision=old, author=ana)
        assert (anew(row).name_en, anew(row).seat_en, anew(row).live) == ("Then", "Strasbourg", old)

    def test_are_what_somebody_had_open_during_the_upgrade(self, network, old, renamed, ana):
        revision = write(network, author=ana, base=old, acronym_en="MINE")
        # What the open form did not know was not changed by who filled it in.
        expected = {"acronym_en": "MINE", "name_en": "Today", "seat_en": "Nice", "benefit_en": "Peace"}
        assert {name: revision.content[name] for name in expected} == expected

    @pytest.mark.parametrize("field", TRANSLATED)
    def test_keep_both_languages_of_a_field_that_was_renamed(self, network, ana, monkeypatch, field):
        monkeypatch.setattr(Network, "renamed_fields", {"former": field})
        texts = {f"{field}_sr": "<p>Мир</p>", f"{field}_en": "<p>Peace</p>"}
        content = newest(network).content | {"former_sr": texts[f"{field}_sr"], "former_en": texts[f"{field}_en"]}
        old = by_hand(network, {name: value for name, value in content.items() if name not in texts})
        row = anew(publishing.publish(network, revision=old, author=ana))
        assert {name: getattr(row, name) for name in texts} == texts

    def test_that_make_no_difference_are_not_restored(self, network, ana):
        old = by_hand(network, {"name_en": "First", "mayor": "Somebody"})
        assert not drafts.restore(network, old, author=ana).is_new

    def test_frozen_format_is_read_to_the_last_field(self, network, logo, ana):
        make_theme(slug="culture"), make_theme(slug="peace")
        old = by_hand(network, FROZEN)
        publishing.publish(network, revision=drafts.restore(network, old, author=ana).revision, author=ana)
        assert content_of(anew(network)) == newest(network).content == complete_content(Network, FROZEN)

    @pytest.mark.parametrize(
        ("name", "value"),
        [("founded", "the thirties"), ("founded", "2007-13"), ("verified_on", "some day")],
    )
    def test_value_that_the_field_no_longer_takes_does_not_hinder_the_preview(self, network, name, value):
        old = by_hand(network, FROZEN | {name: value, "logo": None})
        assert getattr(row_with(anew(network), old.content), name) is None
        assert name in changed_fields(Network, old.content, newest(network).content)


class TestRowsWrittenPastTheDoor:
    @pytest.fixture
    def make(self, model):
        return {Network: make_network, Page: make_page}[model]

    @both
    def test_published_one_gets_its_version_from_who_opens_it_first(self, make):
        row = make()
        changed_at = row.changed_at
        first = newest(row)
        assert (first.number, first.content, first.author_name) == (1, content_of(row), "")
        assert (first.created_at, anew(row).changed_at) == (changed_at, changed_at)
        assert (anew(row).head, anew(row).live, anew(row).has_draft) == (first, first, False)
        assert (newest(row), row.revisions.count()) == (first, 1)

    @both
    def test_unpublished_one_gets_its_version_too(self, make):
        row = make(is_published=False)
        first = newest(row)
        assert (anew(row).head, anew(row).live, anew(row).has_draft) == (first, None, True)

    @both
    @pytest.mark.parametrize("is_published", [True, False])
    def test_is_no_draft_before_anybody_opened_it_unless_it_is_unpublished(self, make, is_published):
        row = make(is_published=is_published)
        before = anew(row).has_draft
        assert type(row).objects.with_draft().exists() == before == (not is_published)
        newest(row)
        assert type(row).objects.with_draft().exists() == before

    @both
    @pytest.mark.parametrize("is_published", [True, False])
    @pytest.mark.parametrize("what", ["save", "publish", "withdraw", "submit", "schedule", "delete", "restore"])
    def test_can_be_worked_on_at_once_and_begins_with_what_was_there(self, make, what, is_published, clock, ana):
        row = make(is_published=is_published)
        before = content_of(row)
        work = {
            "save": lambda: drafts.save(row, before | {"slug": "mine"}, author=ana),
            "publish": lambda: publishing.publish(row, author=ana),
            "withdraw": lambda: publishing.unpublish(row, author=ana),
            "submit": lambda: drafts.submit(row, author=ana),
            "schedule": lambda: schedules.create(row, PUBLISH, clock.moment + HOUR, author=ana),
            "delete": lambda: publishing.delete(row, author=ana),
            "restore": lambda: drafts.restore(row, by_hand(row, {"slug": "old"}, number=1), author=ana),
        }
        is_refused = is_published and what in ("submit", "schedule")
        if is_refused:
            with pytest.raises(ValidationError):
                work[what]()
            assert newest(row).content == before
        else:
            work[what]()
            loaded = [each for each in history(row) if each == before]
            assert len(loaded) == 1

    @pytest.mark.long
    def test_loading_over_a_site_loses_no_version(self, nis, ana):
        row = Network.objects.get(slug="avec")
        fixture = content_of(row)
        write(row, author=ana, name_en="Published")
        publishing.publish(row, author=ana)
        third = write(row, author=ana, name_en="Draft")
        plan = schedules.create(row, WITHDRAW, timezone.now() + HOUR, author=ana)
        before, events = history(row), kinds(row)
        call_command("loaddata", "nis", verbosity=0)
        assert Network.objects.get(slug="avec").pk == row.pk
        assert (anew(row).head, anew(row).has_draft, history(row)) == (None, False, before)
        loaded = newest(row)
        assert (loaded.number, loaded.parent, loaded.content) == (4, third, fixture)
        assert (anew(row).head, anew(row).live, anew(row).name_en) == (loaded, loaded, fixture["name_en"])
        assert (history(row), kinds(row), row.schedules.get()) == ([*before, fixture], events, plan)
        restored = drafts.restore(row, third, author=ana).revision
        assert (restored.number, restored.content) == (5, third.content)

    def test_loading_over_what_is_open_keeps_both(self, nis, ana):
        row = Network.objects.get(slug="avec")
        base = newest(row)
        write(row, author=ana, name_en="Published")
        publishing.publish(row, author=ana)
        call_command("loaddata", "nis", verbosity=0)
        revision = write(row, author=ana, base=base, seat_en="Nice")
        assert (revision.content["name_en"], revision.content["seat_en"]) == (base.content["name_en"], "Nice")
        assert [each["name_en"] for each in history(row)].count("Published") == 1

    def test_all_revisions_survive_being_dumped_and_loaded(self, network, ana, tmp_path):
        write(network, author=ana, name_en="Second")
        file = tmp_path / "dump.json"
        call_command("dumpdata", "auth.user", "networks", output=file, verbosity=0)
        row, before = anew(network), (history(network), kinds(network))
        call_command("loaddata", file, verbosity=0)
        assert (history(network), kinds(network)) == before
        assert (anew(network).head, anew(network).live, anew(network).name_en) == (row.head, row.live, "First")


class TestScheduleThatFailsWithAnError:
    """Of the site itself: something that no check of what was written foresees."""

    @pytest.fixture
    def attempts(self, monkeypatch, clock, network, ana):
        """When it was tried to publish a version that cannot be published before `attempts.mended` is true."""
        write(network, author=ana, name_en="Second")
        schedules.create(network, PUBLISH, clock.moment + HOUR, author=ana)
        perform, tried = schedules.perform, SimpleNamespace(at=[], mended=False)

        def fail(row, plan):
            if row.pk == network.pk:
                tried.at.append(clock.moment)
                if not tried.mended:
                    raise RuntimeError("the storage is full")
            perform(row, plan)

        monkeypatch.setattr(schedules, "perform", fail)
        clock.moment += HOUR
        return tried

    @pytest.mark.long
    def test_is_tried_again_after_twice_as_long_each_time(self, attempts, clock, network):
        begin = clock.moment
        while clock.moment < begin + timedelta(minutes=5):
            schedules.apply_due()
            clock.moment += timedelta(seconds=0.5)  # and not with every look
        seconds = [(at - begin).total_seconds() for at in attempts.at]
        assert seconds == [0, 2, 6, 14, 30, 62, 126, 254]
        plan = network.schedules.get()
        plan.failures = 100_000
        plan.save()
        assert schedules.next_due() == plan.retry_at
        clock.moment = plan.retry_at
        assert (schedules.apply_due(), schedules.next_due() - clock.moment) == (0, HOUR)

    def test_stands_in_the_history_once_and_is_done_when_the_site_is_mended(self, attempts, clock, network, ana):
        for _ in range(20):
            schedules.apply_due()
            clock.moment += HOUR
        assert (kinds(network)[-2:], len(attempts.at)) == (["scheduled", "failed"], 20)
        failure = network.events.first()
        assert (failure.author, failure.revision) == (ana, newest(network))
        assert failure.explanation
        attempts.mended = True
        assert (schedules.apply_due(), anew(network).name_en, network.schedules.count()) == (1, "Second", 0)
        assert kinds(network)[-2:] == ["failed", "published"]

    def test_keeps_no_other_from_being_done(self, attempts, clock, network, milan):
        other = drafts.save(Network(), {"name_sr": "Друга"}, author=milan).row
        schedules.create(other, PUBLISH, clock.moment + HOUR, author=milan)
        clock.moment += HOUR
        assert (schedules.apply_due(), anew(other).is_published) == (1, True)

    def test_planned_anew_is_tried_at_its_time(self, attempts, clock, network, ana):
        schedules.apply_due()
        attempts.mended = True
        schedules.create(network, PUBLISH, clock.moment + HOUR, author=ana)
        assert (schedules.next_due(), network.schedules.get().failures) == (clock.moment + HOUR, 0)

    def test_counts_once_where_two_processes_tried_at_once(self, attempts, clock, network):
        first, second = Schedule.objects.get(), Schedule.objects.get()
        schedules.schedule_retry(first, clock.moment)
        schedules.schedule_retry(second, clock.moment)
        assert (network.schedules.get().failures, kinds(network).count("failed")) == (1, 1)
        assert not schedules.apply_schedule(second)
        assert attempts.at == []


@pytest.mark.parametrize(
    ("written", "field"),
    [
        ({"joined": "2010", "left": "2003"}, "left"),
        ({"original_name": "Réseau"}, "original_language"),
        ({"website": "ftp://example.org/"}, "website"),
        ({"membership_page": "javascript:alert(1)"}, "membership_page"),
    ],
)
def test_what_the_database_refuses_is_named_by_its_field_and_not_as_an_address_that_is_taken(
    network, ana, written, field
):
    """A version of another release may break a rule of today. Taken off the site, the row holds the newest one."""
    storage.update_row(network, head=by_hand(network, newest(network).content | written))
    before = whole(network)
    with pytest.raises(ValidationError) as error:
        publishing.unpublish(network, author=ana)
    assert (list(errors_of(error)), whole(network)) == ([field], before)


@both
def test_error_of_the_database_that_no_field_can_mend_is_not_hidden(network, ana, monkeypatch):
    def refuse(*args, **kwargs):
        raise IntegrityError("FOREIGN KEY constraint failed")

    monkeypatch.setattr(type(network), "save", refuse)
    with pytest.raises(IntegrityError, match="FOREIGN KEY"):
        publishing.unpublish(network, author=ana)


@pytest.mark.parametrize("is_of_both", [True, False])
@pytest.mark.parametrize("related", [Revision, Event, Schedule, OpenForm])
def test_what_is_written_belongs_to_one_row(related, is_of_both, ana):
    network, page = make_network(), make_page()
    fields = {
        Revision: {"number": 1, "content": {}},
        Event: {"kind": Event.Kind.PUBLISHED},
        Schedule: {"action": PUBLISH, "at": timezone.now()},
        OpenForm: {"user": ana},
    }
    for row in (network, page):
        assert related.objects.create(row=row, **fields[related]).row == row
    rows = {"network": make_network(), "page": make_page()} if is_of_both else {}
    with pytest.raises(IntegrityError), transaction.atomic():
        related.objects.create(**rows, **fields[related])
    assert related.objects.count() == 2
    network.delete(), page.delete()
    assert related.objects.count() == 0


def test_numbers_and_plans_of_a_network_and_a_page_with_the_same_key_are_apart(ana):
    network, page = make_network(pk=7, is_published=False), make_page(pk=7, is_published=False)
    for row in (network, page):
        write(row, author=ana, heading="Second")
        schedules.create(row, PUBLISH, timezone.now() + HOUR, author=ana)
        assert [each.number for each in row.revisions.all()] == [2, 1]
    publishing.delete(network, author=ana)
    assert (page.schedules.count(), anew(page).deleted_at, anew(network).deleted_at is None) == (1, None, False)
    assert schedules.apply_due(timezone.now() + HOUR) == 1
    assert (anew(page).is_published, anew(page).heading, anew(network).is_published) == (True, "Second", False)


@both
def test_the_public_record_tells_of_networks_only(network, ana):
    write(network, author=ana, heading="Second")
    publishing.publish(network, author=ana)
    publishing.delete(network, author=ana)
    newest(make_page())
    told = list(Change.objects.order_by("pk").values_list("kind", flat=True))
    assert told == (["added", "renamed", "withdrawn"] if isinstance(network, Network) else [])


@both
@pytest.mark.parametrize("other_model", [Network, Page])
def test_version_of_another_network_is_no_beginning(network, other_model, ana):
    content = {f"{other_model.heading_field}_sr": "Друга"}
    other = drafts.save(other_model(), content, author=ana).revision
    before = whole(network)
    with pytest.raises(ValueError, match="not one of"):
        drafts.save(network, {"name_sr": "Нова"}, author=ana, base=other)
    assert whole(network) == before
