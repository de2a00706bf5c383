"""
Views of a change list: its filters, search and order, saved under a name.

The URL of a view is that of the list with its query string, so it works for colleagues who have not saved it.
"""

from django import forms
from django.contrib import messages
from django.contrib.admin.views.main import ORDER_VAR, SEARCH_VAR
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from networks.admin.base import is_integer
from networks.models import SavedView
from networks.reading import Reader
from networks.serbian import fold

# How many views one person can have of one list, which shows them all
MOST_VIEWS = 50


class ViewForm(forms.ModelForm):
    """The form for the name of a view. Only who may share views can choose that."""

    class Meta:
        model = SavedView
        fields = ["name", "is_shared"]
        labels = {"is_shared": _("Show it to all colleagues")}

    def __init__(self, *args, may_share: bool, **kwargs) -> None:
        super().__init__(*args, label_suffix="", **kwargs)
        if not may_share:
            del self.fields["is_shared"]

    def clean_name(self) -> str:
        name = self.cleaned_data["name"]
        view = self.instance
        others = SavedView.objects.filter(user=view.user, model=view.model).exclude(pk=view.pk)
        if fold(name) in map(fold, others.values_list("name", flat=True)):
            raise forms.ValidationError(name_is_taken())
        if view.pk is None and len(others) >= MOST_VIEWS:
            raise forms.ValidationError(_("You have %(count)d views. Delete one first.") % {"count": MOST_VIEWS})
        return name

    def save_once(self) -> bool:
        """Save the view, and return whether that was possible. Another request may have taken the name meanwhile."""
        try:
            with transaction.atomic():
                self.save()
        except IntegrityError:
            self.add_error("name", name_is_taken())
            return False
        return True


def name_is_taken() -> str:
    return gettext("You have a view of this name already. Choose another name.")


class SavedViewsMixin:
    """A mixin for the admin of a RevisedModel with the saved views of its list, and the page that changes them."""

    def get_urls(self) -> list:
        name = f"{self.opts.app_label}_{self.opts.model_name}_views"
        return [path("views/", self.admin_site.admin_view(self.views_view), name=name), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context=None) -> HttpResponse:
        query = self.view_query(request.GET)
        reader = Reader()
        context = {
            "saved_views": [
                {"name": reader.unmarked(view.name), "url": self.view_url(view), "is_current": view.query == query}
                for view in self.views_for(request.user)
            ],
            "view_query": query,
            "may_share": self.may(request, "publish"),
        }
        return super().changelist_view(request, {**context, **(extra_context or {})})

    def view_query(self, parameters: QueryDict) -> str:
        """Return the query string that shows the same rows: filters, search and order, sorted, and nothing else."""
        names = {SEARCH_VAR, ORDER_VAR}
        for each in self.list_filter:
            if isinstance(each, tuple):
                names |= {f"{each[0]}__id__exact", f"{each[0]}__isnull"}
            else:
                names.add(each.parameter_name)
        known = {name: parameters.get(name, "").strip() for name in sorted(names)}
        query = urlencode({name: value for name, value in known.items() if value and "\0" not in value})
        return query if len(query) <= SavedView.LONGEST_QUERY else ""

    def view_url(self, view: SavedView) -> str:
        # Filters may have gone since it was saved.
        query = self.view_query(QueryDict(view.query))
        return f"{self.url('changelist')}?{query}" if query else self.url("changelist")

    def views_for(self, user: User) -> QuerySet[SavedView]:
        """Return the views on the list of a user: their own, and those that colleagues share."""
        return SavedView.objects.filter(Q(user=user) | Q(is_shared=True), model=self.opts.model_name)

    def may_change_view(self, request: HttpRequest, view: SavedView) -> bool:
        """Return whether a user may rename and delete a view: their own, or a shared one, if they may share views."""
        return view.user_id == request.user.pk or self.may(request, "publish")

    def views_view(self, request: HttpRequest) -> HttpResponse:
        """Show the views, and save, rename, share or delete one."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        may_share = self.may(request, "publish")
        form = None
        if request.method == "POST":
            view = self.posted_view(request)
            if "delete" in request.POST:
                url = self.view_url(view)
                view.delete()
                text = gettext("The view “{name}” is deleted. This is what it has shown: you can save it again.")
                self.message_user(request, text.format(name=Reader().unmarked(view.name)), messages.SUCCESS)
                return HttpResponseRedirect(url)
            form = ViewForm(request.POST, instance=view, may_share=may_share)
            is_new = view.pk is None
            if form.is_valid() and form.save_once():
                text = gettext("The view “{name}” is saved.")
                self.message_user(request, text.format(name=Reader().unmarked(view.name)), messages.SUCCESS)
                return HttpResponseRedirect(self.view_url(view) if is_new else request.path)
        return self.render(
            request, "views", None, gettext("Saved views"), entries=self.view_entries(request, form), form=form
        )

    def posted_view(self, request: HttpRequest) -> SavedView:
        """Return the posted view: one that the user may change, or a new one. Raise PermissionDenied, Http404."""
        if pk := request.POST.get("view", ""):
            view = get_object_or_404(self.views_for(request.user), pk=pk if is_integer(pk) else 0)
            if not self.may_change_view(request, view):
                raise PermissionDenied
            return view
        query = self.view_query(QueryDict(request.POST.get("query", "")))
        return SavedView(user=request.user, model=self.opts.model_name, query=query)

    def view_entries(self, request: HttpRequest, posted: ViewForm | None) -> list[dict]:
        """Return the views for the page that changes them, each with its form if the user may change it."""
        reader, may_share = Reader(), self.may(request, "publish")
        entries = []
        for view in self.views_for(request.user).select_related("user"):
            is_own = view.user_id == request.user.pk
            form = None
            if posted is not None and posted.instance.pk == view.pk:
                form = posted
            elif self.may_change_view(request, view):
                form = ViewForm(instance=view, may_share=may_share, auto_id=f"view-{view.pk}-%s")
            owner = view.user.get_full_name() or view.user.get_username()
            entries.append(
                {
                    "view": view,
                    "name": reader.unmarked(view.name),
                    "url": self.view_url(view),
                    "owner": "" if is_own else reader.unmarked(owner),
                    "form": form,
                }
            )
        return entries
