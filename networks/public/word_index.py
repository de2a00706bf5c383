"""
The words of all published networks, in the memory of each process: which networks have a word, and where.

Neither database knows Serbian, and on both a search must find the same. The index is made when somebody first
searches, and brought up to date by the first search after a change: that reads all texts again, and takes in those
that differ.
"""

import re
import threading
from array import array
from bisect import bisect_left
from collections import Counter, defaultdict, namedtuple
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache, cached_property
from itertools import compress, count, islice

from django.utils.translation import override

from networks.languages import SERBIAN, columns_of, language_of_column, stored_languages
from networks.models import SEARCHED, Network, Theme
from networks.page_store.version import current_version, is_raised_in_transaction
from networks.public.word_forms import misspellings, serbian_stem, sound, stemmer, without_endings
from networks.serbian import fold

# What search reads beside the columns of SEARCHED, with the weight of a match: columns of the rows of a relation, and
# choices, whose labels are read in every language that texts are written in
SEARCHED_ROWS = {"themes": dict.fromkeys(columns_of("name"), 7)}
SEARCHED_CHOICES = {"scope": 3}

# The columns that filters and orders need of all networks that are found. The page loads the few that it shows.
FACTS = {
    *("id", "position", "slug", "changed_at", "status", "scope", "founded", "joined", "left", "periods"),
    *columns_of("name"),
}
# In the order of the fields, as Model.from_db needs it
Facts = namedtuple("Facts", [field.attname for field in Network._meta.concrete_fields if field.attname in FACTS])

STEMMERS = {language: stemmer(language) for language in stored_languages()}


def languages_of(column: str) -> frozenset[str]:
    """Return the language of a column; of one that is not translated, all of them."""
    own = language_of_column(column)
    return frozenset([own] if own in STEMMERS else STEMMERS)


# The weight and the languages of each line of what is searched
LINES = [
    *((weight, languages_of(column)) for column, weight in SEARCHED.items()),
    *((weight, languages_of(name)) for columns in SEARCHED_ROWS.values() for name, weight in columns.items()),
    *((weight, frozenset([language])) for weight in SEARCHED_CHOICES.values() for language in STEMMERS),
]

WORD = re.compile(r"[^\W_]+")
# A word as it is typed, with the accents and soft hyphens that folding removes
TYPED_WORD = re.compile(r"(?:[^\W_]|[\u0300-\u036f\u00ad])+")
QUOTE = re.compile('["„“”‟«»″〝〞＂]')

# How well a word of a network matches one of the query. This is multiplied by the weight of its line.
EXACT, INFLECTED, BEGINNING, FOREIGN, DERIVED, PART, MISSPELT = 8, 6, 4, 3, 2, 2, 2
# Added where the words of the query are the whole line, or stand side by side
WHOLE_LINE, NEIGHBOURS = 8, 4
WEIGHT_OF_TELLING = 6  # of a phrase in one of the lines that tell more than a description

SHORTEST_BEGINNING = 3  # letters of a word that stands for longer ones that begin with it
SHORTEST_PART = 4  # letters of a word that stands for those that have it anywhere
SHORTEST_GUESS, LONGEST_GUESS = 5, 40  # letters of a word that may have a mistake, or be a foreign name
MOST_LETTERS = 0.7  # that words have in common, of those of both
MOST_TERMS = 12  # words of a query that are sought
KEPT_MATCHES = 200
MOST_NEAR = 5  # words like one that no network has
MOST_WAYS = 5


@dataclass(frozen=True)
class Term:
    """A word of a query, or a phrase in quotes: its folded words, and from where to where it was typed."""

    words: tuple[str, ...]
    start: int
    end: int


def parse(query: str) -> list[Term]:
    """Return the words and phrases of a query, without duplicates. A quote that is not closed means nothing."""
    quotes = [match.start() for match in QUOTE.finditer(query)]
    phrases = [*zip(quotes[::2], quotes[1::2], strict=False)]
    in_phrases: dict[tuple[int, int], list[str]] = defaultdict(list)
    terms = {}
    for match in TYPED_WORD.finditer(query):
        words = WORD.findall(fold(match[0]))
        if phrase := next(((start, end) for start, end in phrases if start < match.start() < end), None):
            in_phrases[phrase] += words
            terms[phrase] = Term((*in_phrases[phrase],), phrase[0], phrase[1] + 1)
        else:
            terms |= {(match.start(), word): Term((word,), match.start(), match.end()) for word in words}
    distinct = {term.words: term for term in reversed(terms.values()) if term.words}
    return [*reversed(distinct.values())][:MOST_TERMS]


@dataclass(frozen=True)
class Match:
    """
    What a term stands for in the texts: `forms` are whole words, or the phrase.

    `part` is what longer words begin with, or, if `is_anywhere`, have in them. `guesses` are the words that may have
    been meant by one that was misspelt; the forms are theirs then.
    """

    forms: frozenset[str]
    part: str = ""
    is_anywhere: bool = False
    guesses: frozenset[str] = frozenset()

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """What finds the words in a folded text."""
        whole = "|".join(r"[\W_]+".join(form.split()) for form in sorted(self.forms, reverse=True))
        patterns = [rf"(?<![^\W_])(?:{whole})(?![^\W_])"] if whole else []
        if self.part:
            patterns.append(("" if self.is_anywhere else r"(?<![^\W_])") + re.escape(self.part))
        return re.compile("|".join(patterns) or "(?!)")


@dataclass(slots=True)
class Entry:
    """
    A published network: its facts, the keys of its themes, and a hash of its texts.

    The words of its lines, one line after the other, are kept for phrases: `telling` has those of a weight over 1.
    """

    facts: Facts
    themes: tuple[int, ...]
    hash: int
    telling: str = ""
    rest: str = ""


@dataclass(frozen=True)
class WayOn:
    """Another query where one finds nothing: how many networks it finds, and one of them."""

    query: str
    count: int
    example: Entry
    near: str = ""  # the last word of the query, folded, if that is not one that was typed


@dataclass(frozen=True)
class Found:
    """
    What a query finds: networks, the best first, and what its terms stand for.

    `themes` are all themes of published networks by their primary keys. Where nothing is found, there are `ways_on`,
    and `theme_counts` is how many networks each theme has.
    """

    entries: list[Entry]
    matches: dict[Term, Match]
    themes: dict[int, Theme]
    ways_on: list[WayOn]
    theme_counts: Counter[int]


Bits = int  # a set of networks
Levels = dict[int, Bits]  # sets of networks by what a match counts in them
Place = tuple[int, frozenset[str]]  # the weight and the languages of lines
NOWHERE: Place = (0, frozenset())


class WordIndex:
    """
    For each word the networks that have it. A network is the number of a bit, so that thousands are joined at once.

    One thread at a time may use it.
    """

    def __init__(self) -> None:
        self.version: int | None = None  # of the content that is in the index
        self.numbers: dict[int, int] = {}  # of the networks, by their primary keys
        self.entries: dict[int, Entry] = {}  # by number, in the order of the city
        self.everything: Bits = 0
        self.themes: dict[int, Theme] = {}
        # By word, the networks by the weight of the best line that has it and the languages of all that have it. Most
        # words are in few networks, so these are numbers here, and become bits when the word is sought.
        self.places: dict[str, dict[Place, array[int]]] = {}
        self.known: dict[str, set[str]] = {language: set() for language in STEMMERS}
        self.stems: dict[str, defaultdict[str, set[str]]] = {language: defaultdict(set) for language in STEMMERS}
        self.sounds: defaultdict[str, set[str]] = defaultdict(set)  # Serbian words
        self.vocabulary: list[str] = []  # sorted
        self.matches: dict[tuple[str, ...], tuple[Match, Levels]] = {}  # of the words that were sought last

    # What is in it

    def refresh(self) -> None:
        """Bring the index up to what the current transaction sees."""
        version = current_version()
        if version == self.version and not is_raised_in_transaction():
            return
        rows = Network.objects.published().rewrite(False).values_list(*Facts._fields, "search_text")
        networks = [(Facts(*facts), text) for *facts, text in rows]
        # As Meta.ordering says, which sorts otherwise in each database
        networks.sort(key=lambda pair: (pair[0].position, pair[0].slug))
        themes = self.read_themes()
        others = [*map(texts_of_rows, SEARCHED_ROWS), *map(labels_of_choice, SEARCHED_CHOICES)]
        old, self.entries = self.entries, {}
        changed = {}
        free = (number for number in count() if number not in old)
        for facts, text in networks:
            texts = (text, *(each for texts_of in others for each in texts_of(facts)))
            number = self.numbers[facts.id] if facts.id in self.numbers else next(free)
            entry = self.entries[number] = Entry(facts, (*themes[facts.id],), hash(texts))
            if number in old and old[number].hash == entry.hash:
                entry.telling, entry.rest = old[number].telling, old[number].rest
            else:
                changed[number] = texts
        self.numbers = {entry.facts.id: number for number, entry in self.entries.items()}
        self.everything = bits_of(self.entries)
        self.remove_words({number: old[number] for number in old if number in changed or number not in self.entries})
        for number, texts in changed.items():
            self.add_words(number, texts)
        self.matches.clear()
        self.vocabulary = sorted(self.places)
        # In a transaction that changes content, more may follow under the same number.
        self.version = None if is_raised_in_transaction() else version

    def read_themes(self) -> defaultdict[int, list[int]]:
        """Read the themes of the published networks, and return their keys by the key of the network."""
        names = ("id", "slug", *columns_of("name"))
        columns = ("network_id", *(f"theme__{name}" for name in names))
        pairs = Network.themes.through.objects.filter(network__is_published=True).values_list(*columns)
        self.themes = {}
        themes = defaultdict(list)
        for network, key, *values in pairs:
            themes[network].append(key)
            if key not in self.themes:
                self.themes[key] = Theme(**dict(zip(names, (key, *values), strict=True)))
        return themes

    def add_words(self, number: int, texts: tuple[str, ...]) -> None:
        """Take in the texts of a network: those of SEARCHED in one, and each of the others."""
        own, *others = texts
        own_lines = own.split("\n")
        lines = [*own_lines, *[""] * (len(SEARCHED) - len(own_lines))][: len(SEARCHED)] + others
        words_of_lines = [WORD.findall(line) for line in lines]
        places: dict[str, Place] = {}
        for (weight, languages), words in zip(LINES, words_of_lines, strict=True):
            for word in {*words}:
                best, known = places.get(word, NOWHERE)
                places[word] = max(weight, best), languages | known
        for word, place in places.items():
            having = self.places.setdefault(word, {})
            if place not in having:
                having[place] = array("I")
                self.learn(word, place[1])
            having[place].append(number)
        kept = [
            (f" {' '.join(words)} ", weight)
            for words, (weight, _languages) in zip(words_of_lines, LINES, strict=True)
        ]
        entry = self.entries[number]
        entry.telling = "\n".join(["", *(words for words, weight in kept if weight > 1), ""])
        entry.rest = "\n".join(words for words, weight in kept if weight == 1)

    def remove_words(self, entries: dict[int, Entry]) -> None:
        """Take out the words of networks that have changed or gone, by their numbers."""
        words = {word for entry in entries.values() for text in (entry.telling, entry.rest) for word in text.split()}
        for word in words:
            having = self.places[word]
            for place, numbers in [*having.items()]:
                having[place] = array("I", [number for number in numbers if number not in entries])
                if not having[place]:
                    del having[place]
            self.forget(word)

    def learn(self, word: str, languages: frozenset[str]) -> None:
        """Note the stems of a word that stands in texts of some languages."""
        for language in languages:
            if word in self.known[language]:
                continue
            self.known[language].add(word)
            if word.isalpha():
                self.stems[language][STEMMERS[language](word)].add(word)
                if language == SERBIAN and len(word) >= SHORTEST_GUESS:
                    self.sounds[sound(word)].add(word)

    def forget(self, word: str) -> None:
        """Forget the stems of a word in the languages in which no text has it any more."""
        languages = {language for _weight, languages in self.places[word] for language in languages}
        if not self.places[word]:
            del self.places[word]
        for language in {*STEMMERS} - languages:
            self.known[language].discard(word)
            indexes = [(self.stems[language], STEMMERS[language](word))]
            if language == SERBIAN:
                indexes.append((self.sounds, sound(word)))
            for index, key in indexes:
                if key in index:
                    index[key].discard(word)
                    if not index[key]:
                        del index[key]

    # What is found

    def search(self, terms: list[Term]) -> list[Entry]:
        """Return the networks that match every term, the best first."""
        found = self.having(terms)
        scores = dict.fromkeys(numbers_of(found), 0)
        for term in terms:
            _match, levels = self.match(term.words)
            left = found
            for score in sorted(levels, reverse=True):
                for number in numbers_of(left & levels[score]):
                    scores[number] += score
                left &= ~levels[score]
        words = " ".join(word for term in terms for word in term.words)
        whole_line, is_one_word = f"\n {words} \n", " " not in words
        for number in scores:
            entry = self.entries[number]
            if whole_line in entry.telling:
                scores[number] += WHOLE_LINE
            elif not is_one_word and f" {words} " in entry.telling:
                scores[number] += NEIGHBOURS
        ordered = sorted((number for number in self.entries if number in scores), key=lambda each: -scores[each])
        return [self.entries[number] for number in ordered]

    def having(self, terms: list[Term]) -> Bits:
        """Return the networks that match every term; none if there is no term."""
        found = self.everything if terms else 0
        for term in terms:
            _match, levels = self.match(term.words)
            found &= union(levels.values())
        return found

    def match(self, words: tuple[str, ...]) -> tuple[Match, Levels]:
        """Return what a word or a phrase stands for, and the networks that match it."""
        if words not in self.matches:
            if len(self.matches) >= KEPT_MATCHES:
                self.matches.clear()
            self.matches[words] = self.match_phrase(words) if len(words) > 1 else self.match_word(words[0])
        return self.matches[words]

    def match_phrase(self, words: tuple[str, ...]) -> tuple[Match, Levels]:
        phrase = " ".join(words)
        having_all = self.everything
        for word in words:
            having_all &= union(map(bits_of, self.places.get(word, {}).values()))
        levels: Levels = defaultdict(int)
        for number in numbers_of(having_all):
            for text, weight in ((self.entries[number].telling, WEIGHT_OF_TELLING), (self.entries[number].rest, 1)):
                if f" {phrase} " in text:
                    levels[EXACT * weight] |= 1 << number
                    break
        return Match(frozenset({phrase})), levels

    def match_word(self, word: str) -> tuple[Match, Levels]:
        stems = self.stems_of(word)
        forms = dict.fromkeys(self.words_of_stems(stems), INFLECTED)
        if word in self.places:
            forms[word] = EXACT
        may_be_guessed = SHORTEST_GUESS <= len(word) <= LONGEST_GUESS and word.isalpha()
        if may_be_guessed and word not in self.known[SERBIAN]:
            forms = dict.fromkeys(self.sounds.get(sound(word), ()), FOREIGN) | forms
        longer = dict.fromkeys(self.words_beginning_with(word), BEGINNING) if len(word) >= SHORTEST_BEGINNING else {}
        part = word
        root = without_endings(word) if may_be_guessed else ""
        if len(root) >= SHORTEST_GUESS and (derived := self.words_beginning_with(root)):
            longer = dict.fromkeys(derived, DERIVED) | longer
            part = root
        if forms or longer:
            return Match(frozenset(forms), part if longer else ""), self.levels_of(longer | forms)
        if len(word) >= SHORTEST_PART and (having := [each for each in self.vocabulary if word in each]):
            return Match(frozenset(), word, is_anywhere=True), self.levels_of(dict.fromkeys(having, PART))
        guesses = self.guesses(word, stems) if may_be_guessed else set()
        forms = {form for each in guesses for form in (each, *self.words_of_stems(self.stems_of(each)))}
        return Match(frozenset(forms), guesses=frozenset(guesses)), self.levels_of(dict.fromkeys(forms, MISSPELT))

    def stems_of(self, word: str) -> dict[str, str]:
        return {language: stem(word) for language, stem in STEMMERS.items()} if word.isalpha() else {}

    def words_of_stems(self, stems: dict[str, str]) -> set[str]:
        return {word for language, stem in stems.items() for word in self.stems[language].get(stem, ())}

    def words_beginning_with(self, word: str) -> list[str]:
        """Return the longer words that begin with a word."""
        first = bisect_left(self.vocabulary, word)
        last = bisect_left(self.vocabulary, f"{word}\U0010ffff")
        return [each for each in self.vocabulary[first:last] if each != word]

    def guesses(self, word: str, stems: dict[str, str]) -> set[str]:
        """
        Return the words that are meant if there is one mistake in a word.

        Where no word is so near, one whose stem or sound is so near, and that has most of the letters: eurocities
        and Europe have like stems too, and whoever looks for another network must not be told that the city is in it.
        """
        if right := {each for each in misspellings(word) if each in self.places}:
            return right
        for index, key in [
            *((self.stems[language], stem) for language, stem in stems.items()),
            (self.sounds, sound(word)),
        ]:
            if len(key) >= SHORTEST_GUESS - 1:
                right |= {form for each in misspellings(key) for form in index.get(each, ())}
        return {form for form in right if SequenceMatcher(None, word, form).ratio() >= MOST_LETTERS}

    def levels_of(self, qualities: dict[str, int]) -> Levels:
        numbers: dict[int, list[int]] = defaultdict(list)
        for word, quality in qualities.items():
            for (weight, _languages), having in self.places[word].items():
                numbers[quality * weight] += having
        return {score: bits_of(having) for score, having in numbers.items()}

    # What leads on where nothing is found

    def ways_on(self, query: str, terms: list[Term]) -> Iterator[WayOn]:
        """Yield queries that find something: without the words that no network has, or with words like them."""
        typed = {term: query[term.start : term.end] for term in terms}
        missing = [term for term in terms if not self.having([term])]
        rest = " ".join(typed[term] for term in terms if term not in missing)
        candidates = [(QUOTE.sub(" ", query), "")] if QUOTE.search(query) else []
        if missing:
            candidates.append((rest, ""))
            for word in (word for term in missing if len(term.words) == 1 for word in self.near(*term.words)):
                candidates += [(f"{rest} {word}", word), (word, word)]
        else:
            candidates += [(typed[term], "") for term in terms]
        offered = {query}
        for each, near in candidates:
            each = each.strip()
            if each not in offered and (having := self.having(parse(each))):
                offered.add(each)
                # One that has the word itself, to spell it as it does
                spelling = having & union(map(bits_of, self.places[near].values())) if near else 0
                number = next(numbers_of(spelling or having))
                yield WayOn(each, having.bit_count(), self.entries[number], near)

    def near(self, word: str) -> list[str]:
        """Return words that begin like a word, one of each stem, those with most letters in common first."""
        found: dict[str, str] = {}
        for length in range(len(word) - 1, SHORTEST_BEGINNING, -1):
            for each in self.words_beginning_with(word[:length]):
                found.setdefault(serbian_stem(each), each)
            if len(found) >= MOST_NEAR:
                break
        return [*found.values()][:MOST_NEAR]


def bits_of(numbers: Iterable[int]) -> Bits:
    """Return the set of some numbers."""
    digits = bytearray(b"0")
    for number in numbers:
        if number >= len(digits):
            digits += b"0" * (number + 1 - len(digits))
        digits[number] = ord("1")
    return int(digits[::-1], 2)


def numbers_of(bits: Bits) -> Iterator[int]:
    """Yield the numbers of a set in ascending order."""
    digits = f"{bits:b}".encode()[::-1].translate(IS_ONE)
    return compress(range(len(digits)), digits)


IS_ONE = bytes(digit == ord("1") for digit in range(256))


def union(sets: Iterable[Bits]) -> Bits:
    whole = 0
    for bits in sets:
        whole |= bits
    return whole


def texts_of_rows(relation: str) -> Callable[[Facts], list[str]]:
    """Read a relation of SEARCHED_ROWS, and return what gives the texts of a network: one for each column, folded."""
    columns = [f"{relation}__{column}" for column in SEARCHED_ROWS[relation]]
    rows = Network.objects.published().filter(**{f"{relation}__isnull": False}).order_by().rewrite(False)
    folded = cache(lambda text: fold(text or ""))  # thousands of networks have the same theme
    texts: dict[int, list[list[str]]] = defaultdict(list)
    for key, *values in rows.values_list("pk", *columns):
        texts[key].append([*map(folded, values)])
    joined = {key: [" ".join(column) for column in zip(*sorted(found), strict=True)] for key, found in texts.items()}
    empty = [""] * len(columns)
    return lambda facts: joined.get(facts.id, empty)


def labels_of_choice(name: str) -> Callable[[Facts], list[str]]:
    """Return what gives the labels of a network's choice in each language of STEMMERS, folded."""
    labels: dict[str, list[str]] = {}
    for code, label in Network._meta.get_field(name).choices:
        for language in STEMMERS:
            with override(language):
                labels.setdefault(code, []).append(fold(str(label)))
    empty = [""] * len(STEMMERS)
    return lambda facts: labels.get(getattr(facts, name), empty)


index = WordIndex()
lock = threading.Lock()


def find(query: str) -> Found:
    """Return what the words of a query find among the published networks."""
    with lock:
        index.refresh()
        terms = parse(query)
        entries = index.search(terms)
        matches = {term: index.match(term.words)[0] for term in terms}
        ways_on = [] if entries else [*islice(index.ways_on(query, terms), MOST_WAYS)]
        counts = Counter() if entries else Counter(key for entry in index.entries.values() for key in entry.themes)
        return Found(entries, matches, index.themes, ways_on, counts)
