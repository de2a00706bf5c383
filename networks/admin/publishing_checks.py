"""
What staff read before they publish: what the words warn of, what is missing, and what refuses.

Warnings stand beside the fields of the form, each with a button that mends it and saves the form as the draft. They
stop nobody: only where publishing would show citizens words with a warning that the user has not seen, it asks first.
"""

from collections.abc import Collection, Iterable, Mapping
from copy import copy
from dataclasses import dataclass
from functools import reduce
from itertools import groupby
from operator import attrgetter, or_
from typing import Any

from django.contrib.admin.templatetags.admin_urls import admin_urlname
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db.models import Q
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from networks.admin import newest_revisions
from networks.admin.revised_form import RevisedForm
from networks.languages import ENGLISH, columns_of, language_of_column
from networks.models import Network, Page, RevisedModel
from networks.models.revised_model import RevisedQuerySet
from networks.revisions import storage
from networks.revisions.comparison import language_attribute
from networks.revisions.content import (
    Content,
    Model,
    complete_content,
    content_of,
    field_label,
    related_fields,
)
from networks.revisions.translations import sources_of
from networks.revisions.word_checks import Kind, WordWarning, check_words, mend
from networks.serbian import fold

# The name of the buttons that mend. Their values are "field:kind:words", or "field::" for all of a field.
MEND = "_mend"

# Of each field
MOST_SHOWN = 8

SENTENCES: dict[Kind, Promise] = {
    Kind.LATIN_LETTER: _("Latin letters in a Cyrillic word, which look alike but are not found: {detail}."),
    Kind.CYRILLIC_LETTER: _("Cyrillic letters in a Latin word, which look alike but are not found: {detail}."),
    Kind.UNTRANSLATED: _("The English is the same as the Serbian."),
    Kind.LOST_NUMBER: _("The Serbian text has a number that the English one lacks: {detail}."),
    Kind.LOST_LINK: _("The Serbian text has a link that the English one lacks: {detail}"),
    Kind.DOUBLED_WORD: _("The same word stands twice."),
    Kind.DOUBLED_SPACE: _("There is more than one space."),
    Kind.SHOUTING: _("This is written in capitals."),
    Kind.SAME_NAME: _("There is another one with this name."),
}

# Of a translation into another language
SENTENCES_OF_OTHERS: dict[Kind, Promise] = {
    Kind.UNTRANSLATED: _("The translation is the same as the Serbian."),
    Kind.LOST_LINK: _("The Serbian text has a link that the translation lacks: {detail}"),
}

# Beside the translated texts: facts without which citizens know little of a membership, or cannot trust it
EXPECTED: dict[Model, list[str]] = {
    Network: [
        "summary_sr",
        "description_sr",
        "scope",
        "themes",
        "joined",
        "website",
        "responsible_unit",
        "contact_email",
        "source",
        "verified_on",
    ],
    Page: ["body_sr"],
}


@dataclass(frozen=True)
class Note:
    """A warning as it is shown, with the value of the button that mends it; "" without one."""

    warning: WordWarning
    times: int  # how often its field has the same
    mend: str

    @property
    def sentence(self) -> str:
        in_english = self.language == ENGLISH
        sentences = SENTENCES if in_english else SENTENCES | SENTENCES_OF_OTHERS
        return str(sentences[self.warning.kind]).format(detail=self.warning.detail)

    @property
    def language(self) -> str:
        """The language of the field; of a text that is not translated, none."""
        return language_of_column(self.warning.field)

    @property
    def lang(self) -> str:
        """The lang attribute of the excerpt."""
        return language_attribute(self.warning.text_field, self.warning.visible.text)

    @property
    def button(self) -> Promise:
        if self.warning.kind != Kind.UNTRANSLATED:
            return _("Mend")
        return _("Leave the English empty") if self.language == ENGLISH else _("Leave the translation empty")

    @property
    def is_same_name(self) -> bool:
        return self.warning.kind == Kind.SAME_NAME


@dataclass(frozen=True)
class FieldNotes:
    """The notes of a field; `more` is how many there are beside those that are shown."""

    name: str
    label: str
    notes: list[Note]
    more: int

    @property
    def mend_all(self) -> str:
        """The value of the button that mends all, where there are several to mend."""
        return f"{self.name}::" if sum(bool(note.mend) for note in self.notes) > 1 else ""


@dataclass(frozen=True)
class PublishingChecks:
    """What stands in the list before publishing. `missing` has the name and the label of each field."""

    warnings: list[FieldNotes]
    missing: list[tuple[str, str]]
    refusals: list[str]

    @property
    def is_needed(self) -> bool:
        """Whether there is anything in the list."""
        return bool(self.refusals or self.warnings or self.missing)

    @property
    def summary(self) -> str:
        """What there is in the list, in one line."""
        parts = [gettext("it would be refused")] if self.refusals else []
        if count := len(self.warnings):
            text = ngettext("%(count)d text to look at", "%(count)d texts to look at", count)
            parts.append(text % {"count": count})
        if count := len(self.missing):
            text = ngettext("%(count)d field is empty", "%(count)d fields are empty", count)
            parts.append(text % {"count": count})
        return "; ".join(parts) or gettext("nothing is missing, and there is nothing to look at")


def row_checks(row: RevisedModel, content: Content | None = None) -> PublishingChecks:
    """Return the checks of a row with its newest revision as `head`, or with another content."""
    model = type(row)
    content = complete_content(model, row.head.content if content is None else content)
    warnings = row_warnings(model, row.pk, content, name_owners(model, [content]))
    return PublishingChecks(notes_by_field(model, warnings), missing_fields(model, content), refusals(row, content))


def word_notes(model: Model, content: Content, names: Collection[str]) -> list[FieldNotes]:
    """Return the notes on the words of some fields of a content, none of which is a name."""
    return notes_by_field(model, [each for each in check_words(model, content) if each.field in names])


def notes_by_field(model: Model, warnings: Iterable[WordWarning]) -> list[FieldNotes]:
    return [field_notes(model, name, list(group)) for name, group in groupby(warnings, attrgetter("field"))]


def field_notes(model: Model, name: str, warnings: list[WordWarning]) -> FieldNotes:
    same: dict[tuple, list[WordWarning]] = {}
    for each in warnings:
        same.setdefault(each.key, []).append(each)
    notes = [Note(group[0], len(group), mend_value(group[0])) for group in list(same.values())[:MOST_SHOWN]]
    return FieldNotes(name, capfirst(field_label(model, name)), notes, len(same) - len(notes))


def mend_value(warning: WordWarning) -> str:
    if warning.mended is None:
        return ""
    # Of these, all are mended at once. The words, which are spaces or very long, need not stand in the form.
    words = "" if warning.kind in (Kind.DOUBLED_SPACE, Kind.UNTRANSLATED) else warning.words
    return f"{warning.field}:{warning.kind}:{words}"


def mended_content(model: Model, content: Content, posted: Mapping[str, str]) -> Content | None:
    """Return a content with what the button that was pressed mends; None if there is nothing of it any more."""
    field, kind, words = [*posted.get(MEND, "").split(":", 2), "", ""][:3]
    return mend(model, content, field, kind, words) if field else None


# The names of other rows


def names_of(model: Model) -> tuple[str, ...]:
    """Return the columns of the heading of a model's pages."""
    return columns_of(model.heading_field)


def own_names(model: Model, content: Mapping[str, Any]) -> set[str]:
    """Return the names in a content, folded; there may be an empty one among them."""
    return {fold(content.get(name) or "") for name in names_of(model)}


def name_owners(model: Model, contents: Iterable[Mapping[str, Any]]) -> dict[str, set[int]]:
    """Return the primary keys of the rows that have a name of the contents in their newest revision, by the name."""
    names = {name for content in contents for name in own_names(model, content) if name}
    has_words = reduce(or_, (Q(words_newest__contains=name) for name in names), Q(pk__in=[]))
    # Not by the manager: modeltranslation would take a millisecond to look for names without a language.
    rows = RevisedQuerySet(model).outside_bin().filter(has_words).order_by().only(*names_of(model))
    owners: dict[str, set[int]] = {}
    for row in newest_revisions.with_newest_headings(rows):
        for name in own_names(model, vars(row)):
            owners.setdefault(name, set()).add(row.pk)
    return owners


def row_warnings(model: Model, pk: int | None, content: Content, owners: Mapping[str, set[int]]) -> list[WordWarning]:
    """Return the warnings for a content of the row with this primary key."""
    others = [name for name in own_names(model, content) if name and owners.get(name, set()) - {pk}]
    return check_words(model, content, others)


def count_warnings(rows: Iterable[RevisedModel]) -> None:
    """Set `warning_count` of rows of one model whose fields are those of their newest revisions."""
    rows = list(rows)
    for model in {type(row) for row in rows}:
        without_related: dict = dict.fromkeys(related_fields(model), ())
        contents = {row: content_of(row, **without_related) for row in rows if type(row) is model}
        owners = name_owners(model, contents.values())
        for row, content in contents.items():
            row.warning_count = len({each.key for each in row_warnings(model, row.pk, content, owners)})


# Before publishing


def missing_fields(model: Model, content: Content) -> list[tuple[str, str]]:
    """Return name and label of each field that the site shows nothing of, or shows in another language."""
    names = [name for name in EXPECTED[model] if not content[name]]
    if "contact_email" in names and content["contact_phone"]:
        names.remove("contact_email")
    names += [column for column, source in sources_of(model).items() if content[source] and not content[column]]
    return [(name, field_label(model, name)) for name in names]


def refusals(row: RevisedModel, content: Content) -> list[str]:
    """Return why a content of a row could not be published now, a sentence with its field for each reason."""
    model, published = type(row), copy(row)
    published.is_published = True
    try:
        storage.clean_row(published, content)
    except ValidationError as error:
        labels = {name: "" if name == NON_FIELD_ERRORS else field_label(model, name) for name in error.message_dict}
        return [
            ": ".join(filter(None, [capfirst(labels[name]), " ".join(messages)]))
            for name, messages in error.message_dict.items()
        ]
    return []


def must_ask_before_publishing(row: RevisedModel, shown: Content | None) -> bool:
    """
    Return whether the user has to look at the newest revision once more before it is published.

    That is so if it would be refused, or if citizens would see words with a warning that neither what is published
    nor `shown` has: the content that the form was opened with, beside whose fields the warnings stood.
    """
    head = storage.newest_revision(row)
    if refusals(row, head.content):
        return True
    model = type(row)
    known = [content for content in (shown, row.live and row.live.content) if content]
    owners = name_owners(model, [*known, head.content])
    keys = {each.key for content in known for each in row_warnings(model, row.pk, content, owners)}
    return any(each.key not in keys for each in row_warnings(model, row.pk, head.content, owners))


# Beside the fields


def show_beside_fields(form: RevisedForm, checks: PublishingChecks) -> None:
    """Let the form show the warnings of each field below its help text."""
    changelist = admin_urlname(form._meta.model._meta, "changelist")
    for each in checks.warnings:
        context = {"field": each, "changelist": changelist}
        form.add_note(each.name, "admin/networks/revised/includes/warnings.html", context)


def mended_field(posted: Mapping[str, str]) -> str:
    """Return the name of the field whose button was pressed; "" where none was."""
    return posted.get(MEND, "").partition(":")[0]
