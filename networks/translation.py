"""Which fields are written in Serbian and in English. Serbian Latin is rendered, never stored."""

from modeltranslation.translator import TranslationOptions, register

from networks.models import TRANSLATED, CityProfile, Network, Page, Theme


@register(Theme)
class ThemeTranslation(TranslationOptions):
    fields = ("name",)
    required_languages = ("sr",)


@register(Network)
class NetworkTranslation(TranslationOptions):
    fields = tuple(TRANSLATED)
    required_languages = ("sr",)


@register(Page)
class PageTranslation(TranslationOptions):
    fields = ("title", "body")
    required_languages = ("sr",)


@register(CityProfile)
class CityProfileTranslation(TranslationOptions):
    fields = ("city_name", "site_title", "introduction", "address")
    required_languages = ("sr",)
