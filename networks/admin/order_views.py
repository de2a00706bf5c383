"""The page on which networks, or plain pages, are put into their order: by a number, by buttons, or by dragging."""

from dataclasses import asdict

from django.contrib import messages
from django.core.exceptions import BadRequest, PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils.translation import gettext

from networks.admin.base import is_integer
from networks.admin.newest_revisions import with_newest_headings
from networks.languages import columns_of
from networks.models import RevisedModel
from networks.revisions import order, schedules

MOVE = "move"


class OrderViewsMixin:
    """A mixin for the admin of a RevisedModel: the page of its order. Publishers move, as it is public at once."""

    def get_urls(self) -> list:
        name = f"{self.opts.app_label}_{self.opts.model_name}_order"
        return [path("order/", self.admin_site.admin_view(self.order_view), name=name), *super().get_urls()]

    def order_view(self, request: HttpRequest) -> HttpResponse:
        if not self.may(request, "publish"):
            raise PermissionDenied
        if request.method == "POST":
            try:
                self.move(request)
            except ValidationError as error:
                self.message_user(request, schedules.error_text(self.model, error), messages.WARNING)
            return HttpResponseRedirect(request.path)
        heading = self.model.heading_field
        rows = self.model.objects.outside_bin().only("slug", "is_published", *columns_of(heading))
        last = self.undoable_action(request)
        is_move = last is not None and last["action"] == MOVE
        return self.render(
            request,
            "order",
            None,
            gettext("Order"),
            rows=self.rows_with_neighbours(with_newest_headings(rows)),
            undo_token=last["token"] if is_move else "",
            undo_text=self.described_move(last["rows"][0]) if is_move else "",
        )

    def rows_with_neighbours(self, rows: list[RevisedModel]) -> list[dict]:
        pks = [row.pk for row in rows]
        return [
            {
                "pk": row.pk,
                "name": str(row) or row.slug,
                "heading": self.displayed_heading(row) or row.slug,
                "is_published": row.is_published,
                "previous": previous,
                "next": following,
            }
            for row, previous, following in zip(rows, ["", *pks], [*pks[1:], ""], strict=False)
        ]

    def move(self, request: HttpRequest) -> None:
        """
        Make the move of a form: `row` is the primary key of what is moved, `to` where to.

        `to` is "before:3" or "after:3", by the primary key of another row as the user has seen it, "place:1", or
        "place", with the number in a field of its own. Raise ValidationError.
        """
        kind, _colon, number = request.POST.get("to", "").partition(":")
        if kind == "place" and not number:
            number = request.POST.get("place", "").strip()
            if not is_integer(number):
                raise ValidationError(gettext("Enter the number of a place, such as 3."))
        pk = request.POST.get("row", "")
        if kind not in ("before", "after", "place") or not is_integer(number) or not is_integer(pk):
            raise BadRequest("There is no such move")
        row = get_object_or_404(self.model.objects.outside_bin(), pk=pk)
        moved = order.move(row, author=request.user, **{kind: int(number)})
        if moved is not None:
            self.remember_for_undo(request, MOVE, [{"pk": row.pk, "event": moved.event, "before": asdict(moved)}])

    def described_move(self, moved: dict) -> str:
        return gettext("“{name}” is moved from place {old} to place {new}.").format(
            name=self.row_name(moved["pk"]), old=moved["before"]["old"], new=moved["before"]["new"]
        )

    def undo_move(self, request: HttpRequest, before: dict) -> bool:
        row = self.model.objects.outside_bin().filter(pk=before["pk"]).first()
        return row is not None and order.move_back(row, order.Move(**before["before"]), author=request.user)
