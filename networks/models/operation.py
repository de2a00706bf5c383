"""What maintainers have done: backups, restore drills and so on."""

from enum import StrEnum
from typing import Any

from django.db import models
from django.utils import timezone


class Operation(models.Model):
    """One operation that came to its end. The admin and the health report say when the last one was."""

    class Kind(StrEnum):
        BACKUP = "backup"
        RESTORE = "restore"
        RESTORE_DRILL = "restore_drill"
        UPGRADE = "upgrade"
        CLEAN_UP = "clean_up"

    kind = models.CharField(max_length=20)
    finished_at = models.DateTimeField(default=timezone.now)
    succeeded = models.BooleanField(default=True)
    # What a program says of it: names, counts and sizes, never a name or an address of a person
    details = models.JSONField(default=dict)

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["kind", "-finished_at"], name="operation_newest_of_kind")]

    def __str__(self) -> str:
        return f"{self.kind} {self.finished_at:%Y-%m-%d %H:%M}"

    @classmethod
    def record(cls, kind: "Operation.Kind", succeeded: bool = True, **details: Any) -> "Operation":
        """Store that an operation has ended now."""
        return cls.objects.create(kind=kind, succeeded=succeeded, details=details)

    @classmethod
    def newest(cls, kind: "Operation.Kind") -> "Operation | None":
        """Return the last operation of a kind that succeeded."""
        return cls.objects.filter(kind=kind, succeeded=True).order_by("-finished_at").first()
