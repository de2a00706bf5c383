import errno
import io
import time
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from PIL import Image

from networks import pictures
from networks.models import CityProfile, Network
from networks.pictures import KEPT_SIDE, MOST_SCANS, reencode_picture
from tests.makers import make_network, make_profile
from tests.picture_files import (
    BAD_FILES,
    BLACK,
    BLUE,
    BOMB,
    GREY,
    NOISE,
    RED,
    WHITE,
    blank_png,
    chunk,
    drawing,
    saved,
    with_scans,
    with_segments,
)

ORIENTATION, GPS, MAKER = 0x0112, 0x8825, 0x010F
GLASS, CLEAR = (0, 0, 255, 128), (0, 0, 0, 0)


def photograph(orientation=1):
    """A JPEG as a telephone makes it: it says how to turn it, where it was taken and with what."""
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    exif[MAKER] = "Secret Camera"
    exif[GPS] = {1: "N", 2: (43.0, 19.0, 15.0), 3: "E", 4: (21.0, 53.0, 45.0)}
    return saved(drawing(), "JPEG", exif=exif, comment=b"taken at home", quality=95, subsampling=0)


def opened(content):
    picture = Image.open(io.BytesIO(content))
    picture.load()
    return picture


def rewritten(content, name="logo.png"):
    return opened(reencode_picture(SimpleUploadedFile(name, content)).read())


def is_about(colour, expected):
    """Say whether two colours look the same; JPEG and WebP do not keep them to the bit."""
    return all(abs(one - other) <= 12 for one, other in zip(colour, expected, strict=True))


# What is drawn, how it is saved, and what is to be seen in the corner and in the rest of the picture that is kept
KINDS = {
    "PNG": (drawing(), "PNG", {}, RED, WHITE),
    "PNG with alpha": (drawing("RGBA", corner=GLASS, rest=CLEAR), "PNG", {}, GLASS, CLEAR),
    "PNG with a palette": (drawing().quantize(4), "PNG", {}, RED, WHITE),
    "PNG with a clear colour": (drawing("P", corner=1, rest=0), "PNG", {"transparency": 0}, (1, 1, 1, 255), CLEAR),
    "PNG of 1 bit": (drawing("1", corner=0, rest=1), "PNG", {}, BLACK, WHITE),
    "PNG of 8 bits": (drawing("L", corner=0, rest=128), "PNG", {}, BLACK, GREY),
    "PNG of 16 bits": (drawing("I;16", corner=0, rest=128 * 257), "PNG", {}, BLACK, GREY),
    "grey PNG with alpha": (drawing("LA", corner=(0, 255), rest=(0, 0)), "PNG", {}, (*BLACK, 255), CLEAR),
    "animated PNG": (drawing(), "PNG", {"save_all": True, "append_images": [drawing(corner=BLUE)]}, RED, WHITE),
    "JPEG": (drawing(), "JPEG", {"subsampling": 0}, RED, WHITE),
    "JPEG in CMYK": (drawing().convert("CMYK"), "JPEG", {}, RED, WHITE),
    "grey JPEG": (drawing("L", corner=0, rest=128), "JPEG", {"progressive": True}, BLACK, GREY),
    "WebP": (drawing(), "WEBP", {"lossless": True}, RED, WHITE),
    "WebP with alpha": (drawing("RGBA", corner=GLASS, rest=CLEAR), "WEBP", {"lossless": True}, GLASS, CLEAR),
    "animated WebP": (drawing(), "WEBP", {"save_all": True, "append_images": [drawing(corner=BLUE)]}, RED, WHITE),
}


class TestRewritePicture:
    @pytest.mark.parametrize(("drawn", "image_format", "options", "corner", "rest"), KINDS.values(), ids=KINDS)
    def test_keeps_what_is_to_be_seen_as_a_still_png(self, drawn, image_format, options, corner, rest):
        picture = rewritten(saved(drawn, image_format, **options))
        assert (picture.format, picture.mode, picture.size) == ("PNG", "RGBA" if len(rest) == 4 else "RGB", (60, 40))
        assert not getattr(picture, "is_animated", False)
        assert is_about(picture.getpixel((15, 10)), corner)
        assert is_about(picture.getpixel((45, 30)), rest)

    @pytest.mark.parametrize(
        ("orientation", "size", "corner"),
        [
            (1, (60, 40), (15, 10)),
            (2, (60, 40), (45, 10)),
            (3, (60, 40), (45, 30)),
            (4, (60, 40), (15, 30)),
            (5, (40, 60), (10, 15)),
            (6, (40, 60), (30, 15)),
            (7, (40, 60), (30, 45)),
            (8, (40, 60), (10, 45)),
        ],
    )
    def test_turns_a_photograph_the_right_way_up(self, orientation, size, corner):
        picture = rewritten(photograph(orientation), "IMG_0001.JPG")
        assert picture.size == size
        assert is_about(picture.getpixel(corner), RED)
        assert is_about(picture.getpixel((size[0] - 1 - corner[0], size[1] - 1 - corner[1])), WHITE)

    def test_keeps_nothing_of_where_and_with_what_it_was_taken(self):
        content = reencode_picture(ContentFile(photograph(6))).read()
        assert opened(content).info == {}
        assert not opened(content).getexif()
        for trace in (b"Secret Camera", b"taken at home", b"eXIf", b"tEXt", b"iCCP"):
            assert trace not in content

    def test_keeps_nothing_that_was_hung_on(self):
        payload = b"<html><script>alert(1)</script></html>"
        for content in (saved(drawing()), saved(drawing(), "JPEG"), saved(drawing(), "WEBP")):
            polyglot = reencode_picture(ContentFile(content + payload)).read()
            assert b"script" not in polyglot
            assert polyglot.endswith(chunk(b"IEND", b""))

    @pytest.mark.parametrize(
        ("size", "kept"),
        [
            ((1, 1), (1, 1)),
            ((640, 640), (640, 640)),
            ((1280, 960), (640, 480)),
            ((960, 1280), (480, 640)),
            ((6000, 10), (640, 1)),
            ((1, 6000), (1, 640)),
        ],
    )
    def test_makes_large_pictures_smaller_and_keeps_their_shape(self, size, kept):
        assert KEPT_SIDE == 640
        assert rewritten(blank_png(*size)).size == kept

    def test_names_the_file_by_its_content_alone(self):
        names = {
            reencode_picture(SimpleUploadedFile(name, content)).name
            for name in ("logo.png", "грб.png", "../../etc/passwd", "x.html")
            for content in (saved(drawing()), saved(drawing(), compress_level=1))
        }
        (name,) = names
        assert name.endswith(".png")
        assert name.removesuffix(".png").isalnum()
        assert reencode_picture(ContentFile(saved(drawing(corner=BLUE)))).name != name

    @pytest.mark.parametrize(("content", "code"), BAD_FILES.values(), ids=BAD_FILES)
    def test_refuses_what_is_no_good_picture(self, content, code):
        with pytest.raises(ValidationError) as caught:
            reencode_picture(ContentFile(content))
        assert caught.value.code == code

    @pytest.mark.parametrize("kind", [b"iCCP", b"zTXt"])
    def test_refuses_a_bomb_before_the_pixels(self, kind):
        with pytest.raises(ValidationError):
            reencode_picture(ContentFile(blank_png(9, 9, before=chunk(kind, BOMB))))

    @pytest.mark.parametrize(("image_format", "options"), [
        ("PNG", {}),
        ("PNG", {"save_all": True, "append_images": [NOISE.rotate(9)]}),
        ("JPEG", {}),
        ("JPEG", {"progressive": True}),
        ("WEBP", {}),
        ("WEBP", {"lossless": True}),
        ("WEBP", {"save_all": True, "append_images": [NOISE.rotate(9)]}),
    ])  # fmt: skip
    def test_refuses_a_picture_that_is_cut_off_anywhere(self, image_format, options):
        content = saved(NOISE, image_format, **options)
        reencode_picture(ContentFile(content))
        for length in {*range(0, len(content), len(content) // 100), *range(len(content) - 30, len(content))}:
            with pytest.raises(ValidationError):
                reencode_picture(ContentFile(content[:length]))

    @pytest.mark.long
    @pytest.mark.parametrize(
        "content",
        [
            with_scans(MOST_SCANS),
            # Scans of a picture inside of another, or behind it, are none of its own.
            with_segments((b"\xe1", b"Exif\0\0" + b"\xff\xda\0\2" * 1000)),
            saved(drawing(), "JPEG") + with_scans(MOST_SCANS + 1),
            saved(drawing(), "JPEG") + b"\xff\xda" * 1000,
            saved(NOISE.resize((900, 900)), "JPEG", quality=100, restart_marker_blocks=1),
            blank_png(9, 9, before=chunk(b"abCd", bytes(4_000_000)), after=chunk(b"tEXt", b"a\0b") * 1000),
        ],
        ids=["scans", "thumbnail", "second picture", "appended", "restarts", "ancillary"],
    )
    def test_takes_a_picture_of_many_parts(self, content):
        assert rewritten(content).format == "PNG"

    @pytest.mark.exhaustive
    @pytest.mark.parametrize(
        "make",
        [
            lambda: with_scans(MOST_SCANS, (4000, 4000)),
            lambda: saved(Image.new("RGBA", (4000, 4000), GLASS)),
            lambda: saved(Image.new("I;16", (4000, 4000), 1000)),
            lambda: saved(Image.new("RGB", (4000, 4000), RED), "WEBP"),
            lambda: blank_png(4000, 4000),
        ],
        ids=["JPEG", "PNG with alpha", "PNG of 16 bits", "WebP", "PNG of 1 bit"],
    )
    def test_takes_no_long_time_for_the_largest_pictures(self, make):
        content = make()
        started = time.thread_time()
        assert rewritten(content).size == (KEPT_SIDE, KEPT_SIDE)
        assert time.thread_time() - started < 10  # 2 seconds, on a machine that does nothing else

    def test_decodes_a_file_once(self, monkeypatch):
        good, bad = ContentFile(saved(drawing())), ContentFile(b"")
        first = reencode_picture(good)
        with pytest.raises(ValidationError) as refused:
            reencode_picture(bad)
        monkeypatch.setattr(pictures, "reencode", None)
        again = reencode_picture(good)
        assert (again.name, again.read()) == (first.name, first.read())
        with pytest.raises(ValidationError) as refused_again:
            reencode_picture(bad)
        assert refused_again.value.code == refused.value.code


@pytest.fixture
def clerk(client):
    client.force_login(User.objects.create_superuser("clerk"))
    return client


def upload(clerk, content, network=None, *, name="logo.png", **typed):
    """Save the form of a network with a logo, and give the network back as it is stored then."""
    typed = {"name_sr": "Мрежа градова", "status": "member", "position": "0", **typed}
    if network is None:
        address = "/admin/networks/network/add/"
    else:
        address = f"/admin/networks/network/{network.pk}/change/"
        typed.setdefault("slug", network.slug)
        typed["base"] = str(network.head.number)
    if content:
        typed["logo"] = SimpleUploadedFile("NAME", content)
    # The test client would make the name harmless before it sends it.
    body = encode_multipart(BOUNDARY, typed).replace(b'filename="NAME"', f'filename="{name}"'.encode())
    response = clerk.generic("POST", address, body, MULTIPART_CONTENT)
    assert response.status_code == 302, response.context["adminform"].form.errors
    return Network.objects.get(pk=network.pk) if network else Network.objects.latest("pk")


def stored_files(settings):
    return [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]


@pytest.mark.django_db
@pytest.mark.sql
class TestUpload:
    def test_stores_the_picture_with_its_size(self, clerk, settings):
        network = upload(clerk, saved(drawing(size=(1280, 960)), "JPEG"), name="logo.jpg")
        (path,) = stored_files(settings)
        assert Path(network.logo.path) == path
        assert path.parent.name == "logos"
        assert (network.logo_width, network.logo_height) == (640, 480) == opened(path.read_bytes()).size

    @pytest.mark.long
    @pytest.mark.parametrize(
        "name",
        [
            "../../x.png",
            "..\\..\\x.png",
            "/etc/passwd",
            "C:\\Windows\\x.png",
            "грб града Ниша.png",
            "a\0b.png",
            "x.php",
            "x.png.html",
            ".htaccess",
            "-rf *.png",
            "%2e%2e%2fx.png",
            "&#46;&#46;&#47;x.png",
            "x" * 150 + ".png",
            "грб" * 60 + ".png",
            "\u202egnp.exe",
        ],
    )
    def test_takes_no_notice_of_the_name_of_the_file(self, clerk, settings, name):
        network = upload(clerk, saved(drawing()), name=name)
        (path,) = stored_files(settings)
        assert network.logo.name == f"logos/{path.name}"
        assert path.name == reencode_picture(ContentFile(saved(drawing()))).name
        assert path.parent == Path(settings.MEDIA_ROOT) / "logos"

    def test_gives_one_name_to_the_same_picture(self, clerk, settings):
        first = upload(clerk, saved(drawing()))
        second = upload(clerk, saved(drawing()), name_sr="Друга мрежа")
        assert first.logo.name == second.logo.name
        assert (second.logo_width, second.logo_height) == (60, 40)
        assert len(stored_files(settings)) == 1

    def test_same_picture_on_two_networks_outlives_the_change_of_one(self, clerk):
        first = upload(clerk, saved(drawing()))
        second = upload(clerk, saved(drawing()), name_sr="Друга мрежа")
        upload(clerk, saved(drawing(corner=BLUE)), second)
        assert is_about(opened(Path(first.logo.path).read_bytes()).getpixel((1, 1)), RED)

    def test_another_picture_takes_the_place_of_the_first(self, clerk):
        network = upload(clerk, saved(drawing()))
        replaced = upload(clerk, saved(drawing("L", (20, 30), 0, 255)), network)
        assert replaced.logo.name != network.logo.name
        assert (replaced.logo_width, replaced.logo_height) == (20, 30)
        assert opened(Path(replaced.logo.path).read_bytes()).size == (20, 30)

    def test_saving_without_a_new_picture_keeps_the_old_one(self, clerk, settings):
        network = upload(clerk, saved(drawing()))
        again = upload(clerk, b"", network, name_sr="Ново име")
        assert (again.name_sr, again.logo.name) == ("Ново име", network.logo.name)
        assert len(stored_files(settings)) == 1

    def test_a_cleared_picture_leaves_nothing_in_the_row(self, clerk):
        network = upload(clerk, saved(drawing()))
        cleared = upload(clerk, b"", network, **{"logo-clear": "on"})
        assert (cleared.logo.name, cleared.logo_width, cleared.logo_height) == ("", None, None)

    def test_form_of_a_network_opens_when_its_file_has_gone(self, clerk):
        network = upload(clerk, saved(drawing()))
        Path(network.logo.path).unlink()
        address = f"/admin/networks/network/{network.pk}/change/"
        assert clerk.get(address).status_code == 200
        assert upload(clerk, b"", network, name_sr="Ново име").name_sr == "Ново име"
        assert upload(clerk, saved(drawing()), network).logo_width == 60

    def test_coat_of_arms_is_taken_in_the_same_way(self, clerk):
        make_profile()
        typed = {
            "city_name_sr": "Град Ниш",
            "site_title_sr": "Мреже градова",
            "coat_of_arms": SimpleUploadedFile("грб.webp", saved(drawing(), "WEBP")),
        }
        assert clerk.post("/admin/networks/cityprofile/1/change/", typed).status_code == 302
        profile = CityProfile.objects.get()
        assert profile.coat_of_arms.name.startswith("city/")
        assert (profile.coat_of_arms_width, profile.coat_of_arms_height) == (60, 40)

    def test_form_offers_the_taken_formats_only(self, clerk):
        network = make_network()
        page = clerk.get(f"/admin/networks/network/{network.pk}/change/").content.decode()
        assert 'accept="image/png,image/jpeg,image/webp"' in page

    def test_that_meets_a_full_disk_leaves_nothing_behind_and_is_whole_the_next_time(
        self, clerk, settings, monkeypatch
    ):
        def until_the_disk_is_full(self, chunk_size=None):
            yield self.read(60)
            raise OSError(errno.ENOSPC, "No space left on device")

        with monkeypatch.context() as patched, pytest.raises(OSError, match="No space"):
            patched.setattr(ContentFile, "chunks", until_the_disk_is_full)
            upload(clerk, saved(drawing()))
        assert stored_files(settings) == []
        network = upload(clerk, saved(drawing()))
        assert opened(Path(network.logo.path).read_bytes()).tobytes() == drawing().tobytes()

    def test_that_was_cut_off_long_ago_is_written_anew_under_its_name(self, clerk, settings):
        path = Path(upload(clerk, saved(drawing())).logo.path)
        whole = path.read_bytes()
        path.write_bytes(whole[:60])
        assert Path(upload(clerk, saved(drawing()), name_sr="Друга мрежа").logo.path) == path
        assert (path.read_bytes(), stored_files(settings)) == (whole, [path])

    def test_stands_under_its_name_only_when_it_is_whole(self, clerk, settings, monkeypatch):
        """Whoever reads the folder while a picture is written, such as a backup, finds no half of it."""
        chunks, seen = ContentFile.chunks, []

        def looked_at(self, chunk_size=None):
            for piece in chunks(self, chunk_size):
                yield piece
                seen.extend(each.name for each in stored_files(settings))

        monkeypatch.setattr(ContentFile, "chunks", looked_at)
        name = Path(upload(clerk, saved(drawing())).logo.path).name
        assert seen
        assert all(each.startswith(".") for each in seen)
        assert [each.name for each in stored_files(settings)] == [name]
