"""Who keeps the old addresses: publishers and administrators. Editors see them."""

from django.db import migrations

ROLES = {
    "editors": ["view"],
    "publishers": ["view", "add", "change", "delete"],
    "administrators": ["view", "add", "change", "delete"],
}


def give_rights(apps, schema_editor):
    database = schema_editor.connection.alias
    ContentType = apps.get_model("contenttypes", "ContentType")
    Permission = apps.get_model("auth", "Permission")
    Group = apps.get_model("auth", "Group")
    content_type, _created = ContentType.objects.using(database).get_or_create(
        app_label="networks", model="oldaddress"
    )
    for role, actions in ROLES.items():
        group, _created = Group.objects.using(database).get_or_create(name=role)
        for action in actions:
            permission, _created = Permission.objects.using(database).get_or_create(
                content_type=content_type,
                codename=f"{action}_oldaddress",
                defaults={"name": f"Can {action} old address"},
            )
            group.permissions.add(permission)


def take_rights(apps, schema_editor):
    Permission = apps.get_model("auth", "Permission")
    Permission.objects.using(schema_editor.connection.alias).filter(
        content_type__app_label="networks", content_type__model="oldaddress"
    ).delete()


class Migration(migrations.Migration):
    dependencies = [("networks", "0007_old_addresses"), ("networks", "0002_roles")]

    operations = [migrations.RunPython(give_rights, take_rights)]
