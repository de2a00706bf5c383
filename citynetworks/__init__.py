"""The project: its settings, addresses and the application that a server runs."""

# A checkout without any of these variables is somebody's own machine: manage.py works there in debug mode, and the
# demo may run. Where one of them is set, a real site is meant.
PRODUCTION_VARIABLES = ("DJANGO_SECRET_KEY", "DJANGO_ALLOWED_HOSTS", "DATABASE_URL")
