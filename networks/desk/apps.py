from django.contrib.admin.apps import AdminConfig


class DeskConfig(AdminConfig):
    """Django's admin, with this project's site in place of the stock one."""

    default_site = "networks.desk.site.DeskSite"
