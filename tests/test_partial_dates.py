from datetime import date, datetime
from types import SimpleNamespace

import pytest
from django import forms
from django.core.exceptions import ValidationError
from django.utils import translation
from django.utils.formats import date_format
from hypothesis import example, given, settings
from hypothesis import strategies as st

from networks.partial_dates import (
    MONTH_NAMES,
    MONTH_NAMES_IN_GENITIVE,
    ImpossibleDate,
    PartialDate,
    PartialDateField,
    PartialDateFormField,
    format_partial_date,
    input_format,
)
from networks.serbian import to_latin

LANGUAGES = ["sr", "sr-latn", "en"]

YEAR = PartialDate(2007)
MONTH = PartialDate(2007, 5)
DAY = PartialDate(2007, 5, 3)

# A slow machine is no failure of the code.
unhurried = settings(deadline=None)


@st.composite
def partial_dates(draw):
    day = draw(st.dates(min_value=date(1000, 1, 1)))
    parts = draw(st.integers(min_value=1, max_value=3))
    return PartialDate(*(day.year, day.month, day.day)[:parts])


def error_code(function, *args):
    with pytest.raises(ValidationError) as caught:
        function(*args)
    return caught.value.code


class TestValue:
    @pytest.mark.parametrize(
        ("value", "text", "precision", "earliest", "latest"),
        [
            (YEAR, "2007", "year", date(2007, 1, 1), date(2007, 12, 31)),
            (MONTH, "2007-05", "month", date(2007, 5, 1), date(2007, 5, 31)),
            (DAY, "2007-05-03", "day", date(2007, 5, 3), date(2007, 5, 3)),
            (PartialDate(2008, 2), "2008-02", "month", date(2008, 2, 1), date(2008, 2, 29)),
            (PartialDate(9999), "9999", "year", date(9999, 1, 1), date(9999, 12, 31)),
        ],
    )
    def test_knows_its_text_precision_and_days(self, value, text, precision, earliest, latest):
        assert str(value) == value.isoformat() == text
        assert PartialDate.fromisoformat(text) == value
        assert value.precision == precision
        assert (value.earliest, value.latest) == (earliest, latest)

    @pytest.mark.parametrize("parts", [(999,), (10000,), (0,), (-2007,), (2007, None, 3)])
    def test_refuses_year_without_four_digits_and_day_without_month(self, parts):
        with pytest.raises(ValueError):
            PartialDate(*parts)

    @pytest.mark.parametrize(
        "parts",
        [(2007, 0), (2007, 13), (2007, 10**30), (2007, 2, 29), (2007, 4, 31), (2007, 5, 0), (2007, 5, -1)],
    )
    def test_refuses_what_stands_in_no_calendar(self, parts):
        with pytest.raises(ImpossibleDate):
            PartialDate(*parts)

    @pytest.mark.parametrize(
        "text",
        ["", "2007-5", "2007-05-3", "207", "20070503", " 2007", "2007\n", "2007-", "0999", "２００７"],
    )
    def test_fromisoformat_reads_nothing_but_iso(self, text):
        with pytest.raises(ValueError):
            PartialDate.fromisoformat(text)

    def test_sorts_less_precise_before_the_dates_it_contains(self):
        in_order = [YEAR, MONTH, DAY, PartialDate(2007, 6), PartialDate(2008)]
        assert sorted([DAY, PartialDate(2008), MONTH, PartialDate(2007, 6), YEAR]) == in_order
        assert YEAR < MONTH <= DAY
        assert PartialDate(2008) > DAY >= MONTH

    def test_does_not_compare_with_other_types(self):
        assert YEAR != "2007"
        with pytest.raises(TypeError):
            assert YEAR < "2008"

    def test_cannot_be_changed_and_can_be_a_key(self):
        with pytest.raises(AttributeError):
            DAY.year = 2008
        assert {DAY: "joined"}[PartialDate(2007, 5, 3)] == "joined"

    @unhurried
    @given(partial_dates(), partial_dates())
    def test_sorts_like_its_text(self, one, other):
        assert (one < other) == (str(one) < str(other))
        assert (one == other) == (str(one) == str(other))

    @unhurried
    @given(partial_dates())
    def test_earliest_and_latest_enclose_the_date(self, value):
        assert value.earliest <= value.latest
        assert value.earliest.isoformat().startswith(str(value))
        assert value.latest.isoformat().startswith(str(value))


class TestParse:
    @pytest.mark.parametrize(
        "text",
        [
            *("2007", "2007.", "2007 .", "  2007", "\t2007.\n", "2007\N{NO-BREAK SPACE}г."),
            *("2007. године", "2007 година", "2007. г.", "2007.г", "2007. год.", "2007. ГОДИНЕ"),
            *("2007. godine", "2007 godina", "2007. g.", "2007. god."),
        ],
    )
    def test_reads_years(self, text):
        assert PartialDate.parse(text) == YEAR

    @pytest.mark.parametrize(
        "text",
        [
            *("05.2007.", "5.2007", "05. 2007.", "5 . 2007 .", "05/2007", "5/2007", "05 / 2007", "2007-05"),
            *("05.2007. године", "мај 2007. године", "maja 2007. god."),
            *("May 2007", "may 2007", "MAY 2007", "May, 2007", "May\N{NO-BREAK SPACE}2007", "  May   2007  "),
            *("мај 2007.", "мај 2007", "МАЈ 2007.", "Мај 2007", "маја 2007.", "maj 2007.", "Maja 2007"),
        ],
    )
    def test_reads_months(self, text):
        assert PartialDate.parse(text) == MONTH

    @pytest.mark.parametrize(
        "text",
        [
            *("3.5.2007.", "3.5.2007", "03.05.2007", "03.05.2007.", "3. 5. 2007.", "3. 05. 2007. г."),
            *("2007-05-03", "3.\N{NO-BREAK SPACE}5.\N{NO-BREAK SPACE}2007."),
            *("3 May 2007", "3rd May 2007", "3RD MAY 2007", "03 May, 2007", "3. May 2007"),
            *("May 3, 2007", "May 3 2007", "May 3rd, 2007", "may 03,2007", "May 3 , 2007"),
            *("3. мај 2007.", "3. маја 2007.", "3 мај 2007", "3.мај.2007.", "3. МАЈА 2007. ГОДИНЕ"),
            *("3. maj 2007", "3. maja 2007.", "3 maja 2007 godine"),
        ],
    )
    def test_reads_days(self, text):
        assert PartialDate.parse(text) == DAY

    @pytest.mark.parametrize(
        ("text", "day"),
        [
            ("1st May 2007", 1),
            ("2nd May 2007", 2),
            ("May 4th, 2007", 4),
            ("21st May 2007", 21),
        ],
    )
    def test_reads_ordinals(self, text, day):
        assert PartialDate.parse(text) == PartialDate(2007, 5, day)

    @pytest.mark.parametrize(
        ("number", "names"),
        [
            (1, "January Jan Jan. јануар јануара јан. januar januara"),
            (2, "February Feb фебруар фебруара феб februar februara"),
            (3, "March Mar март марта мар mart marta"),
            (4, "April Apr април априла апр april aprila"),
            (5, "May мај маја maj maja"),
            (6, "June Jun јун јуни јуна jun juni juna"),
            (7, "July Jul јул јули јула jul juli jula"),
            (8, "August Aug август августа авг avgust avgusta avg"),
            (9, "September Sep Sept Sept. септембар септембра сеп септ. septembar septembra"),
            (10, "October Oct октобар октобра окт oktobar oktobra okt"),
            (11, "November Nov новембар новембра нов novembar novembra"),
            (12, "December Dec децембар децембра дец decembar decembra"),
        ],
    )
    def test_reads_the_months_in_every_language(self, number, names):
        for name in names.split():
            assert PartialDate.parse(f"{name} 2007") == PartialDate(2007, number)
            assert PartialDate.parse(f"3. {name.upper()} 2007.") == PartialDate(2007, number, 3)

    @pytest.mark.parametrize(
        "text",
        [
            *("", " ", ".", "г.", "May", "мај", "3 May", "3.5.", "3.5.07", "07", "20073", "0999", "5.0999"),
            *("3/5/2007", "25/5/2007", "2007/05", "2007.05.03", "20070503", "2007-5-3", "5-2007", "-2007"),
            *("2007-2008", "2007 - 08", "2007, 2008", "around 2007", "око 2007.", "2007?", "2007..", ".2007"),
            *("Mayo 2007", "May 3", "2007 May", "3 of May 2007", "May the 3rd, 2007", "003.5.2007"),
            *("２００７", "٢٠٠٧", "२००७", "²007", "٣.٥.2007", "2007\x00", "\x00", "\ud800", "2007\u200b"),
        ],
    )
    def test_refuses_what_is_no_date_or_more_than_one(self, text):
        with pytest.raises(ValueError) as caught:
            PartialDate.parse(text)
        assert caught.type is ValueError

    @pytest.mark.parametrize(
        "text",
        [
            *("31.2.2007", "29.2.2007.", "13.2007.", "0.2007", "00.05.2007", "32.1.2007", "13/2007"),
            *("2007-13", "2007-02-30", "30 February 2007", "February 30, 2007", "31. априла 2007."),
        ],
    )
    def test_tells_an_impossible_date_from_unreadable_text(self, text):
        with pytest.raises(ImpossibleDate):
            PartialDate.parse(text)

    @unhurried
    @given(st.text() | st.text(alphabet="0123456789 ./,-\u00a0\x00мајamyгodтst٣²"))
    @example("\ud800")
    @example("İ 2007")
    @example("9" * 5000)
    def test_raises_nothing_but_value_error(self, text):
        try:
            value = PartialDate.parse(text)
        except ValueError:
            return
        assert PartialDate.fromisoformat(str(value)) == value

    @unhurried
    @given(partial_dates(), st.sampled_from(LANGUAGES))
    def test_reads_back_every_format(self, value, language):
        assert PartialDate.fromisoformat(value.isoformat()) == value
        for text in (str(value), format_partial_date(value, language), input_format(value, language)):
            assert PartialDate.parse(text) == value
            assert PartialDate.parse(f" {text.upper()}\N{NO-BREAK SPACE}") == value


class TestFormats:
    @pytest.mark.parametrize(
        ("language", "shown", "edited"),
        [
            ("sr", ["2007.", "мај 2007.", "3. маја 2007."], ["2007.", "05.2007.", "3.5.2007."]),
            ("sr-latn", ["2007.", "maj 2007.", "3. maja 2007."], ["2007.", "05.2007.", "3.5.2007."]),
            ("en", ["2007", "May 2007", "3 May 2007"], ["2007", "May 2007", "3 May 2007"]),
        ],
    )
    def test_follow_the_language_given_or_active(self, language, shown, edited):
        values = [YEAR, MONTH, DAY]
        assert [format_partial_date(value, language) for value in values] == shown
        assert [input_format(value, language) for value in values] == edited
        with translation.override(language):
            assert [format_partial_date(value) for value in values] == shown
            assert [input_format(value) for value in values] == edited

    @pytest.mark.parametrize(
        ("language", "shown"),
        [
            *[(code, "мај 2007.") for code in ("SR", "sr-rs", "sr_RS", "sr-Cyrl", "sr_Cyrl_RS")],
            *[(code, "maj 2007.") for code in ("sr_Latn", "sr-Latn", "sr-Latn-RS")],
            *[(code, "May 2007") for code in ("en-gb", "en_US", "src")],
            ("hu", "2007. május"),
        ],
    )
    def test_accept_language_codes_in_every_spelling(self, language, shown):
        assert format_partial_date(MONTH, language) == shown

    def test_are_english_while_translation_is_off(self):
        with translation.override(None):
            assert format_partial_date(MONTH) == input_format(MONTH) == "May 2007"

    def test_name_twelve_months_in_one_script_each(self):
        assert [len(set(MONTH_NAMES[language].split())) for language in LANGUAGES] == [12, 12, 12]
        assert all("а" <= letter <= "џ" for letter in MONTH_NAMES["sr"].replace(" ", ""))
        assert (MONTH_NAMES["sr-latn"] + MONTH_NAMES["en"]).isascii()

    @pytest.mark.parametrize("number", range(1, 13))
    def test_put_the_serbian_month_after_a_day_in_the_genitive(self, number):
        value = PartialDate(2007, number, 3)
        genitive = MONTH_NAMES_IN_GENITIVE["sr"].split()[number - 1]
        assert genitive.endswith("а") and MONTH_NAMES["sr"].split()[number - 1][:3] == genitive[:3]
        for language in ("sr", "sr-latn"):
            shown = to_latin(genitive) if language == "sr-latn" else genitive
            assert format_partial_date(value, language) == f"3. {shown} 2007."
            with translation.override(language):
                # Django's own dates, as in the history of a page, too
                assert date_format(value.earliest, "DATE_FORMAT") == f"3. {shown} 2007."
                preposition = "u" if language == "sr-latn" else "у"
                moment = datetime(2007, number, 3, 8, 5)
                assert date_format(moment, "DATETIME_FORMAT") == f"3. {shown} 2007. {preposition} 08:05"


class TestFormField:
    @pytest.mark.parametrize("text", ["3 May 2007", "  3.5.2007. ", "2007-05-03", "3. маја 2007. године", DAY])
    def test_reads_any_usual_spelling(self, text):
        assert PartialDateFormField().clean(text) == DAY

    @pytest.mark.parametrize("empty", [None, "", "  ", "\N{NO-BREAK SPACE}"])
    def test_empty_is_none_or_missing(self, empty):
        assert PartialDateFormField(required=False).clean(empty) is None
        assert error_code(PartialDateFormField().clean, empty) == "required"

    @pytest.mark.parametrize(
        ("text", "code", "message"),
        [
            ("3/5/2007", "invalid", "Enter a year, a month or a day, such as 2003, May 2007 or 3 May 2007."),
            ("soon", "invalid", "Enter a year, a month or a day, such as 2003, May 2007 or 3 May 2007."),
            ("31.2.2007", "impossible", "This date does not exist in the calendar."),
            ("13.2007", "impossible", "This date does not exist in the calendar."),
        ],
    )
    def test_says_what_is_wrong(self, text, code, message):
        with translation.override("en"), pytest.raises(ValidationError) as caught:
            PartialDateFormField().clean(text)
        assert caught.value.code == code
        with translation.override("en"):
            assert caught.value.messages == [message]

    @pytest.mark.parametrize(
        "text", ["\x00", "2007\x00", "x" * 41, "9" * 100_000, "3." + " " * 40 + "5.2007", "\ud800"]
    )
    def test_refuses_hostile_text_cleanly(self, text):
        assert error_code(PartialDateFormField().clean, text) == "invalid"

    @unhurried
    @given(st.text())
    def test_raises_nothing_but_validation_error(self, text):
        try:
            value = PartialDateFormField(required=False).clean(text)
        except ValidationError:
            return
        assert value is None or isinstance(value, PartialDate)

    @pytest.mark.parametrize(
        ("language", "value", "shown"),
        [
            ("sr", DAY, "3.5.2007."),
            ("sr-latn", MONTH, "05.2007."),
            ("en", MONTH, "May 2007"),
            ("sr", "2007-05", "05.2007."),
            ("en", "2007-05-03", "3 May 2007"),
            ("sr", "31.2.2007", "31.2.2007"),
            ("sr", "2007-13", "2007-13"),
            ("en", " soon ", " soon "),
            ("en", "", ""),
            ("en", None, None),
        ],
    )
    def test_shows_the_value_for_editing(self, language, value, shown):
        with translation.override(language):
            assert PartialDateFormField().prepare_value(value) == shown

    @pytest.mark.parametrize(
        ("initial", "data", "changed"),
        [
            (DAY, "3.5.2007.", False),
            (DAY, "3 May 2007", False),
            ("2007-05-03", "3. мај 2007.", False),
            (None, "", False),
            ("", " ", False),
            (None, None, False),
            (DAY, "4.5.2007.", True),
            (DAY, "5.2007.", True),
            (DAY, "", True),
            (DAY, "soon", True),
            (None, "2007", True),
            ("soon", "soon", True),
            ("soon", "2007", True),
        ],
    )
    def test_has_changed_compares_dates_not_spellings(self, initial, data, changed):
        assert PartialDateFormField(required=False).has_changed(initial, data) is changed

    def test_disabled_field_never_changes(self):
        assert PartialDateFormField(disabled=True).has_changed(DAY, "2008") is False

    def test_form_keeps_what_was_typed(self):
        class JoinedForm(forms.Form):
            joined = PartialDateFormField()

        for typed in ("31.2.2007", "some day in spring, " * 5):
            form = JoinedForm({"joined": typed}, initial={"joined": DAY})
            assert not form.is_valid()
            assert form["joined"].value() == typed
        assert "maxlength" not in JoinedForm().as_p()


class TestModelField:
    @pytest.mark.parametrize(
        ("given_value", "value"),
        [(DAY, DAY), ("2007-05-03", DAY), ("2007-05", MONTH), ("2007", YEAR), ("", None), (None, None)],
    )
    def test_reads_dates_and_iso_text(self, given_value, value):
        field = PartialDateField(null=True, blank=True)
        assert field.to_python(given_value) == value
        assert field.clean(given_value, None) == value
        assert field.get_prep_value(given_value) == (None if value is None else str(value))

    @pytest.mark.parametrize(
        ("wrong", "code"),
        [
            *[(value, "invalid") for value in ("May 2007", "soon", " 2007", "2007\x00")],
            *[(value, "invalid") for value in (2007, 2007.5, b"2007", date(2007, 5, 3))],
            *[(value, "impossible") for value in ("2007-13", "2007-02-30")],
        ],
    )
    def test_refuses_everything_else(self, wrong, code):
        field = PartialDateField()
        assert error_code(field.to_python, wrong) == code
        assert error_code(field.get_prep_value, wrong) == code
        with pytest.raises(ValidationError):
            field.clean(wrong, None)

    def test_error_names_the_value_and_the_format(self):
        with translation.override("en"), pytest.raises(ValidationError) as caught:
            PartialDateField().to_python("soon")
        with translation.override("en"):
            assert caught.value.messages == ["“soon” is not a date written as 2003, 2007-05 or 2007-05-03."]

    def test_comes_from_the_database_as_a_partial_date(self):
        assert PartialDateField().from_db_value("2007-05", None, None) == MONTH
        assert PartialDateField().from_db_value(None, None, None) is None

    def test_is_serialised_as_iso_text(self):
        field = PartialDateField()
        field.set_attributes_from_name("joined")
        for joined, text in [(MONTH, "2007-05"), ("2007-05", "2007-05"), (None, ""), ("", "")]:
            assert field.value_to_string(SimpleNamespace(joined=joined)) == text

    @pytest.mark.parametrize("options", [{}, {"null": True, "blank": True}])
    def test_is_empty_by_default(self, options):
        assert PartialDateField(**options).get_default() is None

    def test_required_field_refuses_empty_text(self):
        assert error_code(PartialDateField().clean, "", None) == "null"

    def test_runs_validators_of_its_user_on_the_date(self):
        seen = []
        PartialDateField(validators=[seen.append]).clean("2007-05", None)
        assert seen == [MONTH]

    def test_migration_does_not_repeat_the_length(self):
        field = PartialDateField("joined", null=True, blank=True)
        _, path, args, kwargs = field.deconstruct()
        assert path == "networks.partial_dates.PartialDateField"
        assert (args, kwargs) == ([], {"verbose_name": "joined", "null": True, "blank": True})
        assert PartialDateField(*args, **kwargs).max_length == 10

    @pytest.mark.parametrize(("blank", "required"), [(True, False), (False, True)])
    def test_form_field_takes_typed_dates(self, blank, required):
        field = PartialDateField("joined", null=True, blank=blank, help_text="2003, May 2007").formfield()
        assert type(field) is PartialDateFormField
        assert (field.required, field.help_text) == (required, "2003, May 2007")
        assert field.clean("3. мај 2007. године") == DAY

    def test_form_field_and_widget_can_be_replaced(self):
        assert isinstance(PartialDateField().formfield(widget=forms.HiddenInput).widget, forms.HiddenInput)
        assert type(PartialDateField().formfield(form_class=forms.Field)) is forms.Field


def test_a_date_sorts_before_one_that_begins_on_the_same_day_and_is_more_precise():
    year, month, day = PartialDate(2007), PartialDate(2007, 1), PartialDate(2007, 1, 1)
    assert sorted([day, month, year]) == [year, month, day]
