"""The newest changes as an Atom feed (RFC 4287), one for each language and script."""

from datetime import UTC, datetime
from io import BytesIO

from django.http import HttpRequest
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.utils.translation import gettext as _
from django.utils.xmlutils import SimplerXMLGenerator

from networks.languages import language_tag
from networks.models import CityProfile
from networks.public.data_view import data_view
from networks.public.identifiers import tag_uri
from networks.reading import Reader, Text
from networks.revisions.public_changes import change_readings, public_changes
from networks.rich_text import NOT_IN_XML

NEWEST = 50

# An Atom feed must have a date of its last change, even while the site has no content.
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


class Handler(SimplerXMLGenerator):
    """Leaves out characters that XML does not allow, and adds xml:lang to texts in another language than the feed."""

    def addQuickElement(self, name: str, contents: str | None = None, attrs: dict | None = None) -> None:
        if isinstance(contents, Text) and contents.is_fallback:
            attrs = {"xml:lang": language_tag(contents.language)}
        super().addQuickElement(name, contents, attrs)

    def characters(self, content: str) -> None:
        super().characters(NOT_IN_XML.sub("", content))


class ChangeFeed(Atom1Feed):
    """Django's feed with plain summaries, labelled categories and a link to the licence."""

    def write(self, outfile: BytesIO, encoding: str) -> None:
        handler = Handler(outfile, encoding, short_empty_elements=True)
        handler.startDocument()
        handler.startElement("feed", self.root_attributes())
        self.add_root_elements(handler)
        self.write_items(handler)
        handler.endElement("feed")

    def latest_post_date(self) -> datetime:
        return self.feed["updated"]

    def add_root_elements(self, handler: SimplerXMLGenerator) -> None:
        super().add_root_elements(handler)
        if url := self.feed["licence_url"]:
            handler.addQuickElement("link", attrs={"rel": "license", "href": url})

    def add_item_elements(self, handler: SimplerXMLGenerator, item: dict) -> None:
        super().add_item_elements(handler, item)
        handler.addQuickElement("category", attrs=item["category"])
        handler.addQuickElement("summary", item["summary"])


@data_view(ChangeFeed.content_type)
def change_feed(request: HttpRequest) -> tuple[bytes, datetime | None]:
    reader = Reader()
    profile = reader.profile(CityProfile.objects.current())
    language = language_tag(reader.language)
    changes = change_readings(public_changes()[:NEWEST], reader)
    updated = max((change.row.happened_at for change in changes), default=profile.row.changed_at or EPOCH)
    feed = ChangeFeed(
        title=f"{_('Changes')} – {profile.site_title}",
        subtitle=_("What is new about the city’s memberships in networks of cities, the newest first."),
        description=None,
        language=language,
        link=request.build_absolute_uri(reverse("public:changes")),
        feed_url=request.build_absolute_uri(reverse("public:feed")),
        feed_guid=tag_uri(language, "changes"),
        author_name=profile.city_name or profile.site_title,
        author_email=profile.row.email or None,
        author_link=profile.row.website or None,
        feed_copyright=profile.licence_name or None,
        licence_url=profile.row.licence_url,
        updated=updated,
    )
    for change in changes:
        feed.add_item(
            title=change.network_name,
            link=request.build_absolute_uri(change.network_url or reverse("public:changes")),
            description=None,
            summary=change.sentence,
            category={"term": change.row.kind, "label": change.kind},
            unique_id=tag_uri(language, "change", change.row.pk),
            pubdate=change.row.happened_at,
            updateddate=change.row.happened_at,
        )
    content = BytesIO()
    feed.write(content, "utf-8")
    return content.getvalue(), updated
