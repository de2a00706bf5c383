"""
Dates known to the year, the month or the day: the value, its model field and its form field.

Many memberships are on record only as "2003" or "May 2007". What is not known stays unknown: nothing is
filled up to a first of January that nobody meant.
"""

import re
from calendar import monthrange
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from functools import lru_cache, total_ordering
from typing import Any, Self

from django import forms
from django.conf.locale import LANG_INFO
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.db import models
from django.utils import formats
from django.utils.timezone import localdate
from django.utils.translation import get_language, override
from django.utils.translation import gettext_lazy as _

# What a reader sees. In Serbian a month alone stands in the nominative, after a day or a preposition in the genitive:
# мај 2007., 3. маја 2007., од маја 2007.
MONTH_NAMES = {
    "sr": "јануар фебруар март април мај јун јул август септембар октобар новембар децембар",
    "sr-latn": "januar februar mart april maj jun jul avgust septembar oktobar novembar decembar",
    "en": "January February March April May June July August September October November December",
}
MONTH_NAMES_IN_GENITIVE = {
    "sr": "јануара фебруара марта априла маја јуна јула августа септембра октобра новембра децембра",
    "sr-latn": "januara februara marta aprila maja juna jula avgusta septembra oktobra novembra decembra",
    "en": MONTH_NAMES["en"],
}

# What people type, one line for each month: English, Serbian Latin, Serbian Cyrillic.
MONTH_SPELLINGS = (
    "january jan januar januara јануар јануара јан",
    "february feb februar februara фебруар фебруара феб",
    "march mar mart marta март марта мар",
    "april apr aprila април априла апр",
    "may maj maja мај маја",
    "june jun juni juna јун јуни јуна",
    "july jul juli jula јул јули јула",
    "august aug avgust avgusta avg август августа авг",
    "september sept sep septembar septembra септембар септембра септ сеп",
    "october oct oktobar oktobra okt октобар октобра окт",
    "november nov novembar novembra новембар новембра нов",
    "december dec decembar decembra децембар децембра дец",
)
MONTH_NUMBERS = {name: number for number, line in enumerate(MONTH_SPELLINGS, 1) for name in line.split()}

# [0-9] rather than \d, which would let in the digits of every script.
ISO_FORMAT = re.compile(r"(?P<year>[1-9][0-9]{3})(-(?P<month>[0-9]{2})(-(?P<day>[0-9]{2}))?)?")

DAY = r"(?P<day>[0-9]{1,2})"
MONTH = r"(?P<month>[0-9]{1,2})"
MONTH_NAME = rf"(?P<month>{'|'.join(MONTH_NUMBERS)})"
ORDINAL = r"(st|nd|rd|th)?"
YEAR = r"(?P<year>[1-9][0-9]{3})\.?( ?(година|године|год|г|godina|godine|god|g)\.?)?"

# Matched against lower-case text without white space around full stops, commas and slashes. A day between
# slashes is missing on purpose: 3/5/2007 means May to one reader and March to another.
TYPED_FORMATS = (
    ISO_FORMAT,
    re.compile(rf"(({DAY}\.)?{MONTH}\.)?{YEAR}"),  # 2007.  05.2007.  3.5.2007.
    re.compile(rf"{MONTH}/{YEAR}"),  # 05/2007
    re.compile(rf"({DAY}(\.|{ORDINAL} ))?{MONTH_NAME}[., ]{YEAR}"),  # May 2007  3 May 2007  3. маја 2007.
    re.compile(rf"{MONTH_NAME}[. ]{DAY}{ORDINAL}[, ]{YEAR}"),  # May 3, 2007
)


class ImpossibleDate(ValueError):
    """The date is well written but stands in no calendar, such as 31.2.2007."""


@total_ordering
@dataclass(frozen=True)
class PartialDate:
    """A date known to the year, the month or the day.

    The less precise date sorts before the dates it contains: 2007 < 2007-05 < 2007-05-03 < 2007-06.
    """

    year: int
    month: int | None = None
    day: int | None = None

    def __post_init__(self) -> None:
        if not 1000 <= self.year <= 9999:
            raise ValueError("The year must have four digits.")
        if self.month is None and self.day is not None:
            raise ValueError("A day needs a month.")
        try:
            self.earliest  # noqa: B018 - the calendar decides whether the date exists
        except (ValueError, OverflowError) as error:
            raise ImpossibleDate(str(error)) from error

    def __str__(self) -> str:
        return self.isoformat()

    def __lt__(self, other: Self) -> bool:
        if not isinstance(other, PartialDate):
            return NotImplemented
        return self.isoformat() < other.isoformat()

    @classmethod
    @lru_cache(maxsize=1024)  # a list reads the same few years again and again
    def fromisoformat(cls, text: str) -> Self:
        """Read 2007, 2007-05 or 2007-05-03; raise ValueError for anything else."""
        return cls._read(text, [ISO_FORMAT])

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what people type, in English or Serbian, whatever the language of the interface.

        Raises ImpossibleDate for a date that does not exist, plain ValueError for text that is not a date.
        """
        one_spaced = " ".join(text.lower().split())
        return cls._read(re.sub(r" ?([./,]) ?", r"\1", one_spaced), TYPED_FORMATS)

    @classmethod
    def _read(cls, text: str, formats: Iterable[re.Pattern[str]]) -> Self:
        """Read the text by the first format that fits all of it."""
        for date_format in formats:
            if match := date_format.fullmatch(text):
                parts: dict[str, str | None] = match.groupdict()
                month, day = parts.get("month"), parts.get("day")
                return cls(
                    int(match["year"]),
                    None if month is None else MONTH_NUMBERS.get(month) or int(month),
                    None if day is None else int(day),
                )
        raise ValueError("The text is not a year, a month or a day.")

    def isoformat(self) -> str:
        """Return ISO 8601 text of the date's own precision: 2007, 2007-05 or 2007-05-03."""
        # Four, seven or ten characters with hyphens in fixed places: any collation sorts them by time.
        parts = (self.year, self.month, self.day)
        return "-".join(f"{part:02}" for part in parts if part is not None)

    @property
    def precision(self) -> str:
        if self.month is None:
            return "year"
        return "month" if self.day is None else "day"

    @property
    def earliest(self) -> date:
        """The first day that the date may mean."""
        return date(self.year, 1 if self.month is None else self.month, 1 if self.day is None else self.day)

    @property
    def latest(self) -> date:
        """The last day that the date may mean."""
        month = self.month or 12
        return date(self.year, month, self.day or monthrange(self.year, month)[1])


def may_follow(last: PartialDate, first: PartialDate) -> bool:
    """Return whether what began on one date may have ended on the other, to the precision that both have."""
    return not last < first or first.isoformat().startswith(last.isoformat())


def validate_not_to_come(value: PartialDate) -> None:
    """Raise ValidationError for a date of which each day is still to come."""
    if value.earliest > localdate():
        raise ValidationError(_("This date is still to come. Enter one in the past."), code="future")


def format_partial_date(
    value: PartialDate | date, language: str | None = None, *, after_preposition: bool = False
) -> str:
    """
    Return the date as readers of the language expect it: мај 2007., 3. маја 2007., 3 May 2007.

    After a preposition, such as "since", a Serbian month is in the genitive: маја 2007.
    """
    face = _face(language)
    if face not in MONTH_NAMES:
        return _as_django_writes_it(value, face)
    stop = "" if face == "en" else "."
    parts = [f"{value.year}{stop}"]
    if value.month is not None:
        names = MONTH_NAMES if value.day is None and not after_preposition else MONTH_NAMES_IN_GENITIVE
        parts.insert(0, names[face].split()[value.month - 1])
    if value.day is not None:
        parts.insert(0, f"{value.day}{stop}")
    return " ".join(parts)


def input_format(value: PartialDate, language: str | None = None) -> str:
    """Return the date as it stands in a form for editing: 05.2007. in Serbian, May 2007 in English, else 2007-05."""
    face = _face(language)
    if face == "en":
        return format_partial_date(value, "en")
    if face not in MONTH_NAMES:
        return value.isoformat()
    if value.month is None:
        return f"{value.year}."
    if value.day is None:
        return f"{value.month:02}.{value.year}."
    return f"{value.day}.{value.month}.{value.year}."


def _face(language: str | None) -> str:
    """Return the key of MONTH_NAMES for a language code in any spelling; else a language of Django, or English."""
    code, *subtags = (language or get_language() or "en").lower().replace("_", "-").split("-")
    if code == "sr" and "latn" in subtags:
        return "sr-latn"
    return code if code in LANG_INFO else "en"


def _as_django_writes_it(value: PartialDate | date, language: str) -> str:
    """Return a date in the month names and the order of a language that Django knows: 2007. május 3."""
    if value.month is None:
        return str(value.year)
    day = date(value.year, value.month, value.day or 1)
    with override(language):
        return formats.date_format(day, "YEAR_MONTH_FORMAT" if value.day is None else "DATE_FORMAT")


class PartialDateFormField(forms.Field):
    """A text input that takes a year, a month or a day in any usual spelling."""

    # No maxlength in the markup: a browser would cut pasted text without a word.
    max_length = 40
    default_error_messages = {
        "invalid": _("Enter a year, a month or a day, such as 2003, May 2007 or 3 May 2007."),
        "impossible": _("This date does not exist in the calendar."),
    }

    def to_python(self, value: Any) -> PartialDate | None:
        if value is None or isinstance(value, PartialDate):
            return value
        text = str(value).strip()
        if not text:
            return None
        if len(text) > self.max_length:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        try:
            return PartialDate.parse(text)
        except ImpossibleDate as error:
            raise ValidationError(self.error_messages["impossible"], code="impossible") from error
        except ValueError as error:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from error

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, str):
            try:
                value = PartialDate.fromisoformat(value)
            except ValueError:
                return value  # what was typed, to be corrected rather than typed again
        return input_format(value) if isinstance(value, PartialDate) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        with suppress(ValidationError):
            initial = self.to_python(initial)
        return super().has_changed(initial, data)


class PartialDateField(models.CharField):
    """A PartialDate, stored as ISO text so that the database compares and sorts it by time."""

    description = _("Date known to the year, the month or the day")
    empty_strings_allowed = False
    # The attribute of an instance is a PartialDate, and not text as django-stubs has it for a CharField.
    _pyi_private_set_type: Any
    _pyi_private_get_type: Any
    default_error_messages = {
        "invalid": _("“%(value)s” is not a date written as 2003, 2007-05 or 2007-05-03."),
        "impossible": _("This date does not exist in the calendar."),
    }

    def __init__(self, *args: Any, **kwargs: Any):
        kwargs["max_length"] = len("2007-05-03")
        super().__init__(*args, **kwargs)
        # A PartialDate has no length, and always fits.
        self.validators = [each for each in self.validators if not isinstance(each, MaxLengthValidator)]

    def deconstruct(self) -> tuple[str, str, Sequence[Any], dict[str, Any]]:
        name, path, args, kwargs = super().deconstruct()
        del kwargs["max_length"]
        return name, path, args, kwargs

    def to_python(self, value: Any) -> PartialDate | None:
        if value is None or isinstance(value, PartialDate):
            return value
        if value == "":
            return None
        try:
            return PartialDate.fromisoformat(value)
        except ImpossibleDate as error:
            raise ValidationError(self.error_messages["impossible"], code="impossible") from error
        except (TypeError, ValueError) as error:
            raise ValidationError(self.error_messages["invalid"], code="invalid", params={"value": value}) from error

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> PartialDate | None:
        return None if value is None else PartialDate.fromisoformat(value)

    def get_prep_value(self, value: Any) -> str | None:
        value = super().get_prep_value(value)
        return None if value is None else value.isoformat()

    def value_to_string(self, obj: models.Model) -> str:
        return self.get_prep_value(self.value_from_object(obj)) or ""

    def formfield(self, **kwargs: Any) -> forms.Field | None:
        # Past CharField, whose form field would measure and cut the text at the width of the column.
        return super(models.CharField, self).formfield(**{"form_class": PartialDateFormField, **kwargs})
