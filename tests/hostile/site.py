"""The site that is attacked, and how it is spoken to."""

import http.client
import json
import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode
from uuid import uuid4

import lxml.html

from networks.management import demo_site
from tests.servers import HOST, PATIENCE, Server, environment, run, serving

Response = tuple[int, dict[str, str], bytes]


@dataclass
class Site:
    """
    The site under its server. `source` is the address of this machine that a request comes from.

    `headers` go with each request: those of a proxy, or the host by which it is asked.
    """

    server: Server
    passwords: dict[str, str]
    headers: dict[str, str] = field(default_factory=dict)

    host = HOST

    @property
    def port(self) -> int:
        return self.server.port

    def connection(self, source: str = HOST, timeout: float = PATIENCE) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(HOST, self.port, timeout=timeout, source_address=(source, 0))

    def request(self, method, path, body=None, headers=None, *, source=HOST, timeout=PATIENCE) -> Response:
        """Return status, headers by their names in lower case, and body, over a connection of its own."""
        connection = self.connection(source, timeout)
        try:
            connection.request(method, path, body, {**self.headers, **(headers or {})})
            response = connection.getresponse()
            return response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()
        finally:
            connection.close()

    def sign_in(self, username: str, *, source: str = HOST) -> "Session":
        """Return a session of one of the accounts of the demo."""
        session = Session(self, source)
        session.get("/en/admin/login/")
        fields = {"username": username, "password": self.passwords[username], "next": "/en/admin/"}
        status, _headers, body = session.post("/en/admin/login/", fields)
        if status != 302:
            raise AssertionError(f"{username} could not sign in: {status} {words_of(body)}")
        return session


@dataclass
class Session:
    """Somebody's browser: it keeps cookies, and sends the CSRF token with each form."""

    site: Site
    source: str = HOST
    cookies: dict[str, str] = field(default_factory=dict)

    def request(self, method, path, body=None, headers=None, **options) -> Response:
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        sent = {**self.site.headers, "Cookie": cookies, **(headers or {})}
        connection = self.site.connection(self.source, options.get("timeout", PATIENCE))
        try:
            connection.request(method, path, body, sent)
            response = connection.getresponse()
            for cookie in response.headers.get_all("Set-Cookie") or []:
                name, _mark, value = cookie.partition(";")[0].partition("=")
                self.cookies[name] = value
            return response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()
        finally:
            connection.close()

    def get(self, path, **options) -> Response:
        return self.request("GET", path, **options)

    def post(self, path, fields: Mapping, files: Mapping | None = None, **options) -> Response:
        """Post a form. `files` are (name of the file, content) by the names of their fields."""
        token = next((text for name, text in self.cookies.items() if name.endswith("csrftoken")), "")
        fields = {"csrfmiddlewaretoken": token, **fields}
        if files is None:
            body, content_type = urlencode(fields, doseq=True).encode(), "application/x-www-form-urlencoded"
        else:
            body, content_type = multipart(fields, files)
        return self.request("POST", path, body, {"Content-Type": content_type}, **options)

    def form(self, path: str, form_id: str = "network_form") -> dict[str, list[str]]:
        """Return the values that a form of the admin opens with, without its buttons."""
        _status, _headers, body = self.get(path)
        values: dict[str, list[str]] = {}
        for name, value in lxml.html.fromstring(body.decode()).get_element_by_id(form_id).form_values():
            if not name.startswith("_"):
                values.setdefault(name, []).append(value)
        return values


def multipart(fields: Mapping, files: Mapping) -> tuple[bytes, str]:
    boundary = uuid4().hex
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, values in fields.items()
        for value in (values if isinstance(values, list) else [values])
    ]
    for name, (filename, content) in files.items():
        head = f'Content-Disposition: form-data; name="{name}"; filename="{filename}"'
        parts.append(f"--{boundary}\r\n{head}\r\nContent-Type: application/octet-stream\r\n\r\n".encode())
        parts.append(content + b"\r\n")
    return b"".join([*parts, f"--{boundary}--\r\n".encode()]), f"multipart/form-data; boundary={boundary}"


def words_of(body: bytes) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", body.decode(errors="replace")).split())[:300]


@contextmanager
def attacked_site(**variables: str) -> Iterator[Site]:
    """Serve the content of the demo, in production with these settings, from a folder that goes with it."""
    with tempfile.TemporaryDirectory(prefix="hostile-") as temporary:
        folder = Path(temporary)
        env = environment(folder, **variables)
        passwords = json.loads(run("tests.hostile.site", env=env))
        with serving({"site": ("citynetworks.wsgi:application", env)}, folder) as servers:
            yield Site(servers["site"], passwords)


DRAFTS = 50  # networks beside those of the demo, one for each editor of a crowd


def prepare() -> dict[str, str]:
    """Fill the database, and return the passwords of the accounts."""
    from networks.models import Network
    from networks.revisions import drafts

    passwords = demo_site.prepare()
    for number in range(DRAFTS):
        drafts.save(Network(), {"name_sr": f"Нацрт {number}", "slug": f"draft-{number}"}, author=None)
    return passwords


if __name__ == "__main__":
    import django

    django.setup()
    print(json.dumps(prepare()))
