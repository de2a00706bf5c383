"""What leads to the public page of a row, and nowhere without it: links of other pages, and old addresses."""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.urls import Resolver404, resolve
from django.utils.translation import override

from networks.languages import language_of_path
from networks.links.places import Place, find_places
from networks.models import Network, OldAddress, Page
from networks.redirects import MODELS_BY_VIEW


@dataclass(frozen=True)
class Incoming:
    """The places of published rows that link to some rows, and the old addresses that redirect to them."""

    places: list[Place]
    old_addresses: list[OldAddress]

    def __bool__(self) -> bool:
        return bool(self.places or self.old_addresses)


def find_incoming(rows: Iterable[Network | Page]) -> Incoming:
    """Return what leads to the published rows among these from elsewhere on the site. Takes five queries."""
    published = [row for row in rows if row.is_published]
    if not published:
        return Incoming([], [])
    slugs = set()
    for model in {type(row) for row in published}:
        # As they are stored: the rows may have the slug of their draft.
        rows_there = model.objects.filter(pk__in=[row.pk for row in published if type(row) is model])
        for each in rows_there.values_list("slug", "former_slugs__slug"):
            slugs |= {(model, slug) for slug in each}
    own = {(type(row), row.pk) for row in published}
    places = [
        place
        for url, found in find_places().items()
        if page_of_url(url) in slugs
        for place in found
        if (type(place.row), place.row.pk) not in own
    ]
    old_addresses = [each for each in OldAddress.objects.all() if page_of_url(each.new_path) in slugs]
    return Incoming(places, old_addresses)


def page_of_url(url: str) -> tuple[type[Network | Page], str] | None:
    """Return the model and the slug of the page of this site that a URL leads to; None for every other URL."""
    try:
        parts = urlsplit(url)
        if parts.netloc and parts.hostname not in settings.ALLOWED_HOSTS:
            return None
    except ValueError:
        return None
    path = unquote(parts.path)
    path = path if path.endswith("/") else f"{path}/"
    with override(language_of_path(path)):
        try:
            match = resolve(path)
        except Resolver404:
            return None
    model = MODELS_BY_VIEW.get(match.view_name)
    return (model, match.kwargs["slug"]) if model else None
