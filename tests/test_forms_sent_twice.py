"""One form makes one thing, however often it is sent. (At the same moment: see test_two_processes.py.)"""

import pytest
from django.apps import apps

from networks.models import SavedForm, Theme
from networks.revisions.saved_forms import remember_form
from tests.makers import make_theme

pytestmark = [pytest.mark.django_db, pytest.mark.sql]


@pytest.fixture
def desk(admin_client):
    admin_client.raise_request_exception = False
    return admin_client


@pytest.mark.parametrize("model", ["network", "theme", "page", "oldaddress"])
class TestFormThatIsSentTwice:
    FORMS = {
        "network": {"name_sr": "Мир", "status": "member"},
        "theme": {"name_sr": "Мир"},
        "page": {"title_sr": "Мир"},
        "oldaddress": {"old_path": "/old/", "new_path": "/"},
    }

    def rows(self, model):
        return apps.get_model("networks", model).objects

    def send(self, desk, model, **typed):
        address = f"/admin/networks/{model}/add/"
        return desk.post(address, {"form_token": "token", **self.FORMS[model], **typed})

    @pytest.mark.long
    def test_makes_one_thing(self, desk, model):
        assert [self.send(desk, model).status_code for _time in range(3)] == [302] * 3
        assert self.rows(model).count() == 1

    def test_writes_what_was_typed_after_going_back(self, desk, model):
        self.send(desk, model)
        name, text = {"page": ("title_en", "Peace"), "oldaddress": ("new_path", "/changes/")}.get(
            model, ("name_en", "Peace")
        )
        self.send(desk, model, **{name: text})
        (row,) = self.rows(model).all()
        assert getattr(row, name) == text

    def test_makes_another_after_the_first_was_deleted(self, desk, model):
        self.send(desk, model)
        self.rows(model).all().delete()
        assert self.send(desk, model).status_code == 302
        assert self.rows(model).count() == 1

    def test_is_not_remembered_where_it_was_refused(self, desk, model):
        name = {"page": "title_sr", "oldaddress": "old_path"}.get(model, "name_sr")
        assert self.send(desk, model, **{name: ""}).status_code == 200
        assert not SavedForm.objects.exists()
        assert self.send(desk, model).status_code == 302


def test_form_that_was_gone_back_to_does_not_silently_take_the_place_of_what_a_colleague_wrote(desk):
    typed = {"form_token": "token", "name_sr": "Мир"}
    desk.post("/admin/networks/theme/add/", typed)
    Theme.objects.update(name_sr="Мир и безбедност")
    response = desk.post("/en/admin/networks/theme/add/", typed | {"name_sr": "Мир и развој"})
    assert "Saved now: Мир и безбедност" in response.content.decode()
    assert Theme.objects.get().name_sr == "Мир и безбедност"


def test_window_that_was_sent_twice_gives_back_what_was_made(desk):
    typed = {"form_token": "token", "name_sr": "Мир", "_popup": "1"}
    answers = [desk.post("/admin/networks/theme/add/", typed) for _time in range(2)]
    assert answers[0].context_data["popup_response_data"] == answers[1].context_data["popup_response_data"]


def test_token_of_another_form_is_no_network(desk, admin_user):
    theme = make_theme()
    remember_form("x", admin_user, theme)
    response = desk.post("/admin/networks/network/add/", {"form_token": "x", "name_sr": "Мир", "status": "member"})
    assert response.status_code < 500
