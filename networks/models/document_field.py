"""
Uploaded documents: validation and storage of PDF files, and the column of a line that holds one.

A file is checked before it is stored, by pypdf in a process with limits. It is stored under a name that cannot be
guessed, in a folder from which nothing is served as an upload: only the views of documents read it.
"""

import hashlib
import json
import logging
import re
import threading
from pathlib import Path
from typing import Any

from django import forms
from django.core import signing
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage
from django.core.validators import slug_re
from django.db import models
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.crypto import salted_hmac
from django.utils.formats import number_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from citynetworks.limited_process import ProcessFailed, output_lines
from networks.pictures import is_stored, once_for_file

logger = logging.getLogger(__name__)

# {"name": …, "size": bytes, "pages": number, "sha256": …, "warnings": [code]}
Document = dict[str, Any]

LARGEST_FILE = 20 * 1024 * 1024  # bytes
MOST_MEMORY = 200 * 1024 * 1024  # bytes
LONGEST_WORK = 3  # seconds of processor time
LONGEST_CHECK = 4  # seconds
LONGEST_WAIT = 20  # seconds until another file is checked
MOST_FILES = 5  # that are checked for one request

PDF_PROCESS = Path(__file__).with_name("pdf_process.py")
checking = threading.Lock()

STORED_NAME = re.compile(r"documents/([0-9a-f]{40})\.pdf")
SHA256 = re.compile(r"[0-9a-f]{64}")

MESSAGES = {
    "too_large": _("This file is larger than 20 MB. Save it with smaller pictures, and upload the new file."),
    "broken": _(
        "This is no PDF, or one that is damaged. Open the document in the program that it was written in, save it as "
        "PDF anew, and upload the new file."
    ),
    "encrypted": _(
        "This PDF has a password, or forbids printing. Save it without protection, and upload the new file."
    ),
    "scripts": _("This PDF holds scripts or moving pictures. Print it to a new PDF file, and upload that one."),
    "launch": _(
        "This PDF starts other programs, or sends what is filled in. Print it to a new PDF file, and upload that one."
    ),
    "files": _(
        "Other files are attached within this PDF. Remove them, or print it to a new PDF file, and upload that one. "
        "What citizens should read of them is a document of its own."
    ),
    "costly": _(
        "This PDF takes too long to check. Print it to a new PDF file, with smaller pictures, and upload that one."
    ),
    "busy": _(
        "Other documents are being checked just now, and yours was not. Choose its file once more and save again in "
        "a minute."
    ),
    "too_many": _("At most 5 files can be uploaded at once. Choose this one again after you have saved."),
    "lost": _("The uploaded file is not there any more. Choose it once more."),
}
WARNINGS = {
    "no_text": _(
        "No text was found in the file, as in a scan: screen readers and searches find nothing. Save it as PDF in "
        "the program that it was written in, or have the text of the scan recognised (OCR)."
    ),
    "no_title": _(
        "The file has no title. Write one into its properties, in the program that it was written in, and save it as "
        "PDF anew."
    ),
    "no_language": _(
        "The file does not say in which language it is, so screen readers may pronounce it wrongly. Choose the "
        "language in the program that it was written in, and save it as a PDF with tags."
    ),
}


def refusal(code: str) -> ValidationError:
    return ValidationError(MESSAGES[code], code=code)


def check_pdf(file: File) -> Document:
    """
    Return what is stored of an uploaded PDF, without storing the file. Raise ValidationError with a code of MESSAGES.

    `file` is a Django file. The outcome is cached on it.
    """
    return once_for_file(file, "checked", check)


def check(file: File) -> Document:
    if file.size > LARGEST_FILE:
        raise refusal("too_large")
    file.seek(0)
    content = file.read()
    if not content.startswith(b"%PDF-"):
        raise refusal("broken")
    if not checking.acquire(timeout=LONGEST_WAIT):
        raise refusal("busy")
    try:
        lines = output_lines(
            PDF_PROCESS, content=content, memory=MOST_MEMORY, work=LONGEST_WORK, longest_wait=LONGEST_CHECK
        )
        found = json.loads(b"".join(lines))
    except (ProcessFailed, json.JSONDecodeError):
        raise refusal("costly") from None
    finally:
        checking.release()
    if code := found.get("refused"):
        logger.info("Refused an upload: %s", code)
        raise refusal(code)
    sha256 = hashlib.sha256(content).hexdigest()
    return {
        "name": stored_name(sha256),
        "size": len(content),
        "pages": found["pages"],
        "sha256": sha256,
        "warnings": found["warnings"],
    }


def stored_name(sha256: str) -> str:
    """Return the name of a file by its content, which whoever has the same file cannot find out."""
    return f"documents/{salted_hmac('networks.documents', sha256, algorithm='sha256').hexdigest()[:40]}.pdf"


def store_pdf(file: File) -> Document:
    """Check an uploaded PDF and store it. The same file is stored once. Raise ValidationError."""
    document = check_pdf(file)
    name = document["name"]
    if not is_stored(default_storage, name, document["size"]):
        file.seek(0)
        default_storage.save(name, ContentFile(file.read()))
    return document


def limit_files(files: list[File]) -> None:
    """Let `check_pdf` refuse the files of a request that are over their limit."""
    for file in files[MOST_FILES:]:
        file.checked = refusal("too_many")


# What people read of a document


def document_text(document: Document) -> str:
    """Return type, size and number of pages: PDF, 240 kB, 5 pages."""
    size = document["size"]
    if size < 1_000_000:
        words = f"{max(1, round(size / 1000))} kB"
    else:
        words = f"{number_format(size / 1_000_000, decimal_pos=1)} MB"
    pages = ngettext("{count} page", "{count} pages", document["pages"]).format(
        count=number_format(document["pages"], force_grouping=True)
    )
    return gettext("PDF, {size}, {pages}").format(size=words, pages=pages)


def public_file(line: dict[str, Any]) -> Document | None:
    """
    Return the file of a line of the documents; None if it has none.

    None too if no form would take it: a script has written it, or its kind or identifier can stand in no address.
    """
    try:
        document = DocumentField().to_python(line.get("file"))
    except ValidationError:
        return None
    has_address = all(slug_re.fullmatch(str(line.get(name, ""))) for name in ("kind", "id"))
    return document if has_address else None


def document_url(slug: str, line: dict[str, Any]) -> str:
    """Return where citizens find the `public_file` of a line of a network, also when a newer file replaces it."""
    return reverse("document", args=[slug, line["kind"], line["id"]])


def staff_url(document: Document) -> str:
    """Return where staff find a file, also that of a draft or of an earlier revision."""
    return reverse("admin:networks_network_document", args=[STORED_NAME.fullmatch(document["name"])[1]])


# The column and its form field


class Submitted:
    """What a form has sent of a document: a new file, the one that was there before, or the wish to remove it."""

    def __init__(self, kept: str, file: File | None, *, is_removed: bool):
        self.kept, self.file, self.is_removed = kept, file, is_removed

    def document(self) -> Document | None:
        """Return the document, and store that of a new file. Raise ValidationError."""
        if self.file is not None:
            return store_pdf(self.file)
        return None if self.is_removed else self.kept_document()

    def kept_document(self) -> Document | None:
        if not self.kept:
            return None
        try:
            document = signer().unsign_object(self.kept)
        except signing.BadSignature:
            raise refusal("lost") from None
        return DocumentField().to_python(document)

    def shown(self) -> Document | None:
        """Return the document that the form shows when it is sent back: a new file is kept, unless it was refused."""
        try:
            return self.document() if self.file is not None else self.kept_document()
        except ValidationError:
            pass
        try:
            return self.kept_document()
        except ValidationError:
            return None


def signer() -> signing.Signer:
    return signing.Signer(salt="networks.documents")


class DocumentInput(forms.FileInput):
    """
    A file input below what is known of the present file, with a checkbox to remove that.

    Browsers do not send a chosen file again, so a file that was accepted goes with the form, in a hidden field.
    """

    template_name = "admin/includes/document_input.html"

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Submitted:
        # The script of the live preview sends the name of a file in place of the file.
        file = files.get(f"{name}_upload")
        return Submitted(data.get(name) or "", file, is_removed=bool(data.get(f"{name}-clear")))

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return name not in data and f"{name}_upload" not in files

    def format_value(self, value: Any) -> str:
        return signer().sign_object(value) if value else ""

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        is_removed = False
        if isinstance(value, Submitted):
            is_removed, value = value.is_removed, value.shown()
        context = super().get_context(name, value, attrs)
        if value:
            context |= {
                "text": document_text(value),
                "url": staff_url(value),
                "warnings": [WARNINGS[code] for code in value["warnings"] if code in WARNINGS],
                "is_removed": is_removed,
            }
        return context

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        # By the templates of the project, which those of forms do not know
        return render_to_string(self.template_name, self.get_context(name, value, attrs))


class DocumentFormField(forms.Field):
    """A form field for a PDF of at most 20 MB. Its value is what is stored of the document, or None."""

    widget = DocumentInput

    def clean(self, value: Any) -> Document | None:
        document = value.document() if isinstance(value, Submitted) else DocumentField().to_python(value)
        if document is None and self.required:
            raise ValidationError(self.error_messages["required"], code="required")
        return document

    def has_changed(self, initial: Any, data: Any) -> bool:
        if not isinstance(data, Submitted):
            return (initial or None) != (data or None)
        try:
            return data.file is not None or (data.document() or None) != (initial or None)
        except ValidationError:
            return True

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {"accept": "application/pdf,.pdf"}


class DocumentField(models.Field):
    """A column of a line that holds a document. What is written into it without the form is validated too."""

    default_error_messages = {"invalid": MESSAGES["lost"]}

    def to_python(self, value: Any) -> Document | None:
        if not value:
            return None
        is_document = (
            isinstance(value, dict)
            and {*value} == {"name", "size", "pages", "sha256", "warnings"}
            and all(isinstance(value[name], str) for name in ("name", "sha256"))
            and all(isinstance(value[name], int) and value[name] > 0 for name in ("size", "pages"))
            and STORED_NAME.fullmatch(value["name"])
            and SHA256.fullmatch(value["sha256"])
            and isinstance(value["warnings"], list)
            and all(isinstance(code, str) for code in value["warnings"])
        )
        if not is_document:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return value

    def formfield(self, **options: Any) -> forms.Field:
        return super().formfield(**{"form_class": DocumentFormField, **options})
