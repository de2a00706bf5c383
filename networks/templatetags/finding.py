"""What the templates need that show what a search has found."""

from django import template
from django.utils.safestring import SafeString

from networks.public import search
from networks.reading import Text

register = template.Library()


@register.filter
def marked(text: Text, words: list[str] | None) -> SafeString:
    """Return plain text with the words that were sought marked in it; only escaped where nothing was sought."""
    return search.marked(text, words or [])


@register.filter
def excerpts(network, words: list[str] | None) -> list[search.Excerpt]:
    """Return the stretches of a network's other texts in which the sought words stand."""
    return search.excerpts(network, words or [])
