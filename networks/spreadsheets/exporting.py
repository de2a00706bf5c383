"""The networks of an export, with the content of their newest or of their published revision."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache

from networks.models import Network, Revision, Theme
from networks.models.lines import LinesField
from networks.revisions.content import (
    Content,
    complete_content,
    content_fields,
    content_of,
    related_fields,
    select_current_fields,
)
from networks.spreadsheets.columns import ExportedNetwork

BATCH = 200  # networks that are in memory at the same time

NEWEST, PUBLISHED = "newest", "published"


def exported_networks(pks: Sequence[int], version: str = NEWEST) -> Iterator[ExportedNetwork]:
    """Yield the networks with these primary keys in their order; of those not published only the newest version."""
    themes = {*Theme.objects.values_list("slug", flat=True)}
    for start in range(0, len(pks), BATCH):
        batch = pks[start : start + BATCH]
        networks = Network.objects.select_related("head" if version == NEWEST else "live").in_bulk(batch)
        for pk in batch:
            network = networks.get(pk)
            if network is not None and version == NEWEST:
                yield exported_network(network, network.head, themes)
            elif network is not None and network.is_published:
                yield public_network(exported_network(network, network.live, themes))


def public_network(network: ExportedNetwork) -> ExportedNetwork:
    """Return a network without the columns of its lines of which visitors see nothing."""
    fields = content_fields(Network).values()
    public = {
        each.name: each.public_lines(network.content[each.name]) for each in fields if isinstance(each, LinesField)
    }
    return replace(network, content=network.content | public)


def exported_network(network: Network, revision: Revision | None, themes: set[str]) -> ExportedNetwork:
    """Return a network as an export has it. `themes` are the slugs of those that exist."""
    if revision is None:
        # What loaddata or a script has written: the first revision will have that content.
        return ExportedNetwork(network.pk, 1, content_of(network))
    return ExportedNetwork(network.pk, revision.number, present_content(revision, themes))


@cache
def empty_content() -> Content:
    """Return the content of a new network. It is made once, because there are ten thousand rows."""
    return complete_content(Network, {})


def present_content(revision: Revision, themes: set[str]) -> Content:
    """Return the content of a revision as `savable_content` does, without a query for each."""
    content = empty_content() | select_current_fields(Network, revision.content)
    return content | {name: [slug for slug in content[name] if slug in themes] for name in related_fields(Network)}
