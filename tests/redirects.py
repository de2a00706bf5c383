"""Where a URL leads, step by step."""

from urllib.parse import unquote_to_bytes, urljoin, urlsplit

SITE = "http://testserver"


def ask(client, target, method="GET"):
    """Ask for a target as it stands in a request, which the test client would otherwise tidy up first."""
    path, _mark, query = target.partition("?")
    as_sent = {
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": query.encode().decode("latin-1"),
    }
    return client.generic(method, "/", **as_sent)


def hops(client, target, limit=10):
    """Follow the redirects from a target as a browser does; return every target and the last answer."""
    targets = [target]
    while True:
        response = ask(client, targets[-1])
        location = response.headers.get("Location")
        if location is None or len(targets) > limit:
            return targets, response
        assert_stays_here(location)
        targets.append(urlsplit(urljoin(SITE + targets[-1], location))._replace(scheme="", netloc="").geturl())


def assert_stays_here(location):
    # A browser reads "//host" and, because it takes \ for /, also "/\host" as another host.
    assert location.startswith("/"), location
    assert not location.startswith(("//", "/\\")), location
    assert "\\" not in location, location
    assert location.isascii(), location
    assert location.isprintable(), location
