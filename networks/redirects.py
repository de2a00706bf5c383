"""Redirects that staff can change their minds about."""

from django.http import HttpResponsePermanentRedirect

FRESH_FOR = 60 * 60  # seconds


def moved(target: str) -> HttpResponsePermanentRedirect:
    """
    Return a permanent redirect that browsers ask for anew after an hour.

    Without a word on it, they keep one for ever: a corrected target would never reach them, and two rows that have
    swapped their addresses would send them in a circle.
    """
    response = HttpResponsePermanentRedirect(target)
    response.headers["Cache-Control"] = f"public, max-age={FRESH_FOR}"
    return response
