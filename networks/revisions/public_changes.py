"""
The public record of changes: what changes for visitors when a network is published, and how each change is worded.

`networks.revisions` calls the functions `record_…` whenever it publishes a revision, unpublishes a row, or finds one
that was loaded. They save nothing for models without a public record; only networks have one. Of an unpublished
network, visitors only read that it was unpublished, with the name that it had on the site.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from functools import cached_property
from string import Formatter
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import override

from citynetworks.labels import name_in_label
from networks import serbian
from networks.languages import SERBIAN, best_text, columns_of
from networks.models import Change, Network, RevisedModel, Revision
from networks.models.lines import LinesField
from networks.models.network import FORMER_FEE
from networks.partial_dates import PartialDate
from networks.reading import NetworkReading, Reader, Text, translated_fields
from networks.revisions.content import public_content, savable_content

MOST_CHANGES = 20

# Public fields of the content that are not facts about the membership
NOT_FACTS = {"slug"}

SERBIAN_NAME = f"name_{SERBIAN}"

# The words on the end of a membership: the columns, and their beginning
END_NOTE = "end_note_"

# Where a field that the record names stands now
MOVED = {"deciding_act": "documents", **dict.fromkeys(FORMER_FEE, "fees")}


def changes_between(before: Mapping, after: Mapping) -> list[Change]:
    """
    Return the unsaved changes between two complete contents.

    Changes of their own kind come first, each with the values before and after; then one change for all other fields.
    What visitors never see makes none.
    """
    before, after = (public_content(Network, content) for content in (before, after))
    changed = {name for name in after if name not in NOT_FACTS and before[name] != after[name]}
    changes = []

    def add(kind: str, *names: str) -> None:
        changes.append(Change(kind=kind, values={name: [before[name], after[name]] for name in names}))
        changed.difference_update(names)

    if is_renamed(before, after):
        add(Change.Kind.RENAMED, *(name for name in after if is_name_field(name)))
    has_joined = "joined" in changed and after["joined"]
    if has_joined:
        add(Change.Kind.JOINED, "joined")
    ending = {Network.Status.ENDED: Change.Kind.ENDED, Network.Status.LEFT: Change.Kind.LEFT}.get(after["status"])
    words = [name for name in after if name in changed and name.startswith(END_NOTE)]
    if "status" in changed and ending:
        add(ending, "status", "left", *words)
    elif "left" in changed and after["left"] and ending:
        add(ending, "left", *words)
    elif before["status"] in Network.FORMER and after["status"] == Network.Status.MEMBER and not has_joined:
        add(Change.Kind.CONTINUED, "status", "left", *words)
    if (after["verified_on"] or "") > (before["verified_on"] or ""):
        add(Change.Kind.VERIFIED, "verified_on")
    if changed:
        changes.append(Change(kind=Change.Kind.CORRECTED, fields=[name for name in after if name in changed]))
    return changes


def withdrawal_change(content: Mapping, *, with_end_note: bool = False) -> Change:
    """
    Return the unsaved change of a network that is unpublished, with the names that it had on the site.

    `with_end_note` adds the words on the end of its membership: all other changes of the network are not public then.
    """
    values = {name: [content[name], ""] for name in content if is_name_field(name)}
    if with_end_note:
        values |= {name: ["", content[name]] for name in content if name.startswith(END_NOTE)}
    return Change(kind=Change.Kind.WITHDRAWN, values=values)


def is_name_field(field: str) -> bool:
    return field.startswith("name_")


def is_renamed(before: Mapping, after: Mapping) -> bool:
    # A Cyrillic name in which Latin letters were corrected is the same, and a first English name is a translation.
    return serbian.to_latin(before[SERBIAN_NAME]) != serbian.to_latin(after[SERBIAN_NAME]) or any(
        before[name] and after[name] and before[name] != after[name]
        for name in after
        if is_name_field(name) and name != SERBIAN_NAME
    )


def public_changes() -> QuerySet[Change]:
    """Return the changes that are public, newest first, each with its network."""
    long = ["search_text", "description", *columns_of("description")]
    long += [field.name for field in Network._meta.fields if isinstance(field, LinesField)]
    is_public = Q(network__is_published=True) | Q(kind=Change.Kind.WITHDRAWN)
    rows = Change.objects.filter(is_public).select_related("network")
    return rows.defer(*(f"network__{name}" for name in long))


def change_readings(rows: Iterable[Change], reader: Reader) -> list["ChangeReading"]:
    return [ChangeReading(row, reader.network(row.network)) for row in rows]


def newest_changes(network: NetworkReading) -> list["ChangeReading"]:
    """Return the newest changes of a published network."""
    return [ChangeReading(row, network) for row in network.row.changes.all()[:MOST_CHANGES]]


class ChangeReading:
    """
    A change in the reader's language, worded so that nothing has to be declined: 'Joined the network: May 2007'.

    `parts` are the words one after the other, each a Text with its own language.
    """

    def __init__(self, row: Change, network: NetworkReading):
        self.row = row
        self.network = network
        self.reader = network.reader

    @property
    def day(self) -> date:
        return timezone.localtime(self.row.happened_at).date()

    @property
    def date(self) -> str:
        return self.reader.date(self.row.happened_at)

    @cached_property
    def kind(self) -> str:
        with override(self.reader.language):
            return str(self.row.get_kind_display())

    @cached_property
    def network_name(self) -> Text:
        """The name of the network, or the last name that it had on the site."""
        if self.network.row.is_published:
            return self.network.name
        names = {name: before for name, (before, _after) in self.row.values.items()}
        return self.text(self.name_column(names), names)

    @property
    def network_url(self) -> str:
        """The URL of the network's page in the active language; empty if it is not published."""
        return self.network.url if self.network.row.is_published else ""

    @cached_property
    def parts(self) -> list[Text]:
        with override(self.reader.language):
            label, value = (
                self.label_and_names() if self.row.kind == Change.Kind.RENAMED else (self.kind, self.value())
            )
        words = self.end_note
        return [Text(label), *([Text(": "), *value] if value else []), *([Text(" – "), words] if words else [])]

    @cached_property
    def end_note(self) -> Text:
        """The words on the end of the membership that became public with this change; empty if there are none."""
        if self.row.kind == Change.Kind.CONTINUED:
            return Text()
        texts = {name: after for name, (_before, after) in self.row.values.items() if name.startswith(END_NOTE)}
        text, language = best_text("end_note", self.reader.language, texts.get)
        return self.text(f"{END_NOTE}{language}", texts) if text else Text()

    def name_column(self, names: Mapping[str, str]) -> str:
        """Return the column of the name that the reader gets, of those by their columns."""
        return f"name_{best_text('name', self.reader.language, names.get)[1]}"

    @cached_property
    def sentence(self) -> Text:
        return Text("".join(self.parts), language=self.reader.language, asked=self.reader.language)

    @property
    def html(self) -> SafeString:
        """The sentence as HTML, in which a name in another language has a lang attribute."""
        pieces = (format_html("<span{}>{}</span>", part.lang, part) if part.lang else part for part in self.parts)
        return format_html_join("", "{}", ((piece,) for piece in pieces))

    def label_and_names(self) -> tuple[str, list[Text]]:
        """Return the label and the names, in the reader's language if that name has changed."""
        before, after = ({name: pair[side] for name, pair in self.row.values.items()} for side in (0, 1))
        new, old = (self.text(self.name_column(names), names) for names in (after, before))
        if new != old:
            return self.kind, value_and_previous(new, old)
        field = next(name for name, pair in self.row.values.items() if pair[0] != pair[1])
        language = field.removeprefix("name_")
        label = f"{self.kind} ({name_in_label(language)})"
        return label, value_and_previous(self.text(field, after), self.text(field, before))

    def text(self, field: str, texts: Mapping[str, str]) -> Text:
        """Return the text of a column, marked with the language of the column."""
        language = field.rpartition("_")[2]
        if language == SERBIAN:
            return self.reader.serbian(texts[field])
        text = texts[field] if self.reader.language == SERBIAN else serbian.romanise(texts[field])
        return Text(text, language=language, asked=self.reader.language)

    def value(self) -> list[Text]:
        """Return the words after the label: a date, the labels of the fields, or none."""
        if self.row.kind == Change.Kind.CONTINUED:
            return []
        for name in ("joined", "left"):
            if name in self.row.values:
                before, after = (self.date_text(each) for each in self.row.values[name])
                return value_and_previous(after, before)
        if "verified_on" in self.row.values:
            return [self.date_text(self.row.values["verified_on"][1])]
        labels = dict.fromkeys(self.label(MOVED.get(name, name)) for name in self.row.fields)
        return [Text(", ".join(filter(None, labels)))] if any(labels) else []

    def date_text(self, value: str | None) -> Text:
        return Text(self.reader.date(PartialDate.fromisoformat(value) if value else None))

    def label(self, field: str) -> str:
        """Return the label of a field, with its language only if nothing but the translation has changed."""
        untranslated = field.rpartition("_")[0]
        if untranslated in translated_fields(Network) and f"{untranslated}_{SERBIAN}" in self.row.fields:
            field = untranslated
        fields = [*Network._meta.fields, *Network._meta.many_to_many]
        labels = {each.name: str(each.verbose_name) for each in fields}
        return labels.get(field, "")  # empty for a field that was removed


def value_and_previous(now: Text, before: Text) -> list[Text]:
    """Return the words for a value and the previous one: 'May 2007 (previously: 2003)'."""
    if not now or not before or now == before:
        return [now] if now else []
    texts = {"now": now, "before": before}
    parts = []
    for words, name, _spec, _conversion in Formatter().parse(_("{now} (previously: {before})")):
        parts += [Text(words), *([texts[name]] if name else [])]
    return [part for part in parts if part]


def record_publishing(
    row: Any, revision: Revision, before: Revision | None = None, happened_at: datetime | None = None
) -> None:
    """
    Save the public changes that come with a revision that is published.

    `before` is the revision that was published until now; without it, the one that was last published, if any.
    """
    if not row.has_public_record:
        return
    last = row.changes.select_related("revision").order_by("-pk").first()
    seen = before or (last.revision if last else None)
    if seen is None:
        changes = [Change(kind=Change.Kind.ADDED)]
    else:
        model = type(row)
        changes = changes_between(savable_content(model, seen.content), savable_content(model, revision.content))
        if before is None and last is not None and last.kind == Change.Kind.WITHDRAWN:
            changes.insert(0, Change(kind=Change.Kind.ADDED))
    save_changes(row, revision, changes, happened_at)


def record_unpublishing(row: RevisedModel, live: Revision, *, with_end_note: bool = False) -> None:
    """Save the public change that a row is unpublished, of which visitors have seen the revision `live`."""
    if row.has_public_record:
        content = savable_content(type(row), live.content)
        save_changes(row, live, [withdrawal_change(content, with_end_note=with_end_note)])


def record_loaded_row(row: Any, revision: Revision) -> None:
    """Save the public changes of a row that loaddata or a script has written. `revision` has its content."""
    if row.has_public_record:
        row.changes.filter(revision=None).update(revision=revision)
        if row.is_published:
            record_publishing(row, revision, happened_at=row.changed_at)


def save_changes(
    row: Any, revision: Revision, changes: Iterable[Change], happened_at: datetime | None = None
) -> None:
    happened_at = happened_at or timezone.now()
    # One by one, because `bulk_create` sends no signals, and they raise the content version.
    for change in changes:
        change.network, change.revision, change.happened_at = row, revision, happened_at
        change.save()
