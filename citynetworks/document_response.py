"""A response with an uploaded document: in parts for clients that resume, and never run as anything else."""

import re
from datetime import datetime
from urllib.parse import quote

from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.cache import get_conditional_response
from django.utils.http import http_date

from citynetworks.uploads import POLICY

# Several ranges at once are not needed to resume, so they get the whole file, as the standard allows.
RANGE = re.compile(r"bytes=(?:(\d{1,15})-(\d{0,15})|-(\d{1,15}))")
# What no file system accepts in a name, or what a header would end at
UNSAFE = re.compile(r'[\x00-\x1f\x7f"*/:<>?\\|]+')


class Unsatisfiable(Exception):
    """The range begins after the end of the file."""


def document_response(
    request: HttpRequest, name: str, *, etag: str, modified: datetime | None, ascii_name: str, title: str
) -> HttpResponseBase:
    """
    Return a response with a PDF of the storage. `etag` is without quotation marks. Raise Http404 if it is missing.

    A browser proposes the title as the name of the file, `ascii_name` where it knows no others; neither has a suffix.
    """
    try:
        size = default_storage.size(name)
        modified = modified or default_storage.get_modified_time(name)
    except OSError as error:
        raise Http404("The file is missing") from error
    seconds = int(modified.timestamp())
    headers = {
        "Accept-Ranges": "bytes",
        # Browsers ask each time, since a newer file may have taken its place.
        "Cache-Control": "public, no-cache",
        "Content-Disposition": disposition(ascii_name, title),
        "Content-Security-Policy": POLICY,
        "Content-Type": "application/pdf",
        "ETag": f'"{etag}"',
        "Last-Modified": http_date(seconds),
        "X-Content-Type-Options": "nosniff",
    }
    unchanged = get_conditional_response(request, etag=headers["ETag"], last_modified=seconds)
    if unchanged is not None:
        for header in ("Cache-Control", "ETag", "Last-Modified"):
            unchanged.headers[header] = headers[header]
        return unchanged
    try:
        part = requested_part(request, size, headers)
    except Unsatisfiable:
        return HttpResponse(status=416, headers=headers | {"Content-Range": f"bytes */{size}"})
    first, last = part or (0, size - 1)
    headers["Content-Length"] = str(last - first + 1)
    if part:
        headers["Content-Range"] = f"bytes {first}-{last}/{size}"
    if request.method == "HEAD":
        return HttpResponse(headers=headers)
    return StreamingHttpResponse(
        default_storage.pieces(name, first, last), status=206 if part else 200, headers=headers
    )


def requested_part(request: HttpRequest, size: int, headers: dict[str, str]) -> tuple[int, int] | None:
    """Return the first and the last byte of the range that is asked for; None for the whole file."""
    found = RANGE.fullmatch(request.headers.get("Range", "").strip())
    condition = request.headers.get("If-Range", "").strip()
    if request.method != "GET" or not found or condition not in ("", headers["ETag"], headers["Last-Modified"]):
        return None
    if found[3]:
        first, last = max(0, size - int(found[3])), size - 1
        if found[3].strip("0") == "":
            raise Unsatisfiable
    else:
        first, last = int(found[1]), min(int(found[2]) if found[2] else size - 1, size - 1)
        if found[2] and int(found[2]) < int(found[1]):
            return None  # no range at all, which is ignored
    if first >= size:
        raise Unsatisfiable
    return first, last


def disposition(ascii_name: str, title: str) -> str:
    name = UNSAFE.sub(" ", title).strip(" .")[:100] or ascii_name
    return f"inline; filename=\"{ascii_name}.pdf\"; filename*=UTF-8''{quote(f'{name}.pdf', safe='')}"
