"""Numbers in the admin: typed and shown as the language writes them, and never guessed."""

from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.utils.formats import number_format
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from networks.admin.numbers import DecimalField, IntegerField
from networks.models import Network
from tests.browser import be_signed_in
from tests.makers import make_network
from tests.pages import (
    LANGUAGES,
    PREFIXES,
    errors_by_field,
    fill_in,
    form_values,
    in_latin_and_in_ci_in_each_language,
    opened,
    page_after,
)

SERBIAN, ENGLISH = ("sr", "sr-latn"), ("en",)
AMOUNT = "fees-5f0c9a3e-amount"
FEE = {"fees": "lines", "fees-5f0c9a3e-currency": "RSD", "fees-5f0c9a3e-year": "2026"}

READ = [
    # typed, in which languages, what it is
    ("1500", LANGUAGES, "1500"),
    ("1500,00", LANGUAGES, "1500"),
    ("1500.00", LANGUAGES, "1500"),
    ("1500,5", LANGUAGES, "1500.5"),
    ("1.500,00", LANGUAGES, "1500"),
    ("1,500.00", LANGUAGES, "1500"),
    ("1 500,00", LANGUAGES, "1500"),
    ("1\xa0500.50", LANGUAGES, "1500.5"),
    ("1\u202f234\u202f567", LANGUAGES, "1234567"),
    ("1.234.567", LANGUAGES, "1234567"),
    ("1,234,567", LANGUAGES, "1234567"),
    ("1.234.567,89", LANGUAGES, "1234567.89"),
    ("0,5", LANGUAGES, "0.5"),
    ("  12.34 ", LANGUAGES, "12.34"),
    ("1.500", SERBIAN, "1500"),
    ("1,500", ENGLISH, "1500"),
    ("12.345", SERBIAN, "12345"),
]
REFUSED = [
    "хиљаду", "1e3", "NaN", "1..5", "1,2,3", "1.50.00", "12.34,567.89", "1500,000", "1500.001", "0,500", "1.500 RSD",
    "1.500,", ",", ".", "-", "1_500", "١٥٠٠", "99999999999",
]  # fmt: skip


def errors_of(client, language, typed):
    response = fill_in(client, f"{PREFIXES[language]}/admin/networks/network/add/", {"name_sr": "Мрежа"} | typed)
    tree = page_after(client, response)
    values = form_values(tree)
    assert {name: values[name][0] for name in typed} == typed  # what was typed stays
    return errors_by_field(tree)


@pytest.fixture
def clerk(client, db):
    client.force_login(User.objects.create_superuser("clerk"))
    return client


@pytest.mark.exhaustive
@pytest.mark.parametrize(("typed", "languages", "amount"), READ)
def test_a_number_is_read_as_the_language_writes_it(clerk, typed, languages, amount):
    for number, language in enumerate(languages):
        address = f"{PREFIXES[language]}/admin/networks/network/add/"
        values = FEE | {"name_sr": f"Мрежа {number}", AMOUNT: typed}
        assert fill_in(clerk, address, values).status_code == 302
        (fee,) = Network.objects.get(name_sr=values["name_sr"]).fees
        assert Decimal(fee["amount"]) == Decimal(amount)


@pytest.mark.parametrize(
    ("typed", "language", "readings"),
    [
        ("1,500", "sr", ("1.500", "1,50")),
        ("1,500", "sr-latn", ("1.500", "1,50")),
        ("1.500", "en", ("1,500", "1.50")),
        ("12.345", "en", ("12,345", "12.34")),
    ],
)
def test_a_number_that_can_mean_two_is_asked_about(clerk, typed, language, readings):
    errors = errors_of(clerk, language, FEE | {AMOUNT: typed})
    assert Network.objects.get().fees == []
    (error,) = errors.values()
    assert all(each in error for each in (typed, *readings))
    # Either can then be written, and is clear.
    with override(language):
        thousands, broken = (DecimalField(decimal_places=2).clean(each) for each in readings)
    assert thousands > 1000 > 20 > broken


@in_latin_and_in_ci_in_each_language
def test_what_is_no_amount_is_refused_and_kept(clerk, language):
    errors = errors_of(clerk, language, FEE | {AMOUNT: "1e3"})
    assert list(errors) == [AMOUNT]
    field = DecimalField(max_digits=12, decimal_places=2)
    with override(language):
        assert [typed for typed in REFUSED if not is_refused(field, typed)] == []


def is_refused(field, typed):
    try:
        field.clean(typed)
    except ValidationError:
        return True
    return False


@pytest.mark.parametrize(
    ("language", "typed", "number"),
    [
        ("sr", "1.000", 1000),
        ("en", "1,000", 1000),
        ("en", "1.000", None),
        ("sr", "1,000", None),
        ("sr", "2 000", 2000),
    ],
)
def test_so_is_a_whole_number(language, typed, number):
    with override(language):
        field = IntegerField()
        if number is None:
            assert is_refused(field, typed)
        else:
            assert field.clean(typed) == number


@in_latin_and_in_ci_in_each_language
def test_an_amount_is_shown_as_it_is_typed_and_saved_untouched_it_is_the_same(clerk, language):
    network = make_network(fees=[{"id": "5f0c9a3e", "amount": "1234567.50", "currency": "RSD", "year": 2026}])
    address = f"{PREFIXES[language]}/admin/networks/network/{network.pk}/change/"
    values = form_values(opened(clerk, address))
    assert values[AMOUNT] == ["1,234,567.50" if language == "en" else "1.234.567,50"]
    assert values["fees-5f0c9a3e-year"] == ["2026"]
    fill_in(clerk, address)
    assert network.revisions.count() == 1


@given(st.decimals(0, 9_999_999_999, places=2))
def test_what_is_shown_is_read_back_in_every_language(amount):
    """As text that was typed in the admin in one language may be put into the form in another."""
    field = DecimalField(max_digits=12, decimal_places=2)
    for shown_in in LANGUAGES:
        with override(shown_in):
            shown = field.prepare_value(amount)
            assert shown == number_format(amount, 2, force_grouping=True)
        for language in LANGUAGES:
            with override(language):
                assert field.clean(shown) == amount


@pytest.mark.browser
@pytest.mark.parametrize("language", LANGUAGES)
def test_an_amount_that_is_typed_in_a_browser_is_sent_as_it_was_typed(live_server, open_page, language):
    page = open_page(locale={"sr": "sr-Cyrl-RS", "sr-latn": "sr-Latn-RS", "en": "en-GB"}[language])
    be_signed_in(page, live_server.url)
    for number, typed in enumerate(["1500,00", "1501.00"]):
        page.goto(f"{live_server.url}{PREFIXES[language]}/admin/networks/network/add/")
        page.fill("#id_name_sr", "Мрежа")
        page.locator("[data-lines=fees] [data-add-line]").click()
        fee = page.locator("[data-lines=fees] .line")
        fee.locator("[name$=amount]").focus()
        page.keyboard.type(typed)
        fee.locator("[name$=currency]").fill("RSD")
        fee.locator("[name$=year]").fill("2026")
        with page.expect_navigation():
            page.click("[name=_save] >> nth=0")
        assert [fee["amount"] for fee in Network.objects.latest("pk").fees] == [f"{1500 + number}.00"]
