"""The pictures and the cards that go with a shared link."""

import io
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

import pytest
from django.contrib.staticfiles import finders
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops

from networks.models import CityProfile, Network
from networks.partial_dates import PartialDate
from networks.public import share_pictures
from networks.public.share_pictures import (
    BOTTOM,
    FOOT,
    LEFT,
    MARGIN,
    MARK,
    PAPER,
    REGULAR,
    RIGHT,
    SEMIBOLD,
    TEXT_LEFT,
    TOP,
    LogoUnreadable,
    Picture,
    PictureText,
    break_lines,
    draw,
    fit_text,
    font,
    picture_of_network,
)
from networks.reading import Reader
from tests.makers import make_network, make_page, make_profile
from tests.pages import (
    CYRILLIC,
    LANGUAGES,
    PREFIXES,
    count_queries,
    in_latin_and_in_ci_in_each_language,
    opened,
    parsed,
)

ALPHABETS = (
    "АБВГДЂЕЖЗИЈКЛЉМНЊОПРСТЋУФХЦЧЏШабвгдђежзијклљмнњопрстћуфхцчџш"
    "ABCČĆDĐEFGHIJKLMNOPQRSŠTUVWXYZŽabcčćdđefghijklmnopqrsštuvwxyzž"
    "0123456789„“”‚‘’–—-.,:;!?()/&%+№€«»äöüßéèêëçñáíóúàâîôûåæøœąęłńśźżőűăâșțıłğřůýěÄÖÜÉÇÁŐŞ"
)


# Of the pages; pictures and pages are in the same type.
WEB_FONTS = [Path(finders.find(f"networks/fonts/{weight}.woff2")) for weight in ("regular", "semibold")]


def no_file(name):
    raise FileNotFoundError(name)


def decoded(content):
    image = Image.open(io.BytesIO(content))
    image.load()
    assert (image.format, image.size) == ("PNG", (1200, 630))
    return image.convert("RGB")


def inked(image):
    """The box round all that is not paper."""
    return ImageChops.difference(image, Image.new("RGB", image.size, PAPER)).getbbox()


def tofu(face):
    """What is drawn for a character that the font does not have."""
    return bytes(face.getmask("\U0010fffd"))


class TestFont:
    @pytest.mark.parametrize("path", [REGULAR, SEMIBOLD, *WEB_FONTS], ids=lambda path: path.name)
    def test_has_every_letter(self, path):
        face = font(path, 60)
        assert tofu(face)
        assert [each for each in ALPHABETS if bytes(face.getmask(each)) in (b"", tofu(face))] == []

    def test_has_every_letter_that_is_shown(self, nis):
        face = font(SEMIBOLD, 60)
        for language in LANGUAGES:
            reader = Reader(language)
            texts = [reader.profile(CityProfile.objects.get()).city_name]
            for row in Network.objects.all():
                network = reader.network(row)
                texts += [network.name, network.mark]
            letters = {letter for text in texts for letter in PictureText.of(text).text} - {" "}
            assert [each for each in letters if bytes(face.getmask(each)) == tofu(face)] == []

    def test_a_letter_written_in_two_parts_is_drawn_as_one(self):
        assert PictureText.of("Nis\u030c").text == "Niš"

    def test_takes_nothing_from_the_machine(self):
        for path in (REGULAR, SEMIBOLD):
            assert path.is_file() and path.parent == Path(share_pictures.__file__).parent / "fonts"
        assert "SIL OPEN FONT LICENSE" in (REGULAR.parent / "SourceSerifPro-LICENSE.txt").read_text()

    def test_does_without_the_engine_that_knows_languages(self, monkeypatch):
        picture = Picture(
            PictureText("Љубав", "sr"), (("2003", PictureText("Приступање", "sr")),), mark=PictureText("Љ", "sr")
        )
        digest = picture.digest
        monkeypatch.setattr(share_pictures, "HAS_RAQM", False)
        assert inked(decoded(draw(picture, no_file)))
        assert picture.digest != digest


WORD = st.text(st.sampled_from("аШљWi.“"), min_size=1, max_size=60)


class TestSetting:
    @given(st.lists(WORD, min_size=1, max_size=12), st.integers(40, 400))
    def test_no_line_is_too_wide_and_no_letter_is_lost(self, words, width):
        face, text = font(SEMIBOLD, 20), " ".join(words)
        lines = break_lines(PictureText(text), face, width)
        assert "".join(lines).replace(" ", "") == text.replace(" ", "")
        assert all(lines)
        assert all(face.getlength(line) <= width or len(line) == 1 for line in lines)

    @pytest.mark.exhaustive
    @pytest.mark.parametrize(
        "name",
        [
            "ЕУ1",
            "Љубав",
            "Асоцијација мултиетничких градова југоисточне Европе",
            "Ш" * 200,
            "W" * 200,
            ("Мрежа " * 40)[:200].strip(),
            "i" * 200,
        ],
    )
    def test_a_name_stays_in_its_column(self, name):
        picture = Picture(PictureText(name, "sr"))
        left, top, right, bottom = inked(decoded(draw(picture, no_file)))
        assert left >= TEXT_LEFT - 8 and right <= RIGHT + 4
        assert top >= TOP - 4 and bottom < FOOT

    def test_a_short_name_is_set_larger_than_a_long_one(self):
        sizes = [
            fit_text(PictureText("Мрежа " * times), SEMIBOLD, range(112, 18, -2), 792, 346).face.size
            for times in (1, 10, 33)
        ]
        assert sizes[0] == 112
        assert sizes == sorted(sizes, reverse=True) and len(set(sizes)) == 3

    def test_lines_are_of_about_the_same_length(self):
        block = fit_text(PictureText("Градови за мир и за сарадњу"), SEMIBOLD, range(60, 58, -2), 600, 300)
        widths = [block.face.getlength(line) for line in block.lines]
        assert len(widths) == 2 and min(widths) > 0.6 * max(widths)

    @pytest.mark.exhaustive
    @pytest.mark.parametrize("language", LANGUAGES)
    def test_no_word_of_the_networks_of_nis_is_broken(self, nis, language):
        reader = Reader(language)
        for row in Network.objects.all():
            words = PictureText.of(reader.network(row).name)
            for width, height in ((792, 346), (500, 346), (792, 44)):
                block = fit_text(words, SEMIBOLD, range(112, 12, -2), width, height)
                assert " ".join(block.lines) == words.text

    @pytest.mark.long
    @settings(max_examples=settings().max_examples // 4)  # each draws nine words in many sizes
    @given(
        st.lists(st.sampled_from(["Мрежа", "балканских", "градова", "и", "међуопштинске"]), min_size=1, max_size=9)
    )
    def test_words_stay_whole_and_letters_shrink_instead(self, words):
        block = fit_text(PictureText(" ".join(words)), SEMIBOLD, range(112, 18, -2), 400, 346)
        assert " ".join(block.lines).split() == words
        assert block.width <= 400 and block.height <= 346

    @pytest.mark.long
    def test_everything_stays_on_the_page(self):
        picture = Picture(
            PictureText("Ш" * 200, "sr"),
            (("2003", PictureText("Приступање које дуго траје", "sr")), ("2014", PictureText("Иступање", "sr"))),
            (PictureText("Град " * 20, "sr"), PictureText("Мреже " * 16, "sr")),
            mark=PictureText("ШШШШШШ", "sr"),
        )
        left, top, right, bottom = inked(decoded(draw(picture, no_file)))
        assert left >= LEFT - 8 and top >= TOP - 8
        assert right <= RIGHT + 4 and bottom <= BOTTOM + 8
        image = decoded(draw(picture, no_file))
        # Nothing of the margin reaches into the text.
        assert inked(image.crop((LEFT + MARGIN + 4, 0, TEXT_LEFT - 8, 630))) is None


class TestContent:
    def picture(self, language="en", **fields):
        with translation.override(language):
            row = Network(slug="a", name_sr="Љубав", name_en="Love", **fields)
            profile = CityProfile(city_name_sr="Град Ниш", site_title_sr="Мреже градова")
            reader = Reader()
            return picture_of_network(reader.network(row), reader.profile(profile))

    def test_says_what_the_page_says(self):
        picture = self.picture(joined=PartialDate(2003, 5))
        assert picture.name == PictureText("Love", "en")
        assert picture.figures == (("2003", PictureText("Joined", "en")),)
        assert [each.text for each in picture.foot] == ["Grad Niš", "Mreže gradova"]
        assert self.picture("sr-latn").name == PictureText("Ljubav", "sr")
        assert self.picture("sr").name == PictureText("Љубав", "sr")

    def test_a_former_membership_says_so(self):
        fields = {"joined": PartialDate(2003), "left": PartialDate(2014)}
        figures = self.picture(status="left", **fields).figures
        assert [(figure, label.text) for figure, label in figures] == [("2003", "Joined"), ("2014", "Left")]
        assert len(self.picture(status="member", **fields).figures) == 1
        figures = self.picture(status="ended", **fields).figures
        assert [(figure, label.text) for figure, label in figures][1:] == [("2014", "End of the network")]

    def test_what_is_not_known_is_left_out(self):
        assert self.picture().figures == ()

    def test_each_thing_that_is_drawn_has_a_part_in_the_digest(self):
        digests = {
            each.digest
            for each in (
                self.picture(),
                self.picture("sr"),
                self.picture("sr-latn"),
                self.picture(joined=PartialDate(2003)),
                self.picture(joined=PartialDate(2004)),
                self.picture(acronym_en="LOVE"),
                self.picture(logo="logos/a.png"),
            )
        }
        assert len(digests) == 7
        assert self.picture(joined=PartialDate(2003)).digest == self.picture(joined=PartialDate(2003, 5)).digest
        with mock.patch.object(share_pictures, "DRAWING", share_pictures.DRAWING + 1):
            assert self.picture().digest not in digests


def logo(colour, size=(640, 320), mode="RGBA"):
    content = io.BytesIO()
    Image.new(mode, size, colour).save(content, "PNG")
    return ContentFile(content.getvalue(), name="logo.png")


class TestMark:
    PLACE = (LEFT, FOOT, LEFT + MARGIN, BOTTOM)

    def test_letters_in_a_circle(self):
        one, other = (
            decoded(draw(Picture(PictureText("Мрежа"), mark=PictureText(mark)), no_file)).crop(self.PLACE)
            for mark in ("М", "Г")
        )
        assert inked(one) and inked(other)
        assert ImageChops.difference(one, other).getbbox()

    def test_an_initial_is_no_acronym(self):
        acronym, initial = (
            decoded(draw(Picture(PictureText("Мрежа"), mark=PictureText("М"), mark_is_initial=each), no_file))
            for each in (False, True)
        )
        corner = (LEFT, BOTTOM - MARK, LEFT + 4, BOTTOM - MARK + 4)
        assert inked(initial.crop(corner)) and not inked(acronym.crop(corner))

    @pytest.mark.parametrize("size", [(640, 10), (10, 640), (1, 1), (640, 640)])
    def test_an_uploaded_one(self, size):
        picture = Picture(PictureText("Мрежа"), logo="logos/a.png", mark=PictureText("М"))
        image = decoded(draw(picture, lambda name: logo("#ff0000", size)))
        reds = image.crop(self.PLACE).getcolors(100_000)
        assert (255, 0, 0) in {colour for _count, colour in reds}
        left, top, right, bottom = inked(image)
        assert left >= LEFT - 2 and bottom <= BOTTOM + 2

    @pytest.mark.parametrize("wrong", [no_file, lambda name: ContentFile(b"no picture")])
    def test_one_whose_file_is_gone_or_damaged(self, wrong):
        with pytest.raises(LogoUnreadable):
            draw(Picture(PictureText("Мрежа"), mark=PictureText("М"), logo="logos/gone.png"), wrong)


def test_a_logo_that_is_away_for_a_while_comes_back(db, client, settings):
    network = make_network(slug="a", name_sr="Мрежа")
    Network.objects.filter(pk=network.pk).update(logo="logos/a.png", logo_width=64, logo_height=32)
    without = client.get("/networks/a/picture.png")
    assert (without.status_code, without["Cache-Control"]) == (200, "no-store")
    assert "ETag" not in without
    default_storage.save("logos/a.png", logo("#ff0000"))
    again = client.get("/networks/a/picture.png")
    assert again.content != without.content
    assert "ETag" in again


@pytest.fixture
def drawings():
    """How often something was drawn."""
    with mock.patch.object(share_pictures, "draw", wraps=draw) as drawn:
        yield SimpleNamespace(count=lambda: drawn.call_count)


@in_latin_and_in_ci_in_each_language
@pytest.mark.parametrize("path", ["/picture.png", "/networks/energy-cities/picture.png"])
class TestAnswer:
    def test_is_a_picture(self, nis, client, language, path):
        response = client.get(PREFIXES[language] + path)
        assert response["Content-Type"] == "image/png"
        assert inked(decoded(response.content))
        assert response["Cache-Control"] == "public, max-age=600, must-revalidate"
        assert response["ETag"].startswith('"')
        assert response["Last-Modified"].endswith("GMT")
        assert not response.cookies

    def test_is_drawn_once(self, nis, client, drawings, language, path):
        first = client.get(PREFIXES[language] + path)
        assert drawings.count() == 1
        assert client.get(PREFIXES[language] + path).content == first.content
        assert drawings.count() == 1

    def test_is_not_sent_again(self, nis, client, drawings, language, path):
        address = PREFIXES[language] + path
        first = client.get(address)
        again = client.get(address, headers={"If-None-Match": first["ETag"]})
        assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
        assert again["Cache-Control"] == first["Cache-Control"]
        # A network that is taken off the site leaves an older time behind: the time alone says nothing.
        assert client.get(address, headers={"If-Modified-Since": first["Last-Modified"]}).status_code == 200
        assert client.get(address, headers={"If-None-Match": '"another"'}).status_code == 200
        assert drawings.count() == 1

    def test_is_asked_for_without_its_body(self, nis, client, language, path):
        response = client.head(PREFIXES[language] + path)
        assert (response.status_code, response.content) == (200, b"")
        assert response["Content-Type"] == "image/png"

    def test_queries(self, nis, client, language, path):
        assert count_queries(client, PREFIXES[language] + path) <= 3


def test_a_change_makes_another_picture(db, client):
    network = make_network(slug="a", name_sr="Мрежа")
    first = client.get("/networks/a/picture.png")
    network.name_sr = "Друга мрежа"
    network.save()
    second = client.get("/networks/a/picture.png", headers={"If-None-Match": first["ETag"]})
    assert second.status_code == 200
    assert second.content != first.content


@pytest.mark.long
def test_each_language_has_its_own(nis, client):
    assert len({client.get(f"{prefix}/networks/ecad/picture.png").content for prefix in PREFIXES.values()}) == 3
    assert len({client.get(f"{prefix}/picture.png").content for prefix in PREFIXES.values()}) == 3


def test_what_is_not_published_has_none(db, client):
    make_network(slug="a", is_published=False)
    assert client.get("/networks/a/picture.png").status_code == 404
    assert client.get("/networks/none/picture.png").status_code == 404


def test_a_former_address_leads_to_the_present_one(db, client):
    network = make_network(slug="old")
    network.slug = "new"
    network.save()
    response = client.get("/en/networks/old/picture.png")
    assert (response.status_code, response["Location"]) == (301, "/en/networks/new/picture.png")


def test_an_empty_site_has_one(db, client):
    assert inked(decoded(client.get("/picture.png").content))


def test_an_uploaded_logo_is_drawn(db, client):
    network = make_network(slug="a")
    network.logo.save("logo.png", logo("#00ff00"))
    image = decoded(client.get("/networks/a/picture.png").content)
    assert (0, 255, 0) in {colour for _count, colour in image.getcolors(1_000_000)}


# The cards


def card(tree):
    """{property: content, or a list of them where there are several}."""
    found = {}
    for each in tree.xpath("//head/meta[@property or starts-with(@name, 'twitter:')]"):
        name = each.get("property") or each.get("name")
        found.setdefault(name, []).append(each.get("content"))
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}


def test_card_of_a_network(db, client):
    make_profile(city_name_en="City of Niš", site_title_en="City Networks")
    make_network(slug="a", name_sr="Љубав", name_en="Love", summary_sr="Све.", summary_en="All & “more”.")
    assert card(opened(client, "/en/networks/a/")) == {
        "og:title": "Love",
        "og:description": "All & “more”.",
        "og:type": "article",
        "og:url": "http://testserver/en/networks/a/",
        "og:locale": "en_GB",
        "og:locale:alternate": "sr_RS",
        "og:site_name": "City Networks",
        "og:image": "http://testserver/en/networks/a/picture.png",
        "og:image:type": "image/png",
        "og:image:width": "1200",
        "og:image:height": "630",
        "og:image:alt": "Love",
        "twitter:card": "summary_large_image",
    }


def test_card_of_a_page_that_is_not_written_in_english(db, client):
    make_network(slug="a", name_sr="Љубав")
    tree = opened(client, "/en/networks/a/")
    found = card(tree)
    assert (found["og:title"], found["og:url"]) == ("Ljubav", "http://testserver/networks/a/")
    assert "og:description" not in found
    assert tree.xpath("//meta[@property='og:title']/@lang") == ["sr-Latn"]
    assert "og:locale:alternate" not in card(opened(client, "/networks/a/"))


@pytest.mark.long
@in_latin_and_in_ci_in_each_language
def test_every_page_has_a_card_in_its_script(nis, client, language):
    prefix = PREFIXES[language]
    make_page(slug="long", title_sr="Дуга страница", body_sr="<p>Реч.</p><p>" + "реч " * 200 + "</p>")
    paths = ["/", "/timeline/", "/networks/ecad/", "/networks/alda/", "/pages/about/", "/pages/long/"]
    for path in paths:
        found = card(opened(client, prefix + path))
        assert found["og:title"] and len(found.get("og:description", "")) <= 300
        assert found["og:locale"] == ("en_GB" if "/en/" in found["og:url"] else "sr_RS")
        assert found["og:image"].startswith(f"http://testserver{prefix}/")
        assert client.get(found["og:image"]).status_code == 200
        if language != "sr":
            assert not CYRILLIC.search(str(found)), path
    titles = [card(opened(client, prefix + path))["og:title"] for path in paths]
    assert len(set(titles)) == len(titles)


def test_what_nobody_shares_has_no_card(nis, client, admin_client):
    assert card(parsed(client.get("/nothing/"))) == {}
    assert card(parsed(client.get("/preview/forged/"))) == {}
    network = Network.objects.get(slug="ecad")
    address = admin_client.get(f"/admin/networks/network/{network.pk}/preview/")["Location"]
    assert card(opened(admin_client, address)) == {}
