"""Uploads in a private bucket of S3, or of a server that speaks its protocol, for several servers of the site."""

import base64
import hashlib
import mimetypes
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from io import BytesIO
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.core.files.base import File
from django.utils import timezone
from django.utils.encoding import filepath_to_uri
from storages.backends.s3 import S3Storage

from citynetworks.uploads import PIECE, UploadsUnavailable

# A visitor waits for this. It is the sum of one attempt and one more.
CONFIG = Config(
    connect_timeout=2,  # seconds
    read_timeout=5,
    retries={"total_max_attempts": 2, "mode": "standard"},
    # Each file is sent with its MD5, which all servers check; checksums of newer kinds not all of them know.
    request_checksum_calculation="when_required",
    response_checksum_validation="when_required",
)


@contextmanager
def own_errors() -> Iterator[None]:
    """Raise FileNotFoundError for a missing file, and UploadsUnavailable for any other error of the bucket."""
    try:
        yield
    except ClientError as error:
        # The answer to HEAD has no body to say what is missing. Other errors with 404 are of the bucket itself.
        if error.response["Error"]["Code"] in ("NoSuchKey", "404"):
            raise FileNotFoundError(str(error)) from error
        raise UploadsUnavailable(str(error)) from error
    except BotoCoreError as error:
        raise UploadsUnavailable(str(error)) from error


class S3UploadsStorage(S3Storage):
    """
    The bucket of uploads, which holds the same names as the folder that `UploadsStorage` writes.

    The site sends the files itself (`citynetworks.uploads`), so their URLs do not tell where they are kept. A file is
    there when all of it has arrived, by S3's own promise. The keys come from the environment, as for every client of
    AWS.
    """

    def __init__(self, **options: Any):
        super().__init__(client_config=CONFIG, **options)

    @property
    def client(self) -> Any:
        return self.connection.meta.client

    def ask(self) -> None:
        """Raise an error unless the bucket is there and lets the site in."""
        with own_errors():
            self.client.head_bucket(Bucket=self.bucket_name)

    def url(self, name: str, *args: Any, **kwargs: Any) -> str:
        return settings.MEDIA_URL + filepath_to_uri(name)

    def _open(self, name: str, mode: str = "rb") -> File:
        """Return a file with the content, which is at most that of a document, in memory."""
        if mode != "rb":
            raise ValueError("Files of a bucket are written by save() alone")
        with own_errors():
            answer = self.client.get_object(Bucket=self.bucket_name, Key=self._normalize_name(name))
            return File(BytesIO(answer["Body"].read()), name)

    def _save(self, name: str, content: File) -> str:
        content.seek(0)
        body = content.read()
        with own_errors():
            self.client.put_object(
                Bucket=self.bucket_name,
                Key=self._normalize_name(name),
                Body=body,
                ContentMD5=base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode(),
                ContentType=mimetypes.guess_type(name)[0] or self.default_content_type,
            )
        return name

    def pieces(self, name: str, first: int, last: int) -> Iterator[bytes]:
        """Yield a part of a file, from one byte to another."""
        with own_errors():
            answer = self.client.get_object(
                Bucket=self.bucket_name, Key=self._normalize_name(name), Range=f"bytes={first}-{last}"
            )
            with closing(answer["Body"]) as body:
                yield from body.iter_chunks(PIECE)

    def exists(self, name: str) -> bool:
        with own_errors():
            return super().exists(name)

    def delete(self, name: str) -> None:
        with own_errors():
            super().delete(name)

    def touch(self, name: str) -> bool:
        """
        Return whether a file is there that counts as new, as no clean-up deletes it today.

        What was written earlier is to be stored once more, with which it is new.
        """
        try:
            return self.get_modified_time(name) > timezone.now() - timedelta(days=1)
        except FileNotFoundError:
            return False

    def delete_forgotten(self, name: str, before: float) -> bool:
        """
        Delete a file unless it was written since a time, in seconds of the epoch. Return whether it was.

        A bucket has nothing to do both at once: who stores the same file once more between the two requests loses it.
        """
        try:
            if self.get_modified_time(name).timestamp() >= before:
                return False
        except FileNotFoundError:
            return False
        self.delete(name)
        return True

    def size(self, name: str) -> int:
        with own_errors():
            return super().size(name)

    def get_modified_time(self, name: str) -> Any:
        with own_errors():
            return super().get_modified_time(name)

    def listdir(self, name: str) -> tuple[list[str], list[str]]:
        with own_errors():
            return super().listdir(name)
