"""The contact for reports of security problems, from DJANGO_SECURITY_CONTACT."""

from urllib.parse import quote, unquote

from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.validators import EmailValidator, URLValidator

is_email = EmailValidator()
is_https = URLValidator(schemes=["https"])


def mailto_uri(email: str) -> str:
    """Return the mailto URI of an e-mail address, which is ASCII only (RFC 6068)."""
    return f"mailto:{quote(email, safe='@+.!$*')}"


def contact_uri(value: str) -> str:
    """
    Return the URI of a contact, which is an e-mail address or a URI that begins with mailto: or https://.

    Empty for an empty value. Raise ImproperlyConfigured for any other value.
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
    return mailto_uri(email)
