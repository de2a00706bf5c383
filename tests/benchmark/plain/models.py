"""What the list shows. The columns are called as those of the site, from which they are copied."""

from datetime import date

from django.db import models
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _


class Theme(models.Model):
    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=100)

    class Meta:
        ordering = ["name"]

    def __str__(self):
        return self.name


class Network(models.Model):
    class Scope(models.TextChoices):
        GLOBAL = "global", _("global")
        EUROPEAN = "european", _("European")
        BALKAN = "balkan", _("Balkan")
        NATIONAL = "national", _("national")

    class Status(models.TextChoices):
        MEMBER = "member", _("member")
        LEFT = "left", pgettext_lazy("status", "left")
        ENDED = "ended", _("network ended")
        UNKNOWN = "unknown", _("not known")

    slug = models.SlugField(max_length=80, unique=True)
    name = models.CharField(max_length=200)
    acronym = models.CharField(max_length=20, blank=True)
    summary = models.TextField(blank=True)
    seat = models.CharField(max_length=120, blank=True)
    website = models.URLField(max_length=500, blank=True)
    scope = models.CharField(max_length=20, choices=Scope, blank=True)
    themes = models.ManyToManyField(Theme, related_name="networks")
    joined = models.CharField(max_length=10, null=True)  # 2007, 2007-05 or 2007-05-03
    left = models.CharField(max_length=10, null=True)
    status = models.CharField(max_length=20, choices=Status)
    position = models.PositiveIntegerField(default=0)
    is_published = models.BooleanField(default=False)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["position", "slug"]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("network", args=[self.slug])

    @property
    def joined_in_words(self):
        return in_words(self.joined)

    @property
    def left_in_words(self):
        return in_words(self.left)

    @property
    def mark(self):
        """What is drawn as a logo: a short acronym or the initial of the name."""
        return self.acronym if 0 < len(self.acronym) <= 6 else self.name[0].upper()


def in_words(value):
    year, *rest = map(int, value.split("-"))
    day = date(year, *rest, *[1] * (2 - len(rest)))
    year_format = "Y" if get_language() == "en" else "Y."
    return date_format(day, (year_format, "YEAR_MONTH_FORMAT", "DATE_FORMAT")[len(rest)])


class Page(models.Model):
    slug = models.SlugField(max_length=80, unique=True)
    title = models.CharField(max_length=120)
    position = models.PositiveIntegerField(default=0)
    is_published = models.BooleanField(default=False)

    class Meta:
        ordering = ["position", "slug"]

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return reverse("page", args=[self.slug])


class CityProfile(models.Model):
    city_name = models.CharField(max_length=100)
    site_title = models.CharField(max_length=100)
    introduction = models.TextField(blank=True)
    address = models.CharField(max_length=200, blank=True)
    email = models.EmailField(blank=True)
    phone = models.CharField(max_length=40, blank=True)
    website = models.URLField(max_length=500, blank=True)
    licence_name = models.CharField(max_length=100, blank=True)
    licence_url = models.URLField(max_length=500, blank=True)

    def __str__(self):
        return self.site_title
