"""The order of lists in the admin is the same on every database, whatever is not filled in."""

import pytest
from django.contrib.auth.models import User

from networks.partial_dates import PartialDate
from networks.revisions import drafts
from tests.makers import make_network
from tests.pages import parsed

pytestmark = pytest.mark.sql


@pytest.fixture
def clerk(client, db):
    client.force_login(User.objects.create_superuser("clerk"))
    return client


@pytest.mark.parametrize("is_submitted", [True, False])
@pytest.mark.parametrize("is_published", [True, False])
def test_start_page_names_drafts_by_their_newest_name(clerk, is_submitted, is_published):
    network = make_network(name_sr="Стара", name_en="Old", is_published=is_published)
    user = User.objects.get()
    network = drafts.save(network, {"name_sr": "Нова", "name_en": "New"}, author=user).row
    if is_submitted:
        drafts.submit(network, author=user)
    group = "waiting" if is_submitted else "drafts"
    for path, name in (("/admin/", "Нова"), ("/sr-latn/admin/", "Nova"), ("/en/admin/", "New")):
        links = parsed(clerk.get(path)).xpath(f"//section[@aria-labelledby='{group}']//li//a[not(@class)]")
        assert [link.text_content() for link in links] == [name]


@pytest.mark.parametrize(
    ("sign", "expected"), [("", ["2003", "2007-05", None, None]), ("-", ["2007-05", "2003", None, None])]
)
def test_networks_whose_time_of_joining_is_not_known_stand_last(clerk, sign, expected):
    for joined in (None, PartialDate(2007, 5), None, PartialDate(2003)):
        make_network(joined=joined)
    # The columns count from one, the tick boxes not among them.
    column = 4
    response = clerk.get(f"/admin/networks/network/?o={sign}{column}")
    assert "sorted" in parsed(response).find_class("column-displayed_joined")[0].get("class")
    shown = [network.joined for network in response.context["cl"].result_list]
    assert [each and each.isoformat() for each in shown] == expected
