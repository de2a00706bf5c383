"""What staff see and press about translations and submitted drafts: beside the fields, above the form, in lists."""

import pytest
from django.test import Client

from networks.models import Event, Network, Page
from networks.revisions import drafts, publishing, storage
from tests.makers import make_account
from tests.pages import (
    count_queries,
    fill_in,
    form_values,
    messages_of,
    opened,
    parsed,
    text_of,
)

pytestmark = [pytest.mark.django_db, pytest.mark.sql]

CONTENT = {
    "slug": "mreza",
    "name_sr": "Мрежа градова",
    "name_en": "Network of Cities",
    "summary_sr": "Прва реченица.",
    "summary_en": "The first sentence.",
    "description_sr": "<p>Опис мреже.</p>",
    "description_en": "<p>What the network does.</p>",
}


@pytest.fixture
def ana():
    return signed_in("editors", "ana")


@pytest.fixture
def milan():
    return signed_in("publishers", "milan")


def signed_in(role, username):
    client = Client()
    client.user = make_account(role, username=username)
    client.force_login(client.user)
    return client


@pytest.fixture
def network(ana, milan):
    """A published network of which every text is translated."""
    return publishing.publish(drafts.save(Network(), CONTENT, author=ana.user).row, author=milan.user)


def page_of(row, name="change", prefix="/en"):
    return f"{prefix}/admin/networks/{row._meta.model_name}/{row.pk}/{name}/"


def form_with(client, row, **typed):
    return form_values(opened(client, page_of(row))) | typed


def note_of(tree, column):
    return "".join(map(text_of, tree.xpath(f"//*[@id='id_{column}_helptext']//div[contains(@class, 'translation')]")))


def outdated(row):
    return type(row).objects.get(pk=row.pk).outdated_newest


class TestTranslation:
    @pytest.mark.long
    def test_shows_beside_it_what_has_changed_in_the_serbian(self, ana, network):
        assert note_of(opened(ana, page_of(network)), "summary_en") == ""
        fill_in(ana, page_of(network), {"summary_sr": "Прва и друга реченица."})
        tree = opened(ana, page_of(network))
        (note,) = tree.xpath("//*[@id='id_summary_en_helptext']//div[contains(@class, 'translation')]")
        assert [text_of(each) for each in note.xpath(".//ins")] == ["и друга"]
        assert note.xpath(".//*[@lang]/@lang") == ["sr-Cyrl"]
        assert note_of(tree, "name_en") == ""
        said = text_of(tree.xpath("//section[@class='whereabouts']")[0])
        assert "English on the site: 4 texts" not in said
        assert "English on the site: complete and current." in said
        assert "English in the draft: 1 text is outdated." in said

    @pytest.mark.long
    def test_is_confirmed_with_all_that_was_typed_and_taken_back(self, ana, network):
        fill_in(ana, page_of(network), {"summary_sr": "Друга.", "name_sr": "Савез"})
        response = ana.post(page_of(network), form_with(ana, network, seat_sr="Ниш") | {"_still_right": "summary_en"})
        assert response["Location"].endswith("#id_summary_en_helptext")
        assert outdated(network) == ["name_en"]
        assert storage.newest_revision(Network.objects.get()).content["seat_sr"] == "Ниш"
        tree = opened(ana, page_of(network))
        assert messages_of(tree) == ["Confirmed as still right: summary (in English)."]
        assert "Confirmed as still right (ana," in note_of(tree, "summary_en")
        fill_in(ana, page_of(network), {}, "_not_confirmed")
        assert outdated(network) == ["name_en"]
        ana.post(page_of(network), form_with(ana, network) | {"_not_confirmed": "summary_en"})
        assert outdated(network) == ["name_en", "summary_en"]
        ana.post(page_of(network), form_with(ana, network) | {"_still_right": "all"})
        assert outdated(network) == []

    @pytest.mark.long
    def test_is_not_confirmed_for_what_a_colleague_has_just_written(self, ana, milan, network):
        fill_in(ana, page_of(network), {"summary_sr": "Друга."})
        form = form_with(ana, network)
        fill_in(milan, page_of(network), {"summary_sr": "Трећа."})
        response = ana.post(page_of(network), form | {"_still_right": "summary_en"}, follow=True)
        assert any("changed meanwhile" in each for each in messages_of(parsed(response)))
        assert outdated(network) == ["summary_en"]

    @pytest.mark.long
    @pytest.mark.parametrize("value", ["", "nothing", "name_sr", "summary_en", "all"])
    def test_that_is_current_is_not_confirmed_whatever_is_posted(self, ana, network, value):
        for button in ("_still_right", "_not_confirmed"):
            assert ana.post(page_of(network), form_with(ana, network) | {button: value}).status_code == 302
        assert not Event.objects.filter(kind__in=["confirmed", "unconfirmed"]).exists()

    @pytest.mark.long
    def test_stays_current_where_the_change_was_only_a_correction(self, ana, network):
        fill_in(ana, page_of(network), {"summary_sr": "Прва реченицa!", "is_correction": "on"})
        assert outdated(network) == []
        assert "only a correction (ana," in note_of(opened(ana, page_of(network)), "summary_en")
        history = text_of(opened(ana, page_of(network, "history")))
        assert "Change of the Serbian marked as a correction" in history and "summary (in English)" in history

    @pytest.mark.long
    def test_of_a_page_has_the_same_notes(self, ana, milan):
        content = {"title_sr": "О сајту", "title_en": "About"}
        page = publishing.publish(drafts.save(Page(), content, author=ana.user).row, author=milan.user)
        fill_in(ana, page_of(page), {"title_sr": "О овом сајту"})
        assert note_of(opened(ana, page_of(page)), "title_en").startswith("The Serbian has changed")
        ana.post(page_of(page), form_with(ana, page) | {"_still_right": "title_en"})
        assert outdated(page) == []

    @pytest.mark.long
    def test_outdated_is_found_from_the_start_page(self, ana, network):
        tree = opened(ana, "/en/admin/")
        assert not tree.xpath("//a[contains(@href, 'english=outdated')]")
        fill_in(ana, page_of(network), {"summary_sr": "Друга."})
        drafts.save(Network(), CONTENT | {"slug": "other"}, author=ana.user)
        (link,) = opened(ana, "/en/admin/").xpath("//a[contains(@href, 'english=outdated')]")
        assert text_of(link) == "1 network with outdated English"
        rows = opened(ana, link.get("href")).xpath("//*[@id='result_list']/tbody/tr")
        assert len(rows) == 1 and "Serbian changed since: summary" in text_of(rows[0])

    @pytest.mark.long
    def test_queries_do_not_grow_with_versions(self, ana, network):
        fill_in(ana, page_of(network), {"summary_sr": "Друга."})
        opened(ana, page_of(network))
        before = count_queries(ana, page_of(network))
        for number in range(5):
            drafts.save(Network.objects.get(), {"summary_sr": f"{number}."}, author=ana.user)
        assert count_queries(ana, page_of(network)) == before


class TestOneLanguage:
    @pytest.mark.parametrize(
        ("language", "expected"), [("sr", ("Друга.", "The first sentence.")), ("en", ("Прва реченица.", "Second."))]
    )
    def test_is_published_while_the_other_waits(self, ana, milan, network, language, expected):
        fill_in(ana, page_of(network), {"summary_sr": "Друга.", "summary_en": "Second."})
        (link,) = opened(milan, page_of(network)).xpath("//a[.='Publish one language only']/@href")
        tree = opened(milan, link)
        assert tree.xpath("//button[@name='language']/@value") == ["sr", "en"]
        version = tree.xpath("//input[@name='version']/@value")[0]
        milan.post(link, {"language": language, "version": version})
        row = Network.objects.get()
        assert (row.summary_sr, row.summary_en) == expected
        assert row.has_draft and row.head.content["summary_sr"] == "Друга."

    @pytest.mark.long
    def test_is_not_offered_where_only_one_has_changed(self, ana, milan, network):
        fill_in(ana, page_of(network), {"summary_sr": "Друга."})
        assert not opened(milan, page_of(network)).xpath("//a[.='Publish one language only']")
        assert not opened(milan, page_of(network, "publish")).xpath("//button[@name='language']")

    @pytest.mark.long
    @pytest.mark.parametrize("language", ["", "de", "sr-latn"])
    def test_that_there_is_not_publishes_everything_or_nothing(self, ana, milan, network, language):
        fill_in(ana, page_of(network), {"summary_sr": "Друга.", "summary_en": "Second."})
        assert milan.post(page_of(network, "publish"), {"language": language}).status_code == 302
        assert Network.objects.get().summary_en in ("Second.", "The first sentence.")


class TestSubmittedDraft:
    @pytest.fixture
    def submitted(self, ana, network):
        fill_in(ana, page_of(network), {"summary_sr": "Друга."}, "_submit")
        return network

    def test_is_returned_with_a_remark_that_its_author_reads(self, ana, milan, submitted):
        (link,) = opened(milan, page_of(submitted)).xpath("//a[.='Return to the author']/@href")
        assert not opened(ana, page_of(submitted)).xpath("//a[.='Return to the author']")
        refused = parsed(milan.post(link, {"remark": " "}))
        assert text_of(refused.find_class("errorlist")[0]) == "Write what is to be done, so that the author knows it."
        assert milan.post(link, {"remark": "Година није тачна."}).status_code == 302
        assert Network.objects.get().submitted_at is None
        said = text_of(opened(ana, page_of(submitted)).find_class("notices")[0])
        assert "Returned to its author: milan" in said and "Godina nije tačna." in said
        fill_in(ana, page_of(submitted), {}, "_submit")
        assert "Returned to its author" not in text_of(opened(ana, page_of(submitted)))

    @pytest.mark.long
    def test_is_taken_back_by_its_author(self, ana, submitted):
        ana.post(page_of(submitted, "recall"))
        row = Network.objects.get()
        assert row.submitted_at is None and row.has_draft
        tree = parsed(ana.post(page_of(submitted, "recall"), follow=True))
        assert messages_of(tree)[-1] == "The draft is not submitted for publishing any more."

    @pytest.mark.long
    def test_shows_what_was_changed_after_it_was_submitted(self, ana, milan, submitted):
        fill_in(ana, page_of(submitted), {"seat_sr": "Ниш"})
        tree = opened(milan, page_of(submitted))
        assert "Changed since it was submitted: seat (in Serbian) (ana)." in text_of(tree)
        (link,) = tree.xpath("//a[contains(., 'See the change')]/@href")
        assert "Comparison of versions 2 and 3" in text_of(
            opened(milan, page_of(submitted, "compare") + link[link.index("?") :])
        )

    @pytest.mark.long
    def test_that_somebody_has_changed_meanwhile_is_not_returned_unread(self, ana, milan, submitted):
        version = opened(milan, page_of(submitted, "return")).xpath("//input[@name='version']/@value")[0]
        fill_in(ana, page_of(submitted), {"seat_sr": "Ниш"})
        milan.post(page_of(submitted, "return"), {"remark": "Не.", "version": version})
        assert Network.objects.get().submitted_at

    @pytest.mark.long
    def test_keeps_what_was_said_of_it_when_only_a_part_is_published(self, ana, milan, submitted):
        fill_in(ana, page_of(submitted), {"summary_en": "Second."}, "_submit")
        milan.post(page_of(submitted, "return"), {"remark": "Nije tačno."})
        ana.post(page_of(submitted, "remarks"), {"remark": "Pitaću."})
        milan.post(page_of(submitted, "publish"), {"language": "sr"})
        said = text_of(opened(ana, page_of(submitted)).get_element_by_id("content"))
        assert "Nije tačno." in said and "Pitaću." in said

    @pytest.mark.long
    def test_remark_is_kept_in_the_form_when_somebody_has_saved_meanwhile(self, ana, milan, submitted):
        version = opened(milan, page_of(submitted, "return")).xpath("//input[@name='version']/@value")[0]
        fill_in(ana, page_of(submitted), {"seat_sr": "Ниш"})
        posted = {"remark": "Дуга напомена", "version": version}
        tree = parsed(milan.post(page_of(submitted, "return"), posted))
        assert tree.xpath("//textarea[@name='remark']")[0].text.strip() == "Дуга напомена"
        version = tree.xpath("//input[@name='version']/@value")[0]
        assert milan.post(page_of(submitted, "return"), posted | {"version": version}).status_code == 302

    @pytest.mark.long
    def test_keeps_its_remarks_until_it_is_published(self, ana, milan, submitted):
        address = page_of(submitted, "remarks")
        assert "Nobody has remarked" in text_of(opened(ana, address))
        for number in range(4):
            ana.post(address, {"remark": f"Remark {number}"})
        said = text_of(opened(milan, page_of(submitted)).xpath("//section[@class='whereabouts']")[0])
        assert "Remark 3" in said and "Remark 0" not in said
        assert "Remark 0" in text_of(opened(milan, address))
        publishing.publish(Network.objects.get(), author=milan.user)
        assert "Nobody has remarked" in text_of(opened(milan, address))
        assert "Remark 0" in text_of(opened(milan, page_of(submitted, "history")))
