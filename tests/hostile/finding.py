"""What an attack came to."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """`before` is what the attack came to before the site stood up to it, `after` what it comes to now."""

    what: str
    before: str
    after: str
    is_good: bool
