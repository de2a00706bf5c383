"""What the templates of the public pages need beside Django's own."""

from urllib.parse import urlsplit

from django import template

from networks.reading import Reader

register = template.Library()


@register.filter
def web_address(url: str) -> str:
    """Return a web address as people write it: alda-europe.eu for https://www.alda-europe.eu/."""
    parts = urlsplit(url)
    return parts.netloc.removeprefix("www.") + parts.path.rstrip("/") + (f"?{parts.query}" if parts.query else "")


@register.filter
def telephone(number: str) -> str:
    """Return a telephone number as it stands in a tel: link, digits and a leading plus only."""
    if number.startswith("+"):
        number = number.replace("(0)", "")  # dialled within the country only
    return "".join(character for character in number if character in "+0123456789")


@register.filter
def in_script(text: str) -> str:
    """Return a text that was recorded in Serbian, such as the name in a log entry, in the script on show."""
    return Reader().unmarked(text)


@register.filter
def year(date: str) -> str:
    """Return the year of a date in words: 2007. of 3. мај 2007., 2007 of 3 May 2007."""
    return date.rpartition(" ")[2]


@register.filter
def day_and_month(date: str) -> str:
    """Return what stands before the year in a date in words: 3. мај, May, or nothing."""
    return date.rpartition(" ")[0]
