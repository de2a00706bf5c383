"""
Structured data of the pages for search engines: schema.org, as one graph in JSON-LD.

The city, the site and each network have the same identifier on all pages and in the open data, so that the graphs can
be joined. Text in another language than the page is tagged with its language.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.encoding import iri_to_uri
from django.utils.translation import gettext as _
from django.utils.translation import override

from networks.languages import language_codes, language_tag, reverse_in
from networks.models import CityProfile, Network
from networks.partial_dates import PartialDate
from networks.public.dataset import SUBJECT, TITLE
from networks.public.identifiers import dialled_number, iri, tag_uri
from networks.public.tables import iso_datetime, without_empty
from networks.reading import NetworkReading, PageReading, ProfileReading, RowReading, Text


def describe_list(request: HttpRequest, profile: ProfileReading, networks: list[NetworkReading]) -> dict:
    """Return the graph of the list: the city, its memberships in the networks on the page, and the site."""
    url = absolute(request, reverse_in(profile.reader.language, "public:index"))
    city = describe_city(request, profile)
    city["memberOf"] = [
        membership_role(network) | {"memberOf": describe_organisation(request, network)}
        for network in networks
        if is_dated(network)
    ]
    page = {
        "@type": "CollectionPage",
        "@id": url,
        "name": text(profile.site_title),
        "inLanguage": language_tag(profile.reader.language),
        "isPartOf": {"@id": iri("site")},
        "about": {"@id": iri("city")},
        "mainEntity": {
            "@type": "ItemList",
            "itemListElement": [
                # The URL of the link on the page, which need not be canonical
                {"@type": "ListItem", "position": position, "url": absolute(request, network.url)}
                for position, network in enumerate(networks, 1)
            ],
        },
    }
    site = describe_site(request, profile) | {
        "description": text(profile.introduction),
        "potentialAction": {
            "@type": "SearchAction",
            "target": {"@type": "EntryPoint", "urlTemplate": f"{url}?q={{words}}"},
            "query-input": "required name=words",
        },
    }
    return graph(city, site, page)


def describe_network_page(request: HttpRequest, profile: ProfileReading, network: NetworkReading) -> dict:
    """Return the graph of a network's page: the network, the city's membership, and the page itself."""
    row = network.row
    same = [iri_to_uri(row.website), row.wikidata and f"http://www.wikidata.org/entity/{row.wikidata}"]
    organisation = describe_organisation(request, network) | {
        "identifier": tag_uri("network", row.pk),
        "sameAs": [url for url in same if url],
        "description": text(network.summary),
        "location": describe_seat(network),
        "mainEntityOfPage": canonical_url(request, network),
        "member": [role | {"member": {"@id": iri("city")}} for role in membership_roles(network)],
    }
    page = describe_page(request, profile, network, network.name, network.short_name) | {
        "mainEntity": {"@id": organisation["@id"]},
        "lastReviewed": row.verified_on and row.verified_on.isoformat(),
    }
    return graph(organisation, describe_city(request, profile), describe_site(request, profile), page)


def describe_plain_page(request: HttpRequest, profile: ProfileReading, page: PageReading) -> dict:
    """Return the graph of a plain page, such as the one on privacy."""
    about = {"about": {"@id": iri("city")}}
    described = describe_page(request, profile, page, page.title, page.title) | about
    return graph(described, describe_city(request, profile), describe_site(request, profile))


@dataclass(frozen=True)
class PublishedData:
    """What the page on the open data tells of them: URLs and media types of the files, and what time they cover."""

    files: list[tuple[str, str]]
    first: PartialDate | None
    changed_at: datetime | None


Subject = NetworkReading | PageReading | list[NetworkReading] | PublishedData


def describe_data_page(request: HttpRequest, profile: ProfileReading, data: PublishedData) -> dict:
    """Return the graph of the page on the open data: the data set with its files, and the city that publishes it."""
    language = profile.reader.language
    described = {
        "@type": "Dataset",
        "@id": f"{settings.SITE_URL}/catalog.ttl#networks",
        "identifier": tag_uri("networks"),
        "name": f"{TITLE} – {profile.city_name}" if profile.city_name else str(TITLE),
        "description": str(SUBJECT),
        "url": absolute(request, reverse_in(language, "public:open_data")),
        "inLanguage": [language_tag(code) for code in language_codes()],
        "isAccessibleForFree": True,
        "license": iri_to_uri(profile.row.licence_url),
        "creator": {"@id": iri("city")},
        "publisher": {"@id": iri("city")},
        "spatialCoverage": profile.city_name and {"@type": "Place", "name": text(profile.city_name)},
        "temporalCoverage": data.first and f"{data.first.isoformat()}/..",
        "dateModified": iso_datetime(data.changed_at),
        "includedInDataCatalog": {"@type": "DataCatalog", "@id": f"{settings.SITE_URL}/catalog.ttl#catalogue"},
        "distribution": [
            {"@type": "DataDownload", "contentUrl": url, "encodingFormat": media_type}
            for url, media_type in data.files
        ],
    }
    return graph(described, describe_city(request, profile), describe_site(request, profile))


def describe_page(
    request: HttpRequest, profile: ProfileReading, subject: RowReading, name: Text, short_name: Text
) -> dict:
    url = canonical_url(request, subject)
    steps = [
        (profile.site_title, absolute(request, reverse_in(profile.reader.language, "public:index"))),
        (short_name, url),
    ]
    return {
        "@type": "WebPage",
        "@id": url,
        "url": url,
        "name": text(name),
        "inLanguage": language_tag(canonical_language(subject)),
        "isPartOf": {"@id": iri("site")},
        "dateModified": iso_datetime(subject.changed_at),
        "breadcrumb": {
            "@type": "BreadcrumbList",
            "itemListElement": [
                {"@type": "ListItem", "position": position, "name": text(step), "item": item}
                for position, (step, item) in enumerate(steps, 1)
            ],
        },
    }


def describe_city(request: HttpRequest, profile: ProfileReading) -> dict:
    row = profile.row
    return {
        "@type": "GovernmentOrganization",
        "@id": iri("city"),
        "name": text(profile.city_name),
        "url": iri_to_uri(row.website),
        "logo": absolute(request, row.coat_of_arms.url) if row.coat_of_arms else "",
        "address": text(profile.address),
        "location": describe_city_place(row),
        "email": row.email,
        "telephone": row.phone,
        "contactPoint": describe_contact(row.email, row.phone),
    }


def describe_city_place(profile: CityProfile) -> dict:
    geo = coordinates(profile.latitude, profile.longitude)
    return {"@type": "Place", "geo": geo} if geo else {}


def describe_contact(email: str, telephone: str) -> dict:
    """Return a contact point; empty if there is neither an address nor a number."""
    if not (email or telephone):
        return {}
    contact = {"@type": "ContactPoint", "contactType": "customer service"}
    return contact | {"email": email, "telephone": dialled_number(telephone)}


def describe_site(request: HttpRequest, profile: ProfileReading) -> dict:
    return {
        "@type": "WebSite",
        "@id": iri("site"),
        "url": absolute(request, reverse_in(profile.reader.language, "public:index")),
        "name": text(profile.site_title),
        "inLanguage": language_tag(profile.reader.language),
        "publisher": {"@id": iri("city")},
    }


def describe_organisation(request: HttpRequest, network: NetworkReading) -> dict:
    row = network.row
    other_names = [network.acronym, network.original_name, *network.former_names]
    return {
        "@type": "Organization",
        "@id": iri("network", row.pk),
        "name": text(network.name),
        "alternateName": [text(name) for name in other_names if name and name != network.name],
        "url": iri_to_uri(row.website),
        "logo": absolute(request, row.logo.url) if row.logo else "",
        "foundingDate": row.founded and row.founded.isoformat(),
    }


def describe_seat(network: NetworkReading) -> dict:
    """Return the place of a network's seat; empty where nothing of it is known."""
    if not network.place:
        return {}
    return {
        "@type": "Place",
        "address": {
            "@type": "PostalAddress",
            "addressLocality": text(network.town),
            "addressCountry": network.row.seat_country,
        },
        "geo": coordinates(network.row.seat_latitude, network.row.seat_longitude),
    }


def coordinates(latitude: Decimal | None, longitude: Decimal | None) -> dict:
    if latitude is None or longitude is None:
        return {}
    return {"@type": "GeoCoordinates", "latitude": float(latitude), "longitude": float(longitude)}


def is_dated(network: NetworkReading) -> bool:
    """Whether the membership lasts, or has a known end: a role without an end date is a current one."""
    return network.row.status == Network.Status.MEMBER or bool(network.row.left)


def membership_role(network: NetworkReading) -> dict:
    """Return the membership between the city and a network, with its start and end dates."""
    return role_between(_("member"), network.row.joined, network.row.left)


def membership_roles(network: NetworkReading) -> list[dict]:
    """Return the membership, if it lasts or has a known end, the earlier ones, and the roles of the city."""
    return [
        *([membership_role(network)] if is_dated(network) else []),
        *(role_between(_("member"), period.first, period.last) for period in network.periods),
        *(
            role_between(f"{role.role}, {role.body}" if role.body else role.role, role.first, role.last)
            for role in network.roles
            if role.last or role.is_current
        ),
    ]


def role_between(name: str, first: PartialDate | None, last: PartialDate | None) -> dict:
    return {
        "@type": "OrganizationRole",
        "roleName": name,
        "startDate": first and first.isoformat(),
        "endDate": last and last.isoformat(),
    }


def canonical_url(request: HttpRequest, subject: RowReading) -> str:
    """Return the URL of a row's page in the reader's language; in the default language if it is not written in it."""
    with override(canonical_language(subject)):
        return absolute(request, subject.row.get_absolute_url())


def canonical_language(subject: RowReading) -> str:
    language = subject.reader.language
    return language if subject.is_available_in(language) else settings.LANGUAGE_CODE


def absolute(request: HttpRequest, url: str) -> str:
    return request.build_absolute_uri(url)


def text(value: Text) -> str | dict:
    """Return a JSON-LD value, with the language where it is not that of the page."""
    if value and value.is_fallback:
        return {"@value": value, "@language": language_tag(value.language)}
    return value


def graph(*nodes: dict) -> dict:
    """Return the nodes as a JSON-LD document, without empty values."""
    return {"@context": "https://schema.org", "@graph": remove_empty(list(nodes))}


def remove_empty(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: remove_empty(each) for name, each in without_empty(value).items()}
    if isinstance(value, list):
        return [remove_empty(each) for each in value]
    return value
