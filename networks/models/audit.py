"""The audit log: who has signed in, from where, and what was done with accounts, roles and exports."""

import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import DatabaseError, models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from citynetworks.client_ip import client_ip
from networks.models.revised_model import LONGEST_NAME

logger = logging.getLogger(__name__)

# Guessers must not fill the database. The log of the server has those beyond.
MOST_FAILURES_IN_AN_HOUR = 1000


class AuditEntryManager(models.Manager["AuditEntry"]):
    """Writes the entries; nothing else does."""

    def record(
        self,
        kind: "AuditEntry.Kind",
        *,
        environ: Mapping[str, Any] | None = None,
        account: User | None = None,
        account_name: str = "",
        subject: User | None = None,
        subject_name: str = "",
        **details: Any,
    ) -> "AuditEntry":
        """
        Store what `account` has done just now, in the transaction of the change that it is about.

        `environ` is the WSGI environ (`request.META`), or None for a command. `subject` is the account that it was
        done to, if that is another one. The names are those of the accounts, unless they are given.
        """
        return self.create(
            kind=kind,
            created_at=timezone.now(),
            ip=client_ip(environ)[:45] if environ else "",
            account=account,
            account_name=(account_name or (account.get_username() if account else ""))[:LONGEST_NAME],
            subject=subject,
            subject_name=(subject_name or (subject.get_username() if subject else ""))[:LONGEST_NAME],
            details=details,
        )

    def note_sign_in(self, kind: "AuditEntry.Kind", **entry: Any) -> None:
        """Record a log-in, or one that failed. If that cannot be written, the log-in goes on, and the log has it."""
        try:
            with transaction.atomic():
                if kind == AuditEntry.Kind.SIGNED_IN or not self.is_full(kind):
                    self.record(kind, **entry)
        except DatabaseError:
            logger.exception("The audit log could not be written: %s", kind)

    def is_full(self, kind: "AuditEntry.Kind") -> bool:
        """Return whether the last hour has as many entries of a kind as one hour may have."""
        since = timezone.now() - timedelta(hours=1)
        return self.filter(kind=kind, created_at__gt=since)[:MOST_FAILURES_IN_AN_HOUR].count() == (
            MOST_FAILURES_IN_AN_HOUR
        )

    def expired(self) -> models.QuerySet["AuditEntry"]:
        """Return what is older than AUDIT_DAYS."""
        return self.filter(created_at__lt=timezone.now() - timedelta(days=settings.AUDIT_DAYS))

    def delete_expired(self) -> int:
        """Delete what is older than AUDIT_DAYS. Return how many entries that were."""
        return self.expired().delete()[0]


class AuditEntry(models.Model):
    """One thing that an account has done, or somebody in its name. The names outlive the accounts."""

    class Kind(models.TextChoices):
        SIGNED_IN = "signed_in", _("Signed in")
        SIGN_IN_FAILED = "sign_in_failed", _("Failed to sign in")
        LOCKED_OUT = "locked_out", _("Has to wait after wrong entries")
        PASSWORD_CHANGED = "password_changed", _("Changed the own password")
        PASSWORD_SET = "password_set", _("Set the password of an account")
        PASSWORD_LINK = "password_link", _("Made or revoked links to choose the password")
        SECOND_FACTOR_ON = "second_factor_on", _("Turned the second factor on")
        SECOND_FACTOR_OFF = "second_factor_off", _("Turned the second factor off")
        SECOND_FACTOR_RESET = "second_factor_reset", _("Removed the second factor of an account")
        SECOND_FACTOR_REQUIRED = "second_factor_required", _("Changed for whom the second factor is required")
        RECOVERY_CODES_MADE = "recovery_codes_made", _("Made new recovery codes")
        RECOVERY_CODE_USED = "recovery_code_used", _("Used a recovery code")
        ACCOUNT_ADDED = "account_added", _("Added an account")
        ACCOUNT_CHANGED = "account_changed", _("Changed an account")
        ACCOUNT_DELETED = "account_deleted", _("Deleted an account")
        ACCOUNT_ANONYMISED = "account_anonymised", _("Took the name off an account")
        ROLES_CHANGED = "roles_changed", _("Changed the roles of an account")
        ROLE_CHANGED = "role_changed", _("Changed a role")
        EXPORTED = "exported", _("Exported data")

    created_at = models.DateTimeField(_("time"), default=timezone.now)
    kind = models.CharField(_("what was done"), max_length=30, choices=Kind)
    account = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    # The user name then; of a log-in that failed, what was typed
    account_name = models.CharField(_("account"), max_length=LONGEST_NAME, blank=True)
    subject = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    subject_name = models.CharField(_("whose"), max_length=LONGEST_NAME, blank=True)
    ip = models.CharField(_("IP address"), max_length=45, blank=True)
    details = models.JSONField(default=dict, blank=True)

    objects = AuditEntryManager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name = _("entry of the audit log")
        verbose_name_plural = _("audit log")
        default_permissions = ("view",)
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="audit_newest_first"),
            models.Index(fields=["kind", "-created_at"], name="audit_newest_of_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.created_at:%Y-%m-%d %H:%M} {self.kind} {self.account_name}"
