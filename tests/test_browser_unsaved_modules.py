"""The modules of the script for unsaved text, each by itself."""

import pytest

pytestmark = pytest.mark.browser

FORM = """
<form>
  <div class="form-row"><label for="name">Name:</label><input name="name" id="name" value="Ниш"></div>
  <div class="form-row"><label>Text:</label><textarea name="text">one\ntwo</textarea></div>
  <div class="form-row"><label>Scope:</label>
    <select name="scope"><option value="">-</option><option value="global">global</option></select></div>
  <div class="form-row"><label>Status:</label>
    <select name="status">
      <option value="member" selected>member</option><option value="left">left</option></select></div>
  <div class="form-row"><label>Many:</label><select name="many" multiple>
    <option value="1" selected>1</option><option value="2" selected>2</option>
    <option value="3">3</option></select></div>
  <fieldset><legend>Themes:</legend>
    <input type="checkbox" name="themes" value="air" checked>
    <input type="checkbox" name="themes" value="sea"></fieldset>
  <input type="radio" name="choice" value="mine"> <input type="radio" name="choice" value="theirs" checked>
  <input name="at" value="2026-01-15"> <input name="at" value="08:00">
  <input type="hidden" name="base" value="3">
  <input type="hidden" name="csrfmiddlewaretoken" value="x"> <input type="hidden" name="form_token" value="y">
  <input type="password" name="password" value="secret"> <input type="file" name="logo">
  <button name="_save">Save</button>
</form>
"""
AT_FIRST = {
    "name": ["Ниш"],
    "text": ["one\ntwo"],
    "scope": [""],
    "status": ["member"],
    "many": ["1", "2"],
    "themes": ["air"],
    "choice": ["theirs"],
    "at": ["2026-01-15", "08:00"],
    "base": ["3"],
}
OTHER = {
    "name": [" Град „Ниш“ "],
    "text": ["three\n"],
    "scope": ["global"],
    "status": ["left"],
    "many": ["3"],
    "themes": ["air", "sea"],
    "choice": ["mine"],
    "at": ["2027-02-28", "09:30"],
    "base": ["4"],
}


@pytest.fixture
def module(live_server, open_page):
    """Run a function of JavaScript with what a module exports and an argument, and return what it returns."""
    page = open_page(expected=["status of 503", "net::ERR_"])
    page.goto(f"{live_server.url}/en/admin/login/")
    page.evaluate("(form) => { document.querySelector('#content').innerHTML = form; }", FORM)

    def run(name, function, argument=None):
        load = f"""async (argument) => {{
          const form = document.querySelector("#content form");
          return ({function})(await import("/static/networks/{name}.js"), argument, form);
        }}"""
        return page.evaluate(load, argument)

    run.page = page
    return run


# form_values.js


def test_values_are_those_that_people_can_type_or_choose(module):
    read = "({ valuesNow, valuesAtFirst }, _, form) => [valuesNow(form), valuesAtFirst(form)]"
    assert module("form_values", read) == [AT_FIRST, AT_FIRST]


def test_values_are_written_into_the_form_and_read_from_it_again(module):
    write = """({ writeValues, valuesNow, valuesAtFirst, changedNames }, values, form) => {
      const heard = new Set();
      form.addEventListener("input", ({ target }) => heard.add(target.name));
      writeValues(form, values, Object.keys(values));
      const now = valuesNow(form);
      return [now, valuesAtFirst(form), changedNames(now, valuesAtFirst(form)), [...heard].sort()];
    }"""
    now, at_first, changed, heard = module("form_values", write, OTHER)
    # Of a hidden control, no browser knows what it held at first.
    assert (now, at_first) == (OTHER, AT_FIRST | {"base": OTHER["base"]})
    assert changed == [name for name in OTHER if name != "base"]
    assert {"name", "text", "scope", "status", "themes", "choice", "at"} <= set(heard)


@pytest.mark.parametrize("names", [[], ["name"], ["themes", "choice"], ["at", "many"]])
def test_only_the_named_values_are_written(module, names):
    write = """({ writeValues, valuesNow }, { values, names }, form) => {
      writeValues(form, values, names);
      return valuesNow(form);
    }"""
    found = module("form_values", write, {"values": OTHER, "names": names})
    assert found == AT_FIRST | {name: OTHER[name] for name in names}


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (["a"], ["a"], True),
        (["a"], ["b"], False),
        (["a"], ["a", "b"], False),
        (["a", "b"], ["b", "a"], False),
        ([], [], True),
        (["a"], None, False),
        (None, None, True),
    ],
)
def test_values_are_the_same_when_all_are(module, one, other, expected):
    compare = "({ isSame }, [one, other]) => isSame(one ?? undefined, other ?? undefined)"
    assert module("form_values", compare, [one, other]) == expected


def test_a_field_is_called_by_its_label_and_a_hidden_one_is_no_text(module):
    names = [*AT_FIRST]
    look = "({ labelOf, isHidden }, names, form) => names.map((name) => [labelOf(form, name), isHidden(form, name)])"
    found = dict(zip(names, module("form_values", look, names), strict=True))
    assert {name: label for name, (label, _hidden) in found.items()} == {
        "name": "Name",
        "text": "Text",
        "scope": "Scope",
        "status": "Status",
        "many": "Many",
        "themes": "Themes",
        "choice": "choice",
        "at": "at",
        "base": "base",
    }
    assert [name for name, (_label, hidden) in found.items() if hidden] == ["base"]


# drafts.js


def test_drafts_are_kept_by_their_token_and_found_by_their_user(module):
    keep = """async ({ store, drop, draftsOf }) => {
      await store({ token: "a", user: "1", values: { name: ["old"] } });
      await store({ token: "a", user: "1", values: { name: ["new"] } });
      await store({ token: "b", user: "1", values: {} });
      await store({ token: "c", user: "2", values: {} });
      await drop("b");
      await drop("never kept");
      return [await draftsOf("1"), (await draftsOf("2")).map(({ token }) => token), await draftsOf("3")];
    }"""
    mine, theirs, nobodys = module("drafts", keep)
    assert mine == [{"token": "a", "user": "1", "values": {"name": ["new"]}}]
    assert (theirs, nobodys) == (["c"], [])


def test_drafts_outlive_the_page_and_a_database_that_another_tab_has_closed(module):
    module("drafts", """({ store }) => store({ token: "a", user: "1" })""")
    module.page.reload()
    read = """async ({ draftsOf, store }) => {
      await store({ token: "b", user: "1" });
      return (await draftsOf("1")).length;
    }"""
    assert module("drafts", read) == 2


@pytest.mark.parametrize(
    ("saved", "sent_at", "expected"),
    [
        ({}, 5, False),
        ({"a": 4}, 5, False),
        ({"a": 5}, 5, True),
        ({"a": 6}, 5, True),
        ({"b": 6}, 5, False),
        ({"a": 6}, None, False),
    ],
)
def test_a_draft_is_saved_when_the_server_has_saved_it_since_it_was_sent(module, saved, sent_at, expected):
    ask = """({ isSaved }, { saved, sentAt }) => isSaved({ token: "a", sentAt: sentAt ?? undefined }, saved)"""
    assert module("drafts", ask, {"saved": saved, "sentAt": sent_at}) == expected


@pytest.mark.parametrize(
    ("draft", "expected"),
    [
        ({"form": "/admin/x/", "path": "/en/admin/x/"}, True),
        ({"form": "/admin/y/", "path": "/admin/x/"}, False),
        ({"path": "/sr-latn/admin/x/"}, True),  # kept before forms were known in every language
        ({"path": "/en/admin/x/"}, False),
    ],
)
def test_a_draft_belongs_to_a_form_in_every_language(module, draft, expected):
    ask = """({ isOfForm }, draft) => isOfForm(draft, "/admin/x/", "/sr-latn/admin/x/")"""
    assert module("drafts", ask, draft) == expected


@pytest.mark.parametrize("answer", ["down", "gone"])
def test_the_server_is_asked_by_tokens_and_no_answer_is_an_error(module, answer):
    asked = []

    def reply(route):
        asked.append(route.request.url.partition("?")[2])
        if len(asked) == 1:
            route.fulfill(json={"user": 7})
        elif answer == "down":
            route.fulfill(status=503, json={"user": 7})
        else:
            route.abort("connectionreset")

    module.page.route("**/en/admin/session/*", reply)
    ask = """async ({ askServer }) => {
      const first = await askServer("/en/admin/session/", ["a b", "c&d"]);
      return [first, await askServer("/en/admin/session/").catch(() => "an error")];
    }"""
    assert module("drafts", ask) == [{"user": 7}, "an error"]
    assert asked == ["token=a+b&token=c%26d", ""]


# dialogs.js


def test_names_in_a_sentence_are_filled_in_as_text(module):
    fill = """({ fill }) => fill("{name}, {time}: {name}", { name: "<b>$&", time: "08:00" })"""
    assert module("dialogs", fill) == "<b>$&, 08:00: <b>$&"


def test_a_time_of_today_has_no_day(module):
    tell = "({ timeOf }) => [timeOf(Date.now()), timeOf(new Date(2020, 4, 3, 8, 5))]"
    today, long_ago = module("dialogs", tell)
    assert len(today) == 5
    assert long_ago.startswith("3 May") and long_ago.endswith("08:05")
