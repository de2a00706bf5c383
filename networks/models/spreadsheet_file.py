"""Spreadsheets that somebody is exporting or importing."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone


class SpreadsheetFileQuerySet(models.QuerySet):
    def expired(self):
        """Return the files that nobody can open any more."""
        return self.filter(created_at__lt=timezone.now() - SpreadsheetFile.KEPT_FOR)


class SpreadsheetFile(models.Model):
    """
    A file that was exported and is to be downloaded, or what a file to be imported would change, as JSON.

    It belongs to one user, who finds it for a day. The next one who signs in after that, or `clean_up`, deletes it.
    """

    KEPT_FOR = timedelta(days=1)

    class Purpose(models.TextChoices):
        EXPORT = "export"
        IMPORT = "import"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    purpose = models.CharField(max_length=10, choices=Purpose)
    name = models.CharField(max_length=200)
    content = models.BinaryField()
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    objects = SpreadsheetFileQuerySet.as_manager()

    class Meta:
        default_permissions = ()

    def __str__(self):
        return self.name
