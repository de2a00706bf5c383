"""The city whose site this is, the content version of the site, and the old addresses that it redirects."""

from django.core.validators import (
    MaxLengthValidator,
)
from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from networks.models.model_fields import (
    CoordinateField,
    HTTPURLField,
    coordinates_constraint,
    http_url_constraint,
    validate_telephone,
)
from networks.models.public_page import in_active_language
from networks.pictures import PictureField


class CityProfileManager(models.Manager):
    def current(self):
        """Return the city profile, or an unsaved empty one."""
        return self.first() or self.model(pk=1)


class CityProfile(models.Model):
    """The city whose site this is: one row."""

    city_name = models.CharField(
        _("name of the city"), max_length=100, help_text=_("As it stands at the top of every page: City of Belgrade.")
    )
    site_title = models.CharField(_("title of the site"), max_length=100, help_text=_("For example: City Networks."))
    introduction = models.TextField(
        _("introduction"),
        blank=True,
        validators=[MaxLengthValidator(600)],
        help_text=_("Two or three sentences above the list: what citizens find here."),
    )
    coat_of_arms = PictureField(
        _("coat of arms"),
        upload_to="city",
        blank=True,
        width_field="coat_of_arms_width",
        height_field="coat_of_arms_height",
        help_text=_("PNG, JPEG or WebP, at most 5 MB. A PNG without a background works best."),
    )
    coat_of_arms_width = models.PositiveIntegerField(null=True, blank=True, editable=False)
    coat_of_arms_height = models.PositiveIntegerField(null=True, blank=True, editable=False)
    address = models.CharField(
        _("postal address"), max_length=200, blank=True, help_text=_("Street and number, postal code and town.")
    )
    email = models.EmailField(_("e-mail"), blank=True, help_text=_("The address citizens write to."))
    phone = models.CharField(
        _("telephone"),
        max_length=40,
        blank=True,
        validators=[validate_telephone],
        help_text=_("With the country code, such as +381 18 504 000."),
    )
    website = HTTPURLField(_("website of the city"), blank=True)
    latitude = CoordinateField(
        _("latitude"), most=90, help_text=_("In degrees, such as 44.8125 for Belgrade. The map shows the city there.")
    )
    longitude = CoordinateField(_("longitude"), most=180, help_text=_("In degrees, such as 20.4612 for Belgrade."))
    licence_name = models.CharField(
        _("data licence"), max_length=100, blank=True, help_text=_("For example: CC BY 4.0.")
    )
    licence_url = HTTPURLField(_("web address of the licence"), blank=True)
    changed_at = models.DateTimeField(_("last changed"), auto_now=True)

    objects = CityProfileManager()

    class Meta:
        verbose_name = _("city profile")
        verbose_name_plural = _("city profile")
        constraints = [
            models.CheckConstraint(
                name="city_profile_is_one_row",
                condition=models.Q(pk=1),
                violation_error_message=_("There is only one city profile."),
            ),
            coordinates_constraint("city_profile", "latitude", "longitude"),
            http_url_constraint("city_profile", "website"),
            http_url_constraint("city_profile", "licence_url"),
        ]

    def __str__(self):
        return in_active_language(self, "city_name")

    @transaction.atomic  # with the content version
    def save(self, *args, **kwargs):
        self.pk = 1
        super().save(*args, **kwargs)


class ContentVersion(models.Model):
    """The version of all public content, in one row: see `networks.page_store.version`."""

    number = models.BigIntegerField()

    class Meta:
        default_permissions = ()
        constraints = [models.CheckConstraint(name="content_version_is_one_row", condition=models.Q(pk=1))]

    def __str__(self):
        return str(self.number)


class OldAddressManager(models.Manager):
    def get_by_natural_key(self, old_path):
        return self.get(old_path=old_path)


class OldAddress(models.Model):
    """A path that the site no longer has, or that an older site had, and where it redirects: `networks.redirects`."""

    old_path = models.CharField(_("old address"), max_length=200, unique=True)
    new_path = models.CharField(_("leads to"), max_length=200)

    objects = OldAddressManager()

    class Meta:
        ordering = ["old_path"]
        verbose_name = _("old address")
        verbose_name_plural = _("old addresses")

    def __str__(self):
        return self.old_path

    @transaction.atomic  # with the content version
    def save(self, *args, **kwargs):
        super().save(*args, **kwargs)

    def natural_key(self):
        return (self.old_path,)
