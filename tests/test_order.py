"""The order of networks and pages: moved by a number, by buttons and by dragging, and seen by citizens at once."""

import pytest
from django.db import connection
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from networks.models import Event, Network, Page
from networks.page_store.version import current_version
from networks.revisions import drafts, order, publishing
from tests.makers import make_account, make_network, make_page
from tests.pages import form_values, messages_of, opened, parsed, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.sql]

HERE = "/admin/networks/network/order/"


def in_order(model=Network):
    return list(model.objects.outside_bin().values_list("slug", flat=True))


@pytest.fixture
def networks():
    """Five networks, by their slugs: a to e. Only c is not on the site, and two have the same position."""
    return {
        slug: make_network(slug=slug, position=position, is_published=slug != "c")
        for slug, position in zip("abcde", (0, 10, 10, 20, 1000), strict=True)
    }


@pytest.fixture
def publisher():
    client = Client()
    client.force_login(make_account("publishers", first_name="Ана"))
    return client


WAYS = st.sampled_from(["before", "after", "place"])
MOVES = st.lists(st.tuples(st.integers(0, 4), WAYS, st.integers(0, 4)), min_size=1, max_size=4)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])  # each goes on from where the last one ended
@given(moves=MOVES)
def test_moves_of_people_who_see_an_old_order_lose_nothing(networks, moves):
    """Each row comes to stand beside the one that was chosen, and all others stay as they were to each other."""
    rows = list(networks.values())
    for number, way, target in moves:
        row, other, before = rows[number], rows[target], in_order()
        order.move(row, author=None, **{way: target + 1 if way == "place" else other.pk})
        after = in_order()
        at = after.index(row.slug)
        assert sorted(after) == list("abcde")
        assert [slug for slug in after if slug != row.slug] == [slug for slug in before if slug != row.slug]
        if way == "place":
            assert at == target
        elif other != row:
            assert after.index(other.slug) == at + (1 if way == "before" else -1)
        if after != before:
            assert [*Network.objects.values_list("position", flat=True)] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("slug", ["a", "c"])
def test_move_is_no_change_of_the_content(networks, slug):
    author = make_account("publishers", first_name="Ана")
    row = networks[slug]
    version, changed_at = current_version(), row.changed_at
    connection.run_on_commit.clear()  # in a transaction, the version is raised once
    assert order.move(row, author=author, place=5)
    moved = Network.objects.get(slug=slug)
    assert (moved.changed_at, moved.head, moved.has_draft, moved.outdated_newest) == (
        changed_at,
        None,
        slug == "c",
        [],
    )
    assert not moved.changes.exists()
    # A row that citizens do not see changes nothing that they see.
    assert (current_version() > version) == (slug == "a")
    (event,) = Event.objects.all()
    assert (event.row, event.kind, event.author, event.author_name) == (moved, "moved", author, "Ана")
    assert event.explanation == ("1 → 5" if slug == "a" else "3 → 5")
    assert order.move(row, author=author, place=9) is None
    assert Event.objects.count() == 1


def test_neither_a_draft_nor_a_restored_version_moves_a_network(networks):
    row = networks["b"]
    first = drafts.save(row, {"seat_sr": "Ниш"}, author=None).revision
    order.move(row, author=None, place=1)
    expected = ["b", "a", "c", "d", "e"]
    for write in (
        lambda: publishing.publish(row, author=None),
        lambda: drafts.save(row, {"seat_sr": "Беч", "position": 7}, author=None),
        lambda: publishing.publish(row, author=None),
        lambda: drafts.restore(row, first, author=None),
        lambda: publishing.unpublish(row, author=None),
    ):
        write()
        assert in_order() == expected
    assert "position" not in first.content


def test_what_is_new_comes_last(networks):
    drafts.save(Network(), {"name_sr": "Нова", "slug": "0"}, author=None)
    assert in_order() == [*"abcde", "0"]
    assert drafts.save(Page(), {"title_sr": "О сајту"}, author=None).row.position == 1


def press(client, row, to, address=HERE, **typed):
    """Press one of the buttons of a row in the page that is open, as a browser without JavaScript does."""
    tree = typed.pop("page", None)
    tree = opened(client, address) if tree is None else tree
    (form,) = tree.xpath(f"//li[@data-row={row.pk}]/form")
    (value,) = form.xpath(f".//button[starts-with(@value, '{to}')][not(@disabled)]/@value")
    return client.post(address, dict(form.form_values()) | {"to": value} | typed, follow=True)


@pytest.mark.long
def test_buttons_and_numbers_move_without_scripts(publisher, networks):
    expected = []
    for slug, to, typed, result in (
        ("d", "before", {}, "abdce"),
        ("a", "after", {}, "badce"),
        ("e", "place:1", {}, "ebadc"),
        ("b", "place", {"place": " 4 "}, "eadbc"),
    ):
        if to == "place":
            tree = opened(publisher, HERE)
            values = dict(tree.xpath(f"//li[@data-row={networks[slug].pk}]/form")[0].form_values())
            response = publisher.post(HERE, values | {"to": "place", **typed}, follow=True)
        else:
            response = press(publisher, networks[slug], to)
        expected.append(result)
        assert "".join(in_order()) == result
        assert len(parsed(response).find_class("undo")) == 1
    shown = parsed(Client().get("/")).xpath("//h3/a/@href")
    assert [each.split("/")[-2] for each in shown] == ["e", "a", "d", "b"]
    # The last move is undone from the message.
    form = parsed(response).find_class("undo")[0]
    response = publisher.post(form.get("action"), dict(form.form_values()), follow=True)
    assert response.redirect_chain[-1][0] == HERE
    assert "".join(in_order()) == "ebadc"
    assert not parsed(response).find_class("undo")


@pytest.mark.long
def test_undo_leaves_alone_what_somebody_has_moved_since(publisher, networks):
    def undone(response):
        form = parsed(response).find_class("undo")[0]
        return publisher.post(form.get("action"), dict(form.form_values()), follow=True)

    # Where the one that it stood after is in the bin by now, it goes back to its number.
    response = press(publisher, networks["b"], "place:1")
    publishing.delete(networks["a"], author=None)
    undone(response)
    assert "".join(in_order()) == "cbde"
    response = press(publisher, networks["e"], "place:1")
    order.move(networks["e"], author=None, place=2)
    assert networks["e"].name_sr in messages_of(parsed(undone(response)))[0]
    assert "".join(in_order()) == "cebd"


def test_two_people_move_relative_to_what_they_saw(publisher, networks):
    seen = opened(publisher, HERE)
    order.move(networks["b"], author=None, place=5)
    press(publisher, networks["c"], "before", page=seen)  # before b, where it stands now
    assert "".join(in_order()) == "adecb"
    publishing.delete(networks["d"], author=None)
    response = press(publisher, networks["c"], "after", page=seen)
    assert len(messages_of(parsed(response))) == 1
    assert "".join(in_order()) == "aecb"


@pytest.mark.parametrize("place", ["", "x", "-1", "1.5", "9" * 30])
def test_what_is_no_place_is_said(publisher, networks, place):
    response = publisher.post(HERE, {"row": networks["a"].pk, "to": "place", "place": place}, follow=True)
    assert len(messages_of(parsed(response))) == 1
    assert "".join(in_order()) == "abcde"


@pytest.mark.parametrize("to", ["", "before", "before:", "after:x", "beside:1", "place:-1"])
def test_made_up_moves_are_refused(publisher, networks, to):
    assert publisher.post(HERE, {"row": networks["a"].pk, "to": to}).status_code == 400
    assert publisher.post(HERE, {"row": "0", "to": "place:1"}).status_code == 404


@pytest.mark.long
def test_history_and_list_tell_of_it(publisher, networks):
    press(publisher, networks["a"], "after")
    tree = opened(publisher, f"/en/admin/networks/network/{networks['a'].pk}/history/")
    assert "Moved in the order 1 → 2" in text_of(tree)
    assert opened(publisher, "/admin/networks/network/").xpath(f"//a[@href='{HERE}']")


def test_pages_have_an_order_too_and_an_empty_one_says_so(publisher):
    address = "/en/admin/networks/page/order/"
    Page.objects.all().delete()
    assert "nothing to put into order" in text_of(opened(publisher, address))
    first, second = make_page(position=1), make_page(position=1)
    press(publisher, second, "before", address)
    assert in_order(Page) == [second.slug, first.slug]
    assert "position" not in form_values(opened(publisher, f"/admin/networks/page/{first.pk}/change/"))


def test_queries_do_not_grow(publisher, networks, django_assert_max_num_queries):
    for number in range(20):
        make_network(position=2000 + number)
    publisher.get(HERE)
    with django_assert_max_num_queries(12):
        publisher.get(HERE)
    with django_assert_max_num_queries(25):
        order.move(networks["a"], author=None, place=20)
