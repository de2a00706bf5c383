"""What staff see and press about translations and submitted drafts: beside the fields, above the form, in lists."""

import pytest
from django.test import Client

from networks.admin.home import submitted_rows
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
from tests.unsaved_forms import PASSWORD, log_in

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


@pytest.fixture
def submitted(ana, network):
    """The network with a draft that waits to be published."""
    changed = {"summary_sr": "Друга реченица."}
    return drafts.submit(drafts.save(network, changed, author=ana.user, comment="Договорено.").row, author=ana.user)


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
        tree = opened(milan, page_of(network, "review"))
        assert tree.xpath("//button[@name='language']/@value") == ["sr", "en"]
        milan.post(page_of(network, "review"), form_values(tree) | {"language": language})
        row = Network.objects.get()
        assert (row.summary_sr, row.summary_en) == expected
        assert row.has_draft and row.head.content["summary_sr"] == "Друга."

    @pytest.mark.long
    def test_is_not_offered_where_only_one_has_changed(self, ana, milan, network):
        fill_in(ana, page_of(network), {"summary_sr": "Друга."})
        assert not opened(milan, page_of(network, "review")).xpath("//button[@name='language']")

    @pytest.mark.long
    @pytest.mark.parametrize("language", ["", "de", "sr-latn"])
    def test_that_there_is_not_publishes_nothing(self, milan, submitted, language):
        tree = parsed(milan.post(page_of(submitted, "review"), {"language": language}))
        assert "no changes in this language" in text_of(tree.find_class("errornote")[0])
        assert Network.objects.get().has_draft


def review_of(client, row):
    return opened(client, page_of(row, "review"))


def decide(client, row, shown=None, **posted):
    """Press a button of a review, as it was shown some time ago or is shown now; return the page after it."""
    values = form_values(review_of(client, row) if shown is None else shown)
    return parsed(client.post(page_of(row, "review"), values | posted, follow=True))


def buttons(tree):
    return tree.xpath("//div[@id='content-main']//button/@name")


class TestReview:
    @pytest.mark.long
    def test_shows_what_differs_beside_the_other_language_and_publishes_with_one_press(self, ana, milan, submitted):
        (link,) = opened(milan, "/en/admin/").xpath("//p[@class='acts']/a/@href")
        tree = opened(milan, link)
        first, second = tree.xpath("//section[@aria-labelledby='changes']//section")
        assert [text_of(each) for each in first.xpath(".//del | .//ins")] == ["Прва", "Друга"]
        assert "Not changed" in text_of(second) and "The first sentence." in text_of(second)
        said = text_of(tree.get_element_by_id("content-main"))
        assert "Submitted for publishing: ana, " in said and "Dogovoreno." in said
        assert [each.get("lang") for each in tree.xpath("//p[@class='previews']/a")] == ["sr-Cyrl", "sr-Latn", "en"]
        after = decide(milan, submitted, tree, all="1")
        assert messages_of(after) == ["“Network of Cities” is published. Citizens see it as it stands here."]
        assert Network.objects.get().summary_sr == "Друга реченица."
        # It is undone from the same page, and waits again.
        (undo,) = after.xpath("//form[@class='undo']")
        tree = parsed(milan.post(undo.get("action"), dict(undo.form_values()), follow=True))
        row = Network.objects.get()
        assert (row.summary_sr, row.submitted_by) == ("Прва реченица.", "ana")
        assert buttons(tree) == ["say", "all", "return"]

    def test_of_ones_own_submission_has_no_button_of_publishers(self, ana, submitted):
        assert buttons(review_of(ana, submitted)) == ["say", "recall"]
        decide(ana, submitted, recall="1", remark="Чекам потврду.")
        row = Network.objects.get()
        assert row.submitted_at is None and row.has_draft
        assert "Čekam potvrdu." in text_of(review_of(ana, submitted))

    @pytest.mark.parametrize("button", ["all", "return", "say"])
    def test_does_nothing_unread_and_keeps_the_remark(self, ana, milan, submitted, button):
        shown = review_of(milan, submitted)
        drafts.save(Network.objects.get(), {"seat_sr": "Ниш"}, author=ana.user)
        events = Event.objects.count()
        tree = decide(milan, submitted, shown, remark="Дуга напомена", **{button: "1"})
        assert "Somebody has saved a newer version meanwhile." in text_of(tree.find_class("errornote")[0])
        assert [text_of(each) for each in tree.xpath("//section[@aria-labelledby='newer']//ins")] == ["Ниш"]
        assert tree.xpath("//textarea[@name='remark']")[0].text.strip() == "Дуга напомена"
        row = Network.objects.get()
        assert (row.seat_sr, bool(row.submitted_at), Event.objects.count()) == ("", True, events)
        decide(milan, submitted, tree, **{button: "1"})
        assert Event.objects.filter(explanation="Дуга напомена").count() == 1

    @pytest.mark.long
    @pytest.mark.parametrize("meanwhile", ["recall", "return", "all"])
    def test_is_decided_once(self, ana, milan, submitted, meanwhile):
        jelena = signed_in("publishers", "jelena")
        shown = {button: review_of(jelena, submitted) for button in ("all", "return")}
        decide(ana if meanwhile == "recall" else milan, submitted, remark="Прво.", **{meanwhile: "1"})
        before = Network.objects.get()
        for button, tree in shown.items():
            tree = decide(jelena, submitted, tree, remark="Друго.", **{button: "1"})
            said = "The draft is not submitted" if button == "return" else "Somebody has published, returned or"
            assert said in text_of(tree)
            assert tree.xpath("//textarea[@name='remark']")[0].text.strip() == "Друго."
        assert Network.objects.get().live_id == before.live_id
        assert not Event.objects.filter(explanation="Друго.").exists()

    @pytest.mark.long
    def test_of_what_was_taken_off_the_site_meanwhile_does_not_put_it_back(self, ana, milan, network):
        drafts.save(network, {"seat_sr": "Ниш"}, author=ana.user)
        shown = review_of(milan, network)
        publishing.unpublish(Network.objects.get(), author=ana.user)
        tree = decide(milan, network, shown, all="1")
        assert "It is not on the site" in text_of(tree) and not Network.objects.get().is_published

    @pytest.mark.long
    @pytest.mark.parametrize("part", [{"language": "sr"}, {"own": "1"}, {"all": "1"}])
    def test_whatever_is_published_of_it_is_undone(self, ana, milan, submitted, part):
        drafts.save(Network.objects.get(), {"seat_sr": "Ниш"}, author=milan.user)
        drafts.save(Network.objects.get(), {"seat_en": "Niš"}, author=ana.user)
        (undo,) = decide(milan, submitted, **part).xpath("//form[@class='undo']")
        changed = Network.objects.get()
        assert (changed.summary_sr, changed.seat_sr) != ("Прва реченица.", "")
        milan.post(undo.get("action"), dict(undo.form_values()))
        row = Network.objects.get()
        assert (row.summary_sr, row.seat_sr, row.seat_en, row.submitted_by) == ("Прва реченица.", "", "", "ana")
        newest = storage.newest_revision(row).content
        assert [newest[name] for name in ("summary_sr", "seat_sr", "seat_en")] == ["Друга реченица.", "Ниш", "Niš"]

    @pytest.mark.long
    def test_that_is_refused_says_why_and_keeps_the_remark(self, ana, milan, submitted):
        other = drafts.save(Network(), {"name_sr": "Друга", "slug": "other"}, author=ana.user).row
        drafts.save(Network.objects.get(pk=submitted.pk), {"slug": "taken"}, author=ana.user)
        shown = review_of(milan, submitted)
        assert "all" in buttons(shown)
        drafts.save(other, {"slug": "taken"}, author=ana.user)
        tree = decide(milan, submitted, shown, remark="Пази.", all="1")
        assert tree.find_class("errornote") and tree.find_class("refusals") and "all" not in buttons(tree)
        assert tree.xpath("//textarea[@name='remark']")[0].text.strip() == "Пази."

    @pytest.mark.long
    def test_leads_to_the_next_submission_until_none_waits(self, ana, milan, submitted):
        page = drafts.save(Page(), {"title_sr": "Страница", "title_en": "A Page"}, author=ana.user).row
        third = drafts.save(Network(), {"name_sr": "Трећа", "name_en": "Third"}, author=ana.user).row
        for row in (page, third):
            drafts.submit(row, author=ana.user)
        said, address = [], page_of(submitted, "review")
        while address:
            tree = parsed(milan.post(address, form_values(opened(milan, address)) | {"all": "1"}, follow=True))
            said += map(text_of, tree.find_class("following"))
            (address,) = tree.xpath("//p[@class='following']/a/@href") or [None]
        assert said == ["2 more wait to be published. Next: A Page", "1 more waits to be published. Next: Third"]
        assert not Network.objects.filter(submitted_at__isnull=False).exists()

    @pytest.mark.long
    def test_of_one_submission_can_be_left_for_the_next_one(self, ana, milan, submitted):
        others = [drafts.save(Network(), {"name_sr": name}, author=ana.user).row for name in ("Б", "В")]
        for row in others:
            drafts.submit(row, author=ana.user)
        named = [text_of(review_of(milan, row).find_class("following")[0]) for row in (submitted, *others)]
        assert [each.rpartition("Next: ")[2] for each in named] == ["B", "V", "Network of Cities"]
        assert not review_of(ana, submitted).find_class("following")

    @pytest.mark.long
    def test_of_what_is_not_on_the_site_shows_all_of_it(self, ana, milan):
        page = drafts.save(Page(), {"title_sr": "Нова", "body_sr": "<p>Текст.</p>"}, author=ana.user).row
        tree = review_of(milan, page)
        assert [text_of(each) for each in tree.xpath("//section[@aria-labelledby='changes']//ins")] == [
            "nova",
            "Нова",
            "Текст.",
        ]
        assert "Nobody has submitted this draft" in text_of(tree)
        decide(milan, page, tree, all="1")
        assert "There is nothing to be published." in text_of(review_of(milan, page))

    @pytest.mark.long
    def test_text_that_was_sent_after_the_session_had_ended_stands_in_the_field_again(self, milan, submitted):
        values = form_values(review_of(milan, submitted))
        milan.logout()
        response = milan.post(page_of(submitted, "review"), values | {"return": "1", "remark": "Није тачно."})
        assert response.status_code == 403
        milan.user.set_password(PASSWORD)
        milan.user.save()
        assert log_in(milan, response, "milan").status_code == 302
        tree = review_of(milan, submitted)
        assert tree.xpath("//textarea[@name='remark']")[0].text.strip() == "Није тачно."
        decide(milan, submitted, tree, **{"return": "1"})
        assert review_of(milan, submitted).xpath("//textarea[@name='remark']")[0].text.strip() == ""

    @pytest.mark.long
    def test_that_is_sent_twice_remarks_once(self, ana, submitted):
        shown = review_of(ana, submitted)
        for _time in range(2):
            decide(ana, submitted, shown, say="1", remark="Једном.")
        decide(ana, submitted, shown, say="1", remark="И још нешто.")
        assert [each.explanation for each in Event.objects.filter(kind="remarked").order_by("pk")] == [
            "Једном.",
            "И још нешто.",
        ]

    @pytest.mark.long
    def test_takes_as_few_queries_for_many_as_for_few(self, ana, milan, submitted):
        counts = []
        for number in range(3):
            row = drafts.save(Network.objects.get(pk=submitted.pk), {"seat_sr": f"Ниш {number}"}, author=ana.user).row
            drafts.add_remark(row, f"{number}.", author=ana.user)
            other = drafts.save(Network(), {"name_sr": f"Друга {number}"}, author=ana.user).row
            drafts.submit(other, author=ana.user)
            counts.append(count_queries(milan, page_of(submitted, "review")))
        assert counts[0] == counts[-1] <= 20


class TestReturnedDraft:
    @pytest.mark.long
    def test_has_a_remark_that_its_author_reads(self, ana, milan, submitted):
        for button in ("return", "say"):
            refused = decide(milan, submitted, remark=" ", **{button: "1"})
            assert text_of(refused.find_class("errorlist")[0]).startswith("Write what is to be done")
        after = decide(milan, submitted, remark="Година није тачна.", **{"return": "1"})
        assert messages_of(after) == ["“Network of Cities” is returned to its author, with your remark."]
        assert Network.objects.get().submitted_at is None
        said = text_of(opened(ana, page_of(submitted)).find_class("notices")[0])
        assert "Returned to its author: milan" in said and "Godina nije tačna." in said
        # Undone, it waits again, as it did.
        (undo,) = after.xpath("//form[@class='undo']")
        milan.post(undo.get("action"), dict(undo.form_values()))
        assert Network.objects.get().submitted_by == "ana"
        assert [submitted_rows(Network, each.user) for each in (ana, milan)] == [[submitted], []]
        assert "Returned to its author:" not in text_of(opened(ana, page_of(submitted)))

    @pytest.mark.long
    def test_is_answered_by_submitting_it_again(self, ana, milan, submitted):
        decide(milan, submitted, remark="Година није тачна.", **{"return": "1"})
        fill_in(ana, page_of(submitted), {}, "_submit")
        assert "Returned to its author:" not in text_of(opened(ana, page_of(submitted)))
        assert "Godina nije tačna." in text_of(review_of(milan, submitted))

    @pytest.mark.long
    def test_is_not_put_back_over_what_its_author_has_written_since(self, ana, milan, submitted):
        after = decide(milan, submitted, remark="Година није тачна.", **{"return": "1"})
        fill_in(ana, page_of(submitted), {"seat_sr": "Ниш"})
        (undo,) = after.xpath("//form[@class='undo']")
        tree = parsed(milan.post(undo.get("action"), dict(undo.form_values()), follow=True))
        assert any("Somebody has changed these since" in each for each in messages_of(tree))
        assert Network.objects.get().submitted_at is None


class TestSubmittedDraft:
    @pytest.mark.long
    def test_is_taken_back_by_its_author(self, ana, submitted):
        ana.post(page_of(submitted, "recall"))
        row = Network.objects.get()
        assert row.submitted_at is None and row.has_draft
        tree = parsed(ana.post(page_of(submitted, "recall"), follow=True))
        assert messages_of(tree)[-1] == "The draft is not submitted for publishing any more."

    @pytest.mark.long
    def test_shows_what_was_changed_after_it_was_submitted(self, ana, milan, submitted):
        fill_in(ana, page_of(submitted), {"seat_sr": "Ушће"})
        for page in ("change", "review"):
            tree = opened(milan, page_of(submitted, page))
            assert "Changed since it was submitted: seat (in Serbian) (ana)." in text_of(tree)
            (link,) = tree.xpath("//a[contains(., 'See the change')]/@href")
            assert "Comparison of versions 2 and 3" in text_of(
                opened(milan, page_of(submitted, "compare") + link[link.index("?") :])
            )

    @pytest.mark.long
    def test_keeps_what_was_said_of_it_when_only_a_part_is_published(self, ana, milan, submitted):
        fill_in(ana, page_of(submitted), {"summary_en": "Second."}, "_submit")
        decide(milan, submitted, remark="Nije tačno.", **{"return": "1"})
        decide(ana, submitted, say="1", remark="Pitaću.")
        decide(milan, submitted, language="sr")
        said = text_of(opened(ana, page_of(submitted)).get_element_by_id("content"))
        assert "Nije tačno." in said and "Pitaću." in said

    @pytest.mark.long
    def test_keeps_its_remarks_until_it_is_published(self, ana, milan, submitted):
        assert "Nobody has remarked" in text_of(review_of(ana, submitted))
        for number in range(4):
            decide(ana, submitted, say="1", remark=f"Remark {number}")
        said = text_of(opened(milan, page_of(submitted)).xpath("//section[@class='whereabouts']")[0])
        assert "Remark 3" in said and "Remark 0" not in said
        assert "Remark 0" in text_of(review_of(milan, submitted))
        publishing.publish(Network.objects.get(), author=milan.user)
        fill_in(ana, page_of(submitted), {"seat_sr": "Ниш"})
        assert "Nobody has remarked" in text_of(review_of(milan, submitted))
        assert "Remark 0" in text_of(opened(milan, page_of(submitted, "history")))
