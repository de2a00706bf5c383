"""Fields, validators and constraints of the models, and the values of fields as revisions store them."""

from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import (
    MaxValueValidator,
    MinValueValidator,
    RegexValidator,
    URLValidator,
)
from django.db import DEFAULT_DB_ALIAS, models
from django.utils.translation import gettext_lazy as _

from networks.models.gazetteer import country_choices
from networks.pictures import PictureField


class HTTPURLField(models.URLField):
    """A URL with the scheme http or https, and none that a browser would run."""

    default_validators = [URLValidator(schemes=["http", "https"])]

    def __init__(self, *args, **kwargs):
        kwargs.setdefault("max_length", 500)
        super().__init__(*args, **kwargs)

    def formfield(self, **kwargs):
        return super().formfield(**{"assume_scheme": "https", **kwargs})

    def deconstruct(self):
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.URLField", args, kwargs


class CountryField(models.CharField):
    """A country by its code in ISO 3166-1 of two letters, or nothing."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **{"max_length": 2, "blank": True, "choices": country_choices, **kwargs})

    def deconstruct(self):
        # Migrations have nothing to do with the names of the countries.
        name, _path, args, kwargs = super().deconstruct()
        del kwargs["choices"]
        return name, "django.db.models.CharField", args, kwargs


class CoordinateField(models.DecimalField):
    """A latitude or a longitude in degrees, rounded to ten metres; `most` is 90 or 180."""

    def __init__(self, *args, most=None, **kwargs):
        if most is not None:
            kwargs["validators"] = [MinValueValidator(-most), MaxValueValidator(most)]
        super().__init__(*args, **{"max_digits": 7, "decimal_places": 4, "null": True, "blank": True, **kwargs})

    def to_python(self, value):
        value = super().to_python(value)
        return None if value is None else round_degrees(value)

    def deconstruct(self):
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.DecimalField", args, kwargs


def round_degrees(degrees: Decimal) -> Decimal:
    """Return degrees with the four decimals that are stored; numbers that are no degrees as they are."""
    is_small = degrees.is_finite() and abs(degrees) < 1000
    return degrees.quantize(Decimal("0.0001"), ROUND_HALF_EVEN) if is_small else degrees


validate_telephone = RegexValidator(r"^\+?[0-9 ()/-]{5,}\Z", _("Enter a telephone number, such as +381 18 504 000."))


language_validator = RegexValidator(
    r"^[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?\Z", _("Enter the code of a language, such as fr, de or sr-Latn.")
)
currency_validator = RegexValidator(
    r"^[A-Z]{3}\Z", _("Enter the three capital Latin letters of a currency, such as RSD or EUR.")
)
# A year that is typed with a slip, such as 202 for 2026
day_validator = MinValueValidator(date(1900, 1, 1), _("Enter a day in 1900 or later."))
wikidata_validator = RegexValidator(
    r"^Q[1-9][0-9]{0,18}\Z", _("Enter the number of an item in Wikidata, such as Q1322476.")
)


class FieldConstraint(models.CheckConstraint):
    """
    A check constraint whose error message belongs to a field.

    `holds` is the same condition as a Python function of the row. Django would query the database for each
    constraint of each form.
    """

    def __init__(self, *, field, holds, **kwargs):
        self.field = field
        self.holds = holds
        super().__init__(**kwargs)

    def validate(self, model, instance, exclude=None, using=DEFAULT_DB_ALIAS):
        is_known = self.condition.referenced_base_fields.isdisjoint(exclude or ())
        if is_known and not self.holds(instance):
            error = ValidationError(self.get_violation_error_message(), code=self.violation_error_code)
            raise ValidationError({self.field: error})

    def deconstruct(self):
        # Migrations only need what the database checks.
        _path, args, kwargs = super().deconstruct()
        return "django.db.models.CheckConstraint", args, kwargs

    def clone(self):
        _path, args, kwargs = self.deconstruct()
        return type(self)(*args, field=self.field, holds=self.holds, **kwargs)


def http_url_constraint(model, field):
    return FieldConstraint(
        field=field,
        name=f"{model}_{field}_is_http",
        condition=models.Q(**{field: ""})
        | models.Q(**{f"{field}__startswith": "http://"})
        | models.Q(**{f"{field}__startswith": "https://"}),
        holds=lambda row: not getattr(row, field) or getattr(row, field).startswith(("http://", "https://")),
        violation_error_message=_("Enter a web address that begins with https:// or http://."),
    )


def coordinates_are_whole(latitude, longitude):
    if latitude is None or longitude is None:
        return latitude is longitude
    return abs(latitude) <= 90 and abs(longitude) <= 180


def coordinates_constraint(model, latitude, longitude):
    """Return the constraint that a row has both coordinates, on the Earth, or none."""
    return FieldConstraint(
        field=latitude,
        name=f"{model}_coordinates_are_whole",
        condition=models.Q(**{f"{latitude}__isnull": True, f"{longitude}__isnull": True})
        | models.Q(
            **{f"{latitude}__isnull": False, f"{latitude}__gte": -90, f"{latitude}__lte": 90},
            **{f"{longitude}__isnull": False, f"{longitude}__gte": -180, f"{longitude}__lte": 180},
        ),
        holds=lambda row: coordinates_are_whole(getattr(row, latitude), getattr(row, longitude)),
        violation_error_message=_("A place needs its latitude and its longitude. Fill in both, or none."),
    )


def stored_value(model_field: models.Field, value: Any) -> Any:
    """Return a value of a model field as revisions store it."""
    if isinstance(model_field, PictureField):
        if not value:
            return None
        # From the row, because the file may be slow to read, or missing.
        width, height = (
            getattr(value.instance, name) for name in (model_field.width_field, model_field.height_field)
        )
        return {"name": value.name, "width": width, "height": height}
    if isinstance(model_field, models.JSONField):
        return model_field.to_python(value)
    value = model_field.get_prep_value(value)
    if isinstance(value, Decimal) and isinstance(model_field, models.DecimalField):
        return f"{value:z.{model_field.decimal_places}f}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str):
        # Browsers send \r\n, which alone must not make a new revision.
        return normalise_line_ends(value)
    return "" if value is None and is_text(model_field) else value


def normalise_line_ends(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def is_text(model_field: models.Field) -> bool:
    return isinstance(model_field, models.CharField | models.TextField) and model_field.empty_strings_allowed
