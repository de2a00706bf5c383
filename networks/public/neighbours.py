"""The networks to which the page of a network leads on."""

from dataclasses import dataclass

from django.db.models import BooleanField, Count, ExpressionWrapper, F, Q, Subquery
from django.db.models.lookups import Exact

from networks.models import Network
from networks.reading import NetworkReading

MOST_RELATED = 3


@dataclass(frozen=True)
class Neighbours:
    """The networks before and after one in the city's order, and those most like it by their themes and scope."""

    previous: NetworkReading | None
    following: NetworkReading | None
    related: list[NetworkReading]


def neighbours_of(network: NetworkReading) -> Neighbours:
    """Return the published neighbours of a network, in one query."""
    row = network.row
    others = Network.objects.published().exclude(pk=row.pk)
    is_before = Q(position__lt=row.position) | Q(position=row.position, slug__lt=row.slug)
    themes = [theme.pk for theme in row.themes.all()] or [0]  # in an empty list, Django finds nothing at all
    has_same_scope = Q(scope=row.scope) & ~Q(scope="")
    shared = Count("themes", filter=Q(themes__in=themes))
    related = (
        others.filter(Q(themes__in=themes) | has_same_scope)
        .annotate(shared=shared, same_scope=ExpressionWrapper(has_same_scope, BooleanField()))
        .order_by("-shared", "-same_scope", "position", "slug")
    )
    found = (
        others.annotate(
            is_previous=is_first_of(others.filter(is_before).order_by("-position", "-slug")),
            is_following=is_first_of(others.exclude(is_before).order_by("position", "slug")),
        )
        .filter(Q(is_previous=True) | Q(is_following=True) | Q(pk__in=related.values("pk")[:MOST_RELATED]))
        .annotate(is_related=ExpressionWrapper(Q(pk__in=related.values("pk")[:MOST_RELATED]), BooleanField()))
        .only("slug", "name_sr", "name_en")
    )
    readings = [network.reader.network(each) for each in found]
    return Neighbours(
        next((each for each in readings if each.row.is_previous), None),
        next((each for each in readings if each.row.is_following), None),
        [each for each in readings if each.row.is_related],
    )


def is_first_of(rows) -> Exact:
    """Return the condition that a row is the first of these."""
    return Exact(F("pk"), Subquery(rows.values("pk")[:1]))
