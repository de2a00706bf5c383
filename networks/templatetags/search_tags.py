"""Filters for the templates that show search results."""

from django import template
from django.utils.safestring import SafeString

from networks.public import highlighting
from networks.public.highlighting import Excerpt
from networks.public.word_index import Match
from networks.reading import NetworkReading, Text

register = template.Library()


@register.filter
def marked(text: Text, matches: list[Match] | None) -> SafeString:
    """Return plain text, escaped, in which what the search has found is marked."""
    return highlighting.highlight(text, matches or [])


@register.filter
def excerpts(network: NetworkReading, matches: list[Match] | None) -> list[Excerpt]:
    """Return excerpts of the texts that the list does not show in which the search has found something."""
    return highlighting.excerpts(network, matches or [])
