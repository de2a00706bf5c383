"""
A database that several processes share, and processes that work on it at the same moment.

The other tests work in a transaction or on the database of their process, so nobody else sees what they write. Here a
database is migrated once and copied for each test:

    @pytest.fixture(scope="session")
    def database_template(tmp_path_factory, django_db_setup, django_db_blocker):
        folder = tmp_path_factory.mktemp("processes")
        with processes.migrated_database(folder, django_db_setup, django_db_blocker) as template:
            yield template

    with database_template.copy() as database, processes.workers(database.env, 2) as crew:
        answers = processes.together(crew, "tests.test_two_processes:save", [{"name": "a"}, {"name": "b"}])

`database.env` is the environment in which any program of the project, such as manage.py, works on that copy. What
workers are asked to do is a function of some module, by name; its arguments and what it returns are JSON.
"""

import importlib
import json
import os
import select
import shutil
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 60  # seconds until a worker that does not answer is given up
HEAD_START = 0.004  # seconds in which all workers receive what they shall do, before they begin


def remove_old_databases(folder: Path, now: float) -> None:
    """Remove the databases of test runs that were killed (tests/settings.py), once they are a day old."""
    for path in folder.glob("city-networks-test-*.sqlite3*"):
        with suppress(OSError):  # another run removes it too, or it is that of another user
            if path.stat().st_mtime < now - 24 * 60 * 60:
                path.unlink()


@dataclass
class Answer:
    """What a worker returned, or which exception it raised: its class, its words and, of some, the fields."""

    result: object = None
    error: str = ""
    words: str = ""
    fields: list[str] = field(default_factory=list)


@dataclass
class Database:
    url: str

    @property
    def env(self):
        """The environment of a process that works on this database, with the settings of the tests."""
        return os.environ | {
            "DATABASE_URL": self.url,
            "DJANGO_SETTINGS_MODULE": "tests.settings",
            "PYTHONPATH": str(ROOT),
        }


class SqliteTemplate:
    """A migrated file, to be copied."""

    def __init__(self, folder, migrated_file, blocker):
        self.folder = folder
        self.path = migrated_file
        self.count = 0

    @staticmethod
    def database(path):
        return Database(f"sqlite:///{path}")

    @contextmanager
    def copy(self):
        self.count += 1
        path = self.folder / f"copy-{self.count}.sqlite3"
        shutil.copyfile(self.path, path)
        yield self.database(path)

    def drop(self):
        shutil.rmtree(self.folder)


class PostgresTemplate:
    """A migrated database, to be copied by the server."""

    def __init__(self, folder, migrated_file, blocker):
        self.blocker = blocker
        self.name = f"city_networks_{os.getpid()}"
        self.count = 0
        self.execute(f'CREATE DATABASE "{self.name}"')
        try:
            migrate(self.database(self.name))
        except BaseException:
            self.drop()
            raise

    @staticmethod
    def database(name):
        return Database(urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}")))

    @contextmanager
    def copy(self):
        self.count += 1
        name = f"{self.name}_{self.count}"
        self.execute(f'CREATE DATABASE "{name}" TEMPLATE "{self.name}"')
        try:
            yield self.database(name)
        finally:
            self.execute(f'DROP DATABASE "{name}" WITH (FORCE)')

    def drop(self):
        self.execute(f'DROP DATABASE IF EXISTS "{self.name}" WITH (FORCE)')

    def execute(self, statement):
        from django.db import connection

        # The server's own database: none can be made or dropped from within itself.
        with self.blocker.unblock(), connection._nodb_cursor() as cursor:
            cursor.execute(statement)


def migrate(database):
    command = [sys.executable, "-m", "django", "migrate", "--skip-checks", "--verbosity=0"]
    subprocess.run(command, env=database.env, cwd=ROOT, check=True)  # noqa: S603


@contextmanager
def migrated_database(folder, migrated_file, blocker):
    """
    Give a migrated database without rows whose `copy()` is a context manager that gives a Database.

    On SQLite, it is `migrated_file`, which is left as it is; the copies stand in the folder.
    """
    is_postgres = os.environ.get("DATABASE_URL", "").startswith("postgres")
    template = (PostgresTemplate if is_postgres else SqliteTemplate)(folder, migrated_file, blocker)
    try:
        yield template
    finally:
        template.drop()


class Worker:
    """A process of its own that has the project loaded and does what it is asked to."""

    def __init__(self, env):
        self.process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "tests.processes"],
            env=env,
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, task, kwargs, moment=0):
        print(json.dumps({"task": task, "kwargs": kwargs, "moment": moment}), file=self.process.stdin, flush=True)

    def answer(self):
        # One line is written for each that was asked, so none waits in the buffer of this process.
        ready, _, _ = select.select([self.process.stdout], [], [], PATIENCE)
        if not ready:
            raise TimeoutError(f"A worker has not answered for {PATIENCE} seconds")
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("A worker has ended; what it died of stands among the errors of the test")
        return Answer(**json.loads(line))

    def do(self, task, **kwargs):
        """Have the worker do one thing while all others wait, and return its result."""
        self.ask(task, kwargs)
        answer = self.answer()
        if answer.error:
            raise RuntimeError(f"{answer.error}: {answer.words}")
        return answer.result

    def close(self):
        try:
            self.process.stdin.close()  # upon which it ends
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        finally:
            self.process.stdout.close()


@contextmanager
def workers(env, count):
    """Give so many workers, and end them."""
    with ExitStack() as stack:
        crew = []
        for _ in range(count):
            crew.append(Worker(env))
            stack.callback(crew[-1].close)
        yield crew


def together(crew, tasks, arguments):
    """
    Have each worker begin with its task at the same moment, and return the answers in the order of the workers.

    `tasks` is one task for all, or one for each; `arguments` is a dictionary for each.
    """
    if isinstance(tasks, str):
        tasks = [tasks] * len(crew)
    moment = time.time() + HEAD_START
    asked = list(zip(crew, tasks, arguments, strict=True))
    for worker, task, kwargs in asked:
        worker.ask(task, kwargs, moment)
    return [worker.answer() for worker, _, _ in asked]


class Clock(datetime):
    """
    Stands in for the `datetime` of `django.utils.timezone`, so that it is `Clock.moment` for the whole project.

    For rows too, whose defaults hold the function `timezone.now` itself.
    """

    moment = None

    @classmethod
    def now(cls, tz=None):
        return cls.moment.astimezone(tz)


def set_clock(now: str) -> None:
    """Let it be an ISO moment in this process from now on: a task for workers."""
    from django.utils import timezone

    Clock.moment = datetime.fromisoformat(now)
    timezone.datetime = Clock


def serve():
    """Do what stands in the lines of the input, and answer each with a line."""
    import django

    django.setup()
    from django.core.exceptions import ValidationError

    for line in sys.stdin:
        asked = json.loads(line)
        module, _, name = asked["task"].partition(":")
        task = getattr(importlib.import_module(module), name)
        time.sleep(max(0, asked["moment"] - time.time()))
        try:
            answer = {"result": task(**asked["kwargs"])}
        except Exception as error:
            fields = error.message_dict if hasattr(error, "error_dict") else getattr(error, "fields", [])
            words = " ".join(error.messages) if isinstance(error, ValidationError) else str(error)
            answer = {"error": type(error).__name__, "words": words, "fields": sorted(fields)}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    serve()
