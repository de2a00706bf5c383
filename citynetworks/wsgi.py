"""The WSGI application that the server runs: `granian --interface wsgi citynetworks.wsgi:application`."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "citynetworks.settings")

application = get_wsgi_application()

from citynetworks.text_of_requests import Request  # noqa: E402 - once the apps are loaded

application.request_class = Request
if not settings.DEBUG:
    from networks.public.page_store import PageStore  # once the apps are loaded

    application = PageStore(application, limit=settings.PAGE_STORE_MEGABYTES * 1024 * 1024)
