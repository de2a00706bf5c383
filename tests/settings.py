"""The project's settings as the tests run them: production's, but for what makes tests slow."""

import os
import tempfile
from pathlib import Path

os.environ.setdefault("DJANGO_SECRET_KEY", "a key that only the tests know, and long enough for every check of it")
os.environ.setdefault("DJANGO_ALLOWED_HOSTS", "testserver,localhost,127.0.0.1")
os.environ["DJANGO_DEBUG"] = "off"
os.environ["DJANGO_HTTPS"] = "off"
os.environ["DJANGO_FILL_PAGE_STORE"] = "off"
os.environ.pop("DJANGO_SECURITY_CONTACT", None)

from citynetworks.settings import *  # noqa: E402, F403
from citynetworks.settings import BASE_DIR, DATABASE, STORAGES  # noqa: E402

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    **STORAGES,
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# WhiteNoise wants its folder to be there; nothing is collected for the tests.
STATIC_ROOT = BASE_DIR / "static"

if DATABASE["ENGINE"] == "django.db.backends.sqlite3":
    # What no query asks to be in order comes in reverse, so that nobody relies on the order of the rows.
    DATABASE["OPTIONS"]["init_command"] += "PRAGMA reverse_unordered_selects=ON;"
    # A file, as in production: in memory, the threads of the live server would share one connection with the test, so
    # that each is in the transactions of the other, and finds tables locked. Its name is that of the run, which the
    # processes of pytest-xdist have in common.
    run = os.environ.setdefault("CITY_NETWORKS_TEST_RUN", str(os.getpid()))
    DATABASE["TEST"] = {"NAME": Path(tempfile.gettempdir()) / f"city-networks-test-{run}.sqlite3"}
