"""The cache in Redis: shared while it is there, and missed by nobody while it is not."""

from unittest.mock import patch

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache, caches

from citynetworks import redis_cache
from citynetworks.redis_cache import RedisCacheClient
from tests import services
from tests.servers import HOST

pytestmark = pytest.mark.process


@pytest.fixture(scope="module")
def redis():
    with services.for_tests(services.redis()) as service:
        yield service


@pytest.fixture(autouse=True)
def redis_is_the_cache(redis, settings, monkeypatch):
    """Let Django's cache be in Redis, and this process be new to it."""
    location = f"redis://{HOST}:{redis.port}/0"
    settings.CACHES = {"default": {"BACKEND": "citynetworks.redis_cache.RedisCache", "LOCATION": location}}
    monkeypatch.setattr(redis_cache, "PAUSE", 0)
    for name in ("available", "asked_again_at", "is_outdated"):
        monkeypatch.setattr(RedisCacheClient, name, getattr(RedisCacheClient, name))
    cache.clear()
    yield
    if redis.process is None:
        redis.start()
    cache._cache.get_client().connection_pool.disconnect()


def test_what_one_server_keeps_another_finds():
    cache.set("a", b"picture", 60)
    assert caches.create_connection("default").get("a") == b"picture"


def test_without_redis_the_cache_is_empty(redis):
    cache.set("a", 1)
    redis.stop()
    assert cache.get("a", "nothing") == "nothing"
    assert "a" not in cache
    assert cache.get_many(["a"]) == {}
    assert cache.set_many({"a": 1}) == []
    assert cache.add("a", 1) is True
    for method in (cache.touch, cache.delete):
        assert method("a") is False
    cache.set("a", 1)
    cache.delete_many(["a"])
    assert cache.clear() is False


def test_redis_is_not_asked_each_time_while_it_is_away(redis, monkeypatch):
    monkeypatch.setattr(redis_cache, "PAUSE", 60)
    redis.stop()
    cache.get("a")
    with patch.object(RedisCacheClient, "get_client", side_effect=AssertionError):
        assert cache.get("a") is None
        assert cache.delete("a") is False


def test_what_could_not_be_deleted_meanwhile_does_not_come_back():
    """Redis itself has gone on, and only this server did not reach it."""
    cache.set("a", 1)
    with patch.object(RedisCacheClient, "get_client", side_effect=lambda *args, **kwargs: away()):
        cache.delete("a")
    assert cache.get("a") is None


def away():
    from redis.exceptions import ConnectionError

    raise ConnectionError


@pytest.fixture
def cached_sessions(settings):
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"


@pytest.mark.django_db
def test_staff_stay_signed_in_without_redis_and_signed_out_after_it(client, redis, cached_sessions):
    user = User.objects.create_superuser("admin")
    client.force_login(user)
    session = client.cookies["sessionid"].value
    with patch.object(RedisCacheClient, "get_client", side_effect=lambda *args, **kwargs: away()):
        assert client.get("/en/admin/").status_code == 200
        client.post("/en/admin/logout/")
    client.cookies["sessionid"] = session
    assert client.get("/en/admin/").status_code == 302
    redis.stop()
    client.force_login(user)
    assert client.get("/en/admin/").status_code == 200
