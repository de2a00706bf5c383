"""
Nothing typed on the desk is lost: the server's half.

Each form has a token, made when it is opened. A save records it, so that a browser whose answer never arrived can
ask whether its text did (static/networks/unsaved.js does the rest). For browsers without JavaScript, a form that is
sent when nobody is signed in any more is carried through the log-in in a hidden field, waits in the session, and
opens again with the text as it was typed.
"""

import itertools
import json
import secrets
from dataclasses import asdict, dataclass
from urllib.parse import urlsplit

from django import forms
from django.conf import settings
from django.contrib.admin.forms import AdminAuthenticationForm
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.http import HttpRequest, QueryDict
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from networks.admin import sign_in
from networks.languages import without_language
from networks.models import LONGEST_NAME

TOKEN = "form_token"  # noqa: S105 - the name of a field
OWNER = "form_user"
OWNER_NAME = "form_user_name"
CARRIED = "kept_form"
IN_SESSION = "kept_forms"
WITHOUT_KEPT_TEXT = "without-kept-text"

# What is no text of the person, and so is not carried along
NOT_TYPED = {"csrfmiddlewaretoken", OWNER, OWNER_NAME}

# Of the largest log-in that Django takes, what is left for the log-in's own fields
ROOM_FOR_LOG_IN = 10_000  # bytes


def new_token() -> str:
    return secrets.token_urlsafe(16)


class TokenField(forms.CharField):
    """Made anew for each form that is opened, so that it differs is no change."""

    widget = forms.HiddenInput
    MAX_LENGTH = 40

    def __init__(self, **kwargs):
        super().__init__(**{"initial": new_token, "max_length": self.MAX_LENGTH, "required": False, **kwargs})

    def has_changed(self, initial, data):
        return False


class DeskForm(forms.ModelForm):
    """
    A form of the desk. Text that waits in the session is shown as it was typed, however invalid.

    No browser is told how long a text may be: it would cut what is pasted without a word. It is counted instead.
    """

    class Media:
        js = [forms.Script("networks/text_limits.js", type="module")]

    form_token = TokenField()

    # Set on the class that DeskAdmin makes for a request
    kept: "KeptForm | None" = None

    def __init__(self, data=None, *args, **kwargs):
        if data is None and self.kept is not None:
            data = self.kept.data
        super().__init__(data, *args, **kwargs)
        for name, field in self.fields.items():
            widget = getattr(field.widget, "widget", field.widget)
            # Gone back to, a browser would put the old text beside the hidden fields of a form that was made anew.
            widget.attrs["autocomplete"] = "off"
            widget.attrs.pop("maxlength", None)
            is_typed = isinstance(widget, forms.Textarea) or widget.input_type in ("text", "url", "email")
            if is_typed and (limit := self.longest(name)):
                widget.attrs["data-limit"] = limit

    def longest(self, name) -> int | None:
        """Return how many characters a field takes, by its own validators or those of the model."""
        of_model = (each.validators for each in self._meta.model._meta.fields if each.name == name)
        validators = itertools.chain(self.fields[name].validators, *of_model)
        return min((each.limit_value for each in validators if isinstance(each, MaxLengthValidator)), default=None)

    def show(self, name, value) -> None:
        """Let the field, when the form is shown again, have another value than the one that was sent."""
        widget = self.fields[name].widget
        # The admin puts its own around those that offer to add a choice.
        widget = getattr(widget, "widget", widget)
        if isinstance(widget, forms.CheckboxInput):
            value = "on" if value else ""
        value = widget.format_value(value)
        values = value if isinstance(value, list) else ["" if value is None else value]
        self.data = self.data.copy()
        self.data.setlist(self.add_prefix(name), values)


class SignInForm(AdminAuthenticationForm):
    """The log-in of the desk. One that is to save or to carry somebody's text takes nobody else."""

    def clean(self):
        account = self.cleaned_data.get("username")
        if not account or not self.cleaned_data.get("password"):
            return super().clean()
        with sign_in.attempt(account, self.request.META):
            return super().clean()

    def confirm_login_allowed(self, user):
        if user.is_active and not user.is_staff:
            # The password was right, so this is said to nobody who does not know it.
            raise ValidationError(
                _(
                    "Your password is right, but this account may not enter the desk. Ask an administrator to turn "
                    "on “staff status” for it."
                ),
                code="not_staff",
            )
        super().confirm_login_allowed(user)
        owner = self.request.POST.get(OWNER, "") if self.request else ""
        if owner not in ("", str(user.pk)):
            raise ValidationError(
                _("This text was typed by {name}, and nobody else can save it. Sign in as {name}.").format(
                    name=owner_name(self.request)
                ),
                code="not_the_owner",
            )


def owner_name(request: HttpRequest) -> str:
    """
    Return who typed a form, as the form itself says.

    The form got the name when it was opened. What the account's id says is not looked up: it may be any id.
    """
    return request.POST.get(OWNER_NAME, "")[:LONGEST_NAME] or _("somebody else")


@dataclass(frozen=True)
class KeptForm:
    """What was typed into a form that could not be saved: every value as it was sent, by the names of the fields."""

    address: str
    values: dict[str, list[str]]
    owner: str = ""
    had_file: bool = False
    owner_name: str = ""

    @classmethod
    def from_post(cls, request: HttpRequest) -> "KeptForm | None":
        """Return what was sent from one of our forms; None if the request is nothing of the kind."""
        if request.method != "POST" or TOKEN not in request.POST or not is_form_address(request):
            return None
        values = {name: values for name, values in request.POST.lists() if name not in NOT_TYPED}
        owner = request.POST.get(OWNER, "")
        return cls(request.get_full_path(), values, owner, bool(request.FILES), owner_name(request))

    @classmethod
    def carried_by(cls, request: HttpRequest) -> "KeptForm | None":
        """Return what a log-in carries; None if it carries nothing, or nothing that we wrote."""
        try:
            kept = cls(**json.loads(request.POST.get(CARRIED, "")))
            kept.carried.encode()  # half a character cannot be written
        except (ValueError, TypeError, RecursionError):
            return None
        is_whole = (
            isinstance(kept.address, str)
            and url_has_allowed_host_and_scheme(kept.address, allowed_hosts=None)
            and isinstance(kept.owner, str)
            and isinstance(kept.owner_name, str)
            and isinstance(kept.had_file, bool)
            and isinstance(kept.values, dict)
            and all(
                isinstance(values, list) and all(isinstance(value, str) for value in values)
                for values in kept.values.values()
            )
        )
        return kept if is_whole else None

    @property
    def form(self) -> str:
        """By what the form is known in every language of the desk: its path in the default one."""
        return without_language(urlsplit(self.address).path)

    @property
    def address_without(self) -> str:
        """The address that drops the text and leads to the form as it is saved, in the language of the page."""
        query = urlsplit(self.address).query
        return f"?{query}{'&' if query else ''}{WITHOUT_KEPT_TEXT}="

    @property
    def carried(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False, separators=(",", ":"))

    @property
    def is_too_large(self) -> bool:
        """Whether Django would refuse a log-in that carries this."""
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        return limit is not None and len(self.carried.encode()) > limit - ROOM_FOR_LOG_IN

    @property
    def data(self) -> QueryDict:
        data = QueryDict(mutable=True)
        for name, values in self.values.items():
            data.setlist(name, values)
        return data

    def belongs_to(self, user) -> bool:
        return self.owner in ("", str(user.pk))

    def wait_in(self, session) -> None:
        session[IN_SESSION] = session.get(IN_SESSION, {}) | {self.form: asdict(self)}


def is_form_address(request: HttpRequest) -> bool:
    """Whether the request is for adding or changing something with a form of the desk."""
    match = request.resolver_match
    model_admin = getattr(match and match.func, "model_admin", None)
    form = getattr(model_admin, "form", None)
    # The address without /change/ at its end, which leads on to the form, has no name.
    name = match.url_name if match and match.url_name else ""
    return form is not None and issubclass(form, DeskForm) and name.endswith(("_add", "_change"))


def waiting(request: HttpRequest) -> KeptForm | None:
    """Return the text that waits in the session for the requested form, in whatever language it was typed."""
    key = without_language(request.path)
    forms_kept = (KeptForm(**each) for each in request.session.get(IN_SESSION, {}).values())
    return next((kept for kept in forms_kept if kept.form == key), None)


def let_go(request: HttpRequest) -> None:
    """Drop the text that waits for the requested form."""
    key, forms_kept = without_language(request.path), request.session.get(IN_SESSION, {})
    others = {name: each for name, each in forms_kept.items() if KeptForm(**each).form != key}
    if len(others) < len(forms_kept):
        request.session[IN_SESSION] = others


def came_from_here(request: HttpRequest) -> bool:
    """
    Whether the browser says that a page of this site sent the request.

    Each header that it sent must say so, and there must be one. No other site's page can write them.
    """
    here = f"{request.scheme}://{request.get_host()}"
    says_so = []
    if fetched_from := request.headers.get("Sec-Fetch-Site"):
        says_so.append(fetched_from == "same-origin")
    for name in ("Origin", "Referer"):
        if address := request.headers.get(name):
            says_so.append(origin(address) == here)
    return bool(says_so) and all(says_so)


def origin(address: str) -> str:
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc}"
