"""The newest changes as an Atom feed (RFC 4287), one in each form of the language."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from io import BytesIO

from django.http import HttpRequest
from django.urls import reverse
from django.utils.feedgenerator import rfc3339_date
from django.utils.translation import gettext as _
from django.utils.xmlutils import SimplerXMLGenerator

from networks.changes import ChangeReading, public_changes, readings
from networks.languages import language_tag
from networks.models import CityProfile
from networks.public.data_view import data_view
from networks.public.identifiers import tag
from networks.reading import ProfileReading, Reader, Text

CONTENT_TYPE = "application/atom+xml; charset=utf-8"
NEWEST = 50

# A feed must say when it was last changed, even on the first day of a site.
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)

NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@data_view(CONTENT_TYPE)
def change_feed(request):
    reader = Reader()
    profile = reader.profile(CityProfile.objects.current())
    changes = readings(public_changes()[:NEWEST], reader)
    updated = max((change.row.happened_at for change in changes), default=profile.row.changed_at or EPOCH)
    return atom(request, profile, changes, updated), updated


def atom(request: HttpRequest, profile: ProfileReading, changes: Sequence[ChangeReading], updated: datetime) -> bytes:
    """Return the feed as XML."""
    language = language_tag(profile.reader.language)
    output = BytesIO()
    xml = Elements(output, "utf-8")
    xml.startDocument()
    xml.startElement("feed", {"xmlns": "http://www.w3.org/2005/Atom", "xml:lang": language})
    xml.add("id", tag(request, language, "changes"))
    xml.add("title", f"{_('Changes')} – {profile.site_title}")
    xml.add("subtitle", _("What is new about the city’s memberships in networks of cities, the newest first."))
    xml.add("updated", rfc3339_date(updated))
    xml.link("self", request.build_absolute_uri(reverse("public:feed")), type="application/atom+xml")
    xml.link("alternate", request.build_absolute_uri(reverse("public:changes")), type="text/html")
    xml.startElement("author", {})
    xml.add("name", profile.city_name or profile.site_title)
    if profile.row.website:
        xml.add("uri", profile.row.website)
    if profile.row.email:
        xml.add("email", profile.row.email)
    xml.endElement("author")
    if profile.licence_name:
        xml.add("rights", profile.licence_name)
    if profile.row.licence_url:
        xml.link("license", profile.row.licence_url)
    for change in changes:
        moment = rfc3339_date(change.row.happened_at)
        xml.startElement("entry", {})
        xml.add("id", tag(request, language, "change", change.row.pk))
        xml.add("title", change.network_name)
        url = change.network_url or reverse("public:changes")
        xml.link("alternate", request.build_absolute_uri(url), type="text/html")
        xml.add("published", moment)
        xml.add("updated", moment)
        xml.addQuickElement("category", attrs={"term": change.row.kind, "label": change.kind})
        xml.add("summary", change.sentence)
        xml.endElement("entry")
    xml.endElement("feed")
    xml.endDocument()
    return output.getvalue()


class Elements(SimplerXMLGenerator):
    """Writes the elements of a feed."""

    def add(self, name: str, text: str) -> None:
        """Write an element with a text, marked with its language where that is not the language of the feed."""
        is_marked = isinstance(text, Text) and text.is_fallback
        self.addQuickElement(
            name, NOT_IN_XML.sub("", text), {"xml:lang": language_tag(text.language)} if is_marked else {}
        )

    def link(self, relation: str, address: str, **attributes) -> None:
        self.addQuickElement("link", attrs={"rel": relation, "href": address, **attributes})
