"""What models with a public page have in common: a slug that redirects when it changes, and a position."""

import itertools
from functools import partial

from django.core.validators import (
    MaxValueValidator,
)
from django.db import IntegrityError, models, transaction
from django.utils.text import slugify
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from networks.languages import SERBIAN, displayed_text, language_codes
from networks.serbian import romanise, to_latin

LARGEST_POSITION = 1_000_000  # a move makes the positions dense again


def in_active_language(instance: models.Model, field: str) -> str:
    """Return a translated field for `__str__`: in the active language, or else in Serbian, in Latin for others."""
    language = get_language()
    language = language if language in language_codes() else SERBIAN
    text, stored = displayed_text(instance, field, language)
    return romanise(text) if stored == SERBIAN != language else text


def free_slug(instance, text):
    """
    Return a slug made from the text that no other row of the instance's model has or had: avec, or avec-2.

    Serbian letters are written as in Latin without marks; a text without any letter or digit gives the name of
    the model.
    """
    model = type(instance)
    stem = slugify(to_latin(text).replace("đ", "dj").replace("Đ", "Dj"))
    # Leave room for a number.
    stem = stem[: model._meta.get_field("slug").max_length - 8].strip("-") or model._meta.model_name
    taken = {*model._base_manager.exclude(pk=instance.pk).values_list("slug", flat=True)}
    if hasattr(instance, "former_slugs"):
        taken |= {*instance.former_slugs.model.objects.values_list("slug", flat=True)}
    candidates = itertools.chain([stem], (f"{stem}-{number}" for number in itertools.count(2)))
    return next(slug for slug in candidates if slug not in taken)


def save_with_slug(instance, text, save):
    """
    Call `save`, which writes the instance; where it has no slug, make one from the text first.

    When another transaction takes that slug before it is written, try the next one. A given slug is not changed.
    """
    if instance.slug:
        save()
        return
    while True:
        instance.slug = free_slug(instance, text)
        try:
            with transaction.atomic():
                save()
            return
        except IntegrityError:
            if not type(instance)._base_manager.filter(slug=instance.slug).exclude(pk=instance.pk).exists():
                raise  # another slug would not help


class SluggedQuerySet(models.QuerySet):
    def get_by_natural_key(self, slug):
        return self.get(slug=slug)


class PublicPageQuerySet(SluggedQuerySet):
    """Rows that have a public page, at a URL made from their slug."""

    def published(self):
        """Return the rows that visitors may read."""
        return self.filter(is_published=True)


class PublicPage(models.Model):
    """A model with a public page. A former slug redirects to the present one."""

    slug = models.SlugField(
        _("address"),
        max_length=80,
        unique=True,
        blank=True,
        help_text=_(
            "The last part of the page’s address, such as mayors-for-peace. Leave it empty to have it made from "
            "the English heading, or else from the Serbian one. When it changes, the old address leads to the new "
            "one."
        ),
        error_messages={
            "unique": _("Another page already has this address. Choose another one, or leave the field empty.")
        },
    )
    is_published = models.BooleanField(
        _("published"), default=False, help_text=_("Citizens see only what is published.")
    )
    position = models.PositiveIntegerField(_("position"), default=0, validators=[MaxValueValidator(LARGEST_POSITION)])
    changed_at = models.DateTimeField(_("last changed"), auto_now=True)

    objects = PublicPageQuerySet.as_manager()

    # Computed from other fields, and so saved with any of them
    derived_fields = ()

    # The translated field that is the heading of the page
    heading_field = "name"

    class Meta:
        abstract = True

    @transaction.atomic
    def save(self, *args, **kwargs):
        former_slug = None
        if self.pk:
            former_slug = type(self)._base_manager.filter(pk=self.pk).values_list("slug", flat=True).first()
        self.slug = self.slug or former_slug or ""
        if (update_fields := kwargs.get("update_fields")) is not None:
            if "slug" not in update_fields:
                # As it is in the database: somebody may have changed it since this instance was read.
                self.slug = former_slug or self.slug
            kwargs["update_fields"] = {*update_fields, "changed_at", *self.derived_fields}
        save_with_slug(self, self.heading, partial(super().save, *args, **kwargs))
        if former_slug and former_slug != self.slug:
            self.former_slugs.model.objects.filter(slug__in=[former_slug, self.slug]).delete()
            self.former_slugs.create(slug=former_slug)

    def natural_key(self):
        return (self.slug,)

    @property
    def heading(self):
        """The English or else the Serbian heading of the page, of which the slug is made."""
        return getattr(self, f"{self.heading_field}_en") or getattr(self, f"{self.heading_field}_sr") or ""


class FormerSlug(models.Model):
    """A slug that a page once had."""

    slug = models.SlugField(max_length=80, unique=True)

    class Meta:
        abstract = True

    def __str__(self):
        return self.slug
