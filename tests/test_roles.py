from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core.management import call_command
from django.db.models import QuerySet
from django.utils import timezone

from networks.admin.accounts import role_name
from networks.models import Event, Network, OldAddress, Theme
from networks.revisions import publishing, schedules, storage
from networks.revisions.content import content_fields
from tests.makers import make_account, make_network, make_page, make_profile, make_theme
from tests.pages import fill_in, form_values, in_latin_and_in_ci_under_each_prefix, opened, text_of

pytestmark = pytest.mark.sql

PREFIXES = ["", "/sr-latn", "/en"]
ROLES = ["editors", "publishers", "administrators"]

# What each role may do, in words and once more: the migration is not asked about itself.
RIGHTS = {
    "editors": {
        "network": "view add change",
        "theme": "view",
        "page": "view add change",
        "oldaddress": "view",
        "link": "view",
        "cityprofile": "view",
    },
    "publishers": {
        "network": "view add change delete publish",
        "theme": "view add change delete",
        "page": "view add change delete publish",
        "oldaddress": "view add change delete",
        "link": "view",
        "cityprofile": "view",
    },
    "administrators": {
        "network": "view add change delete publish",
        "theme": "view add change delete",
        "page": "view add change delete publish",
        "oldaddress": "view add change delete",
        "link": "view",
        "cityprofile": "view add change",
        "user": "view add change delete",
        "group": "view",
        "auditentry": "view",
    },
}


def expected_rights(role):
    return {f"{action}_{model}" for model, actions in RIGHTS[role].items() for action in actions.split()}


def rights(role):
    return set(Group.objects.get(name=role).permissions.values_list("codename", flat=True))


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


def list_address(model):
    return f"/admin/{model._meta.app_label}/{model._meta.model_name}/"


def change_address(row):
    return f"{list_address(row)}{row.pk}/change/"


def delete_address(row):
    return f"{list_address(row)}{row.pk}/delete/"


def buttons(tree):
    """What the buttons in the head of a form do."""
    return tree.xpath("//div[@class='submit-row']//button/@name")


def run_action(client, action, rows, prefix="", **options):
    """Tick the rows in their list, run the action and confirm it; give back the page that follows."""
    chosen = {"action": action, "_selected_action": [row.pk for row in rows], "post": "yes", "unsubmitted": "on"}
    return client.post(prefix + list_address(rows[0]), chosen | options, follow=True)


def crafted(client, row, **typed):
    """The form of a row as it stands, with what somebody has written into it past the page."""
    return form_values(opened(client, change_address(row))) | typed


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


@pytest.mark.migration
def test_groups_survive_migrating_back_and_forth(migrated_again):
    call_command("migrate", "networks", "zero", verbosity=0)
    call_command("migrate", verbosity=0)
    assert {role: rights(role) for role in ROLES} == {role: expected_rights(role) for role in ROLES}


@pytest.mark.django_db(transaction=True)
def test_groups_are_there_again_when_the_database_was_emptied():
    call_command("flush", verbosity=0, interactive=False)
    assert {role: rights(role) for role in ROLES} == {role: expected_rights(role) for role in ROLES}


@pytest.mark.django_db
def test_editors_lose_with_the_next_migrate_what_they_could_publish_with():
    """A database of before holds it; what somebody else has added stays."""
    had = Permission.objects.filter(codename__in=["add_theme", "change_theme", "view_logentry"])
    Group.objects.get(name="editors").permissions.add(*had)
    call_command("migrate", verbosity=0)
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
    "networks/network/654321/compare/": (200, 200, 200),
    "networks/network/654321/preview/": (302, 302, 302),
    "networks/network/654321/links/": (200, 200, 200),
    "networks/network/654321/discard/": (200, 200, 200),
    "networks/network/654321/submit/": (200, 200, 200),
    "networks/network/654321/restore/1/": (403, 200, 200),
    "networks/network/654321/schedule/": (403, 200, 200),
    "networks/network/654321/schedule/1/cancel/": (403, 302, 302),
    "networks/network/654321/links/1/revoke/": (302, 302, 302),
    "networks/network/654321/withdraw/": (403, 200, 200),
    "networks/network/654321/review/": (200, 200, 200),
    "networks/network/654321/undelete/": (403, 200, 200),
    "networks/network/654321/open/": (405, 405, 405),
    "networks/network/bin/": (403, 200, 200),
    "networks/theme/": (200, 200, 200),
    "networks/theme/add/": (403, 200, 200),
    "networks/theme/654321/change/": (200, 200, 200),
    "networks/theme/654321/delete/": (403, 200, 200),
    "networks/page/": (200, 200, 200),
    "networks/page/add/": (200, 200, 200),
    "networks/page/654321/change/": (200, 200, 200),
    "networks/page/654321/delete/": (403, 200, 200),
    "networks/link/": (200, 200, 200),
    "networks/oldaddress/": (200, 200, 200),
    "networks/oldaddress/add/": (403, 200, 200),
    "networks/oldaddress/654321/change/": (200, 200, 200),
    "networks/oldaddress/654321/delete/": (403, 200, 200),
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
    storage.newest_revision(make_network(pk=654321))
    make_theme(pk=654321)
    make_page(pk=654321)
    OldAddress.objects.create(pk=654321, old_path="/old/", new_path="/")
    make_profile()
    make_account(username="colleague", pk=654321)
    Group.objects.create(pk=654321, name="others")


@pytest.mark.usefixtures("_rows")
class TestAddresses:
    # For an account without a password, Django's template asks for a field that the form has not.
    @pytest.mark.ignore_template_errors
    @pytest.mark.exhaustive
    @pytest.mark.parametrize("role", ROLES)
    def test_answer_each_role_as_they_should(self, sign_in, role):
        client = sign_in(role)
        answers = {address: client.get(f"/admin/{address}").status_code for address in ADDRESSES}
        assert answers == {address: statuses[ROLES.index(role)] for address, statuses in ADDRESSES.items()}

    @pytest.mark.long
    @in_latin_and_in_ci_under_each_prefix
    def test_send_a_stranger_to_the_login_of_the_same_language(self, client, prefix):
        for address in ADDRESSES:
            response = client.get(f"{prefix}/admin/{address}?q=1")
            assert response.status_code == 302, address
            assert response["Location"] == f"{prefix}/admin/login/?next={prefix}/admin/{address}%3Fq%3D1"
            assert client.get(response["Location"]).status_code == 200

    @in_latin_and_in_ci_under_each_prefix
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

    @pytest.mark.long
    def test_show_staff_without_a_role_nothing(self, client):
        client.force_login(make_account())
        open_ones = [address for address in ADDRESSES if client.get(f"/admin/{address}").status_code == 200]
        assert open_ones == ["", "password_change/"]


@pytest.mark.django_db
class TestEditors:
    def test_read_but_cannot_change_themes_which_have_no_drafts(self, sign_in):
        row = make_theme()
        before = type(row).objects.values().get(pk=row.pk)
        client = sign_in("editors")
        tree = opened(client, change_address(row))
        assert buttons(tree) == []
        assert not tree.xpath("//form[@id]//input[@type='text'] | //form[@id]//textarea")
        typed = {"name_sr": "Ново име", "slug": "new"}
        assert client.post(change_address(row), typed).status_code == 403
        assert client.post(f"{list_address(type(row))}add/", typed).status_code == 403
        assert type(row).objects.values().get() == before

    @pytest.mark.parametrize(("role", "count"), [("editors", 0), ("publishers", 1)])
    def test_are_offered_no_new_theme_in_the_form_of_a_network(self, sign_in, role, count):
        tree = opened(sign_in(role), "/admin/networks/network/add/")
        assert len(tree.xpath("//a[@id='add_id_themes']")) == count

    @pytest.mark.long
    @pytest.mark.parametrize("make", [make_network, make_page])
    def test_save_and_submit_what_has_drafts_and_are_offered_no_more(self, sign_in, make):
        client = sign_in("editors")
        for row in (make(is_published=True), make(is_published=False)):
            assert buttons(opened(client, change_address(row))) == ["_save", "_submit", "_preview"]
        assert buttons(opened(client, f"{list_address(row)}add/")) == ["_save", "_submit", "_preview"]

    @pytest.mark.long
    @in_latin_and_in_ci_under_each_prefix
    def test_cannot_publish_by_a_crafted_form(self, sign_in, prefix):
        row = make_network(is_published=False)
        client = sign_in("editors")
        typed = crafted(client, row, is_published="on", slug="changed")
        assert client.post(prefix + change_address(row), typed).status_code == 302
        assert (changed(row).is_published, row.slug) == (False, "changed")

    @pytest.mark.long
    @in_latin_and_in_ci_under_each_prefix
    @pytest.mark.parametrize("is_published", [True, False])
    def test_cannot_publish_by_the_button_of_others(self, sign_in, is_published, prefix):
        network = make_network(is_published=is_published, slug="first")
        client = sign_in("editors")
        typed = crafted(client, network, slug="changed", _publish="1")
        assert client.post(prefix + change_address(network), typed).status_code == 403
        # Nothing of it is done, so nobody thinks that it was.
        assert (changed(network).is_published, network.slug) == (is_published, "first")
        assert network.revisions.count() == 1

    @in_latin_and_in_ci_under_each_prefix
    @pytest.mark.parametrize(("button", "status"), [("is_published", 302), ("_publish", 403)])
    def test_cannot_publish_what_they_add(self, sign_in, prefix, button, status):
        client = sign_in("editors")
        typed = {"name_sr": "Мрежа градова", "status": "member", button: "on"}
        assert client.post(prefix + "/admin/networks/network/add/", typed).status_code == status
        assert not Network.objects.published().exists()

    @pytest.mark.long
    @pytest.mark.parametrize("make", [make_network, make_page])
    @pytest.mark.parametrize("action", ["publish", "withdraw", "delete_selected"])
    def test_are_not_offered_and_cannot_run_an_action_that_is_not_theirs(self, sign_in, make, action):
        row = make(is_published=action == "withdraw")
        client = sign_in("editors")
        address = list_address(type(row))
        assert f'value="{action}"' not in client.get(address).text
        run_action(client, action, [row], post="yes")
        assert changed(row).is_published == (action == "withdraw")
        assert getattr(row, "deleted_at", None) is None

    @pytest.mark.long
    @pytest.mark.parametrize("make", [make_network, make_page])
    @pytest.mark.parametrize("button", ["_save", "_submit"])
    def test_neither_withdraw_nor_change_on_the_site_what_they_edit(self, sign_in, make, button):
        row = make(is_published=True, slug="first")
        client = sign_in("editors")
        assert fill_in(client, change_address(row), {"slug": "changed"}, button).status_code == 302
        assert (changed(row).is_published, row.slug) == (True, "first")
        assert form_values(opened(client, change_address(row)))["slug"] == ["changed"]

    @pytest.mark.long
    @pytest.mark.parametrize("make", [make_network, make_page])
    @pytest.mark.parametrize("name", ["withdraw", "undelete", "restore/1", "schedule"])
    def test_cannot_do_past_the_form_what_publishers_do(self, sign_in, make, name):
        row = make(is_published=True)
        client = sign_in("editors")
        fill_in(client, change_address(row), {"slug": "changed"})
        typed = {"action": "withdraw", "at_0": "2999-01-01", "at_1": "12:00"}
        assert client.post(f"{list_address(row)}{row.pk}/{name}/", typed).status_code == 403
        assert changed(row).is_published
        assert (row.revisions.count(), row.schedules.count(), row.events.count()) == (2, 0, 0)

    def test_cannot_cancel_a_schedule(self, sign_in):
        network = make_network()
        plan = schedules.create(network, "withdraw", timezone.now() + timedelta(hours=1), author=None)
        address = f"{list_address(Network)}{network.pk}/schedule/{plan.pk}/cancel/"
        assert sign_in("editors").post(address).status_code == 403
        assert network.schedules.exists()

    @pytest.mark.parametrize("name", ["history", "compare", "preview", "undelete", "change"])
    def test_see_nothing_of_a_network_in_the_bin(self, sign_in, name):
        network = make_network()
        publishing.delete(network, author=None)
        client = sign_in("editors")
        response = client.get(f"{list_address(Network)}{network.pk}/{name}/", follow=True)
        # Of a form that is gone, Django tells on the start page.
        assert response.status_code == {"undelete": 403, "change": 200}.get(name, 404)
        assert response.redirect_chain == ([("/admin/", 302)] if name == "change" else [])

    @pytest.mark.parametrize("make", [make_network, make_page, make_theme])
    def test_cannot_delete(self, sign_in, make):
        row = make()
        client = sign_in("editors")
        assert client.post(delete_address(row), {"post": "yes"}).status_code == 403
        run_action(client, "delete_selected", [row], post="yes")
        assert type(row).objects.filter(pk=row.pk).exists()
        assert getattr(changed(row), "deleted_at", None) is None

    def test_read_the_city_profile_but_cannot_change_it(self, sign_in):
        profile = make_profile()
        client = sign_in("editors")
        assert client.get(change_address(profile)).status_code == 200
        typed = {"city_name_sr": "Ново име", "site_title_sr": "Нови наслов"}
        assert client.post(change_address(profile), typed).status_code == 403


@pytest.mark.django_db
class TestPublishers:
    @pytest.mark.long
    @pytest.mark.parametrize("make", [make_network, make_page])
    @pytest.mark.parametrize("role", ["publishers", "administrators", "superuser"])
    def test_publish_and_withdraw_by_the_form(self, sign_in, role, make):
        row = make(is_published=False)
        client = sign_in(role)
        tree = opened(client, change_address(row))
        assert buttons(tree) == ["_save", "_publish", "_schedule", "_preview"]
        withdraw = f"{list_address(row)}{row.pk}/withdraw/"
        assert withdraw not in tree.xpath("//a/@href")
        assert fill_in(client, change_address(row), button="_publish")["Location"] == list_address(row)
        assert changed(row).is_published
        assert withdraw in opened(client, change_address(row)).xpath("//a/@href")
        assert client.get(withdraw).status_code == 200
        assert changed(row).is_published
        assert client.post(withdraw).status_code == 302
        assert not changed(row).is_published

    def test_publish_what_they_add(self, sign_in):
        client = sign_in("publishers")
        address = "/admin/networks/network/add/"
        assert fill_in(client, address, {"name_sr": "Мрежа градова"}, "_publish").status_code == 302
        assert Network.objects.get().is_published

    @pytest.mark.long
    @pytest.mark.parametrize("make", [make_network, make_page])
    @pytest.mark.parametrize(("action", "before", "after"), [("publish", False, True), ("withdraw", True, False)])
    def test_publish_and_withdraw_by_the_action(self, sign_in, make, action, before, after):
        rows = [make(is_published=before) for _ in range(2)]
        bystander = make(is_published=not after)
        client = sign_in("publishers")
        run_action(client, action, rows)
        assert [changed(row).is_published for row in rows] == [after, after]
        assert changed(bystander).is_published is not after

    @pytest.mark.long
    @pytest.mark.parametrize("make", [make_network, make_page])
    @pytest.mark.parametrize(
        ("action", "flags", "count"),
        [
            ("publish", [False], 1),
            pytest.param("publish", [False] * 5, 5, marks=pytest.mark.exhaustive),
            ("publish", [False, True, False], 2),
            pytest.param("publish", [True, True], 0, marks=pytest.mark.exhaustive),
            pytest.param("withdraw", [True], 1, marks=pytest.mark.exhaustive),
            ("withdraw", [True, True, False], 2),
            ("withdraw", [False], 0),
        ],
    )
    def test_are_told_how_many_rows_changed(self, sign_in, make, action, flags, count):
        chosen = [make(is_published=is_published) for is_published in flags]
        noun = {make_network: "network", make_page: "page"}[make] + ("" if count == 1 else "s")
        words = f"{count} {noun} " + {"publish": "published.", "withdraw": "taken off the site."}[action]
        client = sign_in("publishers")
        assert shown_messages(run_action(client, action, chosen, "/en")) == [words]
        assert Event.objects.count() == count

    @pytest.mark.exhaustive
    @pytest.mark.parametrize("make", [make_network, make_page])
    @pytest.mark.parametrize("count", [0, 1, 2, 5, 21])
    @pytest.mark.parametrize("prefix", ["", "/sr-latn"])
    def test_are_told_so_in_serbian(self, sign_in, prefix, count, make):
        chosen = [make(is_published=False) for _ in range(count)] or [make()]
        client = sign_in("publishers")
        (message,) = shown_messages(run_action(client, "publish", chosen, prefix))
        assert message.startswith(f"{count} ") or f" {count} " in message
        assert "publish" not in message
        assert any("а" <= letter <= "ш" for letter in message) == (prefix == "")

    @pytest.mark.long
    def test_publish_the_newest_version_of_what_is_on_the_site_already(self, sign_in):
        network = make_network(slug="first")
        client = sign_in("publishers")
        fill_in(client, change_address(network), {"slug": "changed"})
        assert shown_messages(run_action(client, "publish", [network], "/en"))[-1] == "1 network published."
        assert changed(network).slug == "changed"

    @pytest.mark.long
    @pytest.mark.parametrize(("make", "noun"), [(make_network, "networks"), (make_page, "pages")])
    @pytest.mark.parametrize("role", ROLES)
    def test_submit_by_the_action(self, sign_in, role, make, noun):
        """As everybody may who changes them."""
        rows = [make(is_published=False), make(is_published=False), make()]
        client = sign_in(role)
        (message,) = shown_messages(run_action(client, "submit", rows, "/en"))
        assert message == f"2 {noun} submitted for publishing."
        assert [changed(row).submitted_at is not None for row in rows] == [True, True, False]
        (message,) = shown_messages(run_action(client, "submit", rows, "/en"))
        assert message == f"0 {noun} submitted for publishing."

    @pytest.mark.parametrize(
        ("action", "is_published", "kind"),
        [("publish", False, "published"), ("withdraw", True, "withdrawn"), ("submit", False, "submitted")],
    )
    @pytest.mark.parametrize("make", [make_network, make_page])
    def test_actions_are_on_record_with_who_and_what(self, sign_in, make, action, is_published, kind):
        row = make(is_published=is_published)
        run_action(sign_in("publishers"), action, [row])
        event = Event.objects.get()
        assert (event.author.username, event.author_name, event.kind) == ("publishers", "publishers", kind)
        assert (event.row, event.revision) == (row, row.revisions.get())

    def test_action_changes_the_day_of_the_last_change_and_nothing_else(self, sign_in):
        network = make_network(is_published=False, name_sr="Мрежа", name_en="Network", description_sr="<p>Ниш</p>")
        storage.newest_revision(network)
        row = QuerySet(Network).filter(pk=network.pk).values(*content_fields(Network), "is_published", "changed_at")
        before = row.get()
        run_action(sign_in("publishers"), "publish", [network], "/sr-latn")
        after = row.get()
        assert after.pop("changed_at") > before.pop("changed_at")
        assert {name: value or None for name, value in after.items()} == {
            name: value or None for name, value in (before | {"is_published": True}).items()
        }

    def test_delete_themes_by_the_form_and_by_the_action(self, sign_in):
        rows = [make_theme(), make_theme()]
        client = sign_in("publishers")
        client.post(delete_address(rows[0]), {"post": "yes"})
        assert list(Theme.objects.values_list("pk", flat=True)) == [rows[1].pk]
        run_action(client, "delete_selected", [rows[1]], post="yes")
        assert not Theme.objects.exists()

    @pytest.mark.parametrize("make", [make_network, make_page])
    def test_put_into_the_bin_by_the_form_and_by_the_action(self, sign_in, make):
        first, second, third = (make() for _ in range(3))
        rows = type(first).objects
        client = sign_in("publishers")
        client.post(delete_address(first), {"post": "yes"})
        assert set(rows.outside_bin()) == {second, third}
        run_action(client, "delete_selected", [second, third], post="yes")
        assert set(rows.in_bin()) == {first, second, third}
        assert {row.deleted_by for row in rows.all()} == {"publishers"}
        assert not Network.objects.published().exists()

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

    @in_latin_and_in_ci_under_each_prefix
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
        page = opened(client, change_address(milica))
        shown = [text_of(each) for each in page.xpath("//label[.//input[@name='groups']]")]
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

    @in_latin_and_in_ci_under_each_prefix
    def test_read_what_they_may_do_themselves_and_cannot_edit_it(self, sign_in, prefix):
        client = sign_in("administrators")
        boss = User.objects.get(username="administrators")
        page = client.get(prefix + change_address(boss))
        shown = page.context["adminform"]
        assert {"is_active", "is_staff", "is_superuser", "roles_in_words"} <= set(shown.readonly_fields)
        assert not {"is_active", "is_staff", "is_superuser", "groups", "user_permissions"} & set(shown.form.fields)
        assert role_name(Group.objects.get(name="administrators")) in page.text

    @pytest.mark.parametrize(
        "forged",
        [
            {"groups": "all", "is_staff": "on", "is_superuser": "on"},
            {"groups": [], "is_staff": "", "is_active": ""},
            {"groups": "all", "user_permissions": "all", "roles_in_words": "all", "_continue": "1"},
            {"groups": "all", "_saveasnew": "1", "_popup": "1"},
        ],
    )
    def test_cannot_give_themselves_a_role_or_a_right(self, sign_in, forged):
        client = sign_in("administrators")
        Group.objects.create(name="others").permissions.set(Permission.objects.all())
        boss = User.objects.get(username="administrators")
        every = {"groups": Group, "user_permissions": Permission, "roles_in_words": Group}
        typed = {
            name: [row.pk for row in every[name].objects.all()] if value == "all" else value
            for name, value in forged.items()
        }
        before = User.objects.filter(pk=boss.pk).values("is_active", "is_staff", "is_superuser").get()
        response = client.post(change_address(boss), account_form(boss, first_name="Мира") | typed)
        assert response.status_code == (400 if "_saveasnew" in forged else 302)
        assert User.objects.filter(pk=boss.pk).values(*before).get() == before
        assert [group.name for group in boss.groups.all()] == ["administrators"]
        assert not boss.user_permissions.exists()
        # The form itself was taken, but for the one that asks for a new account, which no form of the admin does.
        assert changed(boss).first_name == ("" if "_saveasnew" in forged else "Мира")

    def test_decide_what_another_administrator_may_do(self, sign_in):
        client = sign_in("administrators")
        other = make_account("administrators", username="other")
        typed = account_form(other, groups=[Group.objects.get(name="editors").pk], is_staff="")
        assert client.post(change_address(other), typed).status_code == 302
        assert (changed(other).is_staff, [group.name for group in other.groups.all()]) == (False, ["editors"])

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
    def test_may_give_itself_a_role(self, sign_in):
        client = sign_in("superuser")
        boss = User.objects.get(username="superuser")
        typed = account_form(boss, groups=[Group.objects.get(name="editors").pk], is_superuser="on")
        assert client.post(change_address(boss), typed).status_code == 302
        assert [group.name for group in boss.groups.all()] == ["editors"]

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
