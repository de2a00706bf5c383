"""Uploads in a bucket of S3 instead of a folder: readers and staff notice no difference."""

from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import call_command

from citynetworks.s3_uploads import S3UploadsStorage
from citynetworks.uploads import UploadsUnavailable
from networks.models import Network, Operation
from networks.operations import cleaning, probes
from networks.operations.backing_up import media_names
from networks.pictures import is_stored, reencode_picture
from tests import services
from tests.makers import make_network
from tests.picture_files import drawing, saved
from tests.servers import HOST
from tests.test_documents import URL, author, network  # noqa: F401 - fixtures
from tests.test_documents import TestPublicFile as PublicFile

pytestmark = pytest.mark.process


@pytest.fixture(scope="module")
def s3():
    with services.for_tests(services.s3()) as service:
        yield service


@pytest.fixture
def folder(settings):
    """The configuration of the storage in a folder."""
    return settings.STORAGES["default"]


@pytest.fixture(autouse=True)
def bucket(s3, settings, folder, monkeypatch):
    for name, text in services.KEYS.items():
        monkeypatch.setenv(name, text)
    options = {"bucket_name": services.BUCKET, "endpoint_url": f"http://{HOST}:{s3.port}", "region_name": "us-east-1"}
    storage = {"BACKEND": "citynetworks.s3_uploads.S3UploadsStorage", "OPTIONS": options}
    settings.STORAGES = {**settings.STORAGES, "default": storage}


@pytest.fixture
def bucket_is_away(bucket, settings):
    """A function that lets the bucket be where nobody answers, or be another one."""

    def leave(**options):
        storage = settings.STORAGES["default"]
        storage = storage | {"OPTIONS": storage["OPTIONS"] | (options or {"endpoint_url": f"http://{HOST}:1"})}
        settings.STORAGES = {**settings.STORAGES, "default": storage}

    return leave


def upload_logo(row):
    picture = reencode_picture(ContentFile(saved(drawing(size=(600, 400)))))
    row.logo.save(picture.name, picture)
    return Network.objects.get(pk=row.pk)


@pytest.mark.django_db
def test_picture_is_sent_as_from_a_folder(client, settings, folder, django_assert_num_queries):
    row = upload_logo(make_network())
    with django_assert_num_queries(0):
        response = client.get(row.logo.url)
    assert row.logo.url == f"/media/{row.logo.name}"
    with default_storage.open(row.logo.name) as file:
        content = file.read()
    settings.STORAGES = {**settings.STORAGES, "default": folder}
    default_storage.save(row.logo.name, ContentFile(content))
    expected = client.get(row.logo.url)
    assert (response.status_code, response.content) == (200, expected.content)
    changing = {"Last-Modified": "", "X-Request-ID": ""}
    assert {**response.headers} | changing == {**expected.headers} | changing
    assert "immutable" in response.headers["Cache-Control"]


@pytest.mark.django_db
def test_same_picture_is_stored_once_and_a_broken_one_anew(client):
    row = upload_logo(make_network())
    first = default_storage.get_modified_time(row.logo.name)
    other = upload_logo(make_network())
    assert (other.logo.name, default_storage.get_modified_time(other.logo.name)) == (row.logo.name, first)
    whole = client.get(row.logo.url).content
    default_storage.save(row.logo.name, ContentFile(whole[:50]))
    upload_logo(other)
    assert client.get(row.logo.url).content == whole


@pytest.mark.django_db
@pytest.mark.parametrize(
    "name", ["logos/missing.png", "../secret.png", "logos//x.png", ".hidden.png", "a" * 2000 + ".png"]
)
def test_what_is_not_in_the_bucket_is_not_found(client, name):
    assert client.get(f"/media/{name}").status_code == 404


class TestDocument:
    test_headers = PublicFile.test_headers
    test_size_alone = PublicFile.test_size_alone
    test_parts = PublicFile.test_parts
    test_part_of_the_file_that_the_client_has_begun_with = (
        PublicFile.test_part_of_the_file_that_the_client_has_begun_with
    )
    test_nobody_gets_what_is_not_published = PublicFile.test_nobody_gets_what_is_not_published
    test_missing_file_is_not_found = PublicFile.test_missing_file_is_not_found

    def test_staff_get_the_file_of_a_draft(self, client, author, network):  # noqa: F811
        client.force_login(author)
        digest = network.documents[0]["file"]["name"].removeprefix("documents/")
        response = client.get(f"/en/admin/networks/network/documents/{digest}")
        assert response.status_code == 200
        assert "no-store" in response.headers["Cache-Control"]
        assert b"".join(response)


def test_picture_for_sharing_shows_the_logo(client, db):
    row = upload_logo(make_network())
    with_logo = client.get(f"/en/networks/{row.slug}/picture.png").content
    default_storage.delete(row.logo.name)
    Network.objects.filter(pk=row.pk).update(logo="")
    assert client.get(f"/en/networks/{row.slug}/picture.png").content != with_logo


@pytest.mark.django_db
def test_old_files_that_nothing_names_are_deleted_but_not_one_that_is_stored_anew(monkeypatch):
    named = upload_logo(make_network()).logo.name
    again, gone = (f"logos/{digit * 20}.png" for digit in "ab")
    for name in (again, gone):
        default_storage.save(name, ContentFile(b"picture"))
    old, modified = {named, again, gone}, S3UploadsStorage.get_modified_time
    age = timedelta(days=31)
    monkeypatch.setattr(
        S3UploadsStorage, "get_modified_time", lambda self, name: modified(self, name) - age * (name in old)
    )
    assert {*cleaning.forgotten_files(timedelta(days=30))} == {again, gone}
    assert not is_stored(default_storage, again, 7)
    old.remove(again)  # which is stored now
    assert is_stored(default_storage, again, 7)
    call_command("clean_up", verbosity=0)
    assert Operation.newest(Operation.Kind.CLEAN_UP).details["files that nothing names"] == 1
    assert [default_storage.exists(name) for name in (named, again, gone)] == [True, True, False]


def test_without_the_bucket_files_come_later_and_pages_at_once(client, network, bucket_is_away):  # noqa: F811
    row = upload_logo(make_network())
    assert probes.media(False)[0] is probes.Status.OK
    bucket_is_away()
    assert probes.media(False)[0] is probes.Status.FAILED
    client.raise_request_exception = False
    for url in (row.logo.url, URL):
        response = client.get(url)
        assert response.status_code == 503, url
        assert response.headers["Retry-After"] == "30"
    assert client.get(f"/en/networks/{row.slug}/").status_code == 200


@pytest.mark.django_db
def test_the_health_report_asks_the_bucket_nothing_of_each_picture(monkeypatch):
    """For the doctor it is asked for one list of each folder, and for the pictures that are in it."""
    row, listed = upload_logo(make_network()), []
    make_network(slug="other", logo="logos/missing.png")
    list_folder = S3UploadsStorage.listdir
    monkeypatch.setattr(
        S3UploadsStorage, "listdir", lambda self, name: listed.append(name) or list_folder(self, name)
    )
    monkeypatch.setattr(S3UploadsStorage, "exists", lambda *args: pytest.fail("The bucket was asked for one picture"))
    assert (probes.pictures(False)[0], listed) == ("ok", [])
    status, words, *_rest = probes.pictures(True)
    assert (status, "(1). missing: logos/missing.png." in words, listed) == ("failed", True, ["logos"])
    assert row.logo.name not in words


def test_a_bucket_that_is_not_there_is_not_an_empty_one(bucket_is_away):
    assert not default_storage.exists("logos/missing.png")
    with pytest.raises(FileNotFoundError):
        default_storage.open("logos/missing.png")
    bucket_is_away(bucket_name="none-of-this-name")
    assert probes.media(False)[0] is probes.Status.FAILED
    for ask in (lambda: [*media_names()], lambda: default_storage.open("logos/missing.png")):
        with pytest.raises(UploadsUnavailable, match="NoSuchBucket"):
            ask()
