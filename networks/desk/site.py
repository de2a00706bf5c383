"""The staff's admin as a whole: its title, and the switch between its languages."""

from contextlib import suppress

from django.contrib.admin import AdminSite
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.urls import NoReverseMatch, translate_url
from django.utils.translation import gettext_lazy as _
from django.views.i18n import JavaScriptCatalog

from networks.languages import address, codes, language_links
from networks.reading import Reader


class DeskSite(AdminSite):
    site_header = _("City Networks – the desk")
    site_title = _("City Networks")
    index_title = _("What can be edited")

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
