"""
What is asked often, or of very many rows, finds its rows by an index: no table is read from end to end.

The plans are asked of tables with few rows, so PostgreSQL is told to prefer indexes; a plan that still reads a whole
table has none that fits.
"""

import pytest
from django.db import connection, models
from django.utils import timezone

from networks.models import Event, FormerNetworkSlug, Network, OldAddress, Operation, PreviewLink, Revision, Schedule

pytestmark = [pytest.mark.django_db, pytest.mark.sql]

IS_PUBLISHED = models.Q(is_published=True)

QUERIES = {
    "the history of a network": lambda: Revision.objects.filter(network=1).order_by("-number"),
    "its newest revision": lambda: Revision.objects.filter(network=1).order_by("-number")[:1],
    "its events": lambda: Event.objects.filter(network=1).order_by("-pk"),
    "the events of a revision": lambda: Event.objects.filter(revision=1).order_by(),
    "its preview links": lambda: PreviewLink.objects.filter(revision=1).order_by(),
    "its plans": lambda: Schedule.objects.filter(network=1).order_by(),
    "the next plan": lambda: Schedule.objects.filter(at__lte=timezone.now()).order_by("at")[:1],
    "a page of the list": lambda: Network.objects.outside_bin().order_by("position", "slug").only("slug")[:50],
    "what networks lack": lambda: (
        models.QuerySet(Network).filter(deleted_at=None).order_by().values("gaps_newest").annotate(models.Count("pk"))
    ),
    "how many are in each state": lambda: (
        models.QuerySet(Network)
        .order_by()
        .values("deleted_at")
        .annotate(found=models.Count("pk", filter=IS_PUBLISHED))
    ),
    "when something was last taken off the site": lambda: (
        Event.objects.filter(kind="withdrawn").order_by("-created_at").values("created_at")[:1]
    ),
    "when the first network was published": lambda: Event.objects.filter(kind="published").order_by("created_at")[:1],
    "what a user has done": lambda: Event.objects.filter(author=1).order_by(),
    "a network by its address": lambda: Network.objects.filter(slug="alda"),
    "by a former one": lambda: FormerNetworkSlug.objects.filter(slug="alda"),
    "an old address": lambda: OldAddress.objects.filter(old_path="/a/"),
    "the last backup": lambda: Operation.objects.filter(kind="backup", succeeded=True).order_by("-finished_at")[:1],
}


def plan_of(query):
    """Return the lines of the plan of a query."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
    plan = query.explain()
    return [line.strip(" ->0123456789") for line in plan.splitlines()]


def reads_whole_table(line):
    if connection.vendor == "postgresql":
        return line.startswith("Seq Scan")
    return line.startswith("SCAN") and "USING" not in line


@pytest.mark.parametrize("name", QUERIES)
def test_an_index_is_used(name):
    plan = plan_of(QUERIES[name]())
    assert not any(map(reads_whole_table, plan)), plan
    assert not any("TEMP B-TREE" in line for line in plan), plan
