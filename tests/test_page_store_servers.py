"""
Several servers on one database, each with a page store of its own: what is committed is on every page a second later.

Each is a process with the project loaded, which is asked as granian would ask it. One more writes.
"""

import random
import re
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from tests import processes
from tests.stored import ask, site_store

pytestmark = [pytest.mark.process, pytest.mark.sql]

HERE = "tests.test_page_store_servers:"
LONG = 12  # seconds of random edits and reads
PATHS = {
    "network": ["/en/", "/en/networks/a/", "/sr-latn/networks/a/", "/networks.json", "/networks/a/"],
    "title": ["/en/", "/en/changes/", "/en/timeline/"],
    "page": ["/en/pages/p/", "/en/networks/a/"],
}

# What the processes do

store = None


def get(path, host="testserver"):
    """Ask the store of this process; return when it was asked, and what it answered."""
    from networks.page_store.watch import Watch

    global store
    store = store or site_store(watch=Watch())
    asked_at = time.time()
    answer = ask(store, path, host=host)
    return {
        "asked_at": asked_at,
        "status": answer.status,
        "text": answer.content.decode(errors="replace"),
        "etag": answer.get("ETag"),
        "entered": store.application.count,
    }


def prepare():
    from networks.models import CityProfile, Page

    CityProfile.objects.create(city_name_sr="Ниш", site_title_sr="Мреже", site_title_en="title 0.")
    Page.objects.create(slug="p", title_sr="Страница", title_en="page 0.", is_published=True)
    change_network(0)


def change_title(number):
    from networks.models import CityProfile

    profile = CityProfile.objects.get()
    profile.site_title_en = f"title {number}."
    profile.save()
    return time.time()


def change_page(number):
    from networks.models import Page

    page = Page.objects.get()
    page.title_en = f"page {number}."
    page.save()
    return time.time()


def write_network(number):
    from networks.models import Network
    from networks.revisions import drafts, schedules, storage

    # As before every request of the admin: a new plan takes the place of one that is not carried out.
    schedules.apply_due()
    network = Network.objects.first() or Network()
    texts = {"name_en": f"network {number}.", "name_sr": f"network {number}.", "slug": "a"}
    content = storage.newest_revision(network).content | texts if network.pk else texts
    return drafts.save(network, content, author=None).row


def change_network(number):
    from networks.revisions import publishing

    publishing.publish(write_network(number), author=None)
    return time.time()


def plan_network(number, seconds):
    """Plan the change, and return when it falls due."""
    from networks.revisions import schedules

    network = write_network(number)
    at = datetime.now(UTC) + timedelta(seconds=seconds)
    schedules.create(network, "publish", at, author=None)
    return at.timestamp()


def change_everything(number):
    """Change all facts in one transaction."""
    from django.db import transaction

    with transaction.atomic():
        for change in (change_title, change_page, change_network):
            change(number)


def get_while_everything_changes(path, after, number):
    """Ask for a page, and let a colleague change everything when so many queries of it have been answered."""
    from django.db import connection, connections

    asked = 0

    def colleague():
        change_everything(number)
        connections.close_all()

    def change_between(execute, sql, params, many, context):
        nonlocal asked
        answer = execute(sql, params, many, context)
        if sql.startswith("SELECT"):
            asked += 1
            if asked == after:
                thread = threading.Thread(target=colleague)
                thread.start()
                thread.join()
        return answer

    with connection.execute_wrapper(change_between):
        # A page of an address that was not asked for before is rendered.
        return get(path, host=f"localhost:{1000 + after}") | {"has_changed": asked >= after}


def begins(is_open):
    """Return how transactions begin: in a snapshot that comes to grief, and when something is written after it."""
    from django.db import connection, transaction

    from networks.page_store.snapshot import snapshot

    begun = []

    def note(execute, sql, params, many, context):
        if sql.startswith("BEGIN"):
            begun.append(sql)
        return execute(sql, params, many, context)

    if not is_open:
        connection.close()
    with connection.execute_wrapper(note):
        try:
            with snapshot():
                raise ZeroDivisionError
        except ZeroDivisionError:
            pass
        with transaction.atomic():
            change_title(1)
    return begun


held = None


def begin_change(number):
    """Change the title in a transaction that stays open."""
    from django.db import transaction

    global held
    held = transaction.atomic()
    held.__enter__()
    change_title(number)


def commit_change():
    held.__exit__(None, None, None)
    return time.time()


@pytest.fixture
def crew(database_template):
    """One who writes, and two servers."""
    with database_template.copy() as database, processes.workers(database.env, 3) as crew:
        crew[0].do(HERE + "prepare")
        yield crew


def number_on(text, fact):
    return int(re.search(rf"{fact} (\d+)\.", text)[1])


def test_what_is_committed_is_on_every_page_of_every_server_a_second_later(crew):
    writer, *servers = crew
    seed = time.time_ns()
    chance = random.Random(seed)  # noqa: S311
    # When each number of a fact became public
    public = {fact: [(0.0, 0)] for fact in PATHS}
    planned_until, number, reads, entered = 0.0, 0, 0, {}
    end = time.monotonic() + LONG
    while time.monotonic() < end:
        if chance.random() < 0.15:
            fact = chance.choice(list(PATHS))
            if fact != "network" or time.time() > planned_until:
                number += 1
                if fact == "network" and chance.random() < 0.5:
                    planned_until = writer.do(HERE + "plan_network", number=number, seconds=1.2)
                    public[fact].append((planned_until, number))
                else:
                    public[fact].append((writer.do(f"{HERE}change_{fact}", number=number), number))
        fact = chance.choice(list(PATHS))
        which = chance.randrange(2)
        answer = servers[which].do(HERE + "get", path=chance.choice(PATHS[fact]))
        assert answer["status"] == 200
        least = max(number for moment, number in public[fact] if moment <= answer["asked_at"] - 1)
        most = public[fact][-1][1]
        shown = number_on(answer["text"], fact)
        assert least <= shown <= most, (seed, fact, public[fact][-3:], answer["asked_at"])
        reads, entered[which] = reads + 1, answer["entered"]
        time.sleep(chance.random() * 0.03)
    assert number > 10
    assert reads > 5 * number, "reading is what is tested"
    assert sum(entered.values()) < reads, "some pages came from the store"


def test_what_is_not_committed_is_on_no_page(crew):
    writer, *servers = crew
    before = [server.do(HERE + "get", path="/en/") for server in servers]
    assert before[0]["etag"] == before[1]["etag"]
    writer.do(HERE + "begin_change", number=77)
    for _ in range(3):
        time.sleep(0.5)
        for server in servers:
            assert "title 77." not in server.do(HERE + "get", path="/en/")["text"]
    committed = writer.do(HERE + "commit_change")
    time.sleep(max(0, committed + 1 - time.time()))
    after = [server.do(HERE + "get", path="/en/") for server in servers]
    assert all("title 77." in each["text"] for each in after)
    assert after[0]["etag"] == after[1]["etag"] != before[0]["etag"]


@pytest.mark.parametrize("path", ["/en/", "/en/networks/a/", "/sr-latn/networks/a/"])
def test_a_page_shows_all_its_facts_as_they_were_at_one_moment(crew, path):
    """Whenever a colleague commits while it is rendered."""
    _writer, server, _other = crew
    shown = set()
    for after in range(1, 20):
        answer = server.do(HERE + "get_while_everything_changes", path=path, after=after, number=after)
        if not answer["has_changed"]:
            break
        # At the beginning of an element. Within a sentence, the record says what it was called before.
        numbers = {*re.findall(r">(?:title|page|network) (\d+)\.", answer["text"])}
        assert len(numbers) == 1, f"{numbers} when it changed after {after} queries"
        shown |= numbers
    assert after > 2, "a page takes several queries"
    assert len(shown) > 1


@pytest.mark.parametrize("is_open", [True, False])
def test_on_sqlite_who_reads_takes_no_lock_and_who_writes_next_takes_it_at_once(crew, is_open):
    # PostgreSQL has no such lock, and its transactions begin by themselves.
    begins = ["BEGIN DEFERRED", "BEGIN IMMEDIATE"] if connection.vendor == "sqlite" else []
    assert crew[0].do(HERE + "begins", is_open=is_open) == begins


def test_all_servers_give_a_page_the_same_etag(crew):
    for path in ("/", "/en/", "/networks.json", "/catalog.ttl", "/catalog.jsonld", "/feed.atom", "/picture.png"):
        etags = {server.do(HERE + "get", path=path)["etag"] for server in crew}
        assert len(etags) == 1, path
