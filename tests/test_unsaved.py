"""Nothing typed is lost, the server's half: what browsers are told, and what happens to those without JavaScript."""

import json
from urllib.parse import urljoin, urlsplit

import pytest
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from networks.admin.unsaved_text import UnsavedForm
from networks.models import Network, Page, SavedForm, SignInAttempts, Theme
from networks.revisions.saved_forms import remember_form
from tests.makers import make_network, make_page, make_profile, make_theme
from tests.pages import in_latin_and_in_ci_under_each_prefix
from tests.unsaved_forms import PASSWORD, form_of, log_in, sent, tree_of, values_of

PREFIXES = ["", "/sr-latn", "/en"]
TEXT = 'Ниш\n\n<b>"&amp;'


@pytest.fixture
def clerk(db):
    return User.objects.create_superuser("clerk", password=PASSWORD, first_name="Мира", last_name="Петровић")


@pytest.fixture
def colleague(db):
    return User.objects.create_superuser("colleague", password=PASSWORD)


@pytest.fixture
def browser_of_clerk(client, clerk):
    client.force_login(clerk)
    return client


def make_row(model):
    return {Network: make_network, Theme: make_theme, Page: make_page}[model]()


def address_of(row, prefix=""):
    return f"{prefix}/admin/networks/{row._meta.model_name}/{row.pk}/change/"


def text_of(response):
    return " ".join(tree_of(response).get_element_by_id("content").text_content().split())


def type_and_lose_session(client, address, **typed):
    """Send the form at the address when the session is over, and return what was sent and the answer."""
    values = sent(form_of(client.get(address)), **typed)
    client.logout()
    return values, client.post(address, values)


def forget(values, *names):
    return {name: value for name, value in values.items() if name not in names}


# The token


@pytest.mark.sql
class TestSavedForm:
    @pytest.mark.parametrize("model", [Theme, Page])
    def test_is_recorded_with_the_save(self, browser_of_clerk, clerk, model):
        address = address_of(make_row(model))
        form = form_of(browser_of_clerk.get(address))
        assert browser_of_clerk.post(address, form).status_code == 302
        saved = SavedForm.objects.get()
        assert (saved.token, saved.user) == (form["form_token"][0], clerk)

    def test_is_recorded_for_what_was_added(self, browser_of_clerk):
        address = "/admin/networks/theme/add/"
        form = sent(form_of(browser_of_clerk.get(address)), name_sr="Мир")
        assert browser_of_clerk.post(address, form).status_code == 302
        assert SavedForm.objects.get().token == form["form_token"][0]

    def test_is_not_recorded_for_what_was_refused(self, browser_of_clerk):
        address = address_of(make_theme())
        form = sent(form_of(browser_of_clerk.get(address)), name_sr="")
        again = browser_of_clerk.post(address, form)
        assert form_of(again)["form_token"] == form["form_token"]
        assert not SavedForm.objects.exists()

    def test_is_recorded_in_the_transaction_of_the_save(self, browser_of_clerk, monkeypatch):
        def fail(*_arguments):
            raise RuntimeError

        theme = make_theme(name_sr="Мир")
        form = sent(form_of(browser_of_clerk.get(address_of(theme))), name_sr="Спорт")
        monkeypatch.setattr("networks.admin.base.CityModelAdmin.log_change", fail)
        with pytest.raises(RuntimeError):
            browser_of_clerk.post(address_of(theme), form)
        theme.refresh_from_db()
        assert (theme.name_sr, SavedForm.objects.exists()) == ("Мир", False)

    def test_has_another_token_for_each_opening(self, browser_of_clerk):
        address = address_of(make_theme())
        tokens = {form_of(browser_of_clerk.get(address))["form_token"][0] for _time in range(3)}
        assert len(tokens) == 3

    @pytest.mark.parametrize("token", ["", "x" * 41, "\0"])
    def test_without_a_token_of_ours_breaks_nothing(self, browser_of_clerk, token):
        theme = make_theme(name_sr="Мир")
        response = browser_of_clerk.post(address_of(theme), {"name_sr": "Спорт", "form_token": token})
        assert response.status_code == (302 if token == "" else 200)
        assert not SavedForm.objects.exists()

    def test_is_no_change(self, browser_of_clerk):
        theme = make_theme()
        browser_of_clerk.post(address_of(theme), form_of(browser_of_clerk.get(address_of(theme))))
        history = browser_of_clerk.get(f"/en/admin/networks/theme/{theme.pk}/history/")
        assert "No fields changed" in text_of(history)


# What browsers ask


@pytest.mark.sql
class TestSession:
    ADDRESS = "/admin/session/"

    @in_latin_and_in_ci_under_each_prefix
    def test_tells_who_is_signed_in(self, browser_of_clerk, clerk, prefix):
        response = browser_of_clerk.get(prefix + self.ADDRESS)
        answer = response.json()
        assert (answer["user"], answer["name"], answer["saved"]) == (clerk.pk, "Мира Петровић", {})
        assert "no-store" in response["Cache-Control"]

    @pytest.mark.parametrize("fields", [None, {"is_staff": False}, {"is_active": False}])
    def test_tells_that_nobody_is(self, client, db, fields):
        if fields is not None:
            client.force_login(User.objects.create_user("reader", **{"is_staff": True, **fields}))
        response = client.get(self.ADDRESS, {"token": ["a"]})
        answer = response.json()
        assert (response.status_code, answer["user"], answer["name"], answer["saved"]) == (200, None, "", {})
        assert answer["csrf_token"]

    def test_gives_a_secret_with_which_a_form_is_taken(self, clerk):
        client = Client(enforce_csrf_checks=True)
        client.force_login(clerk)
        secret = client.get(self.ADDRESS).json()["csrf_token"]
        typed = {"name_sr": "Мир", "csrfmiddlewaretoken": secret}
        assert client.post("/admin/networks/theme/add/", typed).status_code == 302

    def test_tells_when_forms_of_this_user_were_saved(self, browser_of_clerk, clerk, colleague):
        before = browser_of_clerk.get(self.ADDRESS).json()["now"]
        for token, user in (("mine", clerk), ("not asked about", clerk), ("a colleague's", colleague)):
            remember_form(token, user)
        tokens = ["mine", "a colleague's", "never saved", "\0", ""]
        answer = browser_of_clerk.get(self.ADDRESS, {"token": tokens}).json()
        assert list(answer["saved"]) == ["mine"]
        assert before <= answer["saved"]["mine"] <= answer["now"] <= timezone.now().timestamp()

    def test_is_only_asked(self, browser_of_clerk):
        assert browser_of_clerk.post(self.ADDRESS).status_code == 405

    def test_of_one_person_does_not_log_another_one_in(self, client, clerk, colleague):
        typed = {"username": "colleague", "password": PASSWORD, "form_user": clerk.pk}
        typed["form_user_name"] = "Мира Петровић"
        response = client.post("/en/admin/login/", typed)
        assert "typed by Мира Петровић, and nobody else" in text_of(response)
        assert client.get(self.ADDRESS).json()["user"] is None
        assert client.post("/en/admin/login/", typed | {"username": "clerk"}).status_code == 302

    @pytest.mark.parametrize("owner", ["999999999", "9" * 30, "²", "\0", "x"])
    def test_of_nobody_we_know_logs_nobody_in(self, client, clerk, owner):
        typed = {"username": "clerk", "password": PASSWORD, "form_user": owner}
        assert "typed by somebody else" in text_of(client.post("/en/admin/login/", typed))

    def test_tells_nobody_the_name_of_an_account_by_its_number(self, browser_of_clerk, clerk, colleague):
        """Neither those who sign in, nor colleagues who are signed in: only what the form said is said again."""
        values = {"form_token": "x", "form_user": clerk.pk, "name_sr": "Мир"}
        browser_of_clerk.force_login(colleague)
        asked = browser_of_clerk.post("/en/admin/networks/theme/add/", values)
        assert (asked.status_code, "typed by somebody else" in text_of(asked)) == (403, True)
        assert "Мира" not in asked.content.decode()
        typed = {"username": "colleague", "password": PASSWORD, "form_user": clerk.pk}
        assert "Мира" not in Client().post("/en/admin/login/", typed).content.decode()


class TestForm:
    def forms(self, client, address):
        return tree_of(client.get(address)).xpath("//*[@id='unsaved']")

    @pytest.mark.long
    @in_latin_and_in_ci_under_each_prefix
    def test_says_whose_text_it_is(self, browser_of_clerk, clerk, prefix):
        make_profile()
        rows = [make_row(model) for model in (Network, Theme, Page)]
        addresses = [address_of(row, prefix) for row in rows]
        addresses += [f"{prefix}/admin/networks/{name}/add/" for name in ("network", "theme", "page")]
        for address in (*addresses, f"{prefix}/admin/networks/cityprofile/1/change/"):
            (panel,) = self.forms(browser_of_clerk, address)
            said = panel.get("data-user"), panel.get("data-user-name"), panel.get("data-is-unsaved")
            assert said == (str(clerk.pk), "Мира Петровић", None), address
            assert panel.get("data-log-in-url") == f"{prefix}/admin/login/"

    def test_that_is_a_window_or_that_one_only_reads_keeps_nothing(self, browser_of_clerk, client, clerk):
        assert self.forms(browser_of_clerk, "/admin/networks/theme/add/?_popup=1") == []
        reader = User.objects.create_user("reader", is_staff=True)
        reader.user_permissions.set(
            Permission.objects.filter(codename="view_theme", content_type__app_label="networks")
        )
        client.force_login(reader)
        assert self.forms(client, address_of(make_theme())) == []

    def test_sent_back_says_that_it_is_unsaved(self, browser_of_clerk):
        response = browser_of_clerk.post(address_of(make_theme()), {"name_sr": ""})
        (panel,) = tree_of(response).xpath("//*[@id='unsaved']")
        assert panel.get("data-is-unsaved") is not None


class TestLogOut:
    @in_latin_and_in_ci_under_each_prefix
    def test_has_the_browser_forget(self, browser_of_clerk, prefix):
        response = browser_of_clerk.post(f"{prefix}/admin/logout/")
        assert response["Clear-Site-Data"] == '"storage"'

    def test_leaves_alone_what_colleagues_left_where_the_page_has_deleted_its_own(self, browser_of_clerk):
        response = browser_of_clerk.post("/admin/logout/", {"drafts_deleted": "1"})
        assert response.status_code == 200
        assert "Clear-Site-Data" not in response

    def test_that_is_none_forgets_nothing(self, browser_of_clerk):
        """A link on another site, say."""
        response = browser_of_clerk.get("/admin/logout/")
        assert response.status_code == 405
        assert "Clear-Site-Data" not in response


# Without JavaScript: the session has ended


class TestEndedSession:
    @pytest.mark.long
    @in_latin_and_in_ci_under_each_prefix
    @pytest.mark.parametrize("model", [Network, Theme, Page])
    def test_carries_the_text_to_the_form(self, browser_of_clerk, prefix, model):
        row = make_row(model)
        address = f"{address_of(row, prefix)}?_changelist_filters=q%3Da"
        field = "title_en" if model is Page else "name_en"
        _values, asked = type_and_lose_session(browser_of_clerk, address, **{field: TEXT})
        assert asked.status_code == 403
        assert "no-store" in asked["Cache-Control"]
        for _wrong in range(2):
            asked = log_in(browser_of_clerk, asked, password="wrong")
            assert len(tree_of(asked).find_class("errornote")) == 1
        response = log_in(browser_of_clerk, asked)
        assert (response.status_code, response["Location"]) == (302, address)
        opened = browser_of_clerk.get(address)
        assert form_of(opened)[field] == [TEXT]
        row.refresh_from_db()
        assert getattr(row, field) is None

    def test_carries_the_text_past_wrong_passwords_after_which_one_waits(self, browser_of_clerk):
        theme = make_theme()
        _values, asked = type_and_lose_session(browser_of_clerk, address_of(theme, "/en"), name_en=TEXT)
        statuses = []
        for _wrong in range(8):
            asked = log_in(browser_of_clerk, asked, password="wrong")
            statuses.append(asked.status_code)
        assert statuses == [200] * 6 + [429] * 2
        assert "Try again at" in text_of(asked)
        SignInAttempts.objects.all().delete()  # the wait is over
        assert log_in(browser_of_clerk, asked)["Location"] == address_of(theme, "/en")
        assert form_of(browser_of_clerk.get(address_of(theme, "/en")))["name_en"] == [TEXT]

    def test_keeps_every_value_as_it_was_sent(self, browser_of_clerk):
        themes = [make_theme(), make_theme(), make_theme()]
        network = make_network(themes=themes[:1])
        typed = {
            "name_sr": "",
            "description_en": f"<p>{TEXT}</p><script>",
            "website": "nowhere",
            "fees-5f0c9a3e-year": "a year",
            "founded": "once",
            "verified_on": "31.2.",
            "themes": [str(theme.pk) for theme in themes[1:]],
            "_continue": "Save",
        }
        values, asked = type_and_lose_session(browser_of_clerk, address_of(network), **typed)
        log_in(browser_of_clerk, asked)
        form = form_of(browser_of_clerk.get(address_of(network)))
        names = [*forget(typed, "_continue"), "form_token", "base"]
        assert [form[name] for name in names] == [values[name] for name in names]

    def test_of_a_form_that_adds_something(self, browser_of_clerk):
        address = "/admin/networks/theme/add/"
        _values, asked = type_and_lose_session(browser_of_clerk, address, name_sr="Мир")
        assert log_in(browser_of_clerk, asked)["Location"] == address
        form = form_of(browser_of_clerk.get(address))
        assert browser_of_clerk.post(address, form).status_code == 302
        assert Theme.objects.get().name_sr == "Мир"
        assert form_of(browser_of_clerk.get(address))["name_sr"] == [""]

    @pytest.mark.long
    @pytest.mark.parametrize("end", ["save", "link", "log out"])
    def test_text_waits_until_it_is_saved_or_let_go(self, browser_of_clerk, clerk, end):
        theme, other = make_theme(), make_theme()
        address = f"{address_of(theme, '/en')}?_changelist_filters=q%3Da"
        _values, asked = type_and_lose_session(browser_of_clerk, address, name_en="Peace")
        log_in(browser_of_clerk, asked)
        browser_of_clerk.post(address_of(other), form_of(browser_of_clerk.get(address_of(other))))
        browser_of_clerk.post(address, {"name_sr": ""})
        opened = browser_of_clerk.get(address)
        assert "This is not saved yet" in text_of(opened)
        (panel,) = tree_of(opened).xpath("//*[@id='unsaved']")
        assert panel.get("data-is-unsaved") is not None
        assert form_of(browser_of_clerk.get(address_of(other)))["name_en"] == [""]

        if end == "save":
            assert browser_of_clerk.post(address, form_of(opened)).status_code == 302
        elif end == "link":
            (link,) = panel.xpath(".//a/@href")
            assert browser_of_clerk.get(urljoin(address, link))["Location"] == address
        else:
            browser_of_clerk.post("/admin/logout/")
            browser_of_clerk.force_login(clerk)
        opened = browser_of_clerk.get(address)
        assert "This is not saved yet" not in text_of(opened)
        assert form_of(opened)["name_en"] == ["Peace" if end == "save" else ""]

    @in_latin_and_in_ci_under_each_prefix
    @pytest.mark.parametrize("end", ["save", "link"])
    def test_text_waits_in_every_language_of_the_desk(self, browser_of_clerk, prefix, end):
        theme = make_theme()
        _values, asked = type_and_lose_session(browser_of_clerk, address_of(theme, "/en"), name_en="Peace")
        log_in(browser_of_clerk, asked)
        address = address_of(theme, prefix)
        opened = browser_of_clerk.get(address)
        assert form_of(opened)["name_en"] == ["Peace"]
        if end == "save":
            assert browser_of_clerk.post(address, form_of(opened)).status_code == 302
        else:
            (link,) = tree_of(opened).xpath("//*[@id='unsaved']//a/@href")
            assert browser_of_clerk.get(urljoin(address, link))["Location"] == address
        for each in PREFIXES:
            opened = browser_of_clerk.get(address_of(theme, each))
            assert form_of(opened)["name_en"] == ["Peace" if end == "save" else ""]
            assert tree_of(opened).xpath("//*[@id='unsaved']//*[@class='unsaved-offer']") == []

    def test_says_that_a_file_has_to_be_chosen_again(self, browser_of_clerk):
        network = make_network()
        picture = SimpleUploadedFile("logo.png", b"PNG")
        values = sent(form_of(browser_of_clerk.get(address_of(network, "/en"))), name_en="Network")
        browser_of_clerk.logout()
        asked = browser_of_clerk.post(address_of(network, "/en"), values | {"logo": picture})
        assert "Choose it again" in text_of(asked)
        log_in(browser_of_clerk, asked)
        opened = browser_of_clerk.get(address_of(network, "/en"))
        assert "Choose it again" in text_of(opened)
        assert form_of(opened)["name_en"] == ["Network"]

    def test_text_is_shown_to_nobody_else(self, browser_of_clerk, colleague):
        theme = make_theme()
        _values, asked = type_and_lose_session(browser_of_clerk, address_of(theme, "/en"), name_en="Peace")
        refused = log_in(browser_of_clerk, asked, "colleague")
        assert "typed by Мира Петровић, and nobody else" in text_of(refused)
        assert "Peace" not in text_of(refused)
        (link,) = tree_of(refused).xpath("//*[@id='content-main']/p/a/@href")
        assert urlsplit(browser_of_clerk.get(link)["Location"]).path == "/en/admin/login/"
        log_in(browser_of_clerk, refused)
        assert form_of(browser_of_clerk.get(address_of(theme, "/en")))["name_en"] == ["Peace"]

    def test_of_one_person_while_another_one_is_signed_in(self, browser_of_clerk, colleague):
        theme = make_theme()
        values = sent(form_of(browser_of_clerk.get(address_of(theme, "/en"))), name_en="Peace")
        browser_of_clerk.force_login(colleague)
        asked = browser_of_clerk.post(address_of(theme, "/en"), values)
        assert asked.status_code == 403
        assert "sign in as Мира Петровић" in text_of(asked)
        assert form_of(browser_of_clerk.get(address_of(theme, "/en")))["name_en"] == [""]
        log_in(browser_of_clerk, asked)
        assert form_of(browser_of_clerk.get(address_of(theme, "/en")))["name_en"] == ["Peace"]

    def test_does_not_show_the_name_of_an_account_to_strangers(self, client, clerk):
        values = {"form_token": "x", "form_user": clerk.pk, "name_sr": "Мир"}
        response = client.post("/admin/networks/theme/add/", values)
        assert response.status_code == 403
        assert "Мира" not in response.content.decode()

    @pytest.mark.parametrize(
        "address",
        [
            "/admin/",
            "/admin/networks/theme/1/delete/",
            "/admin/networks/theme/1/history/",
            "/admin/auth/user/add/",
            "/admin/auth/user/1/password/",
            "/admin/password_change/",
            "/admin/nothing/add/",
        ],
    )
    def test_elsewhere_leads_to_the_log_in_as_ever(self, client, db, address):
        response = client.post(address, {"form_token": "x", "password1": "secret"})
        assert response.status_code == 302
        assert response["Location"].startswith("/admin/login/?next=")

    def test_of_what_is_no_form_of_ours_leads_to_the_log_in_as_ever(self, client, db):
        assert client.post("/admin/networks/theme/add/", {"name_sr": "Мир"}).status_code == 302

    def test_with_more_text_than_a_log_in_takes_says_to_copy_it(self, browser_of_clerk, settings):
        settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 20_000
        theme = make_theme()
        for length, is_carried in ((4_000, True), (6_000, False)):
            _values, asked = type_and_lose_session(browser_of_clerk, address_of(theme), name_sr="Ж" * length)
            assert bool(tree_of(asked).xpath("//input[@name='kept_form']")) == is_carried
            assert asked.status_code == 403
            if is_carried:
                assert log_in(browser_of_clerk, asked).status_code == 302

    @pytest.mark.long
    @pytest.mark.parametrize(
        "carried",
        [
            "",
            "{",
            "null",
            "[]",
            '"text"',
            "{}",
            '{"address": "/"}',
            '{"address": "/", "values": [], "owner": "", "had_file": false}',
            '{"address": "/", "values": {"a": "b"}, "owner": "", "had_file": false}',
            '{"address": "/", "values": {"a": [1]}, "owner": "", "had_file": false}',
            '{"address": "/", "values": {}, "owner": 1, "had_file": false}',
            '{"address": 1, "values": {}, "owner": "", "had_file": false}',
            '{"address": "https://evil.example/", "values": {}, "owner": "", "had_file": false}',
            '{"address": "//evil.example/", "values": {}, "owner": "", "had_file": false}',
            '{"address": "/", "values": {}, "owner": "", "had_file": false, "more": 1}',
            "[" * 100_000,
        ],
    )
    def test_log_in_that_carries_what_we_did_not_write_is_an_ordinary_one(self, client, clerk, carried):
        typed = {"username": "clerk", "password": "wrong", "kept_form": carried}
        assert client.post("/admin/login/", typed).status_code == 200
        assert client.post("/admin/login/", typed | {"password": PASSWORD}).status_code == 302
        assert "kept_forms" not in client.session


# Without JavaScript: the secret is that of an older session


HERE = {"HTTP_ORIGIN": "http://testserver"}


class TestStaleSecret:
    @pytest.fixture
    def strict(self, clerk):
        client = Client(enforce_csrf_checks=True)
        client.force_login(clerk)
        return client

    def send(self, client, address, headers, **typed):
        """Send the form with a secret that is not that of the session any more."""
        values = sent(form_of(client.get(address)), csrfmiddlewaretoken="x" * 64, **typed)
        return values, client.post(address, values, **headers)

    @in_latin_and_in_ci_under_each_prefix
    def test_gives_the_form_back_to_be_sent_once_more(self, strict, prefix):
        themes = [make_theme(), make_theme()]
        row = make_network()
        pks = [str(theme.pk) for theme in themes]
        values, asked = self.send(strict, address_of(row, prefix), HERE, name_en=TEXT, themes=pks, _continue="Save")
        assert asked.status_code == 403
        (form,) = tree_of(asked).xpath("//div[@id='content-main']//form")
        assert form.get("action") == address_of(row, prefix)
        assert forget(values_of(form), "csrfmiddlewaretoken") == forget(values, "csrfmiddlewaretoken")

    def test_saves_nothing_until_it_is_sent_once_more(self, strict):
        theme = make_theme()
        _values, asked = self.send(strict, address_of(theme), HERE, name_en="Peace")
        theme.refresh_from_db()
        assert theme.name_en is None
        assert strict.post(address_of(theme), form_of(asked), **HERE).status_code == 302
        theme.refresh_from_db()
        assert theme.name_en == "Peace"

    @pytest.mark.long
    @pytest.mark.parametrize(
        ("headers", "is_given_back"),
        [
            ({"HTTP_ORIGIN": "http://testserver"}, True),
            ({"HTTP_REFERER": "http://testserver/admin/"}, True),
            ({"HTTP_SEC_FETCH_SITE": "same-origin"}, True),
            ({"HTTP_ORIGIN": "http://testserver", "HTTP_SEC_FETCH_SITE": "same-origin"}, True),
            ({}, False),
            ({"HTTP_ORIGIN": "null"}, False),
            ({"HTTP_ORIGIN": "https://testserver"}, False),
            ({"HTTP_ORIGIN": "http://testserver:81"}, False),
            ({"HTTP_ORIGIN": "http://evil.example"}, False),
            ({"HTTP_ORIGIN": "http://[::1"}, False),
            ({"HTTP_REFERER": "http://testserver.evil.example/"}, False),
            ({"HTTP_REFERER": "http://evil.example/?http://testserver/"}, False),
            ({"HTTP_SEC_FETCH_SITE": "same-site"}, False),
            ({"HTTP_SEC_FETCH_SITE": "cross-site"}, False),
            ({"HTTP_SEC_FETCH_SITE": "none"}, False),
            ({"HTTP_SEC_FETCH_SITE": "same-origin", "HTTP_ORIGIN": "http://evil.example"}, False),
            ({"HTTP_SEC_FETCH_SITE": "cross-site", "HTTP_ORIGIN": "http://testserver"}, False),
            ({"HTTP_ORIGIN": "http://testserver", "HTTP_REFERER": "http://evil.example/"}, False),
        ],
    )
    def test_is_forgiven_to_pages_of_this_site_alone(self, strict, headers, is_given_back):
        theme = make_theme()
        _values, response = self.send(strict, address_of(theme), headers, name_en="Peace")
        assert response.status_code == 403
        assert ("Peace" in response.content.decode()) == is_given_back
        theme.refresh_from_db()
        assert theme.name_en is None

    @pytest.mark.parametrize("address", ["/admin/logout/", "/admin/auth/user/add/"])
    def test_is_forgiven_for_our_forms_alone(self, strict, address):
        response = strict.post(address, {"form_token": "x", "username": "eve"}, **HERE)
        assert response.status_code == 403
        assert "eve" not in response.content.decode()

    def test_when_nobody_is_signed_in_any_more_asks_to_sign_in(self, strict):
        theme = make_theme()
        values = sent(form_of(strict.get(address_of(theme))), name_en="Peace", csrfmiddlewaretoken="x" * 64)
        strict.cookies.clear()
        asked = strict.post(address_of(theme), values, **HERE)
        log_in(strict, asked)
        assert form_of(strict.get(address_of(theme)))["name_en"] == ["Peace"]

    def test_of_a_log_in_that_carries_text_loses_nothing(self, strict, clerk, colleague):
        """Somebody has logged in in another tab, while this one was waiting for it."""
        theme = make_theme()
        kept = UnsavedForm(address_of(theme), {"form_token": ["x"], "name_sr": ["Мир"]}, str(clerk.pk))
        log_in_form = {"username": "clerk", "password": PASSWORD, "kept_form": kept.carried}
        stale = log_in_form | {"form_user": kept.owner, "csrfmiddlewaretoken": "x" * 64}
        again = strict.post("/admin/login/", stale, **HERE)
        assert strict.post(kept.address, form_of(again), **HERE).status_code == 302
        theme.refresh_from_db()
        assert theme.name_sr == "Мир"
        strict.force_login(colleague)
        asked = strict.post("/admin/login/", stale, **HERE)
        assert json.loads(form_of(asked)["kept_form"][0])["values"]["name_sr"] == ["Мир"]


@pytest.mark.long
@pytest.mark.parametrize("prefix", PREFIXES)
def test_answer_to_a_question_is_sent_once_more_after_the_log_in(browser_of_clerk, prefix):
    client, network, other = browser_of_clerk, make_network(), make_network(slug="other")
    listed, planned = f"{prefix}/admin/networks/network/", f"{address_of(network, prefix)[:-7]}schedule/"
    chosen = {"action": "edit", "_selected_action": [str(network.pk), str(other.pk)]}
    asked = form_of(client.post(listed, chosen))
    at = {"action": ["withdraw"], "at_0": ["2099-05-03"], "at_1": ["08:00"]}
    for address, typed in (
        (planned, sent(form_of(client.get(planned)), **at)),
        (listed, sent(asked, contact_phone="018 504-411")),
    ):
        client.logout()
        signed_in = log_in(client, client.post(address, typed))
        again = client.get(signed_in["Location"])
        assert client.get(signed_in["Location"]).status_code == 200  # also when the page is loaded anew
        assert client.post(signed_in["Location"], form_of(again)).status_code == 302
        assert tree_of(client.get(listed)).xpath("//form[@id='changelist-form']")
    heads = Network.objects.select_related("head")
    assert ({row.head.content["contact_phone"] for row in heads}, network.schedules.get().at.year) == (
        {"018 504-411"},
        2099,
    )


def test_answer_to_a_question_need_not_be_sent(browser_of_clerk):
    client, network = browser_of_clerk, make_network()
    chosen = {"action": "withdraw", "_selected_action": [str(network.pk)]}
    asked = form_of(client.post("/en/admin/networks/network/", chosen))
    client.logout()
    again = client.get(log_in(client, client.post("/en/admin/networks/network/", asked))["Location"])
    (link,) = tree_of(again).xpath("//a[text()='Do not send it']/@href")
    assert client.get(urljoin("/en/admin/networks/network/", link), follow=True).status_code == 200
    assert tree_of(client.get("/en/admin/networks/network/")).xpath("//form[@id='changelist-form']")
    network.refresh_from_db()
    assert network.is_published
