from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class NetworksConfig(AppConfig):
    name = "networks"
    verbose_name = _("Content of the site")

    def ready(self):
        from networks import checks, content_version, models, roles  # noqa: F401 - registers the system checks
        from networks.desk import admin  # noqa: F401 - registers the models with the desk

        content_version.connect()
        post_migrate.connect(roles.make_roles, sender=self)
        post_migrate.connect(models.write_search_texts_anew, sender=self)
