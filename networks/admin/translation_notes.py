"""
What the form says of translations: of which the Serbian has changed, and in what words, and which were confirmed.

Each note stands below the help text of its field, with a button that saves the form as the draft and confirms the
translation, or takes that back.
"""

from collections.abc import Mapping

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext, ngettext

from networks.admin.revised_form import RevisedForm
from networks.languages import ENGLISH, translation_languages
from networks.models import RevisedModel
from networks.reading import Reader
from networks.revisions import drafts
from networks.revisions.comparison import compare_field
from networks.revisions.content import Content, complete_content, field_label
from networks.revisions.translations import (
    State,
    confirmed_translations,
    former_sources,
    pairs_of,
    sources_of,
    translation_states,
)

# The names of the buttons. The value is the column of a translation, or ALL.
CONFIRM, UNCONFIRM = "_still_right", "_not_confirmed"
ALL = "all"


class TranslationNotes:
    """The notes on the translations of a row with its newest revision as `head`, and the published one as `live`."""

    def __init__(self, row: RevisedModel) -> None:
        self.row, self.model = row, type(row)
        self.confirmed = confirmed_translations(row)

    def states(self, content: Mapping) -> dict[str, State]:
        return translation_states(self.model, content, self.confirmed)

    def describe(self) -> list[str]:
        """Return how many translations are missing or outdated: a line for the site, and one for the draft."""
        row, in_english = self.row, translation_languages() == [ENGLISH]
        lines = []
        if row.live:
            state = describe_states([*self.states(row.live.content).values()])
            text = (
                gettext("English on the site: {state}.")
                if in_english
                else gettext("Translations on the site: {state}.")
            )
            lines.append(text.format(state=state))
        if row.head_id != row.live_id:
            state = describe_states([*self.states(row.head.content).values()])
            text = (
                gettext("English in the draft: {state}.")
                if in_english
                else gettext("Translations in the draft: {state}.")
            )
            lines.append(text.format(state=state))
        return lines

    def show_beside_fields(self, form: RevisedForm) -> None:
        """Add the notes on the newest revision to the help texts of a form."""
        content = complete_content(self.model, self.row.head.content)
        pairs = pairs_of(self.model, content)
        outdated = [column for column, state in self.states(content).items() if state == State.OUTDATED]
        sources = former_sources(self.row, content, outdated) if outdated else {}
        reader = Reader()
        for column, source in sources_of(self.model).items():
            by = self.confirmed.get(pairs.get(column))
            note = {"column": column}
            if column in outdated:
                note["more"] = len(outdated) > 1
                if (former := sources.get(column)) is not None:
                    note["comparison"] = compare_field(self.model, source, former, content[source], reader)
            elif by and by.reason in drafts.TAKEN_BACK:
                note["confirmed"] = {"who": reader.unmarked(by.author_name), "when": reader.moment(by.created_at)}
                note["is_correction"] = by.reason == drafts.Reason.CORRECTION
            else:
                continue
            form.add_note(column, "admin/networks/revised/includes/translation.html", note)


def describe_states(states: list[State]) -> str:
    missing, outdated = states.count(State.MISSING), states.count(State.OUTDATED)
    parts = []
    if missing:
        text = ngettext("%(count)d text is missing", "%(count)d texts are missing", missing)
        parts.append(text % {"count": missing})
    if outdated:
        text = ngettext("%(count)d text is outdated", "%(count)d texts are outdated", outdated)
        parts.append(text % {"count": outdated})
    return "; ".join(parts) or gettext("complete and current")


def run_button(request: HttpRequest, row: RevisedModel, seen: Content) -> bool:
    """
    Confirm what the pressed button names, or take it back, and tell the user. Return whether one was pressed.

    `seen` is the content of the form. A translation is not confirmed for a Serbian text that a colleague has saved
    since the form was opened.
    """
    model = type(row)
    if name := request.POST.get(CONFIRM):
        columns = [*sources_of(model)] if name == ALL else [name]
        changed = drafts.confirm_translations(row, columns, author=request.user, seen=seen)
        if not changed and not {*columns} & {*row.outdated_newest}:
            return False  # all are current: the form was sent twice
        text = gettext("Confirmed as still right: {fields}.")
        other = gettext(
            "Nothing was confirmed, because the Serbian has been changed meanwhile. Look at it once more."
        )
    elif name := request.POST.get(UNCONFIRM):
        changed = drafts.unconfirm_translations(row, [name], author=request.user)
        text = gettext("Not confirmed any more: {fields}.")
        other = gettext("There was nothing to take back.")
    else:
        return False
    labels = ", ".join(field_label(model, column) for column in changed)
    if changed:
        messages.success(request, text.format(fields=labels))
    else:
        messages.warning(request, other)
    return True


def pressed_field(posted: Mapping[str, str]) -> str:
    """Return the value of the button that was pressed: a column, or ALL; "" where none was."""
    return posted.get(CONFIRM) or posted.get(UNCONFIRM) or ""
