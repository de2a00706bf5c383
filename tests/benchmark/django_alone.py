"""Django's application with nothing around it, under whichever settings the environment names."""

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()
