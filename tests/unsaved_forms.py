"""Forms of the admin as a browser sends them, and logging in from one."""

import lxml.html

PASSWORD = "a long enough password"


def tree_of(response):
    return lxml.html.fromstring(response.content.decode())


def values_of(form):
    """What a browser sends for the form: {name: [value]}."""
    for empty in form.xpath(".//input[not(@value) and not(@type='checkbox') and not(@type='file')]"):
        empty.set("value", "")
    values = {}
    for name, value in form.form_values():
        values.setdefault(name, []).append(value.removeprefix("\n"))
    return values


def form_of(response):
    (form,) = tree_of(response).xpath("//div[@id='content-main']//form")
    return values_of(form)


def sent(form, **typed):
    return form | {name: value if isinstance(value, list) else [value] for name, value in typed.items()}


def log_in(client, response, username="clerk", password=PASSWORD):
    """Fill in the log-in of a page that carries a text."""
    (form,) = tree_of(response).xpath("//form[@id='login-form']")
    return client.post(form.get("action"), values_of(form) | {"username": [username], "password": [password]})
