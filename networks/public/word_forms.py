"""
Which words are alike to search: inflected forms, foreign spellings of a name, and words with one wrong letter.

All words are folded (`networks.serbian.fold`), so that both scripts, with or without diacritics, are one to what
stands here.
"""

import re
from collections.abc import Callable, Iterator

import snowballstemmer
from django.conf.locale import LANG_INFO

from networks.languages import SERBIAN

# Endings of nouns and adjectives. They are taken off one after the other, so градовима loses "a", "im" and "ov".
ENDING = re.compile("(?:[aeiou]|[aeio]m|[eo][gv]|oj|ih)$")
SHORTEST_STEM = 3

# What else changes within the forms of a word, made alike one after the other: pattern, replacement, an example
CHANGES = [
    (re.compile(pattern), replacement)
    for pattern, replacement, _example in (
        ("(?<=..)anin$", "an", "грађанин, грађани"),
        ("(?<=..)loz$", "l", "дијалози, of which дијалог has lost its og"),
        ("sc$", "st", "облашћу, област"),
        (r"(?<=..[^aeiou])a(lj|nj|[^aeiou])$", r"\1", "пројекат, пројекта; земаља, земља"),
        ("(?<=[aei])tk$", "k", "податка, подаци"),
        (r"(?<=..[^aeiou])a([^aeiou])$", r"\1", "podak, which the line above has made of податак"),
        ("k$", "c", "језик, језици"),
        ("g$", "z", "колега, колези"),
        ("h$", "s", "успех, успеси"),
    )
]


def serbian_stem(word: str) -> str:
    """
    Return what the forms of a Serbian noun or adjective have in common: gradov for градова is grad, as for граду.

    The stem is a key and not always a word: језик, језика and језици are jezic. Words of one stem may differ in
    meaning, as вода and вођа do when they are written without diacritics.
    """
    word = without_endings(word)
    for pattern, replacement in CHANGES:
        word = pattern.sub(replacement, word)
    return word


def without_endings(word: str) -> str:
    """Return the beginning that most forms of a Serbian word share, often with words derived from it: kultur."""
    word = re.sub("izam$", "izm", word)  # туризам, туризма
    while (shorter := ENDING.sub("", word)) != word and len(shorter) >= SHORTEST_STEM:
        word = shorter
    return word


def stemmer(language: str) -> Callable[[str], str]:
    """
    Return what gives the stem of a folded word of a language. Where nobody has made one, a word has one form.

    It is not for several threads at once: those of Snowball keep the word that they work on.
    """
    if language == SERBIAN:
        return serbian_stem
    name = LANG_INFO[language]["name"].lower()
    return snowballstemmer.stemmer(name).stemWord if name in snowballstemmer.algorithms() else str


# What the letters of other languages become in Serbian, so that Strasbourg and Стразбур are one to search. Letters
# that sound alike, or are heard one way or the other, are made one: s and z, i and j.
SOUNDS = [
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        ("eaux?", "o"),  # Bordeaux, Бордо
        ("o[uo]", "u"),  # Toulouse, Тулуз; Liverpool, Ливерпул
        ("ph", "f"),
        ("t?ch", "c"),  # Manchester, Манчестер
        ("sch|s[hz]", "s"),  # Hiroshima, Хирошима; Warszawa, Варшава
        ("th", "t"),
        ("ck", "k"),
        ("qu", "kv"),  # Québec, Квебек
        ("x", "ks"),  # Oxford, Оксфорд
        ("w", "v"),
        ("gn", "ni"),  # Bologna, Болоња
        ("ill", "i"),  # Marseille, Марсеј
        ("i?[jy]", "i"),  # Kyoto, Кјото
        ("gu?(?=[ei])", "z"),  # Geneva, Женева
        ("c(?=[ei])", "s"),  # Barcelona, Барселона
        ("[cq]", "k"),
        ("z", "s"),
        ("(?<=r)g$", ""),  # Strasbourg, Стразбур
        (r"(.)\1+", r"\1"),  # Hannover, Хановер
        ("(?<=...)e$", ""),  # Grenoble, Гренобл
    )
]


def sound(word: str) -> str:
    """Return a key that a foreign name and what Serbian makes of it have in common, in whichever case it stands."""
    for pattern, replacement in SOUNDS:
        word = pattern.sub(replacement, word)
    return serbian_stem(word)


# Lj, nj and dž are one letter in Cyrillic, and one slip of the finger.
LETTER = re.compile("lj|nj|dz|.")
LETTERS = [*"abcdefghijklmnopqrstuvwxyz", "lj", "nj", "dz"]


def misspellings(word: str) -> Iterator[str]:
    """Yield all that differs from a word by one wrong, missing or doubled letter, or two that are swapped."""
    for letters in {tuple(word), tuple(LETTER.findall(word))}:
        for place in range(len(letters) + 1):
            before, after = "".join(letters[:place]), letters[place:]
            rest, following = "".join(after), "".join(after[1:])
            yield from (before + letter + rest for letter in LETTERS)
            if after:
                yield before + following
                yield from (before + letter + following for letter in LETTERS)
            if len(after) > 1:
                yield before + after[1] + after[0] + "".join(after[2:])
