"""The staff's admin as a whole: its title, the switch between its languages, and logging in without losing text."""

from contextlib import suppress
from functools import partial, update_wrapper
from urllib.parse import urlsplit

from django.contrib import admin, messages
from django.contrib.admin import AdminSite
from django.contrib.admin.forms import AdminPasswordChangeForm
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.views import PasswordChangeView
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import F
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
from networks.admin import sign_in
from networks.admin.session_age import keep_alive
from networks.admin.unsaved_text import KeptForm, SignInForm, came_from_here
from networks.languages import address, codes, language_links, language_of_path
from networks.models import Network, SavedForm, TemporaryPassword
from networks.reading import Reader
from networks.revisions.storage import display_name

# How many drafts the start page names; the list of networks has all of them.
MOST_DRAFTS = 10

# How many forms a browser asks about at once
MOST_TOKENS = 100

# In the session of somebody who has to choose another password first: where the log-in was to lead
AFTER_NEW_PASSWORD = "after_new_password"  # noqa: S105 - the name of a value

# What such a session may ask for
BEFORE_NEW_PASSWORD = {"password_change", "logout", "jsi18n"}


class OwnPasswordForm(AdminPasswordChangeForm):
    """The change of one's own password. The old one is guessed here no faster than at the log-in."""

    def __init__(self, request, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.request = request

    def clean_old_password(self):
        with sign_in.attempt(self.user.get_username(), self.request.META):
            return super().clean_old_password()

    def clean(self):
        cleaned = super().clean()
        # Only beside the right old password, so that nothing is learnt from it.
        old_password, new_password = (self.cleaned_data.get(name) for name in ("old_password", "new_password1"))
        if AFTER_NEW_PASSWORD in self.request.session and old_password and old_password == new_password:
            self.add_error("new_password1", _("This is the password that you have now. Choose another one."))
        return cleaned

    @transaction.atomic
    def save(self, commit=True):
        TemporaryPassword.objects.filter(user=self.user).delete()
        return super().save(commit)


class DeskSite(AdminSite):
    site_header = _("City Networks – the desk")
    site_title = _("City Networks")
    index_title = _("What can be edited")
    login_form = SignInForm

    def get_urls(self):
        return [
            path("session/", never_cache(require_GET(self.session)), name="session"),
            path("r/<int:content_type_id>/<int:object_id>/", self.admin_view(self.view_on_site), name="view_on_site"),
            *(each for each in super().get_urls() if getattr(each, "name", "") != "view_on_site"),
        ]

    def view_on_site(self, request: HttpRequest, content_type_id: int, object_id: int) -> HttpResponse:
        """Lead to the page of something that is published. Of what is not, nobody learns an address here."""
        model = get_object_or_404(ContentType, pk=content_type_id).model_class()
        model_admin = self._registry.get(model)
        if model_admin is None or not hasattr(model.objects, "published"):
            raise Http404
        row = model.objects.published().filter(pk=object_id).first()
        if row is None or not model_admin.has_view_permission(request):
            raise Http404
        return HttpResponseRedirect(row.get_absolute_url())

    def i18n_javascript(self, request, extra_context=None):
        # With our own catalogue beside Django's: it holds what the rich-text editor says.
        return JavaScriptCatalog.as_view(packages=["django.contrib.admin", "networks"])(request)

    def each_context(self, request):
        context = super().each_context(request)
        language = Reader().language
        return {
            **context,
            "site_url": address(language, "public:index"),
            "language_links": language_links(language, {code: same_place(request, code) for code in codes()}),
        }

    def index(self, request, extra_context=None):
        return super().index(request, {**what_waits(request.user), **(extra_context or {})})

    # Nothing typed is lost: see networks/admin/unsaved_text.py

    def session(self, request: HttpRequest) -> JsonResponse:
        """Tell a page of the desk who is signed in now, and when which of its forms were saved."""
        user = request.user if self.has_permission(request) else None
        tokens = [token for token in request.GET.getlist("token") if "\0" not in token][:MOST_TOKENS]
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

    def admin_view(self, view, cacheable=False):
        protected = super().admin_view(view, cacheable)
        instead_of_saving = csrf_protect(self.instead_of_saving)

        def inner(request, *args, **kwargs):
            kept = KeptForm.from_post(request)
            if kept is not None and not self.may_save(request, kept):
                return instead_of_saving(request, kept)
            if self.has_permission(request):
                wanted = request.resolver_match.url_name
                if AFTER_NEW_PASSWORD in request.session and wanted not in BEFORE_NEW_PASSWORD:
                    return self.ask_for_new_password(request, kept)
                keep_alive(request)
            return protected(request, *args, **kwargs)

        return update_wrapper(inner, view)

    def ask_for_new_password(self, request: HttpRequest, kept: KeptForm | None) -> HttpResponse:
        if kept is not None:  # its text is offered when the form is opened
            kept.wait_in(request.session)
            request.session[AFTER_NEW_PASSWORD] = kept.address
        messages.warning(
            request, gettext("Your password was chosen by somebody else. Choose one that only you know, and go on.")
        )
        return HttpResponseRedirect(reverse("admin:password_change", current_app=self.name))

    def may_save(self, request: HttpRequest, kept: KeptForm) -> bool:
        return self.has_permission(request) and kept.belongs_to(request.user)

    @method_decorator(never_cache)
    def instead_of_saving(self, request: HttpRequest, kept: KeptForm) -> HttpResponse:
        """
        Answer a form that cannot be saved as it was sent, with a page that carries all of its text.

        Whose text it is sends it once more; anybody else is asked to sign in.
        """
        if self.may_save(request, kept):
            context = {"title": gettext("Not saved yet"), **self.kept_context(kept)}
            return TemplateResponse(
                request, "admin/send_again.html", self.each_context(request) | context, status=403
            )
        if kept.is_too_large:
            return form_not_accepted(request)
        context = {
            "form": self.login_form(request),
            "app_path": reverse("admin:login", current_app=self.name),
            REDIRECT_FIELD_NAME: kept.address,
            **self.sign_in_context(request, kept),
        }
        return TemplateResponse(request, "admin/sign_in_again.html", self.each_context(request) | context, status=403)

    def kept_context(self, kept):
        # Without the switch of languages, which would lead to a page that does not carry the text.
        return {"kept": kept, "subtitle": None, "language_links": []}

    def sign_in_context(self, request, kept):
        is_somebody_else = self.has_permission(request) and not kept.belongs_to(request.user)
        return {
            "title": gettext("Sign in again"),
            "owner": kept.owner_name if is_somebody_else else "",
            **self.kept_context(kept),
        }

    def login(self, request, extra_context=None):
        response = super().login(request, extra_context)
        is_signed_in = isinstance(response, HttpResponseRedirect)
        if is_signed_in and not leads_somewhere(response.url):
            response = HttpResponseRedirect(reverse("admin:index"))
        if is_signed_in and TemporaryPassword.objects.filter(user=request.user).exists():
            request.session[AFTER_NEW_PASSWORD] = response.url
        kept = KeptForm.carried_by(request)
        if kept is not None and is_signed_in:
            kept.wait_in(request.session)
        elif kept is not None:  # a wrong password, say
            response.template_name = "admin/sign_in_again.html"
            response.context_data |= self.sign_in_context(request, kept)
        return sign_in.with_status(response)

    def password_change(self, request, extra_context=None):
        request.current_app = self.name
        change = PasswordChangeView.as_view(
            form_class=partial(OwnPasswordForm, request),
            success_url=request.session.get(AFTER_NEW_PASSWORD)
            or reverse("admin:password_change_done", current_app=self.name),
            extra_context={**self.each_context(request), **(extra_context or {})},
        )
        response = sign_in.with_status(change(request))
        if isinstance(response, HttpResponseRedirect):
            request.session.pop(AFTER_NEW_PASSWORD, None)
        return response

    def logout(self, request, extra_context=None):
        response = super().logout(request, extra_context)
        if request.method == "POST" and "drafts_deleted" not in request.POST:
            # Whoever comes next to this computer finds no text in its browser. Where scripts run, unsaved.js has
            # deleted what this person left, and leaves alone what colleagues did.
            response.headers["Clear-Site-Data"] = '"storage"'
        return response


def leads_somewhere(url: str) -> bool:
    """Say whether there is a page at a URL of this site."""
    path = urlsplit(url).path
    with override(language_of_path(path)), suppress(Resolver404):
        # What has no name is Django's answer to what is not there, or leads on from an address of its past.
        return resolve(path).url_name is not None
    return False


def what_waits(user) -> dict:
    """Return what the start page names first: drafts that wait for a publisher, and those that are being written."""
    if not user.has_perm("networks.view_network"):
        return {}
    reader = Reader()
    drafts = (
        Network.objects.outside_bin()
        .with_draft()
        .select_related("head")
        .defer("head__content")
        # What was loaded, and nobody has worked on yet, comes last on every database.
        .order_by(F("head__created_at").desc(nulls_last=True), "-pk")
    )
    return {
        "submitted": [
            {
                "network": network,
                "who": reader.unmarked(network.submitted_by),
                "when": reader.moment(network.submitted_at),
            }
            for network in drafts
            if network.submitted_at
        ],
        "drafts": [
            {
                "network": network,
                "who": reader.unmarked(network.head.author_name) if network.head else "",
                "when": reader.moment(network.head.created_at) if network.head else "",
            }
            for network in drafts
            if not network.submitted_at
        ][:MOST_DRAFTS],
    }


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """
    Refuse a form without the secret of the session it was sent in. What was sent is not done.

    The text of our own forms is not lost by that: their sender gets it back, to send it again with the new secret.
    Whoever cannot prove to be a page of this site gets nothing back, lest it have a person send what it wrote.
    """
    if came_from_here(request):
        kept = KeptForm.from_post(request) or KeptForm.carried_by(request)
        if kept is not None:
            return admin.site.instead_of_saving(request, kept)
    return form_not_accepted(request)


def same_place(request, language):
    """
    Return the address of the requested admin page in another language, with its filters and page number.

    What a sign-in leads to is in that language too.
    """
    match = request.resolver_match
    try:
        path = address(language, match.view_name, *match.args, **match.kwargs)
    except (AttributeError, NoReverseMatch):
        path = address(language, "admin:index")
    query = request.GET.copy()
    if REDIRECT_FIELD_NAME in query:
        # What is no address at all stays as it is; Django does not lead there.
        with suppress(ValueError):
            query[REDIRECT_FIELD_NAME] = translate_url(query[REDIRECT_FIELD_NAME], language)
    return f"{path}?{query.urlencode()}" if query and request.method == "GET" else path
