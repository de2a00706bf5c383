"""The migrations of the product. Those of the columns of added languages are made here, from those of English."""

from importlib import import_module
from pkgutil import iter_modules

from networks.models.language_columns import added_languages, follow_english

if added_languages():
    for module in iter_modules(__path__):
        follow_english(import_module(f"{__name__}.{module.name}").Migration)
