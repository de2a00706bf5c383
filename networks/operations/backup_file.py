"""
The file of a backup: a ZIP archive that any program can list, and in which one changed byte anywhere is noticed.

    tables/<table>.jsonl   a row in each line, as a JSON array in the order of the table's columns in the manifest
    media/<name>           an uploaded file
    manifest.json          who made it, and the count and digest of each table and file; the last member

The comment of the archive, its last bytes, ends with the SHA-256 of all bytes before.
"""

import fcntl
import hashlib
import json
import os
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import IO, Any

from django.core.files.base import File

from citynetworks.uploads import fsync

FORMAT = 1
MANIFEST = "manifest.json"
COMMENT = b"Backup of City Networks. SHA-256 of all bytes before: "
HEX_LENGTH = hashlib.sha256().digest_size * 2
CHUNK = 1024 * 1024  # bytes
PARTIAL = ".partial"

# What bytes are read from
Source = IO[bytes] | File

# What is called with how much is done, of how much, and of what: (3, 10, " rows")
Report = Callable[[int, int, str], None]


class BackupError(Exception):
    """A backup could not be made, is damaged, or cannot be restored; the message says why and what to do."""


def can_be_stored(name: str) -> bool:
    """Return whether every storage of uploads can have a file of this name, and within itself."""
    try:
        name.encode()
    except UnicodeError:  # of bytes that are no UTF-8
        return False
    return not {"\\", "\0"} & {*name} and all(part and not part.startswith(".") for part in name.split("/"))


def chunks_of(file: Source) -> Iterator[bytes]:
    while chunk := file.read(CHUNK):
        yield chunk


class BackupWriter:
    """Writes the members of a backup, each as a stream."""

    def __init__(self, file: IO[bytes]):
        self.archive = zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1)
        self.archive.comment = COMMENT + b"0" * HEX_LENGTH

    def add(self, member: str | zipfile.ZipInfo, chunks: Iterable[bytes]) -> dict[str, Any]:
        """Write a member and return its {"size": bytes, "sha256": digest}."""
        digest, size = hashlib.sha256(), 0
        with self.archive.open(member, "w", force_zip64=True) as stream:
            for chunk in chunks:
                stream.write(chunk)
                digest.update(chunk)
                size += len(chunk)
        return {"size": size, "sha256": digest.hexdigest()}

    def add_rows(self, table: str, lines: Iterable[bytes]) -> dict[str, Any]:
        """Write the rows of a table, each a line, and return their {"count": number, "sha256": digest}."""
        count = 0

        def chunks() -> Iterator[bytes]:
            nonlocal count
            chunk = bytearray()
            for line in lines:
                chunk += line
                count += 1
                if len(chunk) >= CHUNK // 4:
                    yield bytes(chunk)
                    chunk.clear()
            yield bytes(chunk)

        written = self.add(f"tables/{table}.jsonl", chunks())
        return {"count": count, "sha256": written["sha256"]}

    def add_file(self, name: str, file: Source) -> dict[str, Any]:
        """Write an uploaded file, as it is: pictures and PDF files are compressed already."""
        return {"name": name, **self.add(zipfile.ZipInfo(f"media/{name}"), chunks_of(file))}

    def close(self, manifest: dict[str, Any]) -> None:
        self.add(MANIFEST, [json.dumps(manifest, ensure_ascii=False, indent=1).encode(errors="surrogatepass")])
        self.archive.close()


@contextmanager
def new_backup(path: Path) -> Iterator[BackupWriter]:
    """
    Give a writer, whose `close` must have been called in the end. Only then is there a file of this name.

    Until then it is written beside it, with `.partial` after its name. Of two that write one file, the second is
    refused; what a killed one has left is written over.
    """
    partial = path.with_name(path.name + PARTIAL)
    # For its owner alone, as it holds the accounts
    with os.fdopen(os.open(partial, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as file:
        if not is_locked_for_us(file):
            raise BackupError(f"Another backup is being written to {path} just now.")
        # Else another one has finished between: the file is its backup now.
        if not is_still_at(partial, file):
            raise BackupError(f"Another backup was written to {path} just now.")
        try:
            file.truncate()
            with closing_quietly(BackupWriter(file)) as writer:
                yield writer
            seal(file)
            partial.replace(path)
        except BaseException:
            partial.unlink()
            raise
    fsync(path.parent)  # the new name


@contextmanager
def closing_quietly(writer: BackupWriter) -> Iterator[BackupWriter]:
    """Give a writer; if something goes wrong, let go of the file, whatever state it is in."""
    try:
        yield writer
    except BaseException:
        with suppress(OSError, ValueError):
            writer.archive.close()
        raise


def is_locked_for_us(file: IO[bytes]) -> bool:
    """Return whether nobody else has locked a file, and lock it until it is closed."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_still_at(path: Path, file: IO[bytes]) -> bool:
    """Return whether an open file still has the name by which it was opened."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False


def remove_partial_files(folder: Path, pattern: str) -> None:
    """Remove what killed backups have left in a folder, but not what one is writing."""
    for path in folder.glob(pattern + PARTIAL):
        with path.open("rb") as file:
            if is_locked_for_us(file) and is_still_at(path, file):
                path.unlink()


def seal(file: IO[bytes]) -> None:
    """Read back what was written, write its digest into the comment, and wait until all is on the disk."""
    digest, position = digest_of_all_before_it(file)
    file.seek(position)
    file.write(digest.encode())
    file.flush()
    os.fsync(file.fileno())


def digest_of_all_before_it(file: IO[bytes], report: Report | None = None) -> tuple[str, int]:
    """Return the SHA-256 of all but the last bytes of a file, which hold the digest, and where those begin."""
    position = file.seek(0, os.SEEK_END) - HEX_LENGTH
    file.seek(0)
    digest, done = hashlib.sha256(), 0
    while done < position:
        chunk = file.read(min(CHUNK, position - done))
        digest.update(chunk)
        done += len(chunk)
        if report:
            report(done, position, " bytes of the file checked")
    return digest.hexdigest(), position


class BackupFile:
    """
    A backup that is read, every byte of which was checked first.

    Raises BackupError if it is no backup, is damaged, or in a newer format.
    """

    def __init__(self, path: Path, report: Report | None = None):
        self.path = path
        try:
            self.file = path.open("rb")
        except OSError as error:
            raise BackupError(f"{path} cannot be read: {error.strerror}.") from error
        try:
            self.check(report)
            self.archive = zipfile.ZipFile(self.file)
            if self.manifest["format"] > FORMAT:
                raise BackupError(
                    f"{path} was made by a newer version of City Networks, {self.manifest['version']}. Install that "
                    "version or a newer one, and restore it there."
                )
            for each in self.manifest["files"]:
                if not can_be_stored(each["name"]):
                    raise BackupError(
                        f"{path} holds an uploaded file named {each['name']!a}. City Networks writes no such backup: "
                        "somebody else has made it. Do not restore it."
                    )
        except BaseException:
            self.file.close()
            raise

    def check(self, report: Report | None) -> None:
        ending = len(COMMENT) + HEX_LENGTH
        if self.file.seek(0, os.SEEK_END) < ending:
            raise BackupError(f"{self.path} is no backup of City Networks, or only a part of one.")
        self.file.seek(-ending, os.SEEK_END)
        comment = self.file.read()
        digest, _position = digest_of_all_before_it(self.file, report)
        if comment != COMMENT + digest.encode():
            if not comment.startswith(COMMENT):
                raise BackupError(
                    f"{self.path} is no backup of City Networks, or only a part of one, or its end is damaged."
                )
            raise BackupError(f"{self.path} is damaged: its content does not match its digest. Use another backup.")

    @cached_property
    def manifest(self) -> dict[str, Any]:
        return json.loads(self.archive.read(MANIFEST))

    @property
    def row_count(self) -> int:
        return sum(table["count"] for table in self.manifest["tables"].values())

    def lines(self, table: str) -> Iterator[bytes]:
        """Give the rows of a table, each as a line of JSON."""
        with self.archive.open(f"tables/{table}.jsonl") as stream:
            yield from stream

    @contextmanager
    def media_file(self, name: str) -> Iterator[IO[bytes]]:
        with self.archive.open(f"media/{name}") as stream:
            yield stream

    def __enter__(self) -> "BackupFile":
        return self

    def __exit__(self, *error: object) -> None:
        self.archive.close()
        self.file.close()
