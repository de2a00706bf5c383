"""The plain pages of the site."""

from django.core.validators import (
    MaxLengthValidator,
)
from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from networks.languages import reverse_in
from networks.models.model_fields import FieldConstraint
from networks.models.public_page import FormerSlug, in_active_language
from networks.models.revised_model import RevisedModel, RevisedQuerySet
from networks.rich_text import RichTextField


class Page(RevisedModel):
    """A plain page of the site, such as the one on privacy."""

    title = models.CharField(_("title"), max_length=120, help_text=_("For example: About this site."))
    body = RichTextField(_("text"), blank=True, validators=[MaxLengthValidator(40_000)])

    objects = RevisedQuerySet.as_manager()

    heading_field = "title"

    # The slug of the page to which the site adds how accessibility was tested
    ACCESSIBILITY = "accessibility"

    fixed_slugs = frozenset({ACCESSIBILITY})

    class Meta:
        ordering = ["position", "slug"]
        verbose_name = _("page")
        verbose_name_plural = _("pages")
        permissions = [("publish_page", "Can publish pages")]
        constraints = [
            FieldConstraint(
                field="title_sr",
                name="page_published_has_serbian_title",
                condition=models.Q(is_published=False) | (models.Q(title_sr__isnull=False) & ~models.Q(title_sr="")),
                holds=lambda page: not page.is_published or bool(page.title_sr),
                violation_error_message=_("Enter the Serbian title before the page is published."),
            )
        ]

    def __str__(self):
        return in_active_language(self, "title")

    def get_absolute_url(self):
        return reverse_in(get_language(), "public:page", self.slug)


class FormerPageSlug(FormerSlug):
    page = models.ForeignKey(Page, on_delete=models.CASCADE, related_name="former_slugs")

    class Meta:
        verbose_name = _("former address of a page")
        verbose_name_plural = _("former addresses of pages")
