"""The public record: what of each edit citizens are told, in which words, and that they are told nothing else."""

from datetime import UTC, datetime, timedelta

import lxml.etree
import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.utils import timezone
from django.utils.translation import override
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from networks.management import demo_site
from networks.models import Change, Network, Revision, Schedule
from networks.public.changes_page import CHANGES_ON_A_PAGE
from networks.reading import Reader
from networks.revisions import drafts, publishing, schedules, storage
from networks.revisions.content import complete_content, content_fields, content_of
from networks.revisions.public_changes import MOST_CHANGES, ChangeReading, changes_between, newest_changes
from tests.contents import FROZEN, NO_LINES
from tests.makers import make_network, make_page, make_profile, make_theme
from tests.migrating import drop_all_tables, migrate_to
from tests.pages import (
    CYRILLIC,
    PREFIXES,
    count_queries,
    in_latin_and_in_ci_in_each_language,
    opened,
    text_of,
    texts_of,
)
from tests.processes import Clock

pytestmark = [pytest.mark.django_db, pytest.mark.sql]

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
PUBLISH, WITHDRAW = Schedule.Action.PUBLISH, Schedule.Action.WITHDRAW

FEE = {"id": "00000fee", "year": 2025, "amount": "1500.00", "currency": "EUR"}
ROLE = {"id": "9d1c25a0", "role": "full"}

# What citizens see before each edit
CONTENT = {
    "slug": "mreza",
    "name_sr": "Мрежа градова",
    "name_en": "Network of Cities",
    "summary_sr": "Сажетак.",
    "description_sr": "<p>Опис.</p>",
    "seat_sr": "Стразбур",
    "seat_en": "Strasbourg",
    "joined": "2003",
    "verified_on": "2025-03-01",
    "website": "https://example.org/",
    "fees": [FEE],
    "themes": ["peace"],
}


@pytest.fixture
def clock(monkeypatch):
    """The time that it is for the whole project, to be moved by hand."""
    monkeypatch.setattr(Clock, "moment", NOON)
    monkeypatch.setattr(timezone, "datetime", Clock)
    return Clock


@pytest.fixture
def ana():
    return User.objects.create_user("ana.tajna", first_name="Ана", last_name="Тајновић")


@pytest.fixture
def network(db, ana, clock):
    """A published network whose publishing is on record."""
    make_theme(slug="peace"), make_theme(slug="culture")
    made = drafts.save(Network(), CONTENT, author=ana).row
    publishing.publish(made, author=ana)
    return made


def anew(network):
    return Network.objects.get(pk=network.pk)


def write(network, author, **changes):
    return drafts.save(network, changes, author=author).revision


def edit(network, author, **changes):
    """Write something and publish it, and return what came on record."""
    before = set(network.changes.values_list("pk", flat=True))
    write(network, author, **changes)
    publishing.publish(network, author=author)
    return as_told(network.changes.exclude(pk__in=before))


def as_told(changes):
    """The changes as (kind, fields or values)."""
    return [(change.kind, change.fields or change.values) for change in changes]


def kinds(network):
    """All that is on record, the oldest first."""
    return [change.kind for change in network.changes.order_by("pk")]


def names(sr=("Мрежа градова", "Мрежа градова"), en=("Network of Cities", "Network of Cities")):
    return {"name_sr": list(sr), "name_en": list(en)}


# What is recorded of each edit


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        # Names
        ({"name_sr": "Савез"}, [("renamed", names(sr=("Мрежа градова", "Савез")))]),
        ({"name_en": "Union"}, [("renamed", names(en=("Network of Cities", "Union")))]),
        (
            {"name_sr": "Савез", "name_en": ""},
            [("renamed", names(("Мрежа градова", "Савез"), ("Network of Cities", "")))],
        ),
        ({"name_en": ""}, [("corrected", ["name_en"])]),
        ({"name_sr": "Мрежа градовa"}, [("corrected", ["name_sr"])]),  # with a Latin a at its end
        # Dates and status
        ({"joined": "2003-05"}, [("joined", {"joined": ["2003", "2003-05"]})]),
        ({"joined": None}, [("corrected", ["joined"])]),
        ({"status": "left"}, [("left", {"status": ["member", "left"], "left": [None, None]})]),
        ({"status": "left", "left": "2019"}, [("left", {"status": ["member", "left"], "left": [None, "2019"]})]),
        ({"left": "2199"}, [("corrected", ["left"])]),  # still a member
        ({"status": "ended"}, [("ended", {"status": ["member", "ended"], "left": [None, None]})]),
        ({"status": "ended", "left": "2019"}, [("ended", {"status": ["member", "ended"], "left": [None, "2019"]})]),
        ({"status": "unknown"}, [("corrected", ["status"])]),
        ({"status": "unknown", "left": "2019"}, [("corrected", ["left", "status"])]),
        ({"verified_on": "2026-01-31"}, [("verified", {"verified_on": ["2025-03-01", "2026-01-31"]})]),
        ({"verified_on": "2024-01-31"}, [("corrected", ["verified_on"])]),
        ({"verified_on": None}, [("corrected", ["verified_on"])]),
        # All else
        ({"description_sr": "<p>Други опис.</p>"}, [("corrected", ["description_sr"])]),
        ({"description_en": "<p>English.</p>"}, [("corrected", ["description_en"])]),
        ({"seat_sr": "Брисел", "seat_en": "Brussels"}, [("corrected", ["seat_sr", "seat_en"])]),
        ({"website": ""}, [("corrected", ["website"])]),
        ({"themes": ["culture", "peace"]}, [("corrected", ["themes"])]),
        ({"fees": [FEE | {"amount": "10.00"}]}, [("corrected", ["fees"])]),
        ({"fees": [FEE | {"paid_on": "2025-04-01"}], "roles": [ROLE]}, [("corrected", ["roles"])]),
        ({"former_names": "Стара мрежа"}, [("corrected", ["former_names"])]),
        # Several at once: each once, what has a kind of its own first
        (
            {"website": "", "verified_on": "2026-01-31", "joined": "2004", "name_en": "Union", "internal_note": "x"},
            [
                ("renamed", names(en=("Network of Cities", "Union"))),
                ("joined", {"joined": ["2003", "2004"]}),
                ("verified", {"verified_on": ["2025-03-01", "2026-01-31"]}),
                ("corrected", ["website"]),
            ],
        ),
        # No facts about the membership
        ({"slug": "another"}, []),
        ({"internal_note": "За колеге"}, []),
        ({"fees": [FEE | {"paid_on": "2025-04-01", "budget_line": "4819"}]}, []),
        ({"slug": "another", "internal_note": "За колеге"}, []),
    ],
)
def test_each_edit_is_recorded_as_what_it_is_when_it_is_published(network, ana, changes, expected):
    write(network, ana, **changes)
    assert kinds(network) == ["added"]
    publishing.publish(network, author=ana)
    assert as_told(network.changes.exclude(kind="added")) == expected


def test_each_public_field_is_recorded_and_no_other(network):
    """So that a field that is added to the model is told, or left out on purpose."""
    content = content_of(anew(network))
    changed = dict.fromkeys(content, "changed") | {name: FROZEN[name] for name in NO_LINES}
    changed["fees"] = []
    untold = {name for name in content if not changes_between(content, content | {name: changed[name]})}
    assert untold == {"slug", "internal_note"}


def test_first_publishing_is_recorded_and_nothing_more(network, clock):
    (change,) = network.changes.all()
    assert (change.kind, change.fields, change.values) == ("added", [], {})
    assert change.happened_at == clock.moment


def test_left_date_that_is_mended_later_is_told_with_the_one_before(network, ana):
    edit(network, ana, status="left", left="2019")
    assert edit(network, ana, left="2018-12") == [("left", {"left": ["2019", "2018-12"]})]
    assert edit(network, ana, left=None) == [("corrected", ["left"])]
    assert edit(network, ana, status="member") == [
        ("continued", {"status": ["left", "member"], "left": [None, None]})
    ]


def test_end_of_a_network_that_is_dated_later_is_no_leaving(network, ana):
    edit(network, ana, status="ended", left="2011")
    assert edit(network, ana, left="2012") == [("ended", {"left": ["2011", "2012"]})]


def test_note_for_colleagues_changes_nothing_for_citizens(network, ana):
    before = timezone.now() - timedelta(days=9)
    Network.objects.filter(pk=network.pk).update(changed_at=before)
    edit(network, ana, internal_note="Ask again.")
    assert Network.objects.get(pk=network.pk).changed_at == before
    edit(network, ana, internal_note="Ask once more.", seat_sr="Ниш")
    assert Network.objects.get(pk=network.pk).changed_at > before


def publish(network, who):
    publishing.publish(network, author=who)


def publish_first_version(network, who):
    publishing.publish(network, author=who, revision=network.revisions.get(number=1))


def withdraw(network, who):
    publishing.unpublish(network, author=who)


def delete(network, who):
    publishing.delete(network, author=who)


def undelete(network, who):
    publishing.undelete(network, author=who)


def discard(network, who):
    drafts.discard(network, author=who)


def restore_first_version(network, who):
    drafts.restore(network, network.revisions.get(number=1), author=who)


def rename(network, who):
    write(network, who, name_sr="Савез")


def add_note(network, who):
    write(network, who, internal_note="За колеге")


def in_an_hour(action):
    def plan(network, who):
        schedules.create(network, action, Clock.moment + HOUR, author=who)

    return plan


def wait(network, who):
    Clock.moment += HOUR
    schedules.apply_due(Clock.moment)


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([rename], []),
        ([rename, publish, publish], ["renamed"]),
        ([rename, discard], []),
        ([rename, publish, publish_first_version], ["renamed", "renamed"]),
        ([rename, publish, restore_first_version], ["renamed"]),
        ([rename, publish, restore_first_version, publish], ["renamed", "renamed"]),
        ([withdraw], ["withdrawn"]),
        ([withdraw, withdraw], ["withdrawn"]),
        ([withdraw, delete, undelete], ["withdrawn"]),
        ([withdraw, publish], ["withdrawn", "added"]),
        ([withdraw, publish, withdraw, publish], ["withdrawn", "added", "withdrawn", "added"]),
        ([withdraw, add_note, publish], ["withdrawn", "added"]),
        ([withdraw, rename, publish], ["withdrawn", "added", "renamed"]),
        ([withdraw, rename, restore_first_version, publish], ["withdrawn", "added"]),
        ([rename, publish, withdraw, publish_first_version], ["renamed", "withdrawn", "added", "renamed"]),
        ([delete, undelete], ["withdrawn"]),
        ([delete, undelete, publish], ["withdrawn", "added"]),
        ([delete, undelete, rename, publish], ["withdrawn", "added", "renamed"]),
        ([rename, delete, undelete, publish], ["withdrawn", "added", "renamed"]),
        ([rename, in_an_hour(PUBLISH)], []),
        ([rename, in_an_hour(PUBLISH), wait], ["renamed"]),
        ([rename, in_an_hour(PUBLISH), publish, wait], ["renamed"]),
        ([in_an_hour(WITHDRAW), wait], ["withdrawn"]),
        ([in_an_hour(WITHDRAW), wait, publish], ["withdrawn", "added"]),
    ],
)
def test_only_what_citizens_newly_see_is_recorded(network, ana, steps, expected):
    for step in steps:
        step(anew(network), ana)
    assert kinds(network) == ["added", *expected]


def test_what_is_published_by_a_schedule_is_dated_by_when_it_became_public(network, ana, clock):
    rename(network, ana)
    in_an_hour(PUBLISH)(anew(network), ana)
    wait(network, ana)
    assert [change.happened_at for change in network.changes.all()] == [NOON + HOUR, NOON]


def test_a_publishing_that_fails_leaves_no_record(network, ana):
    fee = write(network, ana, name_sr="Савез")
    Revision.objects.filter(pk=fee.pk).update(content=fee.content | {"name_sr": ""})
    with pytest.raises(drafts.ValidationError):
        publishing.publish(network, author=ana)
    assert kinds(network) == ["added"]


def test_theme_that_is_no_more_is_no_change_of_each_network(network, ana):
    network.themes.get(slug="peace").delete()
    assert edit(network, ana, website="") == [("corrected", ["website"])]


texts = st.dictionaries(
    st.sampled_from(["name_sr", "name_en", "seat_sr", "internal_note"]),
    st.sampled_from(["", "Један", "Два", "Three"]),
)
doings = st.one_of(
    texts,
    st.sampled_from([publish, publish, publish, withdraw, delete, undelete, discard, publish_first_version]),
)


@pytest.mark.exhaustive
@settings(max_examples=settings().max_examples // 8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(story=st.lists(doings, min_size=5, max_size=20))
def test_whoever_follows_the_record_knows_the_names_that_citizens_see(network, ana, story):
    """Whatever is done: from the first publishing on, what is told adds up to what there is."""
    Change.objects.filter(network=network).exclude(kind="added").delete()
    publishing.undelete(network, author=ana)
    drafts.save(network, CONTENT, author=ana)
    publishing.publish(network, author=ana)
    start = Change.objects.order_by("pk").last().pk
    seen = {**CONTENT, "fields": 0}
    for step in story:
        before = anew(network)
        try:
            if callable(step):
                step(before, ana)
            else:
                drafts.save(before, step, author=ana)
        except drafts.ValidationError:
            continue
        new = list(network.changes.filter(pk__gt=start).order_by("pk"))
        start = new[-1].pk if new else start
        now = anew(network)
        public = {name: getattr(now, name) or "" for name in ("name_sr", "name_en", "seat_sr")}
        if not now.is_published:
            assert [change.kind for change in new] == (["withdrawn"] if before.is_published else [])
        for change in new:
            if change.kind == "withdrawn":  # it names what citizens knew
                assert all(seen[name] == pair[0] for name, pair in change.values.items())
                continue
            assert all(seen[name] == pair[0] for name, pair in change.values.items())
            seen |= {name: pair[1] for name, pair in change.values.items()}
            seen |= {name: public[name] for name in change.fields}
        if now.is_published:
            assert {name: seen[name] for name in public} == public


# Rows that were written past the door


def test_what_was_loaded_is_recorded_when_somebody_first_works_on_it(nis, ana):
    assert not Change.objects.exists()
    avec = Network.objects.get(slug="avec")
    storage.newest_revision(avec)
    (change,) = Change.objects.all()
    assert (change.network, change.kind, change.happened_at) == (avec, "added", avec.changed_at)
    assert edit(avec, ana, seat_sr="Арл") == [("corrected", ["seat_sr"])]


def test_what_citizens_see_already_is_not_called_added_because_the_record_is_lost(network, ana):
    Change.objects.all().delete()
    assert edit(network, ana, seat_sr="Арл") == [("corrected", ["seat_sr"])]


def test_what_was_loaded_unpublished_is_recorded_when_it_is_published(clock, ana):
    network = make_network(is_published=False)
    storage.newest_revision(network)
    assert kinds(network) == []
    publishing.publish(network, author=ana)
    assert as_told(network.changes.all()) == [("added", {})]


def test_what_was_loaded_and_withdrawn_comes_back_as_something_new(clock, ana):
    network = make_network()
    publishing.delete(network, author=ana)
    publishing.undelete(network, author=ana)
    assert edit(network, ana, seat_sr="Арл") == [("added", {}), ("corrected", ["seat_sr"])]


def test_what_is_loaded_once_more_is_told_by_what_is_new_in_it(nis, ana):
    avec = Network.objects.get(slug="avec")
    edit(avec, ana, seat_sr="Арл")
    call_command("loaddata", "nis", verbosity=0)
    storage.newest_revision(anew(avec))
    assert kinds(avec) == ["added", "corrected", "corrected"]


def test_demo_begins_with_a_record_of_all_networks(nis, monkeypatch):
    # The database is there already, and nothing is served.
    monkeypatch.setattr("django.core.management.call_command", lambda *args, **options: None)
    demo_site.prepare()
    assert {change.network.slug for change in Change.objects.filter(kind="added")} == {
        *Network.objects.values_list("slug", flat=True)
    }
    assert Change.objects.count() == Network.objects.count()


# In words


def words_of(change, language="en", **fields):
    network = Network(**{"name_sr": "Мрежа", "slug": "mreza"} | fields)
    with override("sr"):  # the reader's language counts, and not the active one
        return ChangeReading(change, Reader(language).network(network)).sentence


KIND = Change.Kind


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (Change(kind=KIND.ADDED), "Added to the site"),
        (Change(kind=KIND.JOINED, values={"joined": [None, "2007-05"]}), "Joined the network: May 2007"),
        (
            Change(kind=KIND.JOINED, values={"joined": ["2003", "2007-05-03"]}),
            "Joined the network: 3 May 2007 (previously: 2003)",
        ),
        (Change(kind=KIND.LEFT, values={"status": ["member", "left"], "left": [None, None]}), "Left the network"),
        (Change(kind=KIND.LEFT, values={"left": [None, "2019"]}), "Left the network: 2019"),
        (Change(kind=KIND.LEFT, values={"left": ["2019", "2019"]}), "Left the network: 2019"),
        (Change(kind=KIND.LEFT, values={"left": ["2019", None]}), "Left the network"),
        (Change(kind=KIND.ENDED, values={"left": [None, "2019"]}), "Network ended: 2019"),
        (
            Change(kind=KIND.LEFT, values={"left": [None, "2019"], "end_note_en": ["", "No. 1."]}),
            "Left the network: 2019 – No. 1.",
        ),
        (
            Change(kind=KIND.WITHDRAWN, values={"name_en": ["N", ""], "end_note_sr": ["", "Бр. 1."]}),
            "Taken off the site – Br. 1.",
        ),
        (Change(kind=KIND.CONTINUED, values={"left": ["2019", "2030"]}), "The membership goes on"),
        (
            Change(kind=KIND.VERIFIED, values={"verified_on": ["2024-01-01", "2025-03-01"]}),
            "Verified on: 1 March 2025",
        ),
        (Change(kind=KIND.CORRECTED, fields=["seat_sr", "seat_en", "website"]), "Changed: seat, website"),
        (Change(kind=KIND.CORRECTED, fields=["summary_en", "seat_sr"]), "Changed: summary (in English), seat"),
        (Change(kind=KIND.CORRECTED, fields=["fee_amount", "fee_currency", "fee_year"]), "Changed: annual fees"),
        (Change(kind=KIND.CORRECTED, fields=["deciding_act", "documents"]), "Changed: documents"),
        (Change(kind=KIND.CORRECTED, fields=["a_field_that_is_no_more"]), "Changed"),
        (Change(kind=KIND.CORRECTED, fields=["a_field_that_is_no_more", "seat_sr"]), "Changed: seat"),
    ],
)
def test_each_kind_is_told_in_words(change, expected):
    assert words_of(change) == expected


@pytest.mark.parametrize("field", [name for name in content_fields(Network) if name != "slug"])
@in_latin_and_in_ci_in_each_language
def test_each_field_has_a_name_in_each_language(field, language):
    words = words_of(Change(kind=KIND.CORRECTED, fields=[field]), language)
    assert ": " in words
    assert bool(CYRILLIC.search(words.partition(": ")[2])) == (language == "sr")


@pytest.mark.parametrize(
    ("language", "values", "expected"),
    [
        ("sr", names(("Стара", "Нова"), ("", "")), ["Нова", "Стара"]),
        ("sr-latn", names(("Стара", "Нова"), ("", "")), ["Nova", "Stara"]),
        ("en", names(("Стара", "Нова"), ("", "")), [("Nova", "sr-latn"), ("Stara", "sr-latn")]),
        ("en", names(("Стара", "Нова"), ("Old", "New")), ["New", "Old"]),
        ("en", names(("Стара", "Нова"), ("", "New")), ["New", ("Stara", "sr-latn")]),
        ("en", names(("Стара", "Нова"), ("Same", "Same")), [("Nova", "sr-latn"), ("Stara", "sr-latn")]),
        ("sr", names(("Иста", "Иста"), ("Old", "New")), [("New", "en"), ("Old", "en")]),
        ("sr-latn", names(("Иста", "Иста"), ("Old", "New")), [("New", "en"), ("Old", "en")]),
        ("en", names(("Иста", "Иста"), ("Old", "Ниш")), ["Niš", "Old"]),
    ],
)
def test_a_new_name_is_told_in_the_readers_language_and_marked_where_it_is_in_another(language, values, expected):
    change = ChangeReading(Change(kind=KIND.RENAMED, values=values), Reader(language).network(Network()))
    shown = {each if isinstance(each, str) else each[0] for each in expected}
    told_names = [part for part in change.parts if part in shown]
    assert [(str(part), part.language) if part.is_fallback else str(part) for part in told_names] == expected
    for each in expected:
        if not isinstance(each, str):
            tag = {"sr-latn": "sr-Latn"}.get(each[1], each[1])
            assert f'<span lang="{tag}">{each[0]}</span>' in change.html


def test_a_name_stays_plain_text():
    values = names(("Стара", '<b>"Нова"</b> & {before}'), ("", ""))
    change = ChangeReading(Change(kind=KIND.RENAMED, values=values), Reader("sr").network(Network()))
    assert "&lt;b&gt;&quot;Нова&quot;&lt;/b&gt; &amp; {before}" in change.html


# The pages


@pytest.fixture
def told_in_full(network, ana):
    """A network with a change of each kind, one with less, and one that is on the site no more."""
    make_profile()
    for changes in (
        {"name_sr": "Савез", "name_en": "Union"},
        {"name_sr": "Савез градова"},
        {"joined": "2007-05"},
        {"verified_on": "2026-01-31"},
        {"seat_sr": "Брисел", "seat_en": "Brussels", "internal_note": "Строго поверљиво"},
        {"summary_en": "In English."},
        {"status": "left", "left": "2019"},
        {"status": "ended"},
    ):
        Clock.moment += 30 * HOUR
        assert edit(network, ana, **changes)
    Clock.moment += HOUR
    for slug, name in (("other", "Друга мрежа"), ("nevidljiva", "Скривена мрежа")):
        made = drafts.save(Network(), {"slug": slug, "name_sr": name}, author=ana).row
        publishing.publish(made, author=ana)
    publishing.unpublish(made, author=ana)
    write(anew(made), ana, name_sr="Необјављен назив")
    return network


@in_latin_and_in_ci_in_each_language
def test_the_changes_are_listed_by_day_with_the_newest_first(told_in_full, client, language):
    page = opened(client, f"{PREFIXES[language]}/changes/")
    days = page.xpath("//ol[@class='annals']/li/h2[@class='when']/time/@datetime")
    assert days == sorted(set(days), reverse=True)
    assert len(days) == 9
    links = page.xpath("//ol[@class='annals']//a/@href")
    assert links == [f"{PREFIXES[language]}/networks/other/", *[f"{PREFIXES[language]}/networks/mreza/"] * 9]
    readings = [ChangeReading(each, Reader(language).network(each.network)) for each in Change.objects.all()]
    expected = [
        each.sentence
        for each in readings
        if each.row.network.slug != "nevidljiva" or each.row.kind == Change.Kind.WITHDRAWN
    ]
    assert [text_of(each) for each in page.xpath("//ol[@class='annals']//ul/li")] == expected
    assert page.xpath("//a[@type='application/atom+xml']/@href") == [f"{PREFIXES[language]}/feed.atom"]


@pytest.mark.long
@in_latin_and_in_ci_in_each_language
def test_a_network_shows_its_own_record(told_in_full, client, language):
    page = opened(client, f"{PREFIXES[language]}/networks/mreza/")
    record = page.xpath("//section[@aria-labelledby='record']")[0]
    readings = newest_changes(Reader(language).network(anew(told_in_full)))
    assert [text_of(each) for each in record.xpath(".//ol[@class='annals']/li/div/p")] == [
        each.sentence for each in readings
    ]
    assert [each.row.kind for each in readings][-1] == "added"
    other = opened(client, f"{PREFIXES[language]}/networks/other/")
    assert len(other.xpath("//section[@aria-labelledby='record']//li/div/p")) == 1


@pytest.mark.long
@pytest.mark.parametrize("path", ["/changes/", "/networks/mreza/"])
def test_no_cyrillic_stands_on_latin_pages(told_in_full, client, path):
    assert [each for each in texts_of(opened(client, f"/sr-latn{path}")) if CYRILLIC.search(each)] == []
    assert [each for each in texts_of(opened(client, f"/en{path}")) if CYRILLIC.search(each)] == []


ADDRESSES = [
    prefix + path for prefix in PREFIXES.values() for path in ("/changes/", "/networks/mreza/", "/feed.atom")
]


@pytest.mark.long
@pytest.mark.parametrize("address", ADDRESSES)
def test_neither_staff_nor_their_notes_are_ever_named(told_in_full, client, address):
    text = client.get(address).content.decode()
    for secret in (
        "Тајновић",
        "Tajnović",
        "ana.tajna",
        "поверљиво",
        "poverljivo",
        "Необјављен",
        "Neobjavljen",
        "nevidljiva",
    ):
        assert secret not in text


@pytest.mark.long
@pytest.mark.parametrize(
    ("hide", "show"), [(withdraw, [publish]), (delete, [undelete, publish])], ids=["withdrawn", "binned"]
)
def test_what_leaves_the_site_leaves_the_record_and_comes_back_with_it(told_in_full, client, ana, hide, show):
    def seen():
        return {
            path: client.get(path).content.decode().count("networks/mreza/") for path in ("/changes/", "/feed.atom")
        }

    before = seen()
    assert min(before.values()) > 0
    hide(anew(told_in_full), ana)
    assert seen() == {"/changes/": 0, "/feed.atom": 0}
    for step in show:
        step(anew(told_in_full), ana)
    after = seen()
    assert all(after[path] >= before[path] for path in before)


@pytest.mark.long
@in_latin_and_in_ci_in_each_language
def test_what_was_taken_off_the_site_is_told_with_the_name_that_citizens_saw_and_without_a_link(
    told_in_full, client, language
):
    name, kind = {
        "sr": ("Скривена мрежа", "Повучено са сајта"),
        "sr-latn": ("Skrivena mreža", "Povučeno sa sajta"),
        "en": ("Skrivena mreža", "Taken off the site"),
    }[language]
    page = opened(client, f"{PREFIXES[language]}/changes/")
    (heading,) = page.xpath(f"//ol[@class='annals']/li[1]//h3[normalize-space()='{name}'][not(*)]")
    assert [text_of(each) for each in heading.xpath("./following-sibling::ul[1]/li")] == [kind]
    assert heading.get("lang") == ("sr-Latn" if language == "en" else None)
    assert not heading.xpath("ancestor-or-self::a")
    feed = lxml.etree.fromstring(client.get(f"{PREFIXES[language]}/feed.atom").content)
    entry = feed.xpath("//*[local-name()='entry'][*[local-name()='category'][@term='withdrawn']]")[0]
    said = {each.tag.rpartition("}")[2]: each for each in entry}
    assert (said["title"].text, said["summary"].text) == (name, kind)
    assert said["link"].get("href") == f"http://testserver{PREFIXES[language]}/changes/"


@pytest.mark.long
def test_a_preview_shows_no_record(told_in_full, client):
    client.force_login(User.objects.create_superuser("super"))
    response = client.get(f"/admin/networks/network/{told_in_full.pk}/preview/", follow=True)
    assert response.status_code == 200
    assert 'id="record"' not in response.content.decode()


@in_latin_and_in_ci_in_each_language
def test_nothing_on_record_is_said_so(db, client, language):
    make_network(slug="loaded")
    page = opened(client, f"{PREFIXES[language]}/changes/")
    assert page.xpath("//ol[@class='annals']") == []
    assert len(page.xpath("//article//p[@class='notice']")) == 1
    assert 'id="record"' not in client.get(f"{PREFIXES[language]}/networks/loaded/").content.decode()


def many_changes(number, networks=5):
    rows = [make_network() for _ in range(networks)]
    Change.objects.bulk_create(
        Change(network=rows[each % networks], kind=KIND.CORRECTED, fields=["seat_sr"], happened_at=NOON + each * HOUR)
        for each in range(number)
    )
    return rows


def test_pages_of_fifty_lead_to_each_other(db, client):
    many_changes(2 * CHANGES_ON_A_PAGE + 1)
    sizes, seen, address = [], [], "/en/changes/"
    while address:
        page = opened(client, address)
        items = page.xpath("//ol[@class='annals']//ul/li")
        sizes.append(len(items))
        seen += page.xpath("//ol[@class='annals']//time/@datetime")
        assert len(page.xpath("//nav[@class='pager']//*[@aria-current]")) == 1
        address = "".join(page.xpath("//nav[@class='pager']//li[*[@aria-current]]/following-sibling::li[1]/a/@href"))
    assert sizes == [CHANGES_ON_A_PAGE, CHANGES_ON_A_PAGE, 1]
    assert seen == sorted(seen, reverse=True)
    last = opened(client, "/en/changes/?page=3")
    addresses = ["/en/changes/", "/en/changes/?page=2", "/en/changes/?page=3"]
    assert last.xpath("//nav[@class='pager']//a/@href") == addresses
    # Each page is one of its own.
    assert last.xpath("//link[@rel='canonical']/@href") == ["http://testserver/en/changes/?page=3"]
    # The other languages keep the page.
    switch = last.xpath("//nav[@class='languages']//a/@href")
    assert switch == ["/changes/?page=3", "/sr-latn/changes/?page=3"]


def test_one_page_has_no_pager(db, client):
    many_changes(CHANGES_ON_A_PAGE)
    assert opened(client, "/changes/").xpath("//nav[@class='pager']") == []
    assert client.get("/changes/?page=1").status_code == 200


@pytest.mark.parametrize("page", ["0", "2", "-1", "1.0", "x", "", "%00", "٢", "1e3", "01", "9" * 5000, " 1", "last"])
def test_a_page_that_is_not_there_is_missing(db, client, page):
    many_changes(3)
    assert client.get(f"/en/changes/?page={page}").status_code == 404


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(page=st.text(max_size=20))
def test_whatever_page_is_asked_for_is_answered(db, client, page):
    assert client.get("/changes/", {"page": page}).status_code in (200, 404)


def test_a_network_shows_its_newest_twenty(db, client):
    (row,) = many_changes(MOST_CHANGES + 5, networks=1)
    page = opened(client, f"/en/networks/{row.slug}/")
    assert len(page.xpath("//section[@aria-labelledby='record']//li/div/p")) == MOST_CHANGES


@pytest.mark.long
def test_queries_do_not_grow_with_the_record(db, client):
    make_profile(), make_page()
    (row,) = many_changes(1, networks=1)
    addresses = ["/en/changes/", f"/en/networks/{row.slug}/", "/en/feed.atom"]
    few = {address: count_queries(client, address) for address in addresses}
    many_changes(60, networks=30)
    Change.objects.bulk_create(Change(network=row, kind=KIND.ADDED) for _ in range(30))
    assert {address: count_queries(client, address) for address in addresses} == few
    assert [few[address] <= most for address, most in zip(addresses, (5, 6, 2), strict=True)] == [True] * 3


@pytest.mark.long
@in_latin_and_in_ci_in_each_language
def test_each_page_names_the_feed_of_its_language(told_in_full, client, language):
    for path in ("/", "/changes/", "/networks/mreza/"):
        (link,) = opened(client, PREFIXES[language] + path).xpath("//head/link[@type='application/atom+xml']")
        assert link.get("href") == f"http://testserver{PREFIXES[language]}/feed.atom"
        assert link.get("rel") == "alternate"
        assert link.get("title")


# The record of what was published before there was one


BEFORE = datetime(2026, 3, 4, 5, 6, 7, 89, tzinfo=UTC)


@pytest.fixture
def before_changes(migrated_again):
    """The models as they were before there was a record."""
    drop_all_tables()
    return migrate_to("0004")


@pytest.mark.migration
def test_what_was_published_before_is_told_from_the_history(before_changes):
    models = {name: before_changes.get_model("networks", name) for name in ("Network", "Revision", "Event", "Theme")}
    models["Theme"].objects.create(slug="peace", name_sr="Мир")

    def make(slug, contents=(), events=(), *, is_published=True, live=None):
        """A network with the versions, of which those that the events name by their place were published."""
        row = models["Network"].objects.create(slug=slug, name_sr="Мрежа", is_published=is_published)
        models["Network"].objects.filter(pk=row.pk).update(changed_at=BEFORE)
        versions = [
            models["Revision"].objects.create(
                network=row,
                number=number,
                content=complete_content(Network, content),
                created_at=BEFORE + number * HOUR,
            )
            for number, content in enumerate(contents, 1)
        ]
        for number, (kind, place) in enumerate(events):
            models["Event"].objects.create(
                network=row, kind=kind, revision=versions[place], created_at=BEFORE + (100 + number) * HOUR
            )
        if live is not None:
            models["Network"].objects.filter(pk=row.pk).update(live=versions[live], head=versions[-1])
        return row

    first = {"name_sr": "Мрежа", "themes": ["gone", "peace"]}
    second = first | {"name_sr": "Савез", "verified_on": "2026-01-31", "seat_sr": "Ниш", "themes": ["peace"]}
    note = second | {"internal_note": "За колеге", "position": 7, "slug": "other"}
    ended = note | {"status": "ended", "joined": "2003", "name_en": "Union"}
    left = ended | {"status": "left", "left": "2019", "name_en": "New Union", "verified_on": None}
    history = [first, second, note, ended, left]
    published = "published"
    make("past-the-door")
    make("loaded", [first], live=0)
    make("edited", history, [("submitted", 0), *((published, place) for place in range(5))], live=4)
    make("back-and-forth", [first, second], [(published, place) for place in (0, 1, 0)], live=0)
    make("withdrawn", [first, second], [(published, 0), ("withdrawn", 0)], is_published=False)
    make("draft", [first], is_published=False)
    for number in range(150):
        make(f"many-{number}", [first], live=0)

    call_command("migrate", verbosity=0)

    def on_record(slug):
        return [
            (change.kind, change.fields or change.values, (change.happened_at - BEFORE) // HOUR)
            for change in Change.objects.filter(network__slug=slug).order_by("pk")
        ]

    assert on_record("past-the-door") == [("added", {}, 0)]
    assert on_record("loaded") == [("added", {}, 1)]
    assert on_record("edited") == [
        ("added", {}, 101),
        ("renamed", {"name_sr": ["Мрежа", "Савез"], "name_en": ["", ""]}, 102),
        ("verified", {"verified_on": [None, "2026-01-31"]}, 102),
        ("corrected", ["seat_sr"], 102),
        ("joined", {"joined": [None, "2003"]}, 104),
        ("ended", {"status": ["member", "ended"], "left": [None, None]}, 104),
        ("corrected", ["name_en"], 104),
        ("renamed", {"name_sr": ["Савез", "Савез"], "name_en": ["Union", "New Union"]}, 105),
        ("left", {"status": ["ended", "left"], "left": [None, "2019"]}, 105),
        ("corrected", ["verified_on"], 105),
    ]
    assert [kind for kind, *_ in on_record("back-and-forth")] == [
        *("added", "renamed", "verified", "corrected", "renamed", "corrected")
    ]
    assert on_record("withdrawn") == [("added", {}, 100)]
    assert on_record("draft") == []
    assert Change.objects.filter(network__slug__startswith="many-").count() == 150

    # It tells the same as what is published now.
    for before, after in zip(history, history[1:], strict=False):
        before, after = (complete_content(Network, each) | {"themes": []} for each in (before, after))
        assert {change.kind for change in changes_between(before, after)} <= {
            kind for kind, *_ in on_record("edited")
        }

    # Work goes on from there: what was written without a revision, and what had been withdrawn.
    row = Network.objects.get(slug="past-the-door")
    assert edit(row, None, seat_sr="Ниш") == [("corrected", ["seat_sr"])]
    row = Network.objects.get(slug="withdrawn")
    Network.objects.filter(pk=row.pk).update(head=row.revisions.get(number=2))
    publishing.publish(row, author=None)
    assert kinds(row) == ["added", "renamed", "verified", "corrected"]


def test_first_english_name_is_a_translation_and_no_other_name(network, ana):
    assert edit(network, ana, name_en="") == [("corrected", ["name_en"])]
    assert edit(network, ana, name_en="Union") == [("corrected", ["name_en"])]
