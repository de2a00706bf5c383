"""The admin's pages for previews of a row: for staff, and by links for people without an account."""

from datetime import timedelta

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from networks.admin.row_views import RowViewsMixin, author_or_system
from networks.models import PreviewLink
from networks.reading import Reader
from networks.revisions import previews, storage


class LinkForm(forms.Form):
    """The form to create a preview link."""

    days = forms.TypedChoiceField(label=_("The link works for"), coerce=int, initial=7)
    is_kept = forms.BooleanField(
        label=_("Also when this version is discarded or taken off the site"), label_suffix="", required=False
    )

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["days"].choices = [
            (days, ngettext("%(days)d day", "%(days)d days", days) % {"days": days}) for days in (1, 7, 30)
        ]


class PreviewViewsMixin(RowViewsMixin):
    """The pages preview, links and revoke."""

    def preview_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = self.get_row(request, pk, "view", in_bin=True)
        revision = self.get_revision(row, request.GET.get("version"), row.head)
        return HttpResponseRedirect(previews.staff_url(revision))

    def links_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = self.get_row(request, pk, "change")
        form = LinkForm(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            expires_at = timezone.now() + timedelta(days=form.cleaned_data["days"])
            PreviewLink.objects.create(
                revision=row.head,
                expires_at=expires_at,
                is_kept=form.cleaned_data["is_kept"],
                **storage.author_fields(request.user),
            )
            self.message_user(request, gettext("The link is made. Copy it from the list."), messages.SUCCESS)
            return HttpResponseRedirect(request.path)
        links = PreviewLink.objects.filter(revision__in=row.revisions.all()).select_related("revision")
        reader = Reader()
        return self.render(
            request,
            "links",
            row,
            gettext("Links for people without an account"),
            form=form,
            links=[
                {
                    "link": link,
                    "url": request.build_absolute_uri(previews.link_url(link)),
                    "when": reader.moment(link.created_at),
                    "who": author_or_system(link.author_name, reader),
                    "expires": reader.moment(link.expires_at),
                    "ended": link.revoked_at and reader.moment(link.revoked_at),
                    "may_revoke": link.is_open and self.may_revoke(request, link),
                }
                for link in links
            ],
        )

    def may_revoke(self, request: HttpRequest, link: PreviewLink) -> bool:
        return link.author_id == request.user.pk or self.may(request, "publish")

    def revoke_view(self, request: HttpRequest, pk: int, link_pk: int) -> HttpResponse:
        row = self.get_row(request, pk, "change")
        if request.method == "POST":
            links = PreviewLink.objects.filter(revision__in=row.revisions.all(), pk=link_pk, revoked_at=None)
            if not all(self.may_revoke(request, link) for link in links):
                raise PermissionDenied
            now = timezone.now()
            # Undoing opens links again that were revoked with their revision, but not when they have expired.
            if links.update(revoked_at=now, expires_at=now):
                self.message_user(request, gettext("The link is revoked. It leads nowhere now."), messages.SUCCESS)
        return HttpResponseRedirect(self.url("links", row.pk))
