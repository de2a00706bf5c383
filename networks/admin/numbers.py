"""Form fields for numbers as each language of the admin writes them: 1.500,00 in Serbian, 1,500.00 in English."""

import re
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.formats import get_format, number_format
from django.utils.translation import gettext as _

from networks.models.model_fields import round_degrees

SPACES = re.compile(r"[\xa0\u2009\u202f]")
PLAIN = re.compile(r"(?P<whole>[+-]?[0-9]+)(?:[.,](?P<decimals>[0-9]+))?")
GROUPED = re.compile(
    r"(?P<whole>[+-]?[1-9][0-9]{0,2}(?P<mark>[ .,])[0-9]{3}(?:(?P=mark)[0-9]{3})*)"
    r"(?:(?!(?P=mark))[.,](?P<decimals>[0-9]+))?"
)
# 1.500 is one thousand five hundred in Serbian and one and a half in English; 1,500 is the reverse.
EITHER = re.compile(r"[+-]?[1-9][0-9]{0,2}(?P<mark>[.,])[0-9]{3}")


def parse_number(text: str, decimal_places: int) -> str:
    """
    Return a typed number as Python reads it: "1500.00" for 1.500,00 and for 1,500.00; "" for what is no number.

    `decimal_places` is only used in the message. Raises ValidationError (code "ambiguous") for a number that means
    another one in another language of the admin, such as 1.500.
    """
    text = SPACES.sub(" ", text).strip().replace("−", "-")
    either = EITHER.fullmatch(text)
    if either and either["mark"] != get_format("THOUSAND_SEPARATOR"):
        thousands = Decimal(text.replace(either["mark"], ""))
        broken = Decimal(text.replace(",", "."))
        raise ValidationError(
            _("“{text}” can mean {thousands} or {broken}. Write the one that you mean.").format(
                text=text,
                thousands=number_format(thousands, 0, force_grouping=True),
                broken=number_format(broken, decimal_places, force_grouping=True),
            ),
            code="ambiguous",
        )
    number = GROUPED.fullmatch(text) or PLAIN.fullmatch(text)
    if number is None:
        return ""
    whole = re.sub(r"[ .,]", "", number["whole"])
    return f"{whole}.{number['decimals']}" if number["decimals"] else whole


class NumberField(forms.IntegerField):
    """The base of the two fields below: parses the text before Django's field does."""

    decimal_places = 0

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str) and value.strip():
            value = parse_number(value, self.decimal_places)
            if not value:
                raise ValidationError(self.error_messages["invalid"], code="invalid")
        return super().to_python(value)


class DecimalField(NumberField, forms.DecimalField):
    """A decimal number, shown with the separators of the active language."""

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, Decimal):
            return number_format(value, self.decimal_places, force_grouping=True)
        return value  # what was typed


class CoordinateField(forms.DecimalField):
    """
    Degrees, with a decimal point or comma in every language, rounded to what is stored.

    Without separators between thousands, which degrees never have: 21.895 is one number, not one of two.
    """

    def to_python(self, value: Any) -> Decimal | None:
        if isinstance(value, str):
            value = SPACES.sub(" ", value).strip().removesuffix("°").replace("−", "-").replace(",", ".")
        degrees = super().to_python(value)
        return degrees if degrees is None else round_degrees(degrees)

    def prepare_value(self, value: Any) -> Any:
        return number_format(value, self.decimal_places) if isinstance(value, Decimal) else value


class IntegerField(NumberField):
    """A whole number. It is shown without separators, as most are years or positions."""
