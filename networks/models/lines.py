"""
Lines of a record: the documents, roles, earlier periods, fees and activities of a membership.

The lines of one kind are one field of the model, so drafts, merge, history and schedules treat them as they treat any
other field. Each line has a stable identifier, by which two people's changes are told apart.
"""

import json
import re
import secrets
from collections.abc import Mapping, Sequence
from contextlib import suppress
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext as now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from citynetworks.labels import localized_verbose_name
from networks.languages import stored_languages
from networks.models.document_field import DocumentField
from networks.models.model_fields import (
    HTTPURLField,
    currency_validator,
    day_validator,
    language_validator,
    stored_value,
)
from networks.partial_dates import PartialDateField, may_follow, validate_not_to_come

Line = dict[str, Any]

# Of each kind: with all that a form sends of them it stays below DATA_UPLOAD_MAX_NUMBER_FIELDS.
MOST_LINES = 100

IDENTIFIER = re.compile(r"[0-9a-f]{8}")


def new_identifier() -> str:
    return secrets.token_hex(4)


def cell_name(field: str, identifier: str, column: str) -> str:
    """Return the name of a cell, as forms have it: documents-5f0c9a3e-title_sr. The reverse is `cell_parts`."""
    return f"{field}-{identifier}-{column}"


def cell_parts(name: str) -> tuple[str, str, str]:
    """Return the field, the identifier and the column of the name of a cell; "" for the latter two of any other."""
    field, identifier, column = [*name.split("-", 2), "", ""][:3]
    return field, identifier, column


class LinesField(models.JSONField):
    """
    Lines of one kind: a list of dictionaries, in the order in which people have put them.

    A line has its "id", eight hexadecimal digits, and those of the columns that are not empty, as text or numbers of
    JSON: {"id": "5f0c9a3e", "year": 2026, "amount": "1500.00"}. `columns` are model fields by name, which give
    labels, forms, validation and values. A line without one of the `required` columns is refused, and one that ends
    before it begins: `span` are the columns of these dates. Of the `private` columns visitors see nothing.
    """

    def __init__(
        self,
        verbose_name: Any = None,
        *,
        columns: Mapping[str, models.Field] | None = None,
        required: Sequence[str] = (),
        private: Sequence[str] = (),
        span: tuple[str, str] | None = None,
        **options: Any,
    ):
        super().__init__(verbose_name, **{"default": list, "blank": True, **options})
        self.columns = dict(columns or {})
        languages = [None, *stored_languages()]
        # Of languages that are not offered any more: kept as they are, and neither shown nor changed
        self.retired = [
            name for name, each in self.columns.items() if getattr(each, "language", None) not in languages
        ]
        for name in self.retired:
            del self.columns[name]
        self.required, self.private, self.span = (*required,), frozenset(private), span
        for name, column in self.columns.items():
            column.set_attributes_from_name(name)

    def deconstruct(self) -> tuple[str, str, Sequence[Any], dict[str, Any]]:
        # Migrations only need what the database has.
        name, _path, args, options = super().deconstruct()
        return name, "django.db.models.JSONField", args, options

    def clone(self) -> "LinesField":
        _name, _path, args, options = self.deconstruct()
        own = {name: getattr(self, name) for name in ("columns", "required", "private", "span")}
        field = type(self)(*args, **own, **options)
        field.retired = self.retired
        return field

    def to_python(self, value: Any) -> list[Line]:
        """
        Return the lines as they are stored: without empty columns and unknown ones, each with an identifier.

        A line of a script or a fixture whose identifier is taken or none that forms know gets another, which is
        always the same for the same lines.
        A value that its column does not take stays as it is, for `validate`. Raise ValidationError for anything but
        a list of dictionaries.
        """
        if value is None:
            return []
        if isinstance(value, str):
            with suppress(ValueError):
                value = json.loads(value)
        if not isinstance(value, list) or not all(isinstance(line, dict) for line in value):
            raise ValidationError(self.error_messages["invalid"], code="invalid", params={"value": value})
        lines: dict[str, Line] = {}
        for stored in map(self.stored_line, value):
            if len(stored) > 1:
                while stored["id"] in lines or not IDENTIFIER.fullmatch(stored["id"]):
                    stored["id"] = sha256(stored["id"].encode(errors="backslashreplace")).hexdigest()[:8]
                lines[stored["id"]] = stored
        return [*lines.values()]

    def stored_line(self, line: Mapping[str, Any]) -> Line:
        stored: Line = {"id": str(line.get("id") or new_identifier())}
        for name, column in self.columns.items():
            value = line.get(name)
            try:
                value = stored_value(column, column.to_python(value if value != "" else None))
            except ValidationError:
                value = str(value)
            if value not in (None, ""):
                stored[name] = value
        return stored | {name: str(line[name]) for name in self.retired if line.get(name)}

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        # What a script or a fixture has written gets its identifiers once.
        lines = self.to_python(super().pre_save(model_instance, add))
        setattr(model_instance, self.attname, lines)
        return lines

    def validate(self, value: list[Line], model_instance: models.Model | None) -> None:
        """Raise ValidationError with a message for each wrong line, which says the line and the column."""
        errors = [
            ValidationError(
                now("Line %(number)d, %(column)s: %(error)s"),
                code="line",
                params={"number": number, "column": self.columns[name].verbose_name, "error": message},
            )
            for number, line in enumerate(value, 1)
            for name, messages in self.line_errors(line).items()
            for message in messages
        ]
        if len(value) > MOST_LINES:
            errors.append(
                ValidationError(
                    now("There are more than %(most)d lines. Remove some."), code="most", params={"most": MOST_LINES}
                )
            )
        if errors:
            raise ValidationError(errors)

    def line_errors(self, line: Line) -> dict[str, list[str]]:
        """Return the messages on a line by column."""
        errors = {}
        for name, column in self.columns.items():
            if name not in line:
                if name in self.required:
                    errors[name] = [str(column.error_messages["blank"])]
                continue
            try:
                column.clean(line[name], None)
            except ValidationError as error:
                errors[name] = error.messages
        if self.span and errors.keys().isdisjoint(self.span):
            first, last = (self.value_of(line, name) for name in self.span)
            if first and last and not may_follow(last, first):
                errors[self.span[1]] = [now("It cannot have ended before it began. Correct one of the two dates.")]
        return errors

    def public_lines(self, lines: Sequence[Line]) -> list[Line]:
        """Return the lines without the columns of which visitors see nothing."""
        return [{name: value for name, value in line.items() if name not in self.private} for line in lines]

    def value_of(self, line: Line, name: str) -> Any:
        """Return the Python value of a column of a line, such as a PartialDate or a Decimal; None if it is empty."""
        column = self.columns[name]
        try:
            return column.to_python(line.get(name))
        except ValidationError:  # from when the column had other rules
            return None


def translated(name: str, label: Any, **options: Any) -> dict[str, models.Field]:
    """Return the columns of a text that differs by language, each with its `language`: title_sr, title_en."""
    columns = {}
    for language in settings.MODELTRANSLATION_LANGUAGES:
        field = models.CharField(localized_verbose_name(label, language), **options)
        field.language = language  # type: ignore[attr-defined]  # as modeltranslation has it
        columns[f"{name}_{language}"] = field
    return columns


class DocumentKind(models.TextChoices):
    DECISION = "decision", _("decision")
    AGREEMENT = "agreement", _("agreement")
    STATUTE = "statute", _("statute")
    REPORT = "report", _("report")
    OTHER = "other", _("other document")


class RoleKind(models.TextChoices):
    FULL = "full", _("full member")
    ASSOCIATE = "associate", _("associate member")
    OBSERVER = "observer", _("observer")
    SIGNATORY = "signatory", _("signatory")
    BODY_MEMBER = "body-member", _("member of a body")
    BODY_CHAIR = "body-chair", _("chair of a body")


class ActivityKind(models.TextChoices):
    MEETING = "meeting", _("meeting")
    PROJECT = "project", _("project")
    VISIT = "visit", _("visit")
    AWARD = "award", _("award")
    OTHER = "other", _("other activity")


def documents_field() -> LinesField:
    return LinesField(
        _("documents"),
        help_text=_("The decision to join, the agreement, the statute, reports: what the membership rests on."),
        columns={
            "kind": models.CharField(_("kind"), max_length=20, choices=DocumentKind),
            **translated("title", _("title"), max_length=300),
            "number": models.CharField(_("number"), max_length=100),
            "date": PartialDateField(_("date")),
            "language": models.CharField(
                _("language of the document"), max_length=35, validators=[language_validator]
            ),
            "link": HTTPURLField(_("link")),
            "file": DocumentField(_("file")),
        },
        required=["kind", "title_sr"],
    )


def roles_field() -> LinesField:
    return LinesField(
        _("kind of membership and roles"),
        help_text=_("As what the city belongs to the network, and in which of its bodies it has a seat."),
        columns={
            "role": models.CharField(_("role"), max_length=20, choices=RoleKind),
            **translated("body", _("board, committee or group"), max_length=200),
            "since": PartialDateField(_("since")),
            "until": PartialDateField(_("until")),
        },
        required=["role"],
        span=("since", "until"),
    )


def periods_field() -> LinesField:
    return LinesField(
        _("earlier periods of membership"),
        help_text=_("If the city had left and joined again: from when to when it was a member before."),
        columns={
            "joined": PartialDateField(_("joined")),
            "left": PartialDateField(_("left"), validators=[validate_not_to_come]),
        },
        required=["left"],
        span=("joined", "left"),
    )


def fees_field() -> LinesField:
    return LinesField(
        _("annual fees"),
        help_text=_("What the city pays for each year. The day of payment and the budget line are never public."),
        columns={
            "year": models.PositiveSmallIntegerField(
                _("year"), validators=[MinValueValidator(1900), MaxValueValidator(2199)]
            ),
            "amount": models.DecimalField(
                _("amount"), max_digits=12, decimal_places=2, validators=[MinValueValidator(0)]
            ),
            "currency": models.CharField(_("currency"), max_length=3, validators=[currency_validator]),
            "due": models.DateField(pgettext_lazy("fee", "due"), validators=[day_validator]),
            "paid_on": models.DateField(_("paid on"), validators=[day_validator]),
            "budget_line": models.CharField(_("budget line"), max_length=100),
        },
        required=["year", "amount", "currency"],
        private=["paid_on", "budget_line"],
    )


def activities_field() -> LinesField:
    return LinesField(
        _("activities"),
        help_text=_("What was done in the network: a meeting, a project, a visit, an award."),
        columns={
            "kind": models.CharField(_("kind"), max_length=20, choices=ActivityKind),
            "date": PartialDateField(_("date")),
            **translated("title", _("title"), max_length=300),
            "link": HTTPURLField(_("link")),
        },
        required=["kind", "title_sr"],
    )


# What stood in fields of its own before there were lines. Each has one identifier in all revisions of all networks,
# so that what was changed of it since is the change of one line. Migrations import these two functions.


def act_lines(act: str | None) -> list[Line]:
    """Return the documents of a network with this deciding act."""
    return [{"id": "00000dec", "kind": DocumentKind.DECISION.value, "title_sr": act}] if act else []


def fee_lines(amount: str | None, currency: str | None, year: int | None) -> list[Line]:
    """Return the fees of a network with this one, of which a revision may have a part."""
    fee = {"year": year, "amount": amount, "currency": currency}
    written = {name: value for name, value in fee.items() if value not in (None, "")}
    return [{"id": "00000fee", **written}] if written else []


def restored_lines(former: Sequence[Line], lines: Sequence[Line]) -> list[Line]:
    """Return lines in which those of the two functions above are as they were, in the columns that there were."""
    restored = {line["id"]: line for line in former}
    kept = [line for line in lines if line["id"] in restored or line["id"] not in ("00000dec", "00000fee")]
    others = [line for line in former if line["id"] not in {each["id"] for each in kept}]
    return [line | restored.get(line["id"], {}) for line in kept] + others
