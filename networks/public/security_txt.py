"""/.well-known/security.txt (RFC 9116): the contact for reports of security problems."""

from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from citynetworks.security_contact import mailto_uri
from networks.models import CityProfile

# RFC 9116 recommends less than a year.
VALID_FOR = timedelta(days=180)


def contact_uri() -> str:
    """Return the contact as a URI; empty if there is none, and so no file."""
    email = CityProfile.objects.current().email
    return settings.SECURITY_CONTACT or (mailto_uri(email) if email else "")


@require_safe
def security_txt(request: HttpRequest) -> HttpResponse:
    """Return the file; raise Http404 without a contact, which the RFC requires."""
    if not (contact := contact_uri()):
        raise Http404
    today = timezone.now().astimezone(UTC).date()
    expires = datetime(today.year, today.month, today.day, tzinfo=UTC) + VALID_FOR
    lines = [
        f"Contact: {contact}",
        f"Expires: {expires:%Y-%m-%dT%H:%M:%SZ}",
        "Preferred-Languages: sr, en",
    ]
    # The RFC allows HTTPS URLs only.
    if request.is_secure():
        lines.append(f"Canonical: {request.build_absolute_uri(reverse('security_txt'))}")
    return HttpResponse("".join(f"{line}\n" for line in lines), content_type="text/plain; charset=utf-8")
