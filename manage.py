#!/usr/bin/env python3
"""Run the project's commands; on its own, say which there are."""

import os
import sys

from citynetworks import PRODUCTION_VARIABLES

INTRODUCTION = """\
City Networks: the networks of cities that a city belongs to.

  manage.py demo               run the whole site with its demo content, as in production
  manage.py migrate            make or update the database of this checkout
  manage.py loaddata nis       load the memberships of the City of Niš
  manage.py adopt              make an empty site that of another city
  manage.py createsuperuser    make an account for the admin
  manage.py runserver          serve this checkout while you work on it
  manage.py make_latin         derive the Serbian Latin interface from the Cyrillic
  manage.py backup FILE        back up the database and the uploaded files
  manage.py restore FILE       put a backup back
  manage.py export_site        write the whole public site as plain files, for an archive or a mirror
  manage.py doctor             say what is wrong with the site, why it matters and what to type
  manage.py version            print the version of the product and of what it runs on
  manage.py help               list every command; 'help COMMAND' explains one

The settings that production needs are listed in README.md.
"""


def say_which_database(connection, **kwargs) -> None:
    """Say which database a command works on, once and before it reads or writes there."""
    from django.conf import settings
    from django.db.backends.signals import connection_created

    connection_created.disconnect(say_which_database)
    where = connection.settings_dict
    host = where["HOST"] or where["OPTIONS"].get("host")
    name = f"{where['NAME']} at {host}" if host else where["NAME"]
    mode = ", in debug mode" if settings.DEBUG else ""
    sys.stderr.write(f"Database: {connection.display_name}, {name}{mode}\n")


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "citynetworks.settings")
    if not any(name in os.environ for name in PRODUCTION_VARIABLES):
        os.environ.setdefault("DJANGO_DEBUG", "on")
    if len(sys.argv) == 1:
        sys.stdout.write(INTRODUCTION)
        return
    if sys.argv[1] == "version":  # of which Django makes its own
        sys.argv[1] = "site_version"
    try:
        from django.conf import settings
        from django.core.exceptions import ImproperlyConfigured
        from django.core.management import execute_from_command_line
        from django.db.backends.signals import connection_created
    except ImportError as error:
        raise SystemExit(
            "Django is not installed for this Python. The first command in README.md installs all that is needed."
        ) from error
    try:
        # Django itself would go on without settings, and call our own commands unknown.
        settings.INSTALLED_APPS  # noqa: B018
    except ImproperlyConfigured as error:
        raise SystemExit(str(error)) from error
    connection_created.connect(say_which_database)
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
