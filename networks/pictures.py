"""
Uploaded pictures: which are taken, and how they are kept.

A picture is decoded, made smaller where it is large, and written anew, so that what is served was made here:
nothing hidden in the upload, no place or camera of the photographer, no animation.
"""

import hashlib
import io
import logging
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
LARGEST_AREA = 16_000_000  # pixels
# A progressive JPEG is decoded once for each scan. Cameras and programs write ten or so.
MOST_SCANS = 100
SCAN, END_OF_PNG = b"\xff\xda", b"IEND\xaeB`\x82"
KEPT_SIDE = 640  # pixels of the picture that is kept

MESSAGES = {
    "not_a_picture": _(
        "This file is not a PNG, JPEG or WebP picture. Save the picture as PNG and upload the new file."
    ),
    "too_large": _("This file is larger than 5 MB. Make the picture smaller and upload it again."),
    "too_many_pixels": _(
        "This picture has more than 16 million pixels, or is wider or taller than 6,000. Make it smaller and upload "
        "it again."
    ),
    "too_many_scans": _(
        "This JPEG picture is built up in more than 100 steps. Save it again, best as PNG, and upload the new file."
    ),
    "busy": _("Another picture is being prepared just now. Choose the file again in a few seconds, and save."),
    "damaged": _("This picture is damaged and cannot be read to its end. Save it again and upload the new file."),
}


def refuse(code: str) -> ValidationError:
    return ValidationError(MESSAGES[code], code=code)


# To decode a picture takes much memory and time, so a process decodes one at a time.
decoding = threading.Lock()
PATIENCE = 20  # seconds


def rewrite_picture(file) -> ContentFile:
    """
    Return an uploaded picture written anew as PNG, its name made from its content.

    `file` is a Django file. At most KEPT_SIDE pixels wide and high, the right way up, in RGB or RGBA, without
    metadata. Raises ValidationError with one of the codes of MESSAGES. What came of a file is kept with it, so that
    a form can be validated again, and within a transaction, without decoding it again.
    """
    if not hasattr(file, "rewritten"):
        if file.size > LARGEST_FILE:
            raise refuse("too_large")
        if not decoding.acquire(timeout=PATIENCE):
            raise refuse("busy")
        try:
            file.rewritten = rewritten(file)
        except ValidationError as error:
            file.rewritten = error
        finally:
            decoding.release()
    if isinstance(file.rewritten, ValidationError):
        raise file.rewritten
    return file.rewritten


def rewritten(file) -> ContentFile:
    """Decode a picture and write it anew, as `rewrite_picture` says."""
    file.seek(0)
    content = file.read()
    with warnings.catch_warnings():
        # Pillow warns of pictures that would fill the memory and refuses larger ones; both are refused here.
        warnings.simplefilter("ignore")
        try:
            picture = Image.open(io.BytesIO(content), formats=FORMATS)
        except Image.DecompressionBombError as error:
            raise refuse("too_many_pixels") from error
        except Exception as error:  # Pillow's decoders raise almost anything on a hostile file
            logger.info("Refused an upload", exc_info=True)
            raise refuse("not_a_picture") from error
        if max(picture.size) > LARGEST_SIDE or picture.width * picture.height > LARGEST_AREA:
            raise refuse("too_many_pixels")
        if picture.format == "JPEG" and content.count(SCAN) > MOST_SCANS:
            raise refuse("too_many_scans")
        if picture.format == "PNG" and END_OF_PNG not in content:  # Pillow does without, if all pixels are there
            raise refuse("damaged")
        try:
            picture.draft("RGB", (KEPT_SIDE, KEPT_SIDE))  # a large JPEG is decoded at a fraction of its size
            picture.load()
            picture = ImageOps.exif_transpose(picture)
            if picture.mode.startswith("I"):  # 16 bits a pixel, of which Pillow would keep the lowest eight
                picture = picture.convert("I").point(lambda value: value * (1 / 256)).convert("L")
            picture = picture.convert("RGBA" if picture.has_transparency_data else "RGB")
        except Exception as error:
            logger.info("Refused an upload", exc_info=True)
            raise refuse("damaged") from error
    picture.thumbnail((KEPT_SIDE, KEPT_SIDE))
    picture.info.clear()
    written = io.BytesIO()
    picture.save(written, "PNG", optimize=True)
    name = hashlib.sha256(written.getvalue()).hexdigest()[:20]
    return ContentFile(written.getvalue(), name=f"{name}.png")


class PictureFormField(forms.FileField):
    """Takes a PNG, JPEG or WebP file and gives it back written anew; anything else is an error beside the field."""

    def to_python(self, data):
        file = super().to_python(data)
        return rewrite_picture(file) if file else file

    def widget_attrs(self, widget):
        attributes = super().widget_attrs(widget)
        if isinstance(widget, forms.FileInput):
            attributes["accept"] = ACCEPTED_TYPES
        return attributes


class PictureFile(ImageFieldFile):
    def save(self, name, content, save=True):
        stored_name = self.field.generate_filename(self.instance, name)
        if not self.storage.exists(stored_name):
            super().save(name, content, save)
            return
        # The name is made from the content, so this is the same picture.
        self.name = stored_name
        setattr(self.instance, self.field.attname, self.name)
        self._committed = True
        if save:
            self.instance.save()


class PictureField(models.ImageField):
    """An uploaded picture. Files are named by their content, so one never takes the place of another."""

    attr_class = PictureFile

    def formfield(self, **kwargs):
        # The name that the file had on somebody's computer is not kept, so it may be as long as it likes.
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
