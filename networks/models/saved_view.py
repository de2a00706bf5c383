"""The views of lists of the admin that somebody has saved."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class SavedView(models.Model):
    """The filters, the search and the order of a list of the admin under a name; a shared one stands on all lists."""

    LONGEST_QUERY = 1000

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_views")
    model = models.CharField(max_length=50)  # the name of the model that is listed, such as network
    name = models.CharField(_("name"), max_length=60)
    query = models.CharField(max_length=LONGEST_QUERY)
    is_shared = models.BooleanField(_("for everybody"), default=False)

    class Meta:
        ordering = ["name", "pk"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["user", "model", "name"], name="saved_view_has_a_name_of_its_own")
        ]

    def __str__(self):
        return self.name
