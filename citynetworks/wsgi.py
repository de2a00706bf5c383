"""The WSGI application that the server runs: `granian --interface wsgi citynetworks.wsgi:application`."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "citynetworks.settings")

application = get_wsgi_application()
