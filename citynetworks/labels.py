"""Labels of the columns of translated fields."""

from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

NAMES_IN_LABELS = {"sr": _("in Serbian"), "en": _("in English")}


def localized_verbose_name(verbose_name: str, language: str) -> Promise:
    """Return the label of a translated column, such as 'name (in English)'. For modeltranslation's settings."""
    return format_lazy("{} ({})", verbose_name, NAMES_IN_LABELS.get(language, language))
