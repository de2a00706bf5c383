"""The one door: versions, drafts, publishing, schedules, the bin."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.utils import timezone

from networks import revisions
from networks.models import Event, Network, Schedule

pytestmark = pytest.mark.django_db


@pytest.fixture
def ana():
    return User.objects.create_user("ana", first_name="Ана", last_name="Анић")


@pytest.fixture
def avec(nis):
    return Network.objects.get(slug="avec")


def anew(network):
    return Network.objects.get(pk=network.pk)


def test_what_two_people_change_in_different_fields_is_kept_and_named(avec, ana):
    base = revisions.newest(avec)
    revisions.save(avec, {**base.content, "name_en": "Theirs"}, base=base, author=ana)
    saved = revisions.save(avec, {**base.content, "themes": ["peace"]}, base=base, author=ana)
    assert saved.taken == ["name_en"]
    assert (saved.revision.content["name_en"], saved.revision.content["themes"]) == ("Theirs", ["peace"])


def test_what_two_people_change_in_the_same_field_is_not_saved(avec, ana):
    base = revisions.newest(avec)
    revisions.save(avec, {**base.content, "name_en": "Theirs"}, base=base, author=ana)
    with pytest.raises(revisions.Conflict) as conflict:
        revisions.save(avec, {**base.content, "name_en": "Mine", "seat_en": "Nice"}, base=base, author=ana)
    assert conflict.value.fields == ["name_en"]
    assert [each.content["name_en"] for each in avec.revisions.all()] == ["Theirs", base.content["name_en"]]


def test_citizens_see_a_draft_only_when_it_is_published(avec, ana):
    before = avec.name_en
    revisions.save(avec, {**revisions.newest(avec).content, "name_en": "New", "themes": ["peace"]}, author=ana)
    assert (anew(avec).name_en, anew(avec).has_draft) == (before, True)
    revisions.publish(avec, author=ana)
    assert (anew(avec).name_en, anew(avec).has_draft) == ("New", False)
    assert [theme.slug for theme in anew(avec).themes.all()] == ["peace"]


def test_what_is_planned_happens_once_and_at_its_time(ana):
    network = revisions.save(None, {"name_sr": "Нова мрежа"}, author=ana).network
    at = timezone.now() + timedelta(hours=1)
    revisions.schedule(network, Schedule.Action.PUBLISH, at, author=ana)
    assert (revisions.apply_due(at - timedelta(seconds=1)), anew(network).is_published) == (0, False)
    assert (revisions.apply_due(at), anew(network).is_published) == (1, True)
    assert revisions.apply_due(at) == 0
    assert network.events.filter(kind=Event.Kind.PUBLISHED).count() == 1


def test_network_comes_back_from_the_bin_with_its_history_and_address(avec, ana):
    revisions.newest(avec)
    revisions.delete(avec, author=ana)
    assert (anew(avec).is_published, anew(avec).slug) == (False, "avec")
    with pytest.raises(ValidationError):
        revisions.save(avec, {"name_sr": "Нешто друго"}, author=ana)
    revisions.undelete(avec, author=ana)
    assert (anew(avec).deleted_at, anew(avec).name_en, avec.revisions.count()) == (None, avec.name_en, 1)
