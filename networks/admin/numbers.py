"""Numbers as they are typed and shown on the desk: 1.500,00 in Serbian, 1,500.00 in English."""

import re
from decimal import Decimal

from django import forms
from django.core.exceptions import ValidationError
from django.utils.formats import get_format, number_format
from django.utils.translation import gettext as _

SPACES = re.compile(r"[\xa0\u2009\u202f]")
PLAIN = re.compile(r"(?P<whole>[+-]?[0-9]+)(?:[.,](?P<decimals>[0-9]+))?")
GROUPED = re.compile(
    r"(?P<whole>[+-]?[1-9][0-9]{0,2}(?P<mark>[ .,])[0-9]{3}(?:(?P=mark)[0-9]{3})*)"
    r"(?:(?!(?P=mark))[.,](?P<decimals>[0-9]+))?"
)
# 1.500 is one thousand five hundred in Serbian and one and a half in English; 1,500 is the reverse.
EITHER = re.compile(r"[+-]?[1-9][0-9]{0,2}(?P<mark>[.,])[0-9]{3}")


def without_marks(text: str, decimal_places: int) -> str:
    """
    Return a number as Python reads it: 1500.00 for 1.500,00 and for 1,500.00. Of what is no number, return nothing.

    Raises ValidationError where somebody who writes another language would read another number.
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
    decimal_places = 0

    def to_python(self, value):
        if isinstance(value, str) and value.strip():
            value = without_marks(value, self.decimal_places)
            if not value:
                raise ValidationError(self.error_messages["invalid"], code="invalid")
        return super().to_python(value)


class DecimalField(NumberField, forms.DecimalField):
    def prepare_value(self, value):
        if isinstance(value, Decimal):
            return number_format(value, self.decimal_places, force_grouping=True)
        return value  # what was typed


class IntegerField(NumberField):
    """A whole number. It is shown without marks: most are years, or places in an order."""
