"""
Uploaded pictures: validation, re-encoding and storage.

A picture is decoded, scaled down and encoded as PNG, so that nothing of the uploaded file is served: no hidden
content, no metadata such as place and camera, no animation. What would take long to decode is refused before, and a
process decodes one picture at a time.
"""

import hashlib
import io
import logging
import re
import threading
import warnings
from pathlib import PurePosixPath

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import models
from django.db.models.fields.files import ImageFieldFile
from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageOps

logger = logging.getLogger(__name__)

FORMATS = ("PNG", "JPEG", "WEBP")
ACCEPTED_TYPES = "image/png,image/jpeg,image/webp"
LARGEST_FILE = 5 * 1024 * 1024  # bytes
LARGEST_SIDE = 6000  # pixels of an uploaded picture
MOST_PIXELS = 16_000_000
# Each scan of a progressive JPEG decodes the whole picture again; ordinary files have about ten.
MOST_SCANS = 100
MOST_PARTS = 10_000  # of a file: chunks of a PNG, segments of a JPEG
KEPT_SIDE = 640  # pixels of the stored picture

LONGEST_WAIT = 20  # seconds until another picture is decoded
decoding = threading.Lock()

MESSAGES = {
    "not_a_picture": _(
        "This file is not a PNG, JPEG or WebP picture. Save the picture as PNG and upload the new file."
    ),
    "too_large": _("This file is larger than 5 MB. Make the picture smaller and upload it again."),
    "too_many_pixels": _(
        "This picture has more than 16 million pixels, or is wider or taller than 6,000 pixels. Make it smaller and "
        "upload it again."
    ),
    "too_many_parts": _(
        "This picture is stored in so many parts that it cannot be read in good time. Save it anew as PNG and upload "
        "the new file."
    ),
    "damaged": _("This picture is damaged and cannot be read to its end. Save it again and upload the new file."),
    "busy": _(
        "Other pictures are being read just now, and yours was not. Choose its file once more and save again in a "
        "minute."
    ),
}


def refusal(code: str) -> ValidationError:
    return ValidationError(MESSAGES[code], code=code)


# A JPEG marker, except those within the data of a scan: stuffed bytes and restarts
MARKER = re.compile(rb"\xff[\x02-\xcf\xd8-\xfe]")
START_OF_SCAN, END_OF_IMAGE = b"\xff\xda", b"\xff\xd9"


def check_parts(content: bytes) -> None:
    """Raise ValidationError for a truncated file, or one of too many parts, without decoding it."""
    parts = scans = 0
    if content.startswith(b"\x89PNG"):
        place, kind = 8, b""
        while kind != b"IEND" and parts <= MOST_PARTS:
            length, kind = int.from_bytes(content[place : place + 4]), content[place + 4 : place + 8]
            place += 12 + length
            parts += 1
            if place > len(content):
                raise refusal("damaged")
    elif content.startswith(b"\xff\xd8"):
        place, marker = 2, None
        while parts <= MOST_PARTS and (found := MARKER.search(content, place)) and found[0] != END_OF_IMAGE:
            if marker != START_OF_SCAN:
                parts += found.start() - place  # padding between two segments, which decoders read byte by byte
            marker = found[0]
            parts += 1
            scans += marker == START_OF_SCAN
            place = found.end() + int.from_bytes(content[found.end() : found.end() + 2])
    if parts > MOST_PARTS or scans > MOST_SCANS:
        raise refusal("too_many_parts")


def once_for_file(file, name: str, function):
    """Return `function(file)`, or raise its ValidationError; the outcome is cached as an attribute of the file."""
    if not hasattr(file, name):
        try:
            setattr(file, name, function(file))
        except ValidationError as error:
            setattr(file, name, error)
    if isinstance(outcome := getattr(file, name), ValidationError):
        raise outcome
    return outcome


def is_stored(storage, name: str, size: int) -> bool:
    """
    Return whether a file is stored whole. One of another size was truncated, perhaps by a full disk, and is deleted.

    A file that nothing has named for long counts as new from now on, so that `clean_up` leaves it alone; in a bucket
    it does once it is stored anew.
    """
    if hasattr(storage, "touch") and not storage.touch(name):
        return False
    if not storage.exists(name):
        return False
    if storage.size(name) != size:
        storage.delete(name)
        return False
    return True


def reencode_picture(file) -> ContentFile:
    """
    Return an uploaded picture re-encoded as PNG, with a name made from its content.

    `file` is a Django file. The result is at most KEPT_SIDE pixels wide and high, rotated upright, in RGB or RGBA,
    without metadata. Raises ValidationError with a code of MESSAGES. The outcome is cached on the file.
    """
    picture = once_for_file(file, "reencoded", reencode)
    name = hashlib.sha256(picture).hexdigest()[:20]
    return ContentFile(picture, name=f"{name}.png")


def reencode(file) -> bytes:
    if file.size > LARGEST_FILE:
        raise refusal("too_large")
    file.seek(0)
    content = file.read()
    check_parts(content)
    if not decoding.acquire(timeout=LONGEST_WAIT):
        raise refusal("busy")
    try:
        return small_png(content)
    finally:
        decoding.release()


def small_png(content: bytes) -> bytes:
    with warnings.catch_warnings():
        # Pillow warns of pictures that would fill the memory, and refuses larger ones. Here both are refused.
        warnings.simplefilter("ignore")
        try:
            picture = Image.open(io.BytesIO(content), formats=FORMATS)
        except Image.DecompressionBombError as error:
            raise refusal("too_many_pixels") from error
        except Exception as error:  # Pillow's decoders raise almost anything on a hostile file
            logger.info("Refused an upload", exc_info=True)
            raise refusal("not_a_picture") from error
        if max(picture.size) > LARGEST_SIDE or picture.width * picture.height > MOST_PIXELS:
            raise refusal("too_many_pixels")
        try:
            picture.draft("RGB", (KEPT_SIDE, KEPT_SIDE))  # a large JPEG is decoded at a fraction of its size
            picture.load()
            ImageOps.exif_transpose(picture, in_place=True)
            if picture.mode.startswith("I"):  # 16 bits per pixel, of which Pillow would drop the highest eight
                picture = picture.convert("I").point(lambda value: value * (1 / 256)).convert("L")
            mode = "RGBA" if picture.has_transparency_data else "RGB"
            if picture.mode != mode:  # convert() would copy it
                picture = picture.convert(mode)
        except Exception as error:
            logger.info("Refused an upload", exc_info=True)
            raise refusal("damaged") from error
    picture.thumbnail((KEPT_SIDE, KEPT_SIDE))
    picture.info.clear()
    result = io.BytesIO()
    picture.save(result, "PNG", optimize=True)
    return result.getvalue()


class PictureFormField(forms.FileField):
    """A form field for PNG, JPEG and WebP files, which re-encodes them and refuses all others."""

    def to_python(self, data):
        file = super().to_python(data)
        return reencode_picture(file) if file else file

    def widget_attrs(self, widget):
        attributes = super().widget_attrs(widget)
        if isinstance(widget, forms.FileInput):
            attributes["accept"] = ACCEPTED_TYPES
        return attributes


class PictureFile(ImageFieldFile):
    def save(self, name, content, save=True):
        stored_name = self.field.generate_filename(self.instance, name)
        if not is_stored(self.storage, stored_name, content.size):
            super().save(name, content, save)
            return
        # The name is a hash of the content, so this is the same picture.
        self.name = stored_name
        setattr(self.instance, self.field.attname, self.name)
        self._committed = True
        if save:
            self.instance.save()


class PictureField(models.ImageField):
    """An uploaded picture. Files are named by a hash of their content, so none overwrites another."""

    attr_class = PictureFile
    width_field: str
    height_field: str

    def formfield(self, **kwargs):
        # The name of the uploaded file is not stored, so its length does not matter.
        return super().formfield(**{"form_class": PictureFormField, "max_length": None, **kwargs})

    def update_dimension_fields(self, instance, force=False, *args, **kwargs):
        try:
            super().update_dimension_fields(instance, force, *args, **kwargs)
        except FileNotFoundError:
            logger.warning("The file of %r is missing: %s", instance, getattr(instance, self.attname).name)

    def generate_filename(self, instance, filename):
        return str(PurePosixPath(self.upload_to) / PurePosixPath(filename).name)

    def deconstruct(self):
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.ImageField", args, kwargs
