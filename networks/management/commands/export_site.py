from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.http.request import split_domain_port, validate_host

from citynetworks.command_line import PROGRAM
from networks.management.progress import Progress
from networks.management.site_url import split_site_url
from networks.management.typed_path import typed_path
from networks.public.static_export import ExportFailed, NotReplaceable, StaticExport, replace_folder
from networks.revisions.schedules import apply_due


class Command(BaseCommand):
    help = (
        "Write the whole public site into a folder, as plain files with relative links, for an archive or a mirror. "
        "A folder that this command wrote before is replaced when all files are written."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=typed_path, help="Where to write. It is new, empty, or an earlier copy.")
        parser.add_argument(
            "--base-url",
            metavar="https://host",
            help="The URL of the site, as canonical URLs, feeds and data name it. Without it, the first host in "
            "DJANGO_ALLOWED_HOSTS.",
        )
        parser.add_argument(
            "--no-pictures",
            action="store_true",
            help="Leave out the pictures for shared links. Pages name them by their URL on the site, so no page of "
            "the copy shows them, and they take most of the time.",
        )

    def handle(
        self, *, folder: Path, base_url: str | None, no_pictures: bool, verbosity: int, **options: Any
    ) -> None:
        folder = folder.resolve()
        self.check_folder(folder)
        base_url = self.checked_base_url(base_url or self.usual_base_url())
        try:
            staticfiles_storage.url("networks/site.css")
        except ValueError as error:
            raise CommandError(f"The static files are not there yet. Run {PROGRAM} collectstatic first.") from error
        progress = Progress(self.stderr, is_shown=verbosity > 0)
        apply_due()
        try:
            with replace_folder(folder) as new:
                export = StaticExport(base_url, new, self.stderr.write)
                export.write_all(progress.report, with_pictures=not no_pictures)
        except NotReplaceable as error:
            raise CommandError(
                f"{folder} holds something that this command has not written. Name a folder that is new or empty."
            ) from error
        except ExportFailed as error:
            raise CommandError(f"{error} Nothing at {folder} was changed.") from error
        except OSError as error:
            raise CommandError(
                f"The copy could not be written: {error.strerror or error}. Nothing at {folder} was changed."
            ) from error
        except KeyboardInterrupt:
            raise CommandError(f"Interrupted. Nothing at {folder} was changed.", returncode=130) from None
        self.stdout.write(
            f"Copied {base_url} to {folder}: {export.file_count} files, {export.byte_count / 1_000_000:.1f} MB."
        )

    def check_folder(self, folder: Path) -> None:
        own = [("the project", settings.BASE_DIR), ("MEDIA_ROOT", settings.MEDIA_ROOT)]
        for name, path in [*own, ("STATIC_ROOT", settings.STATIC_ROOT)]:
            path = Path(path).resolve()
            if folder == path or path in folder.parents or folder in path.parents:
                raise CommandError(f"{folder} and {name} ({path}) lie within each other. Choose another folder.")
        if not folder.parent.is_dir():
            raise CommandError(f"There is no folder {folder.parent}. Make it first.")

    def usual_base_url(self) -> str:
        host = next((host for host in settings.ALLOWED_HOSTS if not host.startswith(("*", "."))), "")
        if not host:
            raise CommandError("DJANGO_ALLOWED_HOSTS names no single host. Say with --base-url which is meant.")
        return f"{'https' if settings.SECURE_SSL_REDIRECT else 'http'}://{host}"

    def checked_base_url(self, base_url: str) -> str:
        parts = split_site_url(base_url)
        if not validate_host(split_domain_port(parts.netloc.lower())[0], settings.ALLOWED_HOSTS):
            raise CommandError(f"The site is not served at {parts.hostname}: it is not in DJANGO_ALLOWED_HOSTS.")
        if settings.SECURE_SSL_REDIRECT and parts.scheme != "https":
            raise CommandError("The site is served over HTTPS only, so its URL begins with https://.")
        return f"{parts.scheme}://{parts.netloc.lower()}"
