"""Plain pages are written as revisions: what visitors and staff see of a draft, of a plan, and of the bin."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from networks.models import Page, PreviewLink, Schedule
from networks.revisions import drafts, previews, publishing, schedules, storage
from tests.makers import make_account, make_page, make_profile
from tests.pages import CYRILLIC, PREFIXES, in_latin_and_in_ci_in_each_language, opened, parsed, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.sql]


@pytest.fixture
def page():
    """A published page with a draft that has another title, text and address."""
    page = make_page(slug="about", title_sr="О сајту", title_en="About", body_en="<p>Old words.</p>")
    changes = {"title_sr": "О мрежама", "title_en": "About networks", "body_en": "<p>New words.</p>", "slug": "new"}
    return drafts.save(page, changes, author=User.objects.create_user("ana", first_name="Ана")).row


def anew(page):
    return Page.objects.get(pk=page.pk)


def signed_in(*permissions, is_staff=True):
    user = User.objects.create_user("clerk", is_staff=is_staff)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


def staff_url(page):
    with override("sr"):
        return previews.staff_url(anew(page).head)


def link_url(page, **fields):
    expires_at = timezone.now() + timedelta(days=7)
    with override("sr"):
        return previews.link_url(PreviewLink.objects.create(revision=page.head, expires_at=expires_at, **fields))


def where_it_is_read(client, page):
    """Return where visitors find a page: at its URL, in the navigation of the others, in the sitemap."""
    url = f"/pages/{anew(page).slug}/"
    return [
        client.get(url).status_code == 200,
        url in client.get("/").text,
        f"{url}</loc>" in client.get("/sitemap.xml").text,
    ]


class TestPreview:
    @in_latin_and_in_ci_in_each_language
    @pytest.mark.parametrize("who", ["staff", "link"])
    def test_is_the_page_as_it_would_be_in_each_form(self, client, page, language, who):
        make_profile()
        if who == "staff":
            client = signed_in("view_page", "change_page")
        response = client.get(PREFIXES[language] + (staff_url(page) if who == "staff" else link_url(page)))
        tree = parsed(response)
        heading = {"sr": "О мрежама", "sr-latn": "O mrežama", "en": "About networks"}[language]
        assert (response.status_code, text_of(tree.xpath("//h1")[0])) == (200, heading)
        assert ("New words." in response.text) == (language == "en")
        assert response["Cache-Control"] == "private, no-store"
        assert tree.xpath("//meta[@name='robots']/@content") == ["noindex"]
        assert tree.xpath("//link[@rel='canonical' or @rel='alternate']") == []
        (mark,) = tree.find_class("preview")
        assert bool(CYRILLIC.search(text_of(mark))) == (language == "sr")
        # Who wrote it, and the way back to the form, are for staff only.
        form = reverse("admin:networks_page_change", args=[page.pk])
        assert [form in href for href in mark.xpath(".//a/@href")] == [True] * (who == "staff")
        others = tree.xpath("//nav[contains(@class, 'languages')]//a/@href")
        assert [client.get(url).status_code for url in others] == [200, 200]

    def test_leaves_the_page_of_visitors_as_it_is(self, client, page):
        assert "New words." in client.get(f"/en{link_url(page)}").text
        assert text_of(opened(client, "/en/pages/about/").xpath("//h1")[0]) == "About"
        assert client.get("/pages/new/").status_code == 404
        publishing.publish(page, author=None)
        assert text_of(opened(client, "/en/pages/new/").xpath("//h1")[0]) == "About networks"
        assert client.get("/pages/about/")["Location"] == "/pages/new/"

    def test_of_the_accessibility_statement_has_its_generated_part(self, client):
        page = drafts.save(Page(), {"slug": Page.ACCESSIBILITY, "title_sr": "Изјава"}, author=None).row
        assert "WCAG 2.2 AA" in client.get(link_url(page)).text

    @pytest.mark.parametrize(
        ("permissions", "is_staff", "status"),
        [
            (["view_page"], True, 200),
            (["view_page"], False, 403),
            (["view_network", "change_network", "delete_network"], True, 403),
            ([], True, 403),
        ],
    )
    def test_of_staff_asks_for_the_right_to_view_pages(self, page, permissions, is_staff, status):
        assert signed_in(*permissions, is_staff=is_staff).get(staff_url(page)).status_code == status

    def test_of_staff_sends_a_stranger_to_the_log_in(self, client, page):
        assert client.get(staff_url(page))["Location"].startswith("/admin/login/")

    @pytest.mark.parametrize(
        ("permissions", "status"),
        [(["view_page"], 404), (["view_page", "delete_network"], 404), (["view_page", "delete_page"], 200)],
    )
    def test_of_what_is_in_the_bin_is_for_those_who_may_delete_it(self, client, page, permissions, status):
        kept, other = link_url(page, is_kept=True), link_url(page)
        publishing.delete(page, author=None)
        assert signed_in(*permissions).get(staff_url(page)).status_code == status
        assert [client.get(url).status_code for url in (kept, other)] == [404, 410]


class TestVisitors:
    def test_read_what_is_published_and_nothing_else(self, client, page):
        assert where_it_is_read(client, page) == [True] * 3
        publishing.unpublish(page, author=None)
        assert where_it_is_read(client, page) == [False] * 3
        publishing.publish(page, author=None)
        assert where_it_is_read(client, page) == [True] * 3

    def test_never_read_what_is_in_the_bin(self, client, page):
        publishing.delete(page, author=None)
        assert where_it_is_read(client, page) == [False] * 3
        for attempt in (publishing.publish, drafts.submit):
            with pytest.raises(ValidationError):
                attempt(page, author=None)
        publishing.undelete(page, author=None)
        assert where_it_is_read(client, page) == [False] * 3
        publishing.publish(page, author=None)
        assert where_it_is_read(client, page) == [True] * 3

    def test_read_what_was_planned_from_its_time_on(self, client, page):
        at = timezone.now() + timedelta(hours=1)
        schedules.create(page, Schedule.Action.PUBLISH, at, author=None)
        schedules.create(page, Schedule.Action.WITHDRAW, at + timedelta(hours=1), author=None)
        assert (schedules.apply_due(at), anew(page).title_en) == (1, "About networks")
        assert where_it_is_read(client, page) == [True] * 3
        assert schedules.apply_due(at + timedelta(hours=1)) == 1
        assert where_it_is_read(client, page) == [False] * 3


def test_of_a_page_that_two_people_write_each_keeps_their_part(page):
    base = storage.newest_revision(page)
    drafts.save(page, base.content | {"title_en": "Theirs"}, base=base, author=None)
    saved = drafts.save(page, base.content | {"body_en": "<p>Mine</p>"}, base=base, author=None)
    assert (saved.taken, saved.revision.content["title_en"]) == (["title_en"], "Theirs")
    with pytest.raises(drafts.Conflict) as conflict:
        drafts.save(page, base.content | {"title_en": "Mine"}, base=base, author=None)
    assert conflict.value.fields == ["title_en"]


def test_what_stands_in_the_way_of_publishing_is_named_by_the_labels_of_pages(page):
    revision = page.revisions.create(number=90, content={"title_sr": "", "slug": "about"})
    with pytest.raises(ValidationError) as error, override("en"):
        publishing.publish(page, author=None, revision=revision)
    with override("en"):
        assert schedules.error_text(Page, error.value).startswith("title (in Serbian): ")


def test_the_admin_shows_no_page_that_is_in_the_bin(client, page):
    client.force_login(make_account("administrators"))
    form = reverse("admin:networks_page_change", args=[page.pk])
    change_list = reverse("admin:networks_page_changelist")
    assert (client.get(form).status_code, form in client.get(change_list).text) == (200, True)
    publishing.delete(page, author=None)
    assert (client.get(form).status_code, form in client.get(change_list).text) == (302, False)
