"""What clerks read of their words: beside the fields, before publishing, and before publishing many at once."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils.translation import override

from networks.admin import publishing_checks
from networks.models import Network
from networks.revisions import drafts, publishing, storage
from networks.revisions.content import complete_content
from tests.makers import make_account
from tests.pages import (
    PREFIXES,
    count_queries,
    fill_in,
    form_values,
    in_latin_and_in_ci_in_each_language,
    messages_of,
    opened,
    parsed,
    text_of,
)

pytestmark = [pytest.mark.django_db, pytest.mark.sql]

LIST = "/en/admin/networks/network/"

CONTENT = {
    "slug": "mreza",
    "name_sr": "Мрежа градова",
    "name_en": "Network of Cities",
    "summary_sr": "Мрежа je основана 2003. године.",  # with a Latin "je"
    "summary_en": "A network of cities, founded in 2003.",
    "description_sr": "<p>Бави се <strong>се</strong> културом  и <em>грaдом</em>.</p>",
    "description_en": "<p>It is concerned with culture and the city.</p>",
}
RIGHT = {"summary_sr": "Мрежа је основана 2003. године.", "description_sr": "<p>Бави се културом.</p>"}


@pytest.fixture
def ana(db):
    return signed_in("editors", "ana")


@pytest.fixture
def milan(db):
    return signed_in("publishers", "milan")


def signed_in(role, username):
    client = Client()
    client.user = make_account(role, username=username)
    client.force_login(client.user)
    return client


@pytest.fixture
def network(db):
    """A draft that was never published, with slips in its words."""
    return drafts.save(Network(), CONTENT, author=None).row


def page_of(network, name="change", prefix="/en"):
    return f"{prefix}/admin/networks/network/{network.pk}/{name}/"


def newest():
    return storage.newest_revision(Network.objects.get()).content


def notes_beside(tree, field):
    """The words that the warnings below a field mark."""
    return [text_of(each) for each in tree.xpath(f"//*[@id='id_{field}_helptext']//ul[@class='warnings']//mark")]


def mends_of(tree, field):
    return tree.xpath(f"//*[@id='id_{field}_helptext']//button[@name='_mend']/@value")


class TestWarnings:
    def test_stand_beside_their_field_whenever_the_form_is_opened(self, ana, network):
        tree = opened(ana, page_of(network))
        assert notes_beside(tree, "summary_sr") == ["je"]
        assert notes_beside(tree, "description_sr") == ["грaдом", "се се", ""]
        assert notes_beside(tree, "summary_en") == []
        (row,) = tree.xpath("//*[@id='id_summary_sr_helptext']//li")
        assert "Latin letters in a Cyrillic word" in text_of(row) and "j, e" in text_of(row)
        assert row.xpath(".//q/@lang") == ["sr-Cyrl"] and "основана 2003" in text_of(row.xpath(".//q")[0])
        assert "ul" not in [each.tag for each in tree.get_element_by_id("id_name_en_helptext").iter()]
        # The first button of the form is the one that Enter presses.
        assert tree.xpath("//button[@form='network_form' or ancestor::form]/@name")[0] == "_save"

    def test_stop_no_save_and_are_shown_after_it(self, ana, network):
        response = fill_in(ana, page_of(network), {"seat_sr": "Нови  Сад"})
        assert response.status_code == 302
        assert newest()["seat_sr"] == "Нови  Сад"
        assert len(mends_of(opened(ana, response["Location"]), "seat_sr")) == 1

    @pytest.mark.long
    def test_are_of_the_text_that_stands_in_the_form_when_it_is_refused(self, ana, network):
        response = fill_in(ana, page_of(network), {"website": "no address", "summary_sr": "Се се бави."})
        assert response.status_code == 200
        assert notes_beside(parsed(response), "summary_sr") == ["Се се"]

    @pytest.mark.long
    def test_name_another_network_with_the_same_name_by_its_newest_version(self, ana, milan, network):
        other = drafts.save(Network(), {"name_sr": "Друга", "slug": "druga"}, author=ana.user).row
        publishing.publish(other, author=milan.user)
        drafts.save(other, {"name_sr": "МРЕЖА ГРАДОВА", "slug": "druga"}, author=ana.user)
        (row,) = opened(ana, page_of(network)).xpath("//*[@id='id_name_sr_helptext']//li")
        assert "There is another one with this name" in text_of(row)
        found = opened(ana, row.xpath(".//a/@href")[0])
        assert len(found.xpath("//table[@id='result_list']/tbody/tr")) == 2
        publishing.delete(other, author=milan.user)
        assert opened(ana, page_of(network)).xpath("//*[@id='id_name_sr_helptext']//li") == []

    @pytest.mark.long
    def test_of_which_there_are_many_are_told_by_their_number(self, ana, network):
        text = " ".join(f"{each}грaд" for each in "абвгдђежзијкл")
        fill_in(ana, page_of(network), {"summary_sr": text})
        tree = opened(ana, page_of(network))
        assert len(notes_beside(tree, "summary_sr")) == publishing_checks.MOST_SHOWN
        assert "There are 5 more" in text_of(tree.get_element_by_id("id_summary_sr_helptext"))

    def test_are_nothing_to_those_who_only_read(self, network):
        account = make_account(username="reader")
        account.user_permissions.add(Permission.objects.get(codename="view_network"))
        reader = Client()
        reader.force_login(account)
        assert opened(reader, page_of(network)).xpath("//*[@class='warnings' or @name='_mend']") == []

    @in_latin_and_in_ci_in_each_language
    def test_are_told_in_the_language_of_the_page(self, ana, network, language):
        tree = opened(ana, page_of(network, prefix=PREFIXES[language]))
        assert notes_beside(tree, "summary_sr") == ["je"]
        assert len(mends_of(tree, "description_sr")) == 3

    @pytest.mark.long
    def test_take_one_query_more_however_many_networks_there_are(self, ana, network):
        before = count_queries(ana, page_of(network))
        for number in range(5):
            drafts.save(Network(), {"name_sr": f"Мрежа {number}"}, author=ana.user)
        assert count_queries(ana, page_of(network)) == before


class TestMend:
    @pytest.mark.long
    def test_saves_what_was_typed_with_the_mend(self, ana, network):
        tree = opened(ana, page_of(network))
        (button,) = mends_of(tree, "summary_sr")
        typed = {"seat_sr": "Ниш", "summary_sr": "Мрежа je основана 2003. године у Нишу."}
        response = ana.post(page_of(network), form_values(tree) | typed | {"_mend": button})
        assert response["Location"].endswith("/change/#id_summary_sr_helptext")
        assert newest()["summary_sr"] == "Мрежа је основана 2003. године у Нишу."
        assert newest()["seat_sr"] == "Ниш" and newest()["description_sr"] == CONTENT["description_sr"]
        tree = opened(ana, page_of(network))
        assert "It is mended" in messages_of(tree)[0]
        assert notes_beside(tree, "summary_sr") == [] and len(notes_beside(tree, "description_sr")) == 3
        assert not Network.objects.get().is_published

    @pytest.mark.long
    def test_of_all_in_a_field_leaves_what_the_markup_does_not_allow(self, ana, network):
        tree = opened(ana, page_of(network))
        ana.post(page_of(network), form_values(tree) | {"_mend": mends_of(tree, "description_sr")[-1]})
        assert newest()["description_sr"] == "<p>Бави се <strong>се</strong> културом и <em>градом</em>.</p>"
        assert notes_beside(opened(ana, page_of(network)), "description_sr") == ["се се"]

    def test_is_merged_with_what_others_have_saved(self, ana, milan, network):
        tree = opened(ana, page_of(network))
        drafts.save(network, newest() | {"seat_sr": "Београд"}, author=milan.user)
        ana.post(page_of(network), form_values(tree) | {"_mend": mends_of(tree, "summary_sr")[0]})
        assert (newest()["seat_sr"], newest()["summary_sr"]) == ("Београд", RIGHT["summary_sr"])

    def test_of_a_form_that_is_refused_loses_nothing(self, ana, network):
        tree = opened(ana, page_of(network))
        typed = {"website": "no address", "seat_sr": "Ниш", "_mend": mends_of(tree, "summary_sr")[0]}
        response = ana.post(page_of(network), form_values(tree) | typed)
        assert form_values(parsed(response))["seat_sr"] == ["Ниш"]
        assert newest()["summary_sr"] == CONTENT["summary_sr"]

    @pytest.mark.long
    @pytest.mark.parametrize("value", ["summary_sr:latin-letter:нема", "nothing", "", "internal_note::", "a:b:c:d"])
    def test_of_what_is_not_there_saves_the_text_and_says_so(self, ana, network, value):
        response = fill_in(ana, page_of(network), {"seat_sr": "Ниш", "_mend": value})
        assert newest() == newest() | {"seat_sr": "Ниш", "summary_sr": CONTENT["summary_sr"]}
        assert "is saved" in messages_of(opened(ana, response["Location"]))[0]

    @pytest.mark.long
    def test_empties_an_english_text_that_is_the_serbian(self, ana, network):
        fill_in(
            ana,
            page_of(network),
            {"summary_en": "Mreža je osnovana 2003. godine.", "summary_sr": RIGHT["summary_sr"]},
        )
        tree = opened(ana, page_of(network))
        (button,) = tree.xpath("//*[@id='id_summary_en_helptext']//button")
        assert text_of(button) == "Leave the English empty"
        ana.post(page_of(network), form_values(tree) | {"_mend": button.get("value")})
        assert newest()["summary_en"] == ""


def publish(client, network, **typed):
    return fill_in(client, page_of(network), typed, button="_publish")


class TestBeforePublishing:
    @pytest.mark.long
    def test_nothing_is_asked_where_nothing_is_new_though_much_is_missing(self, milan, network):
        response = publish(milan, network, **RIGHT)
        assert response["Location"] == LIST and Network.objects.get().is_published

    @pytest.mark.long
    def test_warnings_that_stood_in_the_form_are_not_asked_about(self, milan, network):
        assert publish(milan, network)["Location"] == LIST
        assert Network.objects.get().is_published

    @pytest.mark.long
    def test_text_that_was_not_translated_before_is_not_asked_about_again(self, milan, network):
        fill_in(milan, page_of(network), {"benefit_sr": "Добија искуство.", "benefit_en": "Добија искуство."})
        changed = {"benefit_sr": "Добија ново искуство.", "benefit_en": "Добија ново искуство."}
        assert publish(milan, network, **changed)["Location"] == LIST

    @pytest.mark.long
    def test_new_warnings_are_shown_first_and_published_where_that_is_said(self, ana, milan, network):
        drafts.save(network, newest() | RIGHT, author=milan.user)
        response = publish(milan, network, benefit_sr="Град добијa искуство.")
        assert response["Location"].endswith("/review/")
        assert not Network.objects.get().is_published and newest()["benefit_sr"] == "Град добијa искуство."
        tree = opened(milan, response["Location"])
        assert [text_of(each) for each in tree.xpath("//section//mark")] == ["добијa"]
        assert tree.xpath("//section//ul[@class='warnings']//a/@href") == [
            page_of(network) + "#id_benefit_sr_helptext"
        ]
        (button,) = tree.xpath("//button[@name='all']")
        assert text_of(button) == "Publish all the same"
        milan.post(response["Location"], form_values(tree) | {"all": "1"})
        assert Network.objects.get().is_published
        (message,) = messages_of(opened(milan, LIST))
        assert "Citizens see it" in message

    @pytest.mark.long
    def test_warnings_that_citizens_read_already_are_not_asked_about(self, milan, network):
        publishing.publish(network, author=milan.user)
        fill_in(milan, page_of(network), RIGHT)
        assert publish(milan, network, summary_sr=CONTENT["summary_sr"])["Location"] == LIST

    def test_what_is_missing_is_listed_and_leads_to_its_field(self, ana, network):
        tree = opened(ana, page_of(network))
        (box,) = tree.xpath("//details[@class='before-publishing']")
        links = [each.rpartition("#")[2] for each in box.xpath(".//ul[@class='missing']//a/@href")]
        assert links == [f"id_{each}_helptext" for each in publishing_checks.EXPECTED[Network] if each not in CONTENT]
        assert all(tree.xpath(f"//*[@id='{each}']") for each in links)
        assert "2 texts to look at; 8 fields are empty" in text_of(box)

    @pytest.mark.long
    def test_english_is_missing_where_the_serbian_is_written(self, ana, network):
        fill_in(ana, page_of(network), {"summary_en": "", "seat_sr": "Ушће", "contact_phone": "+381 18 504 000"})
        missing = dict(publishing_checks.missing_fields(Network, newest()))
        assert {"summary_en", "seat_en"} <= {*missing} and not {"contact_email", "benefit_en"} & {*missing}

    def test_list_says_that_it_is_empty(self):
        everything = complete_content(Network, CONTENT | dict.fromkeys(publishing_checks.EXPECTED[Network], "x"))
        checks = publishing_checks.PublishingChecks([], publishing_checks.missing_fields(Network, everything), [])
        with override("en"):
            assert not checks.is_needed and "nothing is missing" in checks.summary

    @pytest.mark.long
    def test_what_refuses_is_told_and_the_draft_is_kept(self, milan, network, monkeypatch):
        def refuse(row, content, **others):
            if row.is_published:
                raise ValidationError({"joined": "Not yet.", "__all__": "Never."})
            return clean(row, content, **others)

        clean = storage.clean_row
        monkeypatch.setattr(storage, "clean_row", refuse)
        response = publish(milan, network, seat_sr="Ниш", **RIGHT)
        assert response["Location"].endswith("/review/") and newest()["seat_sr"] == "Ниш"
        tree = opened(milan, response["Location"])
        refusals = [text_of(each) for each in tree.xpath("//ul[@class='refusals']/li")]
        assert refusals == ["Joined: Not yet.", "Never."]
        assert not tree.xpath("//button[@name='all']")

    @pytest.mark.long
    def test_what_would_be_refused_by_now_is_told_wherever_it_could_be_published(self, moving_clock):
        membership = CONTENT | {"left": "2026-06", "status": "member"}
        network = drafts.save(Network(), membership, author=None).row
        moving_clock.now += timedelta(days=100)
        milan = signed_in("publishers", "milan")
        for name in ("review", "schedule", "change"):
            tree = opened(milan, page_of(network, name))
            (refusal,) = tree.xpath("//ul[@class='refusals']/li")
            assert text_of(refusal).startswith("Status: The city has left on the date below."), name
            assert tree.xpath("//button[@name='all']") == []
        (summary,) = tree.xpath("//details[@class='before-publishing']/summary")
        assert "it would be refused" in text_of(summary)
        milan.post(page_of(network, "review"), {"all": "1"})
        assert not Network.objects.get().is_published

    @in_latin_and_in_ci_in_each_language
    def test_list_stands_before_a_schedule_too(self, milan, network, language):
        tree = opened(milan, page_of(network, "schedule", PREFIXES[language]))
        assert len(tree.xpath("//section[@class='before-publishing']//ul[@class='warnings']/li")) == 4

    @pytest.mark.long
    def test_of_many_at_once_the_question_tells_how_many_warnings_each_has(self, ana, milan, network):
        right = drafts.save(Network(), {"name_sr": "Друга", "slug": "druga"}, author=ana.user).row
        for each in (network, right):
            drafts.submit(each, author=ana.user)
        data = {"action": "publish", "_selected_action": [network.pk, right.pk]}
        tree = parsed(milan.post(LIST, data))
        rows = {text_of(each) for each in tree.xpath("//ul[@class='chosen']/li")}
        assert rows == {"Network of Cities – 4 warnings", "Druga"}
        milan.post(LIST, form_values(tree))
        assert Network.objects.filter(is_published=True).count() == 2
