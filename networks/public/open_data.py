"""Open data: the content of the pages for programs. Each file has one URL and holds all languages."""

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from networks.public.data_view import data_view
from networks.public.dataset import FIELDS, SUBJECT, TAGS, Dataset
from networks.public.identifiers import tag_uri
from networks.public.page_context import PageContext, render_page

DESCRIBED_BY = '</networks.csv-metadata.json>; rel="describedby"; type="application/csvm+json"'
IN_ALL = ", ".join(TAGS.values())


@data_view("application/json", Content_Language=IN_ALL)
def networks_json(request: HttpRequest) -> tuple[bytes, datetime | None]:
    dataset = Dataset(request)
    return dataset.json(), dataset.changed_at


@data_view("text/csv; charset=utf-8; header=present", Content_Language=IN_ALL, Link=DESCRIBED_BY)
def networks_csv(request: HttpRequest) -> tuple[bytes, datetime | None]:
    dataset = Dataset(request)
    return dataset.csv(), dataset.changed_at


@data_view("application/csvm+json", Content_Language=IN_ALL)
def networks_csv_metadata(request: HttpRequest) -> tuple[bytes, datetime | None]:
    dataset = Dataset(request)
    return dataset.metadata(), dataset.changed_at


@data_view("application/ld+json", Content_Language=IN_ALL)
def catalogue_json_ld(request: HttpRequest) -> tuple[bytes, datetime | None]:
    # Not at the top: rdflib takes memory and start-up time, which most processes never need.
    from networks.public.catalogue import Catalogue

    dataset = Dataset(request)
    return Catalogue(request, dataset).json_ld(), dataset.changed_at


@data_view("text/turtle; charset=utf-8", Content_Language=IN_ALL)
def catalogue_turtle(request: HttpRequest) -> tuple[bytes, datetime | None]:
    from networks.public.catalogue import Catalogue

    dataset = Dataset(request)
    return Catalogue(request, dataset).turtle(), dataset.changed_at


# The page that explains the data

FILES = (
    ("/networks.json", "JSON", _("For programs: every network with all its fields, as one document.")),
    ("/networks.csv", "CSV", _("For spreadsheets: one line for each network.")),
    ("/networks.csv-metadata.json", "CSVW", _("What each column of the CSV holds, for programs that check tables.")),
    ("/catalog.ttl", "DCAT-AP, Turtle", _("The catalogue entry, for data portals.")),
    ("/catalog.jsonld", "DCAT-AP, JSON-LD", _("The same catalogue entry in JSON.")),
)


@require_safe
def open_data(request: HttpRequest) -> HttpResponse:
    return render_page(
        PageContext(request),
        "networks/open_data.html",
        {
            "share_title": _("Open data"),
            "files": [(request.build_absolute_uri(path), format, use) for path, format, use in FILES],
            "json_url": request.build_absolute_uri("/networks.json"),
            "csv_url": request.build_absolute_uri("/networks.csv"),
            # A column with the name of its field is not named twice.
            "fields": [
                (each, [column.name for column in each.columns if column.name != each.name]) for each in FIELDS
            ],
            "lead": SUBJECT,
            "identifier": tag_uri(request, "network", 7),
            "tags": list(TAGS.values()),
        },
    )
