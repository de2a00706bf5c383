"""
The roles of the desk: groups of accounts, with the permissions that each needs.

They are made after every migration, as Django makes permissions, so a permission that the table below gains is given
with the next `migrate`, and a test that empties the database leaves them there. What an administrator has added to a
role stays; what the table gives cannot be taken from it for good.
"""

from typing import Any

from django.apps import apps as present_apps
from django.db.models import Q

VIEW, EDIT, KEEP = ["view"], ["view", "add", "change"], ["view", "add", "change", "delete"]

EDITORS = {
    "networks.network": EDIT,
    "networks.theme": EDIT,
    "networks.page": ["view", "change"],
    "networks.cityprofile": VIEW,
    "networks.oldaddress": VIEW,
}
PUBLISHERS = {
    **EDITORS,
    "networks.network": [*KEEP, "publish"],
    "networks.theme": KEEP,
    "networks.page": [*KEEP, "publish"],
    "networks.oldaddress": KEEP,
}
ADMINISTRATORS = {
    **PUBLISHERS,
    "networks.cityprofile": EDIT,
    "auth.user": KEEP,
    "auth.group": VIEW,
}
ROLES = {"editors": EDITORS, "publishers": PUBLISHERS, "administrators": ADMINISTRATORS}


def permissions_of(role: str) -> Q:
    """Return the condition that the permissions of a role meet."""
    condition = Q()
    for label, actions in ROLES[role].items():
        app_label, model = label.split(".")
        codenames = [f"{action}_{model}" for action in actions]
        condition |= Q(content_type__app_label=app_label, content_type__model=model, codename__in=codenames)
    return condition


def make_roles(sender: Any, using: str, apps: Any = present_apps, **kwargs: Any) -> None:
    """Give each role what the table says. Connected to `post_migrate`, after Django has made the permissions."""
    try:
        Group, Permission = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
        apps.get_model("networks", "Network")
    except LookupError:  # migrated back to before there was anything to have a role for
        return
    for role in ROLES:
        group, _is_new = Group.objects.using(using).get_or_create(name=role)
        group.permissions.add(*Permission.objects.using(using).filter(permissions_of(role)))
