"""
The content version: a number that is another one as soon as anything that a public page shows has changed.

It stands in one row, which is written in the transaction of the change itself. So whoever has read it finds, when
reading on, at least the content of that version, and a number that is known already means that nothing is new.
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

# Of these, everything is public.
PUBLIC_MODELS: tuple[type[models.Model], ...] = (
    Theme,
    CityProfile,
    Change,
    FormerNetworkSlug,
    FormerPageSlug,
    OldAddress,
)
# Of these, what is published.
PUBLISHED_MODELS: tuple[type[models.Model], ...] = (Network, Page)


def current_version() -> int:
    """Return the version of what is committed; 0 where nothing has ever been written."""
    return ContentVersion.objects.values_list("number", flat=True).first() or 0


def raise_version(using: str | None = None, model: type[models.Model] = ContentVersion) -> None:
    """
    Make the content version another one, in the present transaction and with its fate.

    Whoever changes public content past `save` and `delete` of the models must call this: a bulk write, an `update`.
    """
    connection = transaction.get_connection(using)
    # Django forgets what shall be done on commit with the savepoint in which it was asked for. So the number is
    # raised once in a transaction, and again where that was undone.
    if any(hook is raised for _savepoints, hook, _robust in connection.run_on_commit):
        return
    rows = model._base_manager.using(connection.alias).filter(pk=1)
    # By the clock, and not by counting only: a database that was restored from a backup must not come to a number
    # once more under which something else was seen. In microseconds, so that each second has room.
    now = time.time_ns() // 1000
    if not rows.update(number=next_number(now)):
        _row, is_new = rows.get_or_create(pk=1, defaults={"number": now})
        if not is_new:  # somebody else has made it meanwhile
            rows.update(number=next_number(now))
    if connection.in_atomic_block:
        transaction.on_commit(raised, using=connection.alias)


def next_number(now: int) -> Greatest:
    # The row is locked by the update, so of two who raise it at once one waits, and finds the other's number.
    return Greatest(models.F("number") + 1, models.Value(now), output_field=models.BigIntegerField())


def raised() -> None:
    """Nothing is left to do on commit; that this waits there says that the version is raised."""


# What raises it


def connect() -> None:
    """Let everything that is written by the models raise the version. The app does this when it is ready."""
    for model in PUBLIC_MODELS:
        post_save.connect(public_row_changed, sender=model)
        # Before the row is deleted: then nobody can refer to it any more, and publishing refers to a theme when it
        # holds the content version.
        pre_delete.connect(public_row_changed, sender=model)
    for model in PUBLISHED_MODELS:
        pre_save.connect(note_whether_published, sender=model)
        post_save.connect(row_saved, sender=model)
        post_delete.connect(row_deleted, sender=model)
    m2m_changed.connect(themes_changed, sender=Network.themes.through)
    post_migrate.connect(migrated)


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


def migrated(
    sender: AppConfig, using: str, apps: Apps = present_apps, plan: list[Any] | None = None, **kwargs: Any
) -> None:
    """Migrations write past these models, and what empties the database (`flush`) says that it has migrated."""
    if sender.name != ContentVersion._meta.app_label or plan == []:
        return
    try:
        model = apps.get_model(ContentVersion._meta.label)
    except LookupError:  # back before there was a version
        return
    raise_version(using, model)
