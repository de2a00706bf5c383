"""How a request is read: its text is UTF-8, whatever its Content-Type says."""

from django.core.exceptions import BadRequest
from django.core.handlers.wsgi import WSGIRequest
from django.utils.http import parse_header_parameters


class Request(WSGIRequest):
    """
    A request that no Content-Type can break.

    Django decodes the query and the form with the charset that the client names, which may be any codec of Python's:
    hex, base64 or zlib are no encodings of text at all. And it does so while the request is made, where nothing
    catches what goes wrong. The forms of the site are sent in UTF-8, which is what is read without a charset.
    """

    def _set_content_type_params(self, meta):
        try:
            self.content_type, self.content_params = parse_header_parameters(meta.get("CONTENT_TYPE", ""))
        except (LookupError, ValueError):  # a parameter in an encoding that there is not (RFC 2231)
            self.content_type, self.content_params = "", {}

    def _load_post_and_files(self):
        try:
            super()._load_post_and_files()
        except (LookupError, ValueError) as error:  # the same in a part of the form
            self._mark_post_parse_error()
            raise BadRequest("A name in the form is in an encoding that there is not") from error
