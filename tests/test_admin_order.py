"""The order of lists in the admin is the same on every database, whatever is not filled in."""

import pytest
from django.contrib.auth.models import User

from networks.admin.site import MAX_DRAFTS
from networks.models import Network
from networks.partial_dates import PartialDate
from networks.revisions import drafts
from tests.makers import make_network
from tests.pages import parsed


@pytest.fixture
def clerk(client, db):
    client.force_login(User.objects.create_superuser("clerk"))
    return client


@pytest.mark.parametrize("is_submitted", [True, False])
@pytest.mark.parametrize("is_published", [True, False])
def test_start_page_names_drafts_by_their_newest_name(clerk, is_submitted, is_published):
    network = make_network(name_sr="Стара", name_en="Old", is_published=is_published)
    network = drafts.save(network, {"name_sr": "Нова", "name_en": "New"}, author=None).row
    if is_submitted:
        drafts.submit(network, author=None)
    for path, name in (("/admin/", "Нова"), ("/sr-latn/admin/", "Nova"), ("/en/admin/", "New")):
        (link,) = parsed(clerk.get(path)).xpath("//section[@class='worklist']//li/a")
        assert link.text_content() == name


def test_start_page_names_what_somebody_works_on_before_what_was_only_loaded(clerk):
    for _number in range(MAX_DRAFTS):
        make_network(is_published=False)
    saved = [drafts.save(Network(), {"name_sr": name}, author=None).row for name in ("Прва", "Друга")]
    for _number in range(MAX_DRAFTS):
        make_network(is_published=False)
    links = parsed(clerk.get("/admin/")).xpath("//section[@class='worklist']//li/a")
    assert [link.text_content() for link in links[:2]] == ["Друга", "Прва"]
    assert len(links) == MAX_DRAFTS
    assert Network.objects.filter(head=None).count() == 2 * MAX_DRAFTS
    assert saved[0].head.created_at < saved[1].head.created_at


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
