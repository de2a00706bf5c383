"""What is noted about accounts beside Django's own models."""

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models


class TemporaryPassword(models.Model):
    """Marks an account whose password somebody else has chosen: its owner must change it after logging in."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="+"
    )

    class Meta:
        default_permissions = ()

    def __str__(self):
        return str(self.user_id)


class RevokedPasswordLinks(models.Model):
    """How often the links by which the owner of an account chooses its password were revoked."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="+"
    )
    times = models.PositiveIntegerField(default=0)

    class Meta:
        default_permissions = ()

    def __str__(self):
        return str(self.user_id)


class RequiredSecondFactor(models.Model):
    """Marks a role whose accounts must have a second factor. Superusers must, as soon as one role has to."""

    group = models.OneToOneField(Group, on_delete=models.CASCADE, primary_key=True, related_name="+")

    class Meta:
        default_permissions = ()

    def __str__(self):
        return str(self.group_id)


class SignInAttempts(models.Model):
    """Failed log-ins of an account, an IP address, or both together; of the last also the last successful one."""

    key = models.CharField(max_length=64, unique=True)
    failures = models.PositiveIntegerField(default=0)
    last_failed_at = models.DateTimeField(null=True)
    signed_in_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()

    def __str__(self):
        return self.key
