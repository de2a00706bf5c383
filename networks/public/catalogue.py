"""The catalogue entry of the open data for data portals: DCAT-AP 3.0, the European profile of DCAT."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from rdflib import DCAT, DCTERMS, FOAF, OWL, RDF, RDFS, SKOS, XSD, Literal, Namespace, URIRef

from citynetworks.security_contact import mailto_uri
from networks.languages import stored_languages
from networks.models import Event, Network
from networks.page_store.version import current_version, is_raised_in_transaction
from networks.partial_dates import PartialDate
from networks.public.chronology import first_membership
from networks.public.dataset import SUBJECT, TABLES, TITLE, CSVFile, DataFile, Dataset, JSONFile
from networks.public.identifiers import dialled_number, iri, tag_uri
from networks.public.membership_graph import MembershipGraph
from networks.public.rdf import DataGraph, date_literal, site_uri, web_uri
from networks.public.tables import Label, interface_texts, iso_datetime, translated_texts

VCARD = Namespace("http://www.w3.org/2006/vcard/ns#")
MEDIA_TYPES = Namespace("https://www.iana.org/assignments/media-types/")
# The controlled vocabularies that DCAT-AP requires
AUTHORITY = "http://publications.europa.eu/resource/authority/"
# The codes of ISO 639-3, which the vocabulary has, of languages that a city of the region may add
LANGUAGES = {
    "sr": "SRP",
    "en": "ENG",
    "hu": "HUN",
    "sk": "SLK",
    "ro": "RON",
    "hr": "HRV",
    "bs": "BOS",
    "sq": "SQI",
    "mk": "MKD",
    "bg": "BUL",
    "sl": "SLV",
    "de": "DEU",
    "fr": "FRA",
    "it": "ITA",
    "es": "SPA",
    "ru": "RUS",
    "tr": "TUR",
    "el": "ELL",
    "cs": "CES",
    "pl": "POL",
    "uk": "UKR",
}
FILE_TYPES = Namespace(f"{AUTHORITY}file-type/")
TYPES = {
    FILE_TYPES.JSON: "application/json",
    FILE_TYPES.CSV: "text/csv",
    FILE_TYPES.RDF_TURTLE: "text/turtle",
}
THEME = URIRef(f"{AUTHORITY}data-theme/GOVE")
THEMES = URIRef(f"{AUTHORITY}data-theme")
COUNTRIES = Namespace(f"{AUTHORITY}country/")
PUBLIC = URIRef(f"{AUTHORITY}access-right/PUBLIC")
STABLE = URIRef(f"{AUTHORITY}planned-availability/STABLE")
AVAILABILITY = URIRef("http://data.europa.eu/r5r/availability")
IRREGULAR = URIRef(f"{AUTHORITY}frequency/IRREG")
LOCAL_AUTHORITY = URIRef("http://purl.org/adms/publishertype/LocalAuthority")
SPDX = Namespace("http://spdx.org/rdf/terms#")
PREFIXES = {
    "dcat": DCAT,
    "dct": DCTERMS,
    "foaf": FOAF,
    "owl": OWL,
    "rdfs": RDFS,
    "skos": SKOS,
    "spdx": SPDX,
    "vcard": VCARD,
    "xsd": XSD,
}

KEYWORDS = (_("networks of cities"), _("international cooperation"), _("local self-government"))


@dataclass(frozen=True)
class FileFacts:
    """What the catalogue says of a file: its size in bytes, and its SHA-256."""

    name: str
    size: int
    checksum: str


# By the content version and the URL of the site, because to make all files of a large site takes long
known_facts: dict[tuple[int, str], dict[str, FileFacts]] = {}
MOST_KNOWN = 8


def facts_of_files(dataset: Dataset) -> dict[str, FileFacts]:
    """Return the facts of all files of the data by name, found once for each content version."""
    key = current_version(), dataset.request.build_absolute_uri("/")
    found = known_facts.get(key)
    if found is None or is_raised_in_transaction():  # then there may be other content of this version
        found = read_facts(dataset)
        if len(known_facts) >= MOST_KNOWN:
            known_facts.clear()
        known_facts[key] = found
    return found


def read_facts(dataset: Dataset) -> dict[str, FileFacts]:
    """Make all files at once, network by network, and keep none of them."""
    files: dict[str, DataFile] = {"networks.json": JSONFile(dataset), "networks.ttl": MembershipGraph(dataset)}
    files |= {table.file: CSVFile(name) for name, table in TABLES.items()}
    sizes, checksums = dict.fromkeys(files, 0), {name: sha256() for name in files}

    def note(name: str, part: bytes) -> None:
        sizes[name] += len(part)
        checksums[name].update(part)

    for name, file in files.items():
        note(name, file.begin())
    for source in dataset.sources():
        for name, file in files.items():
            note(name, file.add_network(source))
    for name, file in files.items():
        note(name, file.end())
    return {name: FileFacts(name, sizes[name], checksums[name].hexdigest()) for name in files}


class Catalogue(DataGraph):
    """The RDF graph of the catalogue: the data set, its files and its publisher."""

    def __init__(self, request: HttpRequest, dataset: Dataset):
        super().__init__(PREFIXES)
        self.request = request
        self.dataset = dataset
        self.catalogue, self.data = self.uri("catalogue"), self.uri("networks")
        self.publisher, self.contact = self.uri("publisher"), self.uri("contact")
        self.readings = dataset.readings
        self.describe_publisher()
        self.describe_contact()
        self.describe_catalogue()
        self.describe_data()
        found = facts_of_files(dataset)
        self.describe_file("json", FILE_TYPES.JSON, found["networks.json"])
        self.describe_file("ttl", FILE_TYPES.RDF_TURTLE, found["networks.ttl"])
        schema = self.absolute_uri("/networks.csv-metadata.json")
        self.add(schema, RDF.type, DCTERMS.Standard)
        for name, table in TABLES.items():
            fragment = "csv" if name == "networks" else f"{name}-csv"
            file = self.describe_file(fragment, FILE_TYPES.CSV, found[table.file], table.title)
            self.add(file, DCTERMS.conformsTo, schema)

    def uri(self, name: str) -> URIRef:
        return site_uri(f"/catalog.ttl#{name}")

    def absolute_uri(self, url: str) -> URIRef:
        return web_uri(self.request.build_absolute_uri(url))

    def names(self) -> dict[str, str]:
        """Return the name of the city by language tag; that of the site where the profile has no city."""
        return translated_texts(self.readings, "city_name") or translated_texts(self.readings, "site_title")

    def describe_publisher(self) -> None:
        profile = self.dataset.profile
        self.add(self.publisher, RDF.type, FOAF.Agent)
        self.add_texts(self.publisher, FOAF.name, self.names())
        self.add(self.publisher, DCTERMS.type, LOCAL_AUTHORITY)
        self.add_concept(LOCAL_AUTHORITY, _("local authority"))
        self.add(self.publisher, OWL.sameAs, URIRef(iri("city")))
        if profile.website:
            self.add(self.publisher, FOAF.homepage, self.absolute_uri(profile.website))
            self.add(self.absolute_uri(profile.website), RDF.type, FOAF.Document)

    def describe_contact(self) -> None:
        profile = self.dataset.profile
        if not (profile.email or profile.phone.startswith("+") or profile.website):
            return
        self.add(self.contact, RDF.type, VCARD.Kind, VCARD.Organization)
        self.add_texts(self.contact, VCARD.fn, self.names())
        if profile.email:
            self.add(self.contact, VCARD.hasEmail, URIRef(mailto_uri(profile.email)))
        # RFC 3966: a global number begins with the code of the country.
        if profile.phone.startswith("+"):
            self.add(self.contact, VCARD.hasTelephone, URIRef(f"tel:{dialled_number(profile.phone)}"))
        if profile.website:
            self.add(self.contact, VCARD.hasURL, self.absolute_uri(profile.website))
        self.add(self.data, DCAT.contactPoint, self.contact)

    def describe_both(self, subject: URIRef) -> None:
        """Add what the catalogue and the data set have in common."""
        self.add(subject, DCTERMS.publisher, self.publisher)
        self.add(subject, DCTERMS.language, *languages())
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
        self.add_texts(self.catalogue, DCTERMS.title, self.dataset.title(_("Open data")))
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
        for each in languages():
            self.add(each, RDF.type, DCTERMS.LinguisticSystem)
        self.add(COUNTRIES[settings.COUNTRY], RDF.type, DCTERMS.Location)

    def describe_data(self) -> None:
        self.add(self.data, RDF.type, DCAT.Dataset)
        self.add(self.data, DCTERMS.identifier, Literal(tag_uri("networks")))
        self.add_texts(self.data, DCTERMS.title, self.dataset.title())
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
        if began := first_date():
            self.add(self.data, DCTERMS.temporal, self.uri("period"))
            self.add(self.uri("period"), RDF.type, DCTERMS.PeriodOfTime)
            self.add(self.uri("period"), DCAT.startDate, date_literal(began))
        for page in self.dataset.documentation().values():
            self.add(self.data, DCAT.landingPage, URIRef(page))
            self.add(URIRef(page), RDF.type, FOAF.Document)

    def describe_file(self, name: str, file_type: URIRef, found: FileFacts, title: Label = TITLE) -> URIRef:
        """Describe a file, and return its URI; `name` is its fragment in the catalogue."""
        file, media_type = self.uri(name), MEDIA_TYPES[TYPES[file_type]]
        url = self.absolute_uri(f"/{found.name}")
        self.add(self.data, DCAT.distribution, file)
        self.add(file, RDF.type, DCAT.Distribution)
        extension = found.name.rpartition(".")[2].upper()
        self.add_texts(
            file, DCTERMS.title, {each: f"{text} ({extension})" for each, text in self.dataset.title(title).items()}
        )
        checksum = self.uri(f"{name}-checksum")
        self.add(file, SPDX.checksum, checksum)
        self.add(checksum, RDF.type, SPDX.Checksum)
        self.add(checksum, SPDX.algorithm, SPDX.checksumAlgorithm_sha256)
        self.add(SPDX.checksumAlgorithm_sha256, RDF.type, SPDX.ChecksumAlgorithm)
        self.add(checksum, SPDX.checksumValue, Literal(found.checksum, datatype=XSD.hexBinary))
        self.add(file, AVAILABILITY, STABLE)
        self.add_concept(STABLE, _("Stable"))
        self.add(file, DCAT.accessURL, url)
        self.add(file, DCAT.downloadURL, url)
        self.add(file, DCAT.mediaType, media_type)
        self.add(media_type, RDF.type, DCTERMS.MediaType)
        self.add(file, DCTERMS["format"], file_type)
        self.add(file_type, RDF.type, DCTERMS.MediaTypeOrExtent)
        self.add(file, DCAT.byteSize, Literal(found.size, datatype=XSD.nonNegativeInteger))
        self.add(file, DCTERMS.language, *languages())
        self.describe_licence(file)
        if self.dataset.changed_at:
            self.add(file, DCTERMS.modified, moment(self.dataset.changed_at))
        return file


def moment(value: datetime) -> Literal:
    return Literal(iso_datetime(value), datatype=XSD.dateTime)


def languages() -> list[URIRef]:
    """Return the languages of the texts, as far as the table has them."""
    codes = (LANGUAGES.get(each) for each in stored_languages())
    return [URIRef(f"{AUTHORITY}language/{code}") for code in codes if code]


def first_date() -> PartialDate | None:
    """Return when the first membership began."""
    columns = ("joined", "left", "founded", "status", "periods")
    return first_membership(Network.objects.published().values_list(*columns, named=True))


def first_published() -> datetime | None:
    """Return when the first of the networks that are published now was published; None if that is not recorded."""
    events = Event.objects.filter(kind=Event.Kind.PUBLISHED, network__is_published=True)
    return events.order_by("created_at").values_list("created_at", flat=True).first()
