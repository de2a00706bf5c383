"""The languages of a site, of which it may add some: order, what a reader gets, the command's plans and refusals."""

import json
import shutil
import subprocess

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, migrations, models
from django.utils import timezone

from citynetworks.command_line import SETTINGS_FILE
from citynetworks.installed import environment_variables
from networks.languages import ALPHABETS, language_links, languages_read
from networks.models import ConfirmedTranslation, Network, Revision
from networks.models.language_columns import added_languages, follow_english, tables_have_all_columns
from networks.operations import consistency, exported_texts, site_languages
from networks.partial_dates import PartialDate
from networks.reading import Reader
from networks.revisions import drafts, publishing, storage
from tests.makers import make_network, make_network_with_lines, make_page, make_theme
from tests.pages import parsed
from tests.programs import is_missing

HUNGARIAN = {
    "LANGUAGES": [("sr", "Serbian"), ("sr-latn", "Latin"), ("en", "English"), ("hu", "Hungarian")],
    "MODELTRANSLATION_LANGUAGES": ("sr", "en", "hu"),
    "SITE_LANGUAGES": {"sr": "offered", "en": "offered", "hu": "offered"},
}


@pytest.fixture
def hungarian(settings):
    """The settings of a site with Hungarian, whose tables and models have no columns of it."""
    for name, value in HUNGARIAN.items():
        setattr(settings, name, value)


def test_hungarian_is_sorted_by_its_own_letters(hungarian):
    words = """
    cápa cukor csap dal dzéta dzsem ében eper gáz gyár kas kassza kaszt lap lyuk menny mennyi ok ól ök őr
    sor szél tej tyúk uborka új űr üveg zöld zsák
    """
    assert sorted({*words.split()}, key=Reader("hu").sort_key) == words.split()
    # Two of a letter of several characters are written short: mennyi has ny twice.
    key = Reader("hu").sort_key
    assert key("kasz") < key("kassza") and key("Őr")[0] == key("ör")[0] != key("or")[0]


def test_an_alphabet_has_each_letter_once():
    for alphabet in ALPHABETS.values():
        letters = alphabet.replace("=", " ").split()
        assert len({*letters}) == len(letters)


@pytest.mark.parametrize(
    ("code", "read"),
    [("sr", ["sr"]), ("sr-latn", ["sr"]), ("en", ["en", "sr"]), ("hu", ["hu", "en", "sr"])],
)
def test_a_reader_gets_the_best_that_there_is(hungarian, code, read):
    assert [*languages_read(code)] == read


def test_without_english_the_others_read_serbian(hungarian, settings):
    settings.LANGUAGES = [each for each in settings.LANGUAGES if each[0] != "en"]
    assert languages_read("hu") == ("hu", "sr")


def test_the_switch_names_each_language_in_itself(hungarian):
    assert [link.name for link in language_links("hu", {})] == ["Ћирилица", "Latinica", "English", "Magyar"]


def test_urls_of_a_retired_language_lead_to_serbian(db, client, settings):
    settings.SITE_LANGUAGES = {**settings.SITE_LANGUAGES, "hu": "retired", "de": "dropped"}
    make_network(slug="mreza")
    for code in ("hu", "de", "HU"):
        for path in ("/", "/networks/mreza/", "/networks/mreza/?q=a", "/feed.atom"):
            response = client.get(f"/{code}{path}")
            assert (response.status_code, response.headers["Location"]) == (301, path)
    assert client.get("/fr/").status_code == 404


def test_the_dates_of_an_added_language_are_djangos(hungarian):
    dates = map(PartialDate.fromisoformat, ("2003", "2007-05", "2009-05-03"))
    assert [*map(Reader("hu").date, dates)] == ["2003", "2007. május", "2009. május 3."]


@pytest.mark.django_db
def test_a_database_without_the_columns_is_told(hungarian):
    (message,) = tables_have_all_columns(databases=["default"])
    assert "name_hu" in message.msg and "summary_hu" in message.msg and "migrate" in message.hint


def test_whatever_a_migration_does_to_english_it_does_to_the_others(hungarian):
    text = models.TextField(null=True)
    inner = migrations.SeparateDatabaseAndState(state_operations=[migrations.AddField("page", "motto_en", text)])

    class Migration:
        operations = [
            migrations.CreateModel("Motto", [("text", text), ("text_sr", text), ("text_en", text)]),
            migrations.AddField("network", "motto_en", text),
            migrations.AlterField("network", "motto_en", text),
            migrations.RenameField("network", "motto_en", "device_en"),
            migrations.RemoveField("network", "device_en"),
            migrations.AddField("network", "seen", text),
            inner,
        ]

    for _twice in range(2):
        follow_english(Migration)
    created, *others = Migration.operations
    assert [name for name, _field in created.fields] == ["text", "text_sr", "text_en", "text_hu"]
    assert [(type(each).__name__, getattr(each, "name", each.__dict__.get("old_name"))) for each in others[:-1]] == [
        *(("AddField", name) for name in ("motto_en", "motto_hu")),
        *(("AlterField", name) for name in ("motto_en", "motto_hu")),
        *(("RenameField", name) for name in ("motto_en", "motto_hu")),
        *(("RemoveField", name) for name in ("device_en", "device_hu")),
        ("AddField", "seen"),
    ]
    assert others[5].new_name == "device_hu"
    assert [each.name for each in inner.state_operations] == ["motto_en", "motto_hu"]


def test_migrations_are_left_as_they_are_without_added_languages():
    class Migration:
        operations = ["one"]

    assert added_languages() == []
    follow_english(Migration)
    assert Migration.operations == ["one"]


# The command


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["add", "en"], "has English already"),
        (["add", "sr"], "all else is made of"),
        (["add", "xx"], "that Django knows"),
        (["add", "ar"], "right to left"),
        (["add", "hr"], "the words of Serbian"),
        (["add", "hu", "--drop"], "are for retiring"),
        (["add", "hu", "--environment", "nowhere/env"], "no file nowhere/env"),
        (["add", "hu", "--texts", "nowhere.json"], "nowhere.json cannot be read"),
        (["add", "hu", "--texts", __file__], "is not what “language retire” writes"),
        (["retire", "en", "--texts", "texts.json"], "is for adding"),
        (["retire", "sr"], "all else is made of"),
        (["retire", "hu"], "no language “hu”"),
        (["retire", "en", "--drop"], "belong to the product"),
    ],
)
def test_what_cannot_be_is_refused_in_words(arguments, said):
    with pytest.raises(CommandError, match=said):
        call_command("language", *arguments, "--yes")


@pytest.mark.django_db
@pytest.mark.parametrize(("state", "said"), [("offered", "Retire the language first"), ("retired", "hu:dropped")])
def test_texts_are_dropped_only_after_the_site_runs_without_them(hungarian, settings, tmp_path, capsys, state, said):
    settings.SITE_LANGUAGES = {**settings.SITE_LANGUAGES, "hu": state}
    arguments = ["language", "retire", "hu", "--drop", "--yes", "--export", str(tmp_path / "texts.json")]
    if state == "offered":
        with pytest.raises(CommandError, match=said):
            call_command(*arguments)
    else:
        call_command(*arguments)
        assert f"Set DJANGO_LANGUAGES=sr,en,{said} in the environment of the site." in capsys.readouterr().out


@pytest.mark.django_db
def test_a_plan_is_only_said(tmp_path, settings, capsys):
    settings.SITE_LOCALE = str(tmp_path / "locale")
    call_command("language", "add", "hu", "--plan")
    said = capsys.readouterr().out
    assert "DJANGO_LANGUAGES=sr,en,hu" in said and "Magyar, English, Serbian in Latin letters" in said
    assert not any(tmp_path.iterdir())


@pytest.mark.django_db
def test_english_is_retired_with_all_its_texts_in_a_file(tmp_path, capsys, monkeypatch):
    # It is for another process, which would not see the database of the test: test_add_language.py
    monkeypatch.setattr(site_languages, "migrate_with", lambda code, state: None)
    network = make_network(name_en="Network", documents=[{"kind": "other", "title_sr": "Акт", "title_en": "Act"}])
    file, environment = tmp_path / "texts.json", tmp_path / "env"
    environment.write_text("A=1\nexport DJANGO_LANGUAGES='sr,en'\nB=2\n")
    arguments = ["language", "retire", "en", "--yes", "--export", str(file), "--environment", str(environment)]
    call_command(*arguments)
    texts = [each for each in json.loads(file.read_text())["texts"] if each["id"] == network.pk]
    assert {each["text"] for each in texts} >= {"Network", "Act"}
    assert environment.read_text() == "A=1\nB=2\nDJANGO_LANGUAGES=sr,en:retired\n"
    with pytest.raises(CommandError, match="cannot be written into"):
        call_command(*arguments)


def test_the_variable_is_appended_where_there_is_none(tmp_path):
    file = tmp_path / "env"
    cases = {
        "": "",
        "A=1": "A=1\n",
        "A=1\\\n": "A=1\n",
        "A=1\\": "A=1\\\n\n",
        "DJANGO_LANGUAGES=sr,\\\nen\n": "",
        "A=1 \\\nDJANGO_LANGUAGES=sr\nB=2": "A=1 DJANGO_LANGUAGES=sr\nB=2\n",  # it belongs to A
    }
    for before, after in cases.items():
        file.write_text(before)
        file.chmod(0o640)
        site_languages.write_variable(file, "sr,en,hu")
        assert file.read_text() == f"{after}DJANGO_LANGUAGES=sr,en,hu\n" and file.stat().st_mode & 0o777 == 0o640


@pytest.mark.django_db
@pytest.mark.parametrize(
    "before",
    [
        "A=1\nDJANGO_LANGUAGES=sr,en\nB=2\n",
        "A=1\n DJANGO_LANGUAGES=sr\n",
        "A=1",
        "A=1\\\n",
        "",
        "DJANGO_LANGUAGES=sr,\\\nen\nA=1\n",
    ],
)
def test_of_an_installed_site_root_is_told_what_to_type(before, tmp_path, monkeypatch, capsys):
    """The command itself is the user of the site, who may not write the file."""
    monkeypatch.setattr(site_languages, "migrate_with", lambda code, state: None)
    file = tmp_path / "environment"
    file.write_text(before)
    monkeypatch.setenv(SETTINGS_FILE, str(file))
    call_command("language", "retire", "en", "--yes", "--export", str(tmp_path / "texts.json"))
    _said, commands = capsys.readouterr().out.split("on every server of the site:\n")
    *edits, migrate, restart = (line.replace("sudo ", "") for line in commands.splitlines())
    assert (migrate, restart) == ("  city-networks migrate", "  systemctl restart city-networks")
    subprocess.run("\n".join(edits), shell=True, check=True)  # noqa: S602
    kept = {name: value for name, value in environment_variables(before).items() if name != "DJANGO_LANGUAGES"}
    assert environment_variables(file.read_text()) == kept | {"DJANGO_LANGUAGES": "sr,en:retired"}
    assert file.read_text().count("DJANGO_LANGUAGES") == 1


def forget_english(rows):
    """Take the English texts out of rows and their versions, as if their columns had been dropped and all saved."""
    for row in rows:
        names = [name for name in vars(row) if name.endswith("_en") and name != "seat_en"]
        type(row).objects.filter(pk=row.pk).update(**dict.fromkeys(names))
    for revision in Revision.objects.all():
        content = {name: value for name, value in revision.content.items() if not name.endswith("_en")}
        for line in (line for value in content.values() if isinstance(value, list) for line in value):
            if isinstance(line, dict):
                line.pop("title_en", None)
        Revision.objects.filter(pk=revision.pk).update(content=content)
    for network in Network.objects.all():
        for line in network.documents:
            line.pop("title_en", None)
        Network.objects.filter(pk=network.pk).update(documents=network.documents)
    ConfirmedTranslation.objects.all().delete()


@pytest.mark.long
@pytest.mark.django_db
def test_exported_texts_are_put_back(tmp_path, capsys):
    whole = make_network_with_lines(summary_sr="Сажетак", summary_en="Summary")
    whole = drafts.save(whole, {"summary_en": "Draft", "acronym_sr": "АБВ"}, author=None).row
    changed, other, gone = (make_network(name_sr="Стара", name_en=name) for name in ("Changed", "Old", "Gone"))
    hidden, unsaved = make_network(is_published=False, name_en="Hidden"), make_network(name_en="Unsaved")
    theme, page = make_theme(name_en="Peace"), make_page(title_en="About")
    rows = [whole, changed, other, hidden, theme, page]
    for row in (changed, other, gone, hidden, unsaved, page):
        storage.newest_revision(row)
    file = tmp_path / "texts.json"
    count = site_languages.export_texts("en", file)
    forget_english(rows)
    Network.objects.filter(pk=unsaved.pk).update(name_en=None)  # its version still has it
    changed, other = (Network.objects.get(pk=row.pk) for row in (changed, other))
    publishing.publish(drafts.save(changed, {"name_sr": "Нова"}, author=None).row, author=None)
    publishing.publish(drafts.save(other, {"name_en": "New"}, author=None).row, author=None)
    Network.objects.filter(pk=gone.pk).delete()

    call_command("language", "add", "en", "--yes", "--texts", file)
    said = capsys.readouterr().out
    whole, changed, other, hidden, unsaved = (
        Network.objects.get(pk=row.pk) for row in (whole, changed, other, hidden, unsaved)
    )
    assert (whole.summary_en, whole.documents[0]["title_en"]) == ("Summary", "Decision to join")
    assert (whole.head.content["summary_en"], whole.head.content["acronym_sr"]) == ("Draft", "АБВ")
    assert whole.head.content["documents"][0]["title_en"] == "Decision to join"
    assert (whole.acronym_sr, whole.outdated_newest, whole.outdated_published) == ("", [], [])
    assert (changed.name_en, changed.outdated_published, changed.has_draft) == ("Changed", ["name_en"], False)
    assert f"Outdated, as the Serbian has changed: networks.network {changed.pk}, name_en." in said
    assert (other.name_en, hidden.name_en, unsaved.name_en) == ("New", "Hidden", "Unsaved")
    assert f"Not put back: networks.network {other.pk}, name: another text stands there." in said
    assert f"Not put back: networks.network {gone.pk}, name: the row is gone." in said
    assert (type(theme).objects.get().name_en, type(page).objects.get().title_en) == ("Peace", "About")
    assert [*consistency.findings()] == []
    call_command("language", "add", "en", "--yes", "--texts", file)
    assert f"Put back: 0. There already: {count - 2}. Not put back: 2" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("[" * 100_000, "is not what “language retire” writes"),
        (r"\ud800", r"a character that no database can store: 'networks\.network 3, summary'"),
        (r"\u0000", "a character that no database can store"),
    ],
    ids=["nested", "half a character", "NUL"],
)
def test_a_file_whose_texts_cannot_be_stored_is_refused_as_a_whole(content, words, tmp_path):
    file = tmp_path / "texts.json"
    if content.startswith("\\"):
        text = f'{{"model": "networks.network", "id": 3, "field": "summary", "source": "x", "text": "{content}"}}'
        content = f'{{"language": "en", "texts": [{text}]}}'
    file.write_text(content)
    with pytest.raises(CommandError, match=words):
        call_command("language", "add", "en", "--yes", "--texts", file)


@pytest.mark.django_db
def test_a_database_that_cannot_be_written_is_said_when_texts_are_put_back(tmp_path, monkeypatch):
    theme = make_theme(name_en="Peace")
    site_languages.export_texts("en", tmp_path / "texts.json")
    type(theme).objects.update(name_en=None)

    def fail(*arguments, **options):
        raise OperationalError("attempt to write a readonly database")

    monkeypatch.setattr(type(theme), "save", fail)
    with pytest.raises(CommandError, match=r"readonly database\. What is put back stays; give the command again"):
        call_command("language", "add", "en", "--yes", "--texts", tmp_path / "texts.json")


@pytest.mark.django_db
@pytest.mark.parametrize("is_old", [False, True])
def test_texts_that_nobody_has_published_are_put_back_as_drafts(is_old):
    """Also where the Serbian was published meanwhile, and from a file that has them as the row's, too."""
    english = {
        "name_en": "Draft",
        "documents": [{"id": "0000abcd", "kind": "other", "title_sr": "Акт", "title_en": "Act"}],
    }
    hidden = make_network(is_published=False, **english)
    storage.newest_revision(hidden)
    texts = [each for each in site_languages.texts_in("en") if each["id"] == hidden.pk]
    assert [(each["text"], each["draft"]) for each in texts] == [("Draft", True), ("Act", True)]
    if is_old:
        texts += [each | {"draft": False} for each in texts]
    forget_english([hidden])
    publishing.publish(Network.objects.get(), author=None)
    outcome = exported_texts.put_back([exported_texts.Text(**each) for each in texts], "en")
    hidden = Network.objects.get()
    assert (hidden.name_en or "", hidden.documents[0].get("title_en"), outcome.put_back) == ("", None, 2)
    newest = hidden.head.content
    assert (newest["name_en"], newest["documents"][0]["title_en"]) == ("Draft", "Act")


@pytest.mark.django_db
def test_a_text_that_was_published_unseen_with_the_serbian_is_a_draft():
    """Its column was dropped, and the version that was published without it on the site still has it."""
    line = {"id": "0000abcd", "kind": "other", "title_sr": "Акт"}
    network = make_network(is_published=False, name_en="Draft", documents=[{**line, "title_en": "Act"}])
    storage.newest_revision(network)
    texts = [exported_texts.Text(**each) for each in site_languages.texts_in("en") if each["id"] == network.pk]
    publishing.publish(network, author=None)
    Network.objects.update(name_en=None, documents=[line])
    exported_texts.put_back(texts, "en")
    network = Network.objects.get()
    assert (network.name_en or "", network.documents) == ("", [line])
    assert (network.head.content["name_en"], network.head.content["documents"][0]["title_en"]) == ("Draft", "Act")
    assert network.has_draft and consistency.fields_apart(network, {}) == []


@pytest.mark.django_db
def test_a_draft_from_when_the_columns_were_dropped_does_not_take_the_texts_off_again():
    """Its author could not see them."""
    line = {"id": "0000abcd", "kind": "other", "title_sr": "Акт", "title_en": "Act"}
    network = make_network(summary_en="Summary", documents=[line])
    live = storage.newest_revision(network)
    texts = [exported_texts.Text(**each) for each in site_languages.texts_in("en") if each["id"] == network.pk]
    drafts.save(network, {"acronym_sr": "АБВ", "documents": [{**line, "number": "1"}]}, author=None)
    planned = storage.newest_revision(Network.objects.get())
    network.schedules.create(action="publish", at=timezone.now(), revision=planned)
    forget_english([network])
    # The public version has it still.
    Revision.objects.filter(pk=live.pk).update(
        content={**Revision.objects.get(pk=live.pk).content, "name_en": "Name"}
    )
    texts.append(exported_texts.Text("networks.network", network.pk, "name", network.name_sr, "Name"))
    exported_texts.put_back(texts, "en")
    network = Network.objects.get()
    assert (network.acronym_sr, network.name_en, network.documents) == ("", "Name", [line])
    network = publishing.publish(network, author=None, revision=network.schedules.get().revision)
    assert (network.acronym_sr, network.name_en, network.summary_en) == ("АБВ", "Name", "Summary")
    assert network.documents == [{**line, "number": "1"}]


@pytest.mark.django_db
def test_an_outdated_translation_is_outdated_when_it_is_put_back():
    """Also if nothing is on record of it any more, as after a repair without the language in the variable."""
    network = make_network(name_sr="Стара", name_en="Old", summary_sr="Сажетак", summary_en="Summary")
    storage.newest_revision(network)
    network = publishing.publish(drafts.save(network, {"name_sr": "Нова"}, author=None).row, author=None)
    make_network(slug="unsaved", name_en="Unsaved")
    texts = [*site_languages.texts_in("en")]
    assert [each["text"] for each in texts if each["outdated"]] == ["Old"]
    forget_english([network])
    exported_texts.put_back([exported_texts.Text(**each) for each in texts], "en")
    network.refresh_from_db()
    assert (network.name_en, network.summary_en, network.outdated_published) == ("Old", "Summary", ["name_en"])


@pytest.mark.django_db
def test_what_is_on_record_of_a_dropped_language_is_consistent(settings):
    """It says which texts are outdated if they are put back."""
    for column in ("name_hu", "motto_hu"):
        ConfirmedTranslation.objects.create(network=make_network(), column=column)
    settings.SITE_LANGUAGES = {**settings.SITE_LANGUAGES, "hu": "dropped"}
    assert [each.where for each in consistency.findings_of_translations()] == ["network: motto_hu"]


@pytest.mark.django_db
def test_of_lines_that_a_draft_has_too_each_text_is_exported_once():
    network = make_network(documents=[{"id": "0000abcd", "kind": "other", "title_sr": "Акт", "title_en": "Act"}])
    line = {"id": "0000abcd", "kind": "other", "title_sr": "Други акт", "title_en": "Act"}
    drafts.save(network, {"documents": [line]}, author=None)
    texts = [each for each in site_languages.texts_in("en") if each["text"] == "Act"]
    assert [each["draft"] for each in texts] == [False]


def test_the_catalogue_to_translate_is_one_of_gettext(tmp_path, settings):
    if shutil.which("msgfmt") is None:
        is_missing("msgfmt is not installed (Debian's package gettext)")
    settings.SITE_LOCALE = str(tmp_path)
    for code, forms in (("hu", 2), ("sl", 4), ("ja", 1)):
        written = site_languages.write_catalogues(code)
        assert [path.name for path in written] == ["django.po", "djangojs.po"]
        assert f"msgstr[{forms - 1}]" in written[0].read_text() and f"msgstr[{forms}]" not in written[0].read_text()
        for path in written:
            subprocess.run(["msgfmt", "--check-format", "-o", tmp_path / "x.mo", path], check=True)  # noqa: S603, S607
        assert site_languages.write_catalogues(code) == []


def test_the_open_data_page_names_the_tags_of_added_languages(hungarian, client, db):
    # The files are made for the languages of the process; the explanation asks which there are.
    assert parsed(client.get("/en/open-data/")).xpath("//dd//span[@lang='hu']/text()") == ["Magyar"]
