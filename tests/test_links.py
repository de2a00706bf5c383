"""The record of the links: which there are, when one counts as dead, and how a run goes on where another stopped."""

import io
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from networks.links import record
from networks.links.fetching import Answer
from networks.links.mending import mend
from networks.links.places import Place, find_places, replaced_value
from networks.links.record import check, dead_link_count, due_links, update_links
from networks.models import Link, Network, OldAddress, Page
from networks.page_store.version import current_version
from networks.revisions import drafts, publishing, storage
from networks.rich_text import link_urls, replace_url
from tests.makers import make_account, make_network, make_page, make_profile

pytestmark = [pytest.mark.django_db, pytest.mark.sql]

Outcome = Link.Outcome
START = datetime(2026, 5, 4, 3, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def web(monkeypatch):
    """What the other sites answer: {url: outcome, or an Answer}. All else works. `asked` are the URLs, in order."""
    answers = {}
    asked = []

    def fetch(url, *, user_agent, timeout):
        asked.append(url)
        answer = answers.get(url, Outcome.OK)
        if isinstance(answer, BaseException):
            raise answer
        if isinstance(answer, Answer):
            return answer
        return Answer(answer, None if answer in record.NOT_REACHED else 200)

    monkeypatch.setattr(record, "fetch", fetch)
    monkeypatch.setattr(record, "PAUSE", 0)
    answers["asked"] = asked
    return answers


@pytest.fixture
def clock(moving_clock):
    moving_clock.now = START
    return moving_clock


def run(*arguments, **options):
    out, err = io.StringIO(), io.StringIO()
    call_command("check_links", *arguments, stdout=out, stderr=err, **options)
    return out.getvalue(), err.getvalue()


def links_to(*urls):
    return "".join(f'<p><a href="{url}">текст</a></p>' for url in urls)


# Which links there are


def test_every_link_that_visitors_can_follow_is_found_with_its_place():
    network = make_network(
        website="https://one.example/",
        membership_page="https://one.example/nis",
        description_sr=links_to("https://two.example/?a=1&amp;b=2", "mailto:a@two.example", "/pages/about/", "#part"),
        description_en=links_to("https://two.example/en", "https://one.example/"),
        source="Допис; (https://three.example/a), www.four.example и пошта a@four.example",
        internal_note="https://secret.example/",
        summary_sr="https://plain.example/",
    )
    page = make_page(body_sr=links_to("HTTPS://five.example/"), body_en=links_to("https://two.example/en"))
    profile = make_profile(website="https://city.example/", licence_url="https://licence.example/")
    found = {url: [(place.row, place.field) for place in places] for url, places in find_places().items()}
    assert found == {
        "https://one.example/": [(network, "description_en"), (network, "website")],
        "https://one.example/nis": [(network, "membership_page")],
        "https://two.example/?a=1&b=2": [(network, "description_sr")],
        "/pages/about/": [(network, "description_sr")],
        "https://two.example/en": [(network, "description_en"), (page, "body_en")],
        "https://three.example/a": [(network, "source")],
        "http://www.four.example": [(network, "source")],
        "HTTPS://five.example/": [(page, "body_sr")],
        "https://city.example/": [(profile, "website")],
        "https://licence.example/": [(profile, "licence_url")],
    }


def test_links_that_no_visitor_sees_are_not_checked():
    author = make_account("publishers")
    make_network(website="https://draft.example/", is_published=False)
    make_page(body_sr=links_to("https://page.example/"), is_published=False)
    published = make_network(website="https://published.example/")
    drafts.save(published, {"website": "https://newer.example/"}, author=author)
    publishing.delete(make_network(website="https://bin.example/"), author=author)
    assert [*find_places()] == ["https://published.example/"]


def test_places_are_found_with_a_constant_number_of_queries(django_assert_num_queries):
    for number in range(5):
        make_network(website=f"https://{number}.example/", description_sr=links_to("https://a.example/"))
        make_page(body_sr=links_to("https://a.example/"))
    with django_assert_num_queries(3):
        places = find_places()
        assert {str(place.row) for place in places["https://a.example/"]}
    assert len(places) == 6


def test_all_links_of_the_real_content_are_found(nis):
    texts = Network.objects.published().values_list("description_sr", "description_en", "website", "membership_page")
    written = {url for row in texts for text in row if text for url in re.findall(r'https?://[^"<\s]+', text)}
    assert written and written <= find_places().keys()


def test_rows_follow_what_the_texts_link_to():
    network = make_network(website="https://old.example/", source="https://source.example/")
    update_links()
    kept = Link.objects.get(url="https://source.example/")
    Network.objects.filter(pk=network.pk).update(website="https://new.example/")
    update_links()
    update_links()
    assert {*Link.objects.values_list("url", flat=True)} == {"https://new.example/", "https://source.example/"}
    assert Link.objects.get(url="https://source.example/") == kept


def test_url_that_no_server_takes_is_left_out():
    make_page(body_sr=links_to(f"https://long.example/{'ж' * 2000}", "https://short.example/"))
    update_links()
    assert Link.objects.get().url == "https://short.example/"


# What the outcomes make of a link


def outcomes_over(web, clock, outcomes, every=DAY):
    make_network(website="https://one.example/")
    make_network(website="https://works.example/")
    for outcome in outcomes:
        web["https://one.example/"] = outcome
        run()
        clock.now += every
    return Link.objects.get(url="https://one.example/")


@pytest.mark.parametrize(
    ("outcomes", "every", "is_dead"),
    [
        ([Outcome.GONE], DAY, False),
        ([Outcome.GONE] * 3, DAY, False),  # three failures, within two days
        ([Outcome.GONE] * 4, DAY, True),
        ([Outcome.TIMEOUT, Outcome.NO_HOST, Outcome.SERVER_ERROR, Outcome.EXPIRED], DAY, True),
        ([Outcome.GONE] * 2, 5 * DAY, False),
        ([Outcome.GONE] * 3, 2 * DAY, True),
        ([Outcome.GONE] * 3 + [Outcome.OK], DAY, False),
        ([Outcome.GONE] * 4 + [Outcome.OK], DAY, False),
        ([Outcome.GONE, Outcome.GONE, Outcome.OK, Outcome.GONE, Outcome.GONE], DAY, False),  # it flaps
        ([Outcome.GONE, Outcome.GONE, Outcome.REFUSED, Outcome.GONE, Outcome.GONE], DAY, False),
        ([Outcome.REFUSED] * 6, DAY, False),
        ([Outcome.PORT] * 6, DAY, False),
        ([Outcome.UNKNOWN_ISSUER] * 6, DAY, False),
    ],
)
def test_link_is_dead_after_repeated_failures_over_days_only(web, clock, outcomes, every, is_dead):
    link = outcomes_over(web, clock, outcomes, every)
    assert (link.is_dead, link in Link.objects.dead(), dead_link_count()) == (is_dead, is_dead, int(is_dead))
    assert link.outcome == outcomes[-1]


def test_record_says_since_when_and_where_to(web, clock):
    link = outcomes_over(web, clock, [Outcome.OK, Answer(Outcome.GONE, 410), Answer(Outcome.GONE, 404)])
    assert (link.failures, link.failed_since, link.checked_at) == (2, START + DAY, START + 2 * DAY)
    assert (link.outcome, link.status_code, link.moved_to) == (Outcome.GONE, 404, "")
    web["https://one.example/"] = Answer(Outcome.MOVED, 200, "https://two.example/")
    run()
    link.refresh_from_db()
    assert (link.failures, link.failed_since, link.status_code) == (0, None, 200)
    assert (link.outcome, link.moved_to) == (Outcome.MOVED, "https://two.example/")


def test_links_to_look_at_are_those_between_well_and_dead(web, clock):
    outcomes_over(web, clock, [Outcome.GONE] * 4)
    for outcome in Outcome:
        Link.objects.create(url=f"https://{outcome}.example/", outcome=outcome, checked_at=START)
    Link.objects.create(url="https://new.example/")
    uncertain = {*Link.objects.uncertain().values_list("url", flat=True)}
    assert uncertain == {f"https://{each}.example/" for each in Outcome} - {
        "https://ok.example/",
        "https://moved.example/",
    }


def test_dead_link_that_was_taken_out_meanwhile_does_not_count(web, clock):
    outcomes_over(web, clock, [Outcome.GONE] * 4)
    Network.objects.filter(website="https://one.example/").update(website="")
    assert (Link.objects.dead().count(), dead_link_count()) == (1, 0)


@pytest.mark.parametrize(
    ("path", "outcome"),
    [
        ("/", Outcome.OK),
        ("", Outcome.OK),
        ("/networks/here/", Outcome.OK),
        ("/en/networks/here/", Outcome.OK),
        ("/sr-latn/networks/here?x=1#part", Outcome.OK),
        ("/networks/not-here/", Outcome.GONE),
        ("/networks/draft/", Outcome.GONE),
        ("/nothing/", Outcome.GONE),
        ("/old/", Outcome.OK),
        ("/static/networks/site.css", Outcome.OK),
        ("/%00/", Outcome.GONE),
    ],
)
def test_page_of_this_site_is_looked_up_without_the_network(monkeypatch, path, outcome):
    monkeypatch.setattr(record, "fetch", lambda *args, **options: pytest.fail("a request was sent"))
    make_network(slug="here")
    make_network(slug="draft", is_published=False)
    OldAddress.objects.create(old_path="/old/", new_path="/")
    assert check(f"http://testserver:8000{path}").outcome == outcome
    if path:
        assert check(path).outcome == outcome


def test_link_without_a_scheme_is_asked_as_browsers_do(web):
    check("//one.example/")
    assert web["asked"] == ["https://one.example/"]


@pytest.mark.parametrize(
    ("hosts", "expected"),
    [
        (["gradovi.example", "www.gradovi.example"], "CityNetworks link check (+http://gradovi.example/)"),
        ([".gradovi.example", "gradovi.example"], "CityNetworks link check (+http://gradovi.example/)"),
        (["*"], "CityNetworks link check"),
        ([], "CityNetworks link check"),
    ],
)
def test_other_sites_are_told_who_asks(settings, hosts, expected):
    settings.ALLOWED_HOSTS = hosts
    assert record.user_agent() == expected


# Runs of the command


def make_links(*names):
    for name in names:
        make_network(website=f"https://{name}.example/")


def test_run_checks_each_link_once_and_says_so(web):
    make_links("a", "b", "c")
    web["https://b.example/"] = Answer(Outcome.MOVED, 200, "https://x.example/")
    out, err = run()
    assert (out, err.splitlines()[-1]) == ("Links checked: 3 of 3. Dead: 0. Moved: 1.\n", "3 of 3")
    assert sorted(web["asked"]) == [f"https://{name}.example/" for name in "abc"]
    assert run(verbosity=0) == ("Links checked: 0 of 3. Dead: 0. Moved: 1.\n", "")


def test_run_without_any_link_has_nothing_to_do(web):
    assert run()[0] == "Links checked: 0 of 0. Dead: 0. Moved: 0.\n"


def test_interrupted_run_keeps_what_it_has_and_the_next_goes_on(web, clock):
    make_links("a", "b", "c", "d")
    update_links()
    third = Link.objects.order_by("pk")[2]
    web[third.url] = KeyboardInterrupt()
    with pytest.raises(CommandError) as error:
        run()
    assert error.value.returncode == 130
    assert Link.objects.filter(checked_at=START).count() == 2
    web[third.url] = Outcome.OK
    first = web["asked"][:2]
    web["asked"].clear()
    run()
    assert {*web["asked"]} == {*Link.objects.values_list("url", flat=True)} - {*first}


def test_oldest_checks_come_first(web, clock):
    make_links("a", "b", "c", "d")
    update_links()
    for days, name in [(1, "b"), (3, "c"), (2, "d")]:
        Link.objects.filter(url=f"https://{name}.example/").update(checked_at=START - days * DAY)
    run()
    assert web["asked"] == [f"https://{name}.example/" for name in "acdb"]


@pytest.mark.parametrize(
    ("arguments", "expected"), [([], "ab"), (["--hours=48"], "a"), (["--hours=0"], "abc"), (["--all"], "abc")]
)
def test_links_that_were_checked_lately_are_left_out(web, clock, arguments, expected):
    make_links(*"abc")
    update_links()
    for hours, name in [(72, "a"), (24, "b"), (2, "c")]:
        Link.objects.filter(url=f"https://{name}.example/").update(checked_at=START - timedelta(hours=hours))
    run(*arguments)
    assert web["asked"] == [f"https://{name}.example/" for name in expected]


def test_two_runs_at_once_count_a_failure_once(web, clock, monkeypatch):
    """The second run checks the link while the first one waits for the answer."""
    make_links("a", "b")
    fetch, is_first = record.fetch, True

    def fetch_while_another_runs(url, **options):
        nonlocal is_first
        if is_first:
            is_first = False
            run()
        return fetch(url, **options)

    web["https://b.example/"] = Answer(Outcome.GONE, 404)
    monkeypatch.setattr(record, "fetch", fetch_while_another_runs)
    assert run()[0].startswith("Links checked: 0 of 2.")
    assert Link.objects.get(url="https://b.example/").failures == 1
    assert len(web["asked"]) == 3


def test_link_that_goes_during_a_run_does_no_harm(web, monkeypatch):
    make_links("a", "b")
    fetch = record.fetch

    def fetch_and_delete(url, **options):
        Link.objects.all().delete()
        return fetch(url, **options)

    monkeypatch.setattr(record, "fetch", fetch_and_delete)
    assert run()[0] == "Links checked: 0 of 0. Dead: 0. Moved: 0.\n"


@pytest.mark.parametrize("outcome", [Outcome.NO_HOST, Outcome.TIMEOUT, Outcome.PRIVATE, Outcome.EXPIRED])
def test_machine_without_a_connection_makes_no_link_dead(web, clock, outcome):
    make_links("a", "b", "c")
    web |= dict.fromkeys([f"https://{name}.example/" for name in "abc"], outcome)
    for _day in range(5):
        with pytest.raises(CommandError, match="No other site could be reached"):
            run()
        clock.now += DAY
    assert not Link.objects.exclude(outcome="").exists()
    web["https://c.example/"] = Outcome.OK
    run()
    assert {*Link.objects.values_list("outcome", flat=True)} == {outcome, Outcome.OK}


def test_only_site_that_is_linked_to_may_be_dead(web, clock):
    make_links("a")
    web["https://a.example/"] = Outcome.NO_HOST
    run()
    assert Link.objects.get().failures == 1


def test_requests_to_one_host_have_a_pause_between_them(web, monkeypatch):
    make_network(website="https://a.example/1", membership_page="https://A.example/2", source="https://b.example/")
    pauses, now = [], [100.0]

    def sleep(seconds):
        pauses.append(seconds)
        now[0] += seconds

    monkeypatch.setattr(record, "PAUSE", 2)
    monkeypatch.setattr(record.time, "sleep", sleep)
    monkeypatch.setattr(record.time, "monotonic", lambda: now[0])
    run()
    assert sorted(pauses) == [0, 0, 2]


def test_checks_leave_the_public_pages_as_they_are(web):
    make_links("a", "b")
    web["https://b.example/"] = Outcome.GONE
    before = current_version()
    run()
    run("--all")
    assert current_version() == before


def test_checking_waits_in_no_transaction(transactional_db, web, monkeypatch):
    make_links("a")
    fetch, states = record.fetch, []

    def note(url, **options):
        states.append(connection.in_atomic_block)
        return fetch(url, **options)

    monkeypatch.setattr(record, "fetch", note)
    run()
    assert states == [False]


# Mending


OLD, NEW = "https://old.example/", "https://new.example/?a=1&b=2"
NEW_IN_HTML = NEW.replace("&", "&amp;")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (links_to(OLD), links_to(NEW_IN_HTML)),
        (links_to(OLD, f"{OLD}x"), links_to(NEW_IN_HTML, f"{OLD}x")),
        (f'<p><a href="{OLD}" title="T">t</a></p>', f'<p><a href="{NEW_IN_HTML}" title="T">t</a></p>'),
        (f'<p><a href="{OLD}">{OLD}</a></p>', f'<p><a href="{NEW_IN_HTML}">{NEW_IN_HTML}</a></p>'),
        (f"<p>{OLD} стоји у тексту</p>", f"<p>{OLD} стоји у тексту</p>"),
        (f"<p>&lt;a href={OLD}&gt;</p>", f"<p>&lt;a href={OLD}&gt;</p>"),
    ],
)
def test_links_of_a_rich_text_are_replaced_and_nothing_else(before, after):
    assert replace_url(before, OLD, NEW) == after
    assert OLD not in link_urls(after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("https://old.example/a", "https://new.example/b"),
        ("Допис, (https://old.example/a), 2026.", "Допис, (https://new.example/b), 2026."),
        ("https://old.example/a.", "https://new.example/b."),
        ("https://old.example/a и https://old.example/a/c", "https://new.example/b и https://old.example/a/c"),
        ("https://old.example/a.html", "https://old.example/a.html"),
        ("https://old.example/a?x=1", "https://old.example/a?x=1"),
        ("http://other.example/https://old.example/a", "http://other.example/https://old.example/a"),
    ],
)
def test_url_in_a_plain_text_is_replaced_where_it_stands_alone(before, after):
    field = Network._meta.get_field("source")
    assert replaced_value(field, before, "https://old.example/a", "https://new.example/b") == after


def moved(url="https://old.example/", moved_to="https://new.example/"):
    return Link.objects.create(url=url, outcome=Outcome.MOVED, moved_to=moved_to)


def mended(link, author):
    return mend(link, find_places().get(link.url, []), author=author)


def test_mending_writes_drafts_and_leaves_what_citizens_see(client):
    editor = make_account("editors")
    first = make_network(
        website="https://old.example/",
        description_sr=links_to("https://old.example/", "https://old.example/x"),
        source="https://old.example/",
    )
    second = make_network(description_en=links_to("https://old.example/"), name_en="Second")
    other = make_network(website="https://old.example/x")
    for network in (first, second):
        storage.newest_revision(network)
    before, version = client.get(first.get_absolute_url()).content, current_version()
    result = mended(moved(), editor)
    assert ([each.pk for each in result.drafts], result.by_hand) == ([first.pk, second.pk], [])
    content = Network.objects.get(pk=first.pk).head.content
    assert content["website"] == content["source"] == "https://new.example/"
    assert content["description_sr"] == links_to("https://new.example/", "https://old.example/x")
    head = Network.objects.get(pk=second.pk).head
    assert head.content["description_en"] == links_to("https://new.example/")
    assert (head.author, head.comment) == (editor, "https://old.example/ → https://new.example/")
    assert Network.objects.get(pk=other.pk).head is None
    assert (client.get(first.get_absolute_url()).content, current_version()) == (before, version)


def test_mending_goes_on_from_the_draft_that_is_there():
    network = make_network(website="https://old.example/")
    author = make_account("editors")
    drafts.save(network, {"name_en": "Newer", "source": "https://old.example/"}, author=author)
    mended(moved(), author)
    content = Network.objects.get(pk=network.pk).head.content
    assert (content["name_en"], content["source"], content["website"]) == (
        "Newer",
        "https://new.example/",
        "https://new.example/",
    )


def test_mending_overwrites_nothing_that_a_colleague_saves_meanwhile(monkeypatch):
    network = make_network(website="https://old.example/")
    author, save = make_account("editors"), drafts.save

    def save_after_a_colleague(row, content, **options):
        monkeypatch.undo()
        save(row, {"website": "https://colleague.example/"}, author=author)
        return save(row, content, **options)

    monkeypatch.setattr(drafts, "save", save_after_a_colleague)
    result = mended(moved(), author)
    assert (result.drafts, [place.field for place in result.by_hand]) == ([], ["website"])
    assert Network.objects.get(pk=network.pk).head.content["website"] == "https://colleague.example/"


def test_mending_twice_makes_one_draft():
    network = make_network(website="https://old.example/")
    author, link = make_account("editors"), moved()
    assert [mended(link, author).drafts for _time in range(2)] == [[network], [network]]
    assert storage.newest_revision(Network.objects.get(pk=network.pk)).number == 2


@pytest.mark.parametrize(
    ("fields", "moved_to"),
    [
        ({"source": "Види www.old.example"}, "https://new.example/"),  # shown as a link, but written without http
        ({"website": "http://www.old.example"}, f"https://new.example/{'a' * 600}"),  # too long for the field
    ],
)
def test_what_cannot_be_mended_is_to_be_changed_by_hand(fields, moved_to):
    network = make_network(**fields)
    result = mended(moved("http://www.old.example", moved_to), make_account("editors"))
    assert ([(place.row, place.field) for place in result.by_hand], result.drafts) == (
        [(network, field) for field in fields],
        [],
    )


def test_rows_without_drafts_are_to_be_changed_by_hand():
    network = make_network(website="https://old.example/")
    page = make_page(body_sr=links_to("https://old.example/"))
    profile = make_profile(website="https://old.example/")
    result = mended(moved(), make_account("administrators"))
    assert result.drafts == [network, page]
    assert [(place.row, place.field) for place in result.by_hand] == [(profile, "website")]
    assert Page.objects.get().head.content["body_sr"] == links_to("https://new.example/")


def test_rows_that_somebody_may_not_change_are_to_be_changed_by_hand():
    network = make_network(website="https://old.example/")
    assert mended(moved(), make_account()).by_hand == [Place(network, "website")]
    assert Network.objects.get().head is None


def test_link_that_has_not_moved_is_not_mended():
    with pytest.raises(ValueError, match="has not moved"):
        mend(Link.objects.create(url="https://old.example/", outcome=Outcome.GONE), [], author=None)


def test_due_links_take_one_query_whatever_their_number(django_assert_num_queries):
    Link.objects.bulk_create(Link(url=f"https://{number}.example/") for number in range(50))
    with django_assert_num_queries(1):
        assert len(due_links(DAY)) == 50
