"""
Export the whole public site as plain files, for an archive or a static mirror.

Each URL is requested from Django in this process, without a network. Links between the pages become relative, so the
copy works in any folder of a server and from a disk. Canonical URLs, feeds and data keep the URLs of the site. The
same content gives the same bytes on the same day (the timeline ends today).
"""

import logging
import posixpath
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from glob import escape
from io import BytesIO
from pathlib import Path
from urllib.parse import quote, unquote, urljoin, urlsplit

from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.storage import Storage, default_storage
from django.core.handlers.base import BaseHandler
from django.core.handlers.wsgi import WSGIRequest
from django.db.models import Max
from django.http import HttpResponse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import override

from citynetworks.command_line import PROGRAM
from networks.languages import language_codes, language_of_path, language_prefix
from networks.models import CityProfile, Network, Page
from networks.page_store.version import current_version
from networks.public.documents import document_files
from networks.public.exported_html import ExportedPage
from networks.public.page_urls import public_urls
from networks.reading import Reader
from networks.revisions.public_changes import public_changes

MARKER = ".city-networks-copy"  # the first file of a copy, which says that the folder may be replaced
MAX_REDIRECTS = 5


class ExportFailed(Exception):
    """The site cannot be exported; the message says why."""


class NotReplaceable(Exception):
    """There is a folder or file in the place of the copy that this module has not written."""


@contextmanager
def replace_folder(folder: Path) -> Iterator[Path]:
    """
    Yield an empty folder beside `folder`, and put it in the place of `folder` if the block ends without an exception.

    The block writes MARKER first. Until all is written, `folder` stays as it is. Raise NotReplaceable where `folder`
    is neither empty nor a copy with MARKER in it, ExportFailed if another run got in the way, and OSError.
    """
    if not is_replaceable(folder):
        raise NotReplaceable(folder)
    remove_leftovers(folder)
    new = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}.new")
    new.mkdir()
    try:
        yield new
        if not is_replaceable(folder):  # again, because writing takes a while
            raise NotReplaceable(folder)
        if not (new / MARKER).is_file():
            raise ExportFailed("Another export to the same folder was started meanwhile.")
        swap(new, folder)
    finally:
        remove(new)


def is_replaceable(folder: Path) -> bool:
    """Return whether there is nothing, an empty folder or an earlier copy."""
    return not folder.exists() or (folder / MARKER).is_file() or (folder.is_dir() and not any(folder.iterdir()))


def swap(new: Path, folder: Path) -> None:
    """Put a folder in the place of another, and remove that one; if it fails, leave the other as it was."""
    old = new.with_suffix(".old")
    if folder.exists():
        folder.rename(old)
    try:
        new.rename(folder)
    except BaseException:
        if old.exists() and not folder.exists():
            old.rename(folder)
        raise
    remove(old)


def remove_leftovers(folder: Path) -> None:
    """Remove what killed runs have left beside a folder, or bring back the copy if it was about to be replaced."""
    for path in folder.parent.glob(f".{escape(folder.name)}.{'[0-9a-f]' * 8}.*"):
        if path.suffix == ".old" and not (folder.exists() and any(folder.iterdir())):
            path.rename(folder)  # also over an empty folder
        elif path.suffix in (".new", ".old", ".gone"):
            remove(path)


def remove(path: Path) -> None:
    """Remove a folder. It is renamed first, so that a folder without some of its files never becomes the copy."""
    with suppress(OSError):  # there is none, or the next run removes it
        shutil.rmtree(path.rename(path.with_suffix(".gone")))


class LocalSite:
    """The public site in this process, requested as under its own URL."""

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

    def get(self, url: str) -> HttpResponse:
        """Return the response to a GET request; `url` is a path with or without a query."""
        path, _mark, query = url.partition("?")
        environ = self.environ | {
            # PEP 3333: the bytes of the path, decoded as Latin-1
            "PATH_INFO": unquote(path).encode().decode("latin-1"),
            "QUERY_STRING": query,
            "wsgi.input": BytesIO(),
        }
        with override(settings.LANGUAGE_CODE):
            return self.handler.get_response(WSGIRequest(environ))


class StaticExport:
    """Writes the public site into a folder. URLs are paths with or without a query, files are relative."""

    def __init__(self, base_url: str, folder: Path, warn: Callable[[str], None]):
        self.site = LocalSite(base_url)
        self.base_url = base_url
        self.folder = folder
        self.warn = warn
        self.file_count = self.byte_count = 0
        self.files: dict[str, str] = {}  # of the exported URLs
        self.other_files: dict[str, str | None] = {}  # of other URLs: static files, uploads, redirects to a page
        self.static_url = urljoin(f"{base_url}/", staticfiles_storage.base_url)
        # Remote storages may add a signature to the query of each URL.
        self.media_url = urljoin(f"{base_url}/", default_storage.url("x").partition("?")[0]).removesuffix("x")

    def write_all(self, report: Callable[[int, int], None], *, with_pictures: bool = True) -> None:
        """Write all files; call `report` with the numbers of finished and all pages. Raise ExportFailed, OSError."""
        version = current_version()
        self.changed_at = last_change()
        self.files = {url: file_of(url) for url in (*public_urls(with_pictures=with_pictures), *self.document_urls())}
        missing_urls = [f"{language_prefix(code)}404.html" for code in language_codes()]
        count = len(self.files) + len(missing_urls)
        self.write(MARKER, f"A copy of {self.base_url}, which manage.py export_site may replace.\n".encode())
        for number, (url, file) in enumerate(self.files.items(), 1):
            self.export(url, file)
            report(number, count)
        for number, url in enumerate(missing_urls, len(self.files) + 1):
            self.export_404_page(url)
            report(number, count)
        if current_version() != version:
            raise ExportFailed("The site was changed while the copy was being written. Start again.")

    def document_urls(self) -> Iterator[str]:
        """Yield the URLs of the documents whose file is there."""
        for url, name in document_files().items():
            if default_storage.exists(name):
                yield url
            else:
                self.warn(f"The file of {url} is missing, so the copy goes without it.")

    def export(self, url: str, file: str) -> None:
        response = self.site.get(url)
        if response.status_code != 200:
            raise ExportFailed(f"The response to {url} has the status {response.status_code} instead of 200.")
        content = response.getvalue()
        if response.headers["Content-Type"].startswith("text/html"):
            content = self.rewrite(content.decode(), url, lambda link: self.link(link, url, file))
        self.write(file, content)

    def export_404_page(self, url: str) -> None:
        """Write the page for missing URLs. Servers send it for any path, so its links are absolute: to the site."""
        with silenced("django.request"):  # which logs each 404 response
            response = self.site.get(url)
        if response.status_code != 404:
            raise ExportFailed(f"The response to {url} has the status {response.status_code} instead of 404.")
        html = self.rewrite(
            response.content.decode(),
            url,
            lambda link: link if link.startswith("#") else urljoin(self.base_url + url, link),
        )
        self.write(url.removeprefix("/"), html)

    def rewrite(self, html: str, url: str, link: Callable[[str], str | None]) -> bytes:
        """Return the HTML of a page for the copy; `link` is as in ExportedPage."""
        language = language_of_path(url)
        with override(language):
            list_url = self.base_url + language_prefix(language)
            original = self.base_url + url if url in self.files else list_url
            page = ExportedPage(
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
                    self.last_change_note(),
                ),
            )
            return page.rewrite(html).encode()

    def last_change_note(self) -> str:
        """Return when the content was last changed; the time of the export would make each copy a different one."""
        if self.changed_at is None:
            return ""
        return format_html("<br>{}: {}", _("Last change of the site"), Reader().date(self.changed_at))

    def link(self, link: str, url: str, file: str) -> str | None:
        """Return a link of the page `url` as it is in `file`; None where its target is not in the copy."""
        if link.startswith("#"):
            return link
        try:
            parts = urlsplit(urljoin(self.base_url + url, link))
        except ValueError:
            return link
        bare = parts._replace(query="", fragment="").geturl()
        if bare.startswith(self.static_url):
            target = self.static_file(bare)
        elif bare.startswith(self.media_url):
            target = self.uploaded_file(bare)
        elif f"{parts.scheme}://{parts.netloc}" != self.base_url:
            return link
        else:
            target = self.page_file(f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}")
        if target is None:
            return None
        fragment = f"#{parts.fragment}" if parts.fragment else ""
        return quote(posixpath.relpath(target, posixpath.dirname(file) or ".")) + fragment

    def page_file(self, url: str) -> str | None:
        """Return the file of a page, also where its URL redirects to it; None where it is not in the copy."""
        if url in self.files:
            return self.files[url]
        if url.partition("?")[0] in self.files:
            return None  # filters
        if url not in self.other_files:
            self.other_files[url] = self.file_after_redirects(url)
        return self.other_files[url]

    def file_after_redirects(self, url: str) -> str | None:
        for _number in range(MAX_REDIRECTS):
            with silenced("django.request"):
                response = self.site.get(url)
            parts = urlsplit(urljoin(self.base_url + url, response.headers.get("Location", "")))
            if response.status_code not in (301, 302, 307, 308):
                break
            if f"{parts.scheme}://{parts.netloc}" != self.base_url:
                break
            url = f"{parts.path}{f'?{parts.query}' if parts.query else ''}"
            if url in self.files:
                return self.files[url]
        return None

    def static_file(self, url: str) -> str:
        """Copy a static file such as a style sheet, and return its file."""
        if url not in self.other_files:
            name = unquote(url.removeprefix(self.static_url))
            found = finders.find(name)
            try:
                content = Path(found).read_bytes() if found else read(staticfiles_storage, name)
            except FileNotFoundError as error:
                raise ExportFailed(f"The static file {name} is missing. Run {PROGRAM} collectstatic.") from error
            self.write(file := f"static/{name}", content)
            self.other_files[url] = file
        return self.other_files[url]

    def uploaded_file(self, url: str) -> str | None:
        """Copy an uploaded file, and return its file; None where it is missing."""
        if url not in self.other_files:
            name = unquote(url.removeprefix(self.media_url))
            try:
                content = read(default_storage, name)
            except (OSError, SuspiciousFileOperation):
                self.warn(f"The uploaded file {name} is missing, so the copy goes without it.")
                self.other_files[url] = None
            else:
                self.write(file := f"media/{name}", content)
                self.other_files[url] = file
        return self.other_files[url]

    def write(self, file: str, content: bytes) -> None:
        path = self.folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        self.file_count += 1
        self.byte_count += len(content)


def file_of(url: str) -> str:
    """Return the file of a URL in the copy, such as changes/page-2/index.html for /changes/?page=2."""
    path, _mark, query = url.partition("?")
    folder = path.removeprefix("/") + (f"{query.replace('=', '-')}/" if query else "")
    return folder if folder and not folder.endswith("/") else f"{folder}index.html"


def read(storage: Storage, name: str) -> bytes:
    with storage.open(name) as file:
        return file.read()


def last_change() -> datetime | None:
    """Return when the public content was last changed; None where there is none."""
    rows = [
        (Network.objects.published(), "changed_at"),
        (Page.objects.published(), "changed_at"),
        (CityProfile.objects.all(), "changed_at"),
        (public_changes(), "happened_at"),
    ]
    moments = (each.order_by().aggregate(latest=Max(moment))["latest"] for each, moment in rows)
    return max(filter(None, moments), default=None)


@contextmanager
def silenced(name: str) -> Iterator[None]:
    """Disable a logger."""
    logger = logging.getLogger(name)
    was_disabled, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = was_disabled
