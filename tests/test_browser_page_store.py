"""The site as it is served: a browser, the real server with two processes, and the page store in each of them."""

import time

import pytest

from tests import processes
from tests.browser import PASSWORD, enter_password
from tests.servers import environment, run, serving

pytestmark = pytest.mark.browser

HERE = "tests.test_browser_page_store:"
# What a change is given until it must be seen: a second, and what the browser takes to ask
A_MOMENT = 1.1  # seconds
FORMS = {"": "Назив", "/sr-latn": "Naziv", "/en": "Name"}


def prepare():
    """Make the city, a published network, and somebody who may publish: a task for another process."""
    from django.contrib.auth.models import User

    from networks.models import CityProfile, Network
    from networks.revisions import drafts, publishing

    User.objects.create_superuser("admin", password=PASSWORD)
    CityProfile.objects.create(city_name_sr="Ниш", site_title_sr="Мреже", site_title_en="Networks")
    content = {"slug": "a", "name_sr": "Назив 0", "name_en": "Name 0"}
    publishing.publish(drafts.save(Network(), content, author=None).row, author=None)


@pytest.fixture(scope="module")
def site(database_template, tmp_path_factory):
    """The address of the site under its server, which each test leaves with a published network."""
    folder = tmp_path_factory.mktemp("site")
    with database_template.copy() as database:
        env = environment(folder, DATABASE_URL=database.url)
        with processes.workers(env, 1) as (writer,):
            writer.do(HERE + "prepare")
        run("django", "collectstatic", "--noinput", "--verbosity=0", env=env)
        sites = {"site": ("citynetworks.wsgi:application", env)}
        with serving(sites, folder) as servers:
            yield f"http://127.0.0.1:{servers['site'].port}"


def names_on(page, site):
    """Read the page of the network in each form, as one who goes there again."""
    names = []
    for prefix in FORMS:
        page.goto(f"{site}{prefix}/networks/a/")
        names.append(page.locator("h1").inner_text())
    return names


def sign_in(page, site):
    """Sign in on the way to the network's page, and return the address of its form, to which that leads."""
    enter_password(page, f"{site}/en/admin/login/?next=/en/networks/a/")
    page.wait_for_url(f"{site}/en/networks/a/")
    return site + page.locator(".edit a").get_attribute("href")


def press(page, button):
    with page.expect_navigation():
        page.click(f"{button} >> nth=0")
    assert page.locator(".messagelist .success").count() == 1
    time.sleep(A_MOMENT)


def test_what_staff_publish_is_what_readers_see_and_nothing_of_staff_is(site, open_page):
    reader, staff = open_page(), open_page()
    for _ in range(3):
        assert names_on(reader, site) == [f"{name} 0" for name in FORMS.values()]
    form = sign_in(staff, site)
    for number in (1, 2):
        staff.goto(form)
        staff.fill("#id_name_sr", f"Назив {number}")
        staff.fill("#id_name_en", f"Name {number}")
        press(staff, "[name=_publish]")
        assert names_on(reader, site) == [f"{name} {number}" for name in FORMS.values()]
        assert reader.locator(".edit").count() == 0, "only staff are led to the form"
        assert names_on(staff, site) == [f"{name} {number}" for name in FORMS.values()]
        assert staff.locator(".edit").count() == 1
    reader.go_back()
    assert reader.locator("h1").inner_text() == "Naziv 2"
    assert reader.context.cookies() == []


def test_what_is_withdrawn_is_gone_and_comes_back_when_it_is_published(site, open_page):
    reader, staff = open_page(), open_page()
    names_on(reader, site)
    form = sign_in(staff, site)
    staff.goto(form)
    staff.click(".form-head .more summary")
    staff.click("text=Take off the site")
    press(staff, "main [type=submit]")
    assert statuses(reader, site) == {"/networks/a/": 404, "/": 200}
    assert reader.locator("main h3").count() == 0
    staff.goto(form)
    press(staff, "[name=_publish]")
    assert statuses(reader, site) == {"/networks/a/": 200, "/": 200}
    assert reader.locator("main h3").count() == 1


def statuses(page, site):
    """Read the page of the network and the list in each form, and return how they are answered, alike in all."""
    found = {}
    for path in ("/networks/a/", "/"):
        (found[path],) = {page.goto(f"{site}{prefix}{path}").status for prefix in FORMS}
    return found
