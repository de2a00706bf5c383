"""
Probes of the site: is all there that it needs, and is done what maintainers have to do now and then?

`/health/full/` and `manage.py doctor` run them, and some are system checks too. They say what is so, why it matters
and what to type, also without the database and with migrations pending.
"""

import filecmp
import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Any

from django import db
from django.apps import apps
from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.cache import cache as site_cache
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.core.files.storage import FileSystemStorage, default_storage
from django.core.mail import get_connection
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone
from PIL import Image, UnidentifiedImageError

from citynetworks.command_line import PROGRAM
from citynetworks.uploads import NAMED_BY_CONTENT
from networks.models import Link, Operation, Schedule
from networks.operations.database_rights import missing_right
from networks.operations.table_rows import known_migrations, unknown_migrations
from networks.page_store.version import current_version
from networks.pictures import PictureField
from networks.revisions.schedules import NEXT_ATTEMPT


class Status(StrEnum):
    OK = "ok"
    WARNING = "warning"  # readers and staff notice nothing yet
    FAILED = "failed"  # something does not work, or will stop soon


@dataclass(frozen=True)
class Finding:
    """What a probe found. `words` say what is so, `why` why it matters, and `remedy` what to type or to do."""

    name: str
    status: Status
    words: str
    why: str = ""
    remedy: str = ""

    def as_dict(self) -> dict[str, str]:
        return {**asdict(self), "status": self.status.value}


# The fields of a finding after its name
Outcome = tuple[Status, str, str, str]

MB = 1024 * 1024
# Free space and free inodes of a disk below which a probe warns, and below which it fails
LITTLE_SPACE, NO_SPACE = 1024 * MB, 200 * MB
LITTLE_INODES, NO_INODES = 10_000, 1_000

OVERDUE_AFTER = timedelta(minutes=1)
CLOCK_TOLERANCE = timedelta(minutes=1)
# Of a backup that is made every night, one may be missed.
BACKUP_IS_OLD, BACKUP_IS_TOO_OLD = timedelta(days=2), timedelta(days=8)
RESTORE_DRILL_IS_OLD = timedelta(days=100)
LINK_CHECK_IS_OLD = timedelta(days=3)

STYLESHEET = "networks/site.css"  # which every public page names
MOST_NAMES = 3  # of files that a finding names
MADE_READ_ONLY = "dmesg says whether the disk is failing and was made read-only."


def ok(words: str) -> Outcome:
    return Status.OK, words, "", ""


def warning(words: str, why: str, remedy: str) -> Outcome:
    return Status.WARNING, words, why, remedy


def failed(words: str, why: str, remedy: str) -> Outcome:
    return Status.FAILED, words, why, remedy


def reason(error: Exception) -> str:
    """Return the first line of the message of an exception, or its class."""
    return (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")


def ago(moment: datetime) -> str:
    minutes = max(0, int((timezone.now() - moment).total_seconds() // 60))
    for unit, size in (("days", 24 * 60), ("hours", 60)):
        if minutes >= 2 * size:
            return f"{minutes // size} {unit} ago"
    return "just now" if minutes < 2 else f"{minutes} minutes ago"


def some(names: list[str]) -> str:
    more = len(names) - MOST_NAMES
    return ", ".join(names[:MOST_NAMES]) + (f" and {more} more" if more > 0 else "")


# What the database knows


def database(is_thorough: bool) -> Outcome:
    """Raise db.Error if the database does not answer."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT current_setting('transaction_read_only')")
            problem = "it accepts no writes" if cursor.fetchone()[0] == "on" else ""
        else:
            cursor.execute("PRAGMA schema_version")  # reads the file, unlike SELECT 1
            problem = unwritable_file()
    if problem:
        return failed(
            f"The database cannot be written ({problem}).",
            "Readers are served, but nothing that staff type can be saved.",
            f"{MADE_READ_ONLY} Let the user that runs the site write the file of the database and its folder; on "
            "PostgreSQL, connect to the primary server.",
        )
    return ok(f"The database answers ({connection.display_name}).")


def no_answer(error: db.Error) -> Outcome:
    remedy = "systemctl status postgresql" if connection.vendor == "postgresql" else "ls -l its file and its folder"
    return failed(
        f"The database does not answer: {reason(error)}.",
        "Readers see the stored pages, other pages are a 503, and staff cannot work.",
        f"{remedy}; look at DATABASE_URL.",
    )


def unreadable(error: db.Error) -> Outcome:
    return warning(f"Not known: {reason(error)}.", "A table is missing or cannot be read.", f"{PROGRAM} migrate")


def unwritable_file() -> str:
    """Return why this process cannot write the file of SQLite, or make files beside it; or nothing."""
    if connection.is_in_memory_db():  # type: ignore[attr-defined] # of SQLite
        return ""
    path = Path(connection.settings_dict["NAME"])
    return unwritable(path.parent) or ("" if os.access(path, os.W_OK) else f"no right to write {path}")


def migrations(is_thorough: bool) -> Outcome:
    known, applied = known_migrations(), MigrationRecorder(connection).applied_migrations().keys()
    pending = [
        key for key, replaced in known.items() if key not in applied and not (replaced and {*replaced} <= applied)
    ]
    if pending:
        names = some(sorted(map(".".join, pending)))
        return failed(
            f"The database lacks {len(pending)} of the migrations of this version: {names}.",
            "Pages that read what is not there yet are errors.",
            f"{PROGRAM} migrate",
        )
    if newer := unknown_migrations(applied):
        return warning(
            f"The database has migrations that this version does not know: {some(newer)}.",
            "It belongs to a newer version, which may write what this one loses.",
            "Install the newer version, or put the backup of before the upgrade back.",
        )
    return ok(f"The database has all migrations, the newest {newest_migration()}.")


def newest_migration() -> str:
    """Return the name of the last migration of ours in this code."""
    return max(name for app, name in known_migrations() if app == "networks")


def content_version(is_thorough: bool) -> Outcome:
    number = current_version()
    if not number:
        return ok("Nothing has been saved yet.")
    changed_at = datetime.fromtimestamp(number / 1_000_000, UTC)
    if changed_at > timezone.now() + CLOCK_TOLERANCE:
        return warning(
            f"The content was last changed at {changed_at:%Y-%m-%d %H:%M} UTC, which is still to come.",
            "The clock of this machine is or was wrong, so schedules are carried out at wrong times.",
            "timedatectl status",
        )
    return ok(f"The content version is {number}; public content last changed {ago(changed_at)}.")


def schedules(is_thorough: bool) -> Outcome:
    now = timezone.now()
    waiting = Schedule.objects.annotate(next_attempt=NEXT_ATTEMPT)
    if failing := waiting.filter(failures__gt=0).count():
        return failed(
            f"Schedules that fail and are tried again: {failing}.",
            "What staff meant to publish or to take off the site has not happened.",
            f"Look for networks.revisions.schedules in the log; {PROGRAM} apply_schedules tries them again.",
        )
    if overdue := waiting.filter(next_attempt__lt=now - OVERDUE_AFTER).count():
        return warning(
            f"Schedules whose time has passed: {overdue}.",
            "The first request after their time carries them out, so there have been none, or the server is down.",
            f"{PROGRAM} apply_schedules",
        )
    return ok(f"No schedule is overdue; {waiting.count()} are still to come.")


def pictures(is_thorough: bool) -> Outcome:
    is_folder = isinstance(default_storage, FileSystemStorage)
    if not is_folder and not is_thorough:
        return ok(f"Pictures are in a bucket, where only {PROGRAM} doctor looks for them.")
    names, missing, damaged = sorted(picture_names()), [], []
    stored = {name for name in names if default_storage.exists(name)} if is_folder else listed_files(names)
    for name in names:
        if name not in stored:
            missing.append(name)
        elif is_thorough and not is_whole_picture(name):
            damaged.append(name)
    if missing or damaged:
        parts = [f"{label}: {some(names)}" for label, names in (("missing", missing), ("damaged", damaged)) if names]
        return failed(
            f"Pictures that the site shows are not right ({len(missing) + len(damaged)}). {'; '.join(parts)}.",
            "Readers see a gap in place of a logo or of the coat of arms.",
            "Put the files of MEDIA_ROOT back from the backup, or upload the pictures again in the admin.",
        )
    return ok("All pictures that the site shows are there" + (" and whole." if is_thorough else "."))


def picture_names() -> Iterator[str]:
    """Give the name of the file of each picture that a row shows."""
    for model in apps.get_app_config("networks").get_models():
        for field in model._meta.concrete_fields:
            if isinstance(field, PictureField):
                rows = model._base_manager.exclude(**{field.name: ""}).exclude(**{field.name: None})
                yield from rows.values_list(field.name, flat=True)


def listed_files(names: list[str]) -> set[str]:
    """Return the names of the files in the folders of these, from one list of each folder."""
    folders = {PurePosixPath(name).parent for name in names}
    return {str(folder / file) for folder in folders for file in default_storage.listdir(str(folder))[1]}


def is_whole_picture(name: str) -> bool:
    """Return whether the content of a picture is that by which it is named, or else can be decoded."""
    try:
        with default_storage.open(name) as file:
            if named := NAMED_BY_CONTENT.fullmatch(name):
                return sha256(file.read()).hexdigest().startswith(named[1])
            with Image.open(file) as picture:
                picture.load()
    except (OSError, ValueError, SyntaxError, UnidentifiedImageError):
        return False
    return True


def failure(kind: Operation.Kind, words: str) -> str:
    """Return these words, and why, if the last operation of a kind has failed; else nothing."""
    last = Operation.objects.filter(kind=kind).order_by("-finished_at").first()
    if last is None or last.succeeded:
        return ""
    return f"{words}: {last.details['error']} " if last.details.get("error") else f"{words}. "


def backup(is_thorough: bool) -> Outcome:
    why = "What staff write from now on is lost with the disk."
    failed_words = failure(Operation.Kind.BACKUP, "The last attempt at a backup failed")
    made = Operation.newest(Operation.Kind.BACKUP)
    if made is None:
        remedy = f"{PROGRAM} backup FILE, and a timer that does so every night."
        return warning(f"{failed_words}No backup is on record.", why, remedy)
    age = timezone.now() - made.finished_at
    words = f"{failed_words}The last backup was made {ago(made.finished_at)}."
    if age > BACKUP_IS_TOO_OLD:
        return failed(words, why, f"{PROGRAM} backup FILE, and look at the timer: systemctl list-timers.")
    if age > BACKUP_IS_OLD or failed_words:
        return warning(words, why, f"{PROGRAM} backup FILE, and look at the timer: systemctl list-timers.")
    if missing := made.details.get("missing_files"):
        return warning(
            f"{words} Uploaded files that pages or their versions name are missing, also in it: {missing}.",
            "Only an older backup may still have them.",
            f"{PROGRAM} check_consistency says which; put them back from an older backup, and back up again.",
        )
    return ok(words)


def restore_drill(is_thorough: bool) -> Outcome:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            if missing := missing_right(cursor):
                words, remedy = missing
                return warning(words, "No backup can be restored here, on trial or in need.", remedy)
    why = "A backup that nobody has ever restored may turn out to be none."
    failed_words = failure(Operation.Kind.RESTORE_DRILL, "The last drill failed")
    made = Operation.newest(Operation.Kind.RESTORE_DRILL)
    if made is None:
        words = f"{failed_words}No backup has been restored on trial."
        return warning(words, why, f"{PROGRAM} restore_drill FILE")
    words = f"{failed_words}A backup was last restored on trial {ago(made.finished_at)}."
    if failed_words or timezone.now() - made.finished_at > RESTORE_DRILL_IS_OLD:
        return warning(words, why, f"{PROGRAM} restore_drill FILE")
    return ok(words)


def links(is_thorough: bool) -> Outcome:
    why = "Links of the pages that have died go unnoticed."
    checked_at = Link.objects.aggregate(newest=db.models.Max("checked_at"))["newest"]
    if checked_at is None:
        return warning(
            "The links to other sites have never been checked.", why, f"{PROGRAM} check_links, once a day."
        )
    words = f"The links to other sites were last checked {ago(checked_at)}."
    if timezone.now() - checked_at > LINK_CHECK_IS_OLD:
        return warning(words, why, f"{PROGRAM} check_links, and look at the timer: systemctl list-timers.")
    return ok(words)


# What the machine has


def folders() -> dict[str, Path]:
    """Return the folders on this machine that the site writes into, by what they are for."""
    found = {}
    if connection.vendor == "sqlite" and not connection.is_in_memory_db():  # type: ignore[attr-defined]
        found["database"] = Path(connection.settings_dict["NAME"]).parent
    if isinstance(default_storage, FileSystemStorage):
        found["media"] = Path(default_storage.location)
    return found


def existing_folder(folder: Path) -> Path:
    """Return the folder, or the nearest one above it that is there."""
    return next(each for each in (folder, *folder.parents) if each.exists())


def disk_space(is_thorough: bool) -> Outcome:
    why = "When a disk is full, nothing can be saved or uploaded any more."
    worst, words = Status.OK, []
    for purpose, folder in folders().items():
        place = existing_folder(folder)
        free = shutil.disk_usage(place).free
        disk = os.statvfs(place)
        is_short_of_inodes = disk.f_files > 0 and disk.f_favail < LITTLE_INODES
        words.append(f"{free / MB:,.0f} MB are free for the {purpose} in {folder}")
        if is_short_of_inodes:
            words[-1] += f", and {disk.f_favail} inodes"
        if free < NO_SPACE or (is_short_of_inodes and disk.f_favail < NO_INODES):
            worst = Status.FAILED
        elif (free < LITTLE_SPACE or is_short_of_inodes) and worst is Status.OK:
            worst = Status.WARNING
    if not words:
        return ok("The site keeps nothing on a disk of this machine.")
    sentence = f"{'; '.join(words)}."
    if worst is Status.OK:
        return ok(sentence)
    return worst, sentence, why, "df -h; journalctl --vacuum-size=200M; move old backups to another machine."


def media(is_thorough: bool) -> Outcome:
    if not isinstance(default_storage, FileSystemStorage):
        storage: Any = default_storage  # a bucket
        try:
            storage.ask()
        except Exception as error:  # of whichever library
            return failed(
                f"The storage of uploads does not answer: {reason(error)}.",
                "Pictures and documents are not shown, and none can be uploaded.",
                "Look at its address, name and keys in the environment, and at the network.",
            )
        return ok("The storage of uploads answers.")
    folder = Path(default_storage.location)
    problem = unwritable(folder)
    if problem:
        return failed(
            f"No pictures can be uploaded: the folder {folder} cannot be written ({problem}).",
            "Pictures and documents that staff upload are refused.",
            f"{MADE_READ_ONLY} Let the user that runs the site write there, or set MEDIA_ROOT to another folder.",
        )
    return ok(f"Uploads can be written to {folder}.")


def unwritable(folder: Path) -> str:
    """Return why no file can be written into a folder, or into the one in which it would be made; or nothing."""
    place = existing_folder(folder)
    if not place.is_dir():
        return f"{place} is not a folder"
    if place != folder:  # it is made with the first upload
        return "" if os.access(place, os.W_OK | os.X_OK) else f"{place} cannot be written"
    try:
        # Under a hidden name, which is never served
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".health-", suffix=".part") as file:
            file.write(b"x")
            file.flush()
    except OSError as error:
        return error.strerror or str(error)
    return ""


def static_files(is_thorough: bool) -> Outcome:
    why = "Each page is an error without them, or looks as in the version before."
    remedy = f"{PROGRAM} collectstatic --noinput; then start the server anew."
    if not stylesheet_is_collected():
        return failed("The static files have not been collected.", why, remedy)
    if not isinstance(staticfiles_storage, FileSystemStorage) or not hasattr(staticfiles_storage, "hashed_files"):
        return ok("Static files are served as they are.")
    root = Path(staticfiles_storage.location)
    named = {name: root / hashed for name, hashed in staticfiles_storage.hashed_files.items()}
    missing = [name for name, path in named.items() if not path.is_file()]
    if missing:
        return failed(f"Collected static files are gone: {some(sorted(missing))}.", why, remedy)
    changed = [name for name, path in own_static_files() if not is_same_file(path, root / name)]
    if changed:
        return failed(f"The static files are those of another version: {some(sorted(changed))}.", why, remedy)
    return ok(f"The static files of this version are in {root}.")


def stylesheet_is_collected() -> bool:
    """Return whether the pages find the static files that they name. Without the stylesheet each of them is a 500."""
    try:
        staticfiles_storage.url(STYLESHEET)
    except ValueError:
        return False
    return True


def own_static_files() -> Iterator[tuple[str, Path]]:
    """Give the name and the path of each static file of this version."""
    for folder in map(Path, settings.STATICFILES_DIRS):
        for path in folder.rglob("*"):
            if path.is_file():
                yield path.relative_to(folder).as_posix(), path


def is_same_file(one: Path, other: Path) -> bool:
    try:
        return filecmp.cmp(one, other, shallow=False)
    except OSError:
        return False


def cache_answers(is_thorough: bool) -> Outcome:
    why = "Log-ins are not slowed down for those who guess passwords, and pages of the admin may be errors."
    remedy = "Look at CACHE_URL; for Redis: redis-cli -u URL ping."
    key = f"health-{secrets.token_hex(8)}"
    try:
        site_cache.set(key, "x", 10)
        found = site_cache.get(key)
        site_cache.delete(key)
    except Exception as error:  # of whichever library
        return failed(f"The cache does not answer: {reason(error)}.", why, remedy)
    if found != "x":
        return failed("The cache does not keep what it is given.", why, remedy)
    return ok("The cache answers.")


def error_reports(is_thorough: bool) -> Outcome:
    ways = [*(["by mail"] if settings.ADMINS else []), *(["to Sentry"] if settings.SENTRY_DSN else [])]
    if not ways:
        return ok("Errors stand in the log alone: neither DJANGO_ADMINS nor SENTRY_DSN is set.")
    if is_thorough and settings.ADMINS:
        try:
            with get_connection():
                pass
        except OSError as error:
            return failed(
                f"The mail server does not accept mail: {reason(error)}.",
                "Errors are not reported; they stand in the log alone.",
                f"Look at EMAIL_URL, and send a mail on trial: {PROGRAM} sendtestemail --admins.",
            )
    return ok(f"Errors are reported {' and '.join(ways)}.")


OF_DATABASE: dict[str, Callable[[bool], Outcome]] = {
    "database": database,
    "migrations": migrations,
    "content_version": content_version,
    "schedules": schedules,
    "pictures": pictures,
    "backup": backup,
    "restore_drill": restore_drill,
    "links": links,
}
OF_MACHINE: dict[str, Callable[[bool], Outcome]] = {
    "disk_space": disk_space,
    "media": media,
    "static_files": static_files,
    "cache": cache_answers,
    "error_reports": error_reports,
}


def examine(is_thorough: bool = False) -> list[Finding]:
    """
    Run all probes and return a finding of each.

    With `is_thorough` they also do what takes longer: read all pictures, and connect to the mail server.
    """
    findings, is_away = [], False
    for name, probe in (OF_DATABASE | OF_MACHINE).items():
        try:
            if is_away and name in OF_DATABASE:
                outcome = warning("Not known while the database does not answer.", "", "")
            else:
                outcome = probe(is_thorough)
        except db.Error as error:
            is_away = is_away or name == "database"
            outcome = no_answer(error) if name == "database" else unreadable(error)
        except Exception as error:  # one probe must not hide what the others find
            outcome = failed(f"This could not be found out: {type(error).__name__}, {reason(error)}.", "", "")
        findings.append(with_silence(Finding(name, *outcome)))
    return findings


def with_silence(finding: Finding) -> Finding:
    """Return a finding, which is ok if the settings silence it."""
    if finding.name not in settings.SILENCED_PROBES or finding.status is Status.OK:
        return finding
    return Finding(finding.name, Status.OK, f"Silenced by DJANGO_SILENCED_PROBES. {finding.words}")


def worst(findings: list[Finding]) -> Status:
    found = {finding.status for finding in findings}
    return next((each for each in (Status.FAILED, Status.WARNING) if each in found), Status.OK)


# System checks


@register(Tags.files)
def media_folder_is_writable(**kwargs: Any) -> list[CheckMessage]:
    """
    Pictures can be uploaded. Without them the site still serves readers, so this is but a warning.

    A bucket is left to the probe: each command would take a request of it.
    """
    if not isinstance(default_storage, FileSystemStorage):
        return []
    status, words, _why, remedy = media(False)
    return [] if status is Status.OK else [Warning(words, hint=remedy, id="networks.W001")]


@register()
def silenced_probes_are_known(**kwargs: Any) -> list[CheckMessage]:
    known = OF_DATABASE | OF_MACHINE
    return [
        Error(
            f"DJANGO_SILENCED_PROBES names “{name}”, which is no probe.",
            hint=f"Write some of {', '.join(known)}, with commas in between.",
            id="networks.E010",
        )
        for name in settings.SILENCED_PROBES
        if name not in known
    ]
