"""The networks of cities that the city is a member of, and the themes that they are about."""

from functools import partial

from django.apps import apps as present_apps
from django.apps.registry import Apps
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.db import models, transaction
from django.db.models.signals import pre_save
from django.dispatch import receiver
from django.utils import timezone
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from networks.languages import ENGLISH, SERBIAN, columns_of, language_of_column, reverse_in
from networks.models.gazetteer import COUNTRIES, find_town
from networks.models.lines import (
    act_lines,
    activities_field,
    documents_field,
    fee_lines,
    fees_field,
    periods_field,
    restored_lines,
    roles_field,
)
from networks.models.model_fields import (
    CoordinateField,
    CountryField,
    FieldConstraint,
    HTTPURLField,
    coordinates_constraint,
    day_validator,
    http_url_constraint,
    language_validator,
    validate_telephone,
    wikidata_validator,
)
from networks.models.public_page import FormerSlug, SluggedQuerySet, in_active_language, save_with_slug
from networks.models.revised_model import RevisedModel, RevisedQuerySet
from networks.partial_dates import PartialDateField, may_follow
from networks.pictures import PictureField
from networks.rich_text import RichTextField, clean_rich_text, plain_text
from networks.serbian import fold


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


# The translated fields of a network, with the weight of a match in search. To add one, add the field to the model and
# its name here. The rest follows: its columns, the rows of the form, a section of the page, search with excerpts, a
# field of the open data, revisions and comparisons.
TRANSLATED = {"name": 8, "acronym": 10, "summary": 3, "description": 1, "seat": 3, "benefit": 2, "end_note": 1}

# The columns that search reads, with the weight of a match, the highest first. Those of languages that a site has
# added come last, so that processes from before one was added, or after it was retired, read the others all the same.
SEARCHED = {
    "original_name": 6,
    "former_names": 6,
    "slug": 4,
    "responsible_unit": 2,
    "seat_country": 2,
    "documents": 2,
} | {column: weight for name, weight in TRANSLATED.items() for column in columns_of(name)}
SEARCHED = dict(
    sorted(
        SEARCHED.items(),
        key=lambda pair: (language_of_column(pair[0]) not in ("", SERBIAN, ENGLISH), -pair[1]),
    )
)


def left_after_joined(network):
    joined, left = network.joined, network.left
    return not joined or not left or may_follow(left, joined)


# The fields of the one fee that a network had until there were lines
FORMER_FEE = ("fee_amount", "fee_currency", "fee_year")


class Network(RevisedModel):
    """A network of cities and the city's membership in it."""

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

    # The statuses in which a membership does not last
    FORMER = (Status.LEFT, Status.ENDED)

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
    end_note = models.TextField(
        _("on the end of the membership"),
        blank=True,
        validators=[MaxLengthValidator(600)],
        help_text=_(
            "Words for citizens beside the date on which the membership ended, such as the decision: By Decision "
            "No. 06-31/2026 of the city council."
        ),
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
        validators=[language_validator],
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
    seat_country = CountryField(
        _("country of the seat"), help_text=_("The country in which the network has its seat, such as France.")
    )
    seat_latitude = CoordinateField(
        _("latitude of the seat"),
        most=90,
        help_text=_("In degrees, such as 48.5734 for Strasbourg; negative in the south."),
    )
    seat_longitude = CoordinateField(
        _("longitude of the seat"),
        most=180,
        help_text=_("In degrees, such as 7.7521 for Strasbourg; negative in the west."),
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
    wikidata = models.CharField(
        _("number in Wikidata"),
        max_length=20,
        blank=True,
        validators=[wikidata_validator],
        help_text=_("The Q and the number of the network at wikidata.org, such as Q1322476, once it is looked up."),
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
        validators=[day_validator],
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

    # The record of the membership, line by line
    documents = documents_field()
    roles = roles_field()
    periods = periods_field()
    fees = fees_field()
    activities = activities_field()

    internal_note = models.TextField(
        _("internal note"),
        blank=True,
        validators=[MaxLengthValidator(4000)],
        help_text=_("For colleagues. It is never shown to citizens."),
    )

    # Computed: the words of the public fields, folded, so that every database can search them
    search_text = models.TextField(default="", blank=True, editable=False)

    objects = RevisedQuerySet.as_manager()

    derived_fields = ("search_text",)
    private_fields = frozenset({"internal_note"})
    has_public_record = True

    class Meta:
        ordering = ["position", "slug"]
        verbose_name = _("network of cities")
        verbose_name_plural = _("networks of cities")
        permissions = [("publish_network", "Can publish networks")]
        indexes = [
            models.Index(fields=["deleted_at", "position", "slug"], name="network_in_order"),
            # The start page of the admin counts what is missing, and each list how many rows are in each state. Both
            # have all that these queries read, which stands behind the long texts in the row itself.
            models.Index(fields=["deleted_at", "gaps_newest"], name="network_by_gaps"),
            models.Index(
                fields=[
                    *("deleted_at", "is_published", "submitted_at", "head", "live", "status", "verified_on"),
                    "outdated_newest",
                ],
                name="network_by_state",
            ),
        ]
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
                field="original_language",
                name="network_original_name_has_language",
                condition=models.Q(original_name="") | ~models.Q(original_language=""),
                holds=lambda network: not network.original_name or bool(network.original_language),
                violation_error_message=_("Say which language the original name is in."),
            ),
            coordinates_constraint("network", "seat_latitude", "seat_longitude"),
            http_url_constraint("network", "website"),
            http_url_constraint("network", "membership_page"),
        ]

    def __str__(self):
        return in_active_language(self, "name")

    def get_absolute_url(self):
        return reverse_in(get_language(), "public:network", self.slug)

    @classmethod
    def in_present_form(cls, content, newest=None):
        # Until there were lines, a network had one act and one fee.
        newest = newest or {}
        if "deciding_act" in content:
            acts = act_lines(content["deciding_act"])
            content = {"documents": restored_lines(acts, newest.get("documents", [])), **content}
        if not content.keys().isdisjoint(FORMER_FEE):
            fees = fee_lines(*map(content.get, FORMER_FEE))
            content = {"fees": restored_lines(fees, newest.get("fees", [])), **content}
        return content

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
        if name.startswith("end_note") and self.status not in self.FORMER:
            return ""  # as on the page, which has no end while the membership lasts
        if name == "slug":
            return text.replace("-", " ")
        if name == "seat_country":
            return " ".join(self.place_names())
        if name == "documents":
            columns = (*columns_of("title"), "number")
            return " ".join(line[column] for line in self.documents for column in columns if column in line)
        is_rich = isinstance(self._meta.get_field(name), RichTextField)
        return plain_text(clean_rich_text(text)) if is_rich and text else text

    def place_names(self):
        """Return the names of the seat's country, and of its town if that is in our list, in Serbian and English."""
        names = [*COUNTRIES.get(self.seat_country, ())]
        if town := find_town(self.seat_sr, self.seat_en):
            names += [town.serbian, town.english]
        return names


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
