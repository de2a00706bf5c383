"""
Check the words of a content: pure functions that find what is probably wrong, and mend it where the mend is certain.

A warning never stops anything. URLs and e-mail addresses are not judged, and no mend touches them.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from django.db import models

from networks.languages import ENGLISH, SERBIAN
from networks.models.lines import LinesField, cell_name, cell_parts
from networks.reading import translated_fields
from networks.revisions.content import Content
from networks.revisions.visible_text import Edit, VisibleText
from networks.revisions.written_numbers import lost_numbers
from networks.rich_text import RichTextField
from networks.serbian import addresses, fold, is_cyrillic, to_latin


class Kind(StrEnum):
    """What a warning is about. The values stand in forms."""

    LATIN_LETTER = "latin-letter"
    CYRILLIC_LETTER = "cyrillic-letter"
    UNTRANSLATED = "untranslated"
    LOST_NUMBER = "lost-number"
    LOST_LINK = "lost-link"
    DOUBLED_WORD = "doubled-word"
    DOUBLED_SPACE = "doubled-space"
    SHOUTING = "shouting"
    SAME_NAME = "same-name"


@dataclass(frozen=True)
class CheckedField:
    """A field whose words are checked. `language` is "" where it is not known, `source` names the Serbian column."""

    name: str
    language: str
    source: str
    is_rich: bool
    is_prose: bool  # and not a name, which may be the same in both languages
    is_heading: bool


@dataclass(frozen=True)
class WordWarning:
    """
    A place in a text where something is probably wrong.

    `field` names the field to correct. The place is from `start` to `end` in `visible`, which is the text of
    `text_field`: of the same field, or of the Serbian one for what the translation lacks. `detail` says what exactly
    it is, such as the letters. `replacement` is what the place should say, or None if that is not certain.
    """

    field: str
    kind: Kind
    text_field: str
    visible: VisibleText
    start: int
    end: int
    detail: str = ""
    replacement: str | None = None

    # Characters of an excerpt on each side of the place, and within it
    AROUND, WITHIN = 40, 80

    @property
    def words(self) -> str:
        """The text at the place."""
        return self.visible.text[self.start : self.end]

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes two warnings the same, wherever the words stand. A text stays untranslated when it changes."""
        return self.field, self.kind, "" if self.kind == Kind.UNTRANSLATED else self.words

    @property
    def before(self) -> str:
        line = self.visible.text[: self.start].rpartition("\n")[2]
        if len(line) <= self.AROUND:
            return line
        return "… " + line[-self.AROUND :].partition(" ")[2]

    @property
    def marked(self) -> str:
        words = " ".join(self.words.splitlines())
        return words if len(words) <= self.WITHIN else f"{words[: self.WITHIN].rpartition(' ')[0] or words[:40]} …"

    @property
    def after(self) -> str:
        line = self.visible.text[self.end :].partition("\n")[0]
        if len(line) <= self.AROUND:
            return line
        return line[: self.AROUND].rpartition(" ")[0] + " …"

    @property
    def mended(self) -> str | None:
        """The stored text of the whole field with this place mended; None if that is not certain."""
        return mended_text([self])


def mended_text(warnings: Iterable[WordWarning]) -> str | None:
    """Return the stored text of a field with the places of its warnings mended; None if none can be."""
    warnings = [each for each in warnings if each.replacement is not None]
    if not warnings:
        return None
    if any(each.kind == Kind.UNTRANSLATED for each in warnings):
        return ""
    edits = [Edit(each.start, each.end, each.replacement or "") for each in warnings]
    return warnings[0].visible.edited(edits)


@cache
def checked_fields(model: type[models.Model]) -> tuple[CheckedField, ...]:
    """Return the fields of a model whose words are checked: public texts, but for URLs, addresses and choices."""
    heading = getattr(model, "heading_field", "")
    left_out = {*getattr(model, "private_fields", ()), *translated_fields(model)}
    fields = []
    for each in model._meta.fields:
        is_text = isinstance(each, models.TextField) or type(each) is models.CharField or hasattr(each, "language")
        if not is_text or not each.editable or each.choices or each.name in left_out:
            continue
        original = getattr(each, "translated_field", None)
        language = getattr(each, "language", "")
        fields.append(
            CheckedField(
                each.name,
                language,
                source=f"{original.name}_{SERBIAN}" if original and language != SERBIAN else "",
                is_rich=isinstance(each, RichTextField),
                is_prose=isinstance(each, models.TextField),
                is_heading=original is not None and original.name == heading,
            )
        )
    return tuple(fields)


def checked_cells(model: type[models.Model], content: Mapping[str, Any]) -> Iterator[tuple[CheckedField, str]]:
    """Yield the cells with translated text of the lines of a content, each with its text, by the names of cells."""
    for each in model._meta.fields:
        if not isinstance(each, LinesField):
            continue
        for line in content.get(each.name) or ():
            for column, field in each.columns.items():
                if not (language := getattr(field, "language", "")) or not line.get(column):
                    continue
                serbian = f"{column.removesuffix(language)}{SERBIAN}"
                yield (
                    CheckedField(
                        cell_name(each.name, line["id"], column),
                        language,
                        source="" if language == SERBIAN else cell_name(each.name, line["id"], serbian),
                        is_rich=False,
                        is_prose=False,
                        is_heading=False,
                    ),
                    line[column],
                )


def check_words(
    model: type[models.Model], content: Mapping[str, Any], other_names: Collection[str] = ()
) -> list[WordWarning]:
    """Return the warnings for the words of a content, field by field. `other_names` are those of other rows."""
    fields = [*checked_fields(model)]
    texts = {each.name: VisibleText(content.get(each.name) or "", each.is_rich) for each in fields}
    for cell, text in checked_cells(model, content):
        fields.append(cell)
        texts[cell.name] = VisibleText(text, is_rich=False)
    names = {fold(name) for name in other_names}
    in_english = "\n".join(without_addresses(texts[each.name].text) for each in fields if each.language == ENGLISH)
    warnings: list[WordWarning] = []
    for field in fields:
        if not texts[field.name].text.strip():
            continue
        if field.is_heading and fold(texts[field.name].text) in names:
            warnings.append(whole_text(field, Kind.SAME_NAME, texts[field.name]))
        if field.source in texts and texts[field.source].text.strip():
            if is_untranslated(texts[field.source].text, texts[field.name].text, field):
                warnings.append(replace(whole_text(field, Kind.UNTRANSLATED, texts[field.name]), replacement=""))
                continue
            warnings += check_translation(field, texts[field.source], texts[field.name], in_english)
        warnings += check_spelling(field, texts[field.name])
    return warnings


def whole_text(field: CheckedField, kind: Kind, visible: VisibleText) -> WordWarning:
    return WordWarning(field.name, kind, field.name, visible, 0, len(visible.text))


def check_translation(
    field: CheckedField, source: VisibleText, translation: VisibleText, in_english: str
) -> Iterator[WordWarning]:
    """
    Yield a warning for each number and link that a translation lacks. `in_english` is all that is in English.

    How numbers are written in words is known of English alone, so it is not said of other languages.
    """
    numbers = []
    if field.language == ENGLISH:
        numbers = lost_numbers(without_addresses(source.text), without_addresses(translation.text), in_english)
    for number in {each.text: each for each in reversed(numbers)}.values():
        yield WordWarning(
            field.name, Kind.LOST_NUMBER, field.source, source, number.start, number.end, detail=number.text
        )
    for url, start, end in lost_links(source, translation):
        yield WordWarning(field.name, Kind.LOST_LINK, field.source, source, start, end, detail=url)


def check_spelling(field: CheckedField, visible: VisibleText) -> Iterator[WordWarning]:
    """Yield the warnings for the letters, words and spaces of a text."""
    judged = without_addresses(visible.text)
    for kind, edit, letters in mixed_words(judged, field.language):
        yield edited_place(field, kind, visible, edit, letters)
    if field.language:
        for edit in doubled_words(judged):
            yield edited_place(field, Kind.DOUBLED_WORD, visible, edit)
        for start, end in shouted_words(judged):
            yield WordWarning(field.name, Kind.SHOUTING, field.name, visible, start, end)
    for edit in doubled_spaces(visible.text):
        yield edited_place(field, Kind.DOUBLED_SPACE, visible, edit)


def edited_place(field: CheckedField, kind: Kind, visible: VisibleText, edit: Edit, detail: str = "") -> WordWarning:
    """Return a warning with a mend, if that is certain and the markup allows it."""
    replacement = edit.replacement if edit.replacement and visible.allows(edit) else None
    return WordWarning(field.name, kind, field.name, visible, edit.start, edit.end, detail, replacement)


def mend(model: type[models.Model], content: Content, field: str, kind: str = "", words: str = "") -> Content | None:
    """
    Return a content with one field, or one cell of a line, mended; None if there is nothing to mend.

    All places of the field are mended, or only those with a warning of one kind, or only those with these words.
    """
    mended = mended_text(
        each
        for each in check_words(model, content)
        if each.field == field and kind in ("", each.kind) and words in ("", each.words)
    )
    name, identifier, column = cell_parts(field)
    if mended is None or not identifier:
        return None if mended is None else {**content, field: mended}
    lines = [{**line, column: mended} if line["id"] == identifier else line for line in content[name]]
    return {**content, name: lines}


# Addresses

# A host without a scheme, such as energy-cities.eu/members. In Latin letters only: "крај.Почетак" lacks a space.
HOST = re.compile(r"(?<![\w.@-])(?:[A-Za-z0-9-]++\.)++[A-Za-z]{2,}+(?![\w-])(?::[0-9]+)?(?:/[^\s<>\"„“”«»]*+)?")
BLANK = "\ufffc"


def without_addresses(text: str) -> str:
    """Return a text of the same length in which each character of a URL or an e-mail address is U+FFFC."""
    spans = [*addresses(text), *(match.span() for match in HOST.finditer(text))]
    for start, end in spans:
        text = text[:start] + BLANK * (end - start) + text[end:]
    return text


# Words

WORD = re.compile(r"[^\W\d_](?:[\u0300-\u036f\u00ad]*[^\W\d_])*")

LATIN_LETTER = re.compile(r"[A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f]")
CYRILLIC_LETTER = re.compile(r"[\u0400-\u0481\u048a-\u052f]")

# Letters that look the same in both alphabets
LATIN, CYRILLIC = "aeojpcxyABEHJKMOPCTXY", "аеојрсхуАВЕНЈКМОРСТХУ"
TO_CYRILLIC, TO_LATIN = str.maketrans(LATIN, CYRILLIC), str.maketrans(CYRILLIC, LATIN)
# Words of a few letters that are wholly of the other alphabet
CYRILLIC_WORDS = {word.translate(TO_LATIN): word for word in ("а", "о", "је", "се")}
LATIN_WORDS = {"а": "a"}
# A Serbian ending after a Latin acronym: USAIDа for USAID-а
ACRONYM_WITH_ENDING = re.compile(r"([A-ZČĆĐŠŽ]{2,})([а-џ]{1,3})")


def mixed_words(text: str, language: str) -> Iterator[tuple[Kind, Edit, str]]:
    """
    Yield the words with letters of both alphabets, what they should be ("" if that is not certain), and the letters.

    Where a word could be of either alphabet, it is of the one of its language, or of most other letters of the text.
    """
    words = list(WORD.finditer(text))
    is_cyrillic_text = language == SERBIAN or (not language and is_mostly_cyrillic(text))
    own, kind = (CYRILLIC_WORDS, Kind.LATIN_LETTER) if is_cyrillic_text else (LATIN_WORDS, Kind.CYRILLIC_LETTER)
    for index, match in enumerate(words):
        word = match[0]
        latin, cyrillic = LATIN_LETTER.findall(word), CYRILLIC_LETTER.findall(word)
        if latin and cyrillic:
            yield mixed_word(match, latin, cyrillic, is_cyrillic_text)
        elif word in own and stands_among(text, words, index, CYRILLIC_LETTER if is_cyrillic_text else LATIN_LETTER):
            yield kind, Edit(*match.span(), own[word]), distinct(word)


def is_mostly_cyrillic(text: str) -> bool:
    return len(CYRILLIC_LETTER.findall(text)) >= len(LATIN_LETTER.findall(text))


def mixed_word(
    match: re.Match[str], latin: list[str], cyrillic: list[str], is_cyrillic_text: bool
) -> tuple[Kind, Edit, str]:
    """Return the warning for a word that has letters of both alphabets."""
    word = match[0]
    if is_cyrillic_text and (ending := ACRONYM_WITH_ENDING.fullmatch(word)):
        return Kind.CYRILLIC_LETTER, Edit(*match.span(), f"{ending[1]}-{ending[2]}"), ending[2]
    may_be_cyrillic = all(letter in LATIN for letter in latin)
    may_be_latin = all(letter in CYRILLIC for letter in cyrillic)
    if may_be_cyrillic and may_be_latin:
        becomes_cyrillic = is_cyrillic_text
    elif may_be_cyrillic or may_be_latin:
        becomes_cyrillic = may_be_cyrillic
    else:  # nobody can tell which letters are wrong; those of which there are fewer, probably
        kind, letters = (
            (Kind.LATIN_LETTER, latin) if len(latin) <= len(cyrillic) else (Kind.CYRILLIC_LETTER, cyrillic)
        )
        return kind, Edit(*match.span(), ""), distinct(letters)
    if becomes_cyrillic:
        return Kind.LATIN_LETTER, Edit(*match.span(), word.translate(TO_CYRILLIC)), distinct(latin)
    return Kind.CYRILLIC_LETTER, Edit(*match.span(), word.translate(TO_LATIN)), distinct(cyrillic)


def distinct(letters: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(letters))


def stands_among(text: str, words: list[re.Match[str]], index: int, letter: re.Pattern[str]) -> bool:
    """Return whether a word stands between two words of these letters, with only spaces between them."""
    if not 0 < index < len(words) - 1:
        return False
    word, before, after = words[index], words[index - 1], words[index + 1]
    gaps = text[before.end() : word.start()], text[word.end() : after.start()]
    return all(gap.isspace() for gap in gaps) and all(
        len(letter.findall(each[0])) == len(each[0]) for each in (before, after)
    )


# What may rightly stand twice
TWICE = """
    да те ти ми то што сам мало једва полако врло још
    that had her do so very many who can will
"""
NO_BREAK_SPACE = "\u00a0"
SPACES = re.compile(f"[ {NO_BREAK_SPACE}]+")
INNER_SPACES = re.compile(rf"(?<=\S)[ {NO_BREAK_SPACE}]{{2,}}(?=\S)")
JOINERS = "-‐‑–'’"


def doubled_words(text: str) -> Iterator[Edit]:
    """
    Yield the words that stand twice with only space between them, and what should stand there.

    Names such as Баден Баден may, and words that a sentence may need twice.
    """
    words = list(WORD.finditer(text))
    index = 0
    while index < len(words):
        last = index
        while last + 1 < len(words) and is_same_word(text, words[last], words[last + 1]):
            last += 1
        first, end = words[index], words[last].end()
        parts_of_others = {text[max(0, first.start() - 1) : first.start()], text[end : end + 1]} & {*JOINERS}
        is_name = all(word[0][0].isupper() for word in words[index : last + 1])
        if last > index and not is_name and not parts_of_others and first[0].lower() not in TWICE.split():
            yield Edit(first.start(), end, first[0])
        index = last + 1


def is_same_word(text: str, one: re.Match[str], other: re.Match[str]) -> bool:
    return one[0].lower() == other[0].lower() and bool(SPACES.fullmatch(text, one.end(), other.start()))


def doubled_spaces(text: str) -> Iterator[Edit]:
    """Yield the spaces within a line of which there are several, and the one that should stand there."""
    for match in INNER_SPACES.finditer(text):
        yield Edit(*match.span(), " " if " " in match[0] else NO_BREAK_SPACE)


# No acronyms are among these, so capitals beside them are no acronyms either.
SMALL_WORDS = """
    И У ЗА НА ОД ДО С СА ИЗ О ПО НЕ ДА СЕ ЈЕ ИЛИ КАО
    AND OF THE FOR IN TO ON WITH OR IS ARE BY AT
"""
SENTENCE_END = re.compile(r"\s*(?:[.!?:…]|\n|\Z)")
SENTENCE_START = re.compile(r"[.!?:…\n][\s„“\"«(]*\Z")
GAP = re.compile(f"[ {NO_BREAK_SPACE}-]+")


def shouted_words(text: str) -> Iterator[tuple[int, int]]:
    """
    Yield start and end of what is written in capitals: whole sentences, phrases and four long words or more.

    One word in capitals is an acronym or a name, and so may be two beside each other within a sentence.
    """
    for words in capital_words(text):
        start, end = words[0].start(), words[-1].end()
        long = [each for each in words if len(each[0]) >= 4]
        before = text[max(0, start - 8) : start]
        is_sentence = start == 0 or SENTENCE_START.search(before)
        is_sentence = is_sentence and SENTENCE_END.match(text, end)
        is_phrase = len(words) >= 3 and any(each[0] in SMALL_WORDS.split() for each in words)
        if len(long) >= (2 if is_sentence or is_phrase else 4) and sum(len(each[0]) for each in words) >= 10:
            yield start, end


def capital_words(text: str) -> Iterator[list[re.Match[str]]]:
    """Yield the words in capitals between which there are only spaces and hyphens."""
    run: list[re.Match[str]] = []
    for word in WORD.finditer(text):
        is_next = run and GAP.fullmatch(text, run[-1].end(), word.start())
        if run and not (is_next and word[0].isupper()):
            yield run
            run = []
        if word[0].isupper():
            run.append(word)
    if run:
        yield run


# Translations


def is_untranslated(source: str, translation: str, field: CheckedField) -> bool:
    """
    Return whether a translation is the Serbian, in either script.

    A name is not translated if it is the same in Cyrillic: in Latin letters it may be the same in both languages.
    So it is in a prose text of names only, or of one word.
    """
    source, translation = source.strip(), translation.strip()
    if not is_cyrillic(source):
        return False
    if source == translation:
        return True
    words = WORD.findall(source)
    has_other_words = len(words) > 1 and any(word[0].islower() for word in words)
    return field.is_prose and has_other_words and to_latin(source).casefold() == translation.casefold()


def lost_links(source: VisibleText, translation: VisibleText) -> list[tuple[str, int, int]]:
    """
    Return the links of a text, by URL, start and end, that its translation does not have.

    A link to another page of the same site is the same link. So is one to another site, which may be in English.
    """
    links, others = links_of(source), links_of(translation)
    known = {destination(url) for url, _start, _end in others}
    lost: dict[str, tuple[str, int, int]] = {}
    for link in links:
        if destination(link[0]) not in known:
            lost.setdefault(destination(link[0]), link)
    in_their_place = known - {destination(url) for url, _start, _end in links}
    return list(lost.values())[len(in_their_place) :]


def links_of(visible: VisibleText) -> list[tuple[str, int, int]]:
    """Return the links of a rich text, and the URLs and e-mail addresses that a text names, in their order."""
    text = visible.text
    spans = {*addresses(text), *(match.span() for match in HOST.finditer(text))}
    linked = [*visible.links]
    named = [
        (text[start:end].rstrip(".,;:!?)"), start, end)
        for start, end in sorted(spans)
        if not any(first <= start < last for _url, first, last in linked)
    ]
    return sorted([*linked, *named], key=lambda link: link[1])


def destination(url: str) -> str:
    """Return where a link leads, without the page: the last two labels of its host, or its e-mail address."""
    if url.startswith("mailto:") or ("@" in url and "/" not in url):
        return url.removeprefix("mailto:").partition("?")[0].lower()
    try:
        host = urlsplit(url if "://" in url or url.startswith("/") else f"//{url}").hostname or ""
    except ValueError:
        return url
    return ".".join(host.split(".")[-2:])
