"""The links in published texts and facts, and where each of them stands."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db import models
from django.utils.html import urlize

from networks.languages import columns_of
from networks.links.fetching import LONGEST_URL
from networks.models import CityProfile, Network, Page
from networks.models.lines import LinesField
from networks.reading import translated_fields
from networks.rich_text import RichTextField, link_urls, replace_url

LinkingRow = Network | Page | CityProfile

# The fields with plain text whose URLs are shown as links, by the template filter `urlize`
URLIZED = {"source"}


@dataclass(frozen=True)
class Place:
    """Where a link stands: a row, and the name of one of its fields."""

    row: LinkingRow
    field: str


@cache
def linking_fields(model: type[models.Model]) -> dict[str, models.Field]:
    """Return the fields of a model that may have links, by name: those of each language, if they are translated."""
    return {
        field.name: field
        for field in model._meta.concrete_fields
        if isinstance(field, RichTextField | models.URLField) or field.name in URLIZED or url_columns(field)
        if field.name not in translated_fields(model)
    }


def url_columns(field: models.Field) -> list[str]:
    """Return the columns with URLs of a field of lines; none of any other field."""
    if not isinstance(field, LinesField):
        return []
    return [name for name, column in field.columns.items() if isinstance(column, models.URLField)]


def urls_of_field(field: models.Field, value: Any) -> list[str]:
    """Return the URLs that the value of a field links to."""
    if not value:
        return []
    if columns := url_columns(field):
        return [line[name] for line in value for name in columns if name in line]
    if isinstance(field, RichTextField):
        return link_urls(value)
    if field.name in URLIZED:
        return link_urls(urlize(value, autoescape=True))
    return [value]


def links_of_row(row: LinkingRow) -> Iterator[tuple[str, str]]:
    """Yield the URL of each link of a row to a page, and the name of its field. Paths are pages of this site."""
    for name, field in linking_fields(type(row)).items():
        for url in dict.fromkeys(urls_of_field(field, getattr(row, name))):
            if url.lower().startswith(("http://", "https://", "/")) and len(url.encode()) <= LONGEST_URL:
                yield url, name


def published_rows() -> Iterator[LinkingRow]:
    """Yield the rows that visitors see, with the fields that have links, and those that `__str__` needs."""
    yield from Network.objects.published().only("slug", *columns_of("name"), *linking_fields(Network)).order_by("pk")
    yield from Page.objects.published().only("slug", *columns_of("title"), *linking_fields(Page)).order_by("pk")
    yield from CityProfile.objects.only(*columns_of("city_name"), *linking_fields(CityProfile))


def find_places() -> dict[str, list[Place]]:
    """Return where each URL stands that published rows link to."""
    places: dict[str, list[Place]] = {}
    for row in published_rows():
        for url, field in links_of_row(row):
            places.setdefault(url, []).append(Place(row, field))
    return places


def replaced_value(field: models.Field, value: Any, old: str, new: str) -> Any:
    """Return the value of a field with a link to `new` in place of each link to `old`; unchanged if it has none."""
    if columns := url_columns(field):
        return [line | {name: new for name in columns if line.get(name) == old} for line in value]
    if isinstance(field, RichTextField):
        return replace_url(value, old, new)
    if field.name in URLIZED:
        # Not where the URL is the beginning of a longer one
        return re.sub(rf"(?<![\w/:.]){re.escape(old)}(?![\w/?#&=%~+-]|[.,:;]\w)", lambda _match: new, value)
    return new if value == old else value
