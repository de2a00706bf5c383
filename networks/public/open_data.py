"""Open data: the content of the pages for programs. Each file has one URL and holds all languages."""

from collections.abc import Callable
from datetime import datetime

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from networks.languages import ENGLISH, SERBIAN, SERBIAN_LATIN, language_tag, switch_name, translation_languages
from networks.models import Network
from networks.public.chronology import first_membership
from networks.public.data_view import data_view
from networks.public.dataset import SUBJECT, TABLES, CSVFile, Dataset, JSONFile
from networks.public.identifiers import iri
from networks.public.page_context import PageContext, render_page
from networks.public.structured_data import PublishedData
from networks.public.tables import TAGS, Table

DESCRIBED_BY = '</networks.csv-metadata.json>; rel="describedby"; type="application/csvm+json"'
IN_ALL = ", ".join(TAGS.values())


@data_view("application/json", Content_Language=IN_ALL)
def networks_json(request: HttpRequest) -> tuple[bytes, datetime | None]:
    dataset = Dataset(request)
    return dataset.body(JSONFile(dataset)), dataset.changed_at


def csv_view(name: str) -> Callable:
    """Return the view of the CSV file of one of TABLES."""

    @data_view("text/csv; charset=utf-8; header=present", Content_Language=IN_ALL, Link=DESCRIBED_BY)
    def table_csv(request: HttpRequest) -> tuple[bytes, datetime | None]:
        dataset = Dataset(request)
        return dataset.body(CSVFile(name)), dataset.changed_at

    return table_csv


@data_view("text/turtle; charset=utf-8", Content_Language=IN_ALL)
def networks_turtle(request: HttpRequest) -> tuple[bytes, datetime | None]:
    # Not at the top: rdflib takes memory and start-up time, which most processes never need.
    from networks.public.membership_graph import MembershipGraph

    dataset = Dataset(request)
    return dataset.body(MembershipGraph(dataset)), dataset.changed_at


@data_view("application/csvm+json", Content_Language=IN_ALL)
def networks_csv_metadata(request: HttpRequest) -> tuple[bytes, datetime | None]:
    dataset = Dataset(request)
    return dataset.metadata(), dataset.changed_at


@data_view("application/ld+json", Content_Language=IN_ALL)
def catalogue_json_ld(request: HttpRequest) -> tuple[bytes, datetime | None]:
    from networks.public.catalogue import Catalogue

    dataset = Dataset(request)
    return Catalogue(request, dataset).json_ld(), dataset.changed_at


@data_view("text/turtle; charset=utf-8", Content_Language=IN_ALL)
def catalogue_turtle(request: HttpRequest) -> tuple[bytes, datetime | None]:
    from networks.public.catalogue import Catalogue

    dataset = Dataset(request)
    return Catalogue(request, dataset).turtle(), dataset.changed_at


# Identifiers


@csrf_exempt  # as the cached views
@require_safe
def identified(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """
    Redirect from an IRI to the page about what it identifies: a published network, or the city and its site.

    Programs that ask for Turtle get the memberships in it.
    """
    if pk is None:
        url = reverse("public:index")
    elif slug := Network.objects.published().filter(pk=pk).values_list("slug", flat=True).first():
        url = reverse("public:network", args=[slug])
    else:
        raise Http404
    if request.get_preferred_type(["text/html", "text/turtle"]) == "text/turtle":
        url = reverse("networks_turtle")
    response = HttpResponseRedirect(url, status=303)
    patch_vary_headers(response, ["Accept"])
    return response


# The page that explains the data

FILES: tuple[tuple[str, str, str | Promise], ...] = (
    ("/networks.json", "JSON", _("For programs: every network with all its fields, as one document.")),
    ("/networks.csv", "CSV", _("For spreadsheets: one line for each network.")),
    *((f"/{table.file}", "CSV", table.title) for name, table in TABLES.items() if name != "networks"),
    ("/networks.csv-metadata.json", "CSVW", _("What each column of the CSV holds, for programs that check tables.")),
    ("/networks.ttl", "RDF, Turtle", _("The memberships as linked data, in the Organization Ontology of the W3C.")),
    ("/catalog.ttl", "DCAT-AP, Turtle", _("The catalogue entry, for data portals.")),
    ("/catalog.jsonld", "DCAT-AP, JSON-LD", _("The same catalogue entry in JSON.")),
)


def table_rows(table: Table) -> list[tuple]:
    """Return the fields of a table with their columns; a column with the name of its field is not named twice."""
    return [(each, [column.name for column in each.columns if column.name != each.name]) for each in table.fields]


@require_safe
def open_data(request: HttpRequest) -> HttpResponse:
    columns = ("joined", "left", "founded", "status", "periods", "changed_at")
    rows = list(Network.objects.published().values_list(*columns, named=True))
    page = PageContext(request)
    described = PublishedData(
        files=[
            (request.build_absolute_uri(path), media_type)
            for path, media_type in (
                ("/networks.json", "application/json"),
                ("/networks.ttl", "text/turtle"),
                *((f"/{table.file}", "text/csv") for table in TABLES.values()),
            )
        ],
        first=first_membership(rows),
        changed_at=max((row.changed_at for row in rows), default=None),
    )
    return render_page(
        page,
        "networks/open_data.html",
        {
            "share_title": _("Open data"),
            "files": [(request.build_absolute_uri(path), format, use) for path, format, use in FILES],
            "json_url": request.build_absolute_uri("/networks.json"),
            "csv_url": request.build_absolute_uri("/networks.csv"),
            "tables": [(table.file, table_rows(table)) for table in TABLES.values()],
            "lead": SUBJECT,
            "identifier": iri("network", 7),
            "tags": [language_tag(code) for code in (SERBIAN, SERBIAN_LATIN, ENGLISH)],
            "other_tags": [
                (language_tag(code), switch_name(code)) for code in translation_languages() if code != ENGLISH
            ],
            "described": described,
        },
    )
