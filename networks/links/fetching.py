"""
Ask a server on the internet whether a page is there, without being led into the network that this machine stands in.

The URLs are those that staff and other sites' redirects name. A host name is resolved once, all its addresses must be
public, and the connection goes to one of these addresses: a second answer of the name server has no effect. Each
redirect is checked in the same way. Time, size and the number of redirects are limited.
"""

import http.client
import io
import socket
import ssl
import threading
import time
from collections.abc import Callable, Collection
from concurrent.futures import Future
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any
from urllib.parse import SplitResult, urljoin, urlsplit

from django.utils.encoding import iri_to_uri, punycode

from networks.models import Link

Outcome = Link.Outcome

TOTAL_TIMEOUT = 30.0  # seconds for a URL with all its redirects
CONNECT_TIMEOUT = 8.0
READ_TIMEOUT = 10.0
MAX_REDIRECTS = 5
MAX_BYTES = 64 * 1024  # of one response: its headers, and what the socket has read of its body with them
LONGEST_URL = 2000

PORTS = {"http": 80, "https": 443}

# The IPv6 addresses that are given out; all others are for special uses.
GLOBAL_UNICAST = IPv6Network("2000::/3")
# Their last 32 bits are the IPv4 address of the server.
NAT64 = IPv6Network("64:ff9b::/96")

# By OpenSSL's codes. Many servers do not send the certificate of their issuer, which browsers then fetch themselves.
CERTIFICATE_ERRORS = {10: Outcome.EXPIRED, 20: Outcome.UNKNOWN_ISSUER, 21: Outcome.UNKNOWN_ISSUER}

PERMANENT = {301, 308}
TEMPORARY = {302, 303, 307}
REFUSALS = {401, 403, 407, 429, 451, 999}  # the last is how LinkedIn refuses programs
MISSING = {404, 410}


@dataclass(frozen=True)
class Answer:
    """What came of a request: the last status, if there was one, and the new URL if the page has moved for good."""

    outcome: Link.Outcome
    status_code: int | None = None
    moved_to: str = ""


class NoAnswer(Exception):
    """There is no HTTP response, or none is to be asked for. `outcome` says why."""

    def __init__(self, outcome: Link.Outcome):
        super().__init__(outcome)
        self.outcome = outcome


def is_public(address: str) -> bool:
    """
    Return whether an IP address belongs to a server on the public internet.

    An IPv6 address that stands for an IPv4 address (mapped, 6to4, NAT64) is judged by that one.
    """
    ip = ip_address(address)
    if isinstance(ip, IPv6Address):
        ip = IPv4Address(int(ip) & 0xFFFFFFFF) if ip in NAT64 else ip.ipv4_mapped or ip.sixtofour or ip
    if isinstance(ip, IPv6Address):
        return ip.is_global and ip in GLOBAL_UNICAST
    return ip.is_global and not (ip.is_multicast or ip.is_reserved)


def fetch(
    url: str,
    *,
    user_agent: str,
    timeout: float = TOTAL_TIMEOUT,
    is_allowed: Callable[[str], bool] = is_public,
    ports: Collection[int] = tuple(PORTS.values()),
    ssl_context: ssl.SSLContext | None = None,
) -> Answer:
    """
    Request a URL with HEAD, or with GET where HEAD fails, follow its redirects, and return what came of it.

    `is_allowed` says which IP addresses may be asked, `ports` which ports. An error of the network is an
    outcome, and is not raised.
    """
    deadline = time.monotonic() + timeout
    client = Client(user_agent, deadline, is_allowed, ports, ssl_context)
    url = asked = url.strip()
    moved_to, is_permanent, status = "", True, None
    try:
        for _redirect in range(MAX_REDIRECTS + 1):
            status, location = client.request(url)
            if status not in PERMANENT | TEMPORARY:
                outcome = outcome_of(status, is_moved=moved_to not in ("", asked))
                return Answer(outcome, status, moved_to if outcome == Outcome.MOVED else "")
            url = redirect_url(url, location)
            is_permanent = is_permanent and status in PERMANENT
            if is_permanent:
                moved_to = url
    except NoAnswer as error:
        return Answer(error.outcome)
    return Answer(Outcome.LOOP, status)


def outcome_of(status: int, *, is_moved: bool) -> Link.Outcome:
    if status < 300:  # also below 200: hints that precede the page
        return Outcome.MOVED if is_moved else Outcome.OK
    if status in REFUSALS:
        return Outcome.REFUSED
    if status in MISSING:
        return Outcome.GONE
    if 400 <= status < 500:
        return Outcome.CLIENT_ERROR
    return Outcome.SERVER_ERROR if status >= 500 else Outcome.NO_ANSWER


def redirect_url(url: str, location: str) -> str:
    """Return the target of a redirect. It keeps the fragment of the URL, as in browsers. Raise NoAnswer."""
    try:
        # http.client decodes headers as Latin-1.
        target = urljoin(url, location.encode("latin-1").decode(errors="replace").strip()).replace(" ", "%20")
        parts, fragment = urlsplit(target), urlsplit(url).fragment
    except ValueError:
        parts = None
    if not location.strip() or parts is None or not target.isprintable():
        raise NoAnswer(Outcome.NO_ANSWER)
    if fragment and not parts.fragment:
        target = parts._replace(fragment=fragment).geturl()
    if len(target.encode()) > LONGEST_URL:
        raise NoAnswer(Outcome.NO_ANSWER)
    return target


def error_outcome(error: Exception) -> Link.Outcome:
    """Return the outcome for an error of the network."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return CERTIFICATE_ERRORS.get(error.verify_code, Outcome.WRONG_CERTIFICATE)
    if isinstance(error, TimeoutError):
        return Outcome.TIMEOUT
    if isinstance(error, http.client.HTTPException) and not isinstance(error, ConnectionError):
        return Outcome.NO_ANSWER
    return Outcome.NO_CONNECTION


class Client:
    """Sends the requests for one URL and its redirects, until a deadline on the monotonic clock."""

    def __init__(
        self,
        user_agent: str,
        deadline: float,
        is_allowed: Callable[[str], bool],
        ports: Collection[int],
        ssl_context: ssl.SSLContext | None,
    ):
        self.user_agent = user_agent
        self.deadline = deadline
        self.is_allowed = is_allowed
        self.ports = ports
        self.ssl_context = ssl_context

    def request(self, url: str) -> tuple[int, str]:
        """Return the status of a URL, and the target if it redirects. Raise NoAnswer."""
        parts, host, port = self.parse(url)
        addresses = self.resolve(host, port)
        try:
            status, location = self.send("HEAD", parts, host, port, addresses)
            if status < 400 or status == 429:  # too many requests: send no further one
                return status, location
        except (OSError, http.client.HTTPException) as error:
            # Some servers do not answer HEAD at all. Where the connection was not made, GET does not help.
            if isinstance(error, ssl.SSLError | NotConnected) or self.time_left() <= 0:
                raise NoAnswer(error_outcome(cause_of(error))) from error
        try:
            return self.send("GET", parts, host, port, addresses)
        except (OSError, http.client.HTTPException) as error:
            raise NoAnswer(error_outcome(cause_of(error))) from error

    def parse(self, url: str) -> tuple[SplitResult, str, int]:
        """Return the parts of a URL, its host in ASCII and its port. Raise NoAnswer."""
        try:
            parts = urlsplit(url)
            host = punycode(parts.hostname or "")
            port = parts.port or PORTS[parts.scheme]
        except (ValueError, KeyError) as error:  # a UnicodeError is a ValueError
            raise NoAnswer(Outcome.INVALID) from error
        # Browsers take a backslash for a slash.
        if not host or "\\" in parts.netloc or any(character in host for character in "%/ \0"):
            raise NoAnswer(Outcome.INVALID)
        if port not in self.ports:
            raise NoAnswer(Outcome.PORT)
        return parts, host, port

    def resolve(self, host: str, port: int) -> list[tuple[Any, ...]]:
        """Return the addresses of a host for `socket.socket`. Raise NoAnswer if there is none, or one not allowed."""
        # getaddrinfo has no timeout. A daemon thread does not keep the process from ending.
        future: Future[list[Any]] = Future()

        def look_up() -> None:
            try:
                future.set_result(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
            except Exception as error:
                future.set_exception(error)

        threading.Thread(target=look_up, name="resolve-link", daemon=True).start()
        try:
            found = future.result(max(0, self.time_left()))
        except TimeoutError as error:
            raise NoAnswer(Outcome.TIMEOUT) from error
        except (OSError, UnicodeError) as error:
            raise NoAnswer(Outcome.NO_HOST) from error
        addresses = [(family, address) for family, _type, _protocol, _name, address in found]
        if not addresses or not all(self.is_allowed(str(address[0])) for _family, address in addresses):
            raise NoAnswer(Outcome.PRIVATE)
        return addresses

    def time_left(self) -> float:
        return self.deadline - time.monotonic()

    def send(
        self, method: str, parts: SplitResult, host: str, port: int, addresses: list[tuple[Any, ...]]
    ) -> tuple[int, str]:
        """Send one request, and return the status and the Location header of the response. The body is not read."""
        connection = http.client.HTTPConnection(host, port)
        sock = self.connect(host, addresses, is_secure=parts.scheme == "https")
        # HEAD leaves time for GET, which some servers answer alone.
        deadline = self.deadline - self.time_left() / 2 if method == "HEAD" else self.deadline
        connection.sock = LimitedSocket(sock, deadline)  # all that http.client needs
        try:
            target = iri_to_uri(f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}")
            bracketed = f"[{host}]" if ":" in host else host
            headers = {
                "Host": bracketed if port == PORTS[parts.scheme] else f"{bracketed}:{port}",
                "User-Agent": self.user_agent,
                "Accept": "*/*",
                "Connection": "close",
            }
            connection.request(method, target, headers=headers)
            response = connection.getresponse()
            return response.status, response.headers.get("Location", "")
        finally:
            connection.close()

    def connect(self, host: str, addresses: list[tuple[Any, ...]], *, is_secure: bool) -> socket.socket:
        """Return a socket that is connected to the first address that accepts it. Raise NotConnected or SSLError."""
        last_error: OSError = TimeoutError()
        for family, address in addresses:
            timeout = min(CONNECT_TIMEOUT, self.time_left())
            if timeout <= 0:
                break
            try:
                sock = socket.socket(family, socket.SOCK_STREAM)
            except OSError as error:  # this machine has no IPv6
                last_error = error
                continue
            try:
                sock.settimeout(timeout)
                sock.connect(address)
            except OSError as error:
                sock.close()
                last_error = error
                continue
            if not is_secure:
                return sock
            try:
                sock.settimeout(max(0.001, min(READ_TIMEOUT, self.time_left())))
                context = self.ssl_context or ssl.create_default_context()
                return context.wrap_socket(sock, server_hostname=host)
            except OSError:
                sock.close()
                raise
        raise NotConnected from last_error


class NotConnected(OSError):
    """None of the addresses of a host has accepted a connection. The last error is its cause."""


def cause_of(error: Exception) -> Exception:
    return error.__cause__ if isinstance(error, NotConnected) and isinstance(error.__cause__, Exception) else error


class LimitedSocket:
    """What http.client needs of a socket: each read has a timeout, all together have a deadline and a size."""

    def __init__(self, sock: socket.socket, deadline: float):
        self.sock = sock
        self.deadline = deadline

    def sendall(self, data: bytes) -> None:
        self.set_timeout()
        self.sock.sendall(data)

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(LimitedReader(self))

    def close(self) -> None:
        self.sock.close()

    def set_timeout(self) -> None:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self.sock.settimeout(min(READ_TIMEOUT, left))


class LimitedReader(io.RawIOBase):
    """Reads a response from a LimitedSocket. Raises HTTPException after MAX_BYTES, and TimeoutError."""

    def __init__(self, limited: LimitedSocket):
        self.limited = limited
        self.bytes_left = MAX_BYTES

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self.bytes_left <= 0:
            raise http.client.HTTPException("The response is too long.")
        self.limited.set_timeout()
        count = self.limited.sock.recv_into(buffer, min(len(buffer), self.bytes_left))
        self.bytes_left -= count
        return count
