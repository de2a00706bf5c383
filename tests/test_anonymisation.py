"""The name of a colleague who has left is taken off all that the site keeps, and what may not be changed is said."""

from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from networks.admin.unsaved_text import UnsavedForm
from networks.models import ConfirmationLink, ConfirmedTranslation, Event, Network, Revision, SavedView
from networks.revisions import drafts, publishing
from tests.makers import make_network
from tests.second_factor import give_second_factor
from tests.unsaved_forms import PASSWORD

pytestmark = [pytest.mark.django_db, pytest.mark.sql]


@pytest.fixture
def boss(db):
    return User.objects.create_superuser("boss", password=PASSWORD)


@pytest.fixture
def milica(db):
    return User.objects.create_user(
        "milica", password=PASSWORD, is_staff=True, first_name="Милица", last_name="Јовић"
    )


def everything():
    """All that the database holds, but for what somebody wrote as text, as one text."""
    written = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608
            written.extend(map(str, cursor.fetchall()))
    written.extend(str(session.get_decoded()) for session in Session.objects.all())
    return "\n".join(written)


@pytest.fixture
def left(boss, milica):
    """What a colleague has done before she left."""
    network = drafts.save(Network(), {"name_sr": "Мрежа", "name_en": "Network"}, author=milica).row
    network = publishing.publish(network, author=milica)
    drafts.submit(drafts.save(network, {**network.head.content, "name_sr": "Нова"}, author=milica).row, author=milica)
    network.refresh_from_db()
    ConfirmationLink.objects.create(unit="Служба", expires_at=timezone.now(), revoked_by="Милица Јовић")
    browser = Client()
    browser.force_login(milica)
    browser.post("/en/admin/login/", {"username": "milica", "password": "wrong"})
    page = f"/en/admin/networks/network/{network.pk}/change/"
    unsaved = UnsavedForm(page, {"name_sr": ["Најновија"]}, str(milica.pk), owner_name="Милица Јовић")
    session = browser.session
    unsaved.store_in_session(session)
    session.save()
    for is_shared in (True, False):
        SavedView.objects.create(user=milica, model="network", name=str(is_shared), query="q=a", is_shared=is_shared)
    give_second_factor(milica)
    boss_browser = Client()
    boss_browser.force_login(boss)
    named = {"username": "milica", "first_name": "Милица", "last_name": "Јовић", "email": "milica@example.org"}
    boss_browser.post(f"/en/admin/auth/user/{milica.pk}/change/", named)
    return milica


def anonymise(*arguments):
    out = StringIO()
    call_command("anonymise_account", *arguments, stdout=out)
    return out.getvalue()


class TestAnonymised:
    @pytest.mark.parametrize("is_deleted", [False, True])
    def test_leaves_no_name_and_all_that_was_done(self, left, is_deleted):
        before = everything()
        assert all(name in before for name in ("Милица", "Јовић", "milica"))
        number = left.pk
        if is_deleted:
            left.delete()
        names = ["milica", "Милица Јовић"] if is_deleted else ["milica"]
        plan = anonymise(*names)
        assert "Nothing was changed" in plan
        assert "3 versions" not in plan and "2 versions" in plan
        replacement = "former" if is_deleted else f"former-{number}"
        done = anonymise(*names, "--yes")
        assert "1 sessions" in done
        assert f"Replaced by “{replacement}”: milica, Милица Јовић" in done
        after = everything()
        assert not any(name in after for name in ("Милица", "Јовић", "milica"))
        assert {*Revision.objects.values_list("author_name", flat=True)} == {replacement}
        for model in (Event, ConfirmedTranslation):
            assert {*model.objects.values_list("author_name", flat=True)} == {replacement}
        assert Session.objects.count() == 1  # of the colleague who is still there
        if not is_deleted:
            assert [view.name for view in SavedView.objects.all()] == ["True"]
            assert not User.objects.get(pk=number).has_usable_password()
            assert "former" in anonymise(f"former-{number}", "--yes")  # once more does no harm

    def test_says_what_it_may_not_change(self, left):
        network = make_network()
        drafts.save(
            network, {**drafts.newest_revision(network).content, "internal_note": "Јавила Милица Јовић"}, author=None
        )
        said = anonymise("milica", "--as", "бивши сарадник", "--yes")
        assert "The name stands in texts" in said and "1 versions" in said
        assert "names nobody" in said and "365 days" in said
        assert {*Event.objects.values_list("author_name", flat=True)} == {"бивши сарадник"}

    def test_keeps_apart_who_has_the_same_name(self, left):
        User.objects.create_user("milica2", first_name="Милица", last_name="Јовић")
        assert "stays where it stands alone: Милица Јовић" in anonymise("milica", "--yes")
        assert ConfirmationLink.objects.get().revoked_by == "Милица Јовић"
        assert {*Revision.objects.values_list("author_name", flat=True)} == {f"former-{left.pk}"}

    @pytest.mark.parametrize(
        ("names", "reason"),
        [(["boss"], "can still sign in"), (["nobody"], "no account"), (["boss", "milica"], "several accounts")],
    )
    def test_refuses_what_would_be_a_mistake(self, boss, milica, names, reason):
        with pytest.raises(CommandError, match=reason):
            anonymise(*names, "--yes")
