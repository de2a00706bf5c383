"""The pages of the second factor: one's own, that of another account, and which roles must have it."""

import segno
from django import forms
from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.models import Group, User
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods
from django_otp.plugins.otp_totp.models import default_key

from networks.admin import second_factor, sign_in
from networks.admin.base import PrimaryKeysField
from networks.models import AuditEntry, CityProfile, RequiredSecondFactor
from networks.reading import Reader

Kind = AuditEntry.Kind

# The key in the session of a user who must turn the second factor on first. Its value is the URL to go to afterwards.
AFTER_ENROLMENT = "after_second_factor"

# The URL names that such a session may request
ENROLMENT_URL_NAMES = {"second_factor", "password_change", "password_change_done", "logout", "jsi18n"}

read_or_sent = require_http_methods(["GET", "HEAD", "POST"])


# One's own


class KeyForm(forms.Form):
    """Asks for a code of the key that the page shows, which proves that the app has it."""

    code = second_factor.CodeForm.base_fields["code"]
    signed_key = forms.CharField(widget=forms.HiddenInput)


@never_cache
@read_or_sent
@sensitive_post_parameters()
def second_factor_view(request: HttpRequest, context: dict) -> HttpResponse:
    """Turn one's second factor on and off, and make new recovery codes. `context` is that of every page."""
    if second_factor.has_second_factor(request.user):
        return own_second_factor(request, context)
    return enrolment(request, context)


def page(request: HttpRequest, context: dict, **more) -> HttpResponse:
    context = {**context, "title": gettext("Second factor"), "subtitle": None, **more}
    return TemplateResponse(request, "admin/second_factor.html", context)


def enrolment(request: HttpRequest, context: dict) -> HttpResponse:
    """Show a key, and take it for the account once a code of it is entered."""
    account = request.user
    form = KeyForm(request.POST if request.method == "POST" else None)
    signed_key = request.POST.get("signed_key", "")
    key = second_factor.key_of(account, signed_key)
    if request.method == "POST" and key and form.is_valid():
        try:
            codes = second_factor.turn_on(account, key, form.cleaned_data["code"], request.META)
        except ValidationError as error:
            form.add_error("code", error)
        else:
            update_session_auth_hash(request, second_factor.load(account.pk))  # the other sessions end
            return codes_page(request, context, codes)
    if key is None:
        if request.method == "POST":
            messages.warning(request, gettext("This picture was too old. Scan the new one."))
        form, key = KeyForm(), default_key()
        signed_key = second_factor.signed_key(account, key)
    url = second_factor.key_url(account, key, issuer())
    return page(
        request,
        context,
        form=form,
        signed_key=signed_key,
        key=second_factor.key_as_text(key),
        key_url=url,
        picture=qr_code(url),
        is_required=second_factor.is_required(account),
    )


def qr_code(text: str) -> SafeString:
    """Return a text as a QR code in SVG, dark on light, without the style attributes that our policy forbids."""
    svg = segno.make(text, error="m").svg_inline(omitsize=True, border=4, light="#fff", dark="#000")
    return mark_safe(svg)  # noqa: S308 - numbers and names of segno's own


def issuer() -> str:
    """Return what apps call the site: the name of the city, in Latin letters, which all of them can show."""
    profile = CityProfile.objects.first()
    return str(Reader("sr-latn").text(profile, "site_title")) if profile else "City Networks"


def own_second_factor(request: HttpRequest, context: dict) -> HttpResponse:
    """Show when the second factor was turned on, and do what is asked for once a code is entered."""
    account = request.user
    form = second_factor.CodeForm(account, request.META, request.POST if request.method == "POST" else None)
    is_required = second_factor.is_required(account)
    if "switch_off" in request.POST and is_required:
        messages.error(request, gettext("Your role requires the second factor, so it stays on."))
        return HttpResponseRedirect(request.path)
    if request.method == "POST" and form.is_valid():
        if {"switch_off", "replace"} & {*request.POST}:
            with transaction.atomic():
                second_factor.remove(account)
                AuditEntry.objects.record(Kind.SECOND_FACTOR_OFF, environ=request.META, account=account)
            update_session_auth_hash(request, second_factor.load(account.pk))
            if is_required:
                request.session[AFTER_ENROLMENT] = reverse("admin:index")
            else:
                messages.success(
                    request, gettext("The second factor is off. From now on the password alone is enough.")
                )
            return HttpResponseRedirect(request.path)
        with transaction.atomic():
            codes = second_factor.make_recovery_codes(account)
            AuditEntry.objects.record(Kind.RECOVERY_CODES_MADE, environ=request.META, account=account)
        return codes_page(request, context, codes)
    context = {**context, "form": form, "is_on": True, "is_required": is_required}
    response = page(request, context, codes_left=second_factor.recovery_codes_left(account))
    return sign_in.with_retry_status(response)


def codes_page(request: HttpRequest, context: dict, codes: list[str]) -> HttpResponse:
    """Show the recovery codes, this once."""
    return page(
        request,
        context,
        codes=codes,
        file="\r\n".join([issuer(), request.user.get_username(), "", *codes, ""]),
        next_url=request.session.pop(AFTER_ENROLMENT, "") or reverse("admin:index"),
    )


# That of another account


class SecondFactorResetMixin:
    """A mixin for the admin of users with the page on which the second factor of an account is removed."""

    def get_urls(self) -> list:
        view = self.admin_site.admin_view(never_cache(read_or_sent(self.second_factor_view)))
        return [
            path("<path:object_id>/second-factor/", view, name="auth_user_second_factor"),
            *super().get_urls(),
        ]

    def second_factor_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Say whether an account has a second factor, and remove it when that is asked for: the phone was lost."""
        account = self.get_object(request, unquote(object_id))
        if account is None:
            raise Http404
        if not self.has_change_permission(request, account):
            raise PermissionDenied
        if account == request.user:
            return HttpResponseRedirect(reverse("admin:second_factor"))  # where one's own code is asked for
        if request.method == "POST":
            with transaction.atomic():
                was_on = second_factor.remove(account)
                if was_on:
                    self.log_change(request, account, [{"noted": "second factor removed"}])
                    entry = {"environ": request.META, "account": request.user, "subject": account}
                    AuditEntry.objects.record(Kind.SECOND_FACTOR_RESET, **entry)
            if was_on:
                self.message_user(request, gettext("The second factor of this account is removed."), messages.SUCCESS)
            return HttpResponseRedirect(request.path)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": gettext("Second factor"),
            "account": account,
            "is_on": second_factor.has_second_factor(account),
            "is_required": second_factor.is_required(account),
            "codes_left": second_factor.recovery_codes_left(account),
        }
        return TemplateResponse(request, "admin/auth/user/second_factor.html", context)


# Which roles must have it


class RequiredRolesForm(forms.Form):
    """The roles whose accounts must have a second factor."""

    roles = PrimaryKeysField(
        Group.objects.order_by("name"),
        required=False,
        label=_("Roles that must have it"),
        widget=forms.CheckboxSelectMultiple,
    )


class RequiredRolesMixin:
    """A mixin for the admin of roles with the page that says which of them must have a second factor."""

    def get_urls(self) -> list:
        view = self.admin_site.admin_view(never_cache(read_or_sent(self.required_roles_view)))
        return [path("second-factor/", view, name="auth_group_second_factor"), *super().get_urls()]

    def required_roles_view(self, request: HttpRequest) -> HttpResponse:
        # Who keeps the accounts decides this, though only superusers change roles.
        if not request.user.has_perm("auth.change_user"):
            raise PermissionDenied
        required = {*RequiredSecondFactor.objects.values_list("group", flat=True)}
        form = RequiredRolesForm(request.POST if request.method == "POST" else None, initial={"roles": required})
        form.fields["roles"].label_from_instance = self.role_label
        if request.method == "POST" and form.is_valid():
            self.require_of(request, [*form.cleaned_data["roles"]], required)
            self.message_user(request, gettext("Saved."), messages.SUCCESS)
            return HttpResponseRedirect(request.path)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": gettext("Who must have a second factor"),
            "form": form,
            "without": [each for each in self.accounts_of(required) if not second_factor.has_second_factor(each)],
        }
        return TemplateResponse(request, "admin/auth/group/second_factor.html", context)

    @staticmethod
    @transaction.atomic
    def require_of(request: HttpRequest, groups: list[Group], before: set[int]) -> None:
        chosen = {group.pk for group in groups}
        if chosen == before:
            return
        RequiredSecondFactor.objects.exclude(group__in=chosen).delete()
        RequiredSecondFactor.objects.bulk_create(
            [RequiredSecondFactor(group_id=pk) for pk in chosen], ignore_conflicts=True
        )
        entry = {"environ": request.META, "account": request.user}
        AuditEntry.objects.record(Kind.SECOND_FACTOR_REQUIRED, **entry, roles=[group.name for group in groups])

    @staticmethod
    def accounts_of(groups: set[int]) -> list[User]:
        """Return the accounts that may sign in and must have a second factor, by their names."""
        accounts = User.objects.filter(is_active=True, is_staff=True).distinct().order_by("username")
        must = accounts.filter(groups__in=groups) | accounts.filter(is_superuser=True) if groups else accounts.none()
        return list(second_factor.with_key(must))
