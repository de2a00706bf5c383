"""What two people have added to one text is kept, each sentence of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from networks.models import Network
from networks.revisions.combining import combine
from networks.revisions.content import content_fields
from networks.rich_text import clean_rich_text

FIELDS = content_fields(Network)
SUMMARY, DESCRIPTION = FIELDS["summary_sr"], FIELDS["description_sr"]

CASES = [
    # What stood there, theirs, mine, both
    ("Прва.", "Прва. Њихова.", "Прва. Моја.", "Прва. Њихова. Моја."),
    ("Прва. Друга.", "Нова. Прва. Друга.", "Прва. Друга. Крај.", "Нова. Прва. Друга. Крај."),
    ("Прва. Друга.", "Прва, друкчија. Друга.", "Прва. Друга, друкчија.", "Прва, друкчија. Друга, друкчија."),
    ("Прва. Друга.", "Прва њихова. Друга.", "Прва моја. Друга.", "Прва њихова. Прва моја. Друга."),
    ("Прва. Друга. Трећа.", "Прва. Трећа.", "Прва. Друга. Трећа. Моја.", "Прва. Трећа. Моја."),
    ("Прва. Друга.", "Прва. Друга. Иста. Њихова.", "Прва. Друга. Иста. Моја.", "Прва. Друга. Иста. Њихова. Моја."),
    ("Прва. Друга. Трећа.", "Прва. Њихова. Трећа.", "Моја.", "Прва. Њихова. Трећа. Моја."),
    ("", "Њихова.", "Моја.", "Њихова. Моја."),
    (
        "Види www.ni.rs од 1.5.2007, 3.5 RSD. Крај.",
        "Види www.ni.rs од 1.5.2007, 3.5 RSD. Крај. Њихова.",
        "Моја. Види www.ni.rs од 1.5.2007, 3.5 RSD. Крај.",
        "Моја. Види www.ni.rs од 1.5.2007, 3.5 RSD. Крај. Њихова.",
    ),
    ("Прва", "Прва\nЊихова", "Прва\nМоја", "Прва\nЊихова\nМоја"),
]


@pytest.mark.parametrize(("base", "theirs", "mine", "both"), CASES)
def test_sentences_are_put_together(base, theirs, mine, both):
    assert combine(SUMMARY, base, theirs, mine) == both


@pytest.mark.parametrize(
    ("base", "theirs", "mine", "both"),
    [
        ("<p>А.</p>", "<p>А. Б.</p>", "<p>А. В.</p>", "<p>А. Б. В.</p>"),
        ("<p>a@b.rs, 3.5.</p>", "<p>a@b.rs, 3.5. Б.</p>", "<p>В. a@b.rs, 3.5.</p>", "<p>В. a@b.rs, 3.5. Б.</p>"),
        ("<p>А.</p>", "<p>А.</p><p>Б.</p>", "<p>А.</p><p>В.</p>", "<p>А.</p><p>Б.</p><p>В.</p>"),
        ("<p>А.</p>", "<p>А. Б.</p>", "<p>А.</p><p>В.</p>", "<p>А. Б.</p><p>В.</p>"),
        (
            "<ul><li>А</li></ul>",
            "<ul><li>А</li><li>Б</li></ul>",
            "<ul><li>В</li><li>А</li></ul>",
            "<ul><li>В</li><li>А</li><li>Б</li></ul>",
        ),
        (
            "<p>А.</p>",
            '<p>А. Види <a href="https://a.rs/?b.c">овде</a>.</p>',
            "<p>А. <strong>В.</strong></p>",
            '<p>А. Види <a href="https://a.rs/?b.c">овде</a>. <strong>В.</strong></p>',
        ),
    ],
)
def test_sentences_of_rich_text_stay_in_their_paragraphs_and_lists(base, theirs, mine, both):
    assert combine(DESCRIPTION, base, theirs, mine) == both


def test_of_themes_those_stay_that_neither_has_removed():
    assert combine(FIELDS["themes"], ["air", "peace"], ["peace", "sport"], ["air", "art", "peace"]) == [
        *("art", "peace", "sport")
    ]


@pytest.mark.parametrize("name", ["name_sr", "slug", "founded", "status", "logo", "website"])
def test_a_field_of_one_value_has_room_for_one(name):
    assert combine(FIELDS[name], "", "a", "b") is None


sentences = st.sampled_from(["Прва.", "Друга!", "Трећа?", "Четврта.", "Пета."])
texts = st.lists(sentences, max_size=5, unique=True).map(" ".join)
paragraphs = st.lists(st.lists(sentences, min_size=1, max_size=3, unique=True).map(" ".join), max_size=4).map(
    lambda parts: "".join(f"<p>{part}</p>" for part in parts)
)


@given(texts, texts, texts)
def test_no_sentence_is_lost_that_either_has_added(base, theirs, mine):
    both = combine(SUMMARY, base, theirs, mine)
    if both is not None:
        added = ({*theirs.split()} | {*mine.split()}) - {*base.split()}
        kept = {*base.split()} & {*theirs.split()} & {*mine.split()}
        assert added | kept <= {*both.split()}
        assert {*both.split()} <= {*base.split()} | {*theirs.split()} | {*mine.split()}


@given(paragraphs, paragraphs, paragraphs)
def test_rich_text_stays_what_it_was_cleaned_to(base, theirs, mine):
    both = combine(DESCRIPTION, base, theirs, mine)
    assert both is None or clean_rich_text(both) == both


@given(texts, texts)
def test_who_has_changed_nothing_is_no_other_side(base, theirs):
    assert combine(SUMMARY, base, theirs, base) is None
    assert combine(SUMMARY, base, base, theirs) is None
    assert combine(SUMMARY, base, theirs, theirs) is None
