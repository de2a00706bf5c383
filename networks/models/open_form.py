"""The forms of the admin that are open, and those that were saved."""

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.utils import timezone

from networks.models.revised_model import RowRelated
from networks.models.revision import Revision


class OpenForm(RowRelated):
    """Somebody who has the form of a row open, so that a colleague can be told."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    opened_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now)

    class Meta:
        default_permissions = ()
        constraints = [
            *RowRelated.Meta.constraints,
            models.UniqueConstraint(fields=["network", "user"], name="open_form_once_for_each_user"),
            models.UniqueConstraint(fields=["page", "user"], name="open_form_of_page_once_for_each_user"),
        ]

    def __str__(self):
        return f"{self.row_name}: {self.user_id}"


class SavedForm(models.Model):
    """
    A form of the admin that was saved, identified by the token it got when it was opened.

    A browser that missed the response can ask whether its text has arrived; a form that is submitted again, also
    after going back to it in the browser, continues from what it saved before.
    """

    token = models.CharField(max_length=40)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    saved_at = models.DateTimeField(default=timezone.now, db_index=True)
    # The object that was saved, so that an add form that is submitted twice adds one object
    content_type = models.ForeignKey(ContentType, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    object_id = models.PositiveBigIntegerField(null=True, blank=True)
    # For a model with revisions: what the form contained, and the newest revision after the save
    content = models.JSONField(null=True, blank=True)
    revision = models.ForeignKey(Revision, on_delete=models.CASCADE, null=True, blank=True, related_name="+")

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["token", "user"], name="saved_form_once_for_each_user")]

    def __str__(self):
        return self.token
