"""The admin's page on which publishing or unpublishing a row is scheduled, and cancelled."""

from datetime import datetime

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _

from networks.admin import publishing_checks
from networks.admin.row_views import NewerRevision, RowViewsMixin, author_or_system
from networks.models import RevisedModel, Schedule
from networks.reading import Reader
from networks.revisions import schedules


class LocalTimeField(forms.SplitDateTimeField):
    """A date and a time in the city's time zone."""

    def compress(self, data_list: list) -> datetime | None:
        try:
            return super().compress(data_list)
        except ValidationError as error:
            if error.code != "ambiguous_timezone":
                raise
            raise ValidationError(
                _(
                    "The clocks are changed on this day, and this time does not exist, or exists twice. Choose an "
                    "earlier or a later one."
                ),
                code=error.code,
            ) from error


class ScheduleForm(forms.Form):
    """The form to schedule publishing or unpublishing. It offers to publish only if the row has a draft."""

    action = forms.ChoiceField(label=_("What is to happen"), choices=Schedule.Action, widget=forms.RadioSelect)
    at = LocalTimeField(
        label=_("When"),
        widget=forms.SplitDateTimeWidget(
            date_attrs={"type": "date"}, time_attrs={"type": "time"}, date_format="%Y-%m-%d", time_format="%H:%M"
        ),
        error_messages={
            "required": _("Enter the day and the time."),
            "invalid_date": _("Enter a day, such as 3 May 2027."),
            "invalid_time": _("Enter a time, such as 08:00."),
        },
    )

    def __init__(self, *args, row: RevisedModel, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        labels = {
            Schedule.Action.PUBLISH: _("Publish the newest version"),
            Schedule.Action.WITHDRAW: _("Take off the site"),
        }
        choices = [Schedule.Action.PUBLISH] if row.has_draft else []
        choices += [Schedule.Action.WITHDRAW]
        self.fields["action"].choices = [(action, labels[action]) for action in choices]
        self.fields["action"].initial = choices[0]
        for widget, label in zip(self.fields["at"].widget.widgets, (_("Day"), _("Time")), strict=True):
            widget.attrs["aria-label"] = label


class ScheduleViewsMixin(RowViewsMixin):
    """The pages schedule and cancel."""

    def schedule_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = self.get_row(request, pk, "publish")
        form = ScheduleForm(request.POST if request.method == "POST" else None, row=row)
        number = request.POST.get("version", row.head.number)  # of the revision that the user has seen
        if request.method == "POST" and form.is_valid():
            action, at = form.cleaned_data["action"], form.cleaned_data["at"]
            try:
                with transaction.atomic():
                    row = self.lock(request, row)
                    schedule = schedules.create(row, action, at, author=request.user)
            except NewerRevision as error:
                row = self.get_row(request, pk, "publish")
                number = row.head.number
                form.add_error(None, error)
            except ValidationError as error:
                form.add_error(None, error) if not hasattr(error, "error_dict") else form.add_error(
                    None if set(error.error_dict) - {"at"} else "at", schedules.error_text(self.model, error)
                )
            else:
                text = (
                    gettext("“{name}” will be published on {time}.")
                    if schedule.action == Schedule.Action.PUBLISH
                    else gettext("“{name}” will be taken off the site on {time}.")
                )
                message = text.format(name=row, time=Reader().moment(schedule.at))
                self.message_user(request, message, messages.SUCCESS)
                return self.redirect_to_form(row)
        return self.render(
            request,
            "schedule",
            row,
            pgettext("title", "Schedule"),
            form=form,
            version=number,
            others=self.unfinished_context(request, row),
            plans=self.schedules_context(row),
            checks=publishing_checks.row_checks(row),
            media=form.media,
        )

    def schedules_context(self, row: RevisedModel) -> list[dict]:
        reader = Reader()
        return [
            {
                "plan": schedule,
                "text": describe_schedule(schedule, reader),
                "who": author_or_system(schedule.author_name, reader),
            }
            for schedule in row.schedules.select_related("revision")
        ]

    def cancel_view(self, request: HttpRequest, pk: int, schedule_pk: int) -> HttpResponse:
        row = self.get_row(request, pk, "publish")
        if request.method == "POST":
            if schedule := row.schedules.filter(pk=schedule_pk).first():
                schedules.cancel(schedule, author=request.user)
                self.message_user(request, gettext("The schedule is cancelled."), messages.SUCCESS)
            else:
                self.message_user(
                    request, gettext("This schedule was carried out or cancelled already."), messages.WARNING
                )
        return HttpResponseRedirect(self.url("schedule", row.pk))


def describe_schedule(schedule: Schedule, reader: Reader) -> str:
    """Return what is scheduled for when, and when it is retried if it has failed."""
    text = (
        gettext("To be published: {time}")
        if schedule.action == Schedule.Action.PUBLISH
        else gettext("To be taken off the site: {time}")
    )
    text = text.format(time=reader.moment(schedule.at))
    if schedule.retry_at is None:
        return text
    return gettext("{plan}. This has failed so far and is tried again: {time}").format(
        plan=text, time=reader.moment(schedule.retry_at)
    )
