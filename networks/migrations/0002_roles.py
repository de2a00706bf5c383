"""The three roles of the desk, as groups with their permissions."""

from django.db import migrations

EDITORS = {
    "networks.network": ["view", "add", "change"],
    "networks.theme": ["view", "add", "change"],
    "networks.page": ["view", "change"],
    "networks.cityprofile": ["view"],
}
PUBLISHERS = {
    **EDITORS,
    "networks.network": ["view", "add", "change", "delete", "publish"],
    "networks.theme": ["view", "add", "change", "delete"],
    "networks.page": ["view", "add", "change", "delete", "publish"],
}
ADMINISTRATORS = {
    **PUBLISHERS,
    "networks.cityprofile": ["view", "add", "change"],
    "auth.user": ["view", "add", "change", "delete"],
    "auth.group": ["view"],
}
ROLES = {"editors": EDITORS, "publishers": PUBLISHERS, "administrators": ADMINISTRATORS}

# As Django and the models name them. Django makes permissions only after all migrations, so they are made here;
# those that are there already are left as they are.
NAMES = {
    "networks.network": "network of cities",
    "networks.theme": "theme",
    "networks.page": "page",
    "networks.cityprofile": "city profile",
    "auth.user": "user",
    "auth.group": "group",
}
PUBLISH_NAMES = {"networks.network": "Can publish networks", "networks.page": "Can publish pages"}


def make_roles(apps, schema_editor):
    database = schema_editor.connection.alias
    ContentType = apps.get_model("contenttypes", "ContentType")
    Permission = apps.get_model("auth", "Permission")
    Group = apps.get_model("auth", "Group")
    for role, rights in ROLES.items():
        group, _created = Group.objects.using(database).get_or_create(name=role)
        for label, actions in rights.items():
            app_label, model = label.split(".")
            content_type, _created = ContentType.objects.using(database).get_or_create(
                app_label=app_label, model=model
            )
            for action in actions:
                name = PUBLISH_NAMES[label] if action == "publish" else f"Can {action} {NAMES[label]}"
                permission, _created = Permission.objects.using(database).get_or_create(
                    content_type=content_type, codename=f"{action}_{model}", defaults={"name": name}
                )
                group.permissions.add(permission)


def remove_roles(apps, schema_editor):
    Group = apps.get_model("auth", "Group")
    Group.objects.using(schema_editor.connection.alias).filter(name__in=ROLES).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("networks", "0001_memberships"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(make_roles, remove_roles)]
