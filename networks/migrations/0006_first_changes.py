"""The public record of what was published before there was one, as far as the history knows it."""

from django.db import migrations
from django.db.models import Exists, OuterRef, Prefetch, Q

from networks.serbian import to_latin

NETWORKS_AT_ONCE = 100

# As networks.changes told changes when the record began. It may differ by now; this does not.
NOT_TOLD = {"slug", "position", "internal_note"}


def told(before, after):
    """Return what is new in a content, as (kind, fields, values)."""
    changed = {name for name in after if name not in NOT_TOLD and before.get(name) != after[name]}
    changes = []

    def tell(kind, *names):
        changes.append((kind, [], {name: [before.get(name), after.get(name)] for name in names}))
        changed.difference_update(names)

    def name_of(content, language):
        return content.get(f"name_{language}") or ""

    if to_latin(name_of(before, "sr")) != to_latin(name_of(after, "sr")) or (
        name_of(before, "en") and name_of(after, "en") and name_of(before, "en") != name_of(after, "en")
    ):
        tell("renamed", "name_sr", "name_en")
    if "joined" in changed and after["joined"]:
        tell("joined", "joined")
    if "status" in changed and after["status"] == "ended":
        tell("ended", "status", "left")
    elif "status" in changed and after["status"] == "left":
        tell("left", "status", "left")
    elif "left" in changed and after["left"] and after["status"] in ("ended", "left"):
        tell(after["status"], "left")
    if (after.get("verified_on") or "") > (before.get("verified_on") or ""):
        tell("verified", "verified_on")
    if changed:
        changes.append(("corrected", [name for name in after if name in changed], {}))
    return changes


def make_first_changes(apps, schema_editor):
    database = schema_editor.connection.alias
    Network, Theme, Event, Change = (
        apps.get_model("networks", name) for name in ("Network", "Theme", "Event", "Change")
    )
    themes = set(Theme.objects.using(database).values_list("slug", flat=True))
    publishing = Event.objects.using(database).filter(kind="published", revision__isnull=False)
    # Also what is off the site now: when it comes back, its record goes on from where it was.
    networks = Network.objects.using(database).filter(
        Q(is_published=True) | Exists(publishing.filter(network=OuterRef("pk"))), changes=None
    )
    in_order = Prefetch("events", publishing.select_related("revision").order_by("created_at", "pk"))
    numbers = list(networks.order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(numbers), NETWORKS_AT_ONCE):
        batch = Network.objects.using(database).filter(pk__in=numbers[start : start + NETWORKS_AT_ONCE])
        batch = batch.order_by("pk").select_related("live").prefetch_related(in_order)
        Change.objects.using(database).bulk_create(
            Change(network=network, **values) for network in batch for values in history_of(network, themes)
        )


def history_of(network, themes):
    """Yield the values of each change of a network, the oldest first."""
    events = list(network.events.all())
    if not events:
        live = network.live
        yield {"kind": "added", "revision": live, "happened_at": live.created_at if live else network.changed_at}
        return
    seen = None
    for event in events:
        content = dict(event.revision.content)
        # A theme that is no more was no part of what was published later.
        content["themes"] = [slug for slug in content.get("themes", []) if slug in themes]
        for kind, fields, values in [("added", [], {})] if seen is None else told(seen, content):
            yield {
                "kind": kind,
                "fields": fields,
                "values": values,
                "revision": event.revision,
                "happened_at": event.created_at,
            }
        seen = content


class Migration(migrations.Migration):
    dependencies = [("networks", "0005_changes")]

    operations = [migrations.RunPython(make_first_changes, migrations.RunPython.noop)]
