"""How much there is to verify, for the start page of the admin."""

from django.contrib.auth.models import User

from networks.models import Network
from networks.revisions.unit_answers import waiting_answers
from networks.revisions.verification import is_due


def verification_counts(user: User) -> dict:
    """Return how many memberships are due to be verified, and how many answers are open, as far as a user may see."""
    if not user.has_perm("networks.view_network"):
        return {}
    may_decide = user.has_perm("networks.publish_network")
    return {
        "due_count": Network.objects.filter(is_due()).count(),
        "answer_count": waiting_answers().count() if may_decide else 0,
    }
