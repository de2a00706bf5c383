"""What nobody sends by mistake: no parameter and no form breaks the admin, and none keeps it busy."""

import logging
import time

import pytest
from django.db import transaction
from django.test import Client

from networks.models import Network, Theme
from tests.makers import make_network, make_page, make_theme
from tests.world import ADDRESSES, REQUESTS, Asked

pytestmark = pytest.mark.django_db

LOOKUPS = [
    r"search_text__regex=(\w%2B\s?)%2B==",
    "search_text__regex=[",
    "x__regex=[",
    "x=1",
    "slug=draft",
    "pk=1",
    "pk__in=1,2",
    "id__exact=1",
    "status=left",
    "status__iexact=left",
    "internal_note__contains=a",
    "is_published__regex=(a%2B)%2B",
    "themes__name_sr__regex=(a%2B)%2B",
    "themes__id__in=1,2",
    "head__content__x=1",
    "head__author__password__startswith=p",
    "password__startswith=p",
    "user__password__startswith=p",
    "permissions__codename__regex=(a%2B)%2B",
]
# What the addresses read, by how their names end: from the query, and from what is posted
IN_THE_QUERY = {
    "changelist": "q o p all e _to_field _popup _source_model _facets state english status__exact themes__id__exact "
    "themes__isnull is_published__exact is_staff__exact search_text__regex",
    "add": "_changelist_filters _popup _to_field without-kept-text name_sr themes groups",
    "change": "_changelist_filters _popup _to_field without-kept-text",
    "delete": "_popup _to_field",
    "history": "p",
    "review": "without-kept-text",
    "compare": "from to",
    "preview": "version",
    "session": "token",
    "autocomplete": "term app_label model_name field_name page",
    "login": "next",
    "jsi18n": "packages domain",
}
POSTED = {
    "changelist": "action select_across index _selected_action _save",
    "add": "_popup _to_field _source_model _saveasnew form_token form_user slug name_sr name_en themes "
    "joined fees fees-5f0c9a3e-amount logo groups username usable_password password1 _publish title_sr old_path",
    "change": "_popup _to_field _source_model _saveasnew form_token form_user began_with base seen conflicting slug "
    "choice_name_sr name_sr themes fees-5f0c9a3e-year groups user_permissions last_login_0 is_published _publish",
    "delete": "post _popup _to_field",
    "login": "next kept_form form_user username password",
    "schedule": "action at_0 at_1",
    "links": "days is_kept",
    "open": "left",
    "discard": "version",
    "review": "version state remark form_token form_user all own language return recall say",
    "password_change": "old_password new_password1 usable_password",
}
VALUES = [
    "",
    "\0",
    "x",
    "[",
    "-1",
    "0",
    "9" * 30,
    "9" * 5000,
    "٣",
    "1.-1.99.x",
    "NaN",
    "1e999",
    "a,b",
    "//elsewhere.example/",
    "%ED%A0%80",
    "а" * 9000,
    "а " * 4000,
    r"(\w+\s?)+==",
    '{"address": 1}',
    "'\"<>",
]


@pytest.fixture(autouse=True)
def _quiet():
    """The server would log each refusal."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture
def desk(admin_client):
    admin_client.raise_request_exception = False
    return admin_client


# What a list is narrowed by


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    "model", ["networks/network", "networks/theme", "networks/page", "networks/oldaddress", "networks/link"]
)
@pytest.mark.parametrize("lookup", LOOKUPS)
def test_list_takes_nothing_but_its_filters(desk, model, lookup):
    make_network(name_sr="а" * 40)
    assert desk.get(f"/admin/{model}/?{lookup}").status_code == 400


@pytest.mark.long
@pytest.mark.parametrize("model", ["auth/user", "auth/group"])
@pytest.mark.parametrize("lookup", LOOKUPS)
def test_list_of_accounts_takes_nothing_but_its_filters(desk, model, lookup):
    assert desk.get(f"/admin/{model}/?{lookup}").status_code == 400


@pytest.mark.parametrize(
    "query",
    [
        "networks/network/?state=draft&status__exact=member&scope__exact=balkan&english=missing",
        "networks/network/?themes__id__exact={theme}",
        "networks/network/?status__exact=member&q=мрежа&o=1&p=1&all=",
        "networks/page/?state=draft&english=complete&q=мрежа",
        "auth/user/?is_staff__exact=1&is_superuser__exact=0&is_active__exact=1",
        "networks/network/?_facets=True",
        "networks/theme/?_popup=1&_to_field=id",
    ],
)
def test_list_goes_on_taking_its_filters(desk, query):
    theme = make_theme()
    make_network(themes=[theme])
    make_page()
    assert desk.get(f"/admin/{query.format(theme=theme.pk)}").status_code == 200


@pytest.mark.parametrize("query", ["q=%00", "e=%00"])
def test_list_that_cannot_be_shown_is_shown_whole_and_is_no_broken_database(desk, query):
    first = desk.get(f"/admin/networks/theme/?{query}")
    again = desk.get(f"/admin/networks/theme/?e=1&{query}")
    assert (first.status_code, again.status_code) == (400 if "e=" in query else 302, 400)


# Every address of the admin with every parameter that it may read


def parameters(name, method):
    kinds = IN_THE_QUERY if method == "GET" else POSTED
    kind = max((kind for kind in kinds if name.endswith(kind)), key=len, default=None)
    return kinds.get(kind, "x").split()


@pytest.mark.exhaustive
@pytest.mark.parametrize(("role", "share"), [("anonym", 10), ("editor", 60), ("super", 60)])
def test_no_parameter_breaks_the_desk_or_keeps_it_busy(world, role, share):
    client = Client(raise_request_exception=False)
    if role != "anonym":
        client.force_login(world.accounts[role])
    cookies = {name: each.value for name, each in client.cookies.items()}
    desk = [(name, pattern) for name, pattern in ADDRESSES["sr"].items() if name.startswith("admin")]
    asked = [
        (*each, method, parameter)
        for each in desk
        for method in ("GET", "POST")
        for parameter in parameters(each[0], method)
    ]
    wrong = {}
    for count, (name, pattern, method, parameter) in enumerate(asked):
        usual = REQUESTS.get(name, {}).get(method, Asked()).data
        for value in VALUES[count % share :: share]:
            client.cookies.clear()
            client.cookies.load(cookies)
            with transaction.atomic():
                began = time.perf_counter()
                response = getattr(client, method.lower())(world.address(pattern, {}), {**usual, parameter: value})
                took = time.perf_counter() - began
                transaction.set_rollback(True)
            if response.status_code >= 500 or took > 5:
                what = f"{method} {name} {parameter}={value[:20]!r}"
                wrong[what] = repr(response.exc_info and response.exc_info[1])[:80] or took
    assert wrong == {}


# Forms that are not ours


@pytest.mark.parametrize("path", ["network/2/", "network/add/", "network/2/change/", "theme/9/", "page/x/y/z/"])
@pytest.mark.parametrize("posted", [{"form_token": "x"}, {"form_token": "x", "_saveasnew": "1"}])
def test_form_of_a_stranger_leads_to_the_log_in(client, path, posted):
    response = client.post(f"/admin/networks/{path}", posted)
    assert response.status_code in (302, 403)
    assert "login" in response.get("Location", "login")


@pytest.mark.parametrize("model", ["network", "theme", "page", "oldaddress"])
@pytest.mark.parametrize("place", ["add", "{pk}/change"])
def test_nothing_is_saved_as_new(desk, model, place):
    made = {"network": make_network, "theme": make_theme, "page": make_page}.get(model, make_theme)()
    for typed in ({}, {"name_sr": "", "title_sr": ""}, {"form_token": "x", "name_sr": "Мир", "slug": "a"}):
        address = f"/admin/networks/{model}/{place.format(pk=made.pk)}/"
        assert desk.post(address, {**typed, "_saveasnew": "1"}).status_code == 400
    assert (Network.objects.count(), Theme.objects.count()) == (model == "network", model in ("theme", "oldaddress"))


@pytest.mark.exhaustive
@pytest.mark.parametrize("chosen", ["x", "", "\0", "-1", "9" * 30, "٣", "1.5", "1,2"])
@pytest.mark.parametrize("model", ["networks/network", "networks/theme", "networks/page", "auth/user", "auth/group"])
def test_what_is_chosen_in_a_list_are_rows(desk, model, chosen):
    make_network()
    for action in ("delete_selected", "publish", "x", ""):
        posted = {"action": action, "index": "0", "_selected_action": [chosen]}
        assert desk.post(f"/admin/{model}/", posted).status_code in (302, 400, 200)


@pytest.mark.long
@pytest.mark.parametrize("number", ["9" * 30, "-1", "x", "", "٣", "1.5"])
def test_choice_of_rows_that_there_are_not_is_refused_beside_the_field(desk, number):
    network = make_network()
    address = f"/admin/networks/network/{network.pk}/change/"
    typed = {"name_sr": "Мир", "slug": "a", "status": "member", "base": "1", "themes": [number]}
    desk.get(address)
    assert "errorlist" in desk.post(address, typed).content.decode()
