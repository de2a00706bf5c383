"""Which forms were saved, by their tokens: so that a form that is sent twice is saved once."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.utils import timezone

from networks.models import Revision, SavedForm

FORMS_ARE_REMEMBERED = timedelta(days=30)


def claim_form(token: str, user: User) -> SavedForm:
    """
    Return the record of a form that is about to be saved. No other request can save it until this transaction ends.

    It says what the form has made already, if it was sent before.
    """
    # Where another transaction has written or locked it and goes on, this waits for its end.
    saved, _is_first = SavedForm.objects.select_for_update().get_or_create(token=token, user=user)
    return saved


def remember_form(
    token: str,
    user: User,
    row: models.Model | None = None,
    *,
    revision: Revision | None = None,
    content: Mapping | None = None,
) -> None:
    """
    Note what was saved with the form that has the token.

    Of a network, also what the form said and which version was the newest after it.

    Browsers are told so for as long as they may ask: 30 days.
    """
    now = timezone.now()
    SavedForm.objects.filter(saved_at__lt=now - FORMS_ARE_REMEMBERED).delete()
    written: dict[str, Any] = {"saved_at": now, "revision": revision, "content": content}
    if row is not None:
        written |= {"content_type": ContentType.objects.get_for_model(row), "object_id": row.pk}
    SavedForm.objects.update_or_create(token=token, user=user, defaults=written)
