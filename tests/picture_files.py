"""Files of pictures, sound and hostile, as somebody might upload them."""

import io
import struct
import zlib

from PIL import Image, ImageDraw

from networks.pictures import LARGEST_FILE, MOST_PARTS, MOST_SCANS

RED, BLUE, WHITE, GREY, BLACK = (255, 0, 0), (0, 0, 255), (255, 255, 255), (128, 128, 128), (0, 0, 0)


def drawing(mode="RGB", size=(60, 40), corner=RED, rest=WHITE):
    """A picture whose left upper quarter has another colour, so that one can see how it stands."""
    picture = Image.new(mode, size, rest)
    ImageDraw.Draw(picture).rectangle((0, 0, size[0] // 2 - 1, size[1] // 2 - 1), fill=corner)
    return picture


def saved(picture, image_format="PNG", **options):
    content = io.BytesIO()
    picture.save(content, image_format, **options)
    return content.getvalue()


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def blank_png(width, height, *, before=b"", after=b"", pixels=None):
    """A black 1-bit PNG, written row by row so that even a huge one takes no memory."""
    if pixels is None:
        packer = zlib.compressobj(9)
        row = bytes(1 + (width + 7) // 8)
        pixels = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + before + chunk(b"IDAT", pixels) + after + chunk(b"IEND", b"")


BOMB = b"x\0\0" + zlib.compress(bytes(2 * 10**7))
NOISE = Image.effect_noise((99, 99), 99)


def with_scans(count, size=(60, 40)):
    """A progressive JPEG whose last scan, with the table it needs, is written so often that there are so many."""
    content = saved(Image.new("RGB", size, GREY), "JPEG", progressive=True)
    last = content[content.rindex(b"\xff\xc4") : -2]
    return content[:-2] + last * (count - content.count(b"\xff\xda")) + content[-2:]


def with_segments(*segments):
    """A JPEG with more segments of the application, each a code and its data."""
    written = b"".join(b"\xff" + code + struct.pack(">H", len(data) + 2) + data for code, data in segments)
    return saved(drawing(), "JPEG")[:2] + written + saved(drawing(), "JPEG")[2:]


WHOLE_PNG = saved(drawing())


# What cannot be taken, and why
BAD_FILES = {
    "nothing": (b"", "not_a_picture"),
    "text": ("Ниш".encode(), "not_a_picture"),
    "EPS": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EOF\n", "not_a_picture"),
    "SVG": (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "not_a_picture"),
    "PDF": (b"%PDF-1.7\n%%EOF", "not_a_picture"),
    "GIF": (saved(drawing(), "GIF"), "not_a_picture"),
    "TIFF": (saved(drawing(), "TIFF"), "not_a_picture"),
    "BMP": (saved(drawing(), "BMP"), "not_a_picture"),
    "ICO": (saved(drawing(), "ICO"), "not_a_picture"),
    "no pixels": (blank_png(0, 0), "not_a_picture"),
    "a little too wide": (blank_png(8001, 1), "too_many_pixels"),
    "a little too high": (blank_png(1, 8001), "too_many_pixels"),
    "20,000 x 20,000": (blank_png(20_000, 20_000), "too_many_pixels"),
    "more than 16 megapixels": (blank_png(4001, 4000), "too_many_pixels"),
    "as wide as can be said": (blank_png(2**31 - 1, 1, pixels=b""), "too_many_pixels"),
    "too large": (bytes(LARGEST_FILE + 1), "too_large"),
    "bomb behind the pixels": (blank_png(9, 9, after=chunk(b"zTXt", BOMB)), "damaged"),
    "truncated PNG": (saved(NOISE)[:5000], "damaged"),
    "truncated JPEG": (saved(NOISE, "JPEG")[:3000], "damaged"),
    "PNG without its last byte": (WHOLE_PNG[:-1], "damaged"),
    "PNG without the checksum of its pixels": (WHOLE_PNG[:-16], "damaged"),
    "PNG that ends with its signature": (WHOLE_PNG[:8], "damaged"),
    "JPEG of too many scans": (with_scans(MOST_SCANS + 1), "too_many_parts"),
    "JPEG of very many scans": (with_scans(5000, (4000, 4000)), "too_many_parts"),
    "JPEG of too many segments": (with_segments(*[(b"\xe2", b"")] * MOST_PARTS), "too_many_parts"),
    "JPEG of empty bytes": (with_segments()[:2] + b"\xff" * 4_000_000 + with_segments()[2:], "too_many_parts"),
    "PNG of too many chunks": (blank_png(9, 9, before=chunk(b"abCd", b"") * MOST_PARTS), "too_many_parts"),
}
