"""
A copy of the whole public site in plain files, for an archive, or for a mirror that runs no program.

Each address is answered by the site itself, in this process and without a network. Links between the copied pages are
relative, so the copy works from any folder of any server, and from a disk. What names the site stays absolute:
canonical addresses, feeds, data. The same content gives the same bytes on the same day; the timeline ends with today.
"""

import logging
import posixpath
from collections.abc import Callable
from contextlib import contextmanager
from datetime import datetime
from io import BytesIO
from pathlib import Path
from urllib.parse import quote, unquote, urljoin, urlsplit

from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.storage import default_storage
from django.core.handlers.base import BaseHandler
from django.core.handlers.wsgi import WSGIRequest
from django.db.models import Max
from django.http import HttpResponse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import override

from networks.languages import codes, language_of_path, prefix
from networks.models import CityProfile, Network, Page
from networks.page_store.version import current_version
from networks.public.exported_html import CopiedPage
from networks.public.page_urls import public_addresses
from networks.reading import Reader
from networks.revisions.public_changes import public_changes

MARKER = ".city-networks-copy"
MOST_REDIRECTS = 5


class CopyFailed(Exception):
    """The copy cannot be made; the words say why."""


class LocalSite:
    """The public site, asked in this process as a reader would ask it at its own address."""

    def __init__(self, base_url: str):
        """`base_url` is scheme and host, without a slash at the end."""
        self.base_url = base_url
        parts = urlsplit(base_url)
        self.environ = {
            "REQUEST_METHOD": "GET",
            "SCRIPT_NAME": "",
            "SERVER_NAME": parts.hostname,
            "SERVER_PORT": str(parts.port or (443 if parts.scheme == "https" else 80)),
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "HTTP_HOST": parts.netloc,
            "wsgi.url_scheme": parts.scheme,
        }
        self.handler = BaseHandler()
        self.handler.load_middleware()

    def ask(self, address: str) -> HttpResponse:
        """Return the answer to a path, which may have a query."""
        path, _mark, query = address.partition("?")
        environ = self.environ | {
            # WSGI hands over bytes as if they were Latin-1 (PEP 3333).
            "PATH_INFO": unquote(path).encode().decode("latin-1"),
            "QUERY_STRING": query,
            "wsgi.input": BytesIO(),
        }
        with override(settings.LANGUAGE_CODE):
            return self.handler.get_response(WSGIRequest(environ))


class StaticCopy:
    """One run: what has been written into the folder, and where each address stands in it."""

    def __init__(self, base_url: str, folder: Path, warn: Callable[[str], None]):
        self.site = LocalSite(base_url)
        self.base_url = base_url
        self.folder = folder
        self.warn = warn
        self.file_count = self.byte_count = 0
        self.files: dict[str, str] = {}  # by address
        self.others: dict[str, str | None] = {}  # by address: styles and pictures, and what leads on to a page
        self.static_url = urljoin(f"{base_url}/", staticfiles_storage.base_url)
        # Storages elsewhere may sign the address of each file, in its query.
        self.media_url = urljoin(f"{base_url}/", default_storage.url("x").partition("?")[0]).removesuffix("x")

    def write_all(self, report: Callable[[int, int], None], *, with_pictures: bool = True) -> None:
        """Write the whole copy; `report` is told how many of how many addresses are done."""
        version = current_version()
        self.changed_at = last_change()
        self.files = {address: file_of(address) for address in public_addresses(with_pictures=with_pictures)}
        missing_pages = [f"{prefix(code)}404.html" for code in codes()]
        count = len(self.files) + len(missing_pages)
        self.write(MARKER, f"A copy of {self.base_url}, which manage.py export_site may replace.\n".encode())
        for number, (address, file) in enumerate(self.files.items(), 1):
            self.copy(address, file)
            report(number, count)
        for number, address in enumerate(missing_pages, len(self.files) + 1):
            self.copy_missing_page(address)
            report(number, count)
        if current_version() != version:
            raise CopyFailed("The site was changed while the copy was being written. Start again.")

    def copy(self, address: str, file: str) -> None:
        response = self.site.ask(address)
        if response.status_code != 200:
            raise CopyFailed(f"{address} answered {response.status_code}, where a page should be.")
        content = response.content
        if response.headers["Content-Type"].startswith("text/html"):
            content = self.rewritten(content.decode(), address, lambda url: self.link(url, address, file))
        self.write(file, content)

    def copy_missing_page(self, address: str) -> None:
        """
        Write the page that servers give for what is missing.

        It stands at any depth, where no relative link would lead anywhere, so its links lead to the site itself.
        """
        with silenced("django.request"):  # which would report each page that is not there
            response = self.site.ask(address)
        if response.status_code != 404:
            raise CopyFailed(f"{address} answered {response.status_code}, where nothing should be.")
        html = response.content.decode()
        self.write(
            address.removeprefix("/"),
            self.rewritten(
                html, address, lambda url: url if url.startswith("#") else urljoin(self.base_url + address, url)
            ),
        )

    def rewritten(self, html: str, address: str, link: Callable[[str], str | None]) -> bytes:
        is_page = address in self.files
        with override(language_of_path(address)):
            original = self.base_url + (address if is_page else prefix(language_of_path(address)))
            list_url = self.base_url + prefix(language_of_path(address))
            page = CopiedPage(
                link,
                format_html(
                    '<p class="notice">{} <a href="{}">{}</a></p>',
                    _("Search and filters do not work in a copy. They do on the site itself:"),
                    list_url,
                    list_url,
                ),
                format_html(
                    '<p class="copy">{} <a href="{}">{}</a>{}</p>',
                    _("This is a copy of the page"),
                    original,
                    original,
                    self.date(),
                ),
            )
            return page.rewrite(html).encode()

    def date(self) -> str:
        """Return how old the content is, and not the copy: it is the same as long as nothing changes."""
        if self.changed_at is None:
            return ""
        return format_html("<br>{}: {}", _("Last change of the site"), Reader().date(self.changed_at))

    def link(self, url: str, address: str, file: str) -> str | None:
        """Return where an address that stands on a page leads in the copy, or None where it leads nowhere."""
        if url.startswith("#"):
            return url
        try:
            absolute = urljoin(self.base_url + address, url)
            parts = urlsplit(absolute)
        except ValueError:
            return url
        bare = parts._replace(query="", fragment="").geturl()
        if bare.startswith(self.static_url):
            target = self.static_file(bare)
        elif bare.startswith(self.media_url):
            target = self.uploaded_file(bare)
        elif f"{parts.scheme}://{parts.netloc}" != self.base_url:
            return url
        else:
            target = self.page(f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}")
        if target is None:
            return None
        fragment = f"#{parts.fragment}" if parts.fragment else ""
        return quote(posixpath.relpath(target, posixpath.dirname(file) or ".")) + fragment

    def page(self, address: str) -> str | None:
        """Return the file of an address, also where the site leads on from it; None for what is not in the copy."""
        if address in self.files:
            return self.files[address]
        if address.partition("?")[0] in self.files:
            return None  # filters
        if address not in self.others:
            self.others[address] = self.file_after_redirects(address)
        return self.others[address]

    def file_after_redirects(self, address: str) -> str | None:
        for _number in range(MOST_REDIRECTS):
            with silenced("django.request"):
                response = self.site.ask(address)
            parts = urlsplit(urljoin(self.base_url + address, response.headers.get("Location", "")))
            if response.status_code not in (301, 302, 307, 308):
                break
            if f"{parts.scheme}://{parts.netloc}" != self.base_url:
                break
            address = f"{parts.path}{f'?{parts.query}' if parts.query else ''}"
            if address in self.files:
                return self.files[address]
        return None

    def static_file(self, url: str) -> str:
        """Copy a style sheet or its like, and return its file."""
        if url not in self.others:
            name = unquote(url.removeprefix(self.static_url))
            found = finders.find(name)
            try:
                content = Path(found).read_bytes() if found else read(staticfiles_storage, name)
            except FileNotFoundError as error:
                raise CopyFailed(f"The static file {name} is missing. Run manage.py collectstatic.") from error
            self.write(file := f"static/{name}", content)
            self.others[url] = file
        return self.others[url]

    def uploaded_file(self, url: str) -> str | None:
        """Copy what was uploaded, and return its file; None where it is lost."""
        if url not in self.others:
            name = unquote(url.removeprefix(self.media_url))
            try:
                content = read(default_storage, name)
            except (OSError, SuspiciousFileOperation):
                self.warn(f"The uploaded file {name} is missing, so the copy goes without it.")
                self.others[url] = None
            else:
                self.write(file := f"media/{name}", content)
                self.others[url] = file
        return self.others[url]

    def write(self, file: str, content: bytes) -> None:
        path = self.folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        self.file_count += 1
        self.byte_count += len(content)


def file_of(address: str) -> str:
    """Return the file of an address in the copy, such as changes/page-2/index.html for /changes/?page=2."""
    path, _mark, query = address.partition("?")
    folder = path.removeprefix("/") + (f"{query.replace('=', '-')}/" if query else "")
    return folder if folder and not folder.endswith("/") else f"{folder}index.html"


def read(storage, name: str) -> bytes:
    with storage.open(name) as file:
        return file.read()


def last_change() -> datetime | None:
    """Return when what is on the site was last changed, or None where nothing is on it."""
    rows = [
        (Network.objects.published(), "changed_at"),
        (Page.objects.published(), "changed_at"),
        (CityProfile.objects.all(), "changed_at"),
        (public_changes(), "happened_at"),
    ]
    moments = (each.order_by().aggregate(latest=Max(moment))["latest"] for each, moment in rows)
    return max(filter(None, moments), default=None)


@contextmanager
def silenced(name: str):
    """Let a logger say nothing."""
    logger = logging.getLogger(name)
    was_disabled, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = was_disabled
