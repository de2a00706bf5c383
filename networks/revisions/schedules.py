"""
Publish or unpublish a network at a time to come.

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

from networks.models import Event, Network, Schedule
from networks.reading import translated_fields
from networks.revisions.content import field_label, network_with
from networks.revisions.publishing import publish, withdraw
from networks.revisions.storage import lock, newest, record, refuse_in_bin, signed

logger = logging.getLogger(__name__)


# Every process asks for new plans once in this time: see SchedulesMiddleware.
SOONEST = timedelta(seconds=1)


# How long after its first failure a plan is tried again, and the longest that is ever waited
FIRST_RETRY = timedelta(seconds=2)


LAST_RETRY = timedelta(hours=1)

# When a plan is tried next
NEXT_ATTEMPT = Coalesce("retry_at", "at")


def schedule(network: Network, action: str, at: datetime, *, author: User | None) -> Schedule:
    """
    Plan to publish the newest version, or to take the network off the site. One plan of each kind at a time.

    Raises ValidationError for a time that has passed, and for what cannot be done.
    """
    with transaction.atomic():
        row = lock(network)
        refuse_in_bin(row)
        if at < timezone.now() + SOONEST:
            raise ValidationError({"at": _("This time has passed. Choose one that is still to come.")})
        plans = {each.action: each for each in row.schedules.all()}
        if action == Schedule.Action.PUBLISH:
            if not row.has_draft:
                raise ValidationError(_("There is no draft to publish."))
            published_then = network_with(row, newest(row).content)
            published_then.is_published = True
            published_then.full_clean(exclude=translated_fields(Network))
            kind, revision, other = Event.Kind.SCHEDULED, row.head, plans.get(Schedule.Action.WITHDRAW)
            is_in_order = not other or row.is_published or at < other.at
        else:
            kind, revision, other = Event.Kind.WITHDRAWAL_SCHEDULED, None, plans.get(Schedule.Action.PUBLISH)
            if not row.is_published and other is None:
                raise ValidationError(_("The network is not on the site."))
            is_in_order = not other or row.is_published or other.at < at
        if not is_in_order:
            raise ValidationError({"at": _("The network must be published before it is taken off the site.")})
        row.schedules.filter(action=action).delete()
        plan = Schedule.objects.create(network=row, action=action, revision=revision, at=at, **signed(author))
        record(row, kind, author, row.head, planned_for=at)
    return plan


def cancel(plan: Schedule, *, author: User | None) -> None:
    """Drop a plan. One that has been carried out or dropped already is left alone."""
    with transaction.atomic():
        row = lock(plan.network)
        if row.schedules.filter(pk=plan.pk).delete()[0]:
            record(row, Event.Kind.CANCELLED, author, plan.revision, planned_for=plan.at)


def apply_due(now: datetime | None = None) -> int:
    """Do what was planned for a time up to now. Return how many plans were carried out."""
    now, count = now or timezone.now(), 0
    plans = Schedule.objects.annotate(next_attempt=NEXT_ATTEMPT).filter(next_attempt__lte=now)
    for plan in plans.select_related("network"):
        try:
            count += apply(plan)
        except Exception:
            # One plan must not keep the others from being carried out, nor anybody from reading the site.
            logger.exception("The plan %s could not be carried out", plan)
            try:
                put_off(plan, now)
            except DatabaseError:  # then the plan has probably failed for the same reason
                logger.exception("That the plan %s failed could not be noted", plan)
    return count


def next_due() -> datetime | None:
    """Return the time of the next plan, or None where nothing is planned."""
    return Schedule.objects.aggregate(at=models.Min(NEXT_ATTEMPT))["at"]


def put_off(plan: Schedule, now: datetime) -> None:
    """
    Note that a plan failed for a reason that no check foresees. It is tried again, each time after twice as long.

    Staff read so from the first failure on; what to do about it stands in the log of the server.
    """
    # A plan grows by no more than one failure, however many processes have tried it at the same time.
    same = Schedule.objects.filter(pk=plan.pk, failures=plan.failures)
    wait = min(FIRST_RETRY * 2 ** min(plan.failures, 20), LAST_RETRY)  # 20, lest it be more than can be counted
    with transaction.atomic():
        is_first = same.update(failures=plan.failures + 1, retry_at=now + wait) and plan.failures == 0
        if is_first:
            with override(settings.LANGUAGE_CODE):
                explanation = _(
                    "An error of the site itself. The site goes on trying; tell the person who looks after it."
                )
            record(plan.network, Event.Kind.FAILED, plan, plan.revision, explanation=explanation)


def apply(plan: Schedule) -> bool:
    """Carry out a plan, and say whether it was; one that fails is on record."""
    with transaction.atomic():
        row = lock(plan.network)
        # Unless another process was first: it has carried it out, or put it off
        same = row.schedules.filter(pk=plan.pk, failures=plan.failures).first()
        if same is None:
            return False
        same.delete()
        # Nobody waits for an answer, so a failure stands in the history, and where the network is edited.
        with override(settings.LANGUAGE_CODE):
            try:
                with transaction.atomic():
                    carry_out(row, same)
            except ValidationError as error:
                record(row, Event.Kind.FAILED, same, same.revision, explanation=in_words(error))
                return False
    return True


def carry_out(row: Network, plan: Schedule) -> None:
    if plan.action == Schedule.Action.PUBLISH:
        publish(row, author=plan, revision=plan.revision)
    elif row.is_published:
        withdraw(row, author=plan)
    else:
        raise ValidationError(_("The network is not on the site."))


def in_words(error: ValidationError) -> str:
    """Return the messages of an error, each after the label of its field."""
    if not hasattr(error, "error_dict"):
        return " ".join(error.messages)
    return " ".join(
        " ".join(messages) if name == NON_FIELD_ERRORS else f"{field_label(name)}: {' '.join(messages)}"
        for name, messages in error.message_dict.items()
    )
