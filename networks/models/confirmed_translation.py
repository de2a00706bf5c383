"""The translations that somebody has written or confirmed, each for the source text that it translates."""

from django.db import models

from networks.models.revised_model import RowRelated
from networks.models.revision import Authored


class ConfirmedTranslation(RowRelated, Authored):
    """
    A source text and a translation of it that somebody stands for: see `networks.revisions.translations`.

    The texts are known by their digests. The source is kept as well, to show what has changed in it since.
    """

    class Reason(models.TextChoices):
        WRITTEN = "written"  # when the translation was written
        LOADED = "loaded"  # both were there before the site kept track of them
        CONFIRMED = "confirmed"  # the source has changed, and the translation is still right
        CORRECTION = "correction"  # so it is, because the change of the source was only a correction

    # The column of the translation, such as summary_en
    column = models.CharField(max_length=100)
    source_digest = models.CharField(max_length=64)
    translation_digest = models.CharField(max_length=64)
    source = models.TextField(blank=True)
    reason = models.CharField(max_length=20, choices=Reason)

    class Meta:
        # The newest first
        ordering = ["-pk"]
        default_permissions = ()
        constraints = [
            *RowRelated.Meta.constraints,
            *(
                models.UniqueConstraint(
                    fields=[row, "column", "source_digest", "translation_digest"],
                    name=f"confirmed_translation_of_{row}_is_unique",
                )
                for row in ("network", "page")
            ),
        ]

    def __str__(self):
        return f"{self.row_name}: {self.column}"
