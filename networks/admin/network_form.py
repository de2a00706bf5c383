"""The form of a network: that of every row with revisions, and what our list of towns knows of its seat."""

from collections.abc import Mapping
from dataclasses import astuple
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any

from django import forms
from django.contrib import admin
from django.http import QueryDict
from django.utils.formats import number_format
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from networks.admin.base import is_integer
from networks.admin.revised_form import RevisedForm
from networks.models.gazetteer import TOWNS, Town, find_town
from networks.models.lines import act_lines, cell_name, fee_lines
from networks.models.network import FORMER_FEE
from networks.revisions.content import Content, content_fields, stored_value

SEAT = ("seat_sr", "seat_en")
PLACE = ("seat_country", "seat_latitude", "seat_longitude")
NOWHERE = {**dict.fromkeys((*SEAT, "seat_country"), ""), "seat_latitude": None, "seat_longitude": None}


def content_of_town(town: Town) -> Content:
    """Return what the fields of a network contain whose seat is in the town."""
    return dict(zip((*SEAT, *PLACE), astuple(town), strict=True))


class TownInput(admin.widgets.AdminTextInputWidget):
    """
    A text input that offers the names of the towns in our list, in the language of its field.

    Each option of the Serbian one has the values of SEAT and PLACE, as they are typed, for networks/towns.js.
    """

    class Media:
        js = [forms.Script("networks/towns.js", type="module")]

    def render(self, name: str, value: Any, attrs=None, renderer=None) -> str:
        list_id = f"{name}_towns"
        text_input = super().render(name, value, {**(attrs or {}), "list": list_id}, renderer)
        options = serbian_options(get_language()) if name == "seat_sr" else english_options()
        language = self.attrs["lang"]  # which CityModelAdmin has set
        return format_html('{}<datalist id="{}" lang="{}">{}</datalist>', text_input, list_id, language, options)


@cache
def serbian_options(language: str) -> SafeString:
    """Return the options of the Serbian seat in a form in a language, which must be the active one."""
    rows = ((town.serbian, "|".join(typed_values(town))) for town in TOWNS)
    return format_html_join("", '<option value="{}" data-values="{}"></option>', rows)


@cache
def english_options() -> SafeString:
    return format_html_join("", '<option value="{}"></option>', ((town.english,) for town in TOWNS))


@lru_cache(maxsize=8)
def options_html(choices: tuple[tuple[str, str], ...]) -> SafeString:
    return format_html_join("\n", '  <option value="{}">{}</option>', choices)


class CountrySelect(forms.Select):
    """A choice of a country, whose 250 options are written once in each language: they are a tenth of the form."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        empty = forms.Select(self.attrs).render(name, None, attrs, renderer)
        options = options_html(tuple((code, str(label)) for code, label in self.choices))
        for code in self.format_value(value):
            options = options.replace(f'value="{escape(code)}"', f'value="{escape(code)}" selected', 1)
        return mark_safe(empty.replace("</select>", f"{options}\n</select>"))  # noqa: S308 - escaped above


def typed_values(town: Town) -> list[str]:
    """Return the values of the fields as the form shows them."""
    degrees = (number_format(Decimal(each), 4) for each in (town.latitude, town.longitude))
    return [town.serbian, town.english, town.country, *degrees]


class NetworkForm(RevisedForm):
    """The form of a network. A seat in a town of our list fills in what else is known of it."""

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        if self.knows_no_lines() and self.began_before_lines():
            self.data = self.with_lines()

    def get_base(self) -> tuple[int, Content]:
        if self.knows_no_lines():
            raise self.base_is_unknown()
        return super().get_base()

    def knows_no_lines(self) -> bool:
        return "deciding_act" in self.data and "documents" not in self.data

    def began_before_lines(self) -> bool:
        number = self.data.get("base", "")
        base = self.get_revision(int(number)) if self.head and is_integer(number) else None
        return base is None or "documents" not in base.content

    def with_lines(self) -> QueryDict:
        """Return what was sent of a form that was opened before an upgrade, with its act and its fee as lines."""
        data = self.data.copy()
        data["documents"] = data["fees"] = "lines"
        (act,) = act_lines(self.data["deciding_act"].strip()) or [{}]
        (fee,) = fee_lines(*(self.data.get(name, "").strip() for name in FORMER_FEE)) or [{}]
        for field, line in (("documents", act), ("fees", fee)):
            data.update({cell_name(field, line["id"], column): line[column] for column in line if column != "id"})
        return data

    @staticmethod
    def filled_in(content: Mapping[str, Any], before: Mapping[str, Any]) -> Content:
        """
        Return the other fields of the seat, by the town that one of its names is that of.

        Fields with something else in them stay, unless it is of the town that was there before: where country and
        coordinates are those of a town, they are from our list, and follow the name. Where that name was changed to
        one that is not in our list, they are emptied. Where the names of the seat were not changed, they stay, and
        only a seat without any place gets one.
        """
        contents = map(content_of_town, TOWNS)
        former = next((each for each in contents if all(each[name] == content[name] for name in PLACE)), {})
        changed = [name for name in SEAT if content[name] != before[name]]
        # The Serbian name is the original: an English one does not keep the town that it has left.
        telling = changed if "seat_sr" in changed else SEAT
        was_in = find_town(*(before[name] for name in changed))
        if was_in and content_of_town(was_in) == former and not find_town(*(content[name] for name in telling)):
            return {name: NOWHERE[name] for name in (*SEAT, *PLACE) if content[name] == former[name]}
        named = [town for name in SEAT if (town := find_town(content[name]))]
        if not named or (not changed and any(content[name] for name in PLACE)):
            return {}
        towns = map(content_of_town, named)
        chosen = next((each for each in towns if each != former), content_of_town(named[0]))
        return {
            name: chosen[name]
            for name in ((*SEAT, *PLACE) if changed else PLACE)
            if content[name] in ("", None, former.get(name))
        }

    def clean(self) -> dict | None:
        if {*SEAT, *PLACE} <= {*self.cleaned_data} & {*self.fields}:  # without an error, and not read-only
            fields = content_fields(self.model)
            submitted, before = (
                {name: stored_value(fields[name], values.get(name)) for name in (*SEAT, *PLACE)}
                for values in (self.cleaned_data, self.initial)
            )
            for name, value in self.filled_in(submitted, before).items():
                self.cleaned_data[name] = value = fields[name].to_python(value)
                self.set_displayed_value(name, self.fields[name].prepare_value(value))
        return super().clean()
