"""The project: its settings, URLs and WSGI application."""

# If none of these environment variables is set, manage.py works in debug mode, and the demo may run. If one of them
# is set, this is a production site.
PRODUCTION_VARIABLES = ("DJANGO_SECRET_KEY", "DJANGO_SECRET_KEY_FILE", "DJANGO_ALLOWED_HOSTS", "DATABASE_URL")

# The version of the product; pyproject.toml reads it here.
__version__ = "1.0"
