"""The WSGI application, which `citynetworks.server` serves: the page store, limits on requests, and Django."""

import os
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from citynetworks.text_of_requests import Request

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "citynetworks.settings")

T = TypeVar("T")

# A thread that serves a page of the store waits at most so long for one of Django's to give Python's lock to it.
SWITCH_INTERVAL = 0.0001  # seconds


def in_one_thread(function: Callable[[], T]) -> Callable[[], T]:
    """Let a function run in a thread of its own, so that it takes one connection to the database and no more."""
    threads = ThreadPoolExecutor(1, thread_name_prefix=function.__name__)
    return lambda: threads.submit(function).result()


application = get_wsgi_application()
application.request_class = Request
if not settings.DEBUG:
    # Once the apps are loaded
    from citynetworks.request_limits import RequestLimits
    from networks.page_store.filling import fill_in_background
    from networks.page_store.layer import PageStore
    from networks.page_store.watch import Watch, apply_due_schedules, poll_database
    from networks.public.page_urls import public_addresses

    limits = RequestLimits(application)
    application = PageStore(
        limits,
        limit=settings.PAGE_STORE_MEGABYTES * 1024 * 1024,
        watch=Watch(in_one_thread(poll_database), in_one_thread(apply_due_schedules)),
    )
    sys.setswitchinterval(SWITCH_INTERVAL)
    if settings.FILL_PAGE_STORE:
        # Without the pictures, which take longer than all the rest
        fill_in_background(application, partial(public_addresses, with_pictures=False), limits.is_idle)
