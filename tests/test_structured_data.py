"""What pages tell search engines, read as the graph that it is."""

import gzip
import json

import lxml.html
import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st
from rdflib import RDF, Graph, Literal, Namespace, URIRef

from networks.models import CityProfile, Network
from networks.partial_dates import PartialDate
from networks.public.structured_data import describe_list, describe_network_page, membership_roles
from networks.reading import Reader
from networks.templatetags.structured_data_tags import as_script, structured_data
from tests.contents import EVERYTHING, INTERNAL_NOTE, TAGS
from tests.makers import make_network, make_network_with_lines, make_page, make_profile, make_theme
from tests.pages import CYRILLIC, LANGUAGES, PREFIXES, count_queries, in_latin_and_in_ci_in_each_language

# The reader of JSON-LD in rdflib uses a class of its own that it calls deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")

SITE = "http://testserver"
SCHEMA = Namespace("https://schema.org/")
CITY, WEBSITE = URIRef(f"{SITE}/id/city"), URIRef(f"{SITE}/id/site")


def only(values):
    (value,) = values
    return value


def graph_of(data):
    """The graph, without asking schema.org for its context, whose words all stand under one address."""
    assert data["@context"] == "https://schema.org"
    local = {**data, "@context": {"@vocab": str(SCHEMA)}}
    return Graph().parse(data=json.dumps(local), format="json-ld")


def scripts(client, address):
    response = client.get(address)
    assert response.status_code in (200, 404), address
    tree = lxml.html.document_fromstring(response.content.decode())
    return tree.xpath("//script[@type='application/ld+json']/text()")


def graph_at(client, address):
    return graph_of(json.loads(only(scripts(client, address))))


def list_data(rf, language, networks=None):
    with translation.override(language):
        reader = Reader(language)
        rows = Network.objects.published().prefetch_related("themes") if networks is None else networks
        profile = reader.profile(CityProfile.objects.current())
        return describe_list(rf.get("/"), profile, [reader.network(row) for row in rows])


def is_connected(graph):
    """Whether all nodes hang together, whichever way the arrows point, not counting texts and classes."""
    links = {}
    for subject, predicate, value in graph:
        links.setdefault(subject, set())
        if predicate != RDF.type and not isinstance(value, Literal):
            links[subject].add(value)
            links.setdefault(value, set()).add(subject)
    waiting, reached = [next(iter(links))], set()
    while waiting:
        node = waiting.pop()
        if node not in reached:
            reached.add(node)
            waiting += links[node]
    return reached == links.keys()


def texts(graph, subject, name):
    return {(str(text), text.language) for text in graph.objects(subject, SCHEMA[name])}


@pytest.fixture
def everything(db):
    make_profile(city_name_en="City of Niš", website="https://www.nis.example/", email="office@nis.example")
    make_network(themes=[make_theme(name_sr="Здравље")], **EVERYTHING)
    Network.objects.update(logo="logos/logo.png")
    return Network.objects.get()


def test_a_membership_that_is_over_is_none_of_today(db, client):
    make_network(slug="lasting", joined=PartialDate(2001))
    make_network(slug="dated", status="left", joined=PartialDate(2001), left=PartialDate(2009))
    make_network(slug="undated", status="left", joined=PartialDate(2001))
    make_network(slug="unknown", status="unknown")
    graph = graph_at(client, "/en/")
    roles = {
        (str(role), str(end))
        for role, end in graph.query(
            "SELECT ?name ?end WHERE { ?role <https://schema.org/roleName> ?name . "
            "OPTIONAL { ?role <https://schema.org/endDate> ?end } }"
        )
    }
    assert roles == {("member", "None"), ("member", "2009")}


@pytest.mark.long
@in_latin_and_in_ci_in_each_language
def test_every_page_of_nis_has_one_connected_graph(nis, client, language):
    paths = [f"/networks/{network.slug}/" for network in Network.objects.published()]
    for path in [*paths, "/pages/about/", "/pages/privacy/"]:
        graph = graph_at(client, PREFIXES[language] + path)
        assert is_connected(graph), path
        page = only(graph.subjects(RDF.type, SCHEMA.WebPage))
        assert client.get(str(page).removeprefix(SITE)).status_code == 200
        # A page that is not written in English is the Serbian one, in words of the reader's.
        is_own = str(page) == f"{SITE}{PREFIXES[language]}{path}"
        assert only(graph.objects(page, SCHEMA.inLanguage)) == Literal(TAGS[language if is_own else "sr"])
        assert only(graph.objects(page, SCHEMA.isPartOf)) == WEBSITE
        assert only(graph.objects(page, SCHEMA.dateModified)) == Literal("2026-11-21T11:00:00Z")
        assert only(graph.subjects(RDF.type, SCHEMA.WebSite)) == WEBSITE
        assert only(graph.objects(WEBSITE, SCHEMA.publisher)) == CITY
        assert only(graph.subjects(RDF.type, SCHEMA.GovernmentOrganization)) == CITY
        said = [str(value) for value in graph.objects() if isinstance(value, Literal)]
        assert [text for text in said if text in ("", "None")] == []
        if language != "sr":
            assert [text for text in said if CYRILLIC.search(text)] == []


@in_latin_and_in_ci_in_each_language
def test_a_page_names_the_way_to_it(nis, client, language):
    prefix = PREFIXES[language]
    graph = graph_at(client, f"{prefix}/networks/avec/")
    steps = sorted(
        (each.toPython(), str(only(graph.objects(step, SCHEMA.item))))
        for step, each in graph.subject_objects(SCHEMA.position)
    )
    assert steps == [(1, f"{SITE}{prefix}/"), (2, f"{SITE}{prefix}/networks/avec/")]


@in_latin_and_in_ci_in_each_language
def test_a_network_with_everything(everything, client, language):
    graph = graph_at(client, f"{PREFIXES[language]}/networks/everything/")
    network = URIRef(f"{SITE}/id/network/{everything.pk}")
    page = only(graph.subjects(RDF.type, SCHEMA.WebPage))
    assert only(graph.objects(page, SCHEMA.mainEntity)) == network
    assert only(graph.objects(page, SCHEMA.lastReviewed)) == Literal("2025-03-01")
    assert only(graph.objects(network, SCHEMA.foundingDate)) == Literal("1987")
    seat = only(graph.objects(network, SCHEMA.location))
    address, geo = only(graph.objects(seat, SCHEMA.address)), only(graph.objects(seat, SCHEMA.geo))
    assert only(graph.objects(address, SCHEMA.addressCountry)) == Literal("SI")
    assert str(only(graph.objects(address, SCHEMA.addressLocality))) == (
        "Љубљана" if language == "sr" else "Ljubljana"
    )
    assert [only(graph.objects(geo, each)).toPython() for each in (SCHEMA.latitude, SCHEMA.longitude)] == [
        46.0569,
        14.5058,
    ]
    assert only(graph.objects(network, SCHEMA.url)) == Literal("https://www.everything.example/")
    assert only(graph.objects(network, SCHEMA.logo)) == Literal(f"{SITE}/media/logos/logo.png")
    assert only(graph.objects(network, SCHEMA.mainEntityOfPage)) == Literal(str(page))
    expected = {
        "sr": ("Мрежа са свим подацима", {("МСП", None), ("Стара мрежа (1988–2001)", None)}),
        "sr-latn": ("Mreža sa svim podacima", {("MSP", None), ("Stara mreža (1988–2001)", None)}),
        "en": ("Network with every fact", {("NEF", None), ("Stara mreža (1988–2001)", "sr-latn")}),
    }[language]
    assert texts(graph, network, "name") == {(expected[0], None)}
    other_names = {(text, tag and tag.lower()) for text, tag in texts(graph, network, "alternateName")}
    assert other_names == expected[1] | {("Réseau de tous les faits", "fr"), ("Old Network (2001–2004)", None)}
    role = only(graph.objects(network, SCHEMA.member))
    assert (role, RDF.type, SCHEMA.OrganizationRole) in graph
    assert only(graph.objects(role, SCHEMA.startDate)) == Literal("2007-05")
    assert only(graph.objects(role, SCHEMA.endDate)) == Literal("2019-12-31")
    assert only(graph.objects(role, SCHEMA.member)) == CITY
    assert {str(each) for each in graph.objects(network, SCHEMA.sameAs)} == {
        "https://www.everything.example/",
        "http://www.wikidata.org/entity/Q1322476",
    }
    assert str(only(graph.objects(CITY, SCHEMA.url))) == "https://www.nis.example/"
    contact = only(graph.objects(CITY, SCHEMA.contactPoint))
    assert str(only(graph.objects(contact, SCHEMA.email))) == "office@nis.example"


def test_a_network_tells_of_periods_and_roles(db, client):
    make_network_with_lines(slug="it")
    graph = graph_at(client, "/en/networks/it/")
    roles = {
        tuple(str(graph.value(role, SCHEMA[name])) for name in ("roleName", "startDate", "endDate"))
        for role in graph.objects(None, SCHEMA.member)
        if role != CITY
    }
    assert roles == {
        ("member", "2007-05-03", "None"),
        ("member", "1999", "2003-06"),
        ("member", "None", "1995"),
        ("full member", "2010", "None"),
        ("associate member", "2007-05", "2010"),
        ("chair of a body, Supervisory Board", "None", "None"),
    }


def test_a_role_without_an_end_is_one_of_today(db):
    roles = [{"id": "1", "role": "full", "since": "2012"}, {"id": "2", "role": "observer", "since": "2999"}]
    row = make_network(status="member", roles=roles)

    def begun():
        return [role["startDate"] for role in membership_roles(Reader("en").network(row))]

    assert begun() == [None, "2012"]  # the first is the membership
    row.status = "unknown"
    assert begun() == []


@in_latin_and_in_ci_in_each_language
def test_the_page_on_the_data_describes_the_data_set(everything, client, language):
    graph = graph_at(client, f"{PREFIXES[language]}/open-data/")
    assert is_connected(graph)
    data = only(graph.subjects(RDF.type, SCHEMA.Dataset))
    (name,) = [str(each) for each in graph.objects(data, SCHEMA.name)]
    assert name.endswith({"sr": "Град Ниш", "sr-latn": "Grad Niš", "en": "City of Niš"}[language])
    assert 50 <= len(only(graph.objects(data, SCHEMA.description))) <= 5000
    assert only(graph.objects(data, SCHEMA.publisher)) == CITY
    assert str(only(graph.objects(data, SCHEMA.temporalCoverage))) == "2007-05/.."
    files = {str(only(graph.objects(each, SCHEMA.contentUrl))) for each in graph.objects(data, SCHEMA.distribution)}
    assert {f"{SITE}/networks.json", f"{SITE}/networks.ttl", f"{SITE}/documents.csv"} <= files


def test_of_a_network_with_only_a_name_nothing_else_is_said(db, client):
    network = make_network(slug="it", name_sr="Њена мрежа")
    data = json.loads(only(scripts(client, "/networks/it/")))
    organisation = only(node for node in data["@graph"] if node["@type"] == "Organization")
    assert organisation == {
        "@type": "Organization",
        "@id": f"{SITE}/id/network/{network.pk}",
        "identifier": f"tag:testserver,2026:network/{network.pk}",
        "name": "Њена мрежа",
        "mainEntityOfPage": f"{SITE}/networks/it/",
        "member": [{"@type": "OrganizationRole", "roleName": "члан", "member": {"@id": str(CITY)}}],
    }
    assert is_connected(graph_of(data))


def test_what_is_not_in_english_is_tagged_and_leads_to_the_serbian_page(nis, client):
    graph = graph_at(client, "/en/networks/alda/")
    page = only(graph.subjects(RDF.type, SCHEMA.WebPage))
    assert page == URIRef(f"{SITE}/networks/alda/")
    name, language = only(texts(graph, page, "name"))
    assert (name, language.lower()) == ("Asocijacija agencija lokalne demokratije", "sr-latn")
    assert only(graph.objects(only(graph.subjects(RDF.type, SCHEMA.Organization)), SCHEMA.name)).language


@in_latin_and_in_ci_in_each_language
def test_the_list_tells_of_every_membership(nis, rf, language):
    graph = graph_of(list_data(rf, language))
    assert is_connected(graph)
    networks = list(Network.objects.published())
    roles = list(graph.objects(CITY, SCHEMA.memberOf))
    assert len(roles) == len(networks) == 11
    by_id = {only(graph.objects(role, SCHEMA.memberOf)): role for role in roles}
    for network in networks:
        role = by_id[URIRef(f"{SITE}/id/network/{network.pk}")]
        dates = {name: [str(each) for each in graph.objects(role, SCHEMA[name])] for name in ("startDate", "endDate")}
        assert dates == {
            "startDate": [network.joined.isoformat()] if network.joined else [],
            "endDate": [network.left.isoformat()] if network.left else [],
        }
    page = only(graph.subjects(RDF.type, SCHEMA.CollectionPage))
    assert str(page) == f"{SITE}{PREFIXES[language]}/"
    action = only(graph.objects(WEBSITE, SCHEMA.potentialAction))
    target = only(graph.objects(only(graph.objects(action, SCHEMA.target)), SCHEMA.urlTemplate))
    assert str(target) == f"{SITE}{PREFIXES[language]}/?q={{words}}"


@in_latin_and_in_ci_in_each_language
def test_the_list_leads_to_pages_that_are_there_in_the_order_shown(nis, rf, client, language):
    data = list_data(rf, language)
    page = only(node for node in data["@graph"] if node["@type"] == "CollectionPage")
    items = page["mainEntity"]["itemListElement"]
    assert [item["position"] for item in items] == list(range(1, 12))
    slugs = [item["url"].split("/")[-2] for item in items]
    assert slugs == [network.slug for network in Network.objects.published()]
    for item in items:
        assert item["url"].startswith(f"{SITE}{PREFIXES[language]}/networks/")
        assert client.get(item["url"].removeprefix(SITE)).status_code == 200


@in_latin_and_in_ci_in_each_language
def test_the_list_weighs_little(nis, rf, language):
    assert len(gzip.compress(as_script(list_data(rf, language)).encode())) < 2_000


@pytest.mark.sql
def test_the_list_tells_only_of_the_networks_it_shows(nis, rf):
    shown = list(Network.objects.published().filter(slug__in=["avec", "alda"]))
    data = list_data(rf, "sr", shown)
    assert json.dumps(data).count('"Organization"') == 2
    empty = list_data(rf, "sr", [])
    assert is_connected(graph_of(empty))
    assert "memberOf" not in json.dumps(empty)


def test_an_empty_site_has_a_graph_too(db, rf):
    graph = graph_of(list_data(rf, "en"))
    assert is_connected(graph)
    assert texts(graph, WEBSITE, "name") == {("City Networks", None)}


def test_a_former_membership_has_an_end(db, rf):
    make_network(status="left", joined=PartialDate(2003), left=PartialDate(2010, 5))
    graph = graph_of(list_data(rf, "sr"))
    role = only(graph.objects(CITY, SCHEMA.memberOf))
    assert [str(only(graph.objects(role, SCHEMA[name]))) for name in ("startDate", "endDate")] == ["2003", "2010-05"]


HOSTILE = "</script><script>alert(1)</script><!-- & \u2028 \u2029 \"'\\ {{ x }}"


@in_latin_and_in_ci_in_each_language
def test_no_text_ends_the_script_that_it_stands_in(db, client, language):
    make_profile(city_name_sr=HOSTILE[:100], city_name_en=HOSTILE[:100])
    make_network(slug="it", name_sr=HOSTILE, name_en=HOSTILE, summary_sr=HOSTILE, former_names=HOSTILE[:60])
    make_page(slug="it", title_sr=HOSTILE, title_en=HOSTILE)
    for path in ("/networks/it/", "/pages/it/"):
        response = client.get(PREFIXES[language] + path)
        tree = lxml.html.document_fromstring(response.content.decode())
        assert len(tree.xpath("//script")) == 1
        graph = graph_of(json.loads(only(tree.xpath("//script/text()"))))
        page = only(graph.subjects(RDF.type, SCHEMA.WebPage))
        assert texts(graph, page, "name") == {(HOSTILE, None)}


@given(st.recursive(st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8))
def test_any_json_may_stand_in_a_page(value):
    script = as_script({"value": value})
    assert not {*script} & {*"<>&\u2028\u2029"}
    assert json.loads(script) == {"value": value}


@pytest.mark.sql
def test_a_preview_is_not_described(everything, rf):
    reader = Reader("sr")
    profile, network = reader.profile(CityProfile.objects.current()), reader.network(everything)
    context = {"request": rf.get("/"), "profile": profile}
    assert structured_data({**context, "preview": object()}, network) == {}
    assert json.loads(structured_data(context, network)["json"]) == describe_network_page(
        context["request"], profile, network
    )


def test_a_page_that_is_missing_is_not_described(nis, client):
    assert scripts(client, "/networks/nowhere/") == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_citizens_do_not_see_is_named_nowhere(everything, client, rf, language):
    make_network(name_sr="Тајна", name_en="Secret", slug="secret", is_published=False)
    said = json.dumps(list_data(rf, language), ensure_ascii=False)
    said += only(scripts(client, f"{PREFIXES[language]}/networks/everything/"))
    for secret in ("Тајна", "Tajna", "Secret", "secret", INTERNAL_NOTE, "beleška"):
        assert secret not in said


@pytest.mark.sql
def test_describing_a_page_asks_the_database_nothing_more(everything, client, rf, django_assert_num_queries):
    reader = Reader("en")
    profile = reader.profile(CityProfile.objects.current())
    network = reader.network(Network.objects.prefetch_related("themes").get())
    make_network(name_sr="Само на српском")
    # As the list reads them: without the long texts that it does not show.
    rows = Network.objects.prefetch_related("themes").defer("description", "description_sr", "description_en")
    networks = [reader.network(row) for row in rows]
    with django_assert_num_queries(0):
        describe_network_page(rf.get("/"), profile, network)
        describe_list(rf.get("/"), profile, networks)
    assert count_queries(client, "/en/networks/everything/") <= 6
