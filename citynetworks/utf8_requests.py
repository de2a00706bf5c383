"""Requests whose query and form are decoded as UTF-8, whatever their Content-Type says."""

from wsgiref.types import WSGIEnvironment

from django.core.exceptions import BadRequest
from django.core.handlers.wsgi import WSGIRequest
from django.utils.http import parse_header_parameters


class UTF8Request(WSGIRequest):
    """
    A request that ignores the charset of its Content-Type.

    Django decodes the query and the form with the charset that the client names, which may be any of Python's codecs,
    even hex, base64 or zlib. It does so when the request is created, where no middleware catches the error. Without a
    charset, Django decodes them as UTF-8, in which browsers submit the forms of the site.
    """

    def _set_content_type_params(self, meta: WSGIEnvironment) -> None:
        try:
            self.content_type, self.content_params = parse_header_parameters(meta.get("CONTENT_TYPE", ""))
        except (LookupError, ValueError):  # a parameter in an unknown encoding (RFC 2231)
            self.content_type, self.content_params = "", {}

    def _load_post_and_files(self) -> None:
        try:
            super()._load_post_and_files()
        except (LookupError, ValueError) as error:  # the same in a part of a multipart form
            self._mark_post_parse_error()
            raise BadRequest("A name in the form is in an unknown encoding") from error
