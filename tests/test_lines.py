"""Lines of a record: what is stored of them, and what becomes of the changes of two people."""

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from networks.models import Network
from networks.revisions.content import content_of, merge
from networks.revisions.line_merge import keep_both, merge_lines

FEES = Network._meta.get_field("fees")
DOCUMENTS = Network._meta.get_field("documents")


class TestField:
    def test_stores_text_and_numbers_without_empty_columns(self):
        lines = FEES.to_python([{"id": "5f0c9a3e", "year": "2026", "amount": "1500", "currency": "EUR", "due": ""}])
        assert lines == [{"id": "5f0c9a3e", "year": 2026, "amount": "1500.00", "currency": "EUR"}]
        assert FEES.to_python(lines) == lines

    def test_gives_a_new_line_an_identifier_and_drops_an_empty_one(self):
        new, *others = FEES.to_python([{"year": 2026, "unknown": 1}, {"id": "5f0c9a3e", "year": ""}])
        assert len(new["id"]) == 8
        assert not others

    @pytest.mark.parametrize("value", ["text", [1], {"id": "1"}, "[1]"])
    def test_refuses_what_is_no_list_of_lines(self, value):
        with pytest.raises(ValidationError):
            FEES.to_python(value)

    @pytest.mark.parametrize(
        ("field", "line", "column"),
        [
            (FEES, {"year": 2026, "amount": "1500"}, "currency"),
            (FEES, {"year": "soon", "amount": "1500", "currency": "EUR"}, "year"),
            (FEES, {"year": 2026, "amount": "-1", "currency": "EUR"}, "amount"),
            (FEES, {"year": 2026, "amount": "1", "currency": "euro"}, "currency"),
            (DOCUMENTS, {"kind": "decision"}, "title_sr"),
            (DOCUMENTS, {"kind": "poem", "title_sr": "Одлука"}, "kind"),
            (DOCUMENTS, {"kind": "decision", "title_sr": "Одлука", "date": "31.2.2007"}, "date"),
            (DOCUMENTS, {"kind": "decision", "title_sr": "Одлука", "link": "javascript:alert(1)"}, "link"),
        ],
    )
    def test_says_which_line_and_column_is_wrong(self, field, line, column):
        lines = field.to_python([line])
        assert [*field.line_errors(lines[0])] == [column]
        with pytest.raises(ValidationError, match=r"Line 1, "):
            field.validate(lines, None)


# Properties of merging

LINES = st.dictionaries(
    st.sampled_from("abcdef"), st.fixed_dictionaries({}, optional={name: st.integers(1, 3) for name in "xyz"})
).map(lambda lines: [{"id": identifier, **line} for identifier, line in lines.items()])


@st.composite
def changed(draw, lines):
    """What a person has made of lines: changed, moved, removed, added."""
    kept = [
        draw(st.sampled_from([line, {**line, "x": 9}, {**line, "y": 8}])) for line in lines if draw(st.booleans())
    ]
    added = [{"id": draw(st.uuids()).hex[:8], "z": 7} for _each in range(draw(st.integers(0, 2)))]
    return draw(st.permutations(kept + added))


@st.composite
def stories(draw):
    base = draw(LINES)
    return base, draw(changed(base)), draw(changed(base))


def by_identifier(lines):
    return {line["id"]: line for line in lines}


@given(stories())
def test_what_one_has_changed_added_or_removed_is_so_in_the_merge(story):
    base, theirs, mine = story
    for own_wins in (True, False):
        merged = merge_lines(base, theirs, mine, mine_wins=own_wins)
        result, old = by_identifier(merged.lines), by_identifier(base)
        assert len(result) == len(merged.lines)
        for own, other in ((theirs, mine), (mine, theirs)):
            own, other = by_identifier(own), by_identifier(other)
            for identifier in {**old, **own}:
                if identifier in merged.conflicts:
                    assert identifier in result
                    continue
                before, after = old.get(identifier), own.get(identifier)
                if before == after:
                    assert result.get(identifier) == other.get(identifier)
                elif after is None:
                    assert identifier not in result
                else:
                    for name in {*(before or {}), *after}:
                        if (before or {}).get(name) != after.get(name):
                            assert result[identifier].get(name) == after.get(name)


@given(stories())
def test_order_is_that_of_who_has_moved_lines(story):
    base, theirs, mine = story
    merged = [line["id"] for line in merge_lines(base, theirs, mine).lines]
    old = [*by_identifier(base)]
    for own, other in ((mine, theirs), (theirs, mine)):
        own, other = ([*by_identifier(each)] for each in (own, other))
        if [each for each in other if each in old] == [each for each in old if each in other]:
            assert [each for each in merged if each in own] == [each for each in own if each in merged]


@given(stories())
def test_both_are_kept_of_a_line_that_both_have_changed(story):
    base, theirs, mine = story
    both = [{**line, "id": ""} for line in keep_both(base, theirs, mine)]
    for winner in (True, False):
        for line in merge_lines(base, theirs, mine, mine_wins=winner).lines:
            assert {**line, "id": ""} in both


@given(stories())
def test_merging_with_what_nobody_else_has_changed_changes_nothing(story):
    base, _theirs, mine = story
    assert merge_lines(base, base, mine).lines == merge_lines(base, mine, mine).lines == mine
    assert merge_lines(base, mine, base).lines == mine


@pytest.mark.django_db
def test_two_people_who_add_lines_to_one_field_have_no_conflict():
    base = content_of(Network(name_sr="Мрежа"), themes=[])
    mine = base | {"fees": FEES.to_python([{"year": 2025, "amount": "1", "currency": "EUR"}])}
    theirs = base | {"fees": FEES.to_python([{"year": 2026, "amount": "2", "currency": "EUR"}])}
    merged = merge(Network, base, theirs, mine)
    assert merged.conflicts == []
    assert merged.taken == ["fees"]
    assert {line["year"] for line in merged.content["fees"]} == {2025, 2026}
