"""System checks: what would lose or hide something, and is found before it does. Most commands run them first."""

from collections.abc import Collection, Iterator

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import DatabaseError, connections

from citynetworks.command_line import PROGRAM
from citynetworks.environment import DROPPED, RETIRED
from networks.languages import SERBIAN, language_codes, stored_language
from networks.models import Network, Page, RevisedModel
from networks.models.language_columns import PRODUCT_LANGUAGES, texts_of_removed_languages
from networks.reading import translated_fields
from networks.revisions.content import content_fields


@register(Tags.translation)
def languages_agree(**kwargs) -> list[CheckMessage]:
    """What readers can choose is stored, and what is stored can be chosen."""
    stored = settings.MODELTRANSLATION_LANGUAGES
    messages = [
        Error(
            f"Readers can choose the language “{code}”, but no text is stored in it.",
            hint="Let both follow from DJANGO_LANGUAGES: networks/docs/languages.md says how a language is added.",
            id="networks.E002",
        )
        for code in language_codes()
        if stored_language(code) not in stored
    ]
    messages += [
        Error(
            f"Texts are stored in the language “{code}”, but readers cannot choose it.",
            hint="Let both follow from DJANGO_LANGUAGES: networks/docs/languages.md says how a language is retired.",
            id="networks.E002",
        )
        for code in stored
        if code not in language_codes() and settings.SITE_LANGUAGES.get(code) != RETIRED
    ]
    messages += [
        Error(
            f"The columns of the language “{code}” belong to the product, but no text is stored in it.",
            hint=f"Put it back. If readers should not be offered it, write {code}:retired in DJANGO_LANGUAGES.",
            id="networks.E006",
        )
        for code in PRODUCT_LANGUAGES
        if code not in stored
    ]
    if {settings.LANGUAGE_CODE, settings.MODELTRANSLATION_DEFAULT_LANGUAGE} != {SERBIAN}:
        messages.append(
            Error(
                "The first language of the site is not Serbian, from which missing texts are taken.",
                hint=f"Set LANGUAGE_CODE and MODELTRANSLATION_DEFAULT_LANGUAGE to “{SERBIAN}”.",
                id="networks.E002",
            )
        )
    return messages


@register(Tags.models)
def renamed_fields_are_there(**kwargs) -> list[CheckMessage]:
    """The names in `renamed_fields` are those that revisions hold, so that no text is lost at the next publish."""
    return [*wrongly_renamed_fields(Network), *wrongly_renamed_fields(Page)]


def wrongly_renamed_fields(model: type[RevisedModel]) -> Iterator[CheckMessage]:
    held = {*content_fields(model), *translated_fields(model)}
    endings = tuple(f"_{language}" for language in settings.MODELTRANSLATION_LANGUAGES)
    for former, present in model.renamed_fields.items():
        if present not in held:
            problem = f"there is no field “{present}” that revisions hold"
            hint = "Name the field as the model has it now. A field that was dropped is left out."
        elif former in held:
            problem = f"there still is a field “{former}”"
            hint = "Give the new field another name: older revisions hold the text of the former one under it."
        elif present in translated_fields(model) and former.endswith(endings):
            problem = f"“{present}” is a translated field, and “{former}” one of its columns"
            hint = "Leave the language out of the old name, too."
        else:
            continue
        yield Error(
            f"{model.__name__}.renamed_fields says {former} → {present}, but {problem}.",
            hint=hint,
            id="networks.E003",
        )


@register(Tags.caches)
def cache_is_not_in_the_database(**kwargs) -> list[CheckMessage]:
    """What a page reads was true at one moment, for which its transaction must not write."""
    return [
        Error(
            f"The cache “{name}” is in the database, where it would be written while pages are read.",
            hint="Set CACHE_URL to locmemcache:// or redis://host:6379/0.",
            id="networks.E004",
        )
        for name, cache in settings.CACHES.items()
        if cache["BACKEND"] == "django.core.cache.backends.db.DatabaseCache"
    ]


# Checks of the database, which `migrate` runs before it writes, and the server before it starts


@register(Tags.database)
def database_is_whole(databases: Collection[str] | None = None, **kwargs) -> list[CheckMessage]:
    """A database of SQLite is read through."""
    messages = []
    for alias in databases or ():
        connection = connections[alias]
        if connection.vendor != "sqlite":
            continue
        try:
            with connection.cursor() as cursor:
                cursor.execute("PRAGMA quick_check(1)")
                problem = cursor.fetchone()[0]
        except DatabaseError as error:
            problem = str(error)
        if problem != "ok":
            messages.append(
                Error(
                    f"The database {connection.settings_dict['NAME']} cannot be used: {problem}.",
                    hint="Stop the site and restore the last backup, as networks/docs/backup.md says.",
                    id="networks.E001",
                )
            )
    return messages


@register(Tags.database)
def languages_without_columns_hold_no_text(databases: Collection[str] | None = None, **kwargs) -> list[CheckMessage]:
    """
    Before a migration loses the columns of a language that was removed, somebody has decided about its texts.

    Of one that the settings say is dropped, this is silent, so that the site starts without it before its texts are
    dropped. `migrate` refuses to run anything as long as they are there.
    """
    messages = []
    for alias in databases or ():
        try:
            texts = sorted(texts_of_removed_languages(alias))
        except DatabaseError:  # which is told elsewhere; the server may start before its database
            continue
        messages += [
            Error(
                f"Texts of a language that was removed still stand in the column {column} of {table}: {count}.",
                hint=(
                    f"Put the language back: add {language} or {language}:retired to DJANGO_LANGUAGES. If its texts "
                    f"are not needed any more, write {language}:dropped there, and run {PROGRAM} language retire "
                    f"{language} --drop, which exports them first."
                ),
                id="networks.E005",
            )
            for table, column, language, count in texts
            if settings.SITE_LANGUAGES.get(language) != DROPPED
        ]
    return messages
