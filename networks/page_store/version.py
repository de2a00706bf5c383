"""
The content version: a number that rises whenever anything changes that a public page shows.

It is in one row, which is updated in the transaction of the change itself. So queries after reading the version find
at least the content of that version, and while the number is the same, no public content has changed.
"""

import time
from typing import Any

from django.apps import AppConfig
from django.apps import apps as present_apps
from django.apps.registry import Apps
from django.db import models, transaction
from django.db.models.functions import Greatest
from django.db.models.signals import m2m_changed, post_delete, post_migrate, post_save, pre_delete, pre_save

from networks.models import (
    Change,
    CityProfile,
    ContentVersion,
    FormerNetworkSlug,
    FormerPageSlug,
    Network,
    OldAddress,
    Page,
    Theme,
)

# All rows of these are public.
PUBLIC_MODELS: tuple[type[models.Model], ...] = (
    Theme,
    CityProfile,
    Change,
    FormerNetworkSlug,
    FormerPageSlug,
    OldAddress,
)
# Of these, the published rows are public.
PUBLISHED_MODELS: tuple[type[models.Model], ...] = (Network, Page)


def current_version() -> int:
    """Return the version of the committed content; 0 if nothing has ever been saved."""
    return ContentVersion.objects.values_list("number", flat=True).first() or 0


def raise_version(using: str | None = None, model: type[models.Model] = ContentVersion) -> None:
    """
    Raise the content version, within the current transaction.

    Call this after changing public content without `save` or `delete` of the models, such as by `update`. Migrations
    hand over their historical model.
    """
    if is_raised_in_transaction(using):
        return
    connection = transaction.get_connection(using)
    rows = model._base_manager.using(connection.alias).filter(pk=1)
    # By the clock, because a database that was restored from a backup must not reuse numbers for other content. In
    # microseconds, so that changes within a second do not run ahead of it.
    now = time.time_ns() // 1000
    if not rows.update(number=next_number(now)):
        _row, is_new = rows.get_or_create(pk=1, defaults={"number": now})
        if not is_new:  # another transaction has inserted it meanwhile
            rows.update(number=next_number(now))
    if connection.in_atomic_block:
        transaction.on_commit(version_is_raised, using=connection.alias)


def is_raised_in_transaction(using: str | None = None) -> bool:
    """Return whether the current transaction has raised the version. Then its number stands for all that follows."""
    # When a savepoint is rolled back, Django drops its on_commit hooks. So the number is raised once in a
    # transaction, and again if that was rolled back.
    hooks = transaction.get_connection(using).run_on_commit
    return any(hook is version_is_raised for _savepoints, hook, _robust in hooks)


def next_number(now: int) -> Greatest:
    # The update locks the row, so of two transactions one waits, and then reads the other's number.
    return Greatest(models.F("number") + 1, models.Value(now), output_field=models.BigIntegerField())


def version_is_raised() -> None:
    """Do nothing. This on_commit hook marks a transaction that has raised the version."""


def connect_signals() -> None:
    """Let the signals of the models raise the version. Called when the app is ready."""
    for model in PUBLIC_MODELS:
        post_save.connect(public_row_changed, sender=model)
        # Before the row is deleted: this locks the content version, without which no network can be published that
        # refers to the row.
        pre_delete.connect(public_row_changed, sender=model)
    for model in PUBLISHED_MODELS:
        pre_save.connect(note_whether_published, sender=model)
        post_save.connect(row_saved, sender=model)
        post_delete.connect(row_deleted, sender=model)
    m2m_changed.connect(themes_changed, sender=Network.themes.through)
    post_migrate.connect(after_migrate)


def public_row_changed(using: str, **kwargs: Any) -> None:
    raise_version(using)


def note_whether_published(sender: type[Network | Page], instance: Network | Page, using: str, **kwargs: Any) -> None:
    rows = sender._base_manager.using(using)
    instance.__dict__["_was_published"] = (
        bool(instance.pk) and rows.filter(pk=instance.pk, is_published=True).exists()
    )


def row_saved(instance: Network | Page, using: str, **kwargs: Any) -> None:
    if instance.is_published or instance.__dict__["_was_published"]:
        raise_version(using)


def row_deleted(instance: Network | Page, using: str, **kwargs: Any) -> None:
    if instance.is_published:
        raise_version(using)


def themes_changed(instance: Network | Theme, action: str, using: str, **kwargs: Any) -> None:
    if action.startswith("post_") and (isinstance(instance, Theme) or instance.is_published):
        raise_version(using)


def after_migrate(
    sender: AppConfig, using: str, apps: Apps = present_apps, plan: list[Any] | None = None, **kwargs: Any
) -> None:
    """Migrations and `flush`, which sends this signal too, change content without signals of these models."""
    if sender.name != ContentVersion._meta.app_label or plan == []:
        return
    try:
        model = apps.get_model(ContentVersion._meta.label)
    except LookupError:  # migrated back to before this model
        return
    raise_version(using, model)
