from modeltranslation.translator import TranslationOptions, register

from tests.benchmark.plain.models import CityProfile, Network, Page, Theme


@register(Theme)
class ThemeTranslation(TranslationOptions):
    fields = ("name",)


@register(Network)
class NetworkTranslation(TranslationOptions):
    fields = ("name", "acronym", "summary", "seat")


@register(Page)
class PageTranslation(TranslationOptions):
    fields = ("title",)


@register(CityProfile)
class CityProfileTranslation(TranslationOptions):
    fields = ("city_name", "site_title", "introduction", "address")
