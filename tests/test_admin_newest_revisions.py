"""The list of networks shows, filters and searches the newest version of each, whether or not it is published."""

import pytest
from django.contrib.auth.models import User

from networks.admin.newest_revisions import search
from networks.models import Network, Theme
from networks.partial_dates import PartialDate
from networks.public import word_index
from networks.revisions import drafts, publishing, storage
from tests.makers import make_network, make_theme
from tests.pages import count_queries, opened, text_of

pytestmark = pytest.mark.sql

LIST = "/en/admin/networks/network/"


@pytest.fixture
def clerk(client, db):
    client.force_login(User.objects.create_superuser("clerk"))
    return client


@pytest.fixture
def themes(db):
    return {"old": make_theme(slug="art"), "new": make_theme(slug="modern-art")}


@pytest.fixture(params=["draft", "published", "unpublished", "discarded"])
def network(request, themes):
    """A network whose texts and facts were changed, and where that stands."""
    row = make_network(slug="changed", name_sr="Стара мрежа", themes=[themes["old"]], joined=PartialDate(2003))
    make_network(slug="other", name_sr="Сасвим друга", name_en="Other", joined=PartialDate(2005))
    storage.newest_revision(row)
    if request.param == "unpublished":
        row = publishing.unpublish(row, author=None)
    new = {
        "name_sr": "Нова мрежа",
        "name_en": "New network",
        "description_sr": "<p>Мостови</p>",
        "description_en": "<p>Bridges</p>",
        "status": "left",
        "scope": "balkan",
        "themes": ["modern-art"],
        "joined": None,
    }
    saved = drafts.save(row, storage.newest_revision(row).content | new, author=None)
    if request.param == "published":
        publishing.publish(saved.row, author=None)
    if request.param == "discarded":
        drafts.discard(saved.row, author=None)
    row = Network.objects.get(pk=row.pk)
    row.is_new = request.param != "discarded"
    return row


def found(clerk, query):
    rows = opened(clerk, f"{LIST}?{query}").xpath("//table[@id='result_list']/tbody/tr")
    return [int(each.xpath(".//input[@name='_selected_action']/@value")[0]) for each in rows]


@pytest.mark.parametrize("is_draft", [True, False])
def test_network_is_found_by_what_only_staff_read(clerk, is_draft):
    words = {
        "responsible_unit": "Канцеларија за сарадњу",
        "contact_email": "milica@example.org",
        "contact_phone": "018 505-555",
        "documents": [{"kind": "decision", "title_sr": "Закључак већа", "number": "06-123/2019"}],
        "internal_note": "Питати начелника",
        "source": "Службени лист",
    }
    row = publishing.publish(drafts.save(Network(), {"name_sr": "Мрежа"}, author=None).row, author=None)
    make_network(name_sr="Друга мрежа")
    saved = drafts.save(row, words, author=None)
    if not is_draft:
        publishing.publish(saved.row, author=None)
    for query in (
        "kancelarija",
        "milica@example.org",
        "505-555",
        "06-123/2019",
        "zakljucak",
        "nacelnika",
        "sluzbeni mreza",
    ):
        assert list(search(Network.objects.all(), query)) == [row], query
    assert not list(search(Network.objects.all(), "kancelarija druga"))
    assert not word_index.find("nacelnika").entries  # what visitors search has none of it


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    ("of_new", "of_old"),
    [
        ("q=nova", "q=stara"),
        ("q=mostovi", "q=stara"),
        ("q=new bridges", "q=Стара мрежа"),
        ("english=complete&q=mreza", "english=missing"),
        ("status__exact=left", "status__exact=member&q=mreza"),
        ("scope__exact=balkan", "scope__exact=&q=mreza"),
        ("themes__id__exact={new}", "themes__id__exact={old}"),
        ("themes__id__exact={new}&themes__id__exact={new}", "themes__id__exact={old}"),
        ("q=nova&status__exact=left&english=complete&themes__isnull=False", "q=stara&themes__isnull=0"),
        ("q=nova&o=-4.1&_facets=True", "q=stara&o=4&_facets=True"),
    ],
)
def test_network_is_found_by_its_newest_version_alone(clerk, network, themes, of_new, of_old):
    pks = {name: theme.pk for name, theme in themes.items()}
    queries = of_new.format(**pks), of_old.format(**pks)
    expected = ([network.pk], []) if network.is_new else ([], [network.pk])
    assert tuple(found(clerk, query) for query in queries) == expected


def test_row_shows_the_newest_version(clerk, network):
    (row,) = opened(clerk, f"{LIST}?q=mreza").xpath("//table[@id='result_list']/tbody/tr")
    shown = {
        each.get("class").split()[0]: text_of(each) for each in row.xpath("./th | ./td[contains(@class, 'field')]")
    }
    expected = {
        True: ("New network left", "complete", ""),
        False: ("Stara mreža", "not written", "2003"),
    }
    names = ("field-displayed_name", "field-missing_english", "field-displayed_joined")
    assert tuple(shown[name] for name in names) == expected[network.is_new]


def test_networks_are_sorted_by_when_the_city_joined_in_the_newest_version(clerk, network):
    other = Network.objects.get(slug="other")
    joined_in_2003_or_unknown = [network.pk, other.pk]
    order = joined_in_2003_or_unknown[::-1] if network.is_new else joined_in_2003_or_unknown
    assert found(clerk, "o=4") == order
    assert found(clerk, "o=-4") == [other.pk, network.pk]  # what is not known stands last


@pytest.mark.long
def test_filters_count_the_newest_versions(clerk, network):
    counted = [
        text_of(each) for each in opened(clerk, f"{LIST}?_facets=True").xpath("//*[@id='changelist-filter']//li")
    ]
    new, old = (1, 0) if network.is_new else (0, 1)
    old_theme, new_theme = (str(each) for each in Theme.objects.order_by("slug"))
    for text in (
        f"{old_theme} ({old})",
        f"{new_theme} ({new})",
        "- (1)",
        f"complete ({1 + new})",
        f"something is missing ({old})",
        f"member ({1 + old})",
        f"left ({new})",
        f"Balkan ({new})",
    ):
        assert text in counted, text


@pytest.mark.long
def test_network_without_themes_in_its_draft(clerk, themes):
    row = make_network(themes=[themes["old"]])
    drafts.save(row, storage.newest_revision(row).content | {"themes": []}, author=None)
    assert found(clerk, "themes__isnull=True") == [row.pk]
    assert found(clerk, "themes__isnull=False") == []
    assert found(clerk, f"themes__id__exact={themes['old'].pk}") == []


def test_version_from_before_a_field_was_renamed(clerk, monkeypatch):
    row = make_network(name_sr="Мрежа")
    content = storage.newest_revision(row).content | {"name_en": "Newer"}
    saved = drafts.save(row, content, author=None)
    content = {name.replace("name_en", "title_en"): value for name, value in saved.revision.content.items()}
    type(saved.revision).objects.filter(pk=saved.revision.pk).update(content=content)
    monkeypatch.setattr(Network, "renamed_fields", {"title_en": "name_en"})
    assert found(clerk, "english=complete") == found(clerk, "q=newer") == [row.pk]


@pytest.mark.exhaustive
@pytest.mark.parametrize("query", ["", "q=mreza", "english=missing", "status__exact=member", "_facets=True", "o=4"])
def test_queries_do_not_grow_with_drafts(clerk, themes, query):
    rows = [make_network(themes=[themes["old"]]) for _number in range(8)]
    for row in rows:
        storage.newest_revision(row)
    counts = []
    for some in (rows[:2], rows[2:]):
        for row in some:
            drafts.save(row, row.head.content | {"summary_sr": "Ново"}, author=None)
        counts.append(count_queries(clerk, f"{LIST}?{query}"))
    assert counts[0] == counts[1]
