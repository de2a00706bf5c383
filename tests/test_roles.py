import re

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission, User
from django.core.management import call_command

from networks.models import Network, Page, Theme
from tests.makers import make_network, make_page, make_profile, make_theme

PREFIXES = ["", "/sr-latn", "/en"]
ROLES = ["editors", "publishers", "administrators"]

# What each role may do, in words and once more: the migration is not asked about itself.
RIGHTS = {
    "editors": {
        "network": "view add change",
        "theme": "view add change",
        "page": "view change",
        "cityprofile": "view",
    },
    "publishers": {
        "network": "view add change delete publish",
        "theme": "view add change delete",
        "page": "view add change delete publish",
        "cityprofile": "view",
    },
    "administrators": {
        "network": "view add change delete publish",
        "theme": "view add change delete",
        "page": "view add change delete publish",
        "cityprofile": "view add change",
        "user": "view add change delete",
        "group": "view",
    },
}


def expected_rights(role):
    return {f"{action}_{model}" for model, actions in RIGHTS[role].items() for action in actions.split()}


def rights(role):
    return set(Group.objects.get(name=role).permissions.values_list("codename", flat=True))


def make_account(role=None, **fields):
    account = User.objects.create_user(**{"username": role or "nobody", "is_staff": True, **fields})
    if role:
        account.groups.add(Group.objects.get(name=role))
    return account


@pytest.fixture
def sign_in(client):
    """Sign in somebody of the role in place of whoever was."""

    def as_role(role):
        client.force_login(User.objects.create_superuser(role) if role == "superuser" else make_account(role))
        return client

    return as_role


def changed(row):
    row.refresh_from_db()
    return row


def content_of(row, **typed):
    """The smallest form that saves a network or a page, as it stands in the row."""
    if isinstance(row, Page):
        return {"title_sr": row.title_sr, "slug": row.slug, "position": row.position, **typed}
    return {"name_sr": row.name_sr, "slug": row.slug, "position": row.position, "status": row.status, **typed}


def list_address(model):
    return f"/admin/{model._meta.app_label}/{model._meta.model_name}/"


def change_address(row):
    return f"{list_address(row)}{row.pk}/change/"


def delete_address(row):
    return f"{list_address(row)}{row.pk}/delete/"


def run_action(client, action, rows, prefix="", **options):
    """Tick the rows in their list and run the action; give back the page that follows."""
    chosen = {"action": action, "_selected_action": [row.pk for row in rows]}
    return client.post(prefix + list_address(rows[0]), chosen | options, follow=True)


def shown_messages(response):
    return [str(message) for message in response.context["messages"]]


@pytest.mark.django_db
class TestGroups:
    @pytest.mark.parametrize("role", ROLES)
    def test_have_exactly_their_rights(self, role):
        assert rights(role) == expected_rights(role)

    def test_are_the_only_ones(self):
        assert set(Group.objects.values_list("name", flat=True)) == set(ROLES)

    def test_rights_are_those_that_django_makes_itself(self):
        """None stands twice under another name: Django finds all that it would make."""
        before = Permission.objects.count()
        call_command("migrate", verbosity=0)
        assert Permission.objects.count() == before


@pytest.fixture
def migrated_anew(transactional_db):
    """The roles as the migration makes them: tests in transactions of their own leave an empty database behind."""
    call_command("migrate", "networks", "zero", verbosity=0)
    call_command("migrate", verbosity=0)


def test_groups_survive_migrating_back_and_forth(migrated_anew):
    try:
        call_command("migrate", "networks", "0001", verbosity=0)
        assert not Group.objects.filter(name__in=ROLES).exists()
        call_command("migrate", "networks", verbosity=0)
        assert {role: rights(role) for role in ROLES} == {role: expected_rights(role) for role in ROLES}
        call_command("migrate", "networks", "zero", verbosity=0)
    finally:
        call_command("migrate", verbosity=0)
    assert {role: rights(role) for role in ROLES} == {role: expected_rights(role) for role in ROLES}


def test_group_that_somebody_added_to_keeps_what_was_added(migrated_anew):
    extra = Permission.objects.get(codename="view_logentry")
    Group.objects.get(name="editors").permissions.add(extra)
    try:
        call_command("migrate", "networks", "0001", verbosity=0, fake=True)
    finally:
        call_command("migrate", "networks", verbosity=0)
    assert rights("editors") == expected_rights("editors") | {"view_logentry"}


ADDRESSES = {
    # What editors, publishers and administrators are answered with
    "": (200, 200, 200),
    "password_change/": (200, 200, 200),
    "networks/": (200, 200, 200),
    "networks/network/": (200, 200, 200),
    "networks/network/add/": (200, 200, 200),
    "networks/network/654321/change/": (200, 200, 200),
    "networks/network/654321/history/": (200, 200, 200),
    "networks/network/654321/delete/": (403, 200, 200),
    "networks/theme/": (200, 200, 200),
    "networks/theme/add/": (200, 200, 200),
    "networks/theme/654321/change/": (200, 200, 200),
    "networks/theme/654321/delete/": (403, 200, 200),
    "networks/page/": (200, 200, 200),
    "networks/page/add/": (403, 200, 200),
    "networks/page/654321/change/": (200, 200, 200),
    "networks/page/654321/delete/": (403, 200, 200),
    "networks/cityprofile/": (302, 302, 302),
    "networks/cityprofile/add/": (403, 403, 403),
    "networks/cityprofile/1/change/": (200, 200, 200),
    "networks/cityprofile/1/delete/": (403, 403, 403),
    "auth/": (404, 404, 200),
    "auth/user/": (403, 403, 200),
    "auth/user/add/": (403, 403, 200),
    "auth/user/654321/change/": (403, 403, 200),
    "auth/user/654321/password/": (403, 403, 200),
    "auth/user/654321/delete/": (403, 403, 200),
    "auth/group/": (403, 403, 200),
    "auth/group/add/": (403, 403, 403),
    "auth/group/654321/change/": (403, 403, 200),
    "auth/group/654321/delete/": (403, 403, 403),
}


@pytest.fixture
def _rows(db):
    """One row of each model, each of them with the number that the addresses name."""
    make_network(pk=654321)
    make_theme(pk=654321)
    make_page(pk=654321)
    make_profile()
    make_account(username="colleague", pk=654321)
    Group.objects.create(pk=654321, name="others")


@pytest.mark.usefixtures("_rows")
class TestAddresses:
    @pytest.mark.parametrize("role", ROLES)
    def test_answer_each_role_as_they_should(self, sign_in, role):
        client = sign_in(role)
        answers = {address: client.get(f"/admin/{address}").status_code for address in ADDRESSES}
        assert answers == {address: statuses[ROLES.index(role)] for address, statuses in ADDRESSES.items()}

    @pytest.mark.parametrize("prefix", PREFIXES)
    def test_send_a_stranger_to_the_login_of_the_same_language(self, client, prefix):
        for address in ADDRESSES:
            response = client.get(f"{prefix}/admin/{address}?q=1")
            assert response.status_code == 302
            assert response["Location"] == f"{prefix}/admin/login/?next={prefix}/admin/{address}%3Fq%3D1"
            assert client.get(response["Location"]).status_code == 200

    @pytest.mark.parametrize("prefix", PREFIXES)
    def test_login_leads_on_to_where_one_wanted_to_go(self, client, prefix):
        make_account("editors", password="a password for the tests")
        wanted = f"{prefix}/admin/networks/network/?status__exact=left"
        login = client.get(wanted)["Location"]
        response = client.post(login, {"username": "editors", "password": "a password for the tests", "next": wanted})
        assert (response.status_code, response["Location"]) == (302, wanted)

    @pytest.mark.parametrize("fields", [{"is_staff": False}, {"is_active": False}])
    def test_let_nobody_in_who_is_not_or_no_longer_staff(self, client, fields):
        client.force_login(make_account("editors", **fields))
        for address in ADDRESSES:
            assert client.get(f"/admin/{address}").status_code == 302

    def test_show_staff_without_a_role_nothing(self, client):
        client.force_login(make_account())
        open_ones = [address for address in ADDRESSES if client.get(f"/admin/{address}").status_code == 200]
        assert open_ones == ["", "password_change/"]


@pytest.mark.django_db
class TestEditors:
    @pytest.mark.parametrize("make", [make_network, make_page])
    def test_see_the_flag_but_cannot_edit_it(self, sign_in, make):
        client = sign_in("editors")
        for row in (make(is_published=True), make(is_published=False)):
            form = client.get(change_address(row)).context["adminform"]
            assert "is_published" not in form.form.fields
            assert "is_published" in form.readonly_fields

    @pytest.mark.parametrize("make", [make_network, make_page])
    @pytest.mark.parametrize("prefix", PREFIXES)
    def test_cannot_publish_by_a_crafted_form(self, sign_in, make, prefix):
        row = make(is_published=False)
        client = sign_in("editors")
        typed = content_of(row, is_published="on", position=77)
        assert client.post(prefix + change_address(row), typed).status_code == 302
        assert (changed(row).is_published, row.position) == (False, 77)

    @pytest.mark.parametrize("prefix", PREFIXES)
    def test_cannot_publish_what_they_add(self, sign_in, prefix):
        client = sign_in("editors")
        typed = {"name_sr": "Мрежа градова", "status": "member", "position": "0", "is_published": "on"}
        assert client.post(prefix + "/admin/networks/network/add/", typed).status_code == 302
        assert not Network.objects.get().is_published

    @pytest.mark.parametrize("make", [make_network, make_page])
    @pytest.mark.parametrize("action", ["publish", "unpublish", "delete_selected"])
    def test_are_not_offered_and_cannot_run_an_action_that_is_not_theirs(self, sign_in, make, action):
        row = make(is_published=action == "unpublish")
        client = sign_in("editors")
        address = list_address(type(row))
        assert f'value="{action}"' not in client.get(address).content.decode()
        run_action(client, action, [row], post="yes")
        assert changed(row).is_published == (action == "unpublish")

    @pytest.mark.parametrize("make", [make_network, make_page])
    def test_do_not_withdraw_what_they_edit(self, sign_in, make):
        row = make(is_published=True)
        client = sign_in("editors")
        assert client.post(change_address(row), content_of(row, position=77)).status_code == 302
        assert (changed(row).is_published, row.position) == (True, 77)

    @pytest.mark.parametrize("make", [make_network, make_page, make_theme])
    def test_cannot_delete(self, sign_in, make):
        row = make()
        client = sign_in("editors")
        assert client.post(delete_address(row), {"post": "yes"}).status_code == 403
        run_action(client, "delete_selected", [row], post="yes")
        assert type(row).objects.filter(pk=row.pk).exists()

    def test_read_the_city_profile_but_cannot_change_it(self, sign_in):
        profile = make_profile()
        client = sign_in("editors")
        assert client.get(change_address(profile)).status_code == 200
        typed = {"city_name_sr": "Ново име", "site_title_sr": "Нови наслов"}
        assert client.post(change_address(profile), typed).status_code == 403


@pytest.mark.django_db
class TestPublishers:
    @pytest.mark.parametrize("role", ["publishers", "administrators", "superuser"])
    @pytest.mark.parametrize("make", [make_network, make_page])
    def test_publish_and_withdraw_by_the_form(self, sign_in, role, make):
        row = make(is_published=False)
        client = sign_in(role)
        assert client.post(change_address(row), content_of(row, is_published="on")).status_code == 302
        assert changed(row).is_published
        assert client.post(change_address(row), content_of(row)).status_code == 302
        assert not changed(row).is_published

    def test_publish_what_they_add(self, sign_in):
        client = sign_in("publishers")
        typed = {"name_sr": "Мрежа градова", "status": "member", "position": "0", "is_published": "on"}
        assert client.post("/admin/networks/network/add/", typed).status_code == 302
        assert Network.objects.get().is_published

    @pytest.mark.parametrize("make", [make_network, make_page])
    @pytest.mark.parametrize(
        ("action", "before", "after"), [("publish", [False, False], True), ("unpublish", [True, True], False)]
    )
    def test_publish_and_withdraw_by_the_action(self, sign_in, make, action, before, after):
        rows = [make(is_published=is_published) for is_published in before]
        bystander = make(is_published=not after)
        client = sign_in("publishers")
        run_action(client, action, rows)
        assert [changed(row).is_published for row in rows] == [after, after]
        assert changed(bystander).is_published is not after

    @pytest.mark.parametrize(
        ("action", "flags", "count", "words"),
        [
            ("publish", [False], 1, "was published"),
            ("publish", [False] * 5, 5, "were published"),
            ("publish", [False, True, False], 2, "were published"),
            ("publish", [True, True], 0, "were published"),
            ("unpublish", [True], 1, "was withdrawn"),
            ("unpublish", [True, True, False], 2, "were withdrawn"),
            ("unpublish", [False], 0, "were withdrawn"),
        ],
    )
    def test_are_told_how_many_rows_changed(self, sign_in, action, flags, count, words):
        chosen = [make_network(is_published=is_published) for is_published in flags]
        client = sign_in("publishers")
        (message,) = shown_messages(run_action(client, action, chosen, "/en"))
        assert message.startswith(f"{count} ")
        assert words in message
        assert LogEntry.objects.count() == count

    @pytest.mark.parametrize("count", [0, 1, 2, 5, 21])
    @pytest.mark.parametrize("prefix", ["", "/sr-latn"])
    def test_are_told_so_in_serbian(self, sign_in, prefix, count):
        chosen = [make_network(is_published=False) for _ in range(count)] or [make_network()]
        client = sign_in("publishers")
        (message,) = shown_messages(run_action(client, "publish", chosen, prefix))
        assert message.startswith(f"{count} ") or f" {count} " in message
        assert "publish" not in message
        assert any("а" <= letter <= "ш" for letter in message) == (prefix == "")

    def test_actions_are_on_record_with_who_and_what(self, sign_in):
        network = make_network(is_published=False)
        client = sign_in("publishers")
        run_action(client, "publish", [network])
        entry = LogEntry.objects.get()
        assert entry.user.username == "publishers"
        assert entry.is_change()
        assert entry.get_edited_object() == network

    def test_action_changes_the_day_of_the_last_change_and_nothing_else(self, sign_in):
        network = make_network(is_published=False, name_sr="Мрежа", name_en="Network", description_sr="<p>Ниш</p>")
        before = Network.objects.filter(pk=network.pk).values().get()
        client = sign_in("publishers")
        run_action(client, "publish", [network], "/sr-latn")
        after = Network.objects.filter(pk=network.pk).values().get()
        assert after.pop("changed_at") > before.pop("changed_at")
        assert after == before | {"is_published": True}

    @pytest.mark.parametrize("make", [make_network, make_page, make_theme])
    def test_delete_by_the_form_and_by_the_action(self, sign_in, make):
        rows = [make(), make()]
        model = type(rows[0])
        client = sign_in("publishers")
        client.post(delete_address(rows[0]), {"post": "yes"})
        assert list(model.objects.values_list("pk", flat=True)) == [rows[1].pk]
        run_action(client, "delete_selected", [rows[1]], post="yes")
        assert not model.objects.exists()

    def test_deleting_a_theme_keeps_its_networks(self, sign_in):
        theme = make_theme()
        network = make_network()
        network.themes.add(theme)
        sign_in("publishers").post(delete_address(theme), {"post": "yes"})
        assert not Theme.objects.exists()
        assert list(network.themes.all()) == []

    def test_cannot_change_the_city_profile(self, sign_in):
        profile = make_profile(city_name_sr="Град Ниш")
        typed = {"city_name_sr": "Ново име", "site_title_sr": "Нови наслов"}
        assert sign_in("publishers").post(change_address(profile), typed).status_code == 403
        assert changed(profile).city_name_sr == "Град Ниш"


def account_form(account, **typed):
    """The form of an account, as it stands in the row."""
    return {
        "username": account.username,
        "first_name": account.first_name,
        "last_name": account.last_name,
        "email": account.email,
        **({"is_active": "on"} if account.is_active else {}),
        **({"is_staff": "on"} if account.is_staff else {}),
        "date_joined_0": "2026-05-01",
        "date_joined_1": "12:00:00",
        "groups": [group.pk for group in account.groups.all()],
        **typed,
    }


@pytest.mark.django_db
class TestAdministrators:
    def test_keep_the_city_profile(self, sign_in):
        profile = make_profile()
        typed = {"city_name_sr": "Ново име", "site_title_sr": "Нови наслов"}
        assert sign_in("administrators").post(change_address(profile), typed).status_code == 302
        assert changed(profile).city_name_sr == "Ново име"

    def test_make_the_first_city_profile_and_no_second(self, sign_in):
        client = sign_in("administrators")
        add = "/admin/networks/cityprofile/add/"
        assert client.get("/admin/networks/cityprofile/")["Location"] == add
        typed = {"city_name_sr": "Град Ниш", "site_title_sr": "Мреже градова"}
        assert client.post(add, typed).status_code == 302
        assert client.post(add, typed).status_code == 403

    @pytest.mark.parametrize("prefix", PREFIXES)
    def test_make_an_account_and_give_it_a_role(self, sign_in, prefix):
        client = sign_in("administrators")
        password = "rather a long password"
        typed = {"username": "milica", "password1": password, "password2": password, "usable_password": "true"}
        response = client.post(prefix + "/admin/auth/user/add/", typed)
        milica = User.objects.get(username="milica")
        assert (response.status_code, response["Location"]) == (302, prefix + change_address(milica))
        typed = account_form(milica, is_staff="on", groups=[Group.objects.get(name="editors").pk])
        assert client.post(change_address(milica), typed).status_code == 302
        assert (changed(milica).is_staff, milica.is_superuser) == (True, False)
        assert [group.name for group in milica.groups.all()] == ["editors"]

    def test_set_a_password_and_delete_an_account(self, sign_in):
        milica = make_account("editors", username="milica")
        client = sign_in("administrators")
        password = "rather a long password"
        address = f"/admin/auth/user/{milica.pk}/password/"
        typed = {"password1": password, "password2": password, "set-password": "1", "usable_password": "true"}
        assert client.post(address, typed).status_code == 302
        assert changed(milica).check_password(password)
        client.post(delete_address(milica), {"post": "yes"})
        assert not User.objects.filter(username="milica").exists()

    def test_see_what_only_superusers_may_give_but_cannot_edit_it(self, sign_in):
        milica = make_account("editors", username="milica")
        form = sign_in("administrators").get(change_address(milica)).context["adminform"]
        assert {"is_superuser", "permissions_in_words"} <= set(form.readonly_fields)
        assert not {"is_superuser", "user_permissions"} & set(form.form.fields)

    def test_read_in_their_language_which_roles_there_are(self, sign_in):
        milica = make_account("editors", username="milica")
        client = sign_in("administrators")
        page = client.get(change_address(milica)).text
        shown = re.findall(
            r"<option[^>]*>([^<]+)</option>", page.partition('id="id_groups"')[2].partition("</select>")[0]
        )
        assert len(shown) == 3
        assert all("\u0400" <= letter <= "\u04ff" for name in shown for letter in name.strip())

    def test_read_in_their_language_what_an_account_may_do(self, sign_in):
        milica = make_account("editors", username="milica")
        milica.user_permissions.add(Permission.objects.get(codename="add_theme"))
        assert "Can add" not in sign_in("administrators").get(change_address(milica)).text

    def test_cannot_make_a_superuser_of_anybody(self, sign_in):
        milica = make_account("editors", username="milica")
        client = sign_in("administrators")
        for account in (milica, User.objects.get(username="administrators")):
            all_rights = list(Permission.objects.values_list("pk", flat=True))
            typed = account_form(account, is_superuser="on", user_permissions=all_rights)
            assert client.post(change_address(account), typed).status_code == 302
            assert not changed(account).is_superuser
            assert not account.user_permissions.exists()

    def test_cannot_add_a_superuser(self, sign_in):
        client = sign_in("administrators")
        password = "rather a long password"
        typed = {"username": "milica", "password1": password, "password2": password, "usable_password": "true"}
        client.post("/admin/auth/user/add/", {**typed, "is_superuser": "on", "is_staff": "on"})
        assert not User.objects.get(username="milica").is_superuser

    def test_cannot_touch_a_superuser(self, sign_in):
        boss = User.objects.create_superuser("boss", password="known to the boss alone")
        client = sign_in("administrators")
        password = "rather a long password"
        attempts = {
            change_address(boss): account_form(boss, username="nobody", is_active=""),
            delete_address(boss): {"post": "yes"},
            f"/admin/auth/user/{boss.pk}/password/": {
                "password1": password,
                "password2": password,
                "set-password": "1",
                "usable_password": "true",
            },
        }
        for address, typed in attempts.items():
            assert client.post(address, typed).status_code == 403, address
        assert client.get(change_address(boss)).context["has_change_permission"] is False
        assert changed(boss).check_password("known to the boss alone")
        assert (boss.username, boss.is_active, boss.is_superuser) == ("boss", True, True)

    def test_cannot_take_away_a_superusers_password(self, sign_in):
        boss = User.objects.create_superuser("boss", password="known to the boss alone")
        address = f"/admin/auth/user/{boss.pk}/password/"
        typed = {"unset-password": "1", "usable_password": "false"}
        assert sign_in("administrators").post(address, typed).status_code == 403
        assert changed(boss).has_usable_password()

    @pytest.mark.parametrize("others", [0, 1])
    def test_cannot_delete_a_superuser_among_others(self, sign_in, others):
        boss = User.objects.create_superuser("boss")
        milica = make_account("editors", username="milica")
        chosen = [boss, milica][: others + 1]
        client = sign_in("administrators")
        assert str(boss) in run_action(client, "delete_selected", chosen).context["protected"]
        run_action(client, "delete_selected", chosen, post="yes")
        assert {"boss", "milica"} <= set(User.objects.values_list("username", flat=True))

    def test_cannot_change_what_a_role_may_do(self, sign_in):
        editors = Group.objects.get(name="editors")
        client = sign_in("administrators")
        typed = {"name": "editors", "permissions": list(Permission.objects.values_list("pk", flat=True))}
        assert client.post(change_address(editors), typed).status_code == 403
        assert rights("editors") == expected_rights("editors")


@pytest.mark.django_db
class TestSuperuser:
    def test_makes_and_unmakes_a_superuser(self, sign_in):
        milica = make_account("editors", username="milica")
        client = sign_in("superuser")
        assert client.post(change_address(milica), account_form(milica, is_superuser="on")).status_code == 302
        assert changed(milica).is_superuser
        run_action(client, "delete_selected", [milica], post="yes")
        assert not User.objects.filter(username="milica").exists()

    @pytest.mark.parametrize("codename", ["add_theme", "view_logentry"])
    def test_saving_a_role_or_an_account_untouched_keeps_its_rights(self, sign_in, codename):
        right = Permission.objects.get(codename=codename)
        others = Group.objects.create(name="others")
        others.permissions.add(right)
        milica = make_account("editors", username="milica")
        milica.user_permissions.add(right)
        client = sign_in("superuser")
        form = client.get(change_address(others)).context["adminform"].form
        offered = {int(str(pk)) for pk, _label in form.fields["permissions"].choices}
        ticked = [right.pk] if right.pk in offered else []
        client.post(change_address(others), {"name": "others", "permissions": ticked})
        client.post(change_address(milica), account_form(milica, user_permissions=ticked))
        assert list(others.permissions.all()) == list(milica.user_permissions.all()) == [right]
