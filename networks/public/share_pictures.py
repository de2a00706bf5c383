"""
The pictures that go with a link to the site when somebody shares it: the name, the year and the mark, as on the page.

They are drawn here, with a font that comes with the project, so that they look the same on every machine.
"""

import hashlib
import io
import json
import logging
import unicodedata
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from functools import cache
from pathlib import Path

from django.core.cache import cache as store
from django.db.models import Max
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django.utils.http import http_date, quote_etag
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe
from PIL import Image, ImageColor, ImageDraw, ImageFont, ImageOps, features

from networks.languages import stored_language
from networks.models import CityProfile, Network
from networks.reading import Reader, Text
from networks.redirects import permanent_redirect

logger = logging.getLogger(__name__)

# Raised with every change of how a picture looks, so that none drawn before is served any more.
DRAWING = 3

WIDTH, HEIGHT = 1200, 630
# The page: a margin column for years and mark, and beside it the column of text
LEFT, TEXT_LEFT, RIGHT = 72, 336, 1128
TOP, FOOT, BOTTOM = 76, 446, 566
MARGIN = 216  # width of the margin column

# As in the stylesheet
PAPER, SHEET, INK, SOFT, RULE, LINE, ACCENT = (
    *("#fbfaf6", "#f3efe4", "#1c2124", "#545b60"),
    *("#d8d3c6", "#84807a", "#96301a"),
)

FONTS = Path(__file__).parent / "fonts"
REGULAR, SEMIBOLD = FONTS / "SourceSerifPro-Regular.ttf", FONTS / "SourceSerifPro-Semibold.ttf"
# Serbian has letter forms of its own, which need a text engine that not every machine has.
KNOWS_LANGUAGES = features.check("raqm")

KEPT_FOR = 7 * 24 * 60 * 60  # seconds in the cache of the site
FRESH_FOR = 10 * 60  # seconds in the caches of others, before they ask again


@dataclass(frozen=True)
class Words:
    """A text and the code of the language whose letter forms it takes; empty where that is not known."""

    text: str
    language: str = ""

    @classmethod
    def of(cls, text: str) -> "Words":
        # Composed, because the font holds most letters with their marks as one.
        words = unicodedata.normalize("NFC", " ".join(text.split()))
        return cls(words, stored_language(getattr(text, "language", None) or ""))


@dataclass(frozen=True)
class Picture:
    """All that decides how a picture looks."""

    name: Words
    # What stands in the margin: figures and what they mean, such as 2003 and "Joined"
    figures: tuple[tuple[str, Words], ...] = ()
    foot: tuple[Words, ...] = ()
    # An uploaded picture, by its name in the storage; else letters in a circle
    logo: str = ""
    mark: Words | None = None

    @property
    def digest(self) -> str:
        """A name for everything that looks like this."""
        content = json.dumps([DRAWING, KNOWS_LANGUAGES, asdict(self)])
        return hashlib.sha256(content.encode()).hexdigest()[:32]


# Setting text


# Where a link is shared, the other site shows the picture.
FOR_OTHER_SITES = {"Cross-Origin-Resource-Policy": "cross-origin"}


@cache
def font(path: Path, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(path, size)


def options(words: Words) -> dict:
    """Return what Pillow is told beside a text, where it can make use of it."""
    return {"language": words.language} if KNOWS_LANGUAGES and words.language else {}


def broken(words: Words, face: ImageFont.FreeTypeFont, width: float) -> list[str]:
    """Return the lines of a text that are no wider than the width; a word that is wider itself is broken."""

    def fits(text):
        return face.getlength(text, **options(words)) <= width

    lines = [""]
    for word in words.text.split(" "):
        joined = f"{lines[-1]} {word}".strip()
        if fits(joined):
            lines[-1] = joined
            continue
        if lines[-1]:
            lines.append("")
        for letter in word:
            if lines[-1] and not fits(lines[-1] + letter):
                lines.append("")
            lines[-1] += letter
    return lines


@dataclass(frozen=True)
class Block:
    """Lines of text, set in one size."""

    words: Words
    lines: list[str]
    face: ImageFont.FreeTypeFont
    leading: int

    @property
    def height(self) -> int:
        return self.leading * len(self.lines)

    @property
    def width(self) -> float:
        return max(self.face.getlength(line, **options(self.words)) for line in self.lines)

    def draw(self, canvas: ImageDraw.ImageDraw, x: float, y: float, fill: str) -> None:
        """Draw with the left upper corner at a point."""
        for number, line in enumerate(self.lines):
            baseline = y + number * self.leading + round(self.face.size * 0.82)
            canvas.text((x, baseline), line, fill=fill, font=self.face, anchor="ls", **options(self.words))


def fitted(words: Words, path: Path, sizes: range, width: int, height: int) -> Block:
    """
    Return the text set as large as it fits into a box, in lines of about the same length.

    `sizes` run from the largest to the smallest, in which it is set even where it does not fit. Only there is a word
    broken that is too long for a line.
    """
    for size in sizes:
        face, leading = font(path, size), round(size * 1.17)
        lines = broken(words, face, width)
        longest_word = max(face.getlength(word, **options(words)) for word in words.text.split(" "))
        if len(lines) * leading <= height and longest_word <= width:
            break
    # The narrowest lines of which there are no more, and in which no word is broken
    low, high = min(longest_word, width), width
    if len(broken(words, face, low)) == len(lines):
        high = low
    while high - low > 8:
        middle = (low + high) / 2
        if len(broken(words, face, middle)) > len(lines):
            low = middle
        else:
            high = middle
    return Block(words, broken(words, face, high), face, leading)


# Drawing


def draw(picture: Picture, open_file: Callable) -> bytes:
    """Return the picture as PNG. `open_file` opens a file of the storage by its name; LogoLost where it cannot."""
    image = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
    canvas = ImageDraw.Draw(image)
    name = fitted(picture.name, SEMIBOLD, range(112, 18, -2), RIGHT - TEXT_LEFT, FOOT - TOP - 24)
    name.draw(canvas, TEXT_LEFT, TOP, INK)
    draw_figures(canvas, picture.figures, name)
    if picture.foot:
        canvas.line((TEXT_LEFT, FOOT, RIGHT, FOOT), RULE, 2)
    y = FOOT + 28
    for number, words in enumerate(picture.foot):
        path, fill = (SEMIBOLD, INK) if number == 0 else (REGULAR, SOFT)
        line = fitted(words, path, range(34, 12, -2), RIGHT - TEXT_LEFT, 44)
        line.draw(canvas, TEXT_LEFT, y, fill)
        y += line.height + 6
    if picture.logo:
        draw_logo(image, picture.logo, open_file)
    elif picture.mark:
        draw_mark(image, picture.mark)
    if not picture.logo:
        # A few colours are enough for ink on paper, and make a file that is a third as large.
        image = image.quantize(64, dither=Image.Dither.NONE)
    content = io.BytesIO()
    image.save(content, "PNG", optimize=True)
    return content.getvalue()


def draw_figures(canvas, figures, name):
    """Set the years in the margin, the first on the line on which the name begins."""
    size = 84 if len(figures) == 1 else 64
    baseline = TOP + round(name.face.size * 0.82)
    # Large figures beside a long name in small letters would stand out of the page.
    baseline = max(baseline, TOP + round(size * 0.66))
    for figure, label in figures:
        block = fitted(Words(figure), REGULAR, range(size, 18, -2), MARGIN, round(size * 1.17))
        canvas.text((LEFT, baseline), figure, fill=ACCENT, font=block.face, anchor="ls")
        block = fitted(label, REGULAR, range(28, 12, -2), MARGIN, 34)
        block.draw(canvas, LEFT, baseline + 14, SOFT)
        baseline += size + 60


MARK = 132  # pixels from side to side


def draw_mark(image, mark):
    """Draw letters in a circle, in the margin at the foot."""
    scale = 4  # drawn large and made smaller, for Pillow draws edges without half-tones
    circle = Image.new("L", (MARK * scale, MARK * scale))
    ImageDraw.Draw(circle).ellipse((0, 0, MARK * scale - 1, MARK * scale - 1), 255)
    edge = circle.resize((MARK, MARK), Image.Resampling.LANCZOS)
    inner = ImageOps.expand(circle.resize((MARK - 4, MARK - 4), Image.Resampling.LANCZOS), 2)
    place = (LEFT, BOTTOM - MARK)
    for shape, colour in ((edge, LINE), (inner, SHEET)):
        image.paste(ImageColor.getrgb(colour), place, shape)
    for size in range(48, 10, -2):
        face = font(SEMIBOLD, size)
        if face.getlength(mark.text, **options(mark)) <= MARK * 0.74:
            break
    middle = (LEFT + MARK / 2, BOTTOM - MARK / 2 + round(face.size * 0.33))
    ImageDraw.Draw(image).text(middle, mark.text, fill=INK, font=face, anchor="ms", **options(mark))


class LogoLost(Exception):
    """The file of a logo is missing, or cannot be read."""


def draw_logo(image, name, open_file):
    """Draw an uploaded picture on white, in the margin at the foot."""
    try:
        with open_file(name) as file, Image.open(file) as opened:
            logo = ImageOps.contain(opened.convert("RGBA"), (MARGIN - 20, MARK))
    except Exception as error:  # storages far away have errors of their own
        logger.warning("The file %r of a logo is missing or damaged", name)
        raise LogoLost(name) from error
    place = (LEFT + 10, BOTTOM - logo.height - 10)
    card = (place[0] - 10, place[1] - 10, place[0] + logo.width + 9, place[1] + logo.height + 9)
    ImageDraw.Draw(image).rounded_rectangle(card, 6, "#fff")
    image.paste(logo, place, logo)


# What is drawn


def picture_of_network(network, profile) -> Picture:
    """Return the picture of a network, from its reading and that of the city."""
    row = network.row
    dates = [(row.joined, _("Joined")), (row.left if network.is_former else None, network.left_label)]
    return Picture(
        name=Words.of(network.name),
        figures=tuple(
            (str(day.year), Words(label, stored_language(network.reader.language))) for day, label in dates if day
        ),
        foot=tuple(Words.of(text) for text in (profile.city_name, profile.site_title) if text),
        logo=row.logo.name or "",
        mark=Words.of(Text(network.mark, language=network.name.language)),
    )


def picture_of_site(profile, count: int) -> Picture:
    """Return the picture of the site: its title, its city and how many networks it shows."""
    label = ngettext("network", "networks", count)
    return Picture(
        name=Words.of(profile.site_title),
        figures=((str(count), Words(label, stored_language(profile.reader.language))),) if count else (),
        foot=(Words.of(profile.city_name),) if profile.city_name else (),
        logo=profile.row.coat_of_arms.name or "",
    )


# Answering


@require_safe
def site_picture(request: HttpRequest) -> HttpResponse:
    profile = Reader().profile(CityProfile.objects.current())
    networks = Network.objects.published()
    picture = picture_of_site(profile, networks.count())
    changed_at = networks.aggregate(latest=Max("changed_at"))["latest"]
    return answer(request, picture, [changed_at, profile.changed_at], profile.row.coat_of_arms.storage)


@require_safe
def network_picture(request: HttpRequest, slug: str) -> HttpResponse:
    rows = Network.objects.published()
    row = rows.filter(slug=slug).first()
    if row is None:
        row = get_object_or_404(rows, former_slugs__slug=slug)
        return permanent_redirect(reverse("public:network_picture", args=[row.slug]))
    reader = Reader()
    profile = reader.profile(CityProfile.objects.current())
    picture = picture_of_network(reader.network(row), profile)
    return answer(request, picture, [row.changed_at, profile.changed_at], row.logo.storage)


def answer(request: HttpRequest, picture: Picture, changed: list[datetime | None], storage) -> HttpResponse:
    """Answer with a picture, drawn only where it was not drawn before and is not known to who asks."""
    etag = quote_etag(picture.digest)
    times = [int(moment.timestamp()) for moment in changed if moment is not None]
    modified = max(times, default=None)
    # By the ETag alone: when a network is taken off the site, the newest of the others is an older one.
    response = get_conditional_response(request, etag=etag)
    if response is None:
        content = store.get(f"picture-{picture.digest}")
        if content is None:
            try:
                content = draw(picture, storage.open)
            except LogoLost:
                # For now. The next who asks may find it there again.
                content = draw(replace(picture, logo=""), storage.open)
                headers = {"Cache-Control": "no-store", **FOR_OTHER_SITES}
                return HttpResponse(content, content_type="image/png", headers=headers)
            store.set(f"picture-{picture.digest}", content, KEPT_FOR)
        response = HttpResponse(content, content_type="image/png", headers=FOR_OTHER_SITES)
    response.headers["ETag"] = etag
    if modified is not None:
        response.headers["Last-Modified"] = http_date(modified)
    response.headers["Cache-Control"] = f"public, max-age={FRESH_FOR}, must-revalidate"
    return response
