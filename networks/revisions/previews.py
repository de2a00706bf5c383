"""
Previews: a public page rendered from a revision, at a signed URL.

Staff can preview any revision. A link lets somebody without an account preview one revision, until it expires or is
revoked, by staff or because the revision is discarded or unpublished.
"""

from django.contrib.auth import get_permission_codename
from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import PermissionDenied
from django.core.signing import BadSignature, Signer
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from networks.models import PreviewLink, RevisedModel, Revision

STAFF, LINK = "v", "l"


class LinkClosed(Exception):
    """The link has expired, or was revoked."""


def revoke_links(revisions: QuerySet[Revision]) -> None:
    """Revoke the links to revisions that are discarded or unpublished, except those that staff chose to keep."""
    links = PreviewLink.objects.filter(revision__in=revisions, is_kept=False, revoked_at=None)
    links.update(revoked_at=timezone.now())


def signer() -> Signer:
    return Signer(salt="networks.previews", sep="~")  # which links that were sent long ago depend on


def staff_url(revision: Revision) -> str:
    """Return the URL at which staff preview a revision, in the active language."""
    return reverse("public:preview", args=[signer().sign(f"{STAFF}{revision.pk}")])


def link_url(link: PreviewLink) -> str:
    """Return the URL of a link for somebody without an account, in the active language."""
    return reverse("public:preview", args=[signer().sign(f"{LINK}{link.pk}")])


def revision_of_token(token: str, user: User | AnonymousUser) -> Revision:
    """
    Return the revision that the token of a preview's URL stands for.

    Raise BadSignature for a token that was not made here, or whose revision was deleted; LinkClosed; and
    PermissionDenied if a URL for staff is opened by somebody else.
    """
    name = signer().unsign(token)
    kind, number = name[0], int(name[1:])
    revisions = Revision.objects.select_related("network", "page")
    if kind == STAFF:
        if not (user.is_active and user.is_staff):
            raise PermissionDenied
        revision = revisions.filter(pk=number).first()
        if revision is not None and not user.has_perm(permission("view", revision.row)):
            raise PermissionDenied
    else:
        link = PreviewLink.objects.filter(pk=number).first()
        if link is not None and not link.is_open:
            raise LinkClosed
        revision = revisions.get(pk=link.revision_id) if link else None
    if revision is None:
        raise BadSignature
    row = revision.row
    if row.deleted_at is not None and (kind == LINK or not user.has_perm(permission("delete", row))):
        raise BadSignature
    return revision


def permission(action: str, row: RevisedModel) -> str:
    return f"{row._meta.app_label}.{get_permission_codename(action, row._meta)}"
