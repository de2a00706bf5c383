"""
Deleting what nobody can open any more: expired rows, and uploads that nothing names.

What the site deletes by itself is not here: counters of wrong passwords go with the next wrong one, and links for
choosing a password are not stored. Forms, spreadsheets and the audit log go with the next save and the next log-in;
here they go on a site where nobody works. Drafts, history, the bin and the record of what was done are never touched.
"""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import PurePosixPath
from typing import Any

from django.apps import apps
from django.contrib.sessions.models import Session
from django.core.files.storage import default_storage
from django.db import models
from django.db.models.functions import Cast
from django.utils import timezone

from networks.models import AuditEntry, ConfirmationLink, OpenForm, PreviewLink, SpreadsheetFile
from networks.revisions.saved_forms import expired_forms

# After it has expired, a link still says so, and stands among the links of its row
LINKS_KEPT_FOR = timedelta(days=30)
# A form that is open says so every few minutes.
OPEN_FORMS_KEPT_FOR = timedelta(days=1)
UNFINISHED_KEPT_FOR = timedelta(days=1)

# The names of uploads that the site has made: of pictures by their content, of documents by a digest that is secret
UPLOAD = re.compile(r"([0-9a-f]{20})\.png|([0-9a-f]{40})\.pdf")
# A file that was being written when its process ended, see citynetworks.uploads
UNFINISHED = re.compile(r"\.[0-9a-f]{16}\.part")
DIGEST = re.compile(r"[0-9a-f]{20,}")

ROWS_AT_ONCE = 500


def expired_rows() -> dict[str, models.QuerySet]:
    """Return the rows to be deleted, by a name in words."""
    now = timezone.now()
    of_closed_links = models.Q(expires_at__lt=now - LINKS_KEPT_FOR) | models.Q(revoked_at__lt=now - LINKS_KEPT_FOR)
    return {
        "expired sessions": Session.objects.filter(expire_date__lt=now),
        "records of open forms": OpenForm.objects.filter(seen_at__lt=now - OPEN_FORMS_KEPT_FOR),
        "records of saved forms": expired_forms(),
        "spreadsheets": SpreadsheetFile.objects.expired(),
        "entries of the audit log": AuditEntry.objects.expired(),
        "links of previews": PreviewLink.objects.filter(of_closed_links),
        # What a unit has answered is evidence, and belongs to its link.
        "links of units without an answer": ConfirmationLink.objects.filter(of_closed_links, answers=None),
    }


def forgotten_files(older_than: timedelta) -> Iterator[str]:
    """
    Yield the names of uploads that no row names, no revision and nothing else in the database, and that are old.

    Only files that the site has named itself.
    """
    now = timezone.now()
    uploads = {}
    for name in stored_names():
        base = PurePosixPath(name).name
        if UNFINISHED.fullmatch(base):
            if is_older(name, now - UNFINISHED_KEPT_FOR):
                yield name
        elif UPLOAD.fullmatch(base):
            uploads[name] = PurePosixPath(name).stem
    forgotten = {*uploads.values()}
    for digests in named_digests() if uploads else ():
        forgotten -= digests
        if not forgotten:
            return
    # The age last: a bucket is asked for it once for each file.
    yield from (name for name, digest in uploads.items() if digest in forgotten and is_older(name, now - older_than))


def is_older(name: str, moment: datetime) -> bool:
    """Return whether an upload is there and was last written before a moment."""
    try:
        return default_storage.get_modified_time(name) < moment
    except FileNotFoundError:
        return False


def delete_forgotten_file(name: str, older_than: timedelta) -> bool:
    """Delete such a file unless somebody has uploaded the same once more meanwhile. Return whether it was deleted."""
    kept_for = UNFINISHED_KEPT_FOR if UNFINISHED.fullmatch(PurePosixPath(name).name) else older_than
    storage: Any = default_storage  # UploadsStorage or S3UploadsStorage
    return storage.delete_forgotten(name, (timezone.now() - kept_for).timestamp())


def stored_names(folder: str = "") -> Iterator[str]:
    """Yield the names of all uploads."""
    try:
        folders, files = default_storage.listdir(folder)
    except FileNotFoundError:  # nothing was uploaded yet
        return
    for file in files:
        yield str(PurePosixPath(folder) / file)
    for each in filter(None, folders):  # a bucket may have one without a name
        yield from stored_names(str(PurePosixPath(folder) / each))


def named_digests() -> Iterator[set[str]]:
    """Yield what could be the digest of an upload in any text of the database, whatever its column is for."""
    for model in apps.get_models(include_auto_created=True):
        texts = [field.name for field in model._meta.concrete_fields if is_text(field)]
        if not texts or model._meta.proxy or not model._meta.managed:
            continue
        columns: list[Any] = [Cast(name, models.TextField()) for name in texts]
        rows = model._base_manager.order_by().values_list(*columns)
        for row in rows.iterator(chunk_size=ROWS_AT_ONCE):
            yield {digest for text in row if text for digest in DIGEST.findall(text)}


def is_text(field: models.Field) -> bool:
    return isinstance(field, models.CharField | models.TextField | models.JSONField | models.FileField)
