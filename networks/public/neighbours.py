"""The networks to which the page of a network leads on."""

from dataclasses import dataclass

from django.db.models import BooleanField, Count, ExpressionWrapper, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from networks.languages import columns_of
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
    previous = others.filter(is_before).order_by("-position", "-slug")
    following = others.exclude(is_before).order_by("position", "slug")
    with_theme = Network.themes.through.objects.filter(theme__in=[theme.pk for theme in row.themes.all()])
    shared = with_theme.filter(network=OuterRef("pk")).values("network").annotate(shared=Count("pk"))
    has_same_scope = Q(scope=row.scope) & ~Q(scope="")
    related = (
        others.filter(Q(pk__in=with_theme.values("network")) | has_same_scope)
        .annotate(
            shared=Coalesce(Subquery(shared.values("shared")), 0),
            same_scope=ExpressionWrapper(has_same_scope, BooleanField()),
        )
        .order_by("-shared", "-same_scope", "position", "slug")
    )
    found = (
        others.filter(
            Q(pk__in=previous.values("pk")[:1])
            | Q(pk__in=following.values("pk")[:1])
            | Q(pk__in=related.values("pk")[:MOST_RELATED])
        )
        .annotate(is_before=ExpressionWrapper(is_before, BooleanField()))
        .only("slug", *columns_of("name"))
    )
    # In the city's order, so that the nearest are the last one before and the first one after.
    before = [network.reader.network(each) for each in found if each.is_before]
    after = [network.reader.network(each) for each in found if not each.is_before]
    return Neighbours(
        previous=before[-1] if before else None,
        following=after[0] if after else None,
        related=[*before[:-1], *after[1:]],
    )
