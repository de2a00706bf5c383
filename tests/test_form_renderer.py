"""Inputs that are written without templates are those that Django's templates make."""

import re

import pytest
from django import forms
from django.contrib.admin import widgets
from django.forms.renderers import DjangoTemplates
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy

from citynetworks.form_renderer import WRITERS, FormRenderer

CHOICES = [("", "---"), ("a&b", 'A "quoted" <label>'), ("Група", [(1, gettext_lazy("name")), (None, "none")])]
ATTRS = {"id": "id_x", "required": True, "disabled": False, "data-words": 'a "b" <c>', "maxlength": 20}
WIDGETS = [
    *(forms.TextInput(), forms.NumberInput(), forms.EmailInput(), forms.URLInput(), forms.HiddenInput()),
    *(forms.DateInput(), forms.CheckboxInput(), forms.Textarea(), forms.Select(choices=CHOICES)),
    *(forms.SelectMultiple(choices=CHOICES), forms.NullBooleanSelect(), forms.PasswordInput()),
    *(forms.RadioSelect(choices=CHOICES), forms.RadioSelect()),
    *(forms.CheckboxSelectMultiple(choices=CHOICES), widgets.AdminTextInputWidget(), widgets.AdminDateWidget()),
]


@pytest.mark.parametrize("widget", WIDGETS, ids=lambda widget: type(widget).__name__)
@pytest.mark.parametrize("value", [None, "", "Ниш & <b>", mark_safe("&amp;"), 1234.5, True, "a&b"])
def test_it_is_the_same_html(widget, value):
    for attrs in ({}, ATTRS):
        made = [widget.render('name "x"', value, attrs, renderer=each()) for each in (FormRenderer, DjangoTemplates)]
        found, expected = (re.sub(r"(?<=>)\s+|\s+(?=<)", "", html) for html in made)
        assert found == expected


NO_ID = {"use_tag": True, "tag": "label", "attrs": None, "label": "Име & <b>"}  # as a label of a field without an id


def test_so_are_the_errors_of_a_form():
    class Form(forms.Form):
        name = forms.CharField()

    for data in ({}, {"name": "x"}):
        found, expected = (Form(data, renderer=each()) for each in (FormRenderer, DjangoTemplates))
        assert found.as_p() == expected.as_p()
        assert found["name"].label_tag(attrs={"class": "a&b"}) == expected["name"].label_tag(attrs={"class": "a&b"})
        assert found.render("django/forms/label.html", NO_ID) == expected.render("django/forms/label.html", NO_ID)
        assert str(found["name"].errors) == str(expected["name"].errors)


def test_all_that_is_written_is_compared():
    compared = {widget.template_name for widget in WIDGETS}
    assert compared >= {*WRITERS}
