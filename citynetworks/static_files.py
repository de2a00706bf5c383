"""Static files in production, with a hash in their names, and compressed when they are collected."""

from functools import cache
from typing import Any

import brotli
from whitenoise.compress import Compressor
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.storage import CompressedManifestStaticFilesStorage

SMALL = 32 * 1024  # bytes


class QuickCompressor(Compressor):
    """
    Compress small files, such as the public stylesheet, with Brotli's best quality, and large ones with a lower one.

    The best quality takes fifteen seconds for all files of the admin, at each start of the demo, to save a tenth.
    """

    @staticmethod
    def compress_brotli(data: bytes) -> bytes:
        return brotli.compress(data, quality=11 if len(data) < SMALL else 9)


class StaticFilesStorage(CompressedManifestStaticFilesStorage):
    support_js_module_import_aggregation = True  # imports in modules use the hashed names

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # They change as rarely as the manifest, which is read once. A form of the desk asks for a hundred.
        self.url = cache(self.url)  # type: ignore[method-assign]

    def create_compressor(self, **kwargs: Any) -> Compressor:
        return QuickCompressor(**kwargs)


class StaticFilesMiddleware(WhiteNoiseMiddleware):
    """Serve all collected files except the manifest."""

    def add_file_to_dictionary(self, url: str, path: str, stat_cache: dict | None = None) -> None:
        if not url.rpartition("/")[2].startswith(StaticFilesStorage.manifest_name):
            super().add_file_to_dictionary(url, path, stat_cache=stat_cache)
