"""The links to other sites, and whether they worked when they were last checked."""

from datetime import timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _

# A link is dead after as many checks in a row that have failed, over at least as long: sites have bad days.
DEAD_AFTER = 3
DEAD_AFTER_TIME = timedelta(days=3)


class LinkQuerySet(models.QuerySet):
    def dead(self):
        """Return the links that have failed again and again, for days."""
        return self.filter(failures__gte=DEAD_AFTER, failed_since__lte=models.F("checked_at") - DEAD_AFTER_TIME)

    def moved(self):
        """Return the links that redirect permanently to a page that works."""
        return self.filter(outcome=Link.Outcome.MOVED)

    def uncertain(self):
        """Return the links that do not work but are not dead yet, and those that no program can judge."""
        checked = self.exclude(outcome__in=["", Link.Outcome.OK, Link.Outcome.MOVED])
        return checked.exclude(pk__in=Link.objects.dead().values("pk"))


class Link(models.Model):
    """
    A URL that public texts and facts link to, with what came of the last check.

    Where it stands is read from the texts themselves: `networks.links.places`.
    """

    class Outcome(models.TextChoices):
        OK = "ok", _("works")
        MOVED = "moved", _("moved permanently")
        REFUSED = "refused", _("refused to our program")
        GONE = "gone", _("page not found")
        CLIENT_ERROR = "client_error", _("request not accepted")
        SERVER_ERROR = "server_error", _("error on the other site")
        LOOP = "loop", _("redirected too often")
        NO_ANSWER = "no_answer", _("no sensible answer")
        TIMEOUT = "timeout", _("no answer in time")
        NO_CONNECTION = "no_connection", _("no connection")
        NO_HOST = "no_host", _("name of the site not found")
        EXPIRED = "expired", _("certificate expired")
        WRONG_CERTIFICATE = "certificate", _("wrong certificate")
        UNKNOWN_ISSUER = "issuer", _("certificate that our program cannot verify")
        PRIVATE = "private", _("not on the public internet")
        PORT = "port", _("unusual port, not checked")
        INVALID = "invalid", _("not a valid web address")

        @property
        def is_failure(self):
            """Whether citizens do not reach the page either."""
            return self not in (self.OK, self.MOVED, self.REFUSED, self.UNKNOWN_ISSUER, self.PORT)

    url = models.CharField(_("web address"), max_length=2000, unique=True)
    outcome = models.CharField(max_length=20, choices=Outcome, blank=True)
    status_code = models.PositiveSmallIntegerField(null=True, blank=True)
    moved_to = models.CharField(max_length=2000, blank=True)
    checked_at = models.DateTimeField(null=True, blank=True, db_index=True)
    # Checks in a row that have failed, and when the first of them was
    failures = models.PositiveIntegerField(default=0)
    failed_since = models.DateTimeField(null=True, blank=True)

    objects = LinkQuerySet.as_manager()

    class Meta:
        ordering = ["-failures", "url"]
        verbose_name = _("link")
        verbose_name_plural = _("links")
        default_permissions = ["view"]

    def __str__(self):
        return self.url

    @property
    def is_dead(self):
        return self.failures >= DEAD_AFTER and self.failed_since <= self.checked_at - DEAD_AFTER_TIME
