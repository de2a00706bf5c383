import http.client
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import closing
from threading import local

from django.core.management.base import BaseCommand, CommandError

from networks.management.site_url import split_site_url
from networks.progress import Progress
from networks.public.addresses import public_addresses

CODINGS = ("gzip", "br")  # in which browsers ask, and pages are kept
MOST_ERRORS_SHOWN = 20
CHUNK = 64 * 1024  # bytes


class Command(BaseCommand):
    help = (
        "Asks a running site for each of its public pages and files, as browsers do, so that none is made only when "
        "the first citizen asks. Of several processes, each keeps what it was asked for itself. Fails if any address "
        "answers anything but 200."
    )

    def add_arguments(self, parser):
        parser.add_argument("--url", required=True, metavar="https://host", help="Where the site runs.")
        parser.add_argument("--workers", type=int, default=2, help="How many are asked for at once (2).")
        parser.add_argument("--timeout", type=float, default=30, help="How many seconds an answer may take (30).")

    def handle(self, *, url, workers, timeout, verbosity, **options):
        connect = connector(url, timeout)
        if workers < 1:
            raise CommandError("At least one worker must ask.")
        if timeout <= 0:
            raise CommandError("An answer needs some time: --timeout is a number of seconds.")
        addresses = public_addresses()
        progress = Progress(self.stderr, is_shown=verbosity > 0)
        wrong = {}
        with closing(Visitor(connect, timeout)) as visitor, ThreadPoolExecutor(workers) as pool:
            asked = {pool.submit(visitor.visit, address): address for address in addresses}
            try:
                for number, future in enumerate(as_completed(asked), 1):
                    if problem := future.result():
                        wrong[asked[future]] = problem
                    progress.report(number, len(addresses), f", {len(wrong)} wrong" if wrong else "")
            except KeyboardInterrupt:
                pool.shutdown(wait=False, cancel_futures=True)
                raise CommandError("Interrupted.", returncode=130) from None
        for address in sorted(wrong)[:MOST_ERRORS_SHOWN]:
            self.stderr.write(f"{address}: {wrong[address]}")
        if len(wrong) > MOST_ERRORS_SHOWN:
            self.stderr.write(f"... and {len(wrong) - MOST_ERRORS_SHOWN} more")
        if wrong:
            raise CommandError(f"{len(wrong)} of {len(addresses)} addresses did not answer as they should.")
        self.stdout.write(f"All {len(addresses)} addresses answered.")


def connector(url, timeout):
    """Return a function that makes a connection to the site; raise CommandError for what is no address of a site."""
    parts = split_site_url(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    return lambda: kind(parts.hostname, parts.port, timeout=timeout)


class Visitor:
    """Asks for addresses, in each thread by a connection of its own that is kept open. It follows no redirect."""

    def __init__(self, connect, timeout):
        self.connect = connect
        self.timeout = timeout
        self.own = local()
        self.connections = []

    def close(self):
        for connection in self.connections:
            connection.close()

    def visit(self, address):
        """Ask for an address in each coding; return what is wrong with it, or nothing."""
        for coding in CODINGS:
            try:
                status = self.ask(address, coding)
            except (OSError, http.client.HTTPException) as error:
                self.forget()
                return str(error) or type(error).__name__
            if status != 200:
                return f"answered {status}"
        return ""

    def ask(self, address, coding):
        deadline = time.monotonic() + self.timeout
        try:
            response = self.answer(address, coding)
        except (ConnectionError, http.client.RemoteDisconnected):
            # A server closes a connection that was kept too long; on a new one it must answer.
            self.forget()
            response = self.answer(address, coding)
        while response.read1(CHUNK):
            if time.monotonic() > deadline:
                raise TimeoutError("timed out")
        response.close()  # read1 has not noticed the end, without which nothing more can be asked
        return response.status

    def answer(self, address, coding):
        connection = getattr(self.own, "connection", None)
        if connection is None:
            connection = self.own.connection = self.connect()
            self.connections.append(connection)
        connection.request("GET", address, headers={"Accept-Encoding": coding, "User-Agent": "city-networks-warm"})
        return connection.getresponse()

    def forget(self):
        connection, self.own.connection = getattr(self.own, "connection", None), None
        if connection is not None:
            self.connections.remove(connection)
            connection.close()
