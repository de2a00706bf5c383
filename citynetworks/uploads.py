"""
Uploaded pictures, stored safely and served by the site itself.

WhiteNoise cannot serve them, because it only knows the files that are there when it starts. A web server in front may
serve MEDIA_ROOT at /media/ itself. Where several servers keep uploads in a bucket, that is private, and each of them
sends what is in it at the same URLs: pages load pictures from the site alone (`img-src 'self'`).
"""

import os
import re
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.core.files.base import File
from django.core.files.storage import FileSystemStorage, default_storage
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.utils.cache import get_conditional_response
from django.utils.http import http_date

# What pictures.py makes, or made earlier, or a fixture brings. Nothing else is served, above all no HTML.
TYPES = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".webp": "image/webp"}

# No segment begins with a dot, so no path leads upwards or to a hidden file.
NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(?:/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")
# The name that pictures.py makes from a hash of the content
NAMED_BY_CONTENT = re.compile(r"(?:.*/)?([0-9a-f]{20})\.png")

ONE_YEAR = 365 * 24 * 60 * 60  # seconds
PIECE = 64 * 1024  # bytes of a file that are read at once

POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox"


class UploadsUnavailable(Exception):
    """The bucket of uploads does not answer, or does not let the site in. The page says to try again."""


class UploadsStorage(FileSystemStorage):
    """
    The folder of uploads, in which files are written atomically.

    A file is written under a hidden name, which is never served, and renamed when it is on the disk.
    """

    def _save(self, name: str, content: File) -> str:
        path = Path(self.path(name))
        part = path.with_name(f".{secrets.token_hex(8)}.part")
        try:
            super()._save(str(PurePosixPath(name).with_name(part.name)), content)
            fsync(part)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
        fsync(path.parent)  # the new name
        return name

    def touch(self, name: str) -> bool:
        """Let a file count as new from now on. Return whether it is there."""
        try:
            os.utime(self.path(name))
        except FileNotFoundError:
            return False
        return True

    def delete_forgotten(self, name: str, before: float) -> bool:
        """
        Delete a file unless it was written or touched since a time, in seconds of the epoch. Return whether it was.

        It is set aside first: who touches it then finds no file, and stores it anew.
        """
        path = Path(self.path(name))
        aside = path.with_name(f".{secrets.token_hex(8)}.part")
        try:
            path.rename(aside)
        except FileNotFoundError:
            return False
        if aside.stat().st_mtime >= before:
            aside.rename(path)
            return False
        aside.unlink()
        return True

    def pieces(self, name: str, first: int, last: int) -> Iterator[bytes]:
        """Yield a part of a file, from one byte to another. It is open from the first piece until the iterator is."""
        with self.open(name) as file:
            file.seek(first)
            left = last - first + 1
            while left and (piece := file.read(min(PIECE, left))):
                left -= len(piece)
                yield piece


def fsync(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class UploadsMiddleware:
    """
    Serve uploaded files. Pass on requests for other URLs and for missing files.

    It comes before middleware that compresses responses, because pictures are compressed, or that uses the database.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        if urlsplit(settings.MEDIA_URL).netloc:
            raise MiddlewareNotUsed  # another server serves them
        self.get_response = get_response
        self.prefix = settings.MEDIA_URL

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = None
        if request.path_info.startswith(self.prefix):
            response = file_response(request, request.path_info.removeprefix(self.prefix))
        return response or self.get_response(request)


def file_response(request: HttpRequest, name: str) -> HttpResponse | None:
    """Return a response with the file of that name in the storage, or None if there is none."""
    content_type = TYPES.get(PurePosixPath(name).suffix)
    if content_type is None or not NAME.fullmatch(name):
        return None
    try:
        with default_storage.open(name) as file:
            content = file.read()
        modified = default_storage.get_modified_time(name).timestamp()
    except (OSError, ValueError):  # missing, a folder, or a name that is too long
        return None
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD"])
    named = NAMED_BY_CONTENT.fullmatch(name)
    etag = f'"{named[1]}"' if named else f'"{int(modified * 1000):x}-{len(content):x}"'
    response = HttpResponse(content, content_type=content_type)
    response.headers["Content-Length"] = str(len(content))
    response.headers["ETag"] = etag
    response.headers["Last-Modified"] = http_date(modified)
    response.headers["Cache-Control"] = f"public, max-age={ONE_YEAR}, immutable" if named else "public, no-cache"
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"  # open data refers to them
    return get_conditional_response(request, etag=etag, last_modified=int(modified), response=response)
