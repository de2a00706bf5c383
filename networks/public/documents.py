"""The files of documents: each at one address in all languages, where a newer file takes the older one's place."""

from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from citynetworks.document_response import document_response
from networks.models import Network
from networks.models.document_field import document_url, public_file
from networks.redirects import permanent_redirect


@csrf_exempt
@require_safe
def document(request: HttpRequest, slug: str, kind: str, line_id: str) -> HttpResponseBase:
    """Send the file of a line of what is published. Redirect from a former slug of the network, or another kind."""
    networks = Network.objects.published().only("slug", "documents", "changed_at")
    network = networks.filter(slug=slug).first()
    if network is None:
        network = get_object_or_404(networks, former_slugs__slug=slug)
    line = next((line for line in network.documents if line["id"] == line_id and public_file(line)), None)
    if line is None:
        raise Http404("There is no such document")
    if (network.slug, line["kind"]) != (slug, kind):
        return permanent_redirect(document_url(network.slug, line))
    return document_response(
        request,
        line["file"]["name"],
        etag=line["file"]["sha256"],
        # Not when the file was uploaded: an older one may come back, which clients that ask by the time must notice.
        modified=network.changed_at,
        ascii_name=f"{network.slug}-{line['kind']}",
        title=line.get("title_sr", ""),
    )


def document_files() -> dict[str, str]:
    """Return the name of each public file in the storage by its path, for the static export."""
    rows = Network.objects.published().order_by("slug").values_list("slug", "documents")
    return {
        document_url(slug, line): file["name"]
        for slug, lines in rows
        for line in lines
        if (file := public_file(line))
    }
