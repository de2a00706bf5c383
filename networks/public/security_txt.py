"""/.well-known/security.txt (RFC 9116): whom to tell about a weakness of the site."""

from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from citynetworks.security_contact import mailto_uri
from networks.models import CityProfile

# RFC 9116 wants less than a year. Whoever keeps a copy is told to ask anew after half of one.
VALID_FOR = timedelta(days=180)


def contact_address() -> str:
    """Return whom the file names, as a URI; empty where there is nobody, and so no file."""
    email = CityProfile.objects.current().email
    return settings.SECURITY_CONTACT or (mailto_uri(email) if email else "")


@require_safe
def security_txt(request: HttpRequest) -> HttpResponse:
    """Answer with the file; 404 where there is nobody to name, for without a contact it would not be valid."""
    if not (contact := contact_address()):
        raise Http404
    today = timezone.now().astimezone(UTC).date()
    expires = datetime(today.year, today.month, today.day, tzinfo=UTC) + VALID_FOR
    lines = [
        f"Contact: {contact}",
        f"Expires: {expires:%Y-%m-%dT%H:%M:%SZ}",
        "Preferred-Languages: sr, en",
    ]
    # It names its own address only over HTTPS, as the RFC has it: elsewhere anybody may have put it there.
    if request.is_secure():
        lines.append(f"Canonical: {request.build_absolute_uri(reverse('security_txt'))}")
    return HttpResponse("".join(f"{line}\n" for line in lines), content_type="text/plain; charset=utf-8")
