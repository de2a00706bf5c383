"""
Which numbers of a Serbian text are missing from its English translation.

The two languages write the same number in many ways: 1.500,50 and 1,500.50; 14. and 14th or fourteenth; XX and 20th;
03.05.2007. and 3 May 2007; 5.000.000 and 5 million. So a number has several readings, and is missing only if the
English text has none of them.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

Values = frozenset[Decimal]

SPACES = " \u00a0\u2009\u202f"
NUMBER = re.compile(
    rf"""
    (?<![0-9.,]) [0-9]{{1,3}} (?: [{SPACES}] [0-9]{{3}} )+ (?: [.,][0-9]+ )? (?![0-9])
    | (?<![0-9/]) [0-9]/[0-9] (?![0-9/])
    | [0-9]+ (?: [.,][0-9]+ )*
    """,
    re.VERBOSE,
)
SEPARATOR = re.compile(rf"[.,/{SPACES}]")
FORMATS = (
    # Serbian and English; a number may stand in the format of the other language
    (re.compile(r"[0-9]{1,3}(?:\.[0-9]{3})+(?:,[0-9]+)?|[0-9]+(?:,[0-9]+)?"), ".", ","),
    (re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?|[0-9]+(?:\.[0-9]+)?"), ",", "."),
)

# What may stand after a number, or after another one that ends its range: 12–15 thousand
SCALE = re.compile(
    rf"(?:\s?(?:[-–]|до|и|или|to|and|or)\s?[0-9.,]+)?[{SPACES}]?"
    rf"(?:(?P<hundred>стотин|hundred)|(?P<thousand>хиљад|thousand|k\b)"
    rf"|(?P<million>милион|мил\.|млн|million|m\b|mn\b)|(?P<billion>милијард|млрд|billion|bn\b))",
    re.IGNORECASE,
)
FACTORS = {
    "hundred": Decimal(100),
    "thousand": Decimal(1000),
    "million": Decimal(10**6),
    "billion": Decimal(10**9),
}
HOURS = re.compile(rf"[{SPACES}]?(?:час|сат|h\b|ч\b)", re.IGNORECASE)
DECADE = re.compile(r"-?(?:их|тих|е|те|s)\b")
RANGE_START = re.compile(r"([0-9]{4})\.?\s?[-–/]\s?\Z")

ROMAN = re.compile(r"\b(?=[IVXLCDM]+\b)M{0,3}(?:CM|CD|D?C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})(?!\w)")
ROMAN_DIGITS = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}

MONTHS = "january february march april may june july august september october november december"
CARDINALS = """
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
    eighteen nineteen
"""
ORDINALS = """
    zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth
    fifteenth sixteenth seventeenth eighteenth nineteenth
"""
TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
SMALL_WORDS = {word: number for words in (CARDINALS, ORDINALS) for number, word in enumerate(words.split())} | {
    word: number * 10
    for number, tens in enumerate(TENS.split(), 2)
    for word in (tens, f"{tens[:-1]}ieth", f"{tens[:-1]}ies")
}
LARGE_WORDS = {f"{word}{ending}": factor for word, factor in FACTORS.items() for ending in ("", "s", "th", "ths")}
OTHER_WORDS = {
    "once": 1, "single": 1, "sole": 1, "twice": 2, "both": 2, "pair": 2, "couple": 2, "double": 2, "thrice": 3,
    "decade": 10, "dozen": 12, "half": 50, "century": 100, "centenary": 100,
}  # fmt: skip


@dataclass(frozen=True)
class WrittenNumber:
    """A number in a text, from `start` to `end`. Each reading is a set of values that it consists of."""

    text: str
    start: int
    end: int
    readings: tuple[Values, ...]


def written_numbers(text: str) -> list[WrittenNumber]:
    """Return the numbers that a text has in digits."""
    return [
        WrittenNumber(match[0], match.start(), match.end(), tuple(dict.fromkeys(readings(match, text))))
        for match in NUMBER.finditer(text)
    ]


def readings(match: re.Match[str], text: str) -> Iterable[Values]:
    """Yield what a number in digits may mean, with regard to what stands around it."""
    digits = re.sub(f"[{SPACES}]", "", match[0])
    parts = [Decimal(part) for part in SEPARATOR.split(match[0])]
    after = text[match.end() : match.end() + 24]
    scale = SCALE.match(after)
    for pattern, grouping, point in FORMATS:
        if pattern.fullmatch(digits):
            value = Decimal(digits.replace(grouping, "").replace(point, "."))
            yield frozenset([value])
            if scale and scale.lastgroup:
                yield frozenset([value * FACTORS[scale.lastgroup]])
    if len(parts) > 1:
        yield frozenset(parts)
    if "/" in match[0]:  # a fraction, which has many names: not sought
        yield frozenset()
    if len(parts) == 3:  # a date, whose month the translation may have as a word
        yield frozenset([parts[0], parts[2]])
    if HOURS.match(after) and parts[0] <= 24:
        hour, minutes = parts[0], {each for each in parts[1:] if each}
        yield frozenset([hour, *minutes])
        yield frozenset([hour - 12 if hour > 12 else hour, *minutes])
    if len(match[0]) == 4 and match[0].endswith("0") and DECADE.match(after):
        yield frozenset([parts[0] % 100])
    begun = RANGE_START.search(text[max(0, match.start() - 8) : match.start()])
    if begun and len(match[0]) < 4:  # 1990–95
        yield frozenset([Decimal(begun[1][: -len(match[0])] + match[0])])


def english_values(text: str) -> set[Decimal]:
    """Return all that the numbers of an English text may mean, in digits, in words and in Roman numerals."""
    values = {value for number in written_numbers(text) for reading in number.readings for value in reading}
    values |= {roman_value(match[0]) for match in ROMAN.finditer(text)}
    return values | spelled_values(text)


def roman_value(numeral: str) -> Decimal:
    digits = [ROMAN_DIGITS[letter] for letter in numeral]
    return Decimal(sum(-one if one < other else one for one, other in zip(digits, [*digits[1:], 0], strict=True)))


def spelled_values(text: str) -> set[Decimal]:
    """Return the values of the number words of an English text: of each, and of those that belong together."""
    values: set[Decimal] = set()
    total = current = Decimal(0)
    for word in re.findall(r"[a-z]+|[^\w\s-]", text.lower()):
        if word in SMALL_WORDS:
            number = Decimal(SMALL_WORDS[word])
            values.add(number)
            goes_on = current % 100 == 0 or (current % 10 == 0 and current % 100 >= 20 and number < 10)
            current = current + number if goes_on else number
        elif word in LARGE_WORDS:
            factor = LARGE_WORDS[word]
            values.add(factor)
            if factor == 100:
                current = (current or 1) * factor
            else:
                total, current = total + (current or 1) * factor, Decimal(0)
        elif word != "and":
            total = current = Decimal(0)
            if word in OTHER_WORDS:
                values.add(Decimal(OTHER_WORDS[word]))
            months = [number for number, month in enumerate(MONTHS.split(), 1) if word in (month, month[:3], "sept")]
            values |= {Decimal(number) for number in months}
        if total + current:
            values.add(total + current)
    return values


def lost_numbers(source: str, translation: str, elsewhere: str = "") -> list[WrittenNumber]:
    """
    Return the numbers of a Serbian text that its English translation does not have.

    A number that stands `elsewhere` in English is not lost, unless the translation has another one in its place.
    """
    numbers = written_numbers(source)
    values = english_values(translation) if numbers else set()
    lost = [number for number in numbers if not has_reading(number, values)]
    if not lost:
        return []
    values_elsewhere = english_values(elsewhere)
    in_source = {value for number in numbers for each in number.readings for value in each}
    others = {len(each.text) for each in written_numbers(translation) if not has_reading(each, in_source)}
    return [number for number in lost if len(number.text) in others or not has_reading(number, values_elsewhere)]


def has_reading(number: WrittenNumber, values: set[Decimal]) -> bool:
    return any(reading <= values for reading in number.readings)
