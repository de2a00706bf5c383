"""What a request says it is written in breaks nothing: it is read as UTF-8, or refused."""

from io import BytesIO

import pytest
from django.core.handlers.wsgi import WSGIHandler

from citynetworks.utf8_requests import UTF8Request
from tests.stored import ask

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("connection_of_the_test")]

CODECS = [
    *("hex", "base64", "rot13", "zlib", "bz2", "quopri", "uu", "punycode", "idna", "undefined", "unicode_escape"),
    *("utf-16", "utf-7", "utf-8", "none"),
]


def sent(path, content_type, body=b"", method="POST"):
    """Send a request as a server hands it over, and return the status."""
    application = WSGIHandler()
    application.request_class = UTF8Request
    told = {"CONTENT_TYPE": content_type, "CONTENT_LENGTH": str(len(body)), "wsgi.input": BytesIO(body)}
    return ask(application, path, method, **told).status


@pytest.mark.exhaustive
@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize(
    "kind", ["text/html", "application/x-www-form-urlencoded", "multipart/form-data; boundary=b"]
)
def test_charset_of_a_request_breaks_nothing(kind, codec, subtests):
    for parameter in ("charset={}", "charset*={}''%41", "x*={}''%41"):
        with subtests.test(parameter):
            assert_understood_or_refused(f"{kind}; {parameter.format(codec)}", codec)


def assert_understood_or_refused(content_type, codec):
    part = f"--b\r\nContent-Disposition: form-data; name*={codec}''%41\r\n\r\nx\r\n--b--\r\n".encode()
    for path in ("/?q=%ff", "/en/admin/login/?next=/"):
        assert sent(path, content_type, method="GET") in (200, 404), path
        for body in (b"q=%D0%B0&username=x", part):
            assert sent(path, content_type, body) in (200, 400, 403, 404, 405), path


@pytest.mark.parametrize("charset", ["", "; charset=utf-8"])
def test_too_many_parameters_are_refused(charset):
    assert sent("/?" + "q=1&" * 5000, f"text/html{charset}", method="GET") == 400
    assert sent("/en/admin/login/", f"application/x-www-form-urlencoded{charset}", b"q=1&" * 5000) in (400, 403)


def test_form_is_read_as_utf_8_whatever_it_says():
    application = WSGIHandler()
    application.request_class = UTF8Request
    answer = ask(application, "/?q=%D0%BC%D0%B8%D1%80", CONTENT_TYPE="text/html; charset=iso-8859-5")
    assert 'value="мир"' in answer.text
