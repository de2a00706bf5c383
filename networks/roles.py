"""
The roles of the desk: groups of accounts, with the permissions that each needs.

They are made after every migration, as Django makes permissions, so a permission that the table below gains is given
with the next `migrate`, and a test that empties the database leaves them there. What an administrator has added to a
role stays; what the table gives cannot be taken from it for good. What an earlier table gave and citizens must be
protected from is taken back.
"""

from typing import Any

from django.apps import apps as present_apps
from django.db.models import Q

VIEW, EDIT, KEEP = ["view"], ["view", "add", "change"], ["view", "add", "change", "delete"]

EDITORS = {
    "networks.network": EDIT,
    # Themes and pages have no drafts: whoever saves one changes at once what citizens see.
    "networks.theme": VIEW,
    "networks.page": VIEW,
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

# What a role had once, and does not get back
TAKEN_BACK = {"editors": {"networks.theme": ["add", "change"], "networks.page": ["change"]}}


def condition_for(rights: dict[str, list[str]]) -> Q:
    """Return the condition that the permissions of the rights meet."""
    condition = Q()
    for label, actions in rights.items():
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
    permissions = Permission.objects.using(using)
    for role, rights in ROLES.items():
        group, _is_new = Group.objects.using(using).get_or_create(name=role)
        group.permissions.add(*permissions.filter(condition_for(rights)))
        if role in TAKEN_BACK:
            group.permissions.remove(*permissions.filter(condition_for(TAKEN_BACK[role])))
