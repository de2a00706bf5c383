"""
Previews: a version of a network as citizens would see it, at an address that names it.

The address is signed, so that no other can be made of it. Staff read any version; somebody without an account reads
the version that a link was made for, until the link expires, is revoked or ends with what it shows.
"""

from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import PermissionDenied
from django.core.signing import BadSignature, Signer
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from networks.models import PreviewLink, Revision

STAFF, LINK = "v", "l"
READ_PERMISSION = "networks.view_network"
BIN_PERMISSION = "networks.delete_network"


class LinkClosed(Exception):
    """The link was good once. It has expired, or was revoked."""


def end_links(revisions: QuerySet[Revision]) -> None:
    """End the links to revisions that are discarded or taken off the site, but for those that are kept on purpose."""
    links = PreviewLink.objects.filter(revision__in=revisions, is_kept=False, revoked_at=None)
    links.update(revoked_at=timezone.now())


def signer() -> Signer:
    return Signer(salt="networks.revisions.previews", sep="~")


def staff_address(revision: Revision) -> str:
    """Return the path at which staff read a version, in the active language."""
    return reverse("public:preview", args=[signer().sign(f"{STAFF}{revision.pk}")])


def link_address(link: PreviewLink) -> str:
    """Return the path that a link leads to, in the active language."""
    return reverse("public:preview", args=[signer().sign(f"{LINK}{link.pk}")])


def revision_at(token: str, user: User | AnonymousUser) -> Revision:
    """
    Return the version that a token stands for.

    Raises BadSignature for a token that was not made here, or for what is no more; LinkClosed; and PermissionDenied
    where staff's own address is opened by somebody else.
    """
    name = signer().unsign(token)
    kind, number = name[0], int(name[1:])
    revisions = Revision.objects.select_related("network")
    if kind == STAFF:
        if not (user.is_active and user.is_staff and user.has_perm(READ_PERMISSION)):
            raise PermissionDenied
        revision = revisions.filter(pk=number).first()
    else:
        link = PreviewLink.objects.filter(pk=number).first()
        if link is not None and not link.is_open:
            raise LinkClosed
        revision = revisions.get(pk=link.revision_id) if link else None
    in_bin = revision is not None and revision.network.deleted_at is not None
    if revision is None or (in_bin and (kind == LINK or not user.has_perm(BIN_PERMISSION))):
        raise BadSignature
    return revision
