"""What colleagues say about a draft: it was submitted, returned and why, remarked on, and what has changed since."""

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from networks.admin.row_views import RowViewsMixin
from networks.models import Event, RevisedModel
from networks.reading import Reader
from networks.revisions import drafts, schedules
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


class RemarkForm(forms.Form):
    """A remark on a draft, or why it is returned."""

    remark = forms.CharField(
        label=_("Remark"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 4, "class": "vLargeTextField"}),
        help_text=_("For colleagues. For example: The year of joining differs from that in the decision."),
        error_messages={"required": _("Write what is to be done, so that the author knows it.")},
    )


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
        return {"who": who, "when": reader.moment(event.created_at), "why": reader.unmarked(event.explanation)}

    def failure(self) -> dict | None:
        """Return when and why the last schedule failed; None if it did not, or another event has followed."""
        event = self.last(SCHEDULE_EVENTS)
        return self.said(event) if event and event.kind == Kind.FAILED else None

    def returned(self) -> dict | None:
        """Return by whom, when and why the draft was returned; None if that was answered, or not done."""
        event = self.last(ANSWERED_BY)
        return self.said(event) if event and event.kind == Kind.RETURNED and self.is_of_draft(event) else None

    def remarks(self) -> list[dict]:
        """Return the remarks on the draft, the newest first. Those on what has been published since are over."""
        return [self.said(event) for event in self.events if event.kind == Kind.REMARKED and self.is_of_draft(event)]

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


class ReviewViewsMixin(RowViewsMixin):
    """The pages on which a draft is returned to its author, and on which a remark is added."""

    def return_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self.remark_page(request, pk, "publish", gettext("Return to the author"), drafts.return_to_author)

    def remarks_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self.remark_page(request, pk, "change", gettext("Remarks"), drafts.add_remark)

    def remark_page(self, request: HttpRequest, pk: int, permission: str, title: str, write) -> HttpResponse:
        """Show the remarks on a draft and a form for another one, which is written by `write`."""
        row = self.get_row(request, pk, permission)
        is_return = write is drafts.return_to_author
        form = RemarkForm(request.POST if request.method == "POST" else None)
        try:
            if is_return:
                drafts.check_submitted(row)
        except ValidationError as error:
            self.message_user(request, schedules.error_text(self.model, error), messages.WARNING)
            return self.redirect_to_form(row)
        if request.method == "POST" and form.is_valid():
            try:
                with transaction.atomic():
                    write(self.lock(request, row), form.cleaned_data["remark"], author=request.user)
            except ValidationError as error:
                row = self.get_row(request, pk, permission)  # with the version that the page shows now
                form.add_error(None, error)
            else:
                text = (
                    gettext("“{name}” is returned to its author, with your remark.")
                    if is_return
                    else gettext("Your remark on “{name}” is saved.")
                )
                self.message_user(request, text.format(name=row), messages.SUCCESS)
                return self.redirect_to_form(row)
        review = Review(row)
        return self.render(request, "remarks", row, title, form=form, is_return=is_return, review=review)
