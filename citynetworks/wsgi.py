"""The WSGI application that the server runs: `granian --interface wsgi citynetworks.wsgi:application`."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "citynetworks.settings")

application = get_wsgi_application()
if not settings.DEBUG:
    from networks.public.page_store import PageStore  # once the apps are loaded

    application = PageStore(application, limit=settings.PAGE_STORE_MEGABYTES * 1024 * 1024)
