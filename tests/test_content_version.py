"""The content version: another number after every change of what is public, in the transaction of the change."""

import threading
from datetime import timedelta

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from networks.models import Change, CityProfile, ContentVersion, Network, OldAddress, Page, Schedule, Theme
from networks.page_store import version
from networks.page_store.version import current_version, raise_version
from networks.revisions import drafts, ending, publishing, schedules, storage
from tests import processes
from tests.makers import make_network, make_page, make_profile, make_theme

pytestmark = pytest.mark.sql


def changes_version(act):
    before = current_version()
    result = act()
    return current_version() != before, result


def draft(network, **texts):
    content = storage.newest_revision(network).content
    return drafts.save(network, content | texts, author=None)


END = {"status": "left", "left": "2019"}


# Every kind of change, in a transaction of its own as on a site

PUBLIC_CHANGES = {
    "a network is written past the door": lambda: make_network(),
    "a network is deleted": lambda: Network.objects.get(slug="a").delete(),
    "networks are deleted together": lambda: Network.objects.all().delete(),
    "a network gets a theme": lambda: Network.objects.get(slug="a").themes.add(make_theme()),
    "a network loses a theme": lambda: Network.objects.get(slug="a").themes.clear(),
    "a theme gets a network": lambda: Theme.objects.get(slug="t").networks.set([]),
    "a network has another address": lambda: rename(Network.objects.get(slug="a")),
    "a theme is made": lambda: make_theme(),
    "a theme is changed": lambda: Theme.objects.get(slug="t").save(),
    "a theme is deleted": lambda: Theme.objects.get(slug="t").delete(),
    "the profile is changed": lambda: CityProfile.objects.get().save(),
    "the profile is deleted": lambda: CityProfile.objects.get().delete(),
    "a page is published": lambda: publish_page("hidden"),
    "a page is changed": lambda: Page.objects.get(slug="shown").save(),
    "a page is taken off the site": lambda: publish_page("shown", False),
    "a page is deleted": lambda: Page.objects.get(slug="shown").delete(),
    "a draft of a page is published": lambda: publishing.publish(Page.objects.get(slug="written"), author=None),
    "a page is withdrawn": lambda: publishing.unpublish(Page.objects.get(slug="written"), author=None),
    "a page goes into the bin": lambda: publishing.delete(Page.objects.get(slug="written"), author=None),
    "a page has another address": lambda: rename(Page.objects.get(slug="shown")),
    "an old address is made": lambda: OldAddress.objects.create(old_path="/new/", new_path="/"),
    "an old address is changed": lambda: OldAddress.objects.get(old_path="/old/").save(),
    "an old address is deleted": lambda: OldAddress.objects.get(old_path="/old/").delete(),
    "a change is told": lambda: tell(Network.objects.get(slug="a")),
    "a draft is published": lambda: publishing.publish(Network.objects.get(slug="b"), author=None),
    "a newer version is published": lambda: publishing.publish(Network.objects.get(slug="c"), author=None),
    "a network is withdrawn": lambda: publishing.unpublish(Network.objects.get(slug="c"), author=None),
    "a membership is ended": lambda: ending.end(Network.objects.get(slug="c"), END, author=None),
    "a network goes into the bin": lambda: publishing.delete(Network.objects.get(slug="c"), author=None),
    "what was loaded goes on record": lambda: storage.newest_revision(Network.objects.get(slug="a")),
    "a plan is carried out": lambda: schedules.apply_due(timezone.now() + timedelta(days=2)),
    "a fixture is loaded": lambda: call_command("loaddata", "nis", verbosity=0),
    "the database is emptied": lambda: call_command("flush", interactive=False, verbosity=0),
}

PRIVATE_CHANGES = {
    "a draft of what is published": lambda: draft(Network.objects.get(slug="c"), name_en="Newer"),
    "a draft of what is not published": lambda: draft(Network.objects.get(slug="b"), name_en="Newer"),
    "a new network": lambda: drafts.save(Network(), {"name_sr": "Нова"}, author=None),
    "a draft is submitted": lambda: drafts.submit(Network.objects.get(slug="c"), author=None),
    "the end of a membership is submitted": lambda: ending.submit_end(
        Network.objects.get(slug="c"), END, author=None
    ),
    "a draft is discarded": lambda: drafts.discard(Network.objects.get(slug="c"), author=None),
    "a draft goes into the bin": lambda: publishing.delete(Network.objects.get(slug="b"), author=None),
    "a plan is cancelled": lambda: schedules.cancel(Schedule.objects.get(), author=None),
    "a draft of a page": lambda: draft(Page.objects.get(slug="shown"), title_en="Newer"),
    "a draft of a page is discarded": lambda: drafts.discard(Page.objects.get(slug="written"), author=None),
    "a page gets its first revision": lambda: storage.newest_revision(Page.objects.get(slug="shown")),
    "a hidden page is changed": lambda: Page.objects.get(slug="hidden").save(),
    "a hidden page is deleted": lambda: Page.objects.get(slug="hidden").delete(),
    "migrating where nothing is to migrate": lambda: call_command("migrate", verbosity=0),
}


@transaction.atomic
def tell(network):
    Change.objects.create(network=network, kind="verified")


def rename(row):
    row.slug = "renamed"
    row.save()


def publish_page(slug, is_published=True):
    page = Page.objects.get(slug=slug)
    page.is_published = is_published
    page.save()


@pytest.fixture
def site(transactional_db):
    """a: loaded; b: a draft, to be published tomorrow; c: published, with a newer draft; as is the page "written"."""
    make_network(slug="a", themes=[make_theme(slug="t")])
    hidden = drafts.save(Network(), {"name_sr": "Скица", "slug": "b"}, author=None).row
    schedules.create(hidden, "publish", timezone.now() + timedelta(days=1), author=None)
    shown = drafts.save(Network(), {"name_sr": "Мрежа", "slug": "c"}, author=None).row
    shown = publishing.publish(shown, author=None)
    draft(shown, name_en="Newer name")
    make_page(slug="shown")
    make_page(slug="hidden", is_published=False)
    draft(make_page(slug="written"), title_en="Newer title")
    make_profile()
    OldAddress.objects.create(old_path="/old/", new_path="/")


@pytest.mark.parametrize("what", PUBLIC_CHANGES)
def test_is_another_one_in_the_same_transaction_when(site, what, monkeypatch):
    before, in_transaction = current_version(), []
    next_number = version.next_number

    def noted(now):
        in_transaction.append(connection.in_atomic_block)
        return next_number(now)

    monkeypatch.setattr(version, "next_number", noted)
    PUBLIC_CHANGES[what]()
    assert current_version() > before
    # What empties the database does so first, and says it afterwards.
    assert set(in_transaction) == {"emptied" not in what}


@pytest.mark.parametrize("what", PRIVATE_CHANGES)
def test_is_the_same_when(site, what):
    assert changes_version(PRIVATE_CHANGES[what])[0] is False


def test_every_model_is_public_or_known_not_to_be():
    private = {
        "ConfirmationLink",
        "SavedView",
        "RevokedPasswordLinks",
        "ConfirmedTranslation",
        "Revision",
        "Event",
        "Schedule",
        "PreviewLink",
        "OpenForm",
        "SavedForm",
        "TemporaryPassword",
        "ContentVersion",
        "Link",
    }
    private |= {"AuditEntry", "Operation", "RequiredSecondFactor", "SignInAttempts", "SpreadsheetFile", "UnitAnswer"}
    watched = {*version.PUBLIC_MODELS, *version.PUBLISHED_MODELS}
    for model in apps.get_app_config("networks").get_models():
        assert (model in watched) != (model.__name__ in private), model


# Transactions


def test_is_raised_once_in_a_transaction(site):
    with CaptureQueriesContext(connection) as captured, transaction.atomic():
        for _ in range(5):
            make_theme()
            make_network()
    assert sum("UPDATE" in each["sql"] and "contentversion" in each["sql"] for each in captured) == 1


def test_is_raised_again_where_a_savepoint_was_undone(site):
    before = current_version()
    with transaction.atomic():
        with pytest.raises(IntegrityError), transaction.atomic():
            make_theme(slug="undone")
            raise IntegrityError
        assert current_version() == before
        make_theme(slug="done")
    assert current_version() > before


def test_is_undone_with_its_transaction_and_raised_by_the_next(site):
    before = current_version()
    with pytest.raises(IntegrityError), transaction.atomic():
        make_theme()
        assert current_version() > before
        raise IntegrityError
    assert current_version() == before
    assert changes_version(make_theme)[0]


def test_is_there_again_after_its_row_was_lost(site):
    before = current_version()
    ContentVersion.objects.all().delete()
    assert current_version() == 0
    assert changes_version(make_theme)[0]
    assert current_version() > before, "a number that was seen before must not come back"


def test_never_comes_to_a_number_of_before_a_restored_backup(site):
    backup = current_version()
    seen = set()
    for _ in range(5):
        make_theme()
        seen.add(current_version())
    ContentVersion.objects.update(number=backup)
    for _ in range(10):
        make_theme()
        assert current_version() not in seen


def test_goes_on_counting_where_the_clock_was_set_back(site, monkeypatch):
    before = current_version()
    monkeypatch.setattr("networks.page_store.version.time.time_ns", lambda: 0)
    raise_version()
    assert current_version() == before + 1


# As other processes see it

HERE = "tests.test_content_version:"


def raise_many(count):
    for _ in range(count):
        with transaction.atomic():
            raise_version()


def count_themes_and_version():
    return [current_version(), Theme.objects.count()]


held = None


def hold_a_change_open():
    """Change something in a thread that does not commit it yet."""
    global held
    changed, commit = threading.Event(), threading.Event()

    def work():
        with transaction.atomic():
            make_theme(slug="uncommitted")
            changed.set()
            commit.wait(20)
        connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    assert changed.wait(20)
    held = thread, commit


def commit_it():
    thread, commit = held
    commit.set()
    thread.join(20)


@pytest.mark.process
def test_others_see_it_when_the_change_is_committed_and_not_before(database_template):
    with database_template.copy() as database, processes.workers(database.env, 2) as (writer, reader):
        before, count = reader.do(HERE + "count_themes_and_version")
        assert before > 0, "the migrations have made it"
        writer.do(HERE + "hold_a_change_open")
        assert reader.do(HERE + "count_themes_and_version") == [before, count]
        writer.do(HERE + "commit_it")
        after = reader.do(HERE + "count_themes_and_version")
        assert (after[0] > before, after[1]) == (True, count + 1)


@pytest.mark.process
def test_none_is_lost_when_many_raise_it_at_once(database_template):
    with database_template.copy() as database, processes.workers(database.env, 2) as crew:
        before = crew[0].do(HERE + "count_themes_and_version")[0]
        answers = processes.together(crew, HERE + "raise_many", [{"count": 50}] * 2)
        assert [answer.error for answer in answers] == ["", ""]
        assert crew[0].do(HERE + "count_themes_and_version")[0] >= before + 100
