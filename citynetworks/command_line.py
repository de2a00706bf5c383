"""The project's commands, for manage.py of a checkout and for `city-networks` where the project is installed."""

import os
import sys

from citynetworks import PRODUCTION_VARIABLES

# What is there once `install` has run, and the command that it writes: also the name of the user and of the unit
ENVIRONMENT_FILE = "/etc/city-networks/environment"
COMMAND = "city-networks"
# The templates and static files are beside this package in a checkout, and inside of it in a wheel (pyproject.toml).
IS_INSTALLED = os.path.isdir(os.path.join(os.path.dirname(__file__), "templates"))
# What a command is typed after, where words say what to type
PROGRAM = f"sudo {COMMAND}" if IS_INSTALLED else "manage.py"
# The variable with the folder in which it was typed, to which the paths of its arguments are relative
CALLING_FOLDER = "CITY_NETWORKS_CALLING_FOLDER"
# The variable with the file that an installed site has its settings from, which only root reads and writes
SETTINGS_FILE = "CITY_NETWORKS_SETTINGS_FILE"

TITLE = "City Networks: the networks of cities that a city belongs to.\n"

IN_CHECKOUT = """
  manage.py demo               run the whole site with its demo content, as in production
  manage.py migrate            make or update the database of this checkout
  manage.py loaddata nis       load the memberships of the City of Niš
  manage.py adopt              make an empty site that of another city
  manage.py createsuperuser    make an account for the admin
  manage.py runserver          serve this checkout while you work on it
  manage.py make_latin         derive the Serbian Latin interface from the Cyrillic
  manage.py doctor             say what is wrong with the site, why it matters and what to type
  manage.py install            install the site on this server
  manage.py help               list every command; 'help COMMAND' explains one

The settings that production needs are listed in networks/docs/operations.md.
"""

INSTALLED = """
  city-networks install            install the site on this server
  city-networks upgrade            let the site run a newer version of the project
  city-networks createsuperuser    make an account for the admin
  city-networks adopt              make an empty site that of your city
  city-networks doctor             say what is wrong with the site, why it matters and what to type
  city-networks backup             back up the database and the uploaded files
  city-networks restore            put a backup back
  city-networks clean_up           delete what nobody can open any more
  city-networks check_links        check whether the links of the site still work
  city-networks export_site        write the whole public site as plain files, for an archive or a mirror
  city-networks version            print the version of the product and of what it runs on
  city-networks help               list every command; 'help COMMAND' explains one
"""

# What works on no database. Two of them change the machine, and let others, with these options, work on the database.
WITHOUT_DATABASE = ("help", "--help", "-h", "--version", "version")
ON_MACHINE = ("install", "upgrade")
ON_DATABASE = ("--check", "--record", "--await-version")


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


def is_on_machine(arguments: list[str]) -> bool:
    """Return whether a command changes the machine, for which it needs no settings."""
    return arguments[:1] != [] and arguments[0] in ON_MACHINE and not {*ON_DATABASE} & {*arguments}


def refuse_beside_installation(command: str) -> None:
    """Exit with the words that name the right command, if a site is installed on this machine."""
    if os.path.exists(ENVIRONMENT_FILE):
        raise SystemExit(
            f"A site is installed on this machine, with its settings in {ENVIRONMENT_FILE}, and this shell does not "
            f"have them: {command} would work on another, new database. Type sudo {COMMAND} {command}. To work on a "
            "checkout apart from the site, set DJANGO_DEBUG=on."
        )


def main() -> None:
    """Run the command that the arguments of this process name."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "citynetworks.settings")
    command = sys.argv[1] if len(sys.argv) > 1 else None
    if not any(name in os.environ for name in PRODUCTION_VARIABLES):
        if is_on_machine(sys.argv[1:]):
            os.environ["DATABASE_URL"] = "sqlite://:memory:"  # so that nothing is written where it is run
        elif command not in (None, *WITHOUT_DATABASE) and "DJANGO_DEBUG" not in os.environ:
            refuse_beside_installation(command)
        os.environ.setdefault("DJANGO_DEBUG", "on")
    if command is None:
        sys.stdout.write(TITLE + (INSTALLED if os.path.basename(sys.argv[0]) == COMMAND else IN_CHECKOUT))
        return
    if command == "version":  # of which Django makes its own
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
