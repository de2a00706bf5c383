"""
The answers of the city's units for their memberships: given by a signed link, accepted or refused by staff.

A link shows what is published of the memberships of its unit, and takes answers. Nothing that visitors see changes
before somebody who publishes has accepted an answer.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.signing import BadSignature, Signer
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from networks.languages import reverse_in
from networks.models import ConfirmationLink, Network, UnitAnswer
from networks.models.lines import DocumentKind
from networks.partial_dates import PartialDate
from networks.reading import NetworkReading, Text
from networks.revisions import drafts
from networks.revisions.content import content_of, public_content
from networks.revisions.previews import LinkClosed
from networks.revisions.storage import display_name, lock
from networks.revisions.verification import FACTS, verify

# How many answers one link takes in an hour
MOST_IN_AN_HOUR = 200
HOUR = timedelta(hours=1)

# Public fields of the content that tell nothing of the membership
NOT_STATED = {"slug", *FACTS}


class TooManyAnswers(Exception):
    """The link takes no more answers for some seconds."""

    def __init__(self, seconds: int):
        super().__init__(seconds)
        self.seconds = seconds


class ChangedMeanwhile(Exception):
    """What citizens read of a membership was changed after the unit had read it."""


class NotOfUnit(Exception):
    """An answer is for what is no published membership of the unit, or no longer."""


@dataclass(frozen=True)
class Given:
    """An answer as it is given for the network with this primary key."""

    network: int
    kind: str
    text: str = ""
    ended_on: PartialDate | None = None
    seen: str = ""  # the digest of what the unit has read, if it is known


# Links


def signer() -> Signer:
    return Signer(salt="networks.unit_answers", sep="~")


def signed_value(link: ConfirmationLink) -> str:
    # With its time, because after a backup was restored another link may get the same primary key.
    return f"{link.pk}.{int(link.created_at.timestamp() * 1_000_000)}"


def link_url(link: ConfirmationLink, language: str) -> str:
    """Return the path of a link in a language."""
    return reverse_in(language, "public:confirmation", signer().sign(signed_value(link)))


def link_of_token(token: str) -> ConfirmationLink:
    """Return the link of a token. Raise BadSignature if it was not made here, and LinkClosed."""
    value = signer().unsign(token)
    link = ConfirmationLink.objects.filter(pk=int(value.partition(".")[0])).first()
    if link is None or signed_value(link) != value:
        raise BadSignature
    if not link.is_open:
        raise LinkClosed
    return link


def units() -> list[str]:
    """Return the units that have published memberships, as the networks name them."""
    named = Network.objects.published().exclude(responsible_unit="").order_by()
    return list(named.values_list("responsible_unit", flat=True).distinct())


def memberships(unit: str) -> QuerySet[Network]:
    """Return the published networks of a unit."""
    return Network.objects.published().filter(responsible_unit=unit, deleted_at=None)


# What a unit reads


def stated_facts(network: NetworkReading) -> list[tuple[str, Text]]:
    """Return what citizens read of a membership but for its longer texts: (label, text), without the empty ones."""
    row = network.row
    decision = next((line.title for line in network.documents if line.line.get("kind") == DocumentKind.DECISION), "")
    fee = next((f"{line.amount} {line.currency} ({line.year})" for line in network.fees), "")
    with override(network.reader.language):
        facts: list[tuple[str, str]] = [
            (_("Status"), network.status),
            (_("Joined"), network.joined),
            (network.left_label, network.left),
            (_("Founded"), network.founded),
            (_("Seat"), network.place),
            (_("Website"), row.website),
            (_("The network’s page about the city"), row.membership_page),
            (_("Decision to join"), decision),
            (_("Annual fee"), fee),
            (_("Responsible unit"), network.responsible_unit),
            (_("E-mail"), row.contact_email),
            (_("Telephone"), row.contact_phone),
            (_("Verified on"), network.verified_on),
            (_("Source"), network.source),
        ]
    return [(label, value if isinstance(value, Text) else Text(value)) for label, value in facts if value]


def stated_digest(network: Network) -> str:
    """Return a digest of the facts and texts in the row of a network, which differs when one of them does."""
    content = public_content(Network, content_of(network))
    # Without what is empty, so that answers still hold when networks get a new field
    stated = {
        name: value for name, value in content.items() if name not in NOT_STATED and value not in ("", None, [])
    }
    return sha256(json.dumps(stated, sort_keys=True).encode()).hexdigest()


def is_as_stated(answer: UnitAnswer, network: Network) -> bool:
    """Return whether citizens read of a network what they did when the answer was given."""
    if not answer.stated:
        return network.changed_at <= answer.created_at
    return stated_digest(network) == answer.stated


# Answers


def give_answers(link: ConfirmationLink, answers: Iterable[Given], *, name: str = "") -> int:
    """
    Store the answers that differ from those that are open, and return how many. A newer answer replaces an open one.

    Raise LinkClosed, TooManyAnswers, NotOfUnit, and ChangedMeanwhile; then none is stored.
    """
    by_network = {each.network: each for each in answers}
    with transaction.atomic():
        link = ConfirmationLink.objects.select_for_update().get(pk=link.pk)
        if not link.is_open:
            raise LinkClosed
        rows = memberships(link.unit).filter(pk__in=by_network).order_by("pk")
        networks = list(rows.select_for_update(no_key=True).prefetch_related("themes"))
        if len(networks) < len(by_network):
            raise NotOfUnit
        if any(by_network[each.pk].seen not in ("", stated_digest(each)) for each in networks):
            raise ChangedMeanwhile
        open_answers = {each.network_id: each for each in open_answers_of(rows)}
        new = [
            UnitAnswer(
                link=link,
                network=network,
                kind=given.kind,
                text=given.text,
                ended_on=given.ended_on,
                stated=stated_digest(network),
                name=name,
            )
            for network, given in ((each, by_network[each.pk]) for each in networks)
        ]
        new = [each for each in new if not is_same(each, open_answers.get(each.network_id))]
        count(link, len(new))
        UnitAnswer.objects.filter(network__in=[each.network_id for each in new], state=UnitAnswer.State.OPEN).delete()
        UnitAnswer.objects.bulk_create(new)
    return len(new)


def open_answers_of(networks: QuerySet[Network]) -> QuerySet[UnitAnswer]:
    return UnitAnswer.objects.filter(network__in=networks.values("pk"), state=UnitAnswer.State.OPEN)


def is_same(answer: UnitAnswer, earlier: UnitAnswer | None) -> bool:
    # Not the name: an answer that comes back unchanged with another one stays that of whoever gave it.
    compared = ("link_id", "kind", "text", "ended_on", "stated")
    return earlier is not None and all(getattr(answer, each) == getattr(earlier, each) for each in compared)


def count(link: ConfirmationLink, answers: int) -> None:
    """Count the answers that a locked link takes. Raise TooManyAnswers."""
    now = timezone.now()
    if link.hour_began_at is None or link.hour_began_at <= now - HOUR:
        link.hour_began_at, link.answers_in_hour = now, 0
    if link.answers_in_hour + answers > MOST_IN_AN_HOUR:
        raise TooManyAnswers(int((link.hour_began_at + HOUR - now).total_seconds()) + 1)
    link.answers_in_hour += answers
    link.save(update_fields=["hour_began_at", "answers_in_hour"])


def waiting_answers() -> QuerySet[UnitAnswer]:
    """Return the open answers, the oldest first. Those for networks in the bin wait until these are put back."""
    return UnitAnswer.objects.filter(state=UnitAnswer.State.OPEN, network__deleted_at=None)


def accept(answer: UnitAnswer, *, author: User, status: str = Network.Status.LEFT) -> UnitAnswer:
    """
    Accept an open answer: verify the network, or save its end as a draft with the given status.

    An answer that something has changed is only marked: somebody has to write what it says. Raise ValidationError.
    """
    with transaction.atomic():
        network = lock(answer.network)
        answer = decide(answer, UnitAnswer.State.ACCEPTED, author=author)
        if answer.kind == UnitAnswer.Kind.AS_STATED:
            if not network.is_published:
                raise ValidationError(_("This is not on the site."))
            if not is_as_stated(answer, network):
                raise ValidationError(
                    _("What citizens read has changed since this answer. Refuse it, and ask the unit again.")
                )
            verify(network, author=author)
        elif answer.kind == UnitAnswer.Kind.ENDED:
            ended = {"status": status}
            if answer.ended_on:
                ended["left"] = answer.ended_on.isoformat()
            drafts.save(network, ended, author=author)
    return answer


def refuse(answer: UnitAnswer, *, author: User) -> UnitAnswer:
    """Refuse an open answer, which stays on record. Raise ValidationError."""
    with transaction.atomic():
        lock(answer.network)
        return decide(answer, UnitAnswer.State.REFUSED, author=author)


def decide(answer: UnitAnswer, state: UnitAnswer.State, *, author: User) -> UnitAnswer:
    """Set the state of an open answer, of which the network is locked."""
    decided = {
        "state": state,
        "decided_by": author,
        "decided_by_name": display_name(author),
        "decided_at": timezone.now(),
    }
    if not UnitAnswer.objects.filter(pk=answer.pk, state=UnitAnswer.State.OPEN).update(**decided):
        raise ValidationError(
            _("This answer was decided on, or the unit has given a newer one. Look at the list again.")
        )
    return UnitAnswer.objects.get(pk=answer.pk)
