"""
The pictures that other sites show with a link to a page (og:image): name, years and mark.

They are drawn with a font of the project, so that they look the same on every machine.
"""

import hashlib
import io
import json
import logging
import unicodedata
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from functools import cache as memoize
from pathlib import Path

from django.core.cache import cache
from django.core.files.storage import Storage
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
from networks.reading import NetworkReading, ProfileReading, Reader, Text
from networks.redirects import permanent_redirect

logger = logging.getLogger(__name__)

# Raise it when the drawing changes, so that pictures from the cache are drawn again.
DRAWING = 4

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
# The Serbian forms of Cyrillic letters need the Raqm library, which not every machine has.
HAS_RAQM = features.check("raqm")

CACHE_SECONDS = 7 * 24 * 60 * 60
MAX_AGE = 10 * 60  # seconds in the caches of browsers and proxies


@dataclass(frozen=True)
class PictureText:
    """A text, and the code of the language for its letter forms (or an empty string)."""

    text: str
    language: str = ""

    @classmethod
    def of(cls, text: str) -> "PictureText":
        # Composed, because the font has most letters with diacritics as one glyph.
        words = unicodedata.normalize("NFC", " ".join(text.split()))
        return cls(words, stored_language(getattr(text, "language", None) or ""))


@dataclass(frozen=True)
class Picture:
    """Everything that a picture shows."""

    name: PictureText
    # In the margin: figures and their labels, such as 2003 and "Joined"
    figures: tuple[tuple[str, PictureText], ...] = ()
    foot: tuple[PictureText, ...] = ()
    # The name of an uploaded file in its storage; without it, `mark` is drawn in a circle, or an initial in a square
    logo: str = ""
    mark: PictureText | None = None
    mark_is_initial: bool = False

    @property
    def digest(self) -> str:
        """The cache key and ETag: the same for all pictures that look the same."""
        content = json.dumps([DRAWING, HAS_RAQM, asdict(self)])
        return hashlib.sha256(content.encode()).hexdigest()[:32]


# Text


# Other sites show the pictures.
CROSS_ORIGIN = {"Cross-Origin-Resource-Policy": "cross-origin"}


@memoize
def font(path: Path, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(path, size)


def text_options(words: PictureText) -> dict:
    """Return the keyword arguments of Pillow for the language of a text."""
    return {"language": words.language} if HAS_RAQM and words.language else {}


def break_lines(words: PictureText, face: ImageFont.FreeTypeFont, width: float) -> list[str]:
    """Return the text in lines of at most `width` pixels; a wider word is broken between letters."""

    def fits(text: str) -> bool:
        return face.getlength(text, **text_options(words)) <= width

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
    """Lines of text in one size."""

    words: PictureText
    lines: list[str]
    face: ImageFont.FreeTypeFont
    leading: int

    @property
    def height(self) -> int:
        return self.leading * len(self.lines)

    @property
    def width(self) -> float:
        return max(self.face.getlength(line, **text_options(self.words)) for line in self.lines)

    def draw(self, canvas: ImageDraw.ImageDraw, x: float, y: float, fill: str) -> None:
        """Draw the block with its upper left corner at (x, y)."""
        for number, line in enumerate(self.lines):
            baseline = y + number * self.leading + round(self.face.size * 0.82)
            canvas.text((x, baseline), line, fill=fill, font=self.face, anchor="ls", **text_options(self.words))


def fit_text(words: PictureText, path: Path, sizes: range, width: int, height: int) -> Block:
    """
    Return the text in the largest size that fits into a box, in lines of similar length.

    `sizes` go from the largest to the smallest, which is used even if the text does not fit. Only then, words that
    are too long for a line are broken.
    """
    for size in sizes:
        face, leading = font(path, size), round(size * 1.17)
        lines = break_lines(words, face, width)
        longest_word = max(face.getlength(word, **text_options(words)) for word in words.text.split(" "))
        if len(lines) * leading <= height and longest_word <= width:
            break
    # Search the smallest width with the same number of lines and no broken word.
    low, high = min(longest_word, width), width
    if len(break_lines(words, face, low)) == len(lines):
        high = low
    while high - low > 8:
        middle = (low + high) / 2
        if len(break_lines(words, face, middle)) > len(lines):
            low = middle
        else:
            high = middle
    return Block(words, break_lines(words, face, high), face, leading)


# Drawing


def draw(picture: Picture, open_file: Callable) -> bytes:
    """Return a picture as PNG. `open_file` opens the logo by its name. Raise LogoUnreadable where that fails."""
    image = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
    canvas = ImageDraw.Draw(image)
    name = fit_text(picture.name, SEMIBOLD, range(112, 18, -2), RIGHT - TEXT_LEFT, FOOT - TOP - 24)
    name.draw(canvas, TEXT_LEFT, TOP, INK)
    draw_figures(canvas, picture.figures, name)
    if picture.foot:
        canvas.line((TEXT_LEFT, FOOT, RIGHT, FOOT), RULE, 2)
    y = FOOT + 28
    for number, words in enumerate(picture.foot):
        path, fill = (SEMIBOLD, INK) if number == 0 else (REGULAR, SOFT)
        line = fit_text(words, path, range(34, 12, -2), RIGHT - TEXT_LEFT, 44)
        line.draw(canvas, TEXT_LEFT, y, fill)
        y += line.height + 6
    if picture.logo:
        draw_logo(image, picture.logo, open_file)
    elif picture.mark:
        draw_mark(image, picture.mark, picture.mark_is_initial)
    if not picture.logo:
        # 64 colours are enough for text, and the file is a third of the size.
        image = image.quantize(64, dither=Image.Dither.NONE)
    content = io.BytesIO()
    image.save(content, "PNG", optimize=True)
    return content.getvalue()


def draw_figures(canvas: ImageDraw.ImageDraw, figures: tuple[tuple[str, PictureText], ...], name: Block) -> None:
    """Draw the years in the margin, the first one on the first line of the name."""
    size = 84 if len(figures) == 1 else 64
    baseline = TOP + round(name.face.size * 0.82)
    # Large figures beside a long name in small letters must not start above the top margin.
    baseline = max(baseline, TOP + round(size * 0.66))
    for figure, label in figures:
        block = fit_text(PictureText(figure), REGULAR, range(size, 18, -2), MARGIN, round(size * 1.17))
        canvas.text((LEFT, baseline), figure, fill=ACCENT, font=block.face, anchor="ls")
        block = fit_text(label, REGULAR, range(28, 12, -2), MARGIN, 34)
        block.draw(canvas, LEFT, baseline + 14, SOFT)
        baseline += size + 60


MARK = 132  # pixels from side to side


def draw_mark(image: Image.Image, mark: PictureText, is_initial: bool) -> None:
    """Draw an acronym in a circle, or an initial in a square, in the margin at the foot."""
    if is_initial:
        ImageDraw.Draw(image).rectangle((LEFT, BOTTOM - MARK, LEFT + MARK, BOTTOM), outline=LINE, width=2)
    else:
        draw_circle(image)
    for size in range(96 if is_initial else 48, 10, -2):
        face = font(SEMIBOLD, size)
        if face.getlength(mark.text, **text_options(mark)) <= MARK * 0.74:
            break
    middle = (LEFT + MARK / 2, BOTTOM - MARK / 2 + round(face.size * 0.33))
    ImageDraw.Draw(image).text(middle, mark.text, fill=INK, font=face, anchor="ms", **text_options(mark))


def draw_circle(image: Image.Image) -> None:
    scale = 4  # drawn large and scaled down, because Pillow does not smooth edges
    circle = Image.new("L", (MARK * scale, MARK * scale))
    ImageDraw.Draw(circle).ellipse((0, 0, MARK * scale - 1, MARK * scale - 1), 255)
    edge = circle.resize((MARK, MARK), Image.Resampling.LANCZOS)
    inner = ImageOps.expand(circle.resize((MARK - 4, MARK - 4), Image.Resampling.LANCZOS), 2)
    for shape, colour in ((edge, LINE), (inner, SHEET)):
        image.paste(ImageColor.getrgb(colour), (LEFT, BOTTOM - MARK), shape)


class LogoUnreadable(Exception):
    """The file of a logo is missing, or cannot be read."""


def draw_logo(image: Image.Image, name: str, open_file: Callable) -> None:
    """Draw an uploaded picture on white, in the margin at the foot."""
    try:
        with open_file(name) as file, Image.open(file) as opened:
            logo = ImageOps.contain(opened.convert("RGBA"), (MARGIN - 20, MARK))
    except Exception as error:  # remote storages raise errors of their own
        logger.warning("The file %r of a logo is missing or damaged", name)
        raise LogoUnreadable(name) from error
    place = (LEFT + 10, BOTTOM - logo.height - 10)
    card = (place[0] - 10, place[1] - 10, place[0] + logo.width + 9, place[1] + logo.height + 9)
    ImageDraw.Draw(image).rounded_rectangle(card, 6, "#fff")
    image.paste(logo, place, logo)


# What the pictures show


def picture_of_network(network: NetworkReading, profile: ProfileReading) -> Picture:
    """Return the picture of a network."""
    row = network.row
    dates = [(row.joined, _("Joined")), (row.left if network.is_former else None, network.left_label)]
    return Picture(
        name=PictureText.of(network.name),
        figures=tuple(
            (str(day.year), PictureText(label, stored_language(network.reader.language)))
            for day, label in dates
            if day
        ),
        foot=tuple(PictureText.of(text) for text in (profile.city_name, profile.site_title) if text),
        logo=row.logo.name or "",
        mark=PictureText.of(Text(network.mark, language=network.name.language)),
        mark_is_initial=not network.mark_is_acronym,
    )


def picture_of_site(profile: ProfileReading, count: int) -> Picture:
    """Return the picture of the site: its title, its city and the number of networks."""
    label = ngettext("network", "networks", count)
    return Picture(
        name=PictureText.of(profile.site_title),
        figures=((str(count), PictureText(label, stored_language(profile.reader.language))),) if count else (),
        foot=(PictureText.of(profile.city_name),) if profile.city_name else (),
        logo=profile.row.coat_of_arms.name or "",
    )


# Views


@require_safe
def site_picture(request: HttpRequest) -> HttpResponse:
    profile = Reader().profile(CityProfile.objects.current())
    networks = Network.objects.published()
    picture = picture_of_site(profile, networks.count())
    changed_at = networks.aggregate(latest=Max("changed_at"))["latest"]
    return picture_response(request, picture, [changed_at, profile.changed_at], profile.row.coat_of_arms.storage)


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
    return picture_response(request, picture, [row.changed_at, profile.changed_at], row.logo.storage)


def picture_response(
    request: HttpRequest, picture: Picture, changed: list[datetime | None], storage: Storage
) -> HttpResponse:
    """Return the response with a picture. It is drawn only if neither the client nor the cache has it."""
    etag = quote_etag(picture.digest)
    times = [int(moment.timestamp()) for moment in changed if moment is not None]
    modified = max(times, default=None)
    # Not by Last-Modified: after a network is unpublished, the newest change may be an older one.
    response = get_conditional_response(request, etag=etag)
    if response is None:
        content = cache.get(f"picture-{picture.digest}")
        if content is None:
            try:
                content = draw(picture, storage.open)
            except LogoUnreadable:
                # Not cached: the file may be back at the next request.
                content = draw(replace(picture, logo=""), storage.open)
                headers = {"Cache-Control": "no-store", **CROSS_ORIGIN}
                return HttpResponse(content, content_type="image/png", headers=headers)
            cache.set(f"picture-{picture.digest}", content, CACHE_SECONDS)
        response = HttpResponse(content, content_type="image/png", headers=CROSS_ORIGIN)
    response.headers["ETag"] = etag
    if modified is not None:
        response.headers["Last-Modified"] = http_date(modified)
    response.headers["Cache-Control"] = f"public, max-age={MAX_AGE}, must-revalidate"
    return response
