"""How much there is to verify, for the start page of the admin."""

from django.contrib.auth.models import User

from networks.models import Network
from networks.revisions.verification import is_due


def verification_counts(user: User) -> dict:
    """Return how many memberships are due to be verified, if the user may see them."""
    if not user.has_perm("networks.view_network"):
        return {}
    return {"due_count": Network.objects.filter(is_due()).count()}
