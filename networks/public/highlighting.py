"""What a search has found of a network: highlights in its texts, and excerpts of those that the list leaves out."""

import re
from collections.abc import Collection
from dataclasses import dataclass

from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString

from networks.languages import (
    SERBIAN,
    SERBIAN_LATIN,
    best_text,
    language_of_column,
    languages_read,
    stored_language,
    stored_languages,
)
from networks.models import SEARCHED, Network
from networks.public.word_index import Match
from networks.reading import NetworkReading, Reader, Text
from networks.rich_text import plain_text
from networks.serbian import occurrences

LISTED_FIELDS = ("name", "acronym", "summary", "seat")
MAX_EXCERPTS = 5
EXCERPT_MARGIN = 60  # characters on each side of the word that was found


def highlight(text: Text, matches: Collection[Match]) -> SafeString:
    """Return plain text, escaped, with a `mark` element around each word that was found."""
    if not matches:
        return escape(text)
    pieces, end = [], 0
    for start, stop in occurrences(text, re.compile("|".join(match.pattern.pattern for match in matches))):
        pieces.append(format_html("{}<mark>{}</mark>", text[end:start], text[start:stop]))
        end = stop
    return format_html_join("", "{}", [*((piece,) for piece in pieces), (text[end:],)])


@dataclass(frozen=True)
class Excerpt:
    """A part of a text around a word of the search, with the label of the field."""

    label: str
    text: Text


def excerpts(network: NetworkReading, matches: Collection[Match]) -> list[Excerpt]:
    """Return an excerpt for each term that nothing in the list has, MAX_EXCERPTS at most."""
    if not matches:
        return []
    lines = searched_lines(network)
    language = network.reader.language
    listed = {f"{field}_{best_text(field, language, lines.get)[1]}" for field in LISTED_FIELDS}
    listed.add("seat_country")  # beside the seat
    hidden = [name for name in lines if name not in listed and name != "slug"]
    found: list[Excerpt] = []
    for pattern in (match.pattern for match in matches):
        if any(pattern.search(lines.get(name, "")) for name in listed) or len(found) == MAX_EXCERPTS:
            continue
        if any(occurrences(excerpt.text, pattern) for excerpt in found):
            continue
        if name := next((name for name in hidden if pattern.search(lines[name])), None):
            for text, places in ((text, occurrences(text, pattern)) for text in plain_texts_of(network, name)):
                if places:
                    field = name.removesuffix(f"_{language_of_column(name)}")
                    label = Network._meta.get_field(field).verbose_name
                    found.append(Excerpt(label, excerpt_around(text, *places[0])))
                    break
    return found


def other_languages(reader: Reader) -> list[str]:
    """Return the stored languages that are not the reader's, those that are read in its place first."""
    own, *read = languages_read(reader.language)
    return [*read, *(each for each in stored_languages() if each not in (own, *read))]


def searched_lines(network: NetworkReading) -> dict[str, str]:
    """
    Return the folded texts of the columns of SEARCHED, those in the reader's language or in none of their own first.

    They are folded in the row already; folding all texts of a page again would take seconds.
    """
    lines = dict(zip(SEARCHED, network.row.search_text.split("\n"), strict=False))
    places = {language: place for place, language in enumerate(other_languages(network.reader), 1)}
    return {name: lines[name] for name in sorted(lines, key=lambda name: places.get(language_of_column(name), 0))}


def plain_texts_of(network: NetworkReading, name: str) -> list[Text]:
    """Return what stands in a column of SEARCHED as plain text, each in one line and with its language."""
    reader = network.reader
    language = language_of_column(name)
    if name == "documents":
        documents = network.documents
        titles = [
            reader_of(other, reader).text_of(each.line.get(f"title_{other}", ""), other)
            for other in other_languages(reader)
            for each in documents
        ]
        texts = [*(each.title for each in documents), *(each.number for each in documents), *titles]
        return [in_one_line(text, reader) for text in texts if text]
    if language:
        text = reader_of(language, reader).text(network.row, name.removesuffix(f"_{language}"))
    else:
        text = reader.unmarked(" · ".join(getattr(network.row, name).splitlines()))
    return [in_one_line(text, reader)]


def reader_of(language: str, reader: Reader) -> Reader:
    """Return who reads a column in a language as `reader` can: all but readers of Serbian read it in Latin script."""
    if language == stored_language(reader.language):
        return reader
    return Reader(SERBIAN_LATIN if language == SERBIAN else language)


def in_one_line(text: Text, reader: Reader) -> Text:
    plain = plain_text(text) if text.is_html else text
    return Text(" ".join(plain.split()), language=text.language, asked=reader.language)


def excerpt_around(text: Text, start: int, end: int) -> Text:
    """Return text[start:end] with some words around it, and an ellipsis where text is left out."""
    first = text.rfind(" ", 0, start - EXCERPT_MARGIN) + 1 if start > EXCERPT_MARGIN else 0
    last = text.find(" ", end + EXCERPT_MARGIN) if end + EXCERPT_MARGIN < len(text) else -1
    words = text[first : last if last >= 0 else len(text)]
    excerpt = ("… " if first else "") + words + (" …" if last >= 0 else "")
    return Text(excerpt, language=text.language, asked=text.language if not text.is_fallback else "")
