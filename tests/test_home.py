"""The start page of the admin: what waits for whom, what the list needs, and who did what."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission, User
from django.test import Client
from django.utils import timezone
from django.utils.translation import override

from networks.admin import guide
from networks.admin.home import SHOWN
from networks.models import Network, Operation, Page
from networks.revisions import drafts, publishing, schedules, storage
from tests.makers import make_network, make_page, make_profile
from tests.pages import CYRILLIC, PREFIXES, count_queries, in_latin_and_in_ci_in_each_language, opened, text_of

HOME = "/en/admin/"


def sign_in(username, role):
    client = Client()
    client.user = User.objects.create_user(username, is_staff=True)
    client.user.groups.add(Group.objects.get(name=role))
    client.force_login(client.user)
    return client


@pytest.fixture
def ana(db):
    return sign_in("ana", "editors")


@pytest.fixture
def milan(db):
    return sign_in("milan", "publishers")


def write(row, author, **content):
    return drafts.save(row, content, author=author.user, comment="Agreed with the unit.").row


def group(client, name):
    found = opened(client, HOME).xpath(f"//section[@aria-labelledby='{name}']")
    return found[0] if found else None


def lines(client, name):
    return [text_of(each) for each in group(client, name).xpath(".//li[not(.//li)]")]


class TestEditor:
    def test_finds_own_drafts_and_no_others(self, ana, milan):
        write(make_network(), ana, name_en="Mine")
        write(make_network(), milan, name_en="Theirs")
        (line,) = lines(ana, "drafts")
        assert line.startswith("Mine ")

    @pytest.mark.long
    def test_finds_a_draft_below_many_that_may_not_be_viewed_any_more(self, ana):
        write(Page(), ana, title_sr="Моја", slug="moja")
        for number in range(10 * SHOWN + 1):
            write(Network(), ana, name_sr="Мрежа", slug=f"mreza-{number}")
        ana.user.groups.clear()
        ana.user.user_permissions.set(Permission.objects.filter(codename__in=["view_page", "change_page"]))
        (line,) = lines(ana, "drafts")
        assert line.startswith("Moja ")

    def test_reads_kindly_that_there_is_nothing(self, ana):
        assert lines(ana, "drafts") == ["You have no draft that waits to be finished."]
        assert lines(ana, "needs") == ["All is written, confirmed and in working order. Thank you."]
        assert lines(ana, "scheduled") == ["Nothing is scheduled."]

    @pytest.mark.long
    def test_reads_why_a_draft_was_returned_until_it_is_submitted_again(self, ana, milan):
        network = write(make_network(), ana, name_en="Mine")
        drafts.submit(network, author=ana.user)
        assert [text_of(each) for each in group(ana, "waiting").iter("h3")] == ["Mine"]
        assert group(sign_in("eva", "editors"), "waiting") is None  # publishes nothing
        drafts.return_to_author(storage.newest_revision(network).row, "Look at the year.", author=milan.user)
        assert lines(ana, "returned") == ["Mine milan: Look at the year."]
        assert group(milan, "returned") is None
        write(Network.objects.get(), milan, seat_en="Nish")
        assert group(milan, "returned") is None  # it was returned to ana, whoever writes in it
        assert lines(ana, "returned") == ["Mine milan: Look at the year."]
        drafts.submit(Network.objects.get(), author=ana.user)
        assert group(ana, "returned") is None

    @pytest.mark.long
    def test_finds_each_returned_draft_however_many_were_written_since(self, ana, milan):
        for number in range(SHOWN + 1):
            network = write(make_network(), ana, name_en=f"Returned {number}")
            drafts.submit(network, author=ana.user)
            drafts.return_to_author(storage.newest_revision(network).row, "Look.", author=milan.user)
        for _number in range(2 * SHOWN):
            write(make_network(), ana, seat_en="There")
        assert len(lines(ana, "returned")) == SHOWN + 1

    @pytest.mark.sql
    def test_finds_five_and_a_link_to_all(self, ana):
        for _number in range(SHOWN + 1):
            write(make_network(), ana, seat_en="There")
        section = group(ana, "drafts")
        assert len(section.findall(".//li")) == SHOWN
        link = section.xpath(".//a[contains(@href, 'state=mine')]/@href")[0]
        assert len(opened(ana, link).xpath("//*[@id='result_list']/tbody/tr")) == SHOWN + 1


class TestGuide:
    def test_is_offered_until_the_first_submission(self, ana):
        offered = "//p[@class='note']/a/@href"
        assert opened(ana, HOME).xpath(offered) == ["/en/admin/guide/"]
        drafts.submit(write(make_network(), ana, seat_en="There"), author=ana.user)
        assert opened(ana, HOME).xpath(offered) == []

    @in_latin_and_in_ci_in_each_language
    def test_has_the_words_of_the_buttons_and_a_picture_for_each_step(self, ana, language):
        tree = opened(ana, f"{PREFIXES[language]}/admin/guide/")
        with override(language):
            steps = [(step.name, step.spoken().values()) for step in guide.STEPS]
        for (name, words), shown in zip(steps, tree.xpath("//ol/li"), strict=True):
            (picture,) = shown.iter("img")
            assert picture.get("src") == f"/static/networks/guide/{language}/{name}.webp"
            assert picture.get("alt") and (picture.get("width"), picture.get("height")) == ("960", "540")
            assert all(word in text_of(shown) for word in words)
        if language == "sr-latn":
            assert not CYRILLIC.search(text_of(tree.get_element_by_id("content-main")))


class TestPublisher:
    @pytest.mark.sql
    def test_finds_what_was_submitted_and_reads_it_with_one_press(self, ana, milan):
        networks = [write(make_network(), ana, name_en="Changed", seat_en="There")]
        networks.append(write(Network(), ana, name_sr="Нова", name_en="New"))
        for network in networks:
            drafts.submit(network, author=ana.user)
        first, second = group(milan, "waiting").xpath("./ul/li")
        for said in ("Changed", "ana, ", "2 fields changed", "Agreed with the unit."):
            assert said in text_of(first)
        assert "Not on the site yet" in text_of(second)
        for card in (first, second):
            (page,) = card.xpath(".//p[@class='acts']/a/@href")
            assert opened(milan, page).xpath("//button[@name='all' or @name='return']")

    def test_finds_what_is_scheduled_by_day(self, milan):
        network = write(make_network(name_en="Planned"), milan, seat_en="There")
        schedules.create(network, "publish", timezone.now() + timedelta(days=2), author=milan.user)
        assert [text_of(each) for each in group(milan, "scheduled").xpath(".//li/ul//a")] == ["Planned"]


def test_the_city_profile_says_what_it_lacks_to_whoever_may_fill_it_in(db, ana):
    profile = make_profile(phone="+381 18 504 000", licence_name="CC BY 4.0", email="grad@example.org")
    administrator = sign_in("vera", "administrators")
    (line,) = lines(administrator, "needs")
    assert line.startswith("The city profile lacks: ")
    lacks = {each.strip() for each in line.partition(":")[2].split(",")}
    assert {"coat of arms", "e-mail"} <= lacks and not {"telephone", "licence of the data"} & lacks
    (url,) = group(administrator, "needs").xpath(".//a/@href")
    assert administrator.get(url, follow=True).status_code == 200
    assert lines(ana, "needs") == ["All is written, confirmed and in working order. Thank you."]
    profile.email = "grad@nis.example.rs"
    profile.save()
    assert "e-mail" not in lines(administrator, "needs")[0]


@pytest.mark.sql
def test_each_need_leads_to_as_many_rows_as_it_says(milan):
    make_network(name_sr="Једна", name_en="One", contact_email="a@example.org")
    make_network(name_sr="Две")
    draft = publishing.publish(write(Network(), milan, name_sr="Три", name_en="Three"), author=milan.user)
    write(draft, milan, name_sr="Три и по", contact_phone="+381 18 504 000")
    needs = {text_of(link): link.get("href") for link in group(milan, "needs").iterfind(".//li/a")}
    assert list(needs) == [
        "1 network is not all in English",
        "1 network with outdated English",
        "3 memberships are due to be confirmed",
        "1 network without a contact",
    ]
    for text, url in needs.items():
        rows = opened(milan, url).xpath("//table[@id='result_list' or ancestor::section]/tbody/tr")
        assert len(rows) == int(text.split()[0])
    assert "English 0 of 3" in text_of(group(milan, "needs").find(".//dl"))


def test_first_network_without_english_is_one_press_away(milan):
    make_network(name_sr="Прва", name_en="First")
    second = make_network(name_sr="Друга", name_en="Second", summary_sr="Сажетак")
    make_network(name_sr="Трећа")
    (link,) = group(milan, "needs").iterfind(".//li/span/a")
    assert (text_of(link), link.get("href")) == (
        "Second",
        f"{HOME}networks/network/{second.pk}/change/#id_summary_en",
    )
    write(second, milan, name_sr="Друга мрежа", summary_en="Summary", acronym_sr="ДМ")
    (link,) = group(milan, "needs").iterfind(".//li/span/a")
    assert link.get("href").endswith("#id_acronym_en")


def test_week_tells_who_did_what_as_far_as_one_may_see(ana, milan):
    boss = sign_in("boss", "administrators")
    publishing.publish(write(make_network(name_en="Old"), ana, name_en="New"), author=milan.user)
    boss.post("/en/admin/networks/theme/add/", {"name_sr": "Мир", "name_en": "Peace"})
    typed = {"username": "new", "password1": "a quite long one", "password2": "a quite long one"}
    boss.post("/en/admin/auth/user/add/", typed)
    LogEntry.objects.create(user=boss.user, object_id="1", object_repr="Of a model that is gone", action_flag=1)
    week = " ".join(lines(ana, "week"))
    for said in ("New – Published milan, ", "Draft saved: Agreed with the unit. ana, ", "Peace – Added boss, "):
        assert said in week
    assert "new – Added boss" not in week
    assert "new – Added boss" in " ".join(lines(boss, "week"))


@pytest.mark.long
def test_menu_has_what_one_may_open_and_says_where_one_is(ana):
    boss = sign_in("boss", "administrators")

    def menu(client, path=HOME):
        return {text_of(link): link for link in opened(client, path).get_element_by_id("menu").iter("a")}

    make_network()
    assert "Users" in menu(boss) and "Users" not in menu(ana)
    assert "Answers of the units" in menu(boss) and "Answers of the units" not in menu(ana)
    networks = menu(ana, "/en/admin/networks/network/")["Networks of cities 1"]
    assert networks.get("aria-current") == "page"
    for link in menu(boss).values():
        assert boss.get(link.get("href"), follow=True).status_code == 200


def test_administrators_see_when_the_site_was_backed_up_and_a_backup_tried(ana):
    boss = sign_in("boss", "administrators")
    last = opened(boss, HOME).xpath("//main//p[@class='quiet last-operation']")
    assert [text_of(each) for each in last] == [
        "No backup of the site was ever made.",
        "It was never tried whether the site can be restored from a backup.",
    ]
    for kind in (Operation.Kind.BACKUP, Operation.Kind.RESTORE_DRILL):
        Operation.objects.create(kind=kind, finished_at=datetime(2026, 5, 4, 8, 30, tzinfo=UTC))
        Operation.record(kind, succeeded=False)
    last = opened(boss, HOME).xpath("//main//p[@class='quiet last-operation']")
    assert [text_of(each) for each in last] == [
        "Last backup: 4 May 2026, 10:30",
        "Last restore drill: 4 May 2026, 10:30",
    ]
    assert count_queries(boss, HOME) <= 20
    assert not opened(ana, HOME).xpath("//main//p[@class='quiet last-operation']")


@pytest.mark.long
@pytest.mark.sql
def test_takes_as_few_queries_for_many_rows_as_for_few(milan):
    def write_all():
        for row in (make_page(), make_network()):
            heading = row.heading_field
            for number in range(2):
                row = drafts.save(row, {f"{heading}_sr": f"Назив {number}"}, author=milan.user).row
            drafts.submit(row, author=milan.user)
            schedules.create(row, "publish", timezone.now() + timedelta(days=2), author=milan.user)

    write_all()
    few = count_queries(milan, HOME)
    few_listed = count_queries(milan, f"{HOME}networks/network/")
    for _number in range(SHOWN + 1):
        write_all()
    assert count_queries(milan, HOME) == few <= 20
    assert count_queries(milan, f"{HOME}networks/network/") == few_listed <= 12
