"""
The roles of the admin: groups with the permissions in the tables below.

They are created after every migration, as Django creates permissions. So a permission that is added here is granted
by the next `migrate`, and the roles survive a flush. What an administrator has added to a role stays; what was
removed comes back if it is in the table. REVOKED lists what an earlier table granted and must not stay.
"""

from typing import Any

from django.apps import apps as present_apps
from django.db.models import Q

VIEW, EDIT, MANAGE = ["view"], ["view", "add", "change"], ["view", "add", "change", "delete"]

EDITORS = {
    "networks.network": EDIT,
    "networks.page": EDIT,
    # Themes have no drafts: saving one publishes it.
    "networks.theme": VIEW,
    "networks.cityprofile": VIEW,
    "networks.oldaddress": VIEW,
    "networks.link": VIEW,
}
PUBLISHERS = {
    **EDITORS,
    "networks.network": [*MANAGE, "publish"],
    "networks.theme": MANAGE,
    "networks.page": [*MANAGE, "publish"],
    "networks.oldaddress": MANAGE,
}
ADMINISTRATORS = {
    **PUBLISHERS,
    "networks.cityprofile": EDIT,
    "auth.user": MANAGE,
    "auth.group": VIEW,
    "networks.auditentry": VIEW,
}
ROLES = {"editors": EDITORS, "publishers": PUBLISHERS, "administrators": ADMINISTRATORS}

# Permissions that an earlier release granted and every migration removes
REVOKED = {"editors": {"networks.theme": ["add", "change"]}}


def permissions_condition(actions_by_model: dict[str, list[str]]) -> Q:
    """Return the condition on `Permission` for some actions on some models: {"networks.theme": ["view"]}."""
    condition = Q()
    for label, actions in actions_by_model.items():
        app_label, model = label.split(".")
        codenames = [f"{action}_{model}" for action in actions]
        condition |= Q(content_type__app_label=app_label, content_type__model=model, codename__in=codenames)
    return condition


def make_roles(sender: Any, using: str, apps: Any = present_apps, **kwargs: Any) -> None:
    """
    Create the groups and grant their permissions. A receiver of `post_migrate`.

    Connected after Django's own receiver, which creates the permissions. `apps` is the state of the migrations.
    """
    try:
        Group, Permission = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
        apps.get_model("networks", "Network")
    except LookupError:  # migrated back to before the models existed
        return
    permissions = Permission.objects.using(using)
    for role, actions_by_model in ROLES.items():
        group, _is_new = Group.objects.using(using).get_or_create(name=role)
        group.permissions.add(*permissions.filter(permissions_condition(actions_by_model)))
        if role in REVOKED:
            group.permissions.remove(*permissions.filter(permissions_condition(REVOKED[role])))
