"""What was written and done: revisions, events, schedules, preview links, and the public record of changes."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from networks.models.network import Network
from networks.models.revised_model import LONGEST_NAME, RowRelated


class Authored(models.Model):
    """Something that somebody did. The name outlives the account; it is empty where no person did it."""

    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    author_name = models.CharField(_("author"), max_length=LONGEST_NAME, blank=True)
    created_at = models.DateTimeField(_("time"), default=timezone.now)

    class Meta:
        abstract = True


class Revision(RowRelated, Authored):
    """
    The whole content of a row as somebody saved it, in the format of `networks.revisions.content`. Never changed.

    What differs from the parent revision is what this author changed.
    """

    number = models.PositiveIntegerField(_("version"))
    content = models.JSONField(_("content"))
    parent = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    restored_from = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    comment = models.CharField(_("remark"), max_length=300, blank=True)

    class Meta:
        ordering = ["-number"]
        verbose_name = _("version")
        verbose_name_plural = _("versions")
        default_permissions = ()
        constraints = [
            *RowRelated.Meta.constraints,
            models.UniqueConstraint(fields=["network", "number"], name="revision_number_is_unique"),
            models.UniqueConstraint(fields=["page", "number"], name="page_revision_number_is_unique"),
        ]

    def __str__(self):
        return f"{self.row_name}/{self.number}"


class Event(RowRelated, Authored):
    """Something that was done with a row without changing its content, such as publishing it."""

    class Kind(models.TextChoices):
        PUBLISHED = "published", _("Published")
        WITHDRAWN = "withdrawn", _("Taken off the site")
        DISCARDED = "discarded", _("Draft discarded")
        SUBMITTED = "submitted", _("Submitted for publishing")
        RECALLED = "recalled", _("Submission taken back")
        RETURNED = "returned", _("Returned to its author")
        REMARKED = "remarked", _("Remark")
        SCHEDULED = "scheduled", _("Publishing scheduled")
        WITHDRAWAL_SCHEDULED = "withdrawal_scheduled", _("Taking off the site scheduled")
        CANCELLED = "cancelled", _("Schedule cancelled")
        FAILED = "failed", _("What was scheduled could not be done")
        DELETED = "deleted", _("Moved to the bin")
        UNDELETED = "undeleted", _("Put back from the bin")
        CONFIRMED = "confirmed", _("Translation confirmed")
        CORRECTED = "corrected", _("Change of the Serbian marked as a correction")
        UNCONFIRMED = "unconfirmed", _("Confirmation of a translation taken back")
        MOVED = "moved", _("Moved in the order")
        BROUGHT_BACK = "brought_back", _("Undone: this version is the newest one again")

    revision = models.ForeignKey(Revision, on_delete=models.CASCADE, null=True, blank=True, related_name="events")
    kind = models.CharField(max_length=30, choices=Kind)
    planned_for = models.DateTimeField(null=True, blank=True)
    explanation = models.TextField(blank=True)
    # The names of the fields that it is about
    fields = models.JSONField(default=list, blank=True)

    class Meta:
        ordering = ["-created_at", "-pk"]
        default_permissions = ()
        constraints = RowRelated.Meta.constraints
        indexes = [models.Index(fields=["kind", "created_at"], name="event_by_kind_and_time")]

    def __str__(self):
        return f"{self.row_name}: {self.kind}"


class Change(models.Model):
    """
    One entry of the public record of changes, which is about networks. It does not say who wrote it.

    `fields` names the fields that changed, `values` the old and new values of the few facts that are told in words.
    """

    class Kind(models.TextChoices):
        ADDED = "added", _("Added to the site")
        RENAMED = "renamed", _("New name")
        JOINED = "joined", _("Joined the network")
        LEFT = "left", _("Left the network")
        ENDED = "ended", _("Network ended")
        CONTINUED = "continued", _("The membership goes on")
        VERIFIED = "verified", _("Verified on")
        CORRECTED = "corrected", _("Changed")
        WITHDRAWN = "withdrawn", _("Taken off the site")

    network = models.ForeignKey(Network, on_delete=models.CASCADE, related_name="changes")
    kind = models.CharField(max_length=20, choices=Kind)
    happened_at = models.DateTimeField(default=timezone.now)
    fields = models.JSONField(default=list, blank=True)
    values = models.JSONField(default=dict, blank=True)
    # The revision that visitors have seen since; set when a network that loaddata wrote is first edited
    revision = models.ForeignKey(Revision, on_delete=models.CASCADE, null=True, blank=True, related_name="+")

    class Meta:
        # Entries of the same moment stay in the order in which they were made.
        ordering = ["-happened_at", "pk"]
        default_permissions = ()
        indexes = [models.Index(fields=["-happened_at", "id"], name="change_newest_first")]

    def __str__(self):
        return f"{self.network_id}: {self.kind}"


class Schedule(RowRelated, Authored):
    """A time at which a revision of a row will be published, or the row unpublished."""

    class Action(models.TextChoices):
        PUBLISH = "publish", _("publish")
        WITHDRAW = "withdraw", _("take off the site")

    action = models.CharField(max_length=20, choices=Action)
    revision = models.ForeignKey(Revision, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    at = models.DateTimeField(_("time"), db_index=True)
    # How often applying it has raised an unexpected error, and when to try again
    failures = models.PositiveIntegerField(default=0)
    retry_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["at", "pk"]
        default_permissions = ()
        constraints = [
            *RowRelated.Meta.constraints,
            models.UniqueConstraint(fields=["network", "action"], name="schedule_is_one_of_its_kind"),
            models.UniqueConstraint(fields=["page", "action"], name="page_schedule_is_one_of_its_kind"),
        ]

    def __str__(self):
        return f"{self.row_name}: {self.action} {self.at:%Y-%m-%d %H:%M}"


class PreviewLink(Authored):
    """A link with which somebody without an account reads one revision, until it expires or is revoked."""

    revision = models.ForeignKey(Revision, on_delete=models.CASCADE, related_name="preview_links")
    expires_at = models.DateTimeField(_("expires"))
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)
    # Whether it goes on working after its revision was discarded or unpublished
    is_kept = models.BooleanField(default=False)

    class Meta:
        ordering = ["-created_at", "-pk"]
        default_permissions = ()

    def __str__(self):
        return f"{self.revision}, {self.expires_at:%Y-%m-%d %H:%M}"

    @property
    def is_open(self):
        return self.revoked_at is None and self.expires_at > timezone.now()
