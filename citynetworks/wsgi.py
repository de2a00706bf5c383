"""The WSGI application for `citynetworks.server`: the page store around the request limits around Django."""

import gc
import os
import sys
from functools import partial

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

from citynetworks.utf8_requests import UTF8Request

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "citynetworks.settings")

# A thread that serves a cached page waits at most so long for Python's lock while another thread runs Django.
SWITCH_INTERVAL = 0.0001  # seconds


application = get_wsgi_application()
application.request_class = UTF8Request
if not settings.DEBUG:
    # These import models, so the apps have to be loaded.
    from citynetworks.request_limits import RequestLimits
    from networks.page_store.filling import fill_in_background
    from networks.page_store.layer import PageStore
    from networks.page_store.watch import POLL_PATIENCE, Watch, in_one_thread, poll_database
    from networks.public.page_urls import public_urls
    from networks.revisions.newest_columns import update_stale_in_background
    from networks.revisions.schedules import apply_due

    limits = RequestLimits(application)
    application = PageStore(
        limits,
        limit=settings.PAGE_STORE_MEGABYTES * 1024 * 1024,
        watch=Watch(in_one_thread(poll_database, POLL_PATIENCE), in_one_thread(apply_due)),
    )
    sys.setswitchinterval(SWITCH_INTERVAL)
    get_resolver().url_patterns  # noqa: B018 - loads the rest of the code
    # What is loaded stays; looking through all of it for garbage stopped a request for 50 ms now and then.
    gc.collect()
    gc.freeze()
    # The code of an earlier release may have written until now.
    update_stale_in_background()
    if settings.FILL_PAGE_STORE:
        # Without the pictures, which take longer than all other pages
        fill_in_background(application, partial(public_urls, with_pictures=False), limits.is_idle)
