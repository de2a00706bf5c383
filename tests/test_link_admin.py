"""The list of links in the admin, its two buttons, and what the start page and the form of a network say of links."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from networks.admin.link_admin import ADVICE
from networks.links import record
from networks.links.fetching import Answer
from networks.models import Link, Network
from networks.page_store.version import current_version
from networks.revisions import drafts, storage
from tests.makers import make_account, make_network, make_page, make_profile
from tests.pages import (
    CYRILLIC,
    PREFIXES,
    count_queries,
    in_latin_and_in_ci_in_each_language,
    messages_of,
    opened,
    parsed,
    text_of,
    texts_of,
)

pytestmark = [pytest.mark.django_db, pytest.mark.sql]

Outcome = Link.Outcome
LIST = "/en/admin/networks/link/"
OLD, NEW = "https://old.example/", "https://new.example/"


@pytest.fixture
def editor(client):
    client.force_login(make_account("editors"))
    return client


@pytest.fixture
def other_site(monkeypatch):
    """What the other sites answer when they are asked: `answer[0]`."""
    answer = [Answer(Outcome.OK, 200)]
    monkeypatch.setattr(record, "fetch", lambda url, **options: answer[0])
    return answer


def make_link(url, outcome, days_ago=None, **fields):
    now = timezone.now()
    since = None if days_ago is None else now - timedelta(days=days_ago)
    failures = 0 if days_ago is None else days_ago + 1
    return Link.objects.create(
        url=url, outcome=outcome, checked_at=now, failures=failures, failed_since=since, **fields
    )


def make_links():
    """Make a link in each state: dead, failing, refused, moved, well, and not checked yet."""
    for name in ("dead", "failing", "refused", "moved", "well", "new"):
        make_network(name_en=f"Network {name}", website=f"https://{name}.example/")
    make_link("https://dead.example/", Outcome.GONE, 5, status_code=404)
    make_link("https://failing.example/", Outcome.TIMEOUT, 0)
    make_link("https://refused.example/", Outcome.REFUSED, status_code=403)
    make_link("https://moved.example/", Outcome.MOVED, moved_to=NEW, status_code=200)
    make_link("https://well.example/", Outcome.OK, status_code=200)
    Link.objects.create(url="https://new.example/")


def shown(client, query=""):
    """Return the names of the links in the list, in its order."""
    rows = opened(client, f"{LIST}{query}").xpath("//table[@id='result_list']/tbody/tr")
    return [re.search(r"https://(\w+)", text_of(row)).group(1) for row in rows]


def row_of(client, url, query=""):
    (row,) = opened(client, f"{LIST}{query}").xpath(f"//table[@id='result_list']/tbody/tr[td[1]/a/@href='{url}']")
    return row


def moved_link():
    return make_link(OLD, Outcome.MOVED, moved_to=NEW, status_code=200)


# The list


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["dead", "failing", "moved", "new", "refused", "well"]),
        ("?state=dead", ["dead"]),
        ("?state=uncertain", ["failing", "refused"]),
        ("?state=moved", ["moved"]),
        ("?q=dead.exa", ["dead"]),
        ("?o=-0", ["well", "refused", "new", "moved", "failing", "dead"]),
    ],
)
def test_list_begins_with_what_is_wrong_and_is_filtered_by_what_is_to_be_done(editor, query, expected):
    make_links()
    assert shown(editor, query) == expected


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("dead", ["Dead since", "page not found (404)", "Look for it there"]),
        ("failing", ["Failing since", "no answer in time", "If that lasts"]),
        ("refused", ["Refused to our program (403)", "Open the link yourself"]),
        ("moved", ["Moved permanently", NEW, "Take it over"]),
        ("well", ["Works"]),
        ("new", ["Not checked yet"]),
    ],
)
def test_list_says_what_is_wrong_and_what_to_do(editor, name, words):
    make_links()
    row = row_of(editor, f"https://{name}.example/")
    assert [each for each in words if each not in text_of(row)] == []
    assert ("Last checked" in text_of(row)) == (name != "new")
    buttons = [text_of(each) for each in row.iter("button")]
    assert buttons == ["Take over the new address"] * (name == "moved") + ["Check again"]


@pytest.mark.parametrize(
    ("url", "moved_to", "advice"),
    [
        ("https://old.example/members/nis", "https://new.example/", "Look for it there first"),
        ("https://old.example/members/nis", "https://new.example/?page=7", "Take it over"),
        ("https://old.example", "https://new.example/", "Take it over"),
    ],
)
def test_page_that_leads_to_the_start_of_a_site_may_be_gone(editor, url, moved_to, advice):
    make_network(website=url)
    make_link(url, Outcome.MOVED, moved_to=moved_to)
    assert advice in text_of(row_of(editor, url))


def test_list_leads_to_each_place_of_a_link(editor):
    network = make_network(name_en="Network", website=OLD, description_en=f'<p><a href="{OLD}">x</a></p>')
    page = make_page(title_en="Page", body_sr=f'<p><a href="{OLD}">x</a></p>')
    make_profile(city_name_en="City", licence_url=OLD)
    make_link(OLD, Outcome.GONE, 5)
    cell = row_of(editor, OLD).find_class("field-where")[0]
    assert text_of(cell) == (
        "Network: description (in English)Network: websitePage: text (in Serbian)City: web address of the licence"
    )
    base = "/en/admin/networks"
    assert [each.get("href") for each in cell.iter("a")] == [
        f"{base}/network/{network.pk}/change/",
        f"{base}/network/{network.pk}/change/",
        f"{base}/page/{page.pk}/change/",
        f"{base}/cityprofile/1/change/",
    ]


def test_list_leaves_out_what_no_text_links_to_any_more(editor):
    make_links()
    Network.objects.filter(website="https://dead.example/").update(website="")
    assert "dead" not in shown(editor)
    assert shown(editor, "?state=dead") == []


def test_list_says_what_a_draft_has_changed_already(editor):
    network = make_network(website=OLD, source=OLD)
    make_link(OLD, Outcome.GONE, 5)
    drafts.save(network, {"website": NEW}, author=None)
    cell = row_of(editor, OLD).find_class("field-where")[0]
    assert "website (changed in the draft, not published yet)" in text_of(cell)
    assert text_of(cell).count("changed in the draft") == 1


def test_list_says_when_links_were_last_checked(editor):
    def said():
        return text_of(opened(editor, LIST).get_element_by_id("content").find("p"))

    assert shown(editor) == []
    assert said().startswith("No link has been checked yet.")
    make_links()
    assert re.search(r"Last check: \d+ \w+ \d{4}, \d\d:\d\d\.$", said())


def test_markup_in_an_address_is_shown_as_text(editor):
    url = 'https://x.example/?a="><script>alert(1)</script>'
    make_network(website=url)
    make_link(url, Outcome.MOVED, moved_to=f"{url}&new")
    page = opened(editor, LIST)
    assert "alert(1)" in text_of(page.get_element_by_id("result_list"))
    assert page.get_element_by_id("result_list").xpath(".//script") == []


@in_latin_and_in_ci_in_each_language
def test_every_outcome_is_in_words_of_the_language(editor, language):
    for outcome in Outcome:
        make_network(website=f"https://{outcome}.example/")
        make_link(f"https://{outcome}.example/", outcome, 5 if outcome.is_failure else None)
    tree = opened(editor, f"{PREFIXES[language]}/admin/networks/link/")
    cells = tree.find_class("field-state")
    assert len(cells) == len(Outcome)
    if language == "sr-latn":
        assert not [text for text in texts_of(tree) if CYRILLIC.search(text)]
    if language == "sr":
        assert not [text_of(cell) for cell in cells if re.search("[A-Za-z]{3}", text_of(cell).replace("www", ""))]


def test_each_outcome_but_success_has_its_advice():
    assert ADVICE.keys() == {*Outcome} - {Outcome.OK}


@pytest.mark.exhaustive
def test_queries_do_not_grow_with_links(editor):
    counts = []
    for number in range(0, 40, 20):
        for each in range(number, number + 20):
            network = make_network(website=f"https://{each}.example/")
            drafts.save(network, {"website": NEW}, author=None)
            make_link(f"https://{each}.example/", Outcome.GONE, 5)
        counts.append((count_queries(editor, LIST), count_queries(editor, "/en/admin/")))
    assert counts[0] == counts[1]
    assert counts[0][0] <= 14  # two of them for the menu
    assert counts[0][1] <= 20


# Check again


def test_button_checks_a_link_at_once_and_says_what_came_of_it(editor, other_site):
    make_links()
    link = Link.objects.get(url="https://dead.example/")
    (button,) = row_of(editor, link.url, "?state=dead").iter("button")
    version = current_version()
    response = editor.post(button.get("formaction"), follow=True)
    assert response.redirect_chain == [(f"{LIST}?state=dead", 302)]
    assert messages_of(parsed(response)) == ["Checked: https://dead.example/ – works."]
    link.refresh_from_db()
    assert (link.outcome, link.failures, current_version()) == (Outcome.OK, 0, version)


def test_button_does_not_make_a_link_dead_by_itself(editor, other_site):
    make_network(website=OLD)
    link = Link.objects.create(url=OLD)
    other_site[0] = Answer(Outcome.NO_HOST)
    for _time in range(5):
        response = editor.post(f"{LIST}{link.pk}/check/", follow=True)
    link.refresh_from_db()
    assert (link.failures, link.is_dead) == (5, False)
    assert [each for each in messages_of(parsed(response)) if "name of the site not found" in each]


def test_somebody_waits_for_an_answer_ten_seconds_at_most(editor, monkeypatch):
    timeouts = []
    monkeypatch.setattr(
        record, "fetch", lambda url, *, timeout, **options: timeouts.append(timeout) or Answer(Outcome.OK)
    )
    link = Link.objects.create(url=OLD)
    editor.post(f"{LIST}{link.pk}/check/")
    assert timeouts == [10]


def test_link_that_is_gone_from_the_record_is_missing(editor):
    assert [editor.post(f"{LIST}999999/{name}/").status_code for name in ("check", "mend")] == [404, 404]


# Mend


def test_editor_takes_over_the_address_of_a_moved_link_in_one_click(editor, client):
    network = make_network(name_en="Network", website=OLD, description_sr=f'<p><a href="{OLD}">x</a></p>')
    storage.newest_revision(network)
    moved_link()
    address = f"/networks/{network.slug}/"
    public, version = client.get(address).content, current_version()
    button = row_of(editor, OLD, "?state=moved").find(".//button")
    response = editor.post(button.get("formaction"), follow=True)
    assert response.redirect_chain == [(f"{LIST}?state=moved", 302)]
    assert messages_of(parsed(response)) == [
        "The new address stands in the draft of Network. Citizens see it when the draft is published."
    ]
    content = Network.objects.get(pk=network.pk).head.content
    assert (content["website"], content["description_sr"]) == (NEW, f'<p><a href="{NEW}">x</a></p>')
    assert (client.get(address).content, current_version()) == (public, version)


def test_places_without_drafts_are_named_to_be_changed_by_hand(editor):
    make_network(name_en="First", website=OLD)
    make_network(name_en="Second", source=OLD)
    make_page(title_en="About <us>", body_en=f'<p><a href="{OLD}">x</a></p>')
    make_profile(city_name_en="City <us>", website=OLD)
    response = editor.post(f"{LIST}{moved_link().pk}/mend/", follow=True)
    assert messages_of(parsed(response)) == [
        "The new address stands in the drafts of First, Second, About <us>. "
        "Citizens see it when the drafts are published.",
        "Change the address by hand here: City <us>: website of the city.",
    ]


def test_button_is_there_while_a_draft_has_to_be_saved(editor):
    link = moved_link()
    profile = make_profile(website=OLD)
    assert row_of(editor, OLD).xpath(".//button[contains(@formaction, 'mend')]") == []
    make_network(website=OLD)
    assert len(row_of(editor, OLD).xpath(".//button[contains(@formaction, 'mend')]")) == 1
    editor.post(f"{LIST}{link.pk}/mend/")
    assert row_of(editor, OLD).xpath(".//button[contains(@formaction, 'mend')]") == []
    profile.refresh_from_db()
    assert profile.website == OLD


@pytest.mark.parametrize("outcome", [Outcome.OK, Outcome.GONE])
def test_link_that_has_not_moved_is_left_alone(editor, outcome):
    network = make_network(website=OLD)
    response = editor.post(f"{LIST}{make_link(OLD, outcome).pk}/mend/", follow=True)
    assert messages_of(parsed(response)) == ["This link has not moved any more."]
    assert Network.objects.get(pk=network.pk).head is None


# The start page, and the form of a network


def test_start_page_counts_the_dead_links_and_leads_to_them(editor):
    make_links()
    (link,) = opened(editor, "/en/admin/").xpath("//section[@class='worklist']//a[contains(@href, '/link/')]")
    assert text_of(link) == "1 link does not work any more"
    assert shown(editor, link.get("href").removeprefix(LIST)) == ["dead"]


def test_start_page_says_nothing_while_no_link_is_dead(editor):
    make_links()
    Network.objects.filter(website="https://dead.example/").update(website="")
    assert opened(editor, "/en/admin/").xpath("//section[@class='worklist']//a[contains(@href, '/link/')]") == []


def test_form_of_a_network_says_which_of_its_links_are_dead_or_have_moved(editor):
    network = make_network(
        website="https://dead.example/?a=1&b=2", source=OLD, membership_page="https://well.example/"
    )
    make_network(website="https://other.example/")
    make_link("https://dead.example/?a=1&b=2", Outcome.GONE, 5, status_code=404)
    make_link("https://well.example/", Outcome.OK)
    make_link("https://other.example/", Outcome.GONE, 5)
    moved_link()
    address = f"/en/admin/networks/network/{network.pk}/change/"

    def notices():
        return opened(editor, address).find_class("failed")

    first, second = notices()
    assert re.fullmatch(r"Website: \S+ – dead since .*: page not found \(404\)\. What can be done", text_of(first))
    assert text_of(second) == f"Source: {OLD} – moved permanently. What can be done"
    (link,) = first.iter("a")
    assert shown(editor, link.get("href").removeprefix(LIST)) == ["dead"]
    # What stands in the form counts: the newest version.
    drafts.save(network, {"source": NEW}, author=None)
    assert [text_of(each)[:7] for each in notices()] == ["Website"]
