"""The admin's page on which a draft is read and decided on: published, returned to its author, or remarked on."""

from functools import partial

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext, override
from django.utils.translation import gettext_lazy as _

from networks.admin import home, publishing_checks
from networks.admin.newest_revisions import with_newest_headings
from networks.admin.review import Review
from networks.admin.row_views import RowViewsMixin, author_or_system
from networks.admin.unsaved_text import (
    TokenField,
    discard_response,
    discard_unsaved_form,
    get_unsaved_form,
)
from networks.languages import ENGLISH, SERBIAN, language_codes, language_links, stored_languages, switch_name
from networks.models import RevisedModel, SavedForm
from networks.reading import Reader
from networks.revisions import drafts, previews, publishing, schedules
from networks.revisions.comparison import compare, compare_side_by_side
from networks.revisions.content import field_label
from networks.revisions.saved_forms import remember_form

PUBLISH_ONLY = {
    SERBIAN: _("Publish only the Serbian texts"),
    ENGLISH: _("Publish only the English texts"),
}

# The permission that each button of the page takes, by its name
BUTTONS = {
    "all": "publish",
    "own": "publish",
    "language": "publish",
    "return": "publish",
    "recall": "change",
    "say": "change",
}


def publishable_languages(row: RevisedModel) -> list[tuple[str, str]]:
    """
    Return each language whose texts can be published without those of others, with the label of the button.

    A row that was never published begins with its Serbian texts.
    """
    changed = publishing.changed_languages(row)
    if len(changed) < 2:
        return []
    return [
        (
            code,
            str(
                PUBLISH_ONLY.get(code)
                or gettext("Publish only these texts: {language}").format(language=switch_name(code))
            ),
        )
        for code in changed
        if code == SERBIAN or row.live
    ]


class RemarkForm(forms.Form):
    """A remark on a draft, which says why it is returned if it is."""

    form_token = TokenField()
    remark = forms.CharField(
        label=_("Remark"),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "class": "vLargeTextField"}),
        help_text=_("For colleagues. For example: The year of joining differs from that in the decision."),
    )

    def require_remark(self) -> None:
        if self.is_valid() and not self.cleaned_data["remark"]:
            self.add_error("remark", _("Write what is to be done, so that the author knows it."))
            self.fields["remark"].widget.attrs["autofocus"] = True


class ReviewViewsMixin(RowViewsMixin):
    """The page review. The pages publish, return and remarks, which it has replaced, lead to it."""

    def review_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = self.get_row(request, pk, "view")
        if response := discard_response(request):
            return response
        if request.method != "POST":
            kept = get_unsaved_form(request)
            return self.review_page(request, row, RemarkForm(initial=kept.data.dict() if kept else None))
        button = next((name for name in BUTTONS if name in request.POST), "say")
        if not self.may(request, BUTTONS[button]):
            raise PermissionDenied
        form = RemarkForm(request.POST)
        if button in ("return", "say"):
            form.require_remark()
        if form.is_valid():
            try:
                with transaction.atomic():
                    self.decide_once(request, self.lock(request, row), button, **form.cleaned_data)
            except ValidationError as error:
                form.add_error(None, schedules.error_text(self.model, error))
            else:
                discard_unsaved_form(request)
                return HttpResponseRedirect(request.path)
        # With what others have saved or decided meanwhile
        return self.review_page(request, self.get_row(request, pk, "view"), form)

    def decide_once(self, request: HttpRequest, row: RevisedModel, button: str, remark: str, form_token: str) -> None:
        """Do with a locked row what a button says, unless the very same was sent before. Raise ValidationError."""
        sent = {"button": button, "remark": remark}
        if form_token and SavedForm.objects.filter(token=form_token, user=request.user, content=sent).exists():
            return
        text = self.decide(request, row, button, remark)
        self.message_user(request, text.format(name=row), messages.SUCCESS)
        if form_token:
            remember_form(form_token, request.user, row, revision=row.head, content=sent)

    def decide(self, request: HttpRequest, row: RevisedModel, button: str, remark: str) -> str:
        """Do with a locked row what a button says, and return the message. Raise ValidationError."""
        user = request.user
        if button == "return":
            back = partial(drafts.return_to_author, remark=remark, author=user)
            self.run_undoably(request, "return", row, back)
            return gettext("“{name}” is returned to its author, with your remark.")
        if remark:
            drafts.add_remark(row, remark, author=user)
        if button == "say":
            return gettext("Your remark on “{name}” is saved.")
        if button == "recall":
            drafts.recall(row, author=user)
            return gettext("“{name}” is not submitted any more.")
        if request.POST.get("state", state_of(row)) != state_of(row):
            text = gettext(
                "Somebody has published, returned or withdrawn this meanwhile. Look at it, and decide again."
            )
            raise ValidationError(text)
        if button == "own":
            publish = partial(publishing.publish_own_changes, author=user, head=row.head)
            text = gettext("Your changes to “{name}” are published. What others have changed stays a draft.")
        elif button == "language":
            language = request.POST["language"]
            publish = partial(publishing.publish_language, language=language, author=user, head=row.head)
            text = (
                gettext("The texts of “{name}” in one language are published. The others stay a draft.")
                if stored_languages() != [SERBIAN, ENGLISH]
                else gettext("The Serbian texts of “{name}” are published. The English ones stay a draft.")
                if language == SERBIAN
                else gettext("The English texts of “{name}” are published. The Serbian ones stay a draft.")
            )
        else:
            publish = partial(publishing.publish, author=user)
            text = (
                gettext("“{name}” is published, with what others have changed.")
                if publishing.unreviewed_revisions(row, user)
                else gettext("“{name}” is published. Citizens see it as it stands here.")
            )
        self.run_undoably(request, "publish", row, publish)
        return text

    def review_page(self, request: HttpRequest, row: RevisedModel, form: RemarkForm) -> HttpResponse:
        user, reader = request.user, Reader()
        live = row.live.content if row.live else {}
        others = self.unfinished_context(request, row)
        own, left_out = publishing.own_changes(row, user) if others and row.live else ({}, [])
        seen = self.get_revision(row, request.POST.get("version"), row.head)
        context = {
            "form": form,
            "state": state_of(row),
            "review": Review(row),
            "submitted_by": author_or_system(row.submitted_by, reader),
            "submitted_at": row.submitted_at and reader.moment(row.submitted_at),
            "written": [
                {
                    **self.revision_context(each),
                    "changes": self.describe_changes(each),
                    "comment": reader.unmarked(each.comment),
                }
                for each in publishing.unpublished_revisions(row)
            ],
            "plans": self.schedules_context(row),
            "newer": compare(self.model, seen.content, row.head.content),
            "others": others,
            "own": compare(self.model, live, own) if own else [],
            "left_out": [field_label(self.model, name) for name in left_out],
            "checks": publishing_checks.row_checks(row),
            "languages": publishable_languages(row),
            "pairs": compare_side_by_side(self.model, live, row.head.content),
            "previews": preview_links(row, reader),
            **self.next_submission(request, row),
            **self.undo_context(request, row.pk),
        }
        if self.may(request, "change"):
            context |= self.unsaved_context(request, is_unsaved=form.is_bound and bool(form["remark"].value()))
        return self.render(request, "review", row, gettext("Review"), **context)

    def next_submission(self, request: HttpRequest, row: RevisedModel) -> dict:
        """Return how many submissions wait beside this one for the user to be published, and the next one of them."""
        to_publish = [model for model in home.REVISED_MODELS if home.may(request.user, "publish", model)]
        count = sum(home.counts_of(request, model)["submitted"] for model in to_publish) - bool(row.submitted_at)
        if not to_publish or count <= 0:
            return {}
        found = [each for model in to_publish for each in submissions_after(row, model)]
        following = min(found, key=lambda each: (each.is_earlier, each.submitted_at), default=None)
        name = following and Reader().text(following, following.heading_field)
        return {
            "more_waiting": count,
            "following": following and {"name": name or following.slug, "url": home.row_url(following, "review")},
        }

    def moved_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        return HttpResponseRedirect(self.url("review", pk))


def state_of(row: RevisedModel) -> str:
    """Return what is published of a row, and since when it is submitted: what may change without a newer revision."""
    return f"{row.live_id if row.is_published else None} {row.submitted_at and row.submitted_at.isoformat()}"


def submissions_after(row: RevisedModel, model: type[RevisedModel]) -> list[RevisedModel]:
    """Return the row of a model that was submitted next after a row, or else the one that waits longest."""
    rows = model.objects.outside_bin().filter(submitted_at__isnull=False, head__isnull=False)
    if isinstance(row, model):
        rows = rows.exclude(pk=row.pk)
    is_earlier = models.Value(0)
    if row.submitted_at:
        is_earlier = models.Case(models.When(submitted_at__lt=row.submitted_at, then=1), default=0)
    return with_newest_headings(rows.annotate(is_earlier=is_earlier).order_by("is_earlier", "submitted_at", "pk")[:1])


def preview_links(row: RevisedModel, reader: Reader) -> list:
    """Return the links to the page as it would be, in each language and script."""
    urls = {}
    for code in language_codes():
        with override(code):
            urls[code] = previews.staff_url(row.head)
    return language_links(reader.language, urls)
