"""The tag that puts a page's structured data into its head."""

import json

from django import template
from django.utils.safestring import mark_safe

from networks.public import structured_data as descriptions
from networks.reading import NetworkReading, PageReading

register = template.Library()

# What could end the script element, or a line of a script, becomes an escape of JSON, which means the same.
ESCAPES = {character: f"\\u{ord(character):04X}" for character in "<>&\u2028\u2029"}


@register.inclusion_tag("networks/includes/structured_data.html", takes_context=True)
def structured_data(context, subject):
    """
    Describe what the page is about: a network, a plain page, or the networks of a list.

    It asks the context for the request and the profile. A preview is no public page, and is not described.
    """
    request, profile = context["request"], context["profile"]
    if context.get("preview"):
        return {}
    if isinstance(subject, NetworkReading):
        data = descriptions.describe_network_page(request, profile, subject)
    elif isinstance(subject, PageReading):
        data = descriptions.describe_plain_page(request, profile, subject)
    else:
        data = descriptions.describe_list(request, profile, subject)
    return {"json": as_script(data)}


def as_script(data: dict) -> str:
    """Return JSON that may stand inside a script element as it is."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    for character, escape in ESCAPES.items():
        text = text.replace(character, escape)
    return mark_safe(text)  # noqa: S308
