"""
The guide for a new colleague: from signing in to the first published change, in eight steps with a picture each.

The words of buttons and links in its texts are the very messages that those have. tests/test_browser_guide.py follows
the steps by these words, and takes the pictures.
"""

from dataclasses import dataclass

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import get_language, gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from networks.models import Event, Network

# What a picture shows of the admin, in CSS pixels; it has twice as many pixels each way.
WIDTH, HEIGHT = 960, 540


@dataclass(frozen=True)
class Step:
    """
    A step of the guide. `words` are those of the buttons and links that the text names, by their placeholders.

    `seen` says what the picture shows, for those who do not see it.
    """

    name: str
    title: Promise
    text: Promise
    seen: Promise
    words: dict[str, Promise]

    def spoken(self) -> dict[str, str]:
        """Return the words in the active language."""
        return {name: capfirst(str(word)) for name, word in self.words.items()}

    def context(self) -> dict[str, str]:
        return {
            "title": str(self.title),
            "text": str(self.text).format(**self.spoken()),
            "seen": str(self.seen),
            "picture": picture_path(get_language(), self.name),
        }


STEPS = [
    Step(
        "sign-in",
        _("Sign in for the first time"),
        _(
            "Open the admin in your browser, enter the user name and the password that you were given, and press "
            "“{log_in}”. The language and the script of the admin can be changed at the top of every page."
        ),
        _("The page on which one signs in, with two fields and a button."),
        {"log_in": _("Log in")},
    ),
    Step(
        "second-factor",
        _("Protect your account"),
        _(
            "Choose “{second_factor}” at the top of the page, do with your phone what it says there, and press "
            "“{turn_on}”: from then on nobody signs in with your password alone. Print the recovery codes, and keep "
            "them where you keep papers. If the phone is lost, sign in with one of them and set up another phone; if "
            "they are lost too, ask an administrator."
        ),
        _("The page of the second factor, which says what to do with the phone, point by point."),
        {"second_factor": pgettext_lazy("in the header", "Second factor"), "turn_on": _("Turn the second factor on")},
    ),
    Step(
        "home",
        _("Look at what waits"),
        _(
            "The first page shows what is yours to do. The menu beside it leads everywhere else; on a phone it is "
            "opened by the button “{menu}”. Choose “{networks}” in it."
        ),
        _("The start page with the menu beside it."),
        {"menu": _("Menu"), "networks": Network._meta.verbose_name_plural},
    ),
    Step(
        "list",
        _("Find the network"),
        _(
            "Type a part of its name, in Cyrillic or Latin letters. The list shows what fits while you type. Choose "
            "the name of the network: its form opens."
        ),
        _("The list of networks with one network that was found, and above it the search field."),
        {},
    ),
    Step(
        "write",
        _("Change the text"),
        _(
            "Serbian and English stand side by side. Write Serbian in Cyrillic letters: Latin is made of it. With "
            "“{save}” what you have written is kept as a draft, and you can go on tomorrow. Citizens do not see it."
        ),
        _("The form of the network, with the summary in Serbian and in English side by side."),
        {"save": _("Save draft")},
    ),
    Step(
        "submit",
        _("Submit it"),
        _(
            "When it is ready, press “{submit}”. A colleague who publishes is told on the start page. Who publishes "
            "has the button “{publish}” there instead, and needs no further step."
        ),
        _("The list of networks with the message that the change waits for somebody who publishes."),
        {"submit": _("Submit for publishing"), "publish": _("Publish")},
    ),
    Step(
        "waiting",
        _("The colleague finds it"),
        _("A colleague who publishes finds your change on the start page, and opens it with “{changes}”."),
        _("The start page of a colleague who publishes, with the change that was submitted."),
        {"changes": _("See the changes")},
    ),
    Step(
        "publish",
        _("It is published"),
        _(
            "The colleague reads what is different, and presses “{publish}”: within a second, citizens read it. With "
            "“{back}” and a remark it comes back to you instead, and you find it on your start page."
        ),
        _("The page of the changes: the old and the new words of the summary, and the buttons below them."),
        {"publish": _("Publish"), "back": _("Return to the author")},
    ),
]


def picture_path(language: str, step: str) -> str:
    """Return the path of the picture of a step among the static files."""
    return f"networks/guide/{language}/{step}.webp"


def is_new(user: User) -> bool:
    """Return whether a user has never submitted or published anything."""
    done = [Event.Kind.SUBMITTED, Event.Kind.PUBLISHED]
    return not Event.objects.filter(author=user.pk, kind__in=done).exists()


def guide_response(request: HttpRequest, context: dict) -> HttpResponse:
    steps = [step.context() for step in STEPS]
    title = gettext("From signing in to the first published change")
    context = {**context, "title": title, "subtitle": None, "steps": steps, "width": WIDTH, "height": HEIGHT}
    return TemplateResponse(request, "admin/guide.html", context)
