"""The admin as a clerk meets it: every page, the form, the list, and what happens to bad input."""

import re
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import lxml.html
import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext, override

from networks.admin.base import side_by_side
from networks.admin.network_admin import verified_ago
from networks.languages import language_tag
from networks.models import (
    AuditEntry,
    CityProfile,
    Event,
    Link,
    Network,
    OldAddress,
    Page,
    PreviewLink,
    Schedule,
    Theme,
)
from networks.partial_dates import PartialDate
from networks.reading import Reader, translated_fields
from networks.revisions import drafts, publishing, schedules, storage
from networks.templatetags.admin_tags import local_name
from tests.makers import make_network, make_page, make_profile, make_theme
from tests.pages import (
    CYRILLIC,
    LANGUAGES,
    PREFIXES,
    count_queries,
    errors_by_field,
    fill_in,
    form_values,
    in_latin_and_in_ci_in_each_language,
    messages_of,
    opened,
    page_after,
    parsed,
    text_of,
    texts_of,
)
from tests.picture_files import BAD_FILES, BOMB, blank_png, chunk, drawing, saved

# Names, codes and examples are shorter.
ENGLISH_SENTENCE = re.compile(r"\b[A-Za-z]+(?:,? [A-Za-z]+){3,}\b")


@pytest.fixture
def clerk(client, db):
    client.force_login(User.objects.create_superuser("clerk", email="clerk@example.org"))
    return client


def uploads(settings):
    root = Path(settings.MEDIA_ROOT)
    return [path for path in root.rglob("*") if path.is_file()] if root.exists() else []


# The walk


def pages_of_models(rows):
    for model in admin.site._registry:
        base = f"{model._meta.app_label}/{model._meta.model_name}/"
        if model is CityProfile:
            # One row: its list leads to its form, and it is neither added nor deleted.
            yield from (f"{base}1/change/", f"{base}1/history/")
        elif model in (AuditEntry, Link):
            # A list alone: nobody adds to it by hand.
            yield from (base, f"{base}?q=example")
        else:
            pk = rows[model]
            yield from (base, f"{base}add/", f"{base}add/?_popup=1", f"{base}?q=gradonacelnici")
            yield from (f"{base}{pk}/{action}/" for action in ("change", "delete", "history"))


def pages_of_a_row(row):
    """The pages beside the form of a row that has all there can be, and of one in the bin."""
    of_model = f"networks/{row._meta.model_name}/"
    base = f"{of_model}{row.pk}/"
    pages = ["compare", "restore/1", "schedule", "links", "withdraw", "discard", "submit"]
    yield from (f"{base}{page}/" for page in pages)
    yield from (f"{base}compare/?from=2&to=1&swap=", f"{base}compare/?from=1&to=1", f"{of_model}bin/")
    (deleted,) = type(row).objects.in_bin()
    yield from (f"{of_model}{deleted.pk}/{page}/" for page in ("history", "compare", "undelete"))


def pages_of_lists(client, prefix):
    """The lists in every order and under every filter that they offer."""
    for model in ("network", "theme", "page", "link", "auditentry"):
        tree = opened(client, f"{prefix}/admin/networks/{model}/")
        links = tree.xpath("//*[@id='changelist-filter']//a/@href | //table[@id='result_list']/thead//a/@href")
        yield from (f"networks/{model}/{link}" for link in links)


def write_all_there_can_be(model, change, author):
    """Write a draft of a row with all there can be beside it, put another row into the bin, and return the first."""
    row, deleted = model.objects.all()[:2]
    content = storage.newest_revision(row).content | change
    revision = drafts.save(row, content, author=author, comment="Ну").revision
    drafts.submit(row, author=author)
    for action in Schedule.Action:
        schedules.create(row, action, timezone.now() + timedelta(hours=1 + len(action)), author=author)
    for days in (-1, 1):
        PreviewLink.objects.create(revision=revision, expires_at=timezone.now() + timedelta(days=days))
    row.openforms.create(user=author)
    publishing.delete(deleted, author=author)
    return row


@pytest.fixture
def rows(nis):
    """One row of each model by which its pages are walked."""
    reporter = User.objects.create_user("reporter", is_staff=True)
    reporter.groups.add(Group.objects.get(name="editors"))
    change = {"name_en": "A Draft", "description_sr": "<p>Нацрт</p>", "founded": "2003", "themes": []}
    network = write_all_there_can_be(Network, change, reporter)
    page = write_all_there_can_be(Page, {"title_en": "A Draft", "body_sr": "<p>Нацрт</p>"}, reporter)
    return {
        Network: network.pk,
        Theme: Theme.objects.first().pk,
        Page: page.pk,
        OldAddress: OldAddress.objects.create(old_path="/old/", new_path="/").pk,
        User: reporter.pk,
        Group: Group.objects.first().pk,
    }


def policy_of(response):
    directives = (each.split() for each in response["Content-Security-Policy"].split(";"))
    return {name: sources for name, *sources in directives}


def problems_of(response, language):
    """What is wrong with a page of the admin, in words."""
    tree = parsed(response)
    policy = policy_of(response)
    if policy["default-src"] != ["'none'"] or any("unsafe" in source for each in policy.values() for source in each):
        yield f"policy is not strict: {policy}"
    if foreign := [each for each in sum(policy.values(), []) if not each.startswith("'")]:
        yield f"policy lets others in: {foreign}"

    nonces = {each.removeprefix("'nonce-").removesuffix("'") for each in policy["script-src"] if "nonce-" in each}
    for script in tree.xpath("//script[not(@src)]"):
        if not {script.get("nonce")} & nonces:
            yield f"inline script that the policy stops: {script.text}"
    for element in tree.xpath("//style | //*[@style]"):
        yield f"inline style: {lxml.html.tostring(element)}"
    for element in tree.iter():
        if any(name.startswith("on") for name in element.attrib):
            yield f"inline handler: {lxml.html.tostring(element)}"

    loaded = tree.xpath("//@src | //@srcset | //@action | //@data | //link/@href | //use/@*[local-name()='href']")
    for address in loaded:
        if urlsplit(address).netloc or urlsplit(address).scheme:
            yield f"asks another host: {address}"
    for address in tree.xpath("//a/@href"):
        if urlsplit(address).scheme not in ("", "http", "https", "otpauth"):
            yield f"link that is none: {address}"

    request = response.request
    if "_popup" not in request["QUERY_STRING"]:
        here = request["PATH_INFO"].removeprefix(PREFIXES[language])
        query = f"?{request['QUERY_STRING']}" if request["QUERY_STRING"] else ""
        links = {link.get("hreflang"): link.get("href") for link in tree.xpath("//nav[@id='languages']/a")}
        if links != {language_tag(code): f"{prefix}{here}{query}" for code, prefix in PREFIXES.items()}:
            yield f"language switch leads elsewhere: {links}"
        if tree.xpath("//nav[@id='languages']/a[@aria-current]/@hreflang") != [language_tag(language)]:
            yield "language switch does not say where it is"

    if internals := re.findall(r"\w+ object \(\d+\)", text_of(tree)):
        yield f"names that only programmers know: {internals}"
    # What is written in English, and said to be; and keys of letters without a meaning
    for element in tree.xpath("//*[@lang='en'][not(self::html)] | //*[@translate='no']"):
        element.clear()
    if language == "sr" and (found := {each for text in texts_of(tree) for each in ENGLISH_SENTENCE.findall(text)}):
        yield f"English on a Serbian page: {found}"
    if language == "sr-latn" and (found := [text for text in texts_of(tree) if CYRILLIC.search(text)]):
        yield f"Cyrillic on a Latin page: {found}"
    if len(tree.xpath("//h1")) != 1:
        yield "not one h1"


class TestEveryPage:
    # On the page for one's own password, Django's template asks for a field that the form has not.
    @pytest.mark.long
    @pytest.mark.ignore_template_errors
    @in_latin_and_in_ci_in_each_language
    @pytest.mark.sql
    def test_is_in_order(self, clerk, rows, language):
        prefix = PREFIXES[language]
        problems = []
        walk = ["", "networks/", "auth/", "password_change/", "password_change/done/"]
        walk += ["second-factor/", f"auth/user/{rows[User]}/second-factor/", "auth/group/second-factor/"]
        walk += [f"auth/user/{rows[User]}/password/", *pages_of_models(rows), *pages_of_lists(clerk, prefix)]
        walk += [page for model in (Network, Page) for page in pages_of_a_row(model.objects.get(pk=rows[model]))]
        assert len(walk) > 80
        for page in dict.fromkeys(walk):
            response = clerk.get(f"{prefix}/admin/{page}")
            if response.status_code == 200:
                problems += [f"/admin/{page}: {problem}" for problem in problems_of(response, language)]
            else:
                problems.append(f"/admin/{page}: {response.status_code}")
        assert problems == []

    @pytest.mark.long
    @in_latin_and_in_ci_in_each_language
    def test_names_its_language(self, clerk, rows, language):
        for page in ("", "networks/network/", "networks/network/add/", "password_change/"):
            response = clerk.get(f"{PREFIXES[language]}/admin/{page}")
            assert response["Content-Language"] == language_tag(language), page
            # Django's own base template writes its code, which as a tag says the same: Serbian is sr-Cyrl.
            assert parsed(response).get("lang") == language, page

    @in_latin_and_in_ci_in_each_language
    def test_after_signing_out_and_before_signing_in_is_in_order_too(self, clerk, nis, language):
        prefix = PREFIXES[language]
        signed_out = clerk.post(f"{prefix}/admin/logout/")
        login = clerk.get(f"{prefix}/admin/login/?next={prefix}/admin/networks/network/")
        refused = clerk.post(f"{prefix}/admin/login/", {"username": "clerk", "password": "wrong"})
        for response in (signed_out, login, refused):
            assert response.status_code == 200
            # Django's page for signing in has no heading; where the switch leads from here, the next test says.
            problems = set(problems_of(response, language)) - {"not one h1"}
            assert not {each for each in problems if not each.startswith("language switch")}
        (error,) = parsed(refused).find_class("errornote")
        assert bool(CYRILLIC.search(text_of(error))) == (language == "sr")

    @pytest.mark.parametrize("page", ["login/", "logout/"])
    def test_before_and_after_work_offers_every_language(self, clerk, nis, page):
        if page == "logout/":
            response = clerk.post("/admin/logout/")
        else:
            clerk.logout()
            response = clerk.get("/admin/login/?next=/admin/networks/network/")
        links = parsed(response).xpath("//nav[@id='languages']/a/@href")
        assert [clerk.get(link, follow=True).status_code for link in links] == [200, 200, 200]

    def test_language_chosen_before_signing_in_is_the_language_afterwards(self, client, db):
        User.objects.create_superuser("boss", password="known to the boss alone")
        login = client.get("/admin/", follow=True)
        for language, link in zip(
            ("sr-latn", "en"), parsed(login).xpath("//nav[@id='languages']/a/@href")[1:], strict=True
        ):
            response = client.post(link, {"username": "boss", "password": "known to the boss alone"})
            assert response["Location"] == f"{PREFIXES[language]}/admin/"

    @pytest.mark.parametrize("wanted", ["//[", "http://[::1", "https://evil.example/", "\0", "нешто"])
    def test_for_signing_in_opens_whatever_it_is_to_lead_to(self, client, db, wanted):
        assert client.get("/admin/login/", {"next": wanted}).status_code == 200

    @in_latin_and_in_ci_in_each_language
    def test_for_somebody_elses_password_is_in_its_language(self, clerk, language):
        account = User.objects.create_user("milica", password="known to Milica alone")
        page = opened(clerk, f"{PREFIXES[language]}/admin/auth/user/{account.pk}/password/")
        for element in page.xpath("//*[@lang='sr-Cyrl']"):
            element.clear()
        text = text_of(page.get_element_by_id("content"))
        assert bool(CYRILLIC.search(text)) == (language == "sr")
        assert ("If disabled" in text, "Without one" in text) == (False, language == "en")

    @in_latin_and_in_ci_in_each_language
    def test_messages_for_scripts_are_in_its_language(self, clerk, language):
        response = clerk.get(f"{PREFIXES[language]}/admin/jsi18n/")
        assert response.status_code == 200
        assert response["Content-Type"].startswith("text/javascript")
        assert bool(re.search(r"\\u04[0-9a-f]{2}", response.text)) == (language == "sr")
        assert not CYRILLIC.search(response.text)

    @in_latin_and_in_ci_in_each_language
    @pytest.mark.sql
    def test_that_is_missing_or_closed_says_so(self, clerk, rows, language):
        prefix = PREFIXES[language]
        for page, status in [("nothing-here/", 404), ("networks/nothing/", 404), ("r/1/999999/", 404)]:
            assert clerk.get(f"{prefix}/admin/{page}").status_code == status
        for page in ("networks/cityprofile/add/", "networks/cityprofile/1/delete/"):
            assert clerk.get(f"{prefix}/admin/{page}").status_code == 403
        response = clerk.get(f"{prefix}/admin/networks/network/999999/change/", follow=True)
        assert response.redirect_chain == [(f"{prefix}/admin/", 302)]

    @in_latin_and_in_ci_in_each_language
    def test_of_the_city_profile_is_its_form(self, clerk, language):
        base = f"{PREFIXES[language]}/admin/networks/cityprofile/"
        assert clerk.get(base)["Location"] == f"{base}add/"
        assert clerk.get(f"{base}add/").status_code == 200
        make_profile()
        assert clerk.get(base)["Location"] == f"{base}1/change/"

    @pytest.mark.long
    def test_with_the_editor_lets_its_import_map_through(self, clerk, rows):
        address = f"/admin/networks/network/{rows[Network]}/change/"
        first, second = clerk.get(address), clerk.get(address)
        (importmap,) = parsed(first).xpath("//script[@type='importmap']")
        assert policy_of(first)["script-src"] == ["'self'", f"'nonce-{importmap.get('nonce')}'"]
        assert policy_of(first) != policy_of(second)

    @pytest.mark.long
    @in_latin_and_in_ci_in_each_language
    def test_tells_in_its_language_what_was_saved(self, clerk, language):
        network = make_network(name_sr="Његошев круг", is_published=False)
        base = f"{PREFIXES[language]}/admin/networks/network/"
        change = f"{base}{network.pk}/change/"
        chosen = {"_selected_action": [network.pk], "post": "yes", "unsubmitted": "on"}

        def save(button, **typed):
            values = form_values(opened(clerk, change))
            return clerk.post(change, values | typed | {button: "1"}, follow=True)

        asked = clerk.post(base, chosen | {"action": "delete_selected", "post": ""})
        told = [
            save("_save", name_en="Njegoš’s Circle"),
            save("_save"),
            save("_submit"),
            clerk.post(base, chosen | {"action": "publish"}, follow=True),
            save("_save", name_en="The Circle of Njegoš"),
            clerk.post(base, chosen | {"action": "submit"}, follow=True),
            save("_publish"),
            clerk.post(base, chosen | {"action": "withdraw"}, follow=True),
            clerk.post(f"{base}{network.pk}/delete/", {"post": "yes"}, follow=True),
            clerk.post(f"{base}{network.pk}/undelete/", follow=True),
        ]
        for response in (asked, *told):
            assert response.status_code == 200
            tree = parsed(response)
            messages = messages_of(tree)
            assert len(messages) == (0 if response is asked else 1)
            if language == "sr-latn":
                assert not CYRILLIC.search(" ".join(texts_of(tree)))
            for message in messages:
                without_name = re.sub("[„“].*?[“”]", "", message)
                assert bool(CYRILLIC.search(without_name)) == (language == "sr"), message

    @in_latin_and_in_ci_in_each_language
    def test_of_a_theme_added_beside_the_form_closes_itself_by_a_file(self, clerk, language):
        response = clerk.post(
            f"{PREFIXES[language]}/admin/networks/theme/add/?_popup=1", {"name_sr": "Мир", "_popup": "1"}
        )
        assert response.status_code == 200
        assert Theme.objects.get().slug == "mir"
        assert parsed(response).xpath("//script[not(@src)] | //style | //*[@style]") == []


def what_was_done(tree):
    """What the history of a network tells of each version and event, newest first."""
    return [text_of(cell) for cell in tree.xpath("//table[@class='versions']/tbody/tr/td[last() - 1]")]


class TestHistory:
    """What was done in one language is told in the language of the one who asks."""

    def check(self, clerk, row):
        """Its one record is in the language of each page in turn, whatever language the change was made in."""
        page = f"admin/{row._meta.app_label}/{row._meta.model_name}/{row.pk}/history/"
        for language, prefix in PREFIXES.items():
            tree = opened(clerk, f"{prefix}/{page}")
            (cell,) = tree.xpath("//*[@id='change-history']//tbody/tr/td[last()]")
            record = cell.text  # without the values
            assert not re.search("[A-Za-z]" if language == "sr" else CYRILLIC, record), record
            assert language == "en" or not re.search("in Serbian|ame", record), record

    @pytest.mark.parametrize("written_in", LANGUAGES)
    def test_tells_of_a_changed_form(self, clerk, written_in):
        theme = make_theme()
        address = f"{PREFIXES[written_in]}/admin/networks/theme/{theme.pk}/change/"
        assert fill_in(clerk, address, {"name_sr": "Ново име", "name_en": "New name"}).status_code == 302
        self.check(clerk, theme)

    def test_does_not_speak_of_changes_where_there_was_none(self, clerk, nis):
        address = f"/admin/networks/theme/{Theme.objects.first().pk}"
        assert fill_in(clerk, f"{address}/change/").status_code == 302
        history = text_of(opened(clerk, f"{address}/history/").get_element_by_id("change-history"))
        assert "Без измена" in history
        assert "Измењена поља" not in history

    @pytest.mark.parametrize("make", [make_network, pytest.param(make_page, marks=pytest.mark.exhaustive)])
    @pytest.mark.parametrize("written_in", LANGUAGES)
    def test_of_a_row_with_versions_tells_what_was_changed_and_done(self, clerk, make, written_in):
        row = make(is_published=False)
        model = type(row)
        base = f"/admin/networks/{model._meta.model_name}/{row.pk}"
        headings = [f"{model.heading_field}_{each}" for each in ("sr", "en")]
        typed = {headings[0]: "Ново име", headings[1]: "New name"}
        assert fill_in(clerk, f"{PREFIXES[written_in]}{base}/change/", typed, "_publish").status_code == 302
        for language, prefix in PREFIXES.items():
            event, change, first = what_was_done(opened(clerk, f"{prefix}{base}/history/"))
            with override(language):
                assert change == capfirst(
                    ", ".join(str(model._meta.get_field(name).verbose_name) for name in headings)
                )
                assert (event, first) == (Event.Kind.PUBLISHED.label, gettext("First version"))
            if language != "en":
                for text in (event, change, first):
                    assert not re.search("[A-Za-z]" if language == "sr" else CYRILLIC, text), text
                    assert not re.search("ublished|osition|in Serbian|ame|irst", text), text

    @pytest.mark.long
    def test_of_a_network_has_no_version_where_nothing_was_changed(self, clerk, nis):
        address = f"/admin/networks/network/{Network.objects.get(slug='ecad').pk}"
        for button in ("_save", "_save", "_publish"):
            assert fill_in(clerk, f"{address}/change/", button=button).status_code == 302
        # What is published already is not published once more.
        assert len(what_was_done(opened(clerk, f"{address}/history/"))) == 1

    def test_tells_of_a_changed_account(self, clerk):
        reporter = User.objects.create_user("reporter")
        typed = {"username": "reporter2", "last_name": "Petrović", "is_staff": "on"}
        typed |= {"date_joined_0": "2026-05-01", "date_joined_1": "12:00:00"}
        assert clerk.post(f"/en/admin/auth/user/{reporter.pk}/change/", typed).status_code == 302
        self.check(clerk, reporter)

    @pytest.mark.long
    @pytest.mark.parametrize("written_in", LANGUAGES)
    def test_on_the_start_page_is_in_the_script_of_the_page(self, clerk, written_in):
        network = make_network(name_sr="Његошев круг")
        address = f"{PREFIXES[written_in]}/admin/networks/network/{network.pk}/change/"
        clerk.get(fill_in(clerk, address, {"status": "left"})["Location"])  # where the message is read
        start = opened(clerk, "/sr-latn/admin/")
        assert "Njegošev krug" in text_of(start.find_class("week")[0])
        assert not CYRILLIC.search(" ".join(texts_of(start)))


# The form

TYPED = {
    "name_sr": "Мрежа здравих градова",
    "name_en": "Network of Healthy Cities",
    "acronym_sr": "МЗГ",
    "acronym_en": "NHC",
    "summary_sr": "Градови који брину о здрављу.",
    "summary_en": "Cities that care for health.",
    "description_sr": "<p>Ниш је <strong>члан</strong>.</p><ul><li>здравље</li></ul>",
    "description_en": "<p>Niš is a <em>member</em>.</p>",
    "seat_sr": "Копенхаген",
    "seat_en": "Copenhagen",
    "benefit_sr": "Искуство других градова.",
    "benefit_en": "The experience of other cities.",
    "status": "left",
    "scope": "european",
    "founded": "mart 1988",
    "joined": "05.2003.",
    "left": "3.5.2007.",
    "website": "https://healthy.example.org/",
    "membership_page": "http://healthy.example.org/nis?a=1&b=2",
    "original_name": "Réseau des villes-santé",
    "original_language": "fr",
    "former_names": "Healthy Cities (1988–2001)\nЗдрави градови",
    "responsible_unit": "Секретаријат за здравство",
    "contact_email": "zdravlje@example.rs",
    "contact_phone": "+381 18 504 000",
    "source": "Писмо од 1. марта",
    "verified_on": "2024-02-29",
    "internal_note": 'За колеге: "проверити" <важно> & хитно',
    "slug": "healthy-cities",
}
STORED = TYPED | {
    "founded": PartialDate(1988, 3),
    "joined": PartialDate(2003, 5),
    "left": PartialDate(2007, 5, 3),
    "verified_on": date(2024, 2, 29),
}
# A line of the record, new in the form
DUES = {
    "fees": "lines",
    "fees-5f0c9a3e-year": "2026",
    "fees-5f0c9a3e-amount": "1500",
    "fees-5f0c9a3e-currency": "EUR",
    "fees-5f0c9a3e-due": "2026-03-01",
}
STORED_DUES = [{"id": "5f0c9a3e", "year": 2026, "amount": "1500.00", "currency": "EUR", "due": "2026-03-01"}]
FIELDS = [*TYPED, "themes", "logo"]
TEXT_FIELDS = [field for field in TYPED if field not in ("status", "scope")]


def stored(network):
    """What stands in the row of what can be typed."""
    values = {field: getattr(network, field) for field in TYPED}
    return values | {"former_names": values["former_names"].replace("\r\n", "\n")}


class TestForm:
    @in_latin_and_in_ci_in_each_language
    @pytest.mark.parametrize("model", [Network, Theme, Page, CityProfile])
    def test_has_serbian_and_english_side_by_side_and_nothing_else(self, clerk, model, language):
        make_profile()
        page = "1/change/" if model is CityProfile else "add/"
        tree = opened(clerk, f"{PREFIXES[language]}/admin/networks/{model._meta.model_name}/{page}")
        for field in translated_fields(model):
            assert tree.xpath("//*[@name=$name]", name=field) == []
            (row,) = tree.xpath("//*[contains(@class, 'form-row')][.//*[@id=$id]]", id=f"id_{field}_sr")
            inputs = row.xpath(".//input | .//textarea")
            assert [each.get("name") for each in inputs] == [f"{field}_sr", f"{field}_en"]
            labels = [text_of(label) for label in row.xpath(".//label")]
            assert len(set(labels)) == 2

    @in_latin_and_in_ci_in_each_language
    def test_names_the_languages_above_the_columns_and_for_those_who_hear_in_each_label(self, clerk, language):
        tree = opened(clerk, f"{PREFIXES[language]}/admin/networks/network/add/")
        texts, end = tree.find_class("column-headings")  # above each group of translated fields
        for headings in (texts, end):
            assert [(each.text, each.get("lang")) for each in headings] == [("Српски", "sr-Cyrl"), ("English", "en")]
        labels = {field: tree.xpath("//label[@for=$id]", id=f"id_{field}")[0] for field in ("name_sr", "name_en")}
        with override(language):
            assert [text_of(each).rstrip(":") for each in labels.values()] == [
                capfirst(str(Network._meta.get_field(field).verbose_name)) for field in labels
            ]
        assert len({label.text for label in labels.values()}) == 1

    def test_has_columns_for_every_stored_language(self, settings):
        settings.MODELTRANSLATION_LANGUAGES = ("sr", "en", "sq")
        settings.LANGUAGES = [*settings.LANGUAGES, ("sq", "Albanian")]
        assert side_by_side("name") == [("name_sr", "name_en", "name_sq")]
        settings.LANGUAGES = [*settings.LANGUAGES, ("rup", "Aromanian")]
        assert [local_name(code) for code in ("sr", "en", "sq", "rup")] == ["Српски", "English", "Shqip", "Aromanian"]

    def test_head_leads_back_to_the_list_as_it_was_filtered(self, clerk):
        network = make_network()
        address = f"/en/admin/networks/network/{network.pk}/change/?_changelist_filters=state%3Ddraft"
        (head,) = opened(clerk, address).find_class("form-head")
        assert head.xpath("./a/@href") == ["/en/admin/networks/network/?state=draft"]
        assert [text_of(each) for each in head.xpath("./h1 | .//*[@class='badge live']")][1:] == ["On the site"]
        assert fill_in(clerk, address)["Location"] == address

    def test_tells_how_many_errors_there_are_and_leads_to_each(self, clerk):
        network = make_network()
        address = f"/en/admin/networks/network/{network.pk}/change/"
        tree = parsed(fill_in(clerk, address, {"name_sr": "", "website": "nowhere", "joined": "once"}))
        assert text_of(tree.find_class("error-count")[0]) == "3 errors"
        links = tree.xpath("//*[@id='form-errors']//li/a/@href")
        assert links == ["#id_name_sr", "#id_joined", "#id_website"]
        assert all(tree.xpath("//*[@id=$id]", id=each[1:]) for each in links)
        (sections,) = tree.xpath("//nav//ul[@class='sections']")
        counts = {each[0].text: [text_of(count) for count in each[1:]] for each in sections}
        assert (counts["Texts"], counts["Membership"]) == (["1 error"], ["2 errors"])
        headings = tree.xpath("//*[@class='fieldset-heading']/@id")
        assert [f"#{each}" for each in headings] == sections.xpath(".//@href")
        assert count_queries(clerk, address) <= 15

    def test_says_in_which_language_each_text_is_written(self, clerk):
        tree = opened(clerk, "/en/admin/networks/network/add/")
        written_in = {
            each.get("name"): each.get("lang")
            for each in tree.xpath("//form//*[@name][@lang][@name != 'q'][not(ancestor::*[@class='line'])]")
        }
        assert written_in == {
            f"{field}_{language}": language_tag(language)
            for field in translated_fields(Network)
            for language in ("sr", "en")
        }

    @in_latin_and_in_ci_in_each_language
    def test_explains_every_field(self, clerk, language):
        make_theme()
        tree = opened(clerk, f"{PREFIXES[language]}/admin/networks/network/add/")
        for field in FIELDS:
            control = tree.xpath("//*[@name=$name]", name=field)[0]
            described_by = " ".join(each.get("aria-describedby", "") for each in (control, *control.iterancestors()))
            helps = [text_of(each) for id in described_by.split() for each in tree.xpath("//*[@id=$id]", id=id)]
            assert len(" ".join(helps)) > 10, field
            assert bool(CYRILLIC.search(" ".join(helps))) == (language == "sr"), field

    @in_latin_and_in_ci_in_each_language
    def test_stores_exactly_what_was_typed_in_the_columns_that_were_meant(self, clerk, language):
        theme = make_theme()
        base = f"{PREFIXES[language]}/admin/networks/network/"
        response = fill_in(clerk, f"{base}add/", TYPED | DUES | {"themes": [theme.pk]})
        network = Network.objects.get()
        assert network.fees == STORED_DUES
        assert (response.status_code, response["Location"]) == (302, f"{base}{network.pk}/change/")
        assert stored(network) == STORED
        assert list(network.themes.all()) == [theme]
        assert not network.is_published

    @pytest.mark.long
    @in_latin_and_in_ci_in_each_language
    def test_keeps_exactly_what_was_typed_until_it_is_published_and_stores_it_then(self, clerk, language):
        theme, network = make_theme(), make_network(name_sr="Мрежа", slug="mreza")
        address = f"{PREFIXES[language]}/admin/networks/network/{network.pk}/change/"
        before = stored(network)
        assert fill_in(clerk, address, TYPED | DUES | {"themes": [str(theme.pk)]})["Location"] == address
        network.refresh_from_db()
        assert (stored(network), network.fees, list(network.themes.all())) == (before, [], [])
        values = form_values(opened(clerk, address))
        assert values["themes"] == [str(theme.pk)]
        shown = {field: values[field][0].replace("\r\n", "\n") for field in TYPED | DUES}
        dates = {"founded": "March 1988", "joined": "May 2003", "left": "3 May 2007", "verified_on": "29/02/2024"}
        if language != "en":
            dates = {"founded": "03.1988.", "joined": "05.2003.", "left": "3.5.2007.", "verified_on": "29.02.2024."}
        due = "01/03/2026" if language == "en" else "01.03.2026."
        fee = "1,500.00" if language == "en" else "1.500,00"
        assert shown == TYPED | dates | DUES | {"fees-5f0c9a3e-amount": fee, "fees-5f0c9a3e-due": due}
        assert fill_in(clerk, address, button="_publish").status_code == 302
        network.refresh_from_db()
        assert (stored(network), network.fees, list(network.themes.all())) == (STORED, STORED_DUES, [theme])

    @pytest.mark.long
    @in_latin_and_in_ci_in_each_language
    def test_saved_again_untouched_changes_nothing(self, clerk, nis, language):
        for network in Network.objects.all()[:2]:
            row = QuerySet(Network).filter(pk=network.pk).values()  # the raw columns too
            before = row.get()
            address = f"{PREFIXES[language]}/admin/networks/network/{network.pk}/change/"
            assert fill_in(clerk, address).status_code == 302
            after = row.get()
            (first,) = network.revisions.all()
            # It was loaded past the door, and its first version is made when somebody first opens it.
            assert after == before | {"head_id": first.pk, "live_id": first.pk, "computed_from": first.pk}

    @pytest.mark.long
    @in_latin_and_in_ci_in_each_language
    def test_published_untouched_changes_nothing_that_is_read(self, clerk, nis, language):
        for network in Network.objects.all()[:2]:
            before = Network.objects.filter(pk=network.pk).values().get()
            address = f"{PREFIXES[language]}/admin/networks/network/{network.pk}/change/"
            assert fill_in(clerk, address, button="_publish").status_code == 302
            assert network.revisions.count() == 1
            after = Network.objects.filter(pk=network.pk).values().get()
            # The raw columns hold the language of whoever saved last, and nobody reads them.
            for ignored in ("changed_at", "head_id", "live_id", "computed_from", *translated_fields(Network)):
                del before[ignored], after[ignored]
            assert {key: value or None for key, value in after.items()} == {
                key: value or None for key, value in before.items()
            }

    @pytest.mark.long
    @in_latin_and_in_ci_in_each_language
    def test_writes_the_columns_that_were_meant_and_leaves_their_sisters(self, clerk, language):
        network = make_network(name_sr="Мрежа", name_en="Network", seat_sr="Беч", seat_en="Vienna", summary_sr="Ту")
        address = f"{PREFIXES[language]}/admin/networks/network/{network.pk}/change/"
        typed = {"name_sr": "Ново", "seat_en": "Wien", "summary_en": "Here"}
        assert fill_in(clerk, address, typed).status_code == 302
        values = form_values(opened(clerk, address))
        assert (values["name_sr"], values["name_en"]) == (["Ново"], ["Network"])
        assert (values["seat_sr"], values["seat_en"]) == (["Беч"], ["Wien"])
        assert (values["summary_sr"], values["summary_en"]) == (["Ту"], ["Here"])
        assert fill_in(clerk, address, button="_publish").status_code == 302
        network.refresh_from_db()
        assert (network.name_sr, network.name_en) == ("Ново", "Network")
        assert (network.seat_sr, network.seat_en) == ("Беч", "Wien")
        assert (network.summary_sr, network.summary_en) == ("Ту", "Here")

    def test_has_an_editor_that_is_a_plain_textarea_without_script(self, clerk):
        tree = opened(clerk, "/admin/networks/network/add/")
        for name in ("description_sr", "description_en"):
            (area,) = tree.xpath("//textarea[@name=$name]", name=name)
            assert area.get("data-django-prose-editor-configurable")
            assert not area.get("hidden")
            assert area.get("required") is None
        assert tree.xpath("//script[@type='module']/@src")

    @in_latin_and_in_ci_in_each_language
    def test_sanitises_a_description_that_was_typed_without_the_editor(self, clerk, language):
        hostile = "<p onclick=x>Ниш <b>је</b></p><script>alert(1)</script><p><a href='https://ni.rs' id=x>ту</a></p>"
        typed = TYPED | {"description_sr": hostile, "description_en": "First\n\nSecond"}
        assert clerk.post(f"{PREFIXES[language]}/admin/networks/network/add/", typed).status_code == 302
        network = Network.objects.get()
        assert network.description_sr == '<p>Ниш <strong>је</strong></p><p><a href="https://ni.rs">ту</a></p>'
        assert network.description_en == "<p>First</p><p>Second</p>"

    @in_latin_and_in_ci_in_each_language
    def test_offers_the_themes_in_the_order_of_the_alphabet(self, clerk, nis, language):
        """In инјекција, н and ј are two letters, though Latin by itself would be read with the letter nj."""
        for slug, name in (("injekcija", "Инјекција"), ("inkubator", "Инкубатор")):
            Theme.objects.create(slug=slug, name_sr=name)
        tree = opened(clerk, f"{PREFIXES[language]}/admin/networks/network/add/")
        shown = [text_of(label) for label in tree.xpath("//*[@id='id_themes']//label")]
        with override(language):
            reader = Reader()
            names = [reader.text(theme, "name") for theme in Theme.objects.all()]
        assert shown == sorted(names, key=reader.sort_key)

    @in_latin_and_in_ci_in_each_language
    def test_shows_dates_as_they_are_typed(self, clerk, language):
        network = make_network(founded=PartialDate(1988), joined=PartialDate(2007, 5), left=PartialDate(2009, 5, 3))
        values = form_values(opened(clerk, f"{PREFIXES[language]}/admin/networks/network/{network.pk}/change/"))
        expected = ["1988", "May 2007", "3 May 2009"] if language == "en" else ["1988.", "05.2007.", "3.5.2009."]
        assert [values[field][0] for field in ("founded", "joined", "left")] == expected

    @pytest.mark.long
    def test_makes_the_address_and_keeps_a_renamed_one_alive(self, clerk):
        fill_in(clerk, "/sr-latn/admin/networks/network/add/", {"name_sr": "Ђердапска мрежа"}, "_publish")
        network = Network.objects.get(slug="djerdapska-mreza")
        address = f"/admin/networks/network/{network.pk}/change/"
        fill_in(clerk, address, {"slug": "djerdap"})
        assert clerk.get("/networks/djerdapska-mreza/").status_code == 200
        assert clerk.get("/networks/djerdap/").status_code == 404
        fill_in(clerk, address, button="_publish")
        assert clerk.get("/networks/djerdapska-mreza/")["Location"] == "/networks/djerdap/"

    @pytest.mark.parametrize("is_published", [True, False])
    def test_leads_to_the_page_on_the_site_only_where_there_is_one(self, clerk, is_published):
        network = make_network(is_published=is_published)
        tree = opened(clerk, f"/sr-latn/admin/networks/network/{network.pk}/change/")
        links = tree.xpath("//*[@class='form-head']//a[starts-with(@href, '/sr-latn/networks/')]/@href")
        assert [clerk.get(link, follow=True).status_code for link in links] == [200] * is_published


# Bad input

LONG_WORD = "д" * 10_000

# Fields that each are wrong for themselves, so that one form can hold many of them
BAD_VALUES = {
    "at first": {
        "name_sr": "",
        "joined": "око 2003",
        "founded": "05.",
        "website": "javascript:alert(1)",
        "membership_page": "JavaScript://example.org/%0aalert(1)",
        "slug": "taken",
        "fees-5f0c9a3e-amount": "-5",
        "fees-5f0c9a3e-currency": "eur",
        "fees-5f0c9a3e-year": "1066",
        "scope": "galactic",
        "status": "",
        "themes": ["999999"],
        "original_language": "француски",
        "contact_email": "pera",
        "contact_phone": "позовите централу",
        "verified_on": "прошле недеље",
        "summary_en": "x " * 151,
        "description_sr": "<p>д</p>" * 1001,
    },
    "at second": {
        "name_sr": " \t",
        "joined": "31.2.2003.",
        "founded": "2007-13",
        "website": "data:text/html,<script>alert(1)</script>",
        "membership_page": "ftp://example.org/",
        "slug": "мрежа-градова",
        "fees-5f0c9a3e-amount": "NaN",
        "fees-5f0c9a3e-year": "9" * 30,
        "status": "asleep",
        "themes": ["x"],
        "original_language": "FRA",
        "verified_on": "31.02.2024.",
    },
    "at third": {
        "fees-5f0c9a3e-amount": "1e99",
        "website": "https://",
        "membership_page": "example",
        "fees-5f0c9a3e-currency": "динар",
        "fees-5f0c9a3e-year": "two",
        "fees-5f0c9a3e-due": "касније",
        "slug": "mayors for peace",
        "verified_on": "2999-01-01",
    },
    "at fourth": {"fees-5f0c9a3e-amount": "хиљаду", "website": "//[", "slug": "../admin"},
}

# What is wrong together with another field, and beside which of them that is said
BAD_TOGETHER = {
    "left before joined": ({"left": "mart 2002"}, "left"),
    "fee without currency": ({"fees-5f0c9a3e-currency": ""}, "fees-5f0c9a3e-currency"),
    "fee without year": ({"fees-5f0c9a3e-year": ""}, "fees-5f0c9a3e-year"),
    "currency and year without fee": ({"fees-5f0c9a3e-amount": ""}, "fees-5f0c9a3e-amount"),
    "original name without language": ({"original_language": ""}, "original_language"),
}

LIKELY_BAD_FILES = ["text", "EPS", "SVG", "GIF", "20,000 x 20,000", "truncated PNG", "truncated JPEG"]
BAD_UPLOADS = {name: BAD_FILES[name][0] for name in LIKELY_BAD_FILES} | {
    "bomb in the colour profile": blank_png(9, 9, before=chunk(b"iCCP", BOMB)),
    "bomb in a text": blank_png(9, 9, before=chunk(b"zTXt", BOMB)),
    "50 MB": bytes(50 * 1024 * 1024),
}

OTHER_FORMS = {
    "theme without a Serbian name": (make_theme, {"name_sr": "", "name_en": "Culture", "slug": "c"}, "name_sr"),
    "theme with a taken code": (make_theme, {"name_sr": "Култура", "slug": "taken"}, "slug"),
    "page without a Serbian title": (make_page, {"title_sr": "", "title_en": "About"}, "title_sr"),
    "page with a taken address": (make_page, {"title_sr": "О сајту", "slug": "taken"}, "slug"),
    "city without a name": (make_profile, {"city_name_sr": "", "site_title_sr": "Мреже"}, "city_name_sr"),
    "city with a javascript: address": (
        make_profile,
        {"city_name_sr": "Град", "site_title_sr": "Мреже", "website": "javascript:alert(1)"},
        "website",
    ),
    "city with a wrong e-mail address": (
        make_profile,
        {"city_name_sr": "Град", "site_title_sr": "Мреже", "email": "град"},
        "email",
    ),
    "city with a text for its coat of arms": (
        make_profile,
        {"city_name_sr": "Град", "site_title_sr": "Мреже", "coat_of_arms": b"text"},
        "coat_of_arms",
    ),
}


def errors_of(clerk, page, typed):
    """
    Send a form that cannot be saved, in each language: {field: {language: error}}.

    Bytes are sent as a file. Whatever else was typed must stand in the form that comes back.
    """
    errors = {}
    for language, prefix in PREFIXES.items():
        sent = {
            name: SimpleUploadedFile("грб.png", value) if isinstance(value, bytes) else value
            for name, value in typed.items()
        }
        response = clerk.post(f"{prefix}/admin/{page}", sent)
        assert response.status_code == 200
        tree = parsed(response)
        assert tree.find_class("errornote")
        for field, error in errors_by_field(tree).items():
            errors.setdefault(field, {})[language] = error
        shown = {name: values[0].replace("\r\n", "\n") for name, values in form_values(tree).items()}
        to_be_shown = {
            name: value.replace("\0", "\ufffd")
            for name, value in typed.items()
            # A choice that does not exist cannot be shown as chosen.
            if isinstance(value, str) and not (name in errors and name in ("scope", "status"))
        }
        assert {name: shown.get(name, "") for name in to_be_shown} == to_be_shown
    for error in errors.values():
        assert CYRILLIC.search(error["sr"])
        assert not CYRILLIC.search(error["sr-latn"] + error["en"])
        assert error["sr-latn"] != error["en"]
    return errors


class TestBadInput:
    @pytest.mark.long
    @pytest.mark.parametrize("typed", BAD_VALUES.values(), ids=BAD_VALUES)
    def test_in_a_field_gets_an_error_beside_it(self, clerk, typed):
        make_theme()
        taken = make_network(slug="taken")
        assert set(errors_of(clerk, "networks/network/add/", TYPED | DUES | typed)) == set(typed)
        assert list(Network.objects.all()) == [taken]

    @pytest.mark.long
    @pytest.mark.parametrize(("typed", "field"), BAD_TOGETHER.values(), ids=BAD_TOGETHER)
    def test_that_is_wrong_only_together_gets_one_error(self, clerk, typed, field):
        assert list(errors_of(clerk, "networks/network/add/", TYPED | DUES | typed)) == [field]
        assert not Network.objects.exists()

    @pytest.mark.exhaustive
    @pytest.mark.parametrize("content", BAD_UPLOADS.values(), ids=BAD_UPLOADS)
    def test_in_a_logo_gets_an_error_beside_it(self, clerk, settings, content):
        assert list(errors_of(clerk, "networks/network/add/", TYPED | {"logo": content})) == ["logo"]
        assert not Network.objects.exists()
        assert uploads(settings) == []

    def test_beside_a_good_logo_leaves_no_file_behind(self, clerk, settings):
        typed = TYPED | {"name_sr": "", "logo": saved(drawing())}
        assert list(errors_of(clerk, "networks/network/add/", typed)) == ["name_sr"]
        assert uploads(settings) == []

    @pytest.mark.long
    @pytest.mark.parametrize("word", ["а\0б", "\0", LONG_WORD], ids=["null byte", "null byte alone", "long word"])
    def test_in_every_text_at_once_gets_an_error_beside_each(self, clerk, word):
        network = make_network()
        page = f"networks/network/{network.pk}/change/"
        base = form_values(opened(clerk, f"/admin/{page}"))["base"][0]
        before = Network.objects.filter(pk=network.pk).values().get()
        typed = TYPED | dict.fromkeys(TEXT_FIELDS, word) | {"base": base}
        assert set(errors_of(clerk, page, typed)) == set(TEXT_FIELDS)
        assert network.revisions.count() == 1
        assert Network.objects.filter(pk=network.pk).values().get() == before

    @pytest.mark.long
    @pytest.mark.parametrize(("make", "typed", "field"), OTHER_FORMS.values(), ids=OTHER_FORMS)
    def test_in_the_other_forms_gets_an_error_beside_it(self, clerk, settings, make, typed, field):
        row = make() if make is make_profile else make(slug="taken")
        before = type(row).objects.values().get()
        page = f"networks/{row._meta.model_name}/" + ("1/change/" if make is make_profile else "add/")
        assert list(errors_of(clerk, page, typed)) == [field]
        assert type(row).objects.values().get() == before
        assert uploads(settings) == []

    @pytest.mark.parametrize(
        ("make", "typed"),
        [(make_page, {"title_sr": "О сајту"}), (make_theme, {"name_sr": "Култура"})],
        ids=["page", "theme"],
    )
    def test_in_an_address_taken_between_the_check_and_the_save_gets_an_error_too(
        self, clerk, monkeypatch, make, typed
    ):
        taken = make(slug="taken")
        checks = []

        def late(row, exclude=None):
            checks.append(row)
            if len(checks) > 1:
                super(type(taken), row).validate_unique(exclude)

        monkeypatch.setattr(type(taken), "validate_unique", late)
        response = fill_in(clerk, f"/admin/networks/{taken._meta.model_name}/add/", typed | {"slug": "taken"})
        # What has revisions is saved as a draft with another address.
        page = page_after(clerk, response)
        assert list(errors_by_field(page)) == ["slug"]
        assert form_values(page)["slug"] == ["taken"]
        assert type(taken).objects.get(slug="taken") == taken

    def test_in_a_new_account_gets_an_error_beside_it(self, clerk):
        password = "12345"  # too short, too common and only digits; it is not shown again
        for language, prefix in PREFIXES.items():
            typed = {"username": "није\0добро", "password1": password, "password2": password}
            errors = errors_by_field(parsed(clerk.post(f"{prefix}/admin/auth/user/add/", typed)))
            assert set(errors) == {"username", "password2"}
            for error in errors.values():
                assert bool(CYRILLIC.search(error)) == (language == "sr")

    @pytest.mark.exhaustive
    @in_latin_and_in_ci_in_each_language
    @pytest.mark.parametrize(
        "query",
        ["q=%00", "q=" + "a" * 5000, "status__exact=%00", "themes__id__exact=x", "english=x", "o=99.x", "p=999"],
    )
    def test_in_a_search_or_a_filter_is_no_disaster(self, clerk, query, language):
        make_network()
        response = clerk.get(f"{PREFIXES[language]}/admin/networks/network/?{query}", follow=True)
        assert response.status_code == 200


# The list


def shown(client, address):
    """The rows of a list: {pk: {column: text}}, in the order of the page."""
    table = {}
    for row in opened(client, address).xpath("//table[@id='result_list']/tbody/tr"):
        cells = {cell.get("class").split()[0].removeprefix("field-"): cell for cell in row.xpath("./th | ./td")}
        (pk,) = row.xpath(".//input[@name='_selected_action']/@value")
        table[int(pk)] = {name: text_of(cell) for name, cell in cells.items()}
    return table


@pytest.mark.sql
class TestList:
    @pytest.mark.parametrize(
        ("language", "name", "joined"),
        [
            ("sr", "Његошев круг", "мај 2007."),
            ("sr-latn", "Njegošev krug", "maj 2007."),
            ("en", "Njegošev krug", "May 2007"),
        ],
    )
    def test_answers_what_staff_come_with(self, clerk, language, name, joined):
        network = make_network(
            name_sr="Његошев круг",
            scope="balkan",
            status="left",
            joined=PartialDate(2007, 5),
            verified_on=timezone.localdate() - timedelta(days=426),
            is_published=False,
        )
        address = f"{PREFIXES[language]}/admin/networks/network/"
        row = shown(clerk, address)[network.pk]
        with override(language):
            status = str(Network.Status.LEFT.label)
            verified = verified_ago(timezone.localdate() - timedelta(days=426))
        assert row["displayed_name"] == f"{name} {status}"
        assert (row["displayed_joined"], row["verified"]) == (joined, verified)
        for column in ("state", "displayed_name", "missing_english", "row_menu"):
            assert bool(CYRILLIC.search(row[column])) == (language == "sr")
        headings = opened(clerk, address).xpath("//thead//th[contains(@class, 'column-')]")
        assert all(bool(CYRILLIC.search(text_of(each))) == (language == "sr") for each in headings)

    def test_marks_a_name_that_is_not_in_the_language_of_the_page(self, clerk):
        make_network(name_sr="Његошев круг")
        make_network(name_sr="Мрежа", name_en="Network")
        tree = opened(clerk, "/en/admin/networks/network/")
        assert [text_of(each) for each in tree.xpath("//tbody//*[@lang='sr-Latn']")] == ["Njegošev krug"]

    @pytest.mark.parametrize(
        ("texts", "said"),
        [
            ({}, "not written"),
            ({"summary_sr": "Сажетак", "seat_sr": "Беч"}, "not written"),
            ({"name_en": "Network"}, "complete"),
            ({"name_en": "Network", "seat_en": "Vienna"}, "complete"),
            ({"name_en": "Network", "summary_sr": "Сажетак", "seat_sr": "Беч"}, "partlymissing: summary, seat"),
            ({"summary_sr": "Сажетак", "summary_en": "Summary"}, "partlymissing: name"),
            ({"name_en": "Network", "summary_sr": "Сажетак", "summary_en": ""}, "partlymissing: summary"),
        ],
    )
    def test_says_which_english_is_missing(self, clerk, texts, said):
        network = make_network(**texts)
        assert shown(clerk, "/en/admin/networks/network/")[network.pk]["missing_english"] == said

    @pytest.mark.long
    @pytest.mark.parametrize(
        ("words", "slugs"),
        [
            (["градоначелници", "gradonacelnici", "Gradonačelnici", "GRADONAČELNICI"], ["mayors-for-peace"]),
            (["SKGO", "СКГО", "скго", "SCTM", "sctm"], ["sctm"]),
            (["нема таквог", "nema takvog", "no such thing"], []),
        ],
    )
    def test_search_finds_the_same_in_either_script_and_each_language(self, clerk, nis, words, slugs):
        wanted = list(Network.objects.filter(slug__in=slugs).values_list("pk", flat=True))
        for prefix in PREFIXES.values():
            found = {word: list(shown(clerk, f"{prefix}/admin/networks/network/?q={word}")) for word in words}
            assert found == dict.fromkeys(words, wanted)

    @pytest.mark.long
    def test_search_finds_the_same_theme_in_either_script_and_each_language(self, clerk, nis):
        theme = Theme.objects.get(slug="culture")
        words = ["култура", "Култура", "КУЛТУРА", "kultura", "Kultura", "culture", "Heritage"]
        for prefix in PREFIXES.values():
            found = {word: list(shown(clerk, f"{prefix}/admin/networks/theme/?q={word}")) for word in words}
            assert found == dict.fromkeys(words, [theme.pk])

    @pytest.mark.exhaustive
    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("state=published", "published complete other"),
            ("state=unpublished", "draft"),
            ("state=draft", "complete draft"),
            ("state=submitted", "complete"),
            ("state=scheduled", "other"),
            ("state=published&status__exact=left", "other"),
            ("state=nonsense", "published complete other draft"),
            ("status__exact=left", "other"),
            ("status__exact=member", "published complete draft"),
            ("scope__exact=balkan", "complete"),
            ("themes__id__exact={theme}", "published draft"),
            ("themes__isnull=True", "complete other"),
            ("english=complete", "complete"),
            ("english=missing", "published other draft"),
            ("english=missing&state=published", "published other"),
            ("english=complete&q=mreza", "complete"),
        ],
    )
    def test_filters_give_the_right_rows(self, clerk, query, found):
        theme = make_theme()
        networks = {
            "published": make_network(position=1, themes=[theme]),
            "complete": make_network(position=2, name_en="Network", scope="balkan"),
            "other": make_network(position=3, name_en="Network", summary_sr="Сажетак", status="left"),
            "draft": make_network(position=4, is_published=False, themes=[theme], seat_sr="Беч", seat_en="Vienna"),
        }
        for network in networks.values():
            storage.newest_revision(network)
        complete, author = networks["complete"], User.objects.get()
        drafts.save(complete, complete.head.content | {"name_en": "A Draft"}, author=author)
        drafts.submit(complete, author=author)
        tomorrow = timezone.now() + timedelta(days=1)
        schedules.create(networks["other"], Schedule.Action.WITHDRAW, tomorrow, author=author)
        address = f"/admin/networks/network/?{query.format(theme=theme.pk)}"
        assert list(shown(clerk, address)) == [networks[name].pk for name in found.split()]

    @pytest.mark.parametrize("empty", ["", None])
    def test_filter_for_missing_english_takes_null_and_nothing_alike(self, clerk, empty):
        written = make_network(name_en="Network", summary_sr=empty, summary_en=empty, seat_sr="Беч", seat_en="Vienna")
        missing = make_network(name_en=empty)
        partly = make_network(name_en="Network", description_sr="<p>Ниш</p>", description_en=empty)
        english_only = make_network(name_en="Network", summary_sr=empty, summary_en="Summary")
        base = "/admin/networks/network/"
        assert set(shown(clerk, f"{base}?english=missing")) == {missing.pk, partly.pk}
        assert set(shown(clerk, f"{base}?english=complete")) == {written.pk, english_only.pk}

    def test_deleting_a_theme_says_how_many_networks_lose_it(self, clerk):
        theme = make_theme(name_sr="Мир")
        for _number in range(2):
            make_network(themes=[theme])
        page = opened(clerk, f"/admin/networks/theme/{theme.pk}/delete/")
        assert "Мир (2 мреже)" in text_of(page.get_element_by_id("content"))

    def test_theme_without_english_is_not_found_by_the_word_none(self, clerk):
        make_theme(name_sr="Мир")
        assert shown(clerk, "/admin/networks/theme/?q=none") == {}

    def test_publishing_what_has_no_serbian_name_is_explained_and_the_rest_is_published(self, clerk):
        nameless = make_network(slug="nameless", name_sr="", is_published=False)
        named = make_network(name_sr="Мрежа", is_published=False)
        data = {"action": "publish", "_selected_action": [nameless.pk, named.pk], "post": "yes", "unsubmitted": "on"}
        response = clerk.post("/admin/networks/network/", data, follow=True)
        told = [(message.level_tag, str(message)) for message in response.context["messages"]]
        assert [level for level, _text in told] == ["error", "success"]
        assert told[0][1].startswith("nameless: ")
        assert list(Network.objects.published()) == [named]

    def test_filter_for_missing_english_works_for_pages_too(self, clerk):
        written = make_page(title_en="About", body_sr="", body_en="")
        missing = make_page(title_en="About", body_sr="<p>Текст</p>", body_en=None)
        assert set(shown(clerk, "/admin/networks/page/?english=missing")) == {missing.pk}
        assert set(shown(clerk, "/admin/networks/page/?english=complete")) == {written.pk}

    @pytest.mark.parametrize(("page", "field"), [("network", "name"), ("theme", "name"), ("page", "title")])
    def test_is_not_sorted_by_name_as_the_database_would(self, clerk, nis, page, field):
        """No database knows the three alphabets, so the column offers no order, rather than Ђ before А."""
        (heading,) = opened(clerk, f"/admin/networks/{page}/").find_class(f"column-displayed_{field}")
        assert "sort" not in heading.get("class")

    @pytest.mark.exhaustive
    @pytest.mark.parametrize(
        ("make", "query"),
        [
            (make_network, ""),
            (make_network, "?q=mreza"),
            (make_network, "?english=missing&scope__exact="),
            (make_network, "?_facets=True"),
            (make_network, "?o=1"),
            (make_page, ""),
            (make_page, "?q=o-sajtu&english=missing&state=draft"),
            (make_theme, ""),
        ],
    )
    def test_takes_no_more_queries_for_more_rows(self, clerk, make, query):
        theme = make_theme()
        rows = [make() for _ in range(3)]
        address = f"/en/admin/networks/{rows[0]._meta.model_name}/{query}"
        before = count_queries(clerk, address)
        for row in [*rows, *(make() for _ in range(20))]:
            if make is make_network:
                row.themes.add(theme)
        assert count_queries(clerk, address) == before
