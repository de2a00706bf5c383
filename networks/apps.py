from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NetworksConfig(AppConfig):
    name = "networks"
    verbose_name = _("Content of the site")

    def ready(self):
        from networks import content_version
        from networks.desk import admin  # noqa: F401 - registers the models with the desk

        content_version.connect()
