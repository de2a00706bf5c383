"""The admin's pages for what the city's units confirm: links without an account, their letters, and the answers."""

from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from urllib.parse import quote

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext, ngettext, override
from django.utils.translation import gettext_lazy as _

from citynetworks.security_contact import mailto_uri
from networks.admin.row_views import author_or_system
from networks.languages import language_tag, reverse_in, switch_name
from networks.models import CityProfile, ConfirmationLink, Network, UnitAnswer
from networks.reading import Reader
from networks.revisions import schedules, storage, unit_answers

PERIODS = [7, 30, 90]  # days
LINKS_ON_A_PAGE = 50
MOST_DECIDED = 50  # on the page of answers


class UnitLinkForm(forms.Form):
    """The form to make a link for one of the units that have published memberships."""

    unit = forms.ChoiceField(label=_("Responsible unit"))
    days = forms.TypedChoiceField(label=_("The link works for"), coerce=int, initial=30)

    def __init__(self, *args, reader: Reader, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        units = sorted(((unit, reader.unmarked(unit)) for unit in unit_answers.units()), key=partial(by_name, reader))
        self.fields["unit"].choices = units
        self.fields["days"].choices = [
            (days, ngettext("%(days)d day", "%(days)d days", days) % {"days": days}) for days in PERIODS
        ]


def by_name(reader: Reader, choice: tuple[str, str]) -> tuple:
    value, name = choice
    return reader.sort_key(name), value


@dataclass(frozen=True)
class Letter:
    """The letter that carries a link, in one language."""

    language: str
    subject: str
    body: str
    recipients: list[str]
    is_open: bool

    @property
    def name(self) -> str:
        return switch_name(self.language)

    @property
    def tag(self) -> str:
        return language_tag(self.language)

    @property
    def mailto(self) -> str:
        """The URL that opens the letter in one's own mail program (RFC 6068)."""
        to = ",".join(mailto_uri(each).removeprefix("mailto:") for each in self.recipients)
        body = self.body.replace("\n", "\r\n")
        return f"mailto:{to}?subject={quote(self.subject, safe='')}&body={quote(body, safe='')}"


def letter(request: HttpRequest, link: ConfirmationLink, language: str, *, is_open: bool) -> Letter:
    """Return the letter for a link in a language."""
    reader = Reader(language)
    addresses = unit_answers.memberships(link.unit).exclude(contact_email="").order_by("contact_email")
    with override(language):
        paragraphs = [
            gettext("Dear colleagues,"),
            gettext("At {site} citizens read of the networks of cities that our city belongs to.").format(
                site=request.build_absolute_uri(reverse_in(language, "public:index"))
            ),
            gettext(
                "Please look at the memberships that are in the care of your unit ({unit}), and say of each whether "
                "all is as stated, something has changed, or the membership has ended. You need no account:"
            ).format(unit=reader.unmarked(link.unit)),
            request.build_absolute_uri(unit_answers.link_url(link, language)),
            gettext(
                "The link works until {time}. Whoever has it can answer for you, so do not pass it on to others."
            ).format(time=reader.moment(link.expires_at)),
            gettext("Thank you."),
            str(reader.unmarked(storage.display_name(request.user))),
        ]
        city = reader.profile(CityProfile.objects.current()).city_name
        subject = gettext("Please confirm the memberships in networks of cities")
    return Letter(
        language,
        subject,
        "\n\n".join(paragraphs) + (f"\n{city}" if city else ""),
        list(addresses.values_list("contact_email", flat=True).distinct()),
        is_open,
    )


class UnitViewsMixin:
    """A mixin for the admin of networks with the pages for the links and the answers of units."""

    def get_urls(self) -> list:
        pages = [
            ("unit-links/", self.unit_links_view, "unit_links"),
            ("unit-links/<int:unit_link_pk>/", self.unit_letter_view, "unit_letter"),
            ("unit-links/<int:unit_link_pk>/revoke/", self.unit_revoke_view, "unit_revoke"),
            ("answers/", self.answers_view, "answers"),
            ("answers/<int:answer_pk>/decide/", self.decide_view, "decide"),
        ]
        return [
            *(
                path(route, self.admin_site.admin_view(view), name=f"networks_network_{name}")
                for route, view, name in pages
            ),
            *super().get_urls(),
        ]

    def require_publisher(self, request: HttpRequest) -> None:
        if not self.may(request, "publish"):
            raise PermissionDenied

    # Links

    def unit_links_view(self, request: HttpRequest) -> HttpResponse:
        self.require_publisher(request)
        reader = Reader()
        form = UnitLinkForm(
            request.POST if request.method == "POST" else None,
            reader=reader,
            initial={"unit": request.GET.get("unit", "")},
        )
        if request.method == "POST" and form.is_valid():
            link = ConfirmationLink.objects.create(
                unit=form.cleaned_data["unit"],
                expires_at=timezone.now() + timedelta(days=form.cleaned_data["days"]),
                **storage.author_fields(request.user),
            )
            self.message_user(request, gettext("The link is made. Here is the letter for it."), messages.SUCCESS)
            return HttpResponseRedirect(self.url("unit_letter", link.pk))
        page = Paginator(ConfirmationLink.objects.all(), LINKS_ON_A_PAGE).get_page(request.GET.get("p"))
        return self.render(
            request,
            "unit_links",
            None,
            gettext("Links for the units"),
            form=form,
            links=[self.unit_link_context(link, reader) for link in page],
            page_obj=page,
            pages=page.paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1),
        )

    def unit_link_context(self, link: ConfirmationLink, reader: Reader) -> dict:
        return {
            "link": link,
            "unit": reader.unmarked(link.unit),
            "made": reader.moment(link.created_at),
            "who": author_or_system(link.author_name, reader),
            "expires": reader.moment(link.expires_at),
            "revoked": link.revoked_at and reader.moment(link.revoked_at),
            "revoked_by": reader.unmarked(link.revoked_by),
        }

    def unit_letter_view(self, request: HttpRequest, unit_link_pk: int) -> HttpResponse:
        self.require_publisher(request)
        link = get_object_or_404(ConfirmationLink, pk=unit_link_pk)
        if not link.is_open:
            self.message_user(request, gettext("This link does not work any more. Make a new one."), messages.WARNING)
            return HttpResponseRedirect(self.url("unit_links"))
        reader = Reader()
        codes = sorted(dict(settings.LANGUAGES), key=lambda code: code != reader.language)
        return self.render(
            request,
            "unit_letter",
            None,
            gettext("Letter to the unit"),
            each=self.unit_link_context(link, reader),
            url=request.build_absolute_uri(unit_answers.link_url(link, reader.language)),
            count=unit_answers.memberships(link.unit).count(),
            letters=[letter(request, link, code, is_open=code == reader.language) for code in codes],
        )

    def unit_revoke_view(self, request: HttpRequest, unit_link_pk: int) -> HttpResponse:
        self.require_publisher(request)
        if request.method == "POST":
            revoked = {"revoked_at": timezone.now(), "revoked_by": storage.display_name(request.user)}
            if ConfirmationLink.objects.filter(pk=unit_link_pk, revoked_at=None).update(**revoked):
                self.message_user(request, gettext("The link is revoked. It leads nowhere now."), messages.SUCCESS)
        return HttpResponseRedirect(self.url("unit_links"))

    # Answers

    def answers_view(self, request: HttpRequest) -> HttpResponse:
        self.require_publisher(request)
        reader = Reader()
        waiting = unit_answers.waiting_answers().select_related("link", "network")
        decided = UnitAnswer.objects.exclude(state=UnitAnswer.State.OPEN).select_related("link", "network")
        page = Paginator(waiting.prefetch_related("network__themes"), LINKS_ON_A_PAGE).get_page(request.GET.get("p"))
        return self.render(
            request,
            "answers",
            None,
            gettext("Answers of the units"),
            waiting=[self.waiting_context(answer, reader) for answer in page],
            page_obj=page,
            pages=page.paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1),
            decided=[
                self.answer_context(answer, reader)
                | {
                    "decided": reader.moment(answer.decided_at),
                    "decided_by": author_or_system(answer.decided_by_name, reader),
                }
                for answer in decided.order_by("-decided_at", "-pk")[:MOST_DECIDED]
            ],
        )

    def answer_context(self, answer: UnitAnswer, reader: Reader) -> dict:
        return {
            "answer": answer,
            "network": reader.network(answer.network),
            "unit": reader.unmarked(answer.link.unit),
            "text": reader.unmarked(answer.text),
            "who": reader.unmarked(answer.name),
            "when": reader.moment(answer.created_at),
            "ended_on": reader.date(answer.ended_on),
        }

    def waiting_context(self, answer: UnitAnswer, reader: Reader) -> dict:
        context = self.answer_context(answer, reader)
        row = answer.network
        return context | {
            "facts": unit_answers.stated_facts(context["network"]) if row.is_published else [],
            "has_changed": row.is_published and not unit_answers.is_as_stated(answer, row),
            "is_moved": row.responsible_unit != answer.link.unit,
        }

    def decide_view(self, request: HttpRequest, answer_pk: int) -> HttpResponse:
        """Accept or refuse an answer. What somebody has to write or publish then is on the form of the network."""
        self.require_publisher(request)
        if request.method != "POST":
            return HttpResponseRedirect(self.url("answers"))
        decision = request.POST.get("decision")
        if decision not in ("accept", "refuse", Network.Status.LEFT, Network.Status.ENDED):
            raise Http404
        answer = UnitAnswer.objects.select_related("network").filter(pk=answer_pk, network__deleted_at=None).first()
        try:
            if answer is None:
                raise ValidationError(gettext("The unit has given a newer answer. Look at the list again."))
            if decision == "refuse":
                unit_answers.refuse(answer, author=request.user)
            else:
                status = Network.Status.LEFT if decision == "accept" else decision
                unit_answers.accept(answer, author=request.user, status=status)
        except ValidationError as error:
            self.message_user(request, schedules.error_text(Network, error), messages.ERROR)
            return HttpResponseRedirect(self.url("answers"))
        if decision == "refuse":
            text = gettext("The answer is refused. It stays on record.")
        elif answer.kind == UnitAnswer.Kind.AS_STATED:
            text = gettext("“{name}” is confirmed as stated. Citizens see the day of today.")
        elif answer.kind == UnitAnswer.Kind.CHANGED:
            text = gettext("Write what the unit has answered into the form. Citizens see it when it is published.")
        else:
            text = gettext("The end of the membership is saved as a draft. Citizens see it when it is published.")
        self.message_user(request, text.format(name=answer.network), messages.SUCCESS)
        if decision == "refuse" or answer.kind == UnitAnswer.Kind.AS_STATED:
            return HttpResponseRedirect(self.url("answers"))
        return HttpResponseRedirect(f"{self.url('change', answer.network_id)}?answer={answer.pk}")
