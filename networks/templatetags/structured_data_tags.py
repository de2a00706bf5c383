"""The template tag for the structured data of a page."""

import json

from django import template
from django.template import Context
from django.utils.safestring import SafeString, mark_safe

from networks.public import structured_data as descriptions
from networks.reading import NetworkReading, PageReading

register = template.Library()

# Characters that could end the script element, or a line of a script, are written as escapes of JSON.
ESCAPES = {character: f"\\u{ord(character):04X}" for character in "<>&\u2028\u2029"}


@register.inclusion_tag("networks/includes/structured_data.html", takes_context=True)
def structured_data(context: Context, subject: descriptions.Subject) -> dict:
    """
    Describe the subject of the page: a network, a plain page, the networks of a list, or the open data. A preview is
    not described.

    The context must hold the request and the profile.
    """
    request, profile = context["request"], context["profile"]
    if context.get("preview"):
        return {}
    if isinstance(subject, NetworkReading):
        data = descriptions.describe_network_page(request, profile, subject)
    elif isinstance(subject, PageReading):
        data = descriptions.describe_plain_page(request, profile, subject)
    elif isinstance(subject, descriptions.PublishedData):
        data = descriptions.describe_data_page(request, profile, subject)
    else:
        data = descriptions.describe_list(request, profile, subject)
    return {"json": as_script(data)}


def as_script(data: dict) -> SafeString:
    """Return JSON that is safe inside a script element."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    for character, escape in ESCAPES.items():
        text = text.replace(character, escape)
    return mark_safe(text)  # noqa: S308
