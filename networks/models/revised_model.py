"""What models with revisions have in common, and what belongs to one of their rows."""

from collections.abc import Mapping
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from networks.models.public_page import PublicPage, PublicPageQuerySet

# Characters of the first and the last name of an account, and the space between them
LONGEST_NAME = 301


class RevisedQuerySet(PublicPageQuerySet):
    def outside_bin(self):
        return self.filter(deleted_at__isnull=True)

    def in_bin(self):
        return self.filter(deleted_at__isnull=False)

    def with_draft(self):
        """Return the rows with a revision newer than the published one, and the rows that are not published."""
        has_newer = models.Q(head__isnull=False) & ~models.Q(head=models.F("live"))
        return self.filter(models.Q(is_published=False) | has_newer)


class RevisedModel(PublicPage):
    """
    A model with a public page whose content is written as revisions.

    The row of a published page holds what visitors see: the content of its `live` revision. The row of another holds
    the content of its `head`, the newest revision. Only `networks.revisions` writes it.
    """

    # What belongs to a row: see RowRelated
    revisions: Any
    events: Any
    schedules: Any
    openforms: Any
    confirmedtranslations: Any

    # Its newest revision, the published one, and whether it waits to be published
    head = models.ForeignKey(
        "networks.Revision", on_delete=models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )
    live = models.ForeignKey(
        "networks.Revision", on_delete=models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )
    submitted_at = models.DateTimeField(_("submitted for publishing"), null=True, blank=True, editable=False)
    submitted_by = models.CharField(max_length=LONGEST_NAME, blank=True, default="", editable=False)
    deleted_at = models.DateTimeField(_("deleted"), null=True, blank=True, editable=False)
    deleted_by = models.CharField(max_length=LONGEST_NAME, blank=True, default="", editable=False)

    # Computed: the columns of the translations whose source has changed, of the newest and of the published content
    outdated_newest = models.JSONField(default=list, editable=False)
    outdated_published = models.JSONField(default=list, editable=False)

    # Computed of the newest content (networks.revisions.newest_columns): what is missing in it, its words, folded,
    # and the primary key of the revision that has it. Where that is not the head, other code has written the row.
    gaps_newest = models.JSONField(
        default=dict, db_default=models.Value({}, output_field=models.JSONField()), editable=False
    )
    words_newest = models.TextField(default="", db_default="", blank=True, editable=False)
    computed_from = models.BigIntegerField(null=True, blank=True, editable=False)

    objects = RevisedQuerySet.as_manager()

    # Fields that have another name in older revisions: {old name: present name}. A migration that renames a field of
    # the model adds it here, because revisions are never rewritten. A translated field is named once, without its
    # languages. If a field is renamed again, each of its old names maps to the present one.
    renamed_fields: dict[str, str] = {}

    # Fields of the content that visitors never see; of those with lines, also their private columns
    private_fields: frozenset[str] = frozenset()

    # Slugs that a row keeps once it has one of them, because the site itself depends on it
    fixed_slugs: frozenset[str] = frozenset()

    # Whether the public record tells when a row is published, changed and unpublished
    has_public_record = False

    class Meta:
        abstract = True

    @classmethod
    def in_present_form(
        cls, content: Mapping[str, Any], newest: Mapping[str, Any] | None = None
    ) -> Mapping[str, Any]:
        """
        Return the content of a revision, of any age, with the fields that have taken the place of others since.

        The same content always gives the same values. A field that only has another name is one of `renamed_fields`.
        Where it is to be restored, `newest` is the newest content. A field keeps what it has there that the old one
        could not have.
        """
        return content

    @property
    def has_draft(self):
        """Whether there is a revision newer than the published one, or none is published."""
        return not self.is_published or self.head_id != self.live_id


class RowRelated(models.Model):
    """Something that belongs to one row of a RevisedModel: `row`. Exactly one of the foreign keys is set."""

    network = models.ForeignKey(
        "networks.Network", on_delete=models.CASCADE, null=True, blank=True, related_name="%(class)ss"
    )
    page = models.ForeignKey(
        "networks.Page", on_delete=models.CASCADE, null=True, blank=True, related_name="%(class)ss"
    )

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                name="%(class)s_of_one_row",
                condition=models.Q(network__isnull=False, page__isnull=True)
                | models.Q(network__isnull=True, page__isnull=False),
            )
        ]

    @property
    def row(self):
        return self.page if self.network_id is None else self.network

    @row.setter
    def row(self, row):
        setattr(self, row._meta.model_name, row)

    @property
    def row_name(self):
        """The name and the primary key of the row, for logs: network 3."""
        return f"page {self.page_id}" if self.network_id is None else f"network {self.network_id}"
