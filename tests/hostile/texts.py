"""Texts and pictures that take long to read, sent by somebody who may edit, while a colleague saves."""

import threading
import time
from collections.abc import Iterator
from io import BytesIO

from PIL import Image

from tests.hostile.finding import Finding
from tests.hostile.site import Session, Site

LONG = 2.0  # seconds


def attacks(site: Site, short: bool) -> Iterator[Finding]:
    editor, colleague = site.sign_in("editor"), site.sign_in("publisher")
    link = '<a href="https://e.org/"></a>'
    yield attack(editor, colleague, "Nested emphasis", "61 s", "<b><i>" * 6600)
    yield attack(editor, colleague, "4,400 links", "3.5 s", "<a href=x>" * 3990)
    yield attack(editor, colleague, "Empty links", "3.5 s", link * (40_000 // len(link)))
    yield attack(editor, colleague, "A progressive JPEG of 16 megapixels and 1,000 scans", "38 s", many_scans(1000))
    yield attack(editor, colleague, "A progressive JPEG of 16 megapixels and 100 scans", "38 s", many_scans(100))


def many_scans(count: int) -> bytes:
    """Return a JPEG whose last scan comes again and again."""
    file = BytesIO()
    Image.radial_gradient("L").resize((4000, 4000)).convert("RGB").save(file, "JPEG", progressive=True, quality=50)
    content, scan = file.getvalue(), b"\xff\xda"
    last = content[content.rindex(b"\xff\xc4", 0, content.rindex(scan)) : -2]
    return content[:-2] + last * (count - content.count(scan)) + content[-2:]


def attack(editor: Session, colleague: Session, what: str, before: str, sent: str | bytes) -> Finding:
    path, other = (f"/en/admin/networks/network/{number}/change/" for number in (1, 2))
    values, others = editor.form(path) | {"_save": ["Save"]}, colleague.form(other) | {"_save": ["Save"]}
    files = {}
    if isinstance(sent, bytes):
        files["logo"] = ("logo.jpg", sent)
        values.pop("logo", None)
    else:
        values["description_en"] = [sent]
    found = []

    def send():
        began = time.monotonic()
        status = editor.post(path, values, files, timeout=90)[0]
        found.append((status, time.monotonic() - began))

    thread = threading.Thread(target=send)
    thread.start()
    time.sleep(0.1)
    began = time.monotonic()
    others["internal_note"] = [what]
    status = colleague.post(other, others, timeout=90)[0]
    waited = time.monotonic() - began
    thread.join()
    ((answered, seconds),) = found
    return Finding(
        f"{what}: how long its own form takes, and a colleague's save meanwhile",
        f"{before}, and all writing waits",
        f"{seconds:.2f} s ({answered}), {waited:.2f} s ({status})",
        status == 302 and answered in (200, 302) and waited < LONG,
    )
