"""What the site itself adds to a plain page, below the words of the staff: by the address of the page."""

from django.db.models import Model

from networks.models import Page
from networks.public import accessibility
from networks.reading import Reader

PARTS = {Page.ACCESSIBILITY: accessibility.statement}


def part_of(row: Model, reader: Reader) -> dict | None:
    """Return the template of the part and its context; None where there is none."""
    make = PARTS.get(row.slug) if isinstance(row, Page) else None
    return make(reader) if make else None
