"""The form of a network: that of every row with revisions, and what our list of towns knows of its seat."""

from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.forms import Script
from django.utils.formats import number_format
from django.utils.html import format_html, format_html_join

from networks.admin.revised_form import RevisedForm
from networks.models.gazetteer import TOWNS, Town, find_town

SEAT = ("seat_sr", "seat_en")
PLACE = ("seat_country", "seat_latitude", "seat_longitude")


def values_of(town: Town) -> dict[str, Any]:
    """Return what the fields of a network contain whose seat is in the town."""
    degrees = Decimal(town.latitude), Decimal(town.longitude)
    return dict(zip((*SEAT, *PLACE), (town.serbian, town.english, town.country, *degrees), strict=True))


class TownInput(admin.widgets.AdminTextInputWidget):
    """
    A text input that offers the names of the towns in our list, in the language of its field.

    Each option of the Serbian one has the values of SEAT and PLACE, as they are typed, for networks/towns.js.
    """

    class Media:
        js = [Script("networks/towns.js", type="module")]

    def render(self, name: str, value: Any, attrs=None, renderer=None) -> str:
        list_id = f"{name}_towns"
        text_input = super().render(name, value, {**(attrs or {}), "list": list_id}, renderer)
        if name == "seat_sr":
            rows = ((town.serbian, "|".join(typed_values(town))) for town in TOWNS)
            options = format_html_join("", '<option value="{}" data-values="{}"></option>', rows)
        else:
            options = format_html_join("", '<option value="{}"></option>', ((town.english,) for town in TOWNS))
        language = self.attrs["lang"]  # which CityModelAdmin has set
        return format_html('{}<datalist id="{}" lang="{}">{}</datalist>', text_input, list_id, language, options)


def typed_values(town: Town) -> list[str]:
    """Return the values of the fields as the form shows them."""
    return [number_format(each, 4) if isinstance(each, Decimal) else each for each in values_of(town).values()]


class NetworkForm(RevisedForm):
    """
    The form of a network. A seat in a town of our list fills in what else is known of it: see `fill_in_place`.
    """

    def clean(self) -> dict | None:
        self.fill_in_place()
        return super().clean()

    def fill_in_place(self) -> None:
        """
        Fill in the other fields of the seat, by the town that one of its names is that of.

        Fields with something else in them stay, unless it is of the town that was there before: where country and
        coordinates are those of a town, they are from our list, and follow the name.
        """
        if not {*SEAT, *PLACE} <= {*self.cleaned_data} & {*self.fields}:
            return  # not to be changed, or with an error
        submitted = {name: self.cleaned_data[name] for name in (*SEAT, *PLACE)}
        named = [town for name in SEAT if (town := find_town(submitted[name]))]
        place = tuple(submitted[name] for name in PLACE)
        former = next((town for town in TOWNS if tuple(values_of(town)[name] for name in PLACE) == place), None)
        town = next((town for town in named if town != former), named[0] if named else None)
        if town is None:
            return
        replaced = values_of(former) if former else {}
        for name, value in values_of(town).items():
            if submitted[name] in ("", None) or submitted[name] == replaced.get(name):
                self.cleaned_data[name] = value
                self.set_displayed_value(name, self.fields[name].prepare_value(value))
