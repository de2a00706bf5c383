"""
The memberships in RDF, for networks.ttl: the Organization Ontology of the W3C, with dates in OWL-Time.

The city is a member of a network by its own membership, and by one for each earlier period and each role. What
belongs to a network has the IRI of the network with a fragment, so all IRIs lead to a page.
"""

from typing import Any
from urllib.parse import quote

from django.utils.translation import gettext_lazy as _
from rdflib import DCTERMS, FOAF, ORG, RDF, RDFS, SKOS, TIME, XSD, Literal, Namespace, URIRef

from networks.models import Network
from networks.models.lines import RoleKind
from networks.partial_dates import PartialDate
from networks.public.chronology import date_of
from networks.public.dataset import DataFile, Dataset, NetworkSource
from networks.public.identifiers import iri, tag_uri
from networks.public.rdf import DataGraph, date_literal, site_uri, web_uri
from networks.public.tables import Label, translated_texts

ADMS = Namespace("http://www.w3.org/ns/adms#")
SCHEMA = Namespace("https://schema.org/")
PREFIXES = {
    "adms": ADMS,
    "dct": DCTERMS,
    "foaf": FOAF,
    "org": ORG,
    "rdfs": RDFS,
    "schema": SCHEMA,
    "skos": SKOS,
    "time": TIME,
    "xsd": XSD,
    "owl": "http://www.w3.org/2002/07/owl#",
}
INSTANTS = {"year": TIME.inXSDgYear, "month": TIME.inXSDgYearMonth, "day": TIME.inXSDDate}
MEMBER = "member"


class MembershipGraph(DataGraph, DataFile):
    """The graph of the published networks of a data set, which is written network by network."""

    def __init__(self, dataset: Dataset):
        super().__init__(PREFIXES)
        self.dataset = dataset
        self.city = URIRef(iri("city"))
        # Those that networks refer to stand at the end, once: label, and whether it is a role
        self.concepts: dict[URIRef, tuple[Label, bool]] = {}

    def begin(self) -> bytes:
        self.describe_city(self.dataset)
        return self.turtle_prefixes() + self.turtle_subjects()

    def add_network(self, source: NetworkSource) -> bytes:
        self.describe_network(source)
        return self.turtle_subjects()

    def end(self) -> bytes:
        for concept, (label, is_role) in self.concepts.items():
            self.add_concept(concept, label)
            if is_role:
                self.add(concept, RDF.type, ORG.Role)
        return self.turtle_subjects()

    def describe_city(self, dataset: Dataset) -> None:
        self.add(self.city, RDF.type, ORG.FormalOrganization)
        self.add(self.city, DCTERMS.identifier, Literal(tag_uri("city")))
        self.add_texts(self.city, SKOS.prefLabel, translated_texts(dataset.readings, "city_name"))
        if dataset.profile.website:
            self.add(self.city, FOAF.homepage, web_uri(dataset.profile.website))

    def describe_network(self, source: NetworkSource) -> None:
        row, network = source.row, URIRef(iri("network", source.row.pk))
        self.add(network, RDF.type, ORG.Organization)
        self.add(network, DCTERMS.identifier, Literal(tag_uri("network", row.pk)))
        self.add_texts(network, SKOS.prefLabel, source.texts("name"))
        self.add_texts(network, SKOS.altLabel, source.texts("acronym"))
        if name := source.original_name():
            self.add(network, SKOS.altLabel, Literal(name["text"], lang=name["language"]))
        if row.website:
            self.add(network, FOAF.homepage, web_uri(row.website))
        self.add(network, FOAF.page, *(web_uri(url) for url in source.page_urls().values()))
        self.add_wikidata(network, row.wikidata)
        if row.founded:
            self.add(network, SCHEMA.foundingDate, date_literal(row.founded))

        own = self.add_membership(network, "membership", MEMBER, row.joined, row.left)
        status = self.concept(f"status-{row.status}", Network.Status(row.status).label)
        self.add(own, ADMS.status, status)
        for line in source.lines("periods"):
            self.add_membership(network, line["id"], MEMBER, *dates(line, "joined", "left"))
        bodies: dict[str, URIRef] = {}
        for line in source.lines("roles"):
            body = self.body(network, line, bodies) if "body" in line else network
            role = line["role"]["code"] if "role" in line else MEMBER
            self.add_membership(network, line["id"], role, *dates(line, "since", "until"), body=body)

    def body(self, network: URIRef, line: dict, bodies: dict[str, URIRef]) -> URIRef:
        """Return a board, committee or group of a network, the same one for each line that names it."""
        texts = line["body"]
        name = next(iter(texts.values()))
        if name not in bodies:
            body = bodies[name] = URIRef(f"{network}#{quote(line['id'])}-body")
            self.add(body, RDF.type, ORG.OrganizationalUnit)
            self.add(body, ORG.unitOf, network)
            self.add_texts(body, SKOS.prefLabel, texts)
        return bodies[name]

    def add_membership(
        self,
        network: URIRef,
        name: str,
        role: str,
        first: PartialDate | None,
        last: PartialDate | None,
        *,
        body: URIRef | None = None,
    ) -> URIRef:
        """Add a membership of the city in a network, or in a body of it, and return it."""
        membership = URIRef(f"{network}#{quote(name)}")
        self.add(membership, RDF.type, ORG.Membership)
        self.add(membership, ORG.member, self.city)
        self.add(membership, ORG.organization, body or network)
        label = dict(RoleKind.choices).get(role, _("member"))
        self.add(membership, ORG.role, self.concept(f"role-{role}", label, is_role=True))
        if first or last:
            time = URIRef(f"{membership}-time")
            self.add(membership, ORG.memberDuring, time)
            self.add(time, RDF.type, TIME.Interval)
            for date, end, predicate in ((first, "begin", TIME.hasBeginning), (last, "end", TIME.hasEnd)):
                if date:
                    instant = URIRef(f"{membership}-{end}")
                    self.add(time, predicate, instant)
                    self.add(instant, RDF.type, TIME.Instant)
                    self.add(instant, INSTANTS[date.precision], date_literal(date))
        return membership

    def concept(self, name: str, label: Label, *, is_role: bool = False) -> URIRef:
        concept = site_uri(f"/networks.ttl#{name}")
        self.concepts[concept] = label, is_role
        return concept


def dates(line: dict[str, Any], *names: str) -> list[PartialDate | None]:
    return [date_of(line.get(name)) for name in names]
