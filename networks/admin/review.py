"""What colleagues say about a draft: it was submitted, returned and why, remarked on, and what has changed since."""

from collections.abc import Collection

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils.translation import gettext

from networks.models import Event, RevisedModel
from networks.reading import Reader
from networks.revisions.content import changed_fields, field_label

Kind = Event.Kind

# What may become of a schedule. After another of these events, an earlier failure is not shown any more.
SCHEDULE_EVENTS = [
    Kind.FAILED,
    Kind.PUBLISHED,
    Kind.WITHDRAWN,
    Kind.DISCARDED,
    Kind.SCHEDULED,
    Kind.WITHDRAWAL_SCHEDULED,
]

# After another of these events, nobody has to answer that a draft was returned.
ANSWERED_BY = [Kind.SUBMITTED, Kind.RETURNED, Kind.DISCARDED, Kind.DELETED]

# How many events are looked through, the newest first
MOST_EVENTS = 200


def events_of_row(model: type[RevisedModel]) -> QuerySet[Event]:
    """Return the events of the row of the outer query, the newest first, for a subquery."""
    return Event.objects.filter(**{model._meta.model_name: OuterRef("pk")}).order_by("-pk")


def last_submission(model: type[RevisedModel], field: str) -> Subquery:
    """Return an expression for a field of the last event by which a row was submitted, such as its author."""
    return Subquery(events_of_row(model).filter(kind=Kind.SUBMITTED).values(field)[:1])


class Review:
    """What was said about the draft of a row, which has its newest revision as `head`. One query."""

    def __init__(self, row: RevisedModel) -> None:
        self.row, self.reader = row, Reader()
        kinds = {*SCHEDULE_EVENTS, *ANSWERED_BY, Kind.REMARKED}
        events = row.events.filter(kind__in=kinds).select_related("revision")
        self.events = list(events.order_by("-pk")[:MOST_EVENTS])

    def last(self, kinds: list[Kind]) -> Event | None:
        return next((event for event in self.events if event.kind in kinds), None)

    def said(self, event: Event) -> dict:
        reader = self.reader
        who = reader.unmarked(event.author_name) or gettext("the system")
        return {
            "who": who,
            "when": reader.moment(event.created_at),
            "why": reader.unmarked(event.explanation),
            "is_return": event.kind == Kind.RETURNED,
        }

    def failure(self) -> dict | None:
        """Return when and why the last schedule failed; None if it did not, or another event has followed."""
        event = self.last(SCHEDULE_EVENTS)
        return self.said(event) if event and event.kind == Kind.FAILED else None

    def returned(self) -> dict | None:
        """Return by whom, when and why the draft was returned; None if that was answered, or not done."""
        event = self.last(ANSWERED_BY)
        return self.said(event) if event and event.kind == Kind.RETURNED and self.is_of_draft(event) else None

    def remarks(self, kinds: Collection[str] = (Kind.REMARKED,)) -> list[dict]:
        """Return the remarks on the draft, the newest first. Those on what has been published since are over."""
        return [self.said(event) for event in self.events if event.kind in kinds and self.is_of_draft(event)]

    def remarks_and_returns(self) -> list[dict]:
        return self.remarks((Kind.REMARKED, Kind.RETURNED))

    def is_of_draft(self, event: Event) -> bool:
        """Return whether an event is about what is not published, and was not the last time."""
        last = self.last([Kind.PUBLISHED])
        published = self.row.live or (last and last.revision)
        return event.revision is not None and event.revision.number > (published.number if published else 0)

    def changed_since_submitted(self) -> dict | None:
        """Return what was saved after the draft was submitted, and the numbers of both revisions; None if nothing."""
        event, head, model = self.last([Kind.SUBMITTED]), self.row.head, type(self.row)
        if not self.row.submitted_at or event is None or event.revision is None or event.revision_id == head.pk:
            return None
        changed = changed_fields(model, event.revision.content, head.content)
        if not changed:
            return None
        return {
            "fields": ", ".join(field_label(model, name) for name in changed),
            "who": self.reader.unmarked(head.author_name) or gettext("the system"),
            "before": event.revision.number,
            "after": head.number,
        }
