"""Labels of the columns of translated fields."""

from django.conf.locale import LANG_INFO
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

NAMES_IN_LABELS = {"sr": _("in Serbian"), "en": _("in English")}


def name_in_label(language: str) -> str | Promise:
    """Return how labels name a language: 'in English', or the name alone of one that a site has added."""
    return NAMES_IN_LABELS.get(language) or _(LANG_INFO.get(language, {}).get("name", language))


def localized_verbose_name(verbose_name: str, language: str) -> Promise:
    """Return the label of a translated column, such as 'name (in English)'. For modeltranslation's settings."""
    return format_lazy("{} ({})", verbose_name, name_in_label(language))
