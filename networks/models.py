"""What the site holds: the memberships of a city in networks of cities, and the city itself."""

import itertools
from functools import partial

from django.apps import apps as present_apps
from django.apps.registry import Apps
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.core.validators import (
    MaxLengthValidator,
    MaxValueValidator,
    MinValueValidator,
    RegexValidator,
    URLValidator,
)
from django.db import DEFAULT_DB_ALIAS, IntegrityError, models, transaction
from django.db.models.signals import pre_save
from django.dispatch import receiver
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from networks.languages import SERBIAN, displayed_text, language_codes, reverse_in
from networks.partial_dates import PartialDateField
from networks.pictures import PictureField
from networks.rich_text import RichTextField, clean_rich_text, plain_text
from networks.serbian import fold, romanise, to_latin


class HTTPURLField(models.URLField):
    """A URL with the scheme http or https, and none that a browser would run."""

    default_validators = [URLValidator(schemes=["http", "https"])]

    def __init__(self, *args, **kwargs):
        kwargs.setdefault("max_length", 500)
        super().__init__(*args, **kwargs)

    def formfield(self, **kwargs):
        return super().formfield(**{"assume_scheme": "https", **kwargs})

    def deconstruct(self):
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.URLField", args, kwargs


validate_telephone = RegexValidator(r"^\+?[0-9 ()/-]{5,}\Z", _("Enter a telephone number, such as +381 18 504 000."))


class FieldConstraint(models.CheckConstraint):
    """
    A check constraint whose error message belongs to a field.

    `holds` is the same condition as a Python function of the row. Django would query the database for each
    constraint of each form.
    """

    def __init__(self, *, field, holds, **kwargs):
        self.field = field
        self.holds = holds
        super().__init__(**kwargs)

    def validate(self, model, instance, exclude=None, using=DEFAULT_DB_ALIAS):
        is_known = self.condition.referenced_base_fields.isdisjoint(exclude or ())
        if is_known and not self.holds(instance):
            error = ValidationError(self.get_violation_error_message(), code=self.violation_error_code)
            raise ValidationError({self.field: error})

    def deconstruct(self):
        # Migrations only need what the database checks.
        _path, args, kwargs = super().deconstruct()
        return "django.db.models.CheckConstraint", args, kwargs

    def clone(self):
        _path, args, kwargs = self.deconstruct()
        return type(self)(*args, field=self.field, holds=self.holds, **kwargs)


def http_url_constraint(model, field):
    return FieldConstraint(
        field=field,
        name=f"{model}_{field}_is_http",
        condition=models.Q(**{field: ""})
        | models.Q(**{f"{field}__startswith": "http://"})
        | models.Q(**{f"{field}__startswith": "https://"}),
        holds=lambda row: not getattr(row, field) or getattr(row, field).startswith(("http://", "https://")),
        violation_error_message=_("Enter a web address that begins with https:// or http://."),
    )


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
    position = models.PositiveIntegerField(
        _("position"),
        default=0,
        help_text=_("Lower numbers come first. Leave room in between: 10, 20, 30."),
        validators=[MaxValueValidator(1_000_000)],
    )
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
        """The English or else the Serbian heading of the page."""
        return getattr(self, f"{self.heading_field}_en") or getattr(self, f"{self.heading_field}_sr") or ""


class FormerSlug(models.Model):
    """A slug that a page once had."""

    slug = models.SlugField(max_length=80, unique=True)

    class Meta:
        abstract = True

    def __str__(self):
        return self.slug


class Theme(models.Model):
    """A field of work that networks are about, such as culture and heritage."""

    slug = models.SlugField(
        _("code"),
        max_length=50,
        unique=True,
        blank=True,
        help_text=_("Stands in the address of the filtered list, such as culture. Leave it empty to have it made."),
    )
    name = models.CharField(_("name"), max_length=100, help_text=_("For example: Culture and heritage."))

    objects = SluggedQuerySet.as_manager()

    class Meta:
        ordering = ["slug"]
        verbose_name = _("theme")
        verbose_name_plural = _("themes")

    def __str__(self):
        return in_active_language(self, "name")

    @transaction.atomic  # with the content version
    def save(self, *args, **kwargs):
        save_with_slug(self, self.name_en or self.name_sr, partial(super().save, *args, **kwargs))

    def natural_key(self):
        return (self.slug,)


# Characters of the first and the last name of an account, and the space between them
LONGEST_NAME = 301


# The translated fields of a network, with the weight of a match in search. To add one, add the field to the model and
# its name here. The rest follows: its columns, the rows of the form, a section of the page, search with excerpts, a
# field of the open data, revisions and comparisons.
TRANSLATED = {"name": 8, "acronym": 10, "summary": 3, "description": 1, "seat": 3, "benefit": 2}

# The columns that search reads, with the weight of a match, the highest first
SEARCHED = {"original_name": 6, "former_names": 6, "slug": 4} | {
    f"{name}_{language}": weight
    for name, weight in TRANSLATED.items()
    for language in settings.MODELTRANSLATION_LANGUAGES
}
SEARCHED = dict(sorted(SEARCHED.items(), key=lambda pair: pair[1], reverse=True))


class NetworkQuerySet(PublicPageQuerySet):
    def outside_bin(self):
        return self.filter(deleted_at__isnull=True)

    def in_bin(self):
        return self.filter(deleted_at__isnull=False)

    def with_draft(self):
        """Return the rows with a revision newer than the published one, and the rows that are not published."""
        has_newer = models.Q(head__isnull=False) & ~models.Q(head=models.F("live"))
        return self.filter(models.Q(is_published=False) | has_newer)

    def search(self, query):
        """Return the rows that contain every word of the query, in either script, with or without diacritics."""
        condition = models.Q()
        for word in fold(query).split():
            condition &= models.Q(search_text__contains=word)
        return self.filter(condition)


def left_after_joined(network):
    joined, left = network.joined, network.left
    return not joined or not left or joined <= left or joined.isoformat().startswith(left.isoformat())


def fee_is_whole(network):
    if network.fee_amount is None:
        return not network.fee_currency and network.fee_year is None
    return network.fee_amount >= 0 and bool(network.fee_currency) and network.fee_year is not None


class Network(PublicPage):
    """
    A network of cities and the city's membership in it.

    The row of a published network holds what visitors see: the content of its `live` revision. The row of another
    holds the content of its `head`, the newest revision. Only `networks.revisions` writes it.
    """

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

    # Translated fields
    name = models.CharField(
        _("name"),
        max_length=200,
        help_text=_("The full name in this language, such as: Standing Conference of Towns and Municipalities."),
    )
    acronym = models.CharField(
        _("acronym"), max_length=20, blank=True, help_text=_("As it is used in this language, such as SCTM.")
    )
    summary = models.TextField(
        _("summary"),
        blank=True,
        validators=[MaxLengthValidator(300)],
        help_text=_("One sentence for the list, at most 300 characters: what the network is for."),
    )
    description = RichTextField(
        _("description"),
        blank=True,
        validators=[MaxLengthValidator(8000)],
        help_text=_(
            "What the network does and how the city takes part, in two or three paragraphs. For example: The network "
            "shares what its members have learnt about saving energy."
        ),
    )
    seat = models.CharField(
        _("seat"), max_length=120, blank=True, help_text=_("Town, or town and country: Strasbourg.")
    )
    benefit = models.TextField(
        _("what the city gains"),
        blank=True,
        validators=[MaxLengthValidator(1000)],
        help_text=_("One or two sentences, such as: experience and partners for the care of its heritage."),
    )

    # Facts that need no translation
    original_name = models.CharField(
        _("original name"),
        max_length=200,
        blank=True,
        help_text=_("The network’s own name in its own language: Alliance de Villes Européennes de Culture."),
    )
    original_language = models.CharField(
        _("language of the original name"),
        max_length=35,
        blank=True,
        validators=[
            RegexValidator(
                r"^[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?\Z",
                _("Enter the code of a language, such as fr, de or sr-Latn."),
            )
        ],
        help_text=_("The code of the language in Latin letters, such as fr for French or de for German."),
    )
    former_names = models.TextField(
        _("former names"),
        blank=True,
        validators=[MaxLengthValidator(2000)],
        help_text=_("One in each line, with the years if they are known: Healthy Cities (1988–2001)."),
    )
    scope = models.CharField(
        _("scope"),
        max_length=20,
        choices=Scope,
        blank=True,
        help_text=_("From how far its members come. For example: a network of cities of the Balkans is Balkan."),
    )
    themes = models.ManyToManyField(
        Theme,
        verbose_name=_("themes"),
        blank=True,
        related_name="networks",
        help_text=_("What the network is about; one theme or several, such as: Culture and heritage."),
    )
    founded = PartialDateField(
        _("founded"),
        null=True,
        blank=True,
        help_text=_("When the network was founded: 2003, May 2007 or 3 May 2007, as exactly as it is known."),
    )
    joined = PartialDateField(
        _("joined"),
        null=True,
        blank=True,
        help_text=_("When the city joined: 2003, May 2007 or 3 May 2007, as exactly as it is known."),
    )
    left = PartialDateField(
        _("left"),
        null=True,
        blank=True,
        help_text=_("When the membership ended: 2003, May 2007 or 3 May 2007. Empty while it lasts."),
    )
    status = models.CharField(
        _("status"),
        max_length=20,
        choices=Status,
        default=Status.MEMBER,
        help_text=_("The membership today. If the city has left, it stays on the site among the former memberships."),
    )
    website = HTTPURLField(_("website"), blank=True, help_text=_("For example: https://www.alda-europe.eu/."))
    membership_page = HTTPURLField(
        _("the network’s page about the city"),
        blank=True,
        help_text=_("The page on which the network names the city as a member: https://energy-cities.eu/members/."),
    )
    deciding_act = models.CharField(
        _("decision to join"),
        max_length=300,
        blank=True,
        help_text=_(
            "The decision to join, as it stands in the official gazette: Decision No. 06-12/2007 of 3 May 2007."
        ),
    )
    fee_amount = models.DecimalField(
        _("annual fee"),
        max_digits=12,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text=_("The amount alone, such as 1500; the currency and the year stand beside it."),
    )
    fee_currency = models.CharField(
        _("currency"),
        max_length=3,
        blank=True,
        validators=[
            RegexValidator(
                r"^[A-Z]{3}\Z", _("Enter the three capital Latin letters of a currency, such as RSD or EUR.")
            )
        ],
        help_text=_("Three capital Latin letters, such as RSD or EUR."),
    )
    fee_year = models.PositiveSmallIntegerField(
        _("year of the fee"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1900), MaxValueValidator(2199)],
        help_text=_("The year the amount is for, such as 2026."),
    )
    responsible_unit = models.CharField(
        _("responsible unit"),
        max_length=200,
        blank=True,
        help_text=_("The unit that looks after the membership: Office for International Cooperation."),
    )
    contact_email = models.EmailField(
        _("contact e-mail"),
        blank=True,
        help_text=_("An official address, not a private one: cooperation@example.org."),
    )
    contact_phone = models.CharField(
        _("contact telephone"),
        max_length=40,
        blank=True,
        validators=[validate_telephone],
        help_text=_("With the country code, such as +381 18 504 000."),
    )
    source = models.CharField(
        _("source"),
        max_length=500,
        blank=True,
        help_text=_(
            "Where these facts come from: a document, a letter or a web address, such as https://www.ecad.net/."
        ),
    )
    verified_on = models.DateField(
        _("verified on"),
        null=True,
        blank=True,
        help_text=_("The day on which somebody last confirmed these facts with the network."),
    )
    logo = PictureField(
        _("logo"),
        upload_to="logos",
        blank=True,
        width_field="logo_width",
        height_field="logo_height",
        help_text=_("PNG, JPEG or WebP, at most 5 MB. Without a logo, a mark is drawn from the acronym or initials."),
    )
    logo_width = models.PositiveIntegerField(null=True, blank=True, editable=False)
    logo_height = models.PositiveIntegerField(null=True, blank=True, editable=False)
    internal_note = models.TextField(
        _("internal note"),
        blank=True,
        validators=[MaxLengthValidator(4000)],
        help_text=_("For colleagues. It is never shown to citizens."),
    )

    # The state of the network: its newest revision, the published one, and whether it waits to be published
    head = models.ForeignKey(
        "Revision", on_delete=models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )
    live = models.ForeignKey(
        "Revision", on_delete=models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )
    submitted_at = models.DateTimeField(_("submitted for publishing"), null=True, blank=True, editable=False)
    submitted_by = models.CharField(max_length=LONGEST_NAME, blank=True, default="", editable=False)
    deleted_at = models.DateTimeField(_("deleted"), null=True, blank=True, editable=False)
    deleted_by = models.CharField(max_length=LONGEST_NAME, blank=True, default="", editable=False)

    # Computed: the words of the public fields, folded, so that every database can search them
    search_text = models.TextField(default="", blank=True, editable=False)

    objects = NetworkQuerySet.as_manager()

    derived_fields = ("search_text",)

    class Meta:
        ordering = ["position", "slug"]
        verbose_name = _("network of cities")
        verbose_name_plural = _("networks of cities")
        permissions = [("publish_network", "Can publish networks")]
        constraints = [
            FieldConstraint(
                field="name_sr",
                name="network_published_has_serbian_name",
                condition=models.Q(is_published=False) | (models.Q(name_sr__isnull=False) & ~models.Q(name_sr="")),
                holds=lambda network: not network.is_published or bool(network.name_sr),
                violation_error_message=_("Enter the Serbian name before the network is published."),
            ),
            FieldConstraint(
                field="left",
                name="network_left_after_joined",
                # To the precision that both have: the city may have joined in May 2003 and left in 2003.
                condition=models.Q(joined__lte=models.F("left")) | models.Q(joined__startswith=models.F("left")),
                holds=left_after_joined,
                violation_error_message=_(
                    "The city cannot have left before it joined. Correct one of the two dates."
                ),
            ),
            FieldConstraint(
                field="fee_amount",
                name="network_fee_has_currency_and_year",
                condition=models.Q(fee_amount__isnull=True, fee_currency="", fee_year__isnull=True)
                | (
                    models.Q(fee_amount__isnull=False, fee_amount__gte=0, fee_year__isnull=False)
                    & ~models.Q(fee_currency="")
                ),
                holds=fee_is_whole,
                violation_error_message=_(
                    "A fee needs its amount, its currency and its year. Fill in all three, or none."
                ),
            ),
            FieldConstraint(
                field="original_language",
                name="network_original_name_has_language",
                condition=models.Q(original_name="") | ~models.Q(original_language=""),
                holds=lambda network: not network.original_name or bool(network.original_language),
                violation_error_message=_("Say which language the original name is in."),
            ),
            http_url_constraint("network", "website"),
            http_url_constraint("network", "membership_page"),
        ]

    def __str__(self):
        return in_active_language(self, "name")

    def get_absolute_url(self):
        return reverse_in(get_language(), "public:network", self.slug)

    @property
    def has_draft(self):
        """Whether there is a revision newer than the published one, or none is published."""
        return not self.is_published or self.head_id != self.live_id

    def clean(self):
        super().clean()
        today = timezone.localdate()
        errors = {}
        if self.verified_on and self.verified_on > today:
            errors["verified_on"] = _("This day is still to come. Enter today or a day in the past.")
        for field in ("founded", "joined"):
            date = getattr(self, field)
            if date and date.earliest > today:
                errors[field] = _("This date is still to come. Enter one in the past.")
        if self.left and self.left.latest < today and self.status == self.Status.MEMBER:
            errors["status"] = _("The city has left on the date below. Choose another status, or correct the date.")
        if errors:
            raise ValidationError(errors)

    def make_search_text(self):
        """
        Return the text that search reads, folded: one line for each field of SEARCHED, in that order.

        An empty field has an empty line, so that the number of a line says which field it is.
        """
        return "\n".join(fold(self.searchable_text(name)) for name in SEARCHED)

    def searchable_text(self, name):
        """Return a field of SEARCHED as plain text, not folded."""
        text = getattr(self, name) or ""
        if name == "slug":
            return text.replace("-", " ")
        is_rich = isinstance(self._meta.get_field(name), RichTextField)
        return plain_text(clean_rich_text(text)) if is_rich and text else text


@receiver(pre_save, sender=Network)
def write_search_text(instance, **kwargs):
    # In a signal, because loaddata does not call save().
    instance.search_text = instance.make_search_text()


def update_search_texts(using: str, apps: Apps = present_apps, **kwargs) -> None:
    """
    Update `search_text` of the rows that were saved with another SEARCHED. Connected to `post_migrate`.

    Otherwise, after a field was added or removed, a line would be read as that of another field.
    """
    needed = {field.column for field in Network._meta.concrete_fields}
    try:
        there = {field.column for field in apps.get_model("networks", "Network")._meta.concrete_fields}
    except LookupError:
        return
    if not needed <= there:  # migrated back to before there were all of them
        return
    for network in Network.objects.using(using).iterator(chunk_size=200):
        words = network.make_search_text()
        if words != network.search_text:
            # Not save(), which would set `changed_at`.
            Network.objects.using(using).filter(pk=network.pk).update(search_text=words)


class FormerNetworkSlug(FormerSlug):
    network = models.ForeignKey(Network, on_delete=models.CASCADE, related_name="former_slugs")

    class Meta:
        verbose_name = _("former address of a network")
        verbose_name_plural = _("former addresses of networks")


class Authored(models.Model):
    """Something that somebody did. The name outlives the account; it is empty where no person did it."""

    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    author_name = models.CharField(_("author"), max_length=LONGEST_NAME, blank=True)
    created_at = models.DateTimeField(_("time"), default=timezone.now)

    class Meta:
        abstract = True


class Revision(Authored):
    """
    The whole content of a network as somebody saved it, in the format of `networks.revisions.content`. Never changed.

    What differs from the parent revision is what this author changed.
    """

    network = models.ForeignKey(Network, on_delete=models.CASCADE, related_name="revisions")
    number = models.PositiveIntegerField(_("version"))
    content = models.JSONField(_("content"))
    parent = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    restored_from = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    comment = models.CharField(_("remark"), max_length=300, blank=True)

    class Meta:
        ordering = ["-number"]
        verbose_name = _("version")
        verbose_name_plural = _("versions")
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["network", "number"], name="revision_number_is_unique")]

    def __str__(self):
        return f"{self.network_id}/{self.number}"


class Event(Authored):
    """Something that was done with a network without changing its content, such as publishing it."""

    class Kind(models.TextChoices):
        PUBLISHED = "published", _("Published")
        WITHDRAWN = "withdrawn", _("Taken off the site")
        DISCARDED = "discarded", _("Draft discarded")
        SUBMITTED = "submitted", _("Submitted for publishing")
        SCHEDULED = "scheduled", _("Publishing scheduled")
        WITHDRAWAL_SCHEDULED = "withdrawal_scheduled", _("Taking off the site scheduled")
        CANCELLED = "cancelled", _("Schedule cancelled")
        FAILED = "failed", _("What was scheduled could not be done")
        DELETED = "deleted", _("Moved to the bin")
        UNDELETED = "undeleted", _("Put back from the bin")

    network = models.ForeignKey(Network, on_delete=models.CASCADE, related_name="events")
    revision = models.ForeignKey(Revision, on_delete=models.CASCADE, null=True, blank=True, related_name="events")
    kind = models.CharField(max_length=30, choices=Kind)
    planned_for = models.DateTimeField(null=True, blank=True)
    explanation = models.TextField(blank=True)

    class Meta:
        ordering = ["-created_at", "-pk"]
        default_permissions = ()

    def __str__(self):
        return f"{self.network_id}: {self.kind}"


class Change(models.Model):
    """
    One entry of the public record of changes. It does not say who wrote it.

    `fields` names the fields that changed, `values` the old and new values of the few facts that are told in words.
    """

    class Kind(models.TextChoices):
        ADDED = "added", _("Added to the site")
        RENAMED = "renamed", _("New name")
        JOINED = "joined", _("Joined the network")
        LEFT = "left", _("Left the network")
        ENDED = "ended", _("Network ended")
        VERIFIED = "verified", _("Verified on")
        CORRECTED = "corrected", _("Changed")
        WITHDRAWN = "withdrawn", _("Taken off the site")

    network = models.ForeignKey(Network, on_delete=models.CASCADE, related_name="changes")
    kind = models.CharField(max_length=20, choices=Kind)
    happened_at = models.DateTimeField(default=timezone.now)
    fields = models.JSONField(default=list, blank=True)
    values = models.JSONField(default=dict, blank=True)
    # The revision that visitors have seen since; set when a network that loaddata wrote is first edited
    revision = models.ForeignKey(Revision, on_delete=models.CASCADE, null=True, blank=True, related_name="+")

    class Meta:
        # Entries of the same moment stay in the order in which they were made.
        ordering = ["-happened_at", "pk"]
        default_permissions = ()
        indexes = [models.Index(fields=["-happened_at", "id"], name="change_newest_first")]

    def __str__(self):
        return f"{self.network_id}: {self.kind}"


class Schedule(Authored):
    """A time at which a revision of a network will be published, or the network unpublished."""

    class Action(models.TextChoices):
        PUBLISH = "publish", _("publish")
        WITHDRAW = "withdraw", _("take off the site")

    network = models.ForeignKey(Network, on_delete=models.CASCADE, related_name="schedules")
    action = models.CharField(max_length=20, choices=Action)
    revision = models.ForeignKey(Revision, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    at = models.DateTimeField(_("time"), db_index=True)
    # How often applying it has raised an unexpected error, and when to try again
    failures = models.PositiveIntegerField(default=0)
    retry_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["at", "pk"]
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["network", "action"], name="schedule_is_one_of_its_kind")]

    def __str__(self):
        return f"{self.network_id}: {self.action} {self.at:%Y-%m-%d %H:%M}"


class PreviewLink(Authored):
    """A link with which somebody without an account reads one revision, until it expires or is revoked."""

    revision = models.ForeignKey(Revision, on_delete=models.CASCADE, related_name="preview_links")
    expires_at = models.DateTimeField(_("expires"))
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)
    # Whether it goes on working after its revision was discarded or unpublished
    is_kept = models.BooleanField(default=False)

    class Meta:
        ordering = ["-created_at", "-pk"]
        default_permissions = ()

    def __str__(self):
        return f"{self.revision}, {self.expires_at:%Y-%m-%d %H:%M}"

    @property
    def is_open(self):
        return self.revoked_at is None and self.expires_at > timezone.now()


class OpenForm(models.Model):
    """Somebody who has the form of a network open, so that a colleague can be told."""

    network = models.ForeignKey(Network, on_delete=models.CASCADE, related_name="open_forms")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    opened_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["network", "user"], name="open_form_once_for_each_user")]

    def __str__(self):
        return f"{self.network_id}: {self.user_id}"


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
    # For networks: what the form contained, and the newest revision after the save
    content = models.JSONField(null=True, blank=True)
    revision = models.ForeignKey(Revision, on_delete=models.CASCADE, null=True, blank=True, related_name="+")

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["token", "user"], name="saved_form_once_for_each_user")]

    def __str__(self):
        return self.token


class TemporaryPassword(models.Model):
    """Marks an account whose password somebody else has chosen: its owner must change it after logging in."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="+"
    )

    class Meta:
        default_permissions = ()

    def __str__(self):
        return str(self.user_id)


class Page(PublicPage):
    """A plain page of the site, such as the one on privacy."""

    title = models.CharField(_("title"), max_length=120, help_text=_("For example: About this site."))
    body = RichTextField(_("text"), blank=True, validators=[MaxLengthValidator(40_000)])

    heading_field = "title"

    # The slug of the page to which the site adds how accessibility was tested
    ACCESSIBILITY = "accessibility"

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


class CityProfileManager(models.Manager):
    def current(self):
        """Return the city profile, or an unsaved empty one."""
        return self.first() or self.model(pk=1)


class CityProfile(models.Model):
    """The city whose site this is: one row."""

    city_name = models.CharField(
        _("name of the city"), max_length=100, help_text=_("As it stands at the top of every page: City of Niš.")
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
        _("postal address"), max_length=200, blank=True, help_text=_("For example: 7. jula 2, 18000 Niš.")
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


class SignInAttempts(models.Model):
    """Failed log-ins of an account, an IP address, or both together; of the last also the last successful one."""

    key = models.CharField(max_length=64, unique=True)
    failures = models.PositiveIntegerField(default=0)
    last_failed_at = models.DateTimeField(null=True)
    signed_in_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()

    def __str__(self):
        return self.key


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
