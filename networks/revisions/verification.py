"""Verify networks: confirm that what citizens read of a membership is right, and find those that are due again."""

from collections.abc import Collection, Mapping
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from networks.models import Network
from networks.revisions import drafts, publishing
from networks.revisions.content import changed_fields, normalise_content, savable_content
from networks.revisions.storage import check_not_in_bin, lock, newest_revision, published_revision

# The fields of the content that verifying writes
FACTS = ("verified_on", "source")


def last_due_day() -> date:
    """Return the last day of which a verification is due again."""
    return timezone.localdate() - timedelta(days=settings.VERIFICATION_DAYS)


def is_due(last_due: date | None = None) -> Q:
    """
    Return the condition that what citizens read of a lasting membership must be verified, again or at last.

    `last_due` is the `last_due_day`, where it is known.
    """
    must_be_verified = Q(verified_on=None) | Q(verified_on__lte=last_due or last_due_day())
    return Q(is_published=True) & ~Q(status__in=Network.FORMER) & must_be_verified


def content_is_due(content: Mapping[str, Any]) -> bool:
    """Return the same of the published content of a network, without a query."""
    return content["status"] not in Network.FORMER and (content["verified_on"] or "") <= last_due_day().isoformat()


def verify(network: Network, *, author: User | None, source: str = "") -> Network:
    """
    Verify a network today: publish that day, and the source if one is given. The draft stays a draft on top of it.

    Of an unpublished network, a draft is saved. Where the draft itself has another day or source, it keeps those.
    Raise ValidationError.
    """
    facts = {"verified_on": timezone.localdate().isoformat()} | ({"source": source} if source else {})
    with transaction.atomic():
        network = lock(network)
        check_not_in_bin(network)
        return write_facts(network, facts, author=author)


def unverify(network: Network, before: Mapping[str, Any], event: int, *, author: User | None) -> bool:
    """
    Write the facts that a network had before it was verified. What was written since stays.

    `before` is the state of `publishing.undo_state` from then, `event` the primary key of the last event after it.
    If the network was published, unpublished or changed since, nothing is changed and False is returned.
    """
    with transaction.atomic():
        network = lock(network)
        events = network.events.filter(pk__gt=event).exclude(kind__in=publishing.HARMLESS_TO_UNDO)
        earlier = network.revisions.filter(pk=before.get("live", before.get("head"))).first()
        is_changed = not network.is_published and newest_revision(network).parent_id != before.get("head")
        if network.deleted_at is not None or earlier is None or is_changed or events.exists():
            return False
        content = savable_content(Network, earlier.content)
        write_facts(network, {name: content[name] for name in FACTS}, author=author)
    return True


def write_facts(
    network: Network, facts: Mapping[str, Any], *, author: User | None, decided: Collection[str] = ()
) -> Network:
    """
    Write facts of a locked network to where citizens read them; of an unpublished one, to its draft.

    `decided` is that of `publishing.publish_part`. Raise ValidationError.
    """
    if not network.is_published:
        saved = drafts.save(network, facts, author=author)
        return Network.objects.get(pk=saved.row.pk)
    published = savable_content(Network, published_revision(network).content)
    content = published | normalise_content(Network, facts)
    if not changed_fields(Network, published, content):
        return network
    return publishing.publish_part(network, content, author=author, decided=decided)
