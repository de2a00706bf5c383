from django.conf import settings
from django.db.models import Case, Count, Max, Q, Value, When
from django.utils.translation import gettext as _
from django.views.generic import DetailView, ListView, TemplateView

from tests.benchmark.plain.models import CityProfile, Network, Page, Theme


def around(request):
    """What every page shows around its own content."""
    return {
        "profile": CityProfile.objects.first(),
        "pages": Page.objects.filter(is_published=True),
        "languages": {"sr": "Ћирилица", "sr-latn": "Latinica", "en": "English"},
        "sections": {
            "list": _("Networks"),
            "timeline": _("Timeline"),
            "changes": _("Changes"),
            "data": _("Open data"),
        },
    }


class NetworkList(ListView):
    template_name = "plain/network_list.html"
    context_object_name = "networks"
    paginate_by = settings.PAGE_SIZE
    published = Network.objects.filter(is_published=True)

    def get_queryset(self):
        found = self.published
        if words := self.request.GET.get("q"):
            found = found.filter(Q(name__icontains=words) | Q(acronym__icontains=words) | Q(summary__icontains=words))
        for name, lookup in {"scope": "scope__in", "theme": "themes__slug__in", "status": "status__in"}.items():
            if codes := self.request.GET.getlist(name):
                found = found.filter(**{lookup: codes}).distinct()
        former = [Network.Status.LEFT, Network.Status.ENDED]
        group = Case(When(status="member", then=Value(0)), When(status__in=former, then=Value(2)), default=Value(1))
        return found.annotate(group=group).order_by("group", "position", "slug").prefetch_related("themes")

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        scopes = dict(self.published.order_by().values_list("scope").annotate(Count("pk")))
        statuses = dict(self.published.order_by().values_list("status").annotate(Count("pk")))
        themes = Theme.objects.annotate(count=Count("networks", filter=Q(networks__is_published=True)))
        paginator, networks = context["paginator"], context["networks"]
        return context | {
            "count": paginator.count if paginator else len(networks),
            "headings": [
                _("Current memberships"),
                _("Memberships whose status is not known"),
                _("Former memberships"),
            ],
            "filters": [
                ("scope", _("Scope"), [(*each, scopes.get(each[0])) for each in Network.Scope.choices]),
                ("theme", _("Theme"), [(each.slug, each.name, each.count) for each in themes]),
                ("status", _("Status"), [(*each, statuses.get(each[0])) for each in Network.Status.choices]),
            ],
            "page_numbers": paginator.get_elided_page_range(context["page_obj"].number) if paginator else [],
            "changed_at": self.published.aggregate(Max("changed_at"))["changed_at__max"],
        }


class NetworkDetail(DetailView):
    model = Network
    template_name = "plain/base.html"


class PageDetail(DetailView):
    model = Page
    template_name = "plain/base.html"


class Section(TemplateView):
    template_name = "plain/base.html"
