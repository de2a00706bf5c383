"""
Take the name of a former colleague off all that the site keeps, but for what was published and must stay.

The names of authors outlive their accounts: in versions, events, schedules, links, answers, logs. `Anonymisation`
finds them for a plan, and replaces them.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import import_module

from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.db import models, transaction
from django.db.models import Q
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from networks.models import (
    AuditEntry,
    ConfirmationLink,
    Event,
    Network,
    OpenForm,
    Page,
    Revision,
    SavedForm,
    SavedView,
    SpreadsheetFile,
    UnitAnswer,
)
from networks.models.revision import Authored

# The columns with a name, beside the account that it is of
BESIDE_ACCOUNT: list[tuple[type[models.Model], str, str]] = [
    *((model, "author", "author_name") for model in Authored.__subclasses__()),
    (UnitAnswer, "decided_by", "decided_by_name"),
    (AuditEntry, "account", "account_name"),
    (AuditEntry, "subject", "subject_name"),
]
# The columns with a name alone
ALONE: list[tuple[type[models.Model], str]] = [
    (ConfirmationLink, "revoked_by"),
    *((model, name) for model in (Network, Page) for name in ("submitted_by", "deleted_by")),
]


def names_of(account: User) -> set[str]:
    """Return what an account is called in the tables: its user name, and the name of its owner."""
    return {account.get_username(), account.get_full_name()} - {""}


@dataclass(frozen=True)
class Anonymisation:
    """What is to be done: the account, if it is still there, the names, and what is written in their place."""

    account: User | None
    names: frozenset[str]
    replacement: str

    @classmethod
    def of(cls, account: User | None, names: Iterable[str], replacement: str = "") -> "Anonymisation":
        """Return what is to be done about an account, or about the names of accounts that were deleted."""
        found = {*names}
        if account is not None:
            found |= names_of(account)
            # An account may have had other names before.
            for model, owner, column in BESIDE_ACCOUNT:
                found |= {*model._default_manager.filter(**{owner: account}).values_list(column, flat=True)}
        replacement = replacement or (f"former-{account.pk}" if account else "former")
        return cls(account, frozenset(found - {"", replacement}), replacement)

    @property
    def shared_names(self) -> set[str]:
        """The names that another account has too: where only a name stands, nobody can tell whose it is."""
        others = User.objects.exclude(pk=self.account.pk) if self.account else User.objects.all()
        return {name for other in others for name in names_of(other)} & self.names

    def rows(self) -> Iterator[tuple[models.QuerySet, str]]:
        """Yield the rows that have one of the names, and the column in which they have it."""
        names = self.names - self.shared_names
        for model, owner, column in BESIDE_ACCOUNT:
            condition = Q(**{owner: None, f"{column}__in": names})
            if self.account is not None:
                condition |= Q(**{owner: self.account})
            yield (
                model._base_manager.filter(condition).exclude(**{column: self.replacement}).exclude(**{column: ""}),
                column,
            )
        for model, column in ALONE:
            yield model._base_manager.filter(**{f"{column}__in": names}), column
        of_accounts = LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(User))
        condition = Q(object_repr__in=names)
        if self.account is not None:
            condition |= Q(object_id=str(self.account.pk))
        yield of_accounts.filter(condition).exclude(object_repr=self.replacement), "object_repr"

    def sessions(self) -> list[str]:
        """
        Return the keys of the sessions of the account, or of all accounts that were deleted.

        Unsaved text in them has the name of who typed it.
        """
        owners = {each.session_key: each.get_decoded().get(SESSION_KEY) for each in Session.objects.iterator()}
        if self.account is not None:
            return [key for key, owner in owners.items() if owner == str(self.account.pk)]
        there = {str(pk) for pk in User.objects.values_list("pk", flat=True)}
        return [key for key, owner in owners.items() if owner and owner not in there]

    def counts(self) -> dict[str, int]:
        """Return how many rows of each table have one of the names, by the name of the model."""
        found: dict[str, int] = {}
        for rows, _column in self.rows():
            name = str(rows.model.__name__)
            found[name] = found.get(name, 0) + rows.count()
        if self.account is not None or any(found.values()):
            found["Session"] = len(self.sessions())
        return {name: count for name, count in found.items() if count}

    def mentions(self) -> dict[str, int]:
        """Return in how many texts that somebody wrote the names stand, by the name of the model. They stay."""
        texts = {
            "Revision": Revision.objects.values_list("content", "comment"),
            "Event": Event.objects.values_list("explanation"),
            "UnitAnswer": UnitAnswer.objects.values_list("text", "name"),
        }
        found = {
            name: sum(
                any(each in json.dumps(row, ensure_ascii=False) for each in self.names)
                for row in rows.order_by().iterator()
            )
            for name, rows in texts.items()
        }
        return {name: count for name, count in found.items() if count}

    @transaction.atomic
    def carry_out(self) -> dict[str, int]:
        """Replace the names, and empty the account. Return how many rows of each table were changed."""
        counts = self.counts()
        for rows, column in [*self.rows()]:
            rows.update(**{column: self.replacement})
        store = import_module(settings.SESSION_ENGINE).SessionStore
        for key in self.sessions():
            store(key).delete()
        if self.account is not None:
            self.empty(self.account)
        AuditEntry.objects.record(
            AuditEntry.Kind.ACCOUNT_ANONYMISED, subject=self.account, subject_name=self.replacement
        )
        return counts

    @staticmethod
    def empty(account: User) -> None:
        """Leave nothing of an account but its number, so that what it did is still known to be of one person."""
        account.username = f"former-{account.pk}"
        account.first_name = account.last_name = account.email = ""
        account.last_login = None
        account.is_staff = account.is_superuser = False
        account.set_unusable_password()
        account.save()
        account.groups.clear()
        account.user_permissions.clear()
        of_the_account: list[type[models.Model]] = [TOTPDevice, StaticDevice, OpenForm, SavedForm, SpreadsheetFile]
        for model in of_the_account:
            model._default_manager.filter(user=account).delete()
        SavedView.objects.filter(user=account, is_shared=False).delete()  # shared ones serve colleagues
