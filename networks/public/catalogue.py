"""The catalogue entry of the open data for data portals: DCAT-AP 3.0, the European profile of DCAT."""

import json
from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.encoding import iri_to_uri
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from rdflib import DCAT, DCTERMS, FOAF, RDF, RDFS, SKOS, XSD, Graph, Literal, Namespace, URIRef

from citynetworks.security_contact import mailto_uri
from networks.languages import SERBIAN, language_tag
from networks.models import Event
from networks.public.dataset import SUBJECT, TAGS, TITLE, Dataset, interface_texts, iso_datetime, translated_texts
from networks.public.identifiers import dialled_number, tag_uri
from networks.reading import Reader

VCARD = Namespace("http://www.w3.org/2006/vcard/ns#")
MEDIA_TYPES = Namespace("https://www.iana.org/assignments/media-types/")
# The controlled vocabularies that DCAT-AP requires
AUTHORITY = "http://publications.europa.eu/resource/authority/"
LANGUAGES = [URIRef(f"{AUTHORITY}language/{code}") for code in ("SRP", "ENG")]
FILE_TYPES = Namespace(f"{AUTHORITY}file-type/")
THEME = URIRef(f"{AUTHORITY}data-theme/GOVE")
THEMES = URIRef(f"{AUTHORITY}data-theme")
COUNTRIES = Namespace(f"{AUTHORITY}country/")
PUBLIC = URIRef(f"{AUTHORITY}access-right/PUBLIC")
STABLE = URIRef(f"{AUTHORITY}planned-availability/STABLE")
AVAILABILITY = URIRef("http://data.europa.eu/r5r/availability")
IRREGULAR = URIRef(f"{AUTHORITY}frequency/IRREG")
LOCAL_AUTHORITY = URIRef("http://purl.org/adms/publishertype/LocalAuthority")
PREFIXES = {"dcat": DCAT, "dct": DCTERMS, "foaf": FOAF, "rdfs": RDFS, "skos": SKOS, "vcard": VCARD, "xsd": XSD}

KEYWORDS = (_("networks of cities"), _("international cooperation"), _("local self-government"))


class Catalogue:
    """
    The RDF graph of the catalogue: the data set, its files and its publisher.

    It has no blank nodes, so that the same data always gives the same bytes.
    """

    def __init__(self, request: HttpRequest, dataset: Dataset):
        self.request = request
        self.dataset = dataset
        self.graph = Graph(bind_namespaces="none")
        for prefix, namespace in PREFIXES.items():
            self.graph.bind(prefix, namespace)
        self.catalogue, self.data = self.uri("catalogue"), self.uri("networks")
        self.publisher, self.contact = self.uri("publisher"), self.uri("contact")
        self.readings = {code: Reader(code).profile(dataset.profile) for code in TAGS}
        self.describe_publisher()
        self.describe_contact()
        self.describe_catalogue()
        self.describe_data()
        self.describe_file("json", "application/json", FILE_TYPES.JSON, dataset.json())
        self.describe_file("csv", "text/csv", FILE_TYPES.CSV, dataset.csv())
        schema = self.absolute_uri("/networks.csv-metadata.json")
        self.add(self.uri("csv"), DCTERMS.conformsTo, schema)
        self.add(schema, RDF.type, DCTERMS.Standard)

    def turtle(self) -> bytes:
        return self.graph.serialize(format="turtle", encoding="utf-8")

    def json_ld(self) -> bytes:
        text = self.graph.serialize(format="json-ld", context={name: str(each) for name, each in PREFIXES.items()})
        # The order has no meaning, and rdflib gives another one in each process.
        return f"{json.dumps(sort_json(json.loads(text)), ensure_ascii=False, indent=2)}\n".encode()

    def uri(self, name: str) -> URIRef:
        return self.absolute_uri(f"/catalog.ttl#{name}")

    def absolute_uri(self, url: str) -> URIRef:
        """Return an absolute URI, in which characters that RDF does not allow are escaped."""
        return URIRef(iri_to_uri(self.request.build_absolute_uri(url)))

    def add(self, subject: URIRef, predicate: URIRef, *values: URIRef | Literal) -> None:
        for value in values:
            self.graph.add((subject, predicate, value))

    def add_texts(self, subject: URIRef, predicate: URIRef, texts: dict[str, str]) -> None:
        self.add(subject, predicate, *(Literal(text, lang=each) for each, text in texts.items()))
        if serbian := texts.get(language_tag(SERBIAN)):
            # Portals look for "sr" only, and take any other text if they do not find it.
            self.add(subject, predicate, Literal(serbian, lang=SERBIAN))

    def add_concept(self, concept: URIRef, label: str | Promise) -> None:
        self.add(concept, RDF.type, SKOS.Concept)
        self.add_texts(concept, SKOS.prefLabel, interface_texts(label))

    def names(self) -> dict[str, str]:
        """Return the name of the city by language tag; that of the site where the profile has no city."""
        return translated_texts(self.readings, "city_name") or translated_texts(self.readings, "site_title")

    def describe_publisher(self) -> None:
        profile = self.dataset.profile
        self.add(self.publisher, RDF.type, FOAF.Agent)
        self.add_texts(self.publisher, FOAF.name, self.names())
        self.add(self.publisher, DCTERMS.type, LOCAL_AUTHORITY)
        self.add_concept(LOCAL_AUTHORITY, _("local authority"))
        if profile.website:
            self.add(self.publisher, FOAF.homepage, self.absolute_uri(profile.website))
            self.add(self.absolute_uri(profile.website), RDF.type, FOAF.Document)

    def describe_contact(self) -> None:
        profile = self.dataset.profile
        if not (profile.email or profile.phone.startswith("+")):
            return
        self.add(self.contact, RDF.type, VCARD.Kind, VCARD.Organization)
        self.add_texts(self.contact, VCARD.fn, self.names())
        if profile.email:
            self.add(self.contact, VCARD.hasEmail, URIRef(mailto_uri(profile.email)))
        # RFC 3966: a global number begins with the code of the country.
        if profile.phone.startswith("+"):
            self.add(self.contact, VCARD.hasTelephone, URIRef(f"tel:{dialled_number(profile.phone)}"))
        self.add(self.data, DCAT.contactPoint, self.contact)

    def describe_both(self, subject: URIRef) -> None:
        """Add what the catalogue and the data set have in common."""
        self.add(subject, DCTERMS.publisher, self.publisher)
        self.add(subject, DCTERMS.language, *LANGUAGES)
        self.add(subject, DCTERMS.spatial, COUNTRIES[settings.COUNTRY])
        if self.dataset.changed_at:
            self.add(subject, DCTERMS.modified, moment(self.dataset.changed_at))

    def describe_licence(self, subject: URIRef) -> None:
        profile = self.dataset.profile
        if profile.licence_url:
            licence = self.absolute_uri(profile.licence_url)
            self.add(subject, DCTERMS.license, licence)
            self.add(licence, RDF.type, DCTERMS.LicenseDocument)

    def describe_catalogue(self) -> None:
        self.add(self.catalogue, RDF.type, DCAT.Catalog)
        self.add_texts(self.catalogue, DCTERMS.title, interface_texts(_("Open data")))
        self.add_texts(
            self.catalogue, DCTERMS.description, interface_texts(_("What this site publishes as open data."))
        )
        self.describe_both(self.catalogue)
        self.describe_licence(self.catalogue)
        self.add(self.catalogue, DCAT.dataset, self.data)
        self.add(self.catalogue, DCAT.themeTaxonomy, THEMES)
        self.add(THEMES, RDF.type, SKOS.ConceptScheme)
        self.add_texts(THEMES, DCTERMS.title, interface_texts(_("Data themes of the European Union")))
        home = self.absolute_uri("/")
        self.add(self.catalogue, FOAF.homepage, home)
        self.add(home, RDF.type, FOAF.Document)
        for each in LANGUAGES:
            self.add(each, RDF.type, DCTERMS.LinguisticSystem)
        self.add(COUNTRIES[settings.COUNTRY], RDF.type, DCTERMS.Location)

    def describe_data(self) -> None:
        self.add(self.data, RDF.type, DCAT.Dataset)
        self.add(self.data, DCTERMS.identifier, Literal(tag_uri(self.request, "networks")))
        self.add_texts(self.data, DCTERMS.title, interface_texts(TITLE))
        self.add_texts(self.data, DCTERMS.description, interface_texts(SUBJECT))
        for keyword in KEYWORDS:
            self.add_texts(self.data, DCAT.keyword, interface_texts(keyword))
        self.describe_both(self.data)
        if first := first_published():
            self.add(self.data, DCTERMS.issued, moment(first))
        self.add(self.data, DCTERMS.accessRights, PUBLIC)
        self.add(PUBLIC, RDF.type, DCTERMS.RightsStatement)
        self.add(self.data, DCAT.theme, THEME)
        self.add_concept(THEME, _("Government and public sector"))
        self.add(THEME, SKOS.inScheme, THEMES)
        self.add(self.data, DCTERMS.accrualPeriodicity, IRREGULAR)
        self.add(IRREGULAR, RDF.type, DCTERMS.Frequency)
        for page in self.dataset.documentation().values():
            self.add(self.data, DCAT.landingPage, URIRef(page))
            self.add(URIRef(page), RDF.type, FOAF.Document)

    def describe_file(self, extension: str, media_type: str, file_type: URIRef, body: bytes) -> None:
        file, url = self.uri(extension), self.absolute_uri(f"/networks.{extension}")
        self.add(self.data, DCAT.distribution, file)
        self.add(file, RDF.type, DCAT.Distribution)
        self.add_texts(
            file,
            DCTERMS.title,
            {each: f"{title} ({extension.upper()})" for each, title in interface_texts(TITLE).items()},
        )
        self.add(file, AVAILABILITY, STABLE)
        self.add_concept(STABLE, _("Stable"))
        self.add(file, DCAT.accessURL, url)
        self.add(file, DCAT.downloadURL, url)
        self.add(file, DCAT.mediaType, MEDIA_TYPES[media_type])
        self.add(MEDIA_TYPES[media_type], RDF.type, DCTERMS.MediaType)
        self.add(file, DCTERMS["format"], file_type)
        self.add(file_type, RDF.type, DCTERMS.MediaTypeOrExtent)
        self.add(file, DCAT.byteSize, Literal(len(body), datatype=XSD.nonNegativeInteger))
        self.add(file, DCTERMS.language, *LANGUAGES)
        self.describe_licence(file)
        if self.dataset.changed_at:
            self.add(file, DCTERMS.modified, moment(self.dataset.changed_at))


def moment(value: datetime) -> Literal:
    return Literal(iso_datetime(value), datatype=XSD.dateTime)


def first_published() -> datetime | None:
    """Return when the first of the networks that are published now was published; None if that is not recorded."""
    events = Event.objects.filter(kind=Event.Kind.PUBLISHED, network__is_published=True)
    return events.order_by("created_at").values_list("created_at", flat=True).first()


def sort_json(value: Any) -> Any:
    """Return a JSON value with sorted keys and sorted lists."""
    if isinstance(value, dict):
        return {name: sort_json(value[name]) for name in sorted(value)}
    if isinstance(value, list):
        return sorted((sort_json(item) for item in value), key=lambda item: json.dumps(item, sort_keys=True))
    return value
