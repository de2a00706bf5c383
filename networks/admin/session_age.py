"""
End a session when the admin was not used for SESSION_COOKIE_AGE.

Django counts from the last time the session was written. A session is written again only after a tenth of its age, so
most requests read it without writing.
"""

from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

RENEWED_AT = "renewed_at"

# URL names that an open page polls by itself. Such a request does not show that somebody uses the admin.
POLLED_URL_NAMES = {"networks_network_open", "networks_page_open"}


@receiver(user_logged_in)
def start_session_age(request: HttpRequest, **kwargs) -> None:
    request.session[RENEWED_AT] = timezone.now().timestamp()


def renew_session(request: HttpRequest) -> None:
    """Restart the age of the session of a logged-in user, if a tenth of it has passed."""
    session = request.session
    age = timezone.now().timestamp() - session.get(RENEWED_AT, 0)
    # The age is negative when the clock was set back. That must not end the session early.
    if not 0 <= age <= session.get_expiry_age() / 10 and request.resolver_match.url_name not in POLLED_URL_NAMES:
        start_session_age(request)
