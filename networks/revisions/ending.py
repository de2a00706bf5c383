"""End memberships: publish the date, the status and the words on it, at once and apart from the draft."""

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from networks.languages import columns_of
from networks.models import Network, Revision
from networks.partial_dates import PartialDate
from networks.revisions import drafts, publishing
from networks.revisions.content import Content, complete_content, normalise_content, savable_content
from networks.revisions.storage import check_not_in_bin, lock, newest_revision, published_revision
from networks.revisions.verification import write_facts

# The fields of the content that ending a membership writes
FACTS = ("status", "left", *columns_of("end_note"))


def has_ended(network: Network) -> bool:
    """Return whether the membership has ended by what citizens read, or of an unpublished network by its draft."""
    stated = published_revision(network) if network.is_published else newest_revision(network)
    return complete_content(Network, stated.content)["status"] in Network.FORMER


def end(network: Network, facts: Mapping[str, Any], *, author: User | None, off_site: bool = False) -> Network:
    """
    End a membership with some FACTS: publish them, without what else the draft has changed, which stays a draft.
    What the draft says of the end gives way to them.

    `off_site` unpublishes the network too; its line of the public record then has the words. Of an unpublished
    network, a draft is saved. Raise ValidationError.
    """
    with transaction.atomic():
        network = lock(network)
        check_facts(network, facts)
        network = write_facts(network, facts, author=author, decided=FACTS)
        if off_site and network.is_published:
            network = publishing.unpublish(network, author=author, with_end_note=True)
    return network


def submit_end(network: Network, facts: Mapping[str, Any], *, author: User | None) -> Network:
    """Save the end of a membership in the draft, and submit that for publishing. Raise ValidationError."""
    with transaction.atomic():
        network = lock(network)
        check_facts(network, facts)
        saved = drafts.save(network, facts, author=author)
        return drafts.submit(Network.objects.get(pk=saved.row.pk), author=author)


def check_facts(network: Network, facts: Mapping[str, Any]) -> None:
    """Raise ValidationError for the end of a membership that has ended already, or ends on a day still to come."""
    check_not_in_bin(network)
    if has_ended(network):
        raise ValidationError(_("This membership has ended already. Correct the date and the words in the form."))
    left = normalise_content(Network, {"left": facts["left"]})["left"]
    if left and PartialDate.fromisoformat(left).earliest > timezone.localdate():
        raise ValidationError(
            {
                "left": _(
                    "This day is still to come. Enter it in the form, with the status, and schedule the draft for "
                    "that day."
                )
            }
        )


def undo_end(network: Network, before: Mapping[str, Any], event: int, *, author: User | None) -> bool:
    """
    Let a membership go on whose end was published: publish the facts of before. What was written since stays, and a
    draft that had the end too has it again.

    `before` is the state of `publishing.undo_state` from then, `event` the primary key of the last event after it.
    If the network was published, unpublished or changed since, nothing is changed and False is returned. Raise
    ValidationError.
    """
    with transaction.atomic():
        network = lock(network)
        earlier = network.revisions.filter(pk=before["live"]).first()
        draft = network.revisions.filter(pk=before["head"]).first()
        if not (earlier and draft) or network.deleted_at or publishing.is_changed_since(network, event):
            return False
        if not network.is_published:
            network = publishing.publish(network, author=author, revision=publishing.last_published(network))
        published, drafted = facts_of(earlier), facts_of(draft)
        if drafted == published:
            network = write_facts(network, published, author=author)
        else:
            ended, newest = published_revision(network), newest_revision(network)
            # The earlier revision itself, because a new one would be newer than the draft that comes back.
            network = publishing.publish(network, author=author, revision=earlier)
            if newest == ended:
                drafts.bring_back(lock(network), draft, before, author=author)
                return True
            untouched = facts_of(ended).items() & facts_of(newest).items()
            drafts.save(network, {name: drafted[name] for name, _value in untouched}, author=author)
        publishing.bring_back_links_and_schedules(network, before)
    return True


def facts_of(revision: Revision) -> Content:
    content = savable_content(Network, revision.content)
    return {name: content[name] for name in FACTS}
