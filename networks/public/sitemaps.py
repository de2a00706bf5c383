"""The sitemaps: every public page in each language in which it is written."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.sitemaps import Sitemap
from django.db.models import Model, QuerySet
from django.urls import reverse

from networks.languages import language_codes, language_tag
from networks.models import Network, Page
from networks.reading import Reader


class PublicSitemap(Sitemap):
    i18n = True
    alternates = True

    def get_urls(self, *args: Any, **kwargs: Any) -> list[dict]:
        urls = super().get_urls(*args, **kwargs)
        for url in urls:
            # Not by Sitemap.x_default, which removes "/sr/" from any part of the path, also from the slug "sr".
            default = next(item for item in url["alternates"] if item["lang_code"] == settings.LANGUAGE_CODE)
            for alternate in url["alternates"]:
                alternate["lang_code"] = language_tag(alternate["lang_code"])
            url["alternates"].append({"location": default["location"], "lang_code": "x-default"})
        return urls


class ListSitemap(PublicSitemap):
    """Pages without a row, by URL name."""

    def items(self) -> list[str]:
        return [
            "public:index",
            "public:timeline",
            "public:map",
            "public:changes",
            "public:open_data",
        ]

    def location(self, item: str) -> str:
        return reverse(item)


class RowSitemap(PublicSitemap):
    model: type[Model]
    reading: str  # the method of Reader

    def items(self) -> QuerySet:
        return self.model.objects.published()

    def get_languages_for_item(self, item: Model) -> list[str]:
        reading = getattr(Reader(), self.reading)(item)
        return [code for code in language_codes() if reading.is_available_in(code)]

    def lastmod(self, item: Model) -> datetime | None:
        return item.changed_at


class NetworkSitemap(RowSitemap):
    model = Network
    reading = "network"


class PageSitemap(RowSitemap):
    model = Page
    reading = "page"


SITEMAPS = {"list": ListSitemap, "networks": NetworkSitemap, "pages": PageSitemap}
