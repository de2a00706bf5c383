"""
Django's cache in Redis, which several servers share, and without which the site goes on.

What Redis does not answer is as if it had never been kept: shared pictures are drawn anew, and sessions are read
from the database, which holds them all (`cached_db`). While Redis is away, nobody can take out of it what is not true
any more, such as the session of somebody who has signed out. So a process that has missed to write empties the cache
when Redis is back.
"""

import logging
import time
from collections.abc import Callable
from typing import Any

from django.core.cache.backends import redis as django_redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

logger = logging.getLogger(__name__)

TIMEOUT = 0.5  # seconds in which Redis answers
PAUSE = 2.0  # seconds after a failure in which it is not asked


class RedisCacheClient(django_redis.RedisCacheClient):
    """A client whose methods return what an empty cache would, while Redis is not available."""

    # Of all threads of a process
    available = True
    asked_again_at = 0.0  # by the monotonic clock
    is_outdated = False

    def __init__(self, servers: list[str], **options: Any):
        limits = {"socket_timeout": TIMEOUT, "socket_connect_timeout": TIMEOUT}
        # Once more at once: a connection may have been closed while it was not used.
        super().__init__(servers, **{**limits, "retry": Retry(NoBackoff(), 1), **options})

    def attempt(self, method: Callable, *args: Any, writes: bool, otherwise: Any, **kwargs: Any) -> Any:
        """Return what a method of Redis returns, or `otherwise` while it is not available."""
        state = RedisCacheClient
        if not state.available and time.monotonic() < state.asked_again_at:
            state.is_outdated |= writes
            return otherwise
        try:
            if state.is_outdated:
                super().clear()
                state.is_outdated = False
            result = method(*args, **kwargs)
        except RedisError:
            state.asked_again_at = time.monotonic() + PAUSE
            state.is_outdated |= writes
            if state.available:
                state.available = False
                logger.exception("Redis is not available. The site goes on without its cache")
            return otherwise
        if not state.available:
            state.available = True
            logger.warning("Redis is available again")
        return result

    def add(self, key: str, value: Any, timeout: float | None) -> bool:
        return self.attempt(super().add, key, value, timeout, writes=True, otherwise=True)

    def get(self, key: str, default: Any) -> Any:
        return self.attempt(super().get, key, default, writes=False, otherwise=default)

    def set(self, key: str, value: Any, timeout: float | None) -> None:
        self.attempt(super().set, key, value, timeout, writes=True, otherwise=None)

    def touch(self, key: str, timeout: float | None) -> bool:
        return self.attempt(super().touch, key, timeout, writes=True, otherwise=False)

    def delete(self, key: str) -> bool:
        return self.attempt(super().delete, key, writes=True, otherwise=False)

    def get_many(self, keys: list[str]) -> dict[str, Any]:
        return self.attempt(super().get_many, keys, writes=False, otherwise={})

    def has_key(self, key: str) -> bool:
        return self.attempt(super().has_key, key, writes=False, otherwise=False)

    def set_many(self, data: dict[str, Any], timeout: float | None) -> None:
        self.attempt(super().set_many, data, timeout, writes=True, otherwise=None)

    def delete_many(self, keys: list[str]) -> None:
        self.attempt(super().delete_many, keys, writes=True, otherwise=None)

    def clear(self) -> bool:
        return self.attempt(super().clear, writes=True, otherwise=False)


class RedisCache(django_redis.RedisCache):
    def __init__(self, server: str, params: dict[str, Any]):
        super().__init__(server, params)
        self._class = RedisCacheClient
