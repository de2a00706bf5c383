"""What all tests in a browser share. The fixtures are in conftest.py."""

import shutil

from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.models import User

CHROMIUM = shutil.which("chromium")
NO_CHROMIUM = "Chromium is not installed (Debian's package chromium)"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
PASSWORD = "a long enough password"


def account(username="admin"):
    return User.objects.filter(username=username).first() or User.objects.create_superuser(
        username, password=PASSWORD
    )


def sign_in(page, site, prefix="", username="admin"):
    account(username)
    page.goto(f"{site}{prefix}/admin/login/")
    page.fill("#id_username", username)
    page.fill("#id_password", PASSWORD)
    page.click("[type=submit]")


def accessibility_problems(page, **options):
    """Return what axe finds. On the desk it must not preload style sheets: it then writes one, against the policy."""
    results = Axe().run(page, options=options)
    return [
        (violation["id"], [node["target"] for node in violation["nodes"]])
        for violation in results.response["violations"]
    ]
