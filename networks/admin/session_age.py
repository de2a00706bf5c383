"""
A session ends when the desk was not used for SESSION_COOKIE_AGE.

Django counts from when a session was last written. Not every request writes it: only when a tenth of its time has
gone, so that a page is still read without writing.
"""

from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

RENEWED_AT = "renewed_at"

# What an open page asks by itself, by the names of the addresses. That nobody is in front of it, it cannot know.
ASKED_BY_PAGES = {"networks_network_open"}


@receiver(user_logged_in)
def begin(request: HttpRequest, **kwargs) -> None:
    request.session[RENEWED_AT] = timezone.now().timestamp()


def keep_alive(request: HttpRequest) -> None:
    """Let the session begin anew, where that is due. The request is of somebody who is signed in."""
    session = request.session
    gone = timezone.now().timestamp() - session.get(RENEWED_AT, 0)
    # A clock that was set back is no reason to end it early.
    if not 0 <= gone <= session.get_expiry_age() / 10 and request.resolver_match.url_name not in ASKED_BY_PAGES:
        begin(request)
