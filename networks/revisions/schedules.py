"""
Publish or unpublish a row at a time to come.

A schedule is applied by the first request or command after its time, so no cron job can forget it.
"""

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import DatabaseError, models, transaction
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from networks.models import Event, RevisedModel, Schedule
from networks.reading import translated_fields
from networks.revisions.content import Model, field_label, row_with
from networks.revisions.publishing import publish, unpublish
from networks.revisions.storage import add_event, author_fields, check_not_in_bin, lock, newest_revision

logger = logging.getLogger(__name__)


# Each process polls for new schedules once in this time (`networks.page_store.watch`).
SHORTEST_NOTICE = timedelta(seconds=1)


# The wait after the first failure of a schedule, and the longest wait
FIRST_RETRY = timedelta(seconds=2)


LAST_RETRY = timedelta(hours=1)

# When a schedule is tried next
NEXT_ATTEMPT = Coalesce("retry_at", "at")


def create(row: RevisedModel, action: str, at: datetime, *, author: User | None) -> Schedule:
    """
    Schedule to publish the newest revision, or to unpublish the row. It replaces the schedule of that action.

    Raise ValidationError for a time that has passed, and for what cannot be done then.
    """
    with transaction.atomic():
        row = lock(row)
        check_not_in_bin(row)
        if at < timezone.now() + SHORTEST_NOTICE:
            raise ValidationError({"at": _("This time has passed. Choose one that is still to come.")})
        others = {each.action: each for each in row.schedules.all()}
        if action == Schedule.Action.PUBLISH:
            if not row.has_draft:
                raise ValidationError(_("There is no draft to publish."))
            published_then = row_with(row, newest_revision(row).content)
            published_then.is_published = True
            published_then.full_clean(exclude=translated_fields(type(row)))
            kind, revision, other = Event.Kind.SCHEDULED, row.head, others.get(Schedule.Action.WITHDRAW)
            is_in_order = not other or row.is_published or at < other.at
        else:
            kind, revision, other = Event.Kind.WITHDRAWAL_SCHEDULED, None, others.get(Schedule.Action.PUBLISH)
            if not row.is_published and other is None:
                raise ValidationError(_("This is not on the site."))
            is_in_order = not other or row.is_published or other.at < at
        if not is_in_order:
            raise ValidationError({"at": _("This must be published before it is taken off the site.")})
        row.schedules.filter(action=action).delete()
        schedule = row.schedules.create(action=action, revision=revision, at=at, **author_fields(author))
        add_event(row, kind, author, row.head, planned_for=at)
    return schedule


def cancel(schedule: Schedule, *, author: User | None) -> None:
    """Delete a schedule, unless it has been applied or cancelled already."""
    with transaction.atomic():
        row = lock(schedule.row)
        if row.schedules.filter(pk=schedule.pk).delete()[0]:
            add_event(row, Event.Kind.CANCELLED, author, schedule.revision, planned_for=schedule.at)


def apply_due(now: datetime | None = None) -> int:
    """Apply the schedules whose time has come, and return how many were applied."""
    now, count = now or timezone.now(), 0
    due = Schedule.objects.annotate(next_attempt=NEXT_ATTEMPT).filter(next_attempt__lte=now)
    for schedule in due.select_related("network", "page"):
        try:
            count += apply_schedule(schedule)
        except Exception:
            # One schedule must not stop the others, nor the request that applies them.
            logger.exception("The schedule %s could not be applied", schedule)
            try:
                schedule_retry(schedule, now)
            except DatabaseError:  # probably why the schedule failed
                logger.exception("The failure of the schedule %s could not be saved", schedule)
    return count


def next_due() -> datetime | None:
    """Return when the next schedule is due, or None if there is none."""
    return Schedule.objects.aggregate(at=models.Min(NEXT_ATTEMPT))["at"]


def schedule_retry(schedule: Schedule, now: datetime) -> None:
    """
    Retry a schedule that failed with an unexpected error later, after twice the previous wait.

    Staff see the failure in the history from the first one on; the traceback is in the server's log.
    """
    # If several processes have tried it at the same time, that counts as one failure.
    same = Schedule.objects.filter(pk=schedule.pk, failures=schedule.failures)
    wait = min(
        FIRST_RETRY * 2 ** min(schedule.failures, 20), LAST_RETRY
    )  # 20, so that the timedelta does not overflow
    with transaction.atomic():
        is_first = same.update(failures=schedule.failures + 1, retry_at=now + wait) and schedule.failures == 0
        if is_first:
            with override(settings.LANGUAGE_CODE):
                explanation = _(
                    "An error of the site itself. The site goes on trying; tell the person who looks after it."
                )
            add_event(schedule.row, Event.Kind.FAILED, schedule, schedule.revision, explanation=explanation)


def apply_schedule(schedule: Schedule) -> bool:
    """Apply a schedule, and say whether it was applied. If it is not valid any more, it becomes an event."""
    with transaction.atomic():
        row = lock(schedule.row)
        # Another process may have applied it meanwhile, or failed.
        same = row.schedules.filter(pk=schedule.pk, failures=schedule.failures).first()
        if same is None:
            return False
        same.delete()
        # Nobody waits for the result, so an error is shown in the history, and where the row is edited.
        with override(settings.LANGUAGE_CODE):
            try:
                with transaction.atomic():
                    perform(row, same)
            except ValidationError as error:
                add_event(row, Event.Kind.FAILED, same, same.revision, explanation=error_text(type(row), error))
                return False
    return True


def perform(row: RevisedModel, schedule: Schedule) -> None:
    if schedule.action == Schedule.Action.PUBLISH:
        publish(row, author=schedule, revision=schedule.revision)
    elif row.is_published:
        unpublish(row, author=schedule)
    else:
        raise ValidationError(_("This is not on the site."))


def error_text(model: Model, error: ValidationError) -> str:
    """Return the messages of a ValidationError as one text, each after the label of its field in the model."""
    if not hasattr(error, "error_dict"):
        return " ".join(error.messages)
    return " ".join(
        " ".join(messages) if name == NON_FIELD_ERRORS else f"{field_label(model, name)}: {' '.join(messages)}"
        for name, messages in error.message_dict.items()
    )
