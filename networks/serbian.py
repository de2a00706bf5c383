"""Serbian in two scripts: Latin made from Cyrillic, text folded for search, and keys to sort by.

Cyrillic is what is stored. Latin is only ever made from it, because the way back is ambiguous: "nj" is њ in
"konj" but н and ј in "konjunkcija". The alphabets are those of Pravopis srpskoga jezika, Matica srpska 2010.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import lru_cache
from html import unescape
from itertools import islice

_AZBUKA = [*"абвгдђежзијклљмнњопрстћуфхцчџш"]
_LATIN_OF_AZBUKA = [*"abvgdđežzijkl", "lj", *"mn", "nj", *"oprstćufhcč", "dž", "š"]
# The Latin alphabet, with the four foreign letters where Serbian dictionaries put them.
_ABECEDA = [*"abcčćd", "dž", *"đefghijkl", "lj", *"mn", "nj", *"opqrsštuvwxyzž"]

_LATIN = dict(zip(_AZBUKA, _LATIN_OF_AZBUKA, strict=True)) | {"ѐ": "è", "ѝ": "ì"}
# "Lj" for Љ: the form that stands among small letters.
_LATIN |= {cyrillic.upper(): latin.capitalize() for cyrillic, latin in _LATIN.items()}
# Letters of other Slavic alphabets, as Serbian writes foreign names.
_LATIN_OF_OTHERS = dict(
    zip("ѓќѕйщъыьэюяёіїєґў", "đ ć dz j šč ă y ʹ e ju ja jo i ji je g ŭ".split(), strict=True)  # noqa: SIM905
)
_LATIN_OF_OTHERS |= {cyrillic.upper(): latin.capitalize() for cyrillic, latin in _LATIN_OF_OTHERS.items()}
_LATIN_OF_SLAVIC = _LATIN | _LATIN_OF_OTHERS
_CAPITALS_OF_SEVERAL = {each for each, latin in _LATIN_OF_SLAVIC.items() if each.isupper() and len(latin) > 1}

# What \w leaves out: the accents of decomposed letters.
_LETTER = r"\w\u0300-\u036f"
# The stretches between spaces, quotes and angle brackets. No address reaches over one of those.
_CHUNK = re.compile(r"[^\s<>\"„“”«»‚‘’‹›]++")
_URL_START = re.compile(r"(?:https?|ftp)://|(?<!\w)(?:mailto:|tel:|www\.)", re.IGNORECASE)
# Each alternative can only begin where a run of its own characters begins, and gives nothing back that it has
# taken in (++), so that the time stays linear. A top-level domain in Cyrillic is in small letters, or else
# "пера@Ниш.Београд", which lacks a space, would be an address; only .СРБ is known in capitals too.
_EMAIL_OR_HOST = re.compile(
    rf"""
    (?<![{_LETTER}.%+-]) [{_LETTER}.%+-]++ @ (?:[{_LETTER}-]++\.)+
        (?:[A-Za-z][A-Za-z0-9-]+ | [\u0430-\u045f]{{2,}} | СРБ) (?![{_LETTER}])
    |
    (?<![{_LETTER}.-]) (?:[{_LETTER}-]*+\.)+ (?:срб|СРБ) (?![{_LETTER}])
        (?: :[0-9]++ )? (?: [/?\#]\S*+ )?
    """,
    re.VERBOSE,
)
# A text without one of these has no address. It is quick to see, and most texts have none.
_SIGN_OF_ADDRESS = re.compile(rf"@|\.(?:срб|СРБ)|{_URL_START.pattern}", re.IGNORECASE)


def to_latin(text: str) -> str:
    """Return plain text with its Serbian Cyrillic letters in Latin, and all the rest as it was.

    Web and e-mail addresses keep their letters, because "nis.srb" is not the host "ниш.срб".
    """
    return "".join(_latin_by_character(text, _LATIN))


def romanise(text: str) -> str:
    """Return what `to_latin` does, with the letters of the other Slavic Cyrillic alphabets in Latin too."""
    return "".join(_latin_by_character(text, _LATIN_OF_SLAVIC))


def _latin_by_character(text: str, letters: Mapping[str, str]) -> list[str]:
    """Return what each single character of the text becomes; `letters` are those that change."""
    outputs = [letters.get(character, character) for character in text]
    if not _CAPITALS_OF_SEVERAL.isdisjoint(text):
        for index, character in enumerate(text):
            if character in _CAPITALS_OF_SEVERAL and _is_among_capitals(text, index):
                outputs[index] = outputs[index].upper()
    if _SIGN_OF_ADDRESS.search(text):
        for start, end in addresses(text):
            outputs[start:end] = text[start:end]
    return outputs


def addresses(text: str) -> Iterable[tuple[int, int]]:
    """Yield start and end of each web or e-mail address, in order.

    All that decides here treats a Cyrillic letter and its Latin spelling alike, or else stands inside the
    address itself. So an address is found again when the text around it is Latin: `to_latin` is idempotent.
    """
    for chunk in _CHUNK.finditer(text):
        url = _URL_START.search(chunk[0])
        before_url = chunk[0][: url.start()] if url else chunk[0]
        for address in _EMAIL_OR_HOST.finditer(before_url):
            yield chunk.start() + address.start(), chunk.start() + address.end()
        if url:
            yield chunk.start() + url.start(), chunk.end()


def _is_among_capitals(text: str, index: int) -> bool:
    """Tell whether Љ, Њ or Џ at this index becomes LJ, NJ, DŽ (ЉУБАВ, КОЊ) and not Lj, Nj, Dž (Љубав, Љ.)."""
    if not text[index].isupper():
        return False
    following = _neighbour(text, index, 1)
    if following.isupper() or following.islower():
        return following.isupper()
    return _neighbour(text, index, -1).isupper()


def _neighbour(text: str, index: int, step: int) -> str:
    """Return the next character in this direction, over accents and invisible ones (soft hyphen), or ""."""
    index += step
    while 0 <= index < len(text) and unicodedata.category(text[index]) in ("Mn", "Cf"):
        index += step
    return text[index] if 0 <= index < len(text) else ""


# HTML, cut up as in https://html.spec.whatwg.org/multipage/parsing.html#tokenization

# One attribute. A quote that is never closed reaches to the end of the page, as in a browser.
_ATTRIBUTE_PATTERN = r"""
    (?P<attribute>[^ \t\n\r\f/>][^ \t\n\r\f/>=]*+)
    (?: [ \t\n\r\f]*+ = [ \t\n\r\f]*+
        (?P<value> "[^"]*+(?:"|\Z) | '[^']*+(?:'|\Z) | [^ \t\n\r\f>"'][^ \t\n\r\f>]*+ )? )?
"""
_ATTRIBUTE = re.compile(_ATTRIBUTE_PATTERN, re.VERBOSE)
# Comment; doctype and the like; stray end tag; tag, with its content where that is not text.
_MARKUP = re.compile(
    rf"""
    <!-- (?: -?> | .*? (?: --!?> | \Z ) )
    | <[!?] [^>]*+ >?
    | </(?![a-z]) [^>]*+ >?
    | < (?: (?P<opaque>script|style|textarea)(?=[ \t\n\r\f/>]) | (?P<name>/?[a-z][^ \t\n\r\f/>]*+) )
        (?P<attributes> (?: [ \t\n\r\f/]++ | {_ATTRIBUTE_PATTERN} )*+ ) >?
        (?(opaque) .*? (?= </(?P=opaque)[ \t\n\r\f/>] | \Z ) )
    """,
    re.VERBOSE | re.DOTALL | re.IGNORECASE | re.ASCII,
)
_REFERENCE = re.compile(
    r"&(?:#[0-9]{1,8}(?![0-9]);?|#[xX][0-9a-fA-F]{1,8}(?![0-9a-fA-F]);?|[a-zA-Z][a-zA-Z0-9]{1,31};)"
)
_CHARACTER = re.compile(rf"{_REFERENCE.pattern}|.", re.DOTALL)
_LIKE_MARKUP = re.compile(r"<[a-zA-Z]|&#?[a-zA-Z0-9]+;?")

# These tags may stand inside a word. All others part words, and so do those not known.
_INLINE = re.compile(
    "/?(?:a|abbr|b|bdi|bdo|cite|code|data|del|dfn|em|font|i|ins|kbd|mark|s|samp|small|span|strong|sub|sup|time|u"
    "|var|wbr)",
    re.IGNORECASE,
)
_READABLE_ATTRIBUTES = {"alt", "aria-description", "aria-label", "label", "placeholder", "summary", "title"}
_READABLE_META = {
    "author",
    "description",
    "keywords",
    "og:description",
    "og:site_name",
    "og:title",
    "twitter:description",
    "twitter:title",
}


def html_to_latin(html: str) -> str:
    """Return HTML with its text and the attributes that people read in Latin, and every other byte as it was.

    Which letters change is as in `to_latin`. What is not text is copied, never parsed and written anew. The content
    of a textarea is left too: like the value of an input it is data that the form sends back, and Cyrillic must not
    come back as Latin.
    """
    return _html_in_latin(html, _LATIN)


def romanise_html(html: str) -> str:
    """Return what `html_to_latin` does, with the letters of the other Slavic Cyrillic alphabets in Latin too."""
    return _html_in_latin(html, _LATIN_OF_SLAVIC)


def _html_in_latin(html: str, letters: Mapping[str, str]) -> str:
    texts: list[str] = []
    markup: list[str] = []
    flow: list[str] = []  # the texts since the last tag that parts words
    end = 0
    for token in _MARKUP.finditer(html):
        flow.append(html[end : token.start()])
        markup.append(_markup_to_latin(token, letters))
        end = token.end()
        if _parts_words(token):
            texts += _texts_to_latin(flow, letters)
            flow = []
    texts += _texts_to_latin([*flow, html[end:]], letters)
    return "".join(text + tag for text, tag in zip(texts, [*markup, ""], strict=True))


def _parts_words(token: re.Match[str]) -> bool:
    """Tell whether the letters before and after this piece of markup belong to different words."""
    name = token["opaque"] or token["name"]
    return name is not None and not _INLINE.fullmatch(name)


def _markup_to_latin(token: re.Match[str], letters: Mapping[str, str]) -> str:
    """Return one piece of markup with the attributes that people read in Latin."""
    if not token["attributes"]:
        return token[0]
    attributes = list(_ATTRIBUTE.finditer(token["attributes"]))
    readable = _READABLE_ATTRIBUTES
    if (token["name"] or "").lower() == "meta" and any(
        attribute["attribute"].lower() in ("name", "property")
        and (attribute["value"] or "").strip("\"' ").lower() in _READABLE_META
        for attribute in attributes
    ):
        readable = readable | {"content"}

    def attribute_to_latin(attribute: re.Match[str]) -> str:
        if attribute["value"] is None or attribute["attribute"].lower() not in readable:
            return attribute[0]
        return attribute[0].removesuffix(attribute["value"]) + _texts_to_latin([attribute["value"]], letters)[0]

    start, end = (place - token.start() for place in token.span("attributes"))
    return token[0][:start] + _ATTRIBUTE.sub(attribute_to_latin, token["attributes"]) + token[0][end:]


def _texts_to_latin(texts: list[str], letters: Mapping[str, str]) -> list[str]:
    """Return the texts of one flow in Latin, each for itself.

    A reference to one of the letters (&#1114;) becomes Latin letters, all others stay as written.
    """
    if not any("<" in text or "&" in text for text in texts):  # then each character stands for itself
        latin = iter(_latin_by_character("".join(texts), letters))
        return ["".join(islice(latin, len(text))) for text in texts]
    spellings = [_CHARACTER.findall(text) for text in texts]
    characters = "".join(_meaning(spelling) for text in spellings for spelling in text)
    if letters.keys().isdisjoint(characters):
        return texts
    outputs = iter(zip(characters, _latin_by_character(characters, letters), strict=True))
    return [_respelled(text, [next(outputs) for _ in text]) for text in spellings]


def _meaning(spelling: str) -> str:
    """Return the character that a spelling stands for: њ for &njcy;. Where that is none or two: U+FFFC."""
    character = spelling if len(spelling) == 1 else unescape(spelling)
    return character if len(character) == 1 else "\ufffc"


def _respelled(spellings: list[str], outputs: list[tuple[str, str]]) -> str:
    """Return a text from its spellings, in Latin where the output differs from the character it comes from.

    A bare < or & that only the new letters would turn into markup is escaped: "<сцрипт>" must remain text.
    """
    latin = [
        spelling if output == character else output
        for spelling, (character, output) in zip(spellings, outputs, strict=True)
    ]
    for index, spelling in enumerate(spellings):
        if spelling in ("<", "&"):
            window = slice(index, index + 40)  # longer than any named reference
            if _begins_markup("".join(latin[window])) and not _begins_markup("".join(spellings[window])):
                latin[index] = "&lt;" if spelling == "<" else "&amp;"
    return "".join(latin)


def _begins_markup(text: str) -> bool:
    """Tell whether a text that begins with < or & begins with a tag or a character reference."""
    found = _LIKE_MARKUP.match(text)
    return found is not None and (text[0] == "<" or unescape(found[0]) != found[0])


# Search


def fold(text: str) -> str:
    """Return what is left of a text for search when script, marks and capitals do not matter: NIŠ, Ниш → nis.

    Fold both what is sought and what is searched. As people write đ also as dj or d, all three are "d".
    """
    return " ".join(re.sub("dj+", "d", text.translate(_FOLDED)).split())


def occurrences(text: str, pattern: re.Pattern[str]) -> list[tuple[int, int]]:
    """Return where a pattern for folded text finds something in a text: start and end of each stretch, in order.

    No stretch touches another. A letter of which only a part is found counts whole: "j" is found in љ.
    """
    folded: list[str] = []
    starts: list[int] = []  # where in the text each folded character comes from
    ends: list[int] = []
    for index, character in enumerate(text):
        outputs = _FOLDED[ord(character)]
        if not outputs and ends and ends[-1] == index:
            ends[-1] = index + 1  # a mark of the letter before
        for output in outputs:
            if output == "j" and folded and folded[-1] == "d":
                ends[-1] = index + 1  # dj is d, as in fold
                continue
            folded.append(output)
            starts.append(index)
            ends.append(index + 1)
    stretches: list[tuple[int, int]] = []
    for match in pattern.finditer("".join(folded)):
        start, end = starts[match.start()], ends[match.end() - 1]
        if stretches and start <= stretches[-1][1]:
            start = stretches.pop()[0]
        stretches.append((start, end))
    return stretches


def _bare(text: str) -> str:
    """Return a text in small letters of its own script, without marks and invisible characters."""
    return "".join(
        character
        for character in _decomposed(text)
        if not (category := unicodedata.category(character)).startswith("M") and category != "Cf"
    )


def _decomposed(text: str) -> str:
    """Return a text in small letters, each followed by its marks (č as c and a caron).

    Characters are taken one at a time because to normalize a whole text also sorts its marks, which takes
    quadratic time on a long pile of them.
    """
    return "".join(unicodedata.normalize("NFKD", character) for character in text).casefold()


# European letters that Unicode does not take apart into a letter of a–z and a mark.
_PLAIN_LATIN = str.maketrans(
    {"đ": "d", "ð": "d", "ħ": "h", "ı": "i", "ł": "l", "ø": "o", "œ": "oe", "æ": "ae", "þ": "th", "ŧ": "t"}
)
_PLAIN = _PLAIN_LATIN | {ord(letter): _bare(_LATIN[letter]).translate(_PLAIN_LATIN) for letter in _AZBUKA}


class _Folded(dict[int, str]):
    """What search sees of a character, by its code point. A table for `str.translate` that fills itself."""

    MOST = 5_000  # characters, more than all alphabets have

    def __missing__(self, code: int) -> str:
        folded = _bare(chr(code)).translate(_PLAIN)
        if len(self) < self.MOST:
            self[code] = folded
        return folded


_FOLDED = _Folded()


# Sorting

_ENGLISH = "abcdefghijklmnopqrstuvwxyz"
_OTHER_CYRILLIC = [chr(code) for code in range(0x0400, 0x0530) if chr(code) not in _AZBUKA]
_AZBUKA_RANKS = {letter: rank for rank, letter in enumerate([*_AZBUKA, *_OTHER_CYRILLIC, *_ENGLISH])}
_ENGLISH_RANKS = {letter: rank for rank, letter in enumerate(_ENGLISH)}
_ABECEDA_RANKS = {_decomposed(letter): rank for rank, letter in enumerate(_ABECEDA)}
_ABECEDA_RANKS |= {letter: _ABECEDA_RANKS[_decomposed(_LATIN[letter])] for letter in _AZBUKA}
_LETTER_OF_ABECEDA = re.compile("dz\u030c|lj|nj|[csz]\u030c|c\u0301|.", re.DOTALL)

_SPACE, _DIGIT, _RANKED, _UNRANKED = 0, 1, 100, 10_000

SortKey = tuple[tuple[int, ...], tuple[str, ...], str]

KEPT_KEYS = 2048  # the same names are sorted for page after page


@lru_cache(maxsize=KEPT_KEYS)
def azbuka_key(text: str) -> SortKey:
    """Return a key that sorts texts in the order of the Cyrillic alphabet, Latin words after the Cyrillic."""
    return _sort_key(text, _bare(text).translate(_PLAIN_LATIN), _AZBUKA_RANKS)


@lru_cache(maxsize=KEPT_KEYS)
def abeceda_key(text: str) -> SortKey:
    """Return a key that sorts texts, of either script, in the order of the Serbian Latin alphabet.

    Latin dž, lj and nj are always read as one letter. Cyrillic is exact: конјункција has н and ј.
    """
    letters: list[str] = []
    for letter in _LETTER_OF_ABECEDA.findall(_decomposed(text)):
        letters += [letter] if letter in _ABECEDA_RANKS else _bare(letter).translate(_PLAIN_LATIN)
    return _sort_key(text, letters, _ABECEDA_RANKS)


@lru_cache(maxsize=KEPT_KEYS)
def english_key(text: str) -> SortKey:
    """Return a key that sorts texts in the order of a–z, Cyrillic ones by their Latin letters."""
    return _sort_key(text, _bare(text).translate(_PLAIN), _ENGLISH_RANKS)


@lru_cache(maxsize=KEPT_KEYS)
def alphabet_key(text: str, alphabet: str) -> SortKey:
    """
    Return a key that sorts texts by an alphabet whose letters may be several characters, or have marks.

    `alphabet` has the letters in their order, separated by spaces, and by "=" those that share a place: "a=á b c cs".
    A letter of several characters is doubled by its first one: ssz is sz twice.
    """
    ranks, pattern = _alphabet(alphabet)
    letters: list[str] = []
    composed = unicodedata.normalize("NFC", text if not is_cyrillic(text) else romanise(text)).lower()
    for letter in pattern.findall(composed):
        if letter in ranks:
            letters.append(letter)
        elif len(letter) > 1:
            letters += [letter[1:]] * 2
        else:
            letters += _bare(letter).translate(_PLAIN)
    return _sort_key(text, letters, ranks)


@lru_cache(maxsize=8)
def _alphabet(alphabet: str) -> tuple[dict[str, int], re.Pattern[str]]:
    """Return the rank of each letter of an alphabet, and what finds the letters of a text."""
    ranks = {letter: rank for rank, place in enumerate(alphabet.split()) for letter in place.split("=")}
    several = [letter for letter in ranks if len(letter) > 1]
    several += [letter[0] + letter for letter in several]
    return ranks, re.compile("|".join([*sorted(several, key=len, reverse=True), "."]), re.DOTALL)


def _sort_key(text: str, letters: Iterable[str], ranks: Mapping[str, int]) -> SortKey:
    """Return the key of a text: its letters, then their marks, then the text itself so that no two tie.

    Word by word: a space comes before all, then digits, then letters. Other characters only break ties.
    """
    weights: list[int] = []
    for letter in letters:
        if letter.isspace():
            if weights and weights[-1] != _SPACE:
                weights.append(_SPACE)
        elif letter.isdecimal():
            weights.append(_DIGIT + unicodedata.decimal(letter))
        elif letter in ranks:
            weights.append(_RANKED + ranks[letter])
        elif letter.isalpha():
            weights.append(_UNRANKED + ord(letter))
    if weights and weights[-1] == _SPACE:
        weights.pop()
    marked_letters = re.findall(r"\w[\u0300-\u036f]*", _decomposed(text))
    return tuple(weights), tuple(marked_letters), text


def is_cyrillic(text: str) -> bool:
    """Tell whether any letter of a text is Cyrillic."""
    return any("\u0400" <= character <= "\u052f" and character.isalpha() for character in text)
