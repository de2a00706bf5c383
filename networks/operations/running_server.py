"""Ask the running server what its readers get: front pages, their style sheet and pictures, and its own health."""

import http.client
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from ipaddress import ip_address
from urllib.parse import urlsplit

from django.conf import settings
from django.http.request import validate_host

from citynetworks import __version__
from citynetworks.command_line import PROGRAM
from networks.languages import language_codes, language_prefix
from networks.operations.health import own_token
from networks.operations.probes import Finding, Status, reason

PATIENCE = 15  # seconds for an answer
MOST_PICTURES = 50  # of the front pages that are asked for

RESTART = "systemctl restart city-networks"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes


def examine_server(url: str, known: list[Finding]) -> list[Finding]:
    """
    Return what is found at the URL of a server, such as http://127.0.0.1:8000.

    Of what the server itself has found wrong, that is what is not among the `known` findings of this process.
    """
    try:
        ask(url, "/health/live/")
    except (OSError, http.client.HTTPException) as error:
        return [
            Finding(
                "server",
                Status.FAILED,
                f"Nothing answers at {url}: {reason(error)}.",
                "Nobody can read or edit the site.",
                f"systemctl status city-networks; {RESTART}",
            )
        ]
    try:
        return [*its_own_findings(url, known), *what_readers_get(url)]
    except (OSError, http.client.HTTPException) as error:
        words = f"The server at {url} stopped in the middle of an answer: {reason(error)}."
        return [Finding("server", Status.FAILED, words, "Readers may get half a page.", RESTART)]


def own_url() -> str:
    """Return where this machine reaches the server, whose settings this process has."""
    address = ip_address(settings.HOST)
    if address.is_unspecified:  # it listens at all
        address = ip_address("127.0.0.1" if address.version == 4 else "::1")
    return f"http://{address if address.version == 4 else f'[{address}]'}:{settings.PORT}"


def ask(url: str, path: str, headers: dict[str, str] | None = None) -> Answer:
    """Ask for a path as a proxy in front would: for a host of the site, whatever address the URL has."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=PATIENCE)
    is_allowed = validate_host(parts.hostname or "", settings.ALLOWED_HOSTS)
    sent = {"Host": parts.netloc if is_allowed else urlsplit(settings.SITE_URL).netloc, **(headers or {})}
    if settings.SECURE_PROXY_SSL_HEADER:
        sent["X-Forwarded-Proto"] = "https"
    try:
        connection.request("GET", path, headers=sent)
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read())
    finally:
        connection.close()


def its_own_findings(url: str, known: list[Finding]) -> Iterator[Finding]:
    """Give what the server itself found wrong, which may run as another user and since before an upgrade."""
    answer = ask(url, "/health/full/", {"Authorization": f"Bearer {own_token()}"})
    try:
        report = json.loads(answer.body)
        version, probes = report["version"], report["probes"]
    except (ValueError, KeyError):
        yield Finding(
            "server_version",
            Status.FAILED,
            f"The server at {url} does not tell its version (status {answer.status}).",
            "It is of an older version, or has another DJANGO_SECRET_KEY than this command.",
            f"{RESTART}; then look at both environments.",
        )
        return
    if version == __version__:
        yield Finding("server_version", Status.OK, f"The server runs version {version}, as is installed.")
    else:
        yield Finding(
            "server_version",
            Status.FAILED,
            f"The server runs version {version}; {__version__} is installed.",
            "What was upgraded does not work before the server is started anew.",
            RESTART,
        )
    for probe in probes:
        found = Finding(**probe | {"status": Status(probe["status"])})
        if found.status is not Status.OK and found not in known:
            yield replace(found, name=f"server_{found.name}")


def what_readers_get(url: str) -> Iterator[Finding]:
    """Give a finding of each front page, of the style sheet that it names, and of all pictures on them."""
    pictures: set[str] = set()
    stylesheets: set[str] = set()
    for code in language_codes():
        path = language_prefix(code)
        answer = ask(url, path)
        yield front_page(code, path, answer)
        page = answer.body.decode(errors="replace") if answer.status == 200 else ""
        stylesheets |= {*re.findall(rf'href="({re.escape(settings.STATIC_URL)}[^"]+\.css)"', page)}
        pictures |= {*re.findall(rf'src="({re.escape(settings.MEDIA_URL)}[^"]+)"', page)}
    why = "Readers see a page without its looks, or a gap in place of a picture."
    for name, paths, kind in (("stylesheet", stylesheets, "text/css"), ("logos", pictures, "image/")):
        broken = [path for path in sorted(paths)[:MOST_PICTURES] if not is_file(ask(url, path), kind)]
        words = f"The server sends {len(paths)} files that the front pages name as {name}."
        if broken:
            words = f"The server does not send {broken[0]}" + (f" and {len(broken) - 1} more." if broken[1:] else ".")
            remedy = f"{PROGRAM} collectstatic --noinput; {RESTART}" if name == "stylesheet" else f"{PROGRAM} doctor"
            yield Finding(f"server_{name}", Status.FAILED, words, why, remedy)
        else:
            yield Finding(f"server_{name}", Status.OK, words)


def front_page(code: str, path: str, answer: Answer) -> Finding:
    name = f"server_page_{code}"
    why = "This is the first that readers see."
    if answer.status in (301, 302):
        words = f"The front page {path} redirects to {answer.headers.get('Location', 'nowhere')}."
        return Finding(
            name, Status.FAILED, words, why, f"Ask at the URL of the proxy: {PROGRAM} doctor --url https://…"
        )
    if answer.status != 200 or b"</html>" not in answer.body:
        words = f"The front page {path} is not sent (status {answer.status})."
        if identifier := answer.headers.get("X-Request-ID"):
            words += f" Its lines in the log have the identifier {identifier}."
        return Finding(name, Status.FAILED, words, why, "journalctl -u city-networks")
    if "Age" in answer.headers:
        words = f"The front page {path} is a stored one of {answer.headers['Age']} seconds ago."
        return Finding(name, Status.WARNING, words, "The server does not reach its database.", f"{PROGRAM} doctor")
    return Finding(name, Status.OK, f"The front page {path} is sent.")


def is_file(answer: Answer, kind: str) -> bool:
    return answer.status == 200 and answer.headers.get("Content-Type", "").startswith(kind) and bool(answer.body)
