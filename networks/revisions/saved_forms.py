"""The forms that were saved, by their tokens, so that a form that is submitted twice is saved once."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.utils import timezone

from networks.models import Revision, SavedForm

KEEP_FOR = timedelta(days=30)


def claim_form(token: str, user: User) -> SavedForm:
    """
    Return the record of a form that is about to be saved, and lock it until the transaction ends.

    If the form was submitted before, the record says what was saved then.
    """
    # Waits while another transaction has inserted or locked it.
    saved, _is_first = SavedForm.objects.select_for_update().get_or_create(token=token, user=user)
    return saved


def expired_forms() -> models.QuerySet[SavedForm]:
    """Return the records that are too old for a form to be submitted again."""
    return SavedForm.objects.filter(saved_at__lt=timezone.now() - KEEP_FOR)


def remember_form(
    token: str,
    user: User,
    row: models.Model | None = None,
    *,
    revision: Revision | None = None,
    content: Mapping | None = None,
) -> None:
    """
    Record what was saved with a form, for 30 days.

    For a model with revisions, `content` is that of the form, and `revision` the newest one after the save.
    """
    expired_forms().delete()
    written: dict[str, Any] = {"saved_at": timezone.now(), "revision": revision, "content": content}
    if row is not None:
        written |= {"content_type": ContentType.objects.get_for_model(row), "object_id": row.pk}
    SavedForm.objects.update_or_create(token=token, user=user, defaults=written)
