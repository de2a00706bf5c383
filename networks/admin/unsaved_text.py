"""
Preserve the text of forms that could not be saved: the server's part. static/networks/unsaved.js is the browser's.

Each form gets a token when it is opened, and a save records the token. So a browser that got no response can ask
whether its text was saved. For browsers without JavaScript, a form that is sent after the session has ended goes
through the log-in in a hidden field, is stored in the session, and fills the form when it is opened again.
"""

import itertools
import json
import secrets
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.conf import settings
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth.models import User
from django.contrib.sessions.backends.base import SessionBase
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from networks.admin import second_factor, sign_in
from networks.languages import without_language
from networks.models import LONGEST_NAME
from networks.revisions.storage import display_name

# Names of hidden fields
TOKEN = "form_token"  # noqa: S105 - the name of a field
OWNER = "form_user"
OWNER_NAME = "form_user_name"
LOGIN_FIELD = "kept_form"  # in the log-in form: an UnsavedForm as JSON

SESSION_KEY = "kept_forms"  # a dictionary of UnsavedForm fields by form key
DISCARD_PARAMETER = "without-kept-text"

# Fields that are not stored, because the server sets them
NOT_USER_INPUT = {"csrfmiddlewaretoken", OWNER, OWNER_NAME}

# How the names of URLs end under which a form is shown that can be filled with the text once more
FORMS = ("_add", "_change", "_review", "_end")
# and of those where it is not: what was sent is asked for and sent once more, as it was
QUESTIONS = ("_changelist", "_schedule")

# Left for the log-in form's own fields in DATA_UPLOAD_MAX_MEMORY_SIZE
RESERVED_FOR_LOGIN = 10_000  # bytes


def make_token() -> str:
    return secrets.token_urlsafe(16)


class TokenField(forms.CharField):
    """A hidden token, new for each form that is opened. It never counts as a change."""

    widget = forms.HiddenInput
    MAX_LENGTH = 40

    def __init__(self, **kwargs) -> None:
        super().__init__(**{"initial": make_token, "max_length": self.MAX_LENGTH, "required": False, **kwargs})

    def has_changed(self, initial, data) -> bool:
        return False


def count_in_browser(widget: forms.Widget, limit: int | None) -> None:
    """
    Let a script count the characters of an input that takes at most so many.

    With `maxlength`, browsers cut pasted text silently.
    """
    # After going back, a browser would fill in the old text beside the new hidden fields.
    widget.attrs["autocomplete"] = "off"
    widget.attrs.pop("maxlength", None)
    is_typed = isinstance(widget, forms.Textarea) or widget.input_type in ("text", "url", "email")
    if is_typed and limit:
        widget.attrs["data-limit"] = limit


class MediaOfWidgets(forms.ModelForm):
    """A form that asks one widget of each class for its scripts. Adding up those of fifty takes milliseconds."""

    @property
    def media(self) -> forms.Media:
        widgets = (getattr(field.widget, "widget", field.widget) for field in self.fields.values())
        return sum((each.media for each in {type(each): each for each in widgets}.values()), forms.Media())


class AdminForm(MediaOfWidgets):
    """
    The base of the admin's forms. Shows unsaved text from the session as it was typed, even if it is invalid.

    Inputs have `data-limit`, for static/networks/text_limits.js, and no `maxlength`.
    """

    class Media:
        js = [forms.Script("networks/text_limits.js", type="module")]

    form_token = TokenField()

    # Set by CityModelAdmin.get_form on the form class of a request
    kept: "UnsavedForm | None" = None

    def __init__(self, data: QueryDict | None = None, *args, **kwargs) -> None:
        if data is None and self.kept is not None:
            data = self.kept.data
        super().__init__(data, *args, **kwargs)
        for name, field in self.fields.items():
            count_in_browser(getattr(field.widget, "widget", field.widget), self.max_length_of(name))

    def max_length_of(self, name: str) -> int | None:
        """Return how many characters a field takes, by its validators and those of the model; None for no limit."""
        of_model = (each.validators for each in self._meta.model._meta.fields if each.name == name)
        validators = itertools.chain(self.fields[name].validators, *of_model)
        return min((each.limit_value for each in validators if isinstance(each, MaxLengthValidator)), default=None)

    def set_displayed_value(self, name: str, value: Any) -> None:
        """Replace the value of a field in the submitted data, for when the form is rendered again."""
        widget = self.fields[name].widget
        # RelatedFieldWidgetWrapper has the real one inside.
        widget = getattr(widget, "widget", widget)
        if isinstance(widget, forms.CheckboxInput):
            value = "on" if value else ""
        value = widget.format_value(value)
        values = value if isinstance(value, list) else ["" if value is None else value]
        self.data = self.data.copy()
        self.data.setlist(self.add_prefix(name), values)


class SignInForm(AdminAuthenticationForm):
    """The admin's log-in form, throttled. Where it is to save somebody's text, only that person can log in."""

    def clean(self) -> dict | None:
        account = self.cleaned_data.get("username")
        if not account or not self.cleaned_data.get("password"):
            return super().clean()
        with sign_in.attempt(account, self.request.META):
            cleaned = super().clean()
            # An account that has a second factor is not signed in by its password.
            self.step_account = second_factor.load(self.user_cache.pk)
            if second_factor.has_second_factor(self.step_account):
                raise sign_in.SecondStep(_("Enter the code."))
            return cleaned

    @property
    def needs_second_step(self) -> bool:
        """Whether the password was right and a code is needed now."""
        return any(isinstance(each, sign_in.SecondStep) for each in self.non_field_errors().as_data())

    def confirm_login_allowed(self, user: User) -> None:
        if user.is_active and not user.is_staff:
            # Django calls this after checking the password, so guessers do not learn this.
            raise ValidationError(
                _(
                    "Your password is right, but this account may not edit here. Ask an administrator to turn "
                    "on “staff status” for it."
                ),
                code="not_staff",
            )
        super().confirm_login_allowed(user)
        if self.request:
            confirm_owner(self.request, user)


class SecondStepForm(second_factor.CodeForm):
    """The second step of the log-in, which a signed note of the first one leads to."""

    def __init__(self, request: HttpRequest, data: QueryDict | None = None, **kwargs) -> None:
        self.request = request
        self.token = (data or kwargs.get("initial", {})).get(second_factor.STEP_TOKEN, "")
        super().__init__(second_factor.account_of_step(self.token), request.META, data, **kwargs)

    def clean(self) -> dict | None:
        if self.account is not None:
            confirm_owner(self.request, self.account)
        return super().clean()

    def get_user(self) -> User:
        return self.account


def sign_in_form(request: HttpRequest, data: QueryDict | None = None, **kwargs) -> SignInForm | SecondStepForm:
    """Return the form of the step of the log-in that `data` belongs to; without data the first one."""
    form_class = SecondStepForm if data and second_factor.STEP_TOKEN in data else SignInForm
    return form_class(request, data=data, **kwargs)


def confirm_owner(request: HttpRequest, user: User) -> None:
    """Raise ValidationError if the log-in is to save the text of somebody else than the user."""
    if request.POST.get(OWNER, "") not in ("", str(user.pk)):
        raise ValidationError(
            _("This text was typed by {name}, and nobody else can save it. Sign in as {name}.").format(
                name=owner_name(request)
            ),
            code="not_the_owner",
        )


def owner_name(request: HttpRequest) -> str:
    """
    Return the name of the person who typed a form, from its hidden field, which was filled in when it was opened.

    The id beside it is not looked up, because the request may name any account.
    """
    return request.POST.get(OWNER_NAME, "")[:LONGEST_NAME] or _("somebody else")


@dataclass(frozen=True)
class UnsavedForm:
    """
    A submitted form that could not be saved.

    The names of the fields stand in sessions and hidden fields, so they must not be changed.
    """

    address: str  # the URL of the form, with its query
    values: dict[str, list[str]]  # by the names of the fields
    owner: str = ""  # the primary key of the user who typed it, or "" if it is not known
    had_file: bool = False  # whether a file was chosen, which is not stored
    owner_name: str = ""
    has_errors: bool = False  # what is without errors is saved already

    @classmethod
    def from_post(cls, request: HttpRequest) -> "UnsavedForm | None":
        """Return the submitted form; None if the request is not a POST of one of the admin's forms."""
        if request.method != "POST" or TOKEN not in request.POST or not is_admin_form_request(request):
            return None
        values = {name: values for name, values in request.POST.lists() if name not in NOT_USER_INPUT}
        owner = request.POST.get(OWNER, "")
        return cls(request.get_full_path(), values, owner, bool(request.FILES), owner_name(request))

    @classmethod
    def from_login(cls, request: HttpRequest) -> "UnsavedForm | None":
        """Return the form in the hidden field of a log-in; None if there is none, or none that we wrote."""
        try:
            kept = cls(**json.loads(request.POST.get(LOGIN_FIELD, "")))
            kept.carried.encode()  # fails for lone surrogates, which cannot be stored
        except (ValueError, TypeError, RecursionError):
            return None
        is_whole = (
            isinstance(kept.address, str)
            and url_has_allowed_host_and_scheme(kept.address, allowed_hosts=None)
            and isinstance(kept.owner, str)
            and isinstance(kept.owner_name, str)
            and isinstance(kept.had_file, bool)
            and isinstance(kept.has_errors, bool)
            and isinstance(kept.values, dict)
            and all(
                isinstance(values, list) and all(isinstance(value, str) for value in values)
                for values in kept.values.values()
            )
        )
        return kept if is_whole else None

    @property
    def form_key(self) -> str:
        """The path of the form without the language prefix, so that it is the same in every language."""
        return without_language(urlsplit(self.address).path)

    @property
    def address_without(self) -> str:
        """A relative URL that discards the text and opens the form as it is saved, in the language of the page."""
        query = urlsplit(self.address).query
        return f"?{query}{'&' if query else ''}{DISCARD_PARAMETER}="

    @property
    def carried(self) -> str:
        """The form as JSON, for the hidden field of the log-in."""
        return json.dumps(asdict(self), ensure_ascii=False, separators=(",", ":"))

    @property
    def is_too_large(self) -> bool:
        """Whether a log-in with this form would be over DATA_UPLOAD_MAX_MEMORY_SIZE."""
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        return limit is not None and len(self.carried.encode()) > limit - RESERVED_FOR_LOGIN

    @property
    def data(self) -> QueryDict:
        data = QueryDict(mutable=True)
        for name, values in self.values.items():
            data.setlist(name, values)
        return data

    def belongs_to(self, user: User) -> bool:
        return self.owner in ("", str(user.pk))

    def store_in_session(self, session: SessionBase) -> None:
        session[SESSION_KEY] = session.get(SESSION_KEY, {}) | {self.form_key: asdict(self)}


def is_admin_form_request(request: HttpRequest) -> bool:
    """Return whether the URL of the request is one of FORMS or QUESTIONS."""
    match = request.resolver_match
    model_admin = getattr(match and match.func, "model_admin", None)
    form = getattr(model_admin, "form", None)
    # The URL without /change/, from which Django redirects, has no name.
    name = match.url_name if match and match.url_name else ""
    return form is not None and issubclass(form, AdminForm) and name.endswith(FORMS + QUESTIONS)


def get_unsaved_form(request: HttpRequest) -> UnsavedForm | None:
    """Return what the session has stored of the requested form, in whatever language of the admin it was opened."""
    key = without_language(request.path)
    stored = (UnsavedForm(**each) for each in request.session.get(SESSION_KEY, {}).values())
    return next((unsaved for unsaved in stored if unsaved.form_key == key), None)


def discard_unsaved_form(request: HttpRequest) -> None:
    """Remove what the session has stored of the requested form."""
    key, stored = without_language(request.path), request.session.get(SESSION_KEY, {})
    others = {name: each for name, each in stored.items() if UnsavedForm(**each).form_key != key}
    if len(others) < len(stored):
        request.session[SESSION_KEY] = others


def discard_response(request: HttpRequest) -> HttpResponse | None:
    """Remove what the session has stored of the form, if the URL asks for that, and redirect. Else return None."""
    if request.method != "GET" or DISCARD_PARAMETER not in request.GET:
        return None
    discard_unsaved_form(request)
    query = request.GET.copy()
    del query[DISCARD_PARAMETER]
    return HttpResponseRedirect(f"{request.path}?{query.urlencode()}" if query else request.path)


def unsaved_context(request: HttpRequest) -> dict:
    """Return what templates/admin/includes/unsaved_form.html says of the user and the form."""
    return {
        "typist": {"id": request.user.pk, "name": display_name(request.user)},
        "form_key": without_language(request.path),
        "log_in_form": SignInForm(auto_id="unsaved_%s", initial={"username": request.user.get_username()}),
        "code_form": second_factor.CodeForm(None, request.META, auto_id="unsaved_%s"),
    }


def is_same_origin(request: HttpRequest) -> bool:
    """
    Return whether a page of this site sent the request, by Sec-Fetch-Site, Origin and Referer.

    Scripts of other sites cannot set these headers. At least one must be there, and all that are there must agree.
    """
    own_origin = f"{request.scheme}://{request.get_host()}"
    results = []
    if fetch_site := request.headers.get("Sec-Fetch-Site"):
        results.append(fetch_site == "same-origin")
    for name in ("Origin", "Referer"):
        if url := request.headers.get(name):
            results.append(origin(url) == own_origin)
    return bool(results) and all(results)


def origin(url: str) -> str:
    """Return the scheme and the host of a URL; "" where it cannot be parsed."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc}"
