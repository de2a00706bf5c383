"""WSGI (PEP 3333): types, and the keys of the environ by which the page store tells Django about a request."""

from collections.abc import Callable, Iterable
from wsgiref.types import WSGIEnvironment

Headers = list[tuple[str, str]]
StartResponse = Callable[..., object]  # of the status line and the Headers
Application = Callable[[WSGIEnvironment, StartResponse], Iterable[bytes]]

# The PageStore itself, for the health report
PAGE_STORE = "networks.page_store"
# True where the response is cached if its view is marked with `stored`
WILL_BE_CACHED = "networks.page_store.will_be_cached"
# Whether the last poll of the database succeeded. Then due schedules are applied already.
DATABASE_IS_AVAILABLE = "networks.page_store.database_is_available"
