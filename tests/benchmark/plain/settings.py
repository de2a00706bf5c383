"""Settings of the plain project: what Django's `startproject` writes, with the languages and the rest of ours."""

from citynetworks.settings import *  # noqa: F403
from citynetworks.settings import DATABASE, env

ROOT_URLCONF = "tests.benchmark.plain.urls"
# With a connection that stays open, as ours; else each page would open one, and take longer than it must.
DATABASES = {"default": {name: DATABASE[name] for name in ("ENGINE", "NAME", "CONN_MAX_AGE")}}
# The same files as ours, which are collected once
STORAGES = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"}}

# How many networks stand on a page; all of them without it
PAGE_SIZE = env.int("BENCHMARK_PAGE_SIZE", default=0) or None

INSTALLED_APPS = [
    "modeltranslation",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "tests.benchmark.plain",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "tests.benchmark.plain.views.around",
            ],
        },
    }
]
