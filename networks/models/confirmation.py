"""What the city's units say of their memberships, by a link and without an account."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from networks.models.network import Network
from networks.models.revised_model import LONGEST_NAME
from networks.models.revision import Authored
from networks.partial_dates import PartialDateField


class ConfirmationLink(Authored):
    """A link with which a unit answers for its memberships, until it expires or is revoked."""

    # As the networks have it
    unit = models.CharField(_("responsible unit"), max_length=200)
    expires_at = models.DateTimeField(_("expires"))
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)
    revoked_by = models.CharField(max_length=LONGEST_NAME, blank=True)
    # How many answers it has taken in the hour that began then
    hour_began_at = models.DateTimeField(null=True, blank=True)
    answers_in_hour = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["-created_at", "-pk"]
        default_permissions = ()

    def __str__(self):
        return f"{self.unit}, {self.expires_at:%Y-%m-%d %H:%M}"

    @property
    def is_open(self):
        return self.revoked_at is None and self.expires_at > timezone.now()


class UnitAnswer(models.Model):
    """What a unit has answered for a membership. While it is open, a newer answer takes its place."""

    class Kind(models.TextChoices):
        AS_STATED = "as_stated", _("All is as stated")
        CHANGED = "changed", _("Something has changed")
        ENDED = "ended", _("The membership has ended")

    class State(models.TextChoices):
        OPEN = "open", pgettext_lazy("answer", "open")
        ACCEPTED = "accepted", pgettext_lazy("answer", "accepted")
        REFUSED = "refused", pgettext_lazy("answer", "refused")

    link = models.ForeignKey(ConfirmationLink, on_delete=models.CASCADE, related_name="answers")
    network = models.ForeignKey(Network, on_delete=models.CASCADE, related_name="unit_answers")
    kind = models.CharField(max_length=20, choices=Kind)
    text = models.TextField(blank=True)
    ended_on = PartialDateField(null=True, blank=True)
    # The digest of what the site showed of the membership, see networks.revisions.unit_answers. It is empty where the
    # answer is older than the present digests.
    stated = models.CharField(max_length=64)
    # Who answered, as they wrote it
    name = models.CharField(max_length=100, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=20, choices=State, default=State.OPEN)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    decided_by_name = models.CharField(max_length=LONGEST_NAME, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["created_at", "pk"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["network"], condition=models.Q(state="open"), name="one_open_answer_of_a_network"
            )
        ]

    def __str__(self):
        return f"network {self.network_id}: {self.kind}"
