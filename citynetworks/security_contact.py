"""Whom to tell about a weakness of the site: the value of DJANGO_SECURITY_CONTACT, as the settings read it."""

from urllib.parse import quote, unquote

from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.validators import EmailValidator, URLValidator

is_email = EmailValidator()
is_https = URLValidator(schemes=["https"])


def mail_address(email: str) -> str:
    """Return the URI that opens a letter to an e-mail address. It has no other letters than ASCII (RFC 6068)."""
    return f"mailto:{quote(email, safe='@+.!$*')}"


def contact_uri(value: str) -> str:
    """
    Return the URI of a contact: an e-mail address, or an address that begins with mailto: or https://.

    Empty for an empty value; anything else is ImproperlyConfigured.
    """
    value = value.strip()
    if not value:
        return ""
    try:
        if value.lower().startswith("https://"):
            is_https(value)
            value.encode("ascii")
            return value
        email = unquote(value[len("mailto:") :]) if value.lower().startswith("mailto:") else value
        is_email(email)
    except (ValidationError, UnicodeEncodeError) as error:
        raise ImproperlyConfigured(
            "DJANGO_SECURITY_CONTACT is neither an e-mail address nor an address that begins with mailto: or https://."
        ) from error
    return mail_address(email)
