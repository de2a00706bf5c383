"""The networks to which the page of a network leads on."""

from dataclasses import dataclass

from django.db.models import BooleanField, Count, ExpressionWrapper, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.db.models.lookups import Exact

from networks.models import Network
from networks.reading import NetworkReading

MOST_RELATED = 3


@dataclass(frozen=True)
class Neighbours:
    """
    The networks before and after one in the city's order, and some others that are like it.

    Most like it are those that share most of its themes, then those of its scope.
    """

    previous: NetworkReading | None
    following: NetworkReading | None
    related: list[NetworkReading]


def neighbours_of(network: NetworkReading) -> Neighbours:
    """Return the published neighbours of a network, in one query."""
    row = network.row
    others = Network.objects.published().exclude(pk=row.pk)
    is_before = Q(position__lt=row.position) | Q(position=row.position, slug__lt=row.slug)
    previous = others.filter(is_before).order_by("-position", "-slug").values("pk")[:1]
    following = others.exclude(is_before).order_by("position", "slug").values("pk")[:1]
    with_theme = Network.themes.through.objects.filter(theme__in=row.themes.all())
    shared = with_theme.filter(network=OuterRef("pk")).order_by().values("network").annotate(shared=Count("pk"))
    has_same_scope = Q(scope=row.scope) & ~Q(scope="")
    related = (
        others.filter(Q(pk__in=with_theme.values("network")) | has_same_scope)
        .exclude(Q(pk__in=previous) | Q(pk__in=following))
        .annotate(
            shared=Coalesce(Subquery(shared.values("shared")), 0),
            same_scope=ExpressionWrapper(has_same_scope, BooleanField()),
        )
        .order_by("-shared", "-same_scope", "position", "slug")
    )
    found = (
        others.filter(Q(pk__in=previous) | Q(pk__in=following) | Q(pk__in=related.values("pk")[:MOST_RELATED]))
        .annotate(is_previous=Exact(F("pk"), Subquery(previous)), is_following=Exact(F("pk"), Subquery(following)))
        .only("slug", "name_sr", "name_en")
    )
    readings = [network.reader.network(each) for each in found]
    return Neighbours(
        next((each for each in readings if each.row.is_previous), None),
        next((each for each in readings if each.row.is_following), None),
        [each for each in readings if not (each.row.is_previous or each.row.is_following)],
    )
