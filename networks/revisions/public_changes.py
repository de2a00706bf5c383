"""
The public record of changes: what citizens newly see of a network, and how each change is told to a reader.

`networks.revisions.publishing` writes the record whenever it publishes a revision or takes a network off the site.
Of a network that is not on the site, only that is told, with the name that citizens knew it by.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from functools import cached_property
from string import Formatter

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import override

from citynetworks.labels import NAMES_IN_LABELS
from networks import serbian
from networks.languages import SERBIAN, stored_language
from networks.models import Change, Network, Revision
from networks.partial_dates import PartialDate
from networks.reading import NetworkReading, Reader, Text, translated_fields
from networks.revisions.content import current_content

MOST_OF_ONE_NETWORK = 20

# What of the content is no fact about the membership
NOT_TOLD = {"slug", "position", "internal_note"}

SERBIAN_NAME = f"name_{SERBIAN}"

# What citizens read as one fact
PARTS_OF = {"fee_currency": "fee_amount", "fee_year": "fee_amount"}


# What is new


def told(before: Mapping, after: Mapping) -> list[Change]:
    """
    Return what is new in the second of two complete contents, as changes that are not saved yet.

    What has a kind of its own comes first, each with its values before and after; then all else as one change.
    """
    changed = {name for name in after if name not in NOT_TOLD and before[name] != after[name]}
    changes = []

    def tell(kind: str, *names: str) -> None:
        changes.append(Change(kind=kind, values={name: [before[name], after[name]] for name in names}))
        changed.difference_update(names)

    if is_renamed(before, after):
        tell(Change.Kind.RENAMED, *(name for name in after if is_name(name)))
    if "joined" in changed and after["joined"]:
        tell(Change.Kind.JOINED, "joined")
    if "status" in changed and after["status"] == Network.Status.ENDED:
        tell(Change.Kind.ENDED, "status", "left")
    elif "status" in changed and after["status"] == Network.Status.LEFT:
        tell(Change.Kind.LEFT, "status", "left")
    elif "left" in changed and after["left"] and after["status"] in (Network.Status.ENDED, Network.Status.LEFT):
        tell(Change.Kind.ENDED if after["status"] == Network.Status.ENDED else Change.Kind.LEFT, "left")
    if (after["verified_on"] or "") > (before["verified_on"] or ""):
        tell(Change.Kind.VERIFIED, "verified_on")
    if changed:
        changes.append(Change(kind=Change.Kind.CORRECTED, fields=[name for name in after if name in changed]))
    return changes


def withdrawal(content: Mapping) -> Change:
    """Return the change by which citizens see a network no more, and with it the name that they saw."""
    return Change(kind=Change.Kind.WITHDRAWN, values={name: [content[name], ""] for name in content if is_name(name)})


def is_name(field: str) -> bool:
    return field.startswith("name_")


def is_renamed(before: Mapping, after: Mapping) -> bool:
    # A name whose Latin letters among the Cyrillic were mended is the same name, and a first English name is a
    # translation.
    return serbian.to_latin(before[SERBIAN_NAME]) != serbian.to_latin(after[SERBIAN_NAME]) or any(
        before[name] and after[name] and before[name] != after[name]
        for name in after
        if is_name(name) and name != SERBIAN_NAME
    )


# How it is told


def public_changes() -> QuerySet[Change]:
    """Return all that citizens may read of, newest first, each with its network."""
    long = ["search_text", *(f"description{ending}" for ending in ("", "_sr", "_en"))]
    is_public = Q(network__is_published=True) | Q(kind=Change.Kind.WITHDRAWN)
    rows = Change.objects.filter(is_public).select_related("network")
    return rows.defer(*(f"network__{name}" for name in long))


def readings(rows: Iterable[Change], reader: Reader) -> list["ChangeReading"]:
    return [ChangeReading(row, reader.network(row.network)) for row in rows]


def record_of(network: NetworkReading) -> list["ChangeReading"]:
    """Return the newest changes of a network that is on the site."""
    return [ChangeReading(row, network) for row in network.row.changes.all()[:MOST_OF_ONE_NETWORK]]


class ChangeReading:
    """
    A change as a reader gets it, in words of which none has to be declined: 'Joined the network: May 2007'.

    `parts` are these words one after the other, each a Text that knows which language it really is in.
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
        """What the network is called; of one that is not on the site, what it was called there."""
        if self.network.row.is_published:
            return self.network.name
        names = {name: before for name, (before, _after) in self.row.values.items()}
        field = f"name_{stored_language(self.reader.language)}"
        return self.name(field if names.get(field) else SERBIAN_NAME, names)

    @property
    def network_url(self) -> str:
        """Where the network's page stands in the active language; empty where it is not on the site."""
        return self.network.url if self.network.row.is_published else ""

    @cached_property
    def parts(self) -> list[Text]:
        with override(self.reader.language):
            label, value = self.renaming() if self.row.kind == Change.Kind.RENAMED else (self.kind, self.value())
        return [Text(label), *([Text(": "), *value] if value else [])]

    @cached_property
    def sentence(self) -> Text:
        return Text("".join(self.parts), language=self.reader.language, asked=self.reader.language)

    @property
    def html(self) -> SafeString:
        """The sentence for a page, in which a name in another language is marked."""
        pieces = (format_html("<span{}>{}</span>", part.lang, part) if part.lang else part for part in self.parts)
        return format_html_join("", "{}", ((piece,) for piece in pieces))

    def renaming(self) -> tuple[str, list[Text]]:
        """Return the label and the names, of the language in which the reader has seen another name before."""
        before, after = ({name: pair[side] for name, pair in self.row.values.items()} for side in (0, 1))
        field = f"name_{stored_language(self.reader.language)}"
        new, old = (self.name(field if names.get(field) else SERBIAN_NAME, names) for names in (after, before))
        if new != old:
            return self.kind, now_and_before(new, old)
        field = next(name for name, pair in self.row.values.items() if pair[0] != pair[1])
        language = field.removeprefix("name_")
        label = f"{self.kind} ({NAMES_IN_LABELS.get(language, language)})"
        return label, now_and_before(self.name(field, after), self.name(field, before))

    def name(self, field: str, names: Mapping[str, str]) -> Text:
        if field == SERBIAN_NAME:
            return self.reader.serbian(names[field])
        name = names[field] if self.reader.language == SERBIAN else serbian.romanise(names[field])
        return Text(name, language=field.removeprefix("name_"), asked=self.reader.language)

    def value(self) -> list[Text]:
        """Return the words after the label: a date, or the names of the fields; none where the label says it all."""
        for name in ("joined", "left"):
            if name in self.row.values:
                before, after = (self.in_words(each) for each in self.row.values[name])
                return now_and_before(after, before)
        if "verified_on" in self.row.values:
            return [self.in_words(self.row.values["verified_on"][1])]
        labels = dict.fromkeys(self.label(PARTS_OF.get(name, name)) for name in self.row.fields)
        return [Text(", ".join(filter(None, labels)))] if any(labels) else []

    def in_words(self, value: str | None) -> Text:
        return Text(self.reader.date(PartialDate.fromisoformat(value) if value else None))

    def label(self, field: str) -> str:
        """Return what a field is called; with its language only where nothing but a translation has changed."""
        untranslated = field.rpartition("_")[0]
        if untranslated in translated_fields(Network) and f"{untranslated}_{SERBIAN}" in self.row.fields:
            field = untranslated
        fields = [*Network._meta.fields, *Network._meta.many_to_many]
        labels = {each.name: str(each.verbose_name) for each in fields}
        return labels.get(field, "")  # empty for a field that networks had at an earlier time


def now_and_before(now: Text, before: Text) -> list[Text]:
    """Return the words for a value and the one that it took the place of: 'May 2007 (previously: 2003)'."""
    if not now or not before or now == before:
        return [now] if now else []
    texts = {"now": now, "before": before}
    parts = []
    for words, name, _spec, _conversion in Formatter().parse(_("{now} (previously: {before})")):
        parts += [Text(words), *([texts[name]] if name else [])]
    return [part for part in parts if part]


def tell(
    row: Network, revision: Revision, before: Revision | None = None, happened_at: datetime | None = None
) -> None:
    """
    Put on the public record what citizens see with a version and did not see before.

    `before` is the version that they saw until now; without it, what they saw when they last saw any.
    """
    last = row.changes.select_related("revision").order_by("-pk").first()
    seen = before or (last.revision if last else None)
    if seen is None:
        changes = [Change(kind=Change.Kind.ADDED)]
    else:
        changes = told(current_content(seen.content), current_content(revision.content))
        if before is None and last is not None and last.kind == Change.Kind.WITHDRAWN:
            changes.insert(0, Change(kind=Change.Kind.ADDED))
    put_on_record(row, revision, changes, happened_at)


def put_on_record(
    row: Network, revision: Revision, changes: Iterable[Change], happened_at: datetime | None = None
) -> None:
    happened_at = happened_at or timezone.now()
    # Each by itself, because `bulk_create` sends no signal, and a new change must raise the content version.
    for change in changes:
        change.network, change.revision, change.happened_at = row, revision, happened_at
        change.save()
