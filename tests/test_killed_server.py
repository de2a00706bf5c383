"""
The server is killed in the middle of saving, again and again: what it answered is there, and nothing is half there.

A process that has the project loaded forks a server for each round, and looks into the database once that server is
dead. The clients are threads of the test. They post the real form, and go on over the deaths: a save without an
answer is sent once more, or the form is opened anew, as people do.

Each client has a network of its own, of which it writes every text, and two fields of a network that all share. All
that is written in one save ends in the same mark, so a save that is there by half shows.
"""

import http.client
import os
import random
import re
import signal
import socket
import threading
import time
from urllib.parse import urlencode

import lxml.html
import pytest

from tests import processes

pytestmark = [pytest.mark.process, pytest.mark.sql]

HERE = "tests.test_killed_server:"
ROUNDS = 30
LONGEST_WAIT = 20  # seconds for the first answer of a round
# From an answer to the death of the server. A save takes about that long, so it dies in all parts of one.
LONGEST_LIFE = 0.12  # seconds
LONGEST_WAY = 0.05  # seconds from a save to its answer

TEXTS = {
    "name_en": 100,
    "summary_sr": 200,
    "summary_en": 200,
    "description_sr": 3000,
    "description_en": 3000,
    "benefit_sr": 500,
    "benefit_en": 500,
    "seat_en": 50,
    "former_names": 1000,
    "responsible_unit": 100,
    "source": 150,
    "internal_note": 2000,
}
SHARED = [("summary_en", "internal_note"), ("description_en", "source"), ("benefit_en", "responsible_unit")]
THEMES = [["culture"], ["culture", "energy"]]
MARK = re.compile(r"(\d+)-(\d+)(?:</p>)?\Z")


def text_of(field, mark):
    words = ("Мрежа градова „Ниш“ & <b>city</b> " * 100)[: TEXTS[field]]
    if field.startswith("description"):
        return f"<p>{'Мрежа градова city ' * (TEXTS[field] // 19)}{mark}</p>"
    return f"{words}{mark}"


# The process that serves. What begins with an underscore is done in the server that is forked.

listening = None
first_unread = 0
written = {}


def prepare():
    """Make the accounts and the networks, and open the port that all servers answer at."""
    import logging

    from django.contrib.auth.models import User
    from django.db import connections
    from django.test import Client

    from networks.models import Network, Theme
    from networks.revisions import drafts

    global listening
    logging.disable(logging.WARNING)
    for slug in THEMES[1]:
        Theme.objects.create(slug=slug, name_sr=slug)
    people = []
    for number in range(len(SHARED)):
        account = User.objects.create_superuser(f"person-{number}")
        network = drafts.save(Network(), whole(f"{number}-0"), author=account).row
        client = Client()
        client.force_login(account)
        people.append({"session": client.cookies["sessionid"].value, "network": network.pk, "user": account.pk})
        # What is loaded once is loaded before the first fork.
        client.get(f"/admin/networks/network/{network.pk}/change/")
    together = {"name_sr": "Заједничка", "themes": []}
    for number, pair in enumerate(SHARED):
        together |= {field: text_of(field, f"{number}-0") for field in pair}
    shared = drafts.save(Network(), together, author=account).row.pk
    connections.close_all()
    listening = socket.create_server(("127.0.0.1", 0), backlog=50)
    return {"port": listening.getsockname()[1], "people": people, "shared": shared}


def whole(mark):
    return {"name_sr": "Мрежа", "themes": themes_of(mark)} | {field: text_of(field, mark) for field in TEXTS}


def themes_of(mark):
    return THEMES[int(mark.rpartition("-")[2]) % 2]


def start():
    """Fork a server, and return its number."""
    from django.db import connections

    connections.close_all()
    parent = os.getpid()
    pid = os.fork()
    if pid:
        return pid
    try:
        threading.Thread(target=_end_with, args=[parent], daemon=True).start()
        _serve()
    finally:
        os._exit(1)


def _serve():
    from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
    from django.core.wsgi import get_wsgi_application

    server = ThreadedWSGIServer(listening.getsockname(), WSGIRequestHandler, bind_and_activate=False)
    server.socket.close()
    server.socket = listening
    server.server_name, server.server_port = server.server_address
    server.setup_environ()
    server.set_app(_slowly(get_wsgi_application()))
    server.serve_forever(poll_interval=10)


def _slowly(application):
    """Let some time pass between a save and its answer, so that the server often dies then."""
    chance = random.Random(os.getpid())  # noqa: S311

    def answer(environ, start_response):
        response = application(environ, start_response)
        if environ["REQUEST_METHOD"] == "POST":
            time.sleep(chance.uniform(0, LONGEST_WAY))
        return response

    return answer


def _end_with(parent):
    while os.getppid() == parent:
        time.sleep(0.2)
    os._exit(1)


def kill(pid):
    """Kill the server. Return whether it was alive until then."""
    os.kill(pid, signal.SIGKILL)
    _pid, status = os.waitpid(pid, 0)
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL


def check(attempts, people, shared):
    """Compare the database with what was answered, and return what is wrong with it."""
    from networks.models import Network, Revision

    global first_unread
    wait_for_the_dead()
    wrong = damages()
    new = list(Revision.objects.filter(pk__gte=first_unread).select_related("parent").order_by("pk"))
    if new:
        first_unread = new[-1].pk + 1
    users = [person["user"] for person in people]
    for revision in new:
        is_shared = revision.network_id == shared
        wrong += [f"version {revision}: {each}" for each in faults(revision, users, is_shared)]
        if revision.author_id in users:
            number = users.index(revision.author_id)
            field = SHARED[number][0]
            written.setdefault((revision.network_id, mark_in(revision.content[field])), []).append(revision.pk)
    for attempt in attempts:
        wrong += [f"save {attempt['mark']} of {attempt['network']}: {each}" for each in unlike(attempt)]
    for network in Network.objects.select_related("head", "live"):
        wrong += [f"network {network.pk}: {each}" for each in astray(network)]
    return {"wrong": wrong, "written": [written_as(attempt) is not None for attempt in attempts]}


def wait_for_the_dead():
    """PostgreSQL ends what the killed server had begun when it comes to it: by then nothing more is written."""
    from django.db import connection

    if connection.vendor != "postgresql":
        return
    deadline = time.monotonic() + 10
    others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    while time.monotonic() < deadline:
        with connection.cursor() as cursor:
            cursor.execute(others + " AND backend_type = 'client backend'")
            if cursor.fetchone() == (0,):
                return
        time.sleep(0.005)
    raise TimeoutError("A connection of the killed server is still open")


def damages():
    from django.db import connection

    if connection.vendor != "sqlite":
        return []
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA quick_check")
        found = [row[0] for row in cursor.fetchall() if row != ("ok",)]
        cursor.execute("PRAGMA foreign_key_check")
        return found + [f"leads nowhere: {row}" for row in cursor.fetchall()]


def mark_in(text):
    found = MARK.search(text)
    return found and found[0].removesuffix("</p>")


def faults(revision, users, is_shared):
    """Return what is not whole in a version."""
    from networks.models import Network
    from networks.revisions.content import changed_fields, content_fields

    content = revision.content
    if set(content) != set(content_fields(Network)):
        return ["fields are missing"]
    parts = SHARED if is_shared else [list(TEXTS)]
    found = []
    for part in parts:
        marks = {mark_in(content[field]) for field in part}
        if len(marks) > 1:
            found.append(f"is of several saves: {marks}")
        found += [
            f"{field} is not whole" for field in part if content[field] != text_of(field, mark_in(content[field]))
        ]
    if not is_shared and content["themes"] != themes_of(mark_in(content["summary_en"])):
        found.append("has the themes of another save")
    if is_shared and revision.parent:
        foreign = set(changed_fields(Network, revision.parent.content, content)) - set(
            SHARED[users.index(revision.author_id)]
        )
        if foreign:
            found.append(f"undoes what a colleague has written: {sorted(foreign)}")
    return found


def written_as(attempt):
    """Return the version that a save became, if it became one."""
    found = written.get((attempt["network"], attempt["mark"]), ())
    return found[0] if found else None


def unlike(attempt):
    """Return in what the database is unlike what somebody has sent and was told, or was not told."""
    from networks.models import Event, Revision, SavedForm

    form = SavedForm.objects.filter(token=attempt["token"]).first()
    pk = written_as(attempt)
    if pk is None:
        if attempt["is_answered"]:
            return ["was answered and is not there"]
        return ["is not there, but its form counts as saved"] if attempt["is_first"] and form else []
    found = []
    content = Revision.objects.get(pk=pk).content
    lost = [name for name, text in attempt["typed"].items() if content[name] != text]
    if lost:
        found.append(f"lacks {', '.join(lost)}")
    if form is None or form.revision_id is None or form.revision_id < pk:
        found.append("is there, but its form does not count as saved")
    elif form.user_id != attempt["user"] or form.revision.network_id != attempt["network"]:
        found.append("its form counts as another's")
    if attempt["publishes"] and not Event.objects.filter(revision=pk, kind="published").exists():
        found.append("was saved but not published")
    return found


def astray(network):
    """Return what does not fit together in a network."""
    from networks.revisions.content import content_of

    found = []
    versions = list(network.revisions.order_by("number").values_list("number", "pk", "parent"))
    if [number for number, _pk, _parent in versions] != list(range(1, len(versions) + 1)):
        found.append("versions are missing")
    if [parent for _number, _pk, parent in versions] != [None, *(pk for _number, pk, _parent in versions[:-1])]:
        found.append("versions do not follow on each other")
    if network.head_id != versions[-1][1]:
        found.append("the newest version is not the one it opens on")
    if network.is_published != (network.live_id is not None):
        found.append("it is published without a version, or the other way round")
    seen = network.live if network.is_published else network.head
    if content_of(network) != seen.content:
        found.append("citizens see something else than what was published")
    last = network.events.filter(kind="published").first()
    if (last and last.revision_id) != network.live_id:
        found.append("another version was published than is")
    return found


# The clients


class Person(threading.Thread):
    """Somebody who saves, publishes and saves again, whatever becomes of the server."""

    def __init__(self, number, answered, port, session, network, user, shared):
        super().__init__(daemon=True)
        self.number, self.port, self.user, self.shared, self.own = number, port, user, shared, network
        self.cookies = {"sessionid": session}
        self.random = random.Random(number)  # noqa: S311
        self.answered = answered
        self.count = 0
        self.lock = threading.Lock()
        self.is_over = False
        self.done = []
        self.under_way = None
        self.unexpected = []
        self.sent = self.again = 0

    def run(self):
        fields, network, token = None, None, ""
        attempt = None
        while not self.is_over:
            try:
                if attempt is None:
                    if fields is None or self.random.random() < 0.5:
                        fields = None
                        network = self.random.choice([self.own, self.own, self.shared])
                        fields, is_first = self.open(network), True
                    else:
                        is_first = False  # they went back to the form that they saved
                    token = fields["form_token"]
                    attempt = self.type(fields, network, token, is_first)
                else:
                    self.again += 1
                self.save(fields, attempt)
                attempt = None
            except (OSError, http.client.HTTPException):
                # The server is gone, and nobody knows whether the text arrived.
                if self.random.random() < 0.5:
                    with self.lock:
                        self.done += [self.under_way] if self.under_way else []
                        self.under_way = None
                    attempt = fields = None
            except Exception as error:
                self.unexpected.append(repr(error))
                self.answered.set()
                return

    def open(self, network):
        status, location, page = self.ask("GET", f"/admin/networks/network/{network}/change/")
        if status != 200:
            raise Unexpected(f"The form was answered with {status} {location}")
        (form,) = lxml.html.fromstring(page.decode()).xpath("//form[@id='network_form']")
        fields = {}
        for name, value in form.form_values():
            fields.setdefault(name, []).append(value)
        return {name: values if len(values) > 1 or name == "themes" else values[0] for name, values in fields.items()}

    def type(self, fields, network, token, is_first):
        """Type into the form, and return what shall come of it."""
        self.count += 1
        mark = f"{self.number}-{self.count}"
        typed = {field: text_of(field, mark) for field in (SHARED[self.number] if network == self.shared else TEXTS)}
        fields.update(typed)
        fields.pop("_save", None)
        fields.pop("_publish", None)
        publishes = self.random.random() < 0.4
        fields["_publish" if publishes else "_save"] = "1"
        if network != self.shared:
            # In the order in which they were made
            fields["themes"] = [str(number + 1) for number, _theme in enumerate(themes_of(mark))]
        return {
            "mark": mark,
            "user": self.user,
            "network": network,
            "typed": typed,
            # What was taken over from colleagues is read before it is published.
            "publishes": publishes and network != self.shared,
            "token": token,
            "is_first": is_first,
            "is_answered": False,
        }

    def save(self, fields, attempt):
        with self.lock:
            self.under_way = attempt
        self.sent += 1
        body = urlencode({**fields, "csrfmiddlewaretoken": self.cookies["csrftoken"]}, doseq=True)
        status, location, page = self.ask("POST", f"/admin/networks/network/{attempt['network']}/change/", body)
        if status != 302 or "/login/" in location:
            words = re.findall(r'class="error[^>]*>(?:\s*<li>)?([^<]+)', page.decode())
            raise Unexpected(f"A save was answered with {status} {location} {' '.join(words)}")
        is_published = location.endswith("/admin/networks/network/")
        if attempt["publishes"] and not is_published:
            raise Unexpected(f"What was published led to {location}")
        with self.lock:
            self.done.append({**attempt, "is_answered": True, "publishes": is_published})
            self.under_way = None
        self.answered.set()

    def ask(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=LONGEST_WAIT)
        try:
            cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
            headers = {"Cookie": cookie, "Connection": "close"}
            if body:
                headers["Content-Type"] = "application/x-www-form-urlencoded"
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            page = answer.read()
            if "Content-Length" not in answer.headers:  # the server has died in the middle of the headers
                raise http.client.IncompleteRead(page)
            for line in answer.headers.get_all("Set-Cookie", ()):
                name, _separator, value = line.partition(";")[0].partition("=")
                self.cookies[name] = value
            return answer.status, answer.getheader("Location", ""), page
        finally:
            connection.close()

    def take(self):
        """Return what was sent since the last time, with what is on its way."""
        with self.lock:
            taken, self.done = self.done, []
            return taken, [dict(self.under_way)] if self.under_way else []


class Unexpected(Exception):
    """The server has answered, but not as it should."""


def test_what_a_killed_server_answered_is_there_and_nothing_is_half_there(database_template, capsys):
    chance = random.Random(2026)  # noqa: S311
    began = time.monotonic()
    with database_template.copy() as database, processes.workers(database.env, 1) as (worker,):
        made = worker.do(HERE + "prepare")
        is_answered = threading.Event()
        everybody = [
            Person(number, is_answered, made["port"], shared=made["shared"], **person)
            for number, person in enumerate(made["people"])
        ]
        answered = in_the_middle = in_the_middle_written = 0
        for each in everybody:
            each.start()
        try:
            for round_number in range(ROUNDS + 1):
                is_last = round_number == ROUNDS
                pid = worker.do(HERE + "start")
                try:
                    is_answered.clear()
                    assert is_answered.wait(LONGEST_WAIT), "No save was answered"
                    time.sleep(chance.uniform(0, LONGEST_LIFE))
                    if is_last:
                        for each in everybody:
                            each.is_over = True
                        for each in everybody:
                            each.join(LONGEST_WAIT)
                finally:
                    was_alive = worker.do(HERE + "kill", pid=pid)
                assert was_alive
                taken = [each.take() for each in everybody]
                done = [attempt for some, _under_way in taken for attempt in some]
                under_way = [attempt for _some, some in taken for attempt in some]
                found = worker.do(
                    HERE + "check", attempts=done + under_way, people=made["people"], shared=made["shared"]
                )
                assert [each.unexpected for each in everybody if each.unexpected] == []
                assert found["wrong"] == [], f"round {round_number}"
                answered += sum(attempt["is_answered"] for attempt in done)
                in_the_middle += len(under_way)
                in_the_middle_written += sum(found["written"][len(done) :])
        finally:
            for each in everybody:
                each.is_over = True
    with capsys.disabled():
        print(
            f"\n{ROUNDS} servers killed in {time.monotonic() - began:.0f} seconds: {answered} saves were answered "
            f"and are all there; of {in_the_middle} that were under way {in_the_middle_written} had been written; "
            f"{sum(each.again for each in everybody)} were sent again"
        )
    assert in_the_middle >= ROUNDS / 2


@pytest.mark.django_db
def test_form_sent_a_third_time_may_say_again_what_stood_there_first(client):
    """Each time its author has gone back to it, or has had no answer: all three have one token and one beginning."""
    from django.contrib.auth.models import User

    from networks.models import Network
    from networks.revisions import drafts

    account = User.objects.create_superuser("person")
    client.force_login(account)
    network = drafts.save(Network(), {"name_sr": "Мрежа", "name_en": "First"}, author=account).row
    form = {"name_sr": "Мрежа", "name_en": "First", "slug": network.slug, "status": "member"}
    form |= {"base": 1, "form_token": "a" * 20, "_save": "1"}
    for typed in ({"name_en": "Second"}, {"seat_en": "Niš"}, {"name_en": "First"}):
        form |= typed
        assert client.post(f"/admin/networks/network/{network.pk}/change/", form).status_code == 302
        content = Network.objects.get().head.content
        assert {name: content[name] for name in typed} == typed
