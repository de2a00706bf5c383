"""Accounts with a second factor, and the codes that the app of their owner shows."""

from django_otp.oath import totp
from django_otp.plugins.otp_totp.models import TOTPDevice

from networks.admin import second_factor
from tests.pages import parsed


def code_of(key):
    """The code that an app shows now for a key."""
    return f"{totp(bytes.fromhex(key)):06}"


def give_second_factor(account):
    """Turn the second factor of an account on, and give back its recovery codes."""
    key = f"{account.pk:040x}"
    return second_factor.turn_on(account, key, code_of(key), {})


def next_code(account):
    """A code that the account has not used yet, as if the time for the last one had gone."""
    TOTPDevice.objects.filter(user=account).update(last_t=-1, drift=0)
    return code_of(TOTPDevice.objects.get(user=account).key)


def wrong_code(account):
    right = {
        f"{totp(bytes.fromhex(TOTPDevice.objects.get(user=account).key), t0=-shift):06}"
        for shift in (-60, -30, 0, 30, 60)
    }
    return next(code for code in ("000000", "111111", "222222", "333333", "444444", "555555") if code not in right)


def second_step(client, response, **typed):
    """Fill in the second step of a log-in, with all that its page carries."""
    (form,) = parsed(response).xpath("//form[@id='login-form']")
    return client.post(form.get("action"), {**dict(form.form_values()), **typed})
