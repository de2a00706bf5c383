"""
The demo: the whole site as in production, with its own database, uploads and secret key.

`manage.py demo` runs this module as a program with other environment variables: the demo has the settings of a
production site, and never opens the data of the checkout.
"""

import secrets
import socket
import sys
from pathlib import Path
from urllib.parse import quote

from citynetworks import server

USERS = {"editor": "editors", "publisher": "publishers", "admin": "administrators"}


def environment(folder: Path, host: str) -> dict[str, str]:
    """Return the environment variables of the demo. Its secret key is generated once and stored in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    key = folder / "secret_key"
    if not key.exists() or not key.read_text():
        key.touch(mode=0o600)
        key.write_text(secrets.token_urlsafe(64))
    hosts = "*" if host in ("0.0.0.0", "::") else f"localhost,127.0.0.1,[::1],{host}"  # noqa: S104 - compared
    return {
        "DJANGO_SETTINGS_MODULE": "citynetworks.settings",
        "DJANGO_SECRET_KEY": key.read_text(),
        "DJANGO_ALLOWED_HOSTS": hosts,
        "DJANGO_DEBUG": "off",
        "DJANGO_HTTPS": "off",
        "DJANGO_BEHIND_PROXY": "off",
        "DJANGO_FILL_PAGE_STORE": "off",  # the hosts above have no port, but requests have
        "DATABASE_URL": f"sqlite:///{quote(str(folder / 'db.sqlite3'))}",
        "CACHE_URL": "locmemcache://",
        "MEDIA_ROOT": str(folder / "media"),
        "STATIC_ROOT": str(folder / "static"),
    }


def port_is_free(host: str, port: int) -> bool:
    """Return whether this machine can listen at a host and port."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def prepare() -> dict[str, str]:
    """Migrate the database of the demo, load the content if it is empty, and return the password of each user."""
    from django.core.management import call_command

    from networks.models import Network
    from networks.revisions.storage import newest_revision

    call_command("migrate", verbosity=0, interactive=False)
    if not Network.objects.exists():
        call_command("loaddata", "nis", verbosity=0)
    for network in Network.objects.filter(head=None):
        newest_revision(network)  # its first revision is made now, not when it is first opened
    call_command("collectstatic", verbosity=0, interactive=False)
    return {username: ensure_user(username, group) for username, group in USERS.items()}


def ensure_user(username: str, group: str) -> str:
    """Create the account if it is missing, set its password, and return it. It is derived from the secret key."""
    from django.contrib.auth.models import Group, User
    from django.utils.crypto import salted_hmac

    password = salted_hmac("networks.demo", username, algorithm="sha1").hexdigest()[:12]
    user, is_new = User.objects.get_or_create(
        username=username, defaults={"is_staff": True, "is_superuser": username == "admin"}
    )
    if is_new:
        user.groups.add(Group.objects.get(name=group))
    if not user.check_password(password):
        user.set_password(password)
        user.save()
    return password


def main(host: str, port: str, workers: str) -> None:
    server.check_configuration()
    passwords = prepare()
    shown_host = f"[{host}]" if ":" in host else "localhost" if host == "0.0.0.0" else host  # noqa: S104 - compared
    site = f"http://{shown_host}:{port}"
    lines = [
        "",
        f"  The site   {site}/   {site}/sr-latn/   {site}/en/",
        f"  The admin  {site}/admin/",
        "",
        *(f"  {username:<10} password {password}" for username, password in passwords.items()),
        "",
        "  Control-C ends the demo. What was changed in it is there again the next time.",
        "",
    ]
    print("\n".join(lines), flush=True)
    server.serve(host, int(port), int(workers))


if __name__ == "__main__":
    main(*sys.argv[1:])
