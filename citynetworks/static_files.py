"""Static files in production: named by their content, and compressed when they are collected."""

import brotli
from whitenoise.compress import Compressor
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.storage import CompressedManifestStaticFilesStorage

SMALL = 32 * 1024  # bytes


class QuickCompressor(Compressor):
    """
    Presses small files as hard as Brotli can, such as the public style sheet, and large ones nearly as hard.

    The hardest takes long: fifteen seconds for all files of the desk, at every start of the demo, to save a tenth.
    """

    @staticmethod
    def compress_brotli(data: bytes) -> bytes:
        return brotli.compress(data, quality=11 if len(data) < SMALL else 9)


class StaticFilesStorage(CompressedManifestStaticFilesStorage):
    support_js_module_import_aggregation = True  # a module imports the others by the names that they have here

    def create_compressor(self, **kwargs):
        return QuickCompressor(**kwargs)


class StaticFilesMiddleware(WhiteNoiseMiddleware):
    """Serves all that was collected, but for the list of it."""

    def add_file_to_dictionary(self, url, path, stat_cache=None):
        if not url.rpartition("/")[2].startswith(StaticFilesStorage.manifest_name):
            super().add_file_to_dictionary(url, path, stat_cache=stat_cache)
