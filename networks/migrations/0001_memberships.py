"""The memberships, with their themes, pages and the city profile."""

import django.core.validators
import django.db.models.deletion
from django.db import migrations, models

import networks.partial_dates
import networks.rich_text


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Network",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "slug",
                    models.SlugField(
                        blank=True,
                        error_messages={
                            "unique": "Another page already has this address. Choose another one, or leave the field empty."
                        },
                        help_text="The last part of the page’s address, such as mayors-for-peace. Leave it empty to have it made from the English heading, or else from the Serbian one. When it changes, the old address leads to the new one.",
                        max_length=80,
                        unique=True,
                        verbose_name="address",
                    ),
                ),
                (
                    "is_published",
                    models.BooleanField(
                        default=False, help_text="Citizens see only what is published.", verbose_name="published"
                    ),
                ),
                (
                    "position",
                    models.PositiveIntegerField(
                        default=0,
                        help_text="Lower numbers come first. Leave room in between: 10, 20, 30.",
                        validators=[django.core.validators.MaxValueValidator(1000000)],
                        verbose_name="position",
                    ),
                ),
                ("changed_at", models.DateTimeField(auto_now=True, verbose_name="last changed")),
                (
                    "name",
                    models.CharField(
                        help_text="The full name in this language, such as: Standing Conference of Towns and Municipalities.",
                        max_length=200,
                        verbose_name="name",
                    ),
                ),
                (
                    "name_sr",
                    models.CharField(
                        help_text="The full name in this language, such as: Standing Conference of Towns and Municipalities.",
                        max_length=200,
                        null=True,
                        verbose_name="name",
                    ),
                ),
                (
                    "name_en",
                    models.CharField(
                        help_text="The full name in this language, such as: Standing Conference of Towns and Municipalities.",
                        max_length=200,
                        null=True,
                        verbose_name="name",
                    ),
                ),
                (
                    "acronym",
                    models.CharField(
                        blank=True,
                        help_text="As it is used in this language, such as SCTM.",
                        max_length=20,
                        verbose_name="acronym",
                    ),
                ),
                (
                    "acronym_sr",
                    models.CharField(
                        blank=True,
                        help_text="As it is used in this language, such as SCTM.",
                        max_length=20,
                        null=True,
                        verbose_name="acronym",
                    ),
                ),
                (
                    "acronym_en",
                    models.CharField(
                        blank=True,
                        help_text="As it is used in this language, such as SCTM.",
                        max_length=20,
                        null=True,
                        verbose_name="acronym",
                    ),
                ),
                (
                    "summary",
                    models.TextField(
                        blank=True,
                        help_text="One sentence for the list, at most 300 characters: what the network is for.",
                        validators=[django.core.validators.MaxLengthValidator(300)],
                        verbose_name="summary",
                    ),
                ),
                (
                    "summary_sr",
                    models.TextField(
                        blank=True,
                        help_text="One sentence for the list, at most 300 characters: what the network is for.",
                        null=True,
                        validators=[django.core.validators.MaxLengthValidator(300)],
                        verbose_name="summary",
                    ),
                ),
                (
                    "summary_en",
                    models.TextField(
                        blank=True,
                        help_text="One sentence for the list, at most 300 characters: what the network is for.",
                        null=True,
                        validators=[django.core.validators.MaxLengthValidator(300)],
                        verbose_name="summary",
                    ),
                ),
                (
                    "description",
                    networks.rich_text.RichTextField(
                        blank=True,
                        help_text="What the network does and how the city takes part, in two or three paragraphs. For example: The network shares what its members have learnt about saving energy.",
                        validators=[django.core.validators.MaxLengthValidator(8000)],
                        verbose_name="description",
                    ),
                ),
                (
                    "description_sr",
                    networks.rich_text.RichTextField(
                        blank=True,
                        help_text="What the network does and how the city takes part, in two or three paragraphs. For example: The network shares what its members have learnt about saving energy.",
                        null=True,
                        validators=[django.core.validators.MaxLengthValidator(8000)],
                        verbose_name="description",
                    ),
                ),
                (
                    "description_en",
                    networks.rich_text.RichTextField(
                        blank=True,
                        help_text="What the network does and how the city takes part, in two or three paragraphs. For example: The network shares what its members have learnt about saving energy.",
                        null=True,
                        validators=[django.core.validators.MaxLengthValidator(8000)],
                        verbose_name="description",
                    ),
                ),
                (
                    "seat",
                    models.CharField(
                        blank=True,
                        help_text="Town, or town and country: Strasbourg.",
                        max_length=120,
                        verbose_name="seat",
                    ),
                ),
                (
                    "seat_sr",
                    models.CharField(
                        blank=True,
                        help_text="Town, or town and country: Strasbourg.",
                        max_length=120,
                        null=True,
                        verbose_name="seat",
                    ),
                ),
                (
                    "seat_en",
                    models.CharField(
                        blank=True,
                        help_text="Town, or town and country: Strasbourg.",
                        max_length=120,
                        null=True,
                        verbose_name="seat",
                    ),
                ),
                (
                    "benefit",
                    models.TextField(
                        blank=True,
                        help_text="One or two sentences, such as: experience and partners for the care of its heritage.",
                        validators=[django.core.validators.MaxLengthValidator(1000)],
                        verbose_name="what the city gains",
                    ),
                ),
                (
                    "benefit_sr",
                    models.TextField(
                        blank=True,
                        help_text="One or two sentences, such as: experience and partners for the care of its heritage.",
                        null=True,
                        validators=[django.core.validators.MaxLengthValidator(1000)],
                        verbose_name="what the city gains",
                    ),
                ),
                (
                    "benefit_en",
                    models.TextField(
                        blank=True,
                        help_text="One or two sentences, such as: experience and partners for the care of its heritage.",
                        null=True,
                        validators=[django.core.validators.MaxLengthValidator(1000)],
                        verbose_name="what the city gains",
                    ),
                ),
                (
                    "original_name",
                    models.CharField(
                        blank=True,
                        help_text="The network’s own name in its own language: Alliance de Villes Européennes de Culture.",
                        max_length=200,
                        verbose_name="original name",
                    ),
                ),
                (
                    "original_language",
                    models.CharField(
                        blank=True,
                        help_text="The code of the language in Latin letters, such as fr for French or de for German.",
                        max_length=35,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?\\Z",
                                "Enter the code of a language, such as fr, de or sr-Latn.",
                            )
                        ],
                        verbose_name="language of the original name",
                    ),
                ),
                (
                    "former_names",
                    models.TextField(
                        blank=True,
                        help_text="One in each line, with the years if they are known: Healthy Cities (1988–2001).",
                        validators=[django.core.validators.MaxLengthValidator(2000)],
                        verbose_name="former names",
                    ),
                ),
                (
                    "scope",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("global", "global"),
                            ("european", "European"),
                            ("balkan", "Balkan"),
                            ("national", "national"),
                        ],
                        help_text="From how far its members come. For example: a network of cities of the Balkans is Balkan.",
                        max_length=20,
                        verbose_name="scope",
                    ),
                ),
                (
                    "founded",
                    networks.partial_dates.PartialDateField(
                        blank=True,
                        help_text="When the network was founded: 2003, May 2007 or 3 May 2007, as exactly as it is known.",
                        null=True,
                        verbose_name="founded",
                    ),
                ),
                (
                    "joined",
                    networks.partial_dates.PartialDateField(
                        blank=True,
                        help_text="When the city joined: 2003, May 2007 or 3 May 2007, as exactly as it is known.",
                        null=True,
                        verbose_name="joined",
                    ),
                ),
                (
                    "left",
                    networks.partial_dates.PartialDateField(
                        blank=True,
                        help_text="When the membership ended: 2003, May 2007 or 3 May 2007. Empty while it lasts.",
                        null=True,
                        verbose_name="left",
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("member", "member"),
                            ("left", "left"),
                            ("ended", "network ended"),
                            ("unknown", "not known"),
                        ],
                        default="member",
                        help_text="The membership today. If the city has left, it stays on the site among the former memberships.",
                        max_length=20,
                        verbose_name="status",
                    ),
                ),
                (
                    "website",
                    models.URLField(
                        blank=True,
                        help_text="For example: https://www.alda-europe.eu/.",
                        max_length=500,
                        verbose_name="website",
                    ),
                ),
                (
                    "membership_page",
                    models.URLField(
                        blank=True,
                        help_text="The page on which the network names the city as a member: https://energy-cities.eu/members/.",
                        max_length=500,
                        verbose_name="the network’s page about the city",
                    ),
                ),
                (
                    "deciding_act",
                    models.CharField(
                        blank=True,
                        help_text="The decision to join, as it stands in the official gazette: Decision No. 06-12/2007 of 3 May 2007.",
                        max_length=300,
                        verbose_name="deciding act",
                    ),
                ),
                (
                    "fee_amount",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        help_text="The amount alone, such as 1500; the currency and the year stand beside it.",
                        max_digits=12,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(0)],
                        verbose_name="yearly fee",
                    ),
                ),
                (
                    "fee_currency",
                    models.CharField(
                        blank=True,
                        help_text="Three capital Latin letters, such as RSD or EUR.",
                        max_length=3,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[A-Z]{3}\\Z",
                                "Enter the three capital Latin letters of a currency, such as RSD or EUR.",
                            )
                        ],
                        verbose_name="currency",
                    ),
                ),
                (
                    "fee_year",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="The year the amount is for, such as 2026.",
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(1900),
                            django.core.validators.MaxValueValidator(2199),
                        ],
                        verbose_name="year of the fee",
                    ),
                ),
                (
                    "responsible_unit",
                    models.CharField(
                        blank=True,
                        help_text="The unit that looks after the membership: Office for International Cooperation.",
                        max_length=200,
                        verbose_name="responsible unit",
                    ),
                ),
                (
                    "contact_email",
                    models.EmailField(
                        blank=True,
                        help_text="An official address, not a private one: cooperation@example.org.",
                        max_length=254,
                        verbose_name="contact e-mail",
                    ),
                ),
                (
                    "contact_phone",
                    models.CharField(
                        blank=True,
                        help_text="With the country code, such as +381 18 504 000.",
                        max_length=40,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^\\+?[0-9 ()/-]{5,}\\Z", "Enter a telephone number, such as +381 18 504 000."
                            )
                        ],
                        verbose_name="contact telephone",
                    ),
                ),
                (
                    "source",
                    models.CharField(
                        blank=True,
                        help_text="Where these facts come from: a document, a letter or a web address, such as https://www.ecad.net/.",
                        max_length=500,
                        verbose_name="source",
                    ),
                ),
                (
                    "verified_on",
                    models.DateField(
                        blank=True,
                        help_text="The day on which somebody last confirmed these facts with the network.",
                        null=True,
                        verbose_name="verified on",
                    ),
                ),
                (
                    "logo",
                    models.ImageField(
                        blank=True,
                        height_field="logo_height",
                        help_text="PNG, JPEG or WebP, at most 5 MB. Without a logo, a mark is drawn from the acronym or initials.",
                        upload_to="logos",
                        verbose_name="logo",
                        width_field="logo_width",
                    ),
                ),
                ("logo_width", models.PositiveIntegerField(blank=True, editable=False, null=True)),
                ("logo_height", models.PositiveIntegerField(blank=True, editable=False, null=True)),
                (
                    "internal_note",
                    models.TextField(
                        blank=True,
                        help_text="For colleagues. It is never shown to citizens.",
                        validators=[django.core.validators.MaxLengthValidator(4000)],
                        verbose_name="internal note",
                    ),
                ),
                ("search_text", models.TextField(blank=True, default="", editable=False)),
            ],
            options={
                "verbose_name": "network of cities",
                "verbose_name_plural": "networks of cities",
                "ordering": ["position", "slug"],
                "permissions": [("publish_network", "Can publish networks")],
            },
        ),
        migrations.CreateModel(
            name="Theme",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "slug",
                    models.SlugField(
                        blank=True,
                        help_text="Stands in the address of the filtered list, such as culture. Leave it empty to have it made.",
                        unique=True,
                        verbose_name="code",
                    ),
                ),
                (
                    "name",
                    models.CharField(
                        help_text="For example: Culture and heritage.", max_length=100, verbose_name="name"
                    ),
                ),
                (
                    "name_sr",
                    models.CharField(
                        help_text="For example: Culture and heritage.", max_length=100, null=True, verbose_name="name"
                    ),
                ),
                (
                    "name_en",
                    models.CharField(
                        help_text="For example: Culture and heritage.", max_length=100, null=True, verbose_name="name"
                    ),
                ),
            ],
            options={
                "verbose_name": "theme",
                "verbose_name_plural": "themes",
                "ordering": ["slug"],
            },
        ),
        migrations.CreateModel(
            name="CityProfile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "city_name",
                    models.CharField(
                        help_text="As it stands at the top of every page: City of Niš.",
                        max_length=100,
                        verbose_name="name of the city",
                    ),
                ),
                (
                    "city_name_sr",
                    models.CharField(
                        help_text="As it stands at the top of every page: City of Niš.",
                        max_length=100,
                        null=True,
                        verbose_name="name of the city",
                    ),
                ),
                (
                    "city_name_en",
                    models.CharField(
                        help_text="As it stands at the top of every page: City of Niš.",
                        max_length=100,
                        null=True,
                        verbose_name="name of the city",
                    ),
                ),
                (
                    "site_title",
                    models.CharField(
                        help_text="For example: City Networks.", max_length=100, verbose_name="title of the site"
                    ),
                ),
                (
                    "site_title_sr",
                    models.CharField(
                        help_text="For example: City Networks.",
                        max_length=100,
                        null=True,
                        verbose_name="title of the site",
                    ),
                ),
                (
                    "site_title_en",
                    models.CharField(
                        help_text="For example: City Networks.",
                        max_length=100,
                        null=True,
                        verbose_name="title of the site",
                    ),
                ),
                (
                    "introduction",
                    models.TextField(
                        blank=True,
                        help_text="Two or three sentences above the list: what citizens find here.",
                        validators=[django.core.validators.MaxLengthValidator(600)],
                        verbose_name="introduction",
                    ),
                ),
                (
                    "introduction_sr",
                    models.TextField(
                        blank=True,
                        help_text="Two or three sentences above the list: what citizens find here.",
                        null=True,
                        validators=[django.core.validators.MaxLengthValidator(600)],
                        verbose_name="introduction",
                    ),
                ),
                (
                    "introduction_en",
                    models.TextField(
                        blank=True,
                        help_text="Two or three sentences above the list: what citizens find here.",
                        null=True,
                        validators=[django.core.validators.MaxLengthValidator(600)],
                        verbose_name="introduction",
                    ),
                ),
                (
                    "coat_of_arms",
                    models.ImageField(
                        blank=True,
                        height_field="coat_of_arms_height",
                        help_text="PNG, JPEG or WebP, at most 5 MB. A PNG without a background works best.",
                        upload_to="city",
                        verbose_name="coat of arms",
                        width_field="coat_of_arms_width",
                    ),
                ),
                ("coat_of_arms_width", models.PositiveIntegerField(blank=True, editable=False, null=True)),
                ("coat_of_arms_height", models.PositiveIntegerField(blank=True, editable=False, null=True)),
                (
                    "address",
                    models.CharField(
                        blank=True,
                        help_text="For example: 7. jula 2, 18000 Niš.",
                        max_length=200,
                        verbose_name="postal address",
                    ),
                ),
                (
                    "address_sr",
                    models.CharField(
                        blank=True,
                        help_text="For example: 7. jula 2, 18000 Niš.",
                        max_length=200,
                        null=True,
                        verbose_name="postal address",
                    ),
                ),
                (
                    "address_en",
                    models.CharField(
                        blank=True,
                        help_text="For example: 7. jula 2, 18000 Niš.",
                        max_length=200,
                        null=True,
                        verbose_name="postal address",
                    ),
                ),
                (
                    "email",
                    models.EmailField(
                        blank=True, help_text="The address citizens write to.", max_length=254, verbose_name="e-mail"
                    ),
                ),
                (
                    "phone",
                    models.CharField(
                        blank=True,
                        help_text="With the country code, such as +381 18 504 000.",
                        max_length=40,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^\\+?[0-9 ()/-]{5,}\\Z", "Enter a telephone number, such as +381 18 504 000."
                            )
                        ],
                        verbose_name="telephone",
                    ),
                ),
                ("website", models.URLField(blank=True, max_length=500, verbose_name="website of the city")),
                (
                    "licence_name",
                    models.CharField(
                        blank=True,
                        help_text="For example: CC BY 4.0.",
                        max_length=100,
                        verbose_name="licence of the data",
                    ),
                ),
                (
                    "licence_url",
                    models.URLField(blank=True, max_length=500, verbose_name="web address of the licence"),
                ),
                ("changed_at", models.DateTimeField(auto_now=True, verbose_name="last changed")),
            ],
            options={
                "verbose_name": "city profile",
                "verbose_name_plural": "city profile",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("pk", 1)),
                        name="city_profile_is_one_row",
                        violation_error_message="There is only one city profile.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("website", ""),
                            ("website__startswith", "http://"),
                            ("website__startswith", "https://"),
                            _connector="OR",
                        ),
                        name="city_profile_website_is_http",
                        violation_error_message="Enter a web address that begins with https:// or http://.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("licence_url", ""),
                            ("licence_url__startswith", "http://"),
                            ("licence_url__startswith", "https://"),
                            _connector="OR",
                        ),
                        name="city_profile_licence_url_is_http",
                        violation_error_message="Enter a web address that begins with https:// or http://.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="FormerNetworkSlug",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("slug", models.SlugField(max_length=80, unique=True)),
                (
                    "network",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="former_slugs",
                        to="networks.network",
                    ),
                ),
            ],
            options={
                "verbose_name": "former address of a network",
                "verbose_name_plural": "former addresses of networks",
            },
        ),
        migrations.CreateModel(
            name="Page",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "slug",
                    models.SlugField(
                        blank=True,
                        error_messages={
                            "unique": "Another page already has this address. Choose another one, or leave the field empty."
                        },
                        help_text="The last part of the page’s address, such as mayors-for-peace. Leave it empty to have it made from the English heading, or else from the Serbian one. When it changes, the old address leads to the new one.",
                        max_length=80,
                        unique=True,
                        verbose_name="address",
                    ),
                ),
                (
                    "is_published",
                    models.BooleanField(
                        default=False, help_text="Citizens see only what is published.", verbose_name="published"
                    ),
                ),
                (
                    "position",
                    models.PositiveIntegerField(
                        default=0,
                        help_text="Lower numbers come first. Leave room in between: 10, 20, 30.",
                        validators=[django.core.validators.MaxValueValidator(1000000)],
                        verbose_name="position",
                    ),
                ),
                ("changed_at", models.DateTimeField(auto_now=True, verbose_name="last changed")),
                (
                    "title",
                    models.CharField(help_text="For example: About this site.", max_length=120, verbose_name="title"),
                ),
                (
                    "title_sr",
                    models.CharField(
                        help_text="For example: About this site.", max_length=120, null=True, verbose_name="title"
                    ),
                ),
                (
                    "title_en",
                    models.CharField(
                        help_text="For example: About this site.", max_length=120, null=True, verbose_name="title"
                    ),
                ),
                (
                    "body",
                    networks.rich_text.RichTextField(
                        blank=True, validators=[django.core.validators.MaxLengthValidator(40000)], verbose_name="text"
                    ),
                ),
                (
                    "body_sr",
                    networks.rich_text.RichTextField(
                        blank=True,
                        null=True,
                        validators=[django.core.validators.MaxLengthValidator(40000)],
                        verbose_name="text",
                    ),
                ),
                (
                    "body_en",
                    networks.rich_text.RichTextField(
                        blank=True,
                        null=True,
                        validators=[django.core.validators.MaxLengthValidator(40000)],
                        verbose_name="text",
                    ),
                ),
            ],
            options={
                "verbose_name": "page",
                "verbose_name_plural": "pages",
                "ordering": ["position", "slug"],
                "permissions": [("publish_page", "Can publish pages")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("is_published", False),
                            models.Q(("title_sr__isnull", False), models.Q(("title_sr", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="page_published_has_serbian_title",
                        violation_error_message="Enter the Serbian title before the page is published.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="FormerPageSlug",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("slug", models.SlugField(max_length=80, unique=True)),
                (
                    "page",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="former_slugs", to="networks.page"
                    ),
                ),
            ],
            options={
                "verbose_name": "former address of a page",
                "verbose_name_plural": "former addresses of pages",
            },
        ),
        migrations.AddField(
            model_name="network",
            name="themes",
            field=models.ManyToManyField(
                blank=True,
                help_text="What the network is about; one theme or several, such as: Culture and heritage.",
                related_name="networks",
                to="networks.theme",
                verbose_name="themes",
            ),
        ),
        migrations.AddConstraint(
            model_name="network",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("is_published", False),
                    models.Q(("name_sr__isnull", False), models.Q(("name_sr", ""), _negated=True)),
                    _connector="OR",
                ),
                name="network_published_has_serbian_name",
                violation_error_message="Enter the Serbian name before the network is published.",
            ),
        ),
        migrations.AddConstraint(
            model_name="network",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("joined__lte", models.F("left")), ("joined__startswith", models.F("left")), _connector="OR"
                ),
                name="network_left_after_joined",
                violation_error_message="The city cannot have left before it joined. Correct one of the two dates.",
            ),
        ),
        migrations.AddConstraint(
            model_name="network",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("fee_amount__isnull", True), ("fee_currency", ""), ("fee_year__isnull", True)),
                    models.Q(
                        ("fee_amount__gte", 0),
                        ("fee_amount__isnull", False),
                        ("fee_year__isnull", False),
                        models.Q(("fee_currency", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="network_fee_has_currency_and_year",
                violation_error_message="A fee needs its amount, its currency and its year. Fill in all three, or none.",
            ),
        ),
        migrations.AddConstraint(
            model_name="network",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("original_name", ""), models.Q(("original_language", ""), _negated=True), _connector="OR"
                ),
                name="network_original_name_has_language",
                violation_error_message="Say which language the original name is in.",
            ),
        ),
        migrations.AddConstraint(
            model_name="network",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("website", ""),
                    ("website__startswith", "http://"),
                    ("website__startswith", "https://"),
                    _connector="OR",
                ),
                name="network_website_is_http",
                violation_error_message="Enter a web address that begins with https:// or http://.",
            ),
        ),
        migrations.AddConstraint(
            model_name="network",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("membership_page", ""),
                    ("membership_page__startswith", "http://"),
                    ("membership_page__startswith", "https://"),
                    _connector="OR",
                ),
                name="network_membership_page_is_http",
                violation_error_message="Enter a web address that begins with https:// or http://.",
            ),
        ),
    ]
