from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext_lazy as _


class NetworksConfig(AppConfig):
    name = "networks"
    verbose_name = _("Content of the site")
    default = True

    def ready(self):
        from citynetworks import logs, sqlite_connections
        from networks import checks, models, roles  # noqa: F401 - registers the system checks
        from networks.models import language_columns
        from networks.operations import probes  # noqa: F401 - registers system checks
        from networks.page_store import version
        from networks.revisions import newest_columns

        version.connect_signals()
        language_columns.read_added_languages_in_english()
        logs.watch_queries()
        sqlite_connections.connect_signals()
        logs.start_sentry()
        pre_migrate.connect(language_columns.prepare_tables, sender=self)
        newest_columns.connect_signals()
        post_migrate.connect(roles.make_roles, sender=self)
        post_migrate.connect(models.update_search_texts, sender=self)


class AdminConfig(admin_apps.AdminConfig):
    """Django's admin, with this project's site in place of the stock one."""

    default = False
    default_site = "networks.admin.site.CityAdminSite"

    def ready(self):
        # Before autodiscovery asks for the site: importing its module imports this package, whose modules register
        # their models, and what they register while the site is being made would be lost.
        from networks import admin  # noqa: F401

        super().ready()
