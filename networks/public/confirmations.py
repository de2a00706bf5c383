"""The page on which a unit answers for its memberships, at a signed URL and without an account."""

import re
from dataclasses import dataclass

from django import forms
from django.core.exceptions import ValidationError
from django.core.signing import BadSignature
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from citynetworks.error_pages import closed_link
from networks.models import ConfirmationLink, Network, UnitAnswer
from networks.models.model_fields import normalise_line_ends
from networks.models.network import left_after_joined
from networks.partial_dates import PartialDateFormField
from networks.public.page_context import PageContext, render_page
from networks.public.paging import page_links, page_query, requested_page
from networks.reading import NetworkReading, Reader, Text
from networks.revisions import unit_answers
from networks.revisions.content import row_with
from networks.revisions.previews import LinkClosed

# The form of each has four fields, and a request may have some thousand (DATA_UPLOAD_MAX_NUMBER_FIELDS).
MEMBERSHIPS_ON_A_PAGE = 50
LONGEST_TEXT = 2000  # characters

# The names of the fields of an answer, with the primary key of the network
ANSWER_FIELD = re.compile(r"([^-]*)-(?:kind|text|ended_on|seen)")
PRIMARY_KEY = re.compile(r"[0-9]{1,18}")


class TextField(forms.CharField):
    """A text of several lines, whose line breaks count as one character."""

    def to_python(self, value: str | None) -> str:
        return super().to_python(normalise_line_ends(value or ""))


class AnswerForm(forms.Form):
    """The answer for one membership. Nothing in it needs to be filled in; `given` is None then."""

    kind = forms.ChoiceField(
        label=gettext_lazy("Your answer"), choices=UnitAnswer.Kind, widget=forms.RadioSelect, required=False
    )
    text = TextField(
        label=gettext_lazy("What has changed, or what else you want to say"),
        max_length=LONGEST_TEXT,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "maxlength": LONGEST_TEXT}),
    )
    ended_on = PartialDateFormField(
        label=gettext_lazy("When it ended"),
        help_text=gettext_lazy("A year, a month or a day: 2003, May 2007 or 3 May 2007."),
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    # The digest of what the page has shown
    seen = forms.CharField(max_length=64, required=False, widget=forms.HiddenInput)

    def __init__(self, *args, network: Network, **kwargs) -> None:
        super().__init__(*args, prefix=str(network.pk), **kwargs)
        self.network = network
        self.stated = self.initial["seen"] = unit_answers.stated_digest(network)

    def clean(self) -> dict:
        cleaned = super().clean()
        kind, text, ended_on = (cleaned.get(name) for name in ("kind", "text", "ended_on"))
        if not self.errors:
            if not kind and (text or ended_on):
                self.add_error("kind", _("Choose one of the three answers."))
            if kind == UnitAnswer.Kind.CHANGED and not text:
                self.add_error("text", _("Write what has changed."))
            if kind == UnitAnswer.Kind.ENDED:
                self.check_end(text, ended_on)
            elif kind and ended_on:
                self.add_error("ended_on", _("Choose that the membership has ended, or leave this empty."))
            if kind and cleaned.get("seen") != self.stated:
                raise ValidationError(_("This was changed meanwhile. Read it once more, and then send your answer."))
        return cleaned

    def check_end(self, text, ended_on) -> None:
        if ended_on is None:
            if not text:
                self.add_error("ended_on", _("Enter when it ended; the year is enough. Or write what you know."))
            return
        ended = row_with(self.network, {"joined": self.network.joined, "left": ended_on.isoformat()})
        if ended_on.earliest > timezone.localdate():
            text = _("This date is still to come. Choose that something has changed, and write when it will end.")
            self.add_error("ended_on", text)
        elif not left_after_joined(ended):
            self.add_error("ended_on", _("The city joined later than that. Correct the date."))

    @property
    def given(self) -> unit_answers.Given | None:
        kind = self.cleaned_data["kind"]
        if not kind:
            return None
        text, ended_on = self.cleaned_data["text"], self.cleaned_data["ended_on"]
        return unit_answers.Given(self.network.pk, kind, text, ended_on, seen=self.stated)


class NameForm(forms.Form):
    """Who answers."""

    name = forms.CharField(
        label=gettext_lazy("Your name, if you like"),
        max_length=100,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "name", "maxlength": 100}),
    )


@dataclass(frozen=True)
class Membership:
    """A membership as the page shows it, with its form and the answer that waits."""

    network: NetworkReading
    form: AnswerForm
    answered: str

    @property
    def facts(self) -> list[tuple[str, Text]]:
        return unit_answers.stated_facts(self.network)


# No other site can know the URL, and the view reads no cookie; so there is nothing that a CSRF token would protect.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def confirmation(request: HttpRequest, token: str) -> HttpResponse:
    """Show the published memberships of a unit, and store its answers; `token` is one of unit_answers."""
    try:
        link = unit_answers.link_of_token(token)
        response = take_answers(request, link) if request.method == "POST" else show(request, link)
    except BadSignature as error:
        raise Http404 from error
    except LinkClosed:
        response = closed_link(request)
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def take_answers(request: HttpRequest, link: ConfirmationLink) -> HttpResponse:
    """Store the answers of a posted form, and redirect to the page; or show the form again with what is wrong."""
    matches = [ANSWER_FIELD.fullmatch(name) for name in request.POST]
    named = {match[1] for match in matches if match}
    networks = list(members(link).filter(pk__in=[each for each in named if PRIMARY_KEY.fullmatch(each)]))
    forms_ = [AnswerForm(request.POST, network=network) for network in networks]
    name_form = NameForm(request.POST)
    if len(networks) < len(named):
        return show(request, link, forms_, name_form, problem=not_of_unit(), status=400)
    if not all([name_form.is_valid(), *(form.is_valid() for form in forms_)]):
        problem = _("Nothing has been sent yet. Look at what stands in red, and send the answers once more.")
        return show(request, link, forms_, name_form, problem=problem, status=400)
    given = [form.given for form in forms_ if form.given]
    if not given:
        problem = _("Choose an answer for at least one membership.")
        return show(request, link, forms_, name_form, problem=problem, status=400)
    try:
        unit_answers.give_answers(link, given, name=name_form.cleaned_data["name"])
    except unit_answers.ChangedMeanwhile:
        return take_answers(request, link)  # the rows are read again, and their forms say which was changed
    except unit_answers.NotOfUnit:
        return show(request, link, forms_, name_form, problem=not_of_unit(), status=400)
    except unit_answers.TooManyAnswers as error:
        minutes = -(-error.seconds // 60)
        problem = ngettext(
            "Too many answers were sent with this link. Send these again in %(minutes)d minute.",
            "Too many answers were sent with this link. Send these again in %(minutes)d minutes.",
            minutes,
        ) % {"minutes": minutes}
        response = show(request, link, forms_, name_form, problem=problem, status=429)
        response.headers["Retry-After"] = str(error.seconds)
        return response
    number = request.GET.get("page", "")
    query = f"?page={number}&sent=1" if re.fullmatch("[1-9][0-9]{0,8}", number) else "?sent=1"
    return HttpResponseRedirect(request.path + query)


def not_of_unit() -> str:
    return _(
        "Nothing has been sent: one of the memberships is not in the care of your unit any more, or has been taken "
        "off the site. Look at the list again."
    )


def members(link: ConfirmationLink):
    """Return the memberships that a link shows."""
    return unit_answers.memberships(link.unit).prefetch_related("themes")


def show(
    request: HttpRequest,
    link: ConfirmationLink,
    posted: list[AnswerForm] | None = None,
    name_form: NameForm | None = None,
    *,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    """Render the page: a posted form again, or else a page of the memberships with the answers that wait."""
    reader = Reader()
    page = None if posted else requested_page(request, members(link), MEMBERSHIPS_ON_A_PAGE)
    networks = [form.network for form in posted] if posted else list(page)
    waiting = unit_answers.open_answers_of(members(link)).filter(link=link, network__in=networks)
    answers = {each.network_id: each for each in waiting}
    forms_ = posted or [AnswerForm(network=each, initial=initial(answers.get(each.pk), each)) for each in networks]
    for form in forms_:
        # What was sent is judged before `seen` is that of the page.
        if form.is_bound and not form.is_valid() and form.data.get(form.add_prefix("seen")) != form.stated:
            # The page shows what there is now.
            form.data = form.data.copy()
            form.data[form.add_prefix("seen")] = form.stated
    number = page.number if page else 1
    context = PageContext(request, query=page_query(number), is_preview=True, status=status)
    return render_page(
        context,
        "networks/confirmation.html",
        {
            "unit": reader.unmarked(link.unit),
            "expires": reader.moment(link.expires_at),
            "memberships": [
                Membership(reader.network(form.network), form, answered(answers.get(form.network.pk), reader))
                for form in forms_
            ],
            "name_form": name_form or NameForm(),
            "problem": problem,
            "is_sent": "sent" in request.GET and not problem,
            "page": page,
            "pager": page_links(page) if page else [],
        },
    )


def initial(answer: UnitAnswer | None, network: Network) -> dict:
    """Return the answer that waits, unless it was for other words: those must be read before they are answered."""
    if answer is None or not unit_answers.is_as_stated(answer, network):
        return {}
    return {"kind": answer.kind, "text": answer.text, "ended_on": answer.ended_on}


def answered(answer: UnitAnswer | None, reader: Reader) -> str:
    """Return the sentence that says what was answered before; "" for nothing."""
    if answer is None:
        return ""
    text = _("Your answer of {time} has arrived: {answer}. You can still change it.")
    return text.format(time=reader.moment(answer.created_at), answer=answer.get_kind_display().lower())
