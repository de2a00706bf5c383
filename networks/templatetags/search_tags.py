"""Filters for the templates that show search results."""

from django import template
from django.utils.safestring import SafeString

from networks.public import search
from networks.reading import NetworkReading, Text

register = template.Library()


@register.filter
def marked(text: Text, words: list[str] | None) -> SafeString:
    """Return plain text, escaped, in which the words of the search are marked."""
    return search.highlight(text, words or [])


@register.filter
def excerpts(network: NetworkReading, words: list[str] | None) -> list[search.Excerpt]:
    """Return excerpts of the texts that the list does not show in which the words of the search stand."""
    return search.excerpts(network, words or [])
