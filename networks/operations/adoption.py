"""Making an empty site the site of a city: its profile, and what it begins with."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.utils.html import escape

from networks.models import CityProfile, FormerPageSlug, Page, Theme
from networks.models.gazetteer import Town, find_town
from networks.pictures import PictureFormField
from networks.reading import translated_fields
from networks.revisions import drafts
from networks.serbian import is_cyrillic

# In Serbian and English, for any city: {city} stands for its name, in the nominative. A body is a list of paragraphs;
# {law} is that on the rights which the law of Serbia gives. Cities elsewhere write about those of their own law.
STARTER_CONTENT = json.loads(Path(__file__).with_name("starter_content.json").read_text())
THEMES, PAGES = STARTER_CONTENT["themes"], STARTER_CONTENT["pages"]
SITE_TITLE = {"sr": "Мреже градова", "en": "City Networks"}


@dataclass(frozen=True)
class City:
    """
    What the site asks about a city. Texts are by stored language: {"sr": "Град Нови Сад", "en": "City of Novi Sad"}.

    `country` is its code of ISO 3166, such as RS, and `arms` the path of a picture.
    """

    name: Mapping[str, str]
    email: str
    country: str = "RS"
    title: Mapping[str, str] = field(default_factory=dict)
    website: str = ""
    arms: Path | None = None


def adopt(city: City) -> list[str]:
    """
    Write the profile of the city, and the themes and drafts of pages that are not there yet. Return what was made.

    What the profile has already and `city` does not say stays. Raise ValidationError by field; then nothing is made.
    """
    with transaction.atomic():
        write_profile(city)
        themes, pages = make_themes(), make_pages(city)
    return [
        "the city profile",
        *(f"theme {slug}" for slug in themes),
        *(f"draft of the page {slug}" for slug in pages),
    ]


def write_profile(city: City) -> CityProfile:
    profile = CityProfile.objects.current()
    if not city.name.get("sr", "").strip():
        raise ValidationError({"city_name_sr": "The city needs a name in Serbian, in Cyrillic."})
    if not is_cyrillic(city.name["sr"]):
        raise ValidationError({"city_name_sr": "Write the Serbian name in Cyrillic. The Latin form is made from it."})
    for language in settings.MODELTRANSLATION_LANGUAGES:
        name = city.name.get(language, "").strip()
        title = city.title.get(language) or getattr(profile, f"site_title_{language}") or SITE_TITLE.get(language, "")
        introduction = STARTER_CONTENT["introduction"].get(language, "").format(city=name) if name else ""
        setattr(profile, f"city_name_{language}", name or getattr(profile, f"city_name_{language}"))
        setattr(profile, f"site_title_{language}", title)
        setattr(profile, f"introduction_{language}", getattr(profile, f"introduction_{language}") or introduction)
    profile.email = city.email or profile.email
    profile.website = city.website or profile.website
    if town := town_of(city):
        profile.latitude = profile.latitude or town.latitude
        profile.longitude = profile.longitude or town.longitude
    if city.arms:
        picture = read_picture(city.arms)
        profile.coat_of_arms.save(picture.name, picture, save=False)
    profile.full_clean(exclude=translated_fields(CityProfile))
    profile.save()
    return profile


def town_of(city: City) -> Town | None:
    """Return the town of our list that the name of a city contains, in its country: Novi Sad of City of Novi Sad."""
    for name in city.name.values():
        words = name.split()
        found = (find_town(" ".join(words[number:])) for number in range(len(words)))
        if town := next((each for each in found if each and each.country == city.country), None):
            return town
    return None


def read_picture(path: Path) -> ContentFile:
    """Return a picture as an upload of it is stored. Raise ValidationError."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ValidationError({"coat_of_arms": f"{path} cannot be read: {error.strerror}."}) from error
    try:
        return PictureFormField().clean(SimpleUploadedFile(path.name, content))
    except ValidationError as error:
        raise ValidationError({"coat_of_arms": error.messages}) from error


def make_themes() -> list[str]:
    """Make the themes that there are not, and return their codes."""
    slugs = [slug for slug in THEMES if not Theme.objects.filter(slug=slug).exists()]
    for slug in slugs:
        Theme.objects.create(slug=slug, **in_columns("name", THEMES[slug]))
    return slugs


def make_pages(city: City) -> list[str]:
    """Make drafts of the pages that there are not, and return their slugs."""
    slugs = [
        slug
        for slug in PAGES
        if not Page.objects.filter(slug=slug).exists() and not FormerPageSlug.objects.filter(slug=slug).exists()
    ]
    for slug in slugs:
        content = {"slug": slug} | in_columns("title", PAGES[slug]["title"]) | in_columns("body", bodies(slug, city))
        drafts.save(Page(), content, author=None)
    return slugs


def bodies(slug: str, city: City) -> dict[str, str]:
    """Return the text of a page in each language in which the city has a name."""
    laws = STARTER_CONTENT["serbian_law"] if city.country == "RS" else {}
    return {
        language: "".join(paragraphs).format(city=escape(city.name[language]), law=laws.get(language, ""))
        for language, paragraphs in PAGES[slug]["body"].items()
        if city.name.get(language)
    }


def in_columns(name: str, texts: Mapping[str, str]) -> dict[str, str]:
    """Return the texts by their columns, such as name_sr, of the languages that the site stores."""
    return {f"{name}_{code}": texts[code] for code in settings.MODELTRANSLATION_LANGUAGES if code in texts}
