"""What the list of results offers beside them: what may have been meant, and where to go on from nothing."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain

from networks.languages import SERBIAN
from networks.public.highlighting import plain_texts_of, searched_lines
from networks.public.search import SearchQuery, SearchResult, rows_to_show
from networks.public.word_index import Found, Match
from networks.reading import NetworkReading, Reader, Text, ThemeReading
from networks.serbian import occurrences, romanise


@dataclass(frozen=True)
class Suggestion:
    """A link to another list: its text, how many networks are there, and the query string of its URL."""

    label: Text
    count: int
    query: str


@dataclass(frozen=True)
class WaysOn:
    """Where to go on from an empty list: without its filters, with other words, or to the networks of a theme."""

    unfiltered: Suggestion | None
    others: list[Suggestion]
    themes: list[Suggestion]


def did_you_mean(query: SearchQuery, found: Found, networks: list[NetworkReading]) -> Suggestion | None:
    """Return the query without its mistakes, spelt as the networks that are shown spell it; None if it has none."""
    if not any(match.guesses for match in found.matches.values()):
        return None
    text, language = query.q, None
    # From the end, so that the places of the other words stay the same
    for term, match in sorted(found.matches.items(), key=lambda pair: -pair[0].start):
        # The words that are right too, in the script of the page and with their diacritics
        meant = Match(match.guesses or frozenset({" ".join(term.words)}))
        if len(term.words) == 1 and (spelt := next(spellings(meant, networks), None)):
            language = spelt.language
            text = text[: term.start] + in_case_of(text[term.start : term.end], spelt) + text[term.end :]
    if text == query.q:
        return None
    reader = Reader()
    text = in_script_of(reader, text)
    label = Text(text, language=language, asked=reader.language)
    return Suggestion(label, len(found.entries), replace(query, q=text).query_string())


def in_script_of(reader: Reader, text: str) -> str:
    """Return a query in which words may stand as they were typed, in a script that the reader reads."""
    return text if reader.language == SERBIAN else romanise(text)


def in_case_of(typed: str, word: str) -> str:
    return word.lower() if typed.islower() else word


def spellings(match: Match, networks: Iterable[NetworkReading]) -> Iterator[Text]:
    """Yield how networks spell what was found, in the language and script that the reader gets."""
    for network in networks:
        lines = searched_lines(network)
        names = (name for name in lines if match.pattern.search(lines[name]))
        texts = chain.from_iterable(plain_texts_of(network, name) for name in names)
        for text in chain(texts, (theme.name for theme in network.themes), [Text(network.scope)]):
            for start, end in occurrences(text, match.pattern)[:1]:
                yield Text(text[start:end], language=text.language, asked=network.reader.language)


def ways_on(query: SearchQuery, found: Found, reader: Reader) -> WaysOn:
    """Return where to go on from a search that finds nothing, or nothing that passes its filters."""
    if found.entries:
        without_filters = SearchQuery(q=query.q).query_string()
        return WaysOn(Suggestion(Text(query.q), len(found.entries), without_filters), [], [])
    rows = rows_to_show(way.example.facts.id for way in found.ways_on if way.near)
    others = []
    for way in found.ways_on:
        text, language = way.query, None
        if way.near:
            match = Match(frozenset({way.near}))
            themes = [ThemeReading(found.themes[key], reader) for key in way.example.themes]
            row = rows.get(way.example.facts.id)  # None if it was taken off the site since it was found
            networks = [SearchResult(row, themes, None, reader).reading] if row else []
            spelt = next(spellings(match, networks), Text(way.near))
            text = way.query.removesuffix(way.near) + in_case_of(query.q, spelt)
            language = spelt.language
        text = in_script_of(reader, text)
        label = Text(text, language=language, asked=reader.language)
        others.append(Suggestion(label, way.count, SearchQuery(q=text).query_string()))
    themes = [(ThemeReading(found.themes[key], reader), count) for key, count in found.theme_counts.items()]
    themes.sort(key=lambda pair: reader.sort_key(pair[0].name))
    return WaysOn(
        None,
        others,
        [Suggestion(theme.name, count, SearchQuery(theme=(theme.slug,)).query_string()) for theme, count in themes],
    )
