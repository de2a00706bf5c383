"""Open data: what the pages say, for programs. Each address stands once and holds all languages."""

from collections.abc import Callable
from functools import wraps
from hashlib import sha256

from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.http import http_date
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from networks.public.catalogue import Catalogue
from networks.public.dataset import FIELDS, SUBJECT, TAGS, Dataset
from networks.public.identifiers import tag
from networks.public.site import render_page

METHODS = ["GET", "HEAD", "OPTIONS"]
DESCRIBED_BY = '</networks.csv-metadata.json>; rel="describedby"; type="application/csvm+json"'


def data_view(content_type: str, **headers: str) -> Callable:
    """
    Make a view of a function that returns the bytes of a data file.

    Programs of any site may read it, and whoever has it already is told so without its being sent again.
    """

    def decorate(make: Callable[[HttpRequest, Dataset], bytes]):
        @wraps(make)
        @require_http_methods(METHODS)
        def view(request: HttpRequest) -> HttpResponse:
            if request.method == "OPTIONS":
                response = HttpResponse(status=204)
                response.headers["Allow"] = response.headers["Access-Control-Allow-Methods"] = ", ".join(METHODS)
                response.headers["Access-Control-Allow-Headers"] = "If-None-Match"
                response.headers["Access-Control-Max-Age"] = "86400"
            else:
                dataset = Dataset(request)
                body = make(request, dataset)
                response = HttpResponse(body, content_type=content_type)
                response.headers["ETag"] = etag = f'"{sha256(body).hexdigest()[:32]}"'
                if dataset.changed_at:
                    response.headers["Last-Modified"] = http_date(dataset.changed_at.timestamp())
                response.headers["Cache-Control"] = "public, no-cache"
                patch_vary_headers(response, ["Accept-Encoding"])
                # Not by the time: when a network is taken off the site, the newest of the others is an older one.
                response = get_conditional_response(request, etag=etag, response=response)
                response.headers["Content-Language"] = ", ".join(TAGS.values())
                response.headers["Access-Control-Expose-Headers"] = "ETag, Link"
                for name, value in headers.items():
                    response.headers[name] = value
            response.headers["Access-Control-Allow-Origin"] = "*"
            return response

        return view

    return decorate


@data_view("application/json")
def networks_json(request, dataset):
    return dataset.json()


@data_view("text/csv; charset=utf-8; header=present", Link=DESCRIBED_BY)
def networks_csv(request, dataset):
    return dataset.csv()


@data_view("application/csvm+json")
def networks_csv_metadata(request, dataset):
    return dataset.metadata()


@data_view("application/ld+json")
def catalogue_json_ld(request, dataset):
    return Catalogue(request, dataset).json_ld()


@data_view("text/turtle; charset=utf-8")
def catalogue_turtle(request, dataset):
    return Catalogue(request, dataset).turtle()


# The page that explains it

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
        request,
        "networks/open_data.html",
        {
            "share_title": _("Open data"),
            "files": [(request.build_absolute_uri(path), format, use) for path, format, use in FILES],
            "json_url": request.build_absolute_uri("/networks.json"),
            "csv_url": request.build_absolute_uri("/networks.csv"),
            # Where the only column is called like the field, there is no need to name it twice.
            "fields": [
                (each, [column.name for column in each.columns if column.name != each.name]) for each in FIELDS
            ],
            "lead": SUBJECT,
            "identifier": tag(request, "network", 7),
            "tags": list(TAGS.values()),
        },
    )
