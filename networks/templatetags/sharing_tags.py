"""The Open Graph card of a page, which other sites show with a link to it."""

from dataclasses import dataclass

from django import template
from django.conf import settings
from django.template import Context
from django.urls import reverse
from django.utils.text import Truncator

from networks.languages import language_tag
from networks.public.share_pictures import HEIGHT, WIDTH
from networks.reading import NetworkReading, PageReading
from networks.rich_text import plain_text

register = template.Library()

# Open Graph locales are a language and a country; there is none for a script.
LOCALES = {"sr-Cyrl": "sr_RS", "sr-Latn": "sr_RS", "en": "en_GB"}
LONGEST_DESCRIPTION = 300  # letters


@dataclass(frozen=True)
class Card:
    """The texts of a card and the absolute URL of its picture."""

    title: str
    title_lang: str
    description: str
    description_lang: str
    kind: str
    locale: str
    alternates: list[str]
    picture_url: str
    picture_words: str
    width: int = WIDTH
    height: int = HEIGHT


@register.simple_tag(takes_context=True)
def share_card(context: Context) -> Card:
    """
    Return the card of the page.

    A view of something else than a network or a plain page may set `share_title` and `share_description`.
    """
    profile, network, page = context["profile"], context.get("network"), context.get("page")
    title, description = context.get("share_title", ""), context.get("share_description", "")
    kind, picture, picture_words = "article", reverse("public:picture"), profile.site_title
    if isinstance(network, NetworkReading):
        title, description = network.name, network.summary
        picture, picture_words = reverse("public:network_picture", args=[network.slug]), network.name
    elif isinstance(page, PageReading):
        title, description = page.title, page.body
    else:
        kind = "website"
        if not title:
            title, description = profile.site_title, profile.introduction
    # As the canonical URL: of a page that is not written in its language, the Serbian one.
    locale = locale_of(context["language_tag"] if context["alternates"] else language_tag(settings.LANGUAGE_CODE))
    words = plain_text(description) if getattr(description, "is_html", False) else str(description)
    return Card(
        title=title,
        title_lang=getattr(title, "lang", ""),
        description=Truncator(" ".join(words.split())).chars(LONGEST_DESCRIPTION),
        description_lang=getattr(description, "lang", ""),
        kind=kind,
        locale=locale,
        alternates=sorted({locale_of(link.tag) for link in context["language_links"] if link.url} - {locale}),
        picture_url=context["request"].build_absolute_uri(picture),
        picture_words=picture_words,
    )


def locale_of(tag: str) -> str:
    return LOCALES.get(tag, tag.replace("-", "_"))
