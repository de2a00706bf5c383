"""The admin site: its title, start page and language switch, and a log-in that does not lose unsaved text."""

from collections.abc import Callable
from contextlib import suppress
from functools import partial, update_wrapper
from urllib.parse import urlsplit

from django.contrib import admin, messages
from django.contrib.admin import AdminSite
from django.contrib.admin.forms import AdminPasswordChangeForm
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.models import User
from django.contrib.auth.views import PasswordChangeView
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, Resolver404, path, resolve, reverse, translate_url
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext, override
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_GET
from django.views.i18n import JavaScriptCatalog

from citynetworks.error_pages import form_not_accepted
from networks.admin import home, second_factor, sign_in
from networks.admin.guide import guide_response
from networks.admin.second_factor_views import AFTER_ENROLMENT, ENROLMENT_URL_NAMES, second_factor_view
from networks.admin.session_age import renew_session
from networks.admin.unsaved_text import (
    QUESTIONS,
    SecondStepForm,
    SignInForm,
    UnsavedForm,
    discard_response,
    discard_unsaved_form,
    get_unsaved_form,
    is_same_origin,
    sign_in_form,
)
from networks.languages import language_codes, language_links, language_of_path, reverse_in
from networks.models import AuditEntry, SavedForm, TemporaryPassword
from networks.reading import Reader
from networks.revisions.storage import display_name

MAX_TOKENS = 100  # in one request for the session view

# The key in the session of a user who must change the password first. Its value is the URL to redirect to afterwards.
NEXT_AFTER_PASSWORD_CHANGE = "after_new_password"  # noqa: S105 - the name of a value

# The URL names that such a session may request
ALLOWED_BEFORE_PASSWORD_CHANGE = {"password_change", "logout", "jsi18n"}


class OwnPasswordForm(AdminPasswordChangeForm):
    """The form to change one's own password. The old password is throttled as at the log-in."""

    def __init__(self, request: HttpRequest, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.request = request

    def clean_old_password(self) -> str:
        with sign_in.attempt(self.user.get_username(), self.request.META):
            return super().clean_old_password()

    def clean(self) -> dict | None:
        cleaned = super().clean()
        # Only if the old password is right, so that guessers do not learn from it.
        old_password, new_password = (self.cleaned_data.get(name) for name in ("old_password", "new_password1"))
        if NEXT_AFTER_PASSWORD_CHANGE in self.request.session and old_password and old_password == new_password:
            self.add_error("new_password1", _("This is the password that you have now. Choose another one."))
        return cleaned

    @transaction.atomic
    def save(self, commit: bool = True) -> User:
        TemporaryPassword.objects.filter(user=self.user).delete()
        kind = AuditEntry.Kind.PASSWORD_CHANGED
        AuditEntry.objects.record(kind, environ=self.request.META, account=self.user)
        return super().save(commit)


class CityAdminSite(AdminSite):
    """The admin in the three languages of the site. A form that cannot be saved is rendered again with its text."""

    site_header = _("City Networks – editing")
    site_title = _("City Networks")
    index_title = _("What waits")
    index_template = "admin/home.html"
    enable_nav_sidebar = False  # the menu of admin/base_site.html takes its place
    login_form = staticmethod(sign_in_form)

    def get_urls(self) -> list:
        return [
            path("guide/", self.admin_view(require_GET(self.guide_view)), name="guide"),
            path("second-factor/", self.admin_view(self.second_factor_view), name="second_factor"),
            path("session/", never_cache(require_GET(self.session_view)), name="session"),
            path("r/<int:content_type_id>/<int:object_id>/", self.admin_view(self.view_on_site), name="view_on_site"),
            *(each for each in super().get_urls() if getattr(each, "name", "") != "view_on_site"),
        ]

    def view_on_site(self, request: HttpRequest, content_type_id: int, object_id: int) -> HttpResponse:
        """Redirect to the public page of a row; 404 if it is not published or the user may not view it."""
        model = get_object_or_404(ContentType, pk=content_type_id).model_class()
        model_admin = self._registry.get(model)
        if model_admin is None or not hasattr(model.objects, "published"):
            raise Http404
        row = model.objects.published().filter(pk=object_id).first()
        if row is None or not model_admin.has_view_permission(request):
            raise Http404
        return HttpResponseRedirect(row.get_absolute_url())

    def i18n_javascript(self, request: HttpRequest, extra_context=None) -> HttpResponse:
        # With our catalogue, which has the texts of the rich-text editor
        return JavaScriptCatalog.as_view(packages=["django.contrib.admin", "networks"])(request)

    def each_context(self, request: HttpRequest) -> dict:
        context = super().each_context(request)
        language = Reader().language
        return {
            **context,
            "menu": home.lazy_menu(request, context["available_apps"]),
            "site_url": reverse_in(language, "public:index"),
            "language_links": language_links(
                language, {code: url_in_language(request, code) for code in language_codes()}
            ),
        }

    def index(self, request: HttpRequest, extra_context=None) -> HttpResponse:
        # Not by Django's, which makes the table of models once more than the menu
        context = {**self.each_context(request), "title": self.index_title, "subtitle": None}
        request.current_app = self.name
        return TemplateResponse(
            request, self.index_template, {**context, **home.home_context(request), **(extra_context or {})}
        )

    def guide_view(self, request: HttpRequest) -> HttpResponse:
        return guide_response(request, self.each_context(request))

    def second_factor_view(self, request: HttpRequest) -> HttpResponse:
        return second_factor_view(request, self.each_context(request))

    # Unsaved text: see networks/admin/unsaved_text.py

    def session_view(self, request: HttpRequest) -> JsonResponse:
        """
        Return who is logged in now, and when the forms with the given tokens were saved (static/networks/drafts.js).

        The times are in seconds since 1970.
        """
        user = request.user if self.has_permission(request) else None
        tokens = [token for token in request.GET.getlist("token") if "\0" not in token][:MAX_TOKENS]
        saved = SavedForm.objects.filter(user=user, token__in=tokens) if user and tokens else ()
        return JsonResponse(
            {
                "user": user and user.pk,
                "name": display_name(user),
                "csrf_token": get_token(request),
                "now": timezone.now().timestamp(),
                "saved": {form.token: form.saved_at.timestamp() for form in saved},
            }
        )

    def admin_view(self, view: Callable, cacheable: bool = False) -> Callable:
        protected = super().admin_view(view, cacheable)
        render_unsaved = csrf_protect(self.render_unsaved)

        def inner(request: HttpRequest, *args, **kwargs):
            unsaved = UnsavedForm.from_post(request)
            if unsaved is not None and not self.can_save(request, unsaved):
                return render_unsaved(request, unsaved)
            if self.has_permission(request):
                url_name = request.resolver_match.url_name
                if NEXT_AFTER_PASSWORD_CHANGE in request.session and url_name not in ALLOWED_BEFORE_PASSWORD_CHANGE:
                    return self.require_password_change(request, unsaved)
                if AFTER_ENROLMENT in request.session and url_name not in ENROLMENT_URL_NAMES:
                    if second_factor.is_required(request.user):
                        return self.require_enrolment(request, unsaved)
                    del request.session[AFTER_ENROLMENT]
                renew_session(request)
                if url_name and url_name.endswith(QUESTIONS) and (response := self.answer_again(request)):
                    return response
            return protected(request, *args, **kwargs)

        return update_wrapper(inner, view)

    def require_password_change(self, request: HttpRequest, unsaved: UnsavedForm | None) -> HttpResponse:
        """Redirect to the change of the password. The text of a submitted form is stored for afterwards."""
        if unsaved is not None:
            unsaved.store_in_session(request.session)
            request.session[NEXT_AFTER_PASSWORD_CHANGE] = unsaved.address
        messages.warning(
            request, gettext("Your password was chosen by somebody else. Choose one that only you know, and go on.")
        )
        return HttpResponseRedirect(reverse("admin:password_change", current_app=self.name))

    def require_enrolment(self, request: HttpRequest, unsaved: UnsavedForm | None) -> HttpResponse:
        """Redirect to where the second factor is turned on. The text of a submitted form is stored for afterwards."""
        if unsaved is not None:
            unsaved.store_in_session(request.session)
            request.session[AFTER_ENROLMENT] = unsaved.address
        return HttpResponseRedirect(reverse("admin:second_factor", current_app=self.name))

    def answer_again(self, request: HttpRequest) -> HttpResponse | None:
        """Return the page that sends an answer once more that was given after the session had ended."""
        if request.method == "POST":
            discard_unsaved_form(request)
        elif response := discard_response(request):
            return response
        elif request.method == "GET" and (unsaved := get_unsaved_form(request)):
            return self.send_again(request, unsaved)
        return None

    def send_again(self, request: HttpRequest, unsaved: UnsavedForm, status: int = 200) -> HttpResponse:
        context = {"title": gettext("Not saved yet"), **self.unsaved_context(unsaved)}
        return TemplateResponse(request, "admin/send_again.html", self.each_context(request) | context, status=status)

    def can_save(self, request: HttpRequest, unsaved: UnsavedForm) -> bool:
        return self.has_permission(request) and unsaved.belongs_to(request.user)

    @method_decorator(never_cache)
    def render_unsaved(self, request: HttpRequest, unsaved: UnsavedForm) -> HttpResponse:
        """
        Return a page (403) with the text of a form that could not be saved, in hidden fields.

        The person who typed it can submit it again; anybody else is asked to log in. A form that is too large for the
        log-in is refused without its text.
        """
        if self.can_save(request, unsaved):
            return self.send_again(request, unsaved, status=403)
        if unsaved.is_too_large:
            return form_not_accepted(request)
        context = {
            "form": SignInForm(request),
            "app_path": reverse("admin:login", current_app=self.name),
            REDIRECT_FIELD_NAME: unsaved.address,
            **self.sign_in_context(request, unsaved),
        }
        return TemplateResponse(request, "admin/sign_in_again.html", self.each_context(request) | context, status=403)

    def unsaved_context(self, unsaved: UnsavedForm) -> dict:
        # Without the language switch, whose pages would not have the text
        return {"kept": unsaved, "subtitle": None, "language_links": []}

    def sign_in_context(self, request: HttpRequest, unsaved: UnsavedForm) -> dict:
        is_somebody_else = self.has_permission(request) and not unsaved.belongs_to(request.user)
        return {
            "title": gettext("Sign in again"),
            "owner": unsaved.owner_name if is_somebody_else else "",
            **self.unsaved_context(unsaved),
        }

    def login(self, request: HttpRequest, extra_context=None) -> HttpResponse:
        response = super().login(request, extra_context)
        is_signed_in = isinstance(response, HttpResponseRedirect)
        if is_signed_in and not url_exists(response.url):
            response["Location"] = reverse("admin:index")
        if is_signed_in and TemporaryPassword.objects.filter(user=request.user).exists():
            request.session[NEXT_AFTER_PASSWORD_CHANGE] = response.url
        if is_signed_in and request.method == "POST" and second_factor.must_enrol(request.user):
            request.session[AFTER_ENROLMENT] = response.url
        unsaved = UnsavedForm.from_login(request)
        if unsaved is not None and is_signed_in:
            unsaved.store_in_session(request.session)
        elif unsaved is not None:  # a wrong password, say
            response.template_name = "admin/sign_in_again.html"
            response.context_data |= self.sign_in_context(request, unsaved)
        if not is_signed_in:
            self.show_step(request, response)
        return sign_in.with_retry_status(response)

    def show_step(self, request: HttpRequest, response: HttpResponse) -> None:
        """Let the response to a log-in show its second step, after a right password, or the first one once more."""
        context = response.context_data
        form = context["form"]
        if isinstance(form, SecondStepForm) and form.account is None:
            context |= {"form": SignInForm(request), "notice": gettext("The log-in took too long. Begin it again.")}
            return
        if isinstance(form, SignInForm):
            if not form.needs_second_step:
                return
            token = second_factor.step_token(form.step_account)
            form = SecondStepForm(request, initial={second_factor.STEP_TOKEN: token})
        response.template_name = "admin/second_step.html"
        context |= {"form": form, "title": gettext("The second step"), "language_links": []}

    def password_change(self, request: HttpRequest, extra_context=None) -> HttpResponse:
        request.current_app = self.name
        change = PasswordChangeView.as_view(
            form_class=partial(OwnPasswordForm, request),
            success_url=request.session.get(NEXT_AFTER_PASSWORD_CHANGE)
            or reverse("admin:password_change_done", current_app=self.name),
            extra_context={**self.each_context(request), **(extra_context or {})},
        )
        response = sign_in.with_retry_status(change(request))
        if isinstance(response, HttpResponseRedirect):
            request.session.pop(NEXT_AFTER_PASSWORD_CHANGE, None)
        return response

    def logout(self, request: HttpRequest, extra_context=None) -> HttpResponse:
        response = super().logout(request, extra_context)
        if request.method == "POST" and "drafts_deleted" not in request.POST:
            # The next user of this browser must not find the text. With JavaScript, unsaved.js has deleted this
            # user's drafts and left those of colleagues.
            response.headers["Clear-Site-Data"] = '"storage"'
        return response


def url_exists(url: str) -> bool:
    """Return whether a URL of this site resolves to a page."""
    path = urlsplit(url).path
    with override(language_of_path(path)), suppress(Resolver404):
        # Without a name it is Django's catch-all view, or a redirect from an earlier URL of the admin.
        return resolve(path).url_name is not None
    return False


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """
    Return the response (403) to a request with a wrong CSRF token: the CSRF_FAILURE_VIEW.

    The text of one of our own forms is returned in a page from which it can be submitted with a new token. This is
    done only for requests from this site, or another site could have the user submit its text.
    """
    if is_same_origin(request):
        unsaved = UnsavedForm.from_post(request) or UnsavedForm.from_login(request)
        if unsaved is not None:
            return admin.site.render_unsaved(request, unsaved)
    return form_not_accepted(request)


def url_in_language(request: HttpRequest, language: str) -> str:
    """
    Return the URL of the requested admin page in another language, with its filters and page number.

    The URL in its `next` parameter is translated too.
    """
    match = request.resolver_match
    try:
        path = reverse_in(language, match.view_name, *match.args, **match.kwargs)
    except (AttributeError, NoReverseMatch):
        path = reverse_in(language, "admin:index")
    query = request.GET.copy()
    if REDIRECT_FIELD_NAME in query:
        # An invalid URL stays as it is; Django does not redirect to it.
        with suppress(ValueError):
            query[REDIRECT_FIELD_NAME] = translate_url(query[REDIRECT_FIELD_NAME], language)
    return f"{path}?{query.urlencode()}" if query and request.method == "GET" else path
