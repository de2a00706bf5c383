"""
Links by which the owners of accounts choose their passwords, so that no e-mail server is needed.

An administrator makes a link and hands it over. It is Django's link for resetting a password: it is not stored, it
expires after PASSWORD_RESET_TIMEOUT, and it stops working once the password is set or its owner has logged in. Only
how often the links of an account were revoked is stored, and is part of the signature.
"""

from datetime import timedelta

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.auth.forms import SetPasswordForm
from django.contrib.auth.models import User
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.contrib.auth.views import PasswordResetConfirmView
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from networks.models import AuditEntry, RevokedPasswordLinks, TemporaryPassword
from networks.reading import Reader


def may_log_in(account: User) -> bool:
    """Return whether the account may log in to the admin once it has a password."""
    return account.is_active and account.is_staff


class PasswordLinkTokens(PasswordResetTokenGenerator):
    """Django's tokens, until the links of the account are revoked."""

    def _make_hash_value(self, user: User, timestamp: int) -> str:
        revoked = RevokedPasswordLinks.objects.filter(user=user).values_list("times", flat=True).first()
        return f"{super()._make_hash_value(user, timestamp)}{revoked or ''}"


tokens = PasswordLinkTokens()


def revoke_password_links(account: User) -> None:
    """Let the links that were made for an account so far lead nowhere."""
    RevokedPasswordLinks.objects.get_or_create(user=account)
    RevokedPasswordLinks.objects.filter(user=account).update(times=F("times") + 1)


def password_link(request: HttpRequest, account: User) -> str:
    """Return a new link to choose the password of the account, as a URL of the request's host and language."""
    parts = [urlsafe_base64_encode(force_bytes(account.pk)), tokens.make_token(account)]
    return request.build_absolute_uri(reverse("admin:auth_user_choose_password", args=parts))


class ChosenPasswordForm(SetPasswordForm):
    """The form in which the owner of an account chooses its password, which is temporary no longer."""

    @transaction.atomic
    def save(self, commit: bool = True) -> User:
        TemporaryPassword.objects.filter(user=self.user).delete()
        return super().save(commit)


class ChoosePasswordView(PasswordResetConfirmView):
    """The page behind a link. A link that does not work (any more) has the status 410."""

    form_class = ChosenPasswordForm
    token_generator = tokens
    template_name = "admin/auth/user/choose_password.html"
    title = _("Choose your password")

    def get_user(self, uidb64: str) -> User | None:
        account = super().get_user(uidb64)
        return account if account and may_log_in(account) else None

    def get_success_url(self) -> str:
        return reverse("admin:login")

    @transaction.atomic
    def form_valid(self, form) -> HttpResponse:
        messages.success(self.request, gettext("Your password is saved. Sign in with it."))
        response = super().form_valid(form)
        kind = AuditEntry.Kind.PASSWORD_CHANGED
        AuditEntry.objects.record(kind, environ=self.request.META, account=self.user, done="link")
        return response

    def get_context_data(self, **kwargs) -> dict:
        return {**admin.site.each_context(self.request), **super().get_context_data(**kwargs)}

    def render_to_response(self, context: dict, **response_kwargs) -> HttpResponse:
        return super().render_to_response(context, status=200 if self.validlink else 410, **response_kwargs)


class PasswordLinkMixin:
    """A mixin for the admin of users with the page on which a link is made, and the page behind the link."""

    def get_urls(self) -> list:
        view = self.admin_site.admin_view
        return [
            path(
                "<path:object_id>/password-link/",
                view(never_cache(require_http_methods(["GET", "HEAD", "POST"])(self.password_link_view))),
                name="auth_user_password_link",
            ),
            path("choose-password/<uidb64>/<token>/", ChoosePasswordView.as_view(), name="auth_user_choose_password"),
            *super().get_urls(),
        ]

    @transaction.atomic
    def password_link_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Explain the link of an account, and make it, or revoke those made so far, when that is asked for."""
        account = self.get_object(request, unquote(object_id))
        if account is None:
            raise Http404
        if not self.has_change_permission(request, account):
            raise PermissionDenied
        url = ""
        if request.method == "POST" and "revoke" in request.POST:
            revoke_password_links(account)
            self.log_change(request, account, [{"noted": "password links revoked"}])
            self.record(request, AuditEntry.Kind.PASSWORD_LINK, account, done="revoked")
            self.message_user(request, gettext("The links made so far lead nowhere now."), messages.SUCCESS)
            return HttpResponseRedirect(request.path)
        if request.method == "POST" and may_log_in(account):
            url = password_link(request, account)
            self.log_change(request, account, [{"noted": "password link made"}])
            self.record(request, AuditEntry.Kind.PASSWORD_LINK, account, done="added")
        expires_at = timezone.now() + timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": gettext("Link to choose the password"),
            "account": account,
            "may_log_in": may_log_in(account),
            "url": url,
            "expires": Reader().moment(expires_at),
        }
        return TemplateResponse(request, "admin/auth/user/password_link.html", context)

    def response_add(self, request: HttpRequest, obj: User, post_url_continue=None) -> HttpResponse:
        response = super().response_add(request, obj, post_url_continue)
        if not obj.has_usable_password():
            messages.info(
                request,
                gettext(
                    "The account has no password yet. Give it a role, tick “staff status” and save; then make the "
                    "link with which its owner chooses the password."
                ),
            )
        return response
