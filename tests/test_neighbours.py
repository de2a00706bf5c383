"""Where the page of a network leads on."""

from networks.models import Network
from networks.public.neighbours import neighbours_of
from networks.reading import Reader
from tests.makers import make_network, make_theme
from tests.pages import opened, text_of


def neighbours(slug):
    found = neighbours_of(Reader("sr").network(Network.objects.get(slug=slug)))
    return (
        found.previous and found.previous.slug,
        found.following and found.following.slug,
        {each.slug for each in found.related},
    )


def test_a_network_leads_to_those_beside_it_and_to_others_like_it(db):
    culture, peace = make_theme(), make_theme()
    make_network(slug="a", position=10, themes=[culture], scope="global")
    make_network(slug="c", position=20, themes=[culture, peace], scope="global")
    make_network(slug="b", position=20, themes=[peace], scope="european")
    make_network(slug="d", position=30, scope="global")
    make_network(slug="e", position=40, scope="global")
    make_network(slug="f", position=50, themes=[culture, peace])
    make_network(slug="g", position=60)
    make_network(slug="hidden", position=25, themes=[culture, peace], is_published=False)
    assert neighbours("a") == (None, "b", {"c", "d", "f"})
    assert neighbours("b") == ("a", "c", {"f"})
    assert neighbours("c") == ("b", "d", {"a", "f"})
    assert neighbours("g") == ("f", None, set())


def test_a_page_names_them_and_a_single_network_has_none(db, client):
    make_network(slug="one", position=1, scope="global")
    assert not opened(client, "/en/networks/one/").xpath("//*[@id='others']")
    make_network(slug="two", position=2, scope="global")
    make_network(slug="three", position=3, scope="global")
    (section,) = opened(client, "/en/networks/one/").xpath("//section[@aria-labelledby='others']")
    assert section.xpath(".//a/@href") == ["/en/networks/three/", "/en/networks/two/"]
    assert [text_of(each) for each in section.xpath(".//dt")] == ["Related", "Next"]
