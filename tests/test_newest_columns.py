"""What lists find, count and search without reading a revision is what the newest revision says."""

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db.utils import ConnectionDoesNotExist

from networks.models import Network, Page
from networks.revisions import drafts, publishing
from networks.revisions.newest_columns import (
    gaps_of,
    lacks_fee,
    newest_columns,
    stale_rows,
    update_all,
    update_newest_columns,
    update_stale,
)
from networks.revisions.storage import lock
from tests.makers import make_network_with_lines, make_page

pytestmark = pytest.mark.django_db


def assert_current(model=Network):
    for row in model.objects.select_related("head"):
        expected = newest_columns(row)
        assert {name: getattr(row, name) for name in expected} == expected, row.slug


def test_they_follow_whatever_is_done_with_a_row():
    row = publishing.publish(lock(make_network_with_lines(summary_sr="Сажетак")), author=None)
    done = [
        lambda: drafts.save(row, {"summary_en": "Summary", "contact_email": "a@example.org"}, author=None),
        lambda: publishing.publish(row, author=None),
        lambda: drafts.save(row, {"name_en": "", "fees": []}, author=None),
        lambda: publishing.publish_part(row, {**row.live.content, "name_en": ""}, author=None),
        lambda: drafts.discard(row, author=None),
        lambda: drafts.restore(row, row.revisions.last(), author=None),
        lambda: publishing.unpublish(row, author=None),
        lambda: drafts.save(row, {"internal_note": "Поново"}, author=None),
        lambda: publishing.delete(row, author=None),
        lambda: publishing.undelete(row, author=None),
    ]
    seen = set()
    for step in done:
        step()
        row = Network.objects.get(pk=row.pk)
        assert_current()
        seen.add(row.words_newest)
    assert len(seen) >= 5


def test_rows_that_nobody_has_worked_on_have_them(nis):
    assert_current()
    assert_current(Page)
    assert Network.objects.get(slug="alda").gaps_newest["missing"]
    assert "alda" in Network.objects.get(slug="alda").words_newest


def test_migrations_bring_them_up_to_date():
    make_network_with_lines(), make_page()
    for model in (Network, Page):
        model.objects.update(gaps_newest={}, words_newest="")
    for plan in (None, []):  # all was migrated; nothing was, but of another language
        update_all("default", apps.get_app_config("networks"), plan=plan)
        assert_current()
        assert_current(Page)
        for row in (*Network.objects.all(), *Page.objects.all()):
            type(row).objects.filter(pk=row.pk).update(gaps_newest=row.gaps_newest | {"languages": ["hu"]})


def written_by_older_code():
    """Rows as code leaves them that knows nothing of the columns: one that was there before, and one that is new."""
    there = drafts.save(Network(), {"name_sr": "Прва"}, author=None).row
    before = Network.objects.values("gaps_newest", "words_newest", "computed_from").get()
    there = drafts.save(there, {"name_sr": "Промењена", "contact_email": "a@example.org"}, author=None).row
    Network.objects.filter(pk=there.pk).update(**before)
    for new in (make_network_with_lines(), make_page()):
        new.refresh_from_db()
        type(new).objects.filter(pk=lock(new).pk).update(gaps_newest={}, words_newest="", computed_from=None)
    return {model: set(model.objects.values_list("pk", flat=True)) for model in (Network, Page)}


@pytest.mark.parametrize(
    "heal",
    [
        lambda: update_all("default", apps.get_app_config("networks"), plan=[]),
        update_stale,
        lambda: call_command("clean_up", verbosity=0),
    ],
)
def test_what_older_code_has_written_meanwhile_is_healed(heal, django_assert_num_queries):
    stale = written_by_older_code()
    for model, rows in stale.items():
        assert {row.pk for row in stale_rows(model.objects.all())} == rows
    heal()
    assert_current()
    assert_current(Page)
    assert Network.objects.filter(words_newest__contains="promenjena").count() == 1
    with django_assert_num_queries(2):
        assert update_stale() == 0  # nothing is left to do


def test_they_are_written_to_the_database_of_the_row():
    row = make_network_with_lines()
    row._state.db = "other"
    row.words_newest = ""
    with pytest.raises(ConnectionDoesNotExist, match="other"):
        update_newest_columns(row)


def test_what_is_missing():
    texts = {"name_sr": "Мрежа", "name_en": "Network", "seat_sr": "Ниш", "summary_sr": "Текст", "benefit_en": "Much"}
    assert sorted(gaps_of(Network, texts)["missing"]) == ["seat_en", "summary_en"]
    assert gaps_of(Network, texts)["is_begun"]
    assert not gaps_of(Network, {"name_sr": "Мрежа"})["is_begun"]
    assert gaps_of(Network, {"status": "left", "fees": [{"year": 2001}]})["fee_years"] == []
    assert lacks_fee(gaps_of(Network, {"status": "member", "fees": [{"year": 2001}, {"id": "x"}]}))
    assert not lacks_fee({})
