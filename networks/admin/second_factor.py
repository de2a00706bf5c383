"""
The second factor of a log-in: after the password a code, from an app on one's phone or one of ten recovery codes.

django-otp keeps the key of the app and checks its codes, each of them once. A session is bound to the key, as Django
binds it to the password: when the second factor is turned on, off or removed, all other sessions of the account end.
The key comes with the account in one query, so no request takes another one.
"""

import hashlib
import time
from base64 import b32encode
from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from secrets import token_bytes
from typing import Any
from urllib.parse import quote, urlencode

from django import forms
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import User
from django.core import signing
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import OuterRef, QuerySet, Subquery
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext_lazy as _
from django_otp.oath import TOTP
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from networks.admin import sign_in
from networks.models import AuditEntry, RequiredSecondFactor

Kind = AuditEntry.Kind

RECOVERY_CODES = 10

# How long the second step of a log-in may take, and how long somebody may take to scan the key
LONGEST_STEP = timedelta(minutes=15)
LONGEST_SCAN = timedelta(hours=1)

STEP_TOKEN = "sign_in_token"  # noqa: S105 - the name of a hidden field
SALT = "networks.second_factor"


# Accounts and their sessions


class Backend(ModelBackend):
    """Django's accounts, whose sessions are bound to their second factor too."""

    def get_user(self, user_id: Any) -> User | None:
        account = with_key(User.objects.filter(pk=user_id)).first()
        return bound(account) if account is not None and self.user_can_authenticate(account) else None


def with_key(accounts: QuerySet[User]) -> QuerySet[User]:
    """Return the accounts with `second_factor_key`, the key of the app; None where there is no second factor."""
    devices = TOTPDevice.objects.filter(user=OuterRef("pk"), confirmed=True).order_by("pk")
    return accounts.annotate(second_factor_key=Subquery(devices.values("key")[:1]))


def bound(account: User) -> User:
    """Let the sessions of an account of `with_key` be bound to its second factor. Return the account."""
    if account.second_factor_key:
        # Of the instance, because Django's log-in and its sessions ask the account.
        account.get_session_auth_hash = partial(session_auth_hash, account)
    return account


def session_auth_hash(account: User) -> str:
    value = User.get_session_auth_hash(account) + account.second_factor_key
    return salted_hmac(SALT, value, algorithm="sha256").hexdigest()


def load(pk: int) -> User | None:
    """Return an account as the log-in needs it."""
    return Backend().get_user(pk)


def has_second_factor(account: User) -> bool:
    """Return whether an account of `with_key`, such as `request.user`, has a second factor."""
    return bool(getattr(account, "second_factor_key", None))


def is_required(account: User) -> bool:
    """Return whether a role of the account requires the second factor; of a superuser, whether any role does."""
    required = RequiredSecondFactor.objects.all()
    return (required if account.is_superuser else required.filter(group__user=account)).exists()


def must_enrol(account: User) -> bool:
    """Return whether an account of `with_key` has no second factor, but must have one."""
    return not has_second_factor(account) and is_required(account)


# The first step of a log-in is done: a signed note of it stands in the form of the second one.


def step_token(account: User) -> str:
    """Return the note that somebody has just entered the password of an account of `with_key`."""
    return signing.dumps([account.pk, session_auth_hash(account)], salt=SALT)


def account_of_step(token: str) -> User | None:
    """Return the account of a note; None if it is forged or too old, or the password or the key has changed since."""
    try:
        pk, state = signing.loads(token, salt=SALT, max_age=LONGEST_STEP)
    except signing.BadSignature:
        return None
    account = load(pk)
    is_same = account is not None and has_second_factor(account)
    return account if is_same and constant_time_compare(state, session_auth_hash(account)) else None


# Codes


def digits(text: str) -> str:
    return "".join(text.split()).replace("-", "")


def is_code(text: str) -> bool:
    return len(text) == 6 and text.isascii() and text.isdigit()


def digest(account: User, code: str) -> str:
    """Return what the database keeps of a recovery code, which has 60 random bits."""
    written = "".join(each for each in code.casefold() if each.isalnum())
    hashed = hashlib.sha256(f"{account.pk}:{written}".encode()).digest()
    return b32encode(hashed).decode().lower()[:16]


@transaction.atomic
def accept_code(account: User, code: str) -> bool:
    """Return whether a code of the app is right. It is right once, and so is each earlier one."""
    device = TOTPDevice.objects.select_for_update().filter(user=account, confirmed=True).order_by("pk").first()
    return device is not None and is_code(digits(code)) and device.verify_token(digits(code))


@transaction.atomic
def accept_recovery_code(account: User, code: str, environ: Mapping[str, Any]) -> bool:
    """Return whether a recovery code is right, and use it up."""
    device = StaticDevice.objects.select_for_update().filter(user=account).first()
    if device is None or not device.verify_token(digest(account, code)):
        return False
    left = device.token_set.count()
    AuditEntry.objects.record(Kind.RECOVERY_CODE_USED, environ=environ, account=account, left=left)
    return True


def recovery_codes_left(account: User) -> int:
    return StaticToken.objects.filter(device__user=account).count()


def make_recovery_codes(account: User) -> list[str]:
    """Replace the recovery codes of an account. Return the new ones, which cannot be read again."""
    StaticDevice.objects.filter(user=account).delete()
    device = StaticDevice.objects.create(user=account, name="recovery codes")
    codes = []
    for _number in range(RECOVERY_CODES):
        text = b32encode(token_bytes(10)).decode().lower()
        codes.append("-".join((text[:4], text[4:8], text[8:12])))
    StaticToken.objects.bulk_create(StaticToken(device=device, token=digest(account, code)) for code in codes)
    return codes


class CodeForm(forms.Form):
    """Asks for a code of an account that has a second factor. Wrong ones are throttled as wrong passwords are."""

    code = forms.CharField(
        label=_("Code from the app"),
        required=False,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "one-time-code",
                "inputmode": "numeric",
                "maxlength": 20,
                "class": "vTextField code",
            }
        ),
    )
    recovery_code = forms.CharField(
        label=_("Recovery code"),
        required=False,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "off",
                "autocapitalize": "none",
                "spellcheck": "false",
                "maxlength": 40,
                "class": "vTextField code",
            }
        ),
    )

    def __init__(self, account: User | None, environ: Mapping[str, Any], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.account, self.environ = account, environ

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        code, recovery_code = (self.cleaned_data.get(name, "") for name in ("code", "recovery_code"))
        if not code and not recovery_code:
            raise ValidationError(_("Enter the code."), code="required")
        if self.account is None:
            raise ValidationError(_("The log-in took too long. Begin it again."), code="too_late")
        with sign_in.attempt(self.account.get_username(), self.environ):
            if code:
                is_right = accept_code(self.account, code)
            else:
                is_right = accept_recovery_code(self.account, recovery_code, self.environ)
            if not is_right:
                raise ValidationError(
                    _("The code is not right, or was used already. Wait for the next one, and enter that.")
                    if code
                    else _("The recovery code is not right, or was used already. Enter another one."),
                    code="wrong_code",
                )
        return cleaned


# Turn it on and off


def signed_key(account: User, key: str) -> str:
    """Return a key, signed for its owner. It stands in the form until a code of it is entered."""
    return signing.dumps([account.pk, key], salt=SALT)


def key_of(account: User, signed: str) -> str | None:
    """Return the key of `signed_key`, in hexadecimal digits; None if it is not this account's, or too old."""
    try:
        pk, key = signing.loads(signed, salt=SALT, max_age=LONGEST_SCAN)
    except signing.BadSignature:
        return None
    return key if pk == account.pk else None


def key_as_text(key: str) -> str:
    """Return a key as apps let one type it, in groups of four characters."""
    text = b32encode(bytes.fromhex(key)).decode()
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))


def key_url(account: User, key: str, issuer: str) -> str:
    """Return the URL of a key by which apps take it over, also from a picture of it."""
    issuer = issuer.replace(":", " ")
    label = quote(f"{issuer}:{account.get_username()}")
    query = urlencode({"secret": b32encode(bytes.fromhex(key)).decode(), "issuer": issuer}, quote_via=quote)
    return f"otpauth://totp/{label}?{query}"


def turn_on(account: User, key: str, code: str, environ: Mapping[str, Any]) -> list[str]:
    """
    Give an account the second factor of a key if the code is one of the key's. Return its recovery codes.

    Raises ValidationError if the code is wrong, or the account has a second factor already.
    """
    totp = TOTP(bytes.fromhex(key))
    totp.time = time.time()
    if not is_code(digits(code)) or not totp.verify(int(digits(code)), tolerance=1):
        raise ValidationError(
            _("The code is not right. Enter the one that the app shows now; check that the phone’s time is right."),
            code="wrong_code",
        )
    with transaction.atomic():
        User.objects.select_for_update().get(pk=account.pk)  # of two requests at once, one comes first
        if TOTPDevice.objects.filter(user=account).exists():
            raise ValidationError(_("The second factor is on already."), code="already_on")
        TOTPDevice.objects.create(user=account, name="app", key=key, last_t=totp.t(), drift=totp.drift)
        AuditEntry.objects.record(Kind.SECOND_FACTOR_ON, environ=environ, account=account)
        return make_recovery_codes(account)


@transaction.atomic
def remove(account: User) -> bool:
    """Take the second factor and the recovery codes off an account. Return whether there was any."""
    StaticDevice.objects.filter(user=account).delete()
    return TOTPDevice.objects.filter(user=account).delete()[0] > 0
