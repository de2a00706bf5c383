"""
Whether what is stored agrees with itself, as it does when only this code has written it.

Another program, an older release that ran on the newer schema, half a restored backup or a hand in the database may
leave rows that no revision has, words that search does not find, and files that are named and are not there.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import IntegrityError, connection, models, transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from citynetworks.environment import DROPPED
from networks.languages import SERBIAN
from networks.models import (
    CityProfile,
    ConfirmedTranslation,
    FormerNetworkSlug,
    FormerPageSlug,
    Network,
    OldAddress,
    Page,
    RevisedModel,
    Revision,
    Schedule,
)
from networks.models.lines import IDENTIFIER, LinesField
from networks.models.public_page import FormerSlug
from networks.page_store.version import current_version, raise_version
from networks.pictures import PictureField
from networks.reading import translated_fields
from networks.redirects import FILE_PREFIXES, page_exists, redirect_target
from networks.revisions import publishing, schedules, storage
from networks.revisions.content import (
    Content,
    changed_fields,
    complete_content,
    content_fields,
    content_of,
    related_fields,
    renamed_columns,
)
from networks.revisions.newest_columns import are_newest_columns_current, update_newest_columns
from networks.revisions.translations import confirmed_translations, outdated, sources_of, update_outdated

FORMER_SLUGS: dict[type[RevisedModel], type[FormerSlug]] = {Network: FormerNetworkSlug, Page: FormerPageSlug}
REVISED = (*FORMER_SLUGS,)
ROWS_AT_ONCE = 200

# Called with how many rows are done, and of how many
Report = Callable[[int, int], None]


@dataclass(frozen=True)
class Finding:
    """
    Something that does not agree: where, the path of its page in the admin, what, and what its repair does.

    Without a repair, people have to decide.
    """

    code: str
    where: str
    url: str
    problem: str
    advice: str
    repair: Callable[[], object] | None = field(default=None, repr=False, compare=False)


def findings(report: Report = lambda done, total: None) -> Iterator[Finding]:
    """Give all that does not agree. Repair nothing before the last one is read."""
    yield from findings_in_database()
    done, total = 0, sum(model._base_manager.count() for model in REVISED)
    themes = {name: known_slugs(each) for model in REVISED for name, each in related_fields(model).items()}
    for model in REVISED:
        rows = model._base_manager.order_by("pk").select_related("head", "live")
        for row in rows.prefetch_related(*related_fields(model)).iterator(chunk_size=ROWS_AT_ONCE):
            yield from findings_of_row(row, themes)
            done += 1
            report(done, total)
        yield from findings_of_former_slugs(model)
    yield from findings_of_schedules()
    yield from findings_of_translations()
    yield from findings_of_old_addresses()
    yield from findings_of_files()


def name_of(row: RevisedModel) -> str:
    return f"{row._meta.model_name} {row.pk}, {row.slug}"


def admin_url(model: type[models.Model], pk: int, view: str = "change") -> str:
    return reverse(f"admin:{model._meta.label_lower.replace('.', '_')}_{view}", args=[pk])


def known_slugs(model_field: models.ManyToManyField) -> set[str]:
    return {*model_field.related_model._default_manager.values_list("slug", flat=True)}


# The database


def findings_in_database() -> Iterator[Finding]:
    try:
        connection.check_constraints()
    except IntegrityError as error:
        yield Finding(
            "reference", "database", "", str(error), "Put a backup back, or delete the row that refers to nothing."
        )
    if not current_version() and any(model._base_manager.exists() for model in REVISED):
        yield Finding(
            "content_version",
            "database",
            "",
            "there is no content version, so finished pages may be of any age",
            "raises the content version",
            raise_version,
        )


# Rows, and the revisions that they have come from


def findings_of_row(row: RevisedModel, known: dict[str, set[str]]) -> Iterator[Finding]:
    """Give what is wrong with a row. `known` are the slugs of the rows that there are, by the name of a field."""
    repair = partial(repair_row, type(row), row.pk)
    found = partial(Finding, where=name_of(row), url=admin_url(type(row), row.pk), repair=repair)
    if row.deleted_at and row.is_published:
        problem, advice = "in the bin, and on the site", "Put it back from the bin, and delete it once more."
        yield Finding("published_in_bin", name_of(row), admin_url(type(row), row.pk), problem, advice)
        return
    wrong = wrong_pointers(row)
    if wrong:
        problem = f"its {' and '.join(wrong)} version is missing, or is that of another row"
        yield found(
            "version_missing", problem=problem, advice="names the version that has what visitors see, or adds one"
        )
    elif row.head and (differing := fields_apart(row, known)):
        seen = "visitors see" if row.is_published else "stands in the row"
        problem = f"what {seen} is in no version: {', '.join(differing)}"
        yield found(
            "row_apart", problem=problem, advice=f"adds a version with what {seen}; a draft stays on top of it"
        )
    elif double := fields_with_double_lines(row):
        problem = f"lines with the identifier of another one: {', '.join(double)}"
        yield found("double_lines", problem=problem, advice="gives each line its own, in a new version")
    if isinstance(row, Network) and row.search_text != row.make_search_text():
        yield found("search_text", problem="search reads other words than its page has", advice="writes them anew")
    if not wrong and not are_newest_columns_current(row):
        problem = "lists search, count and filter by another version than its newest"
        yield found("newest_columns", problem=problem, advice="computes anew what they use")
    if not wrong and row.head:
        confirmed = confirmed_translations(row)
        newest = outdated(row, row.head.content, confirmed)
        published = outdated(row, row.live.content, confirmed) if row.live else []
        if (newest, published) != (row.outdated_newest, row.outdated_published):
            problem = "lists show other translations as outdated than its form"
            yield found("outdated", problem=problem, advice="writes them anew")


def wrong_pointers(row: RevisedModel) -> list[str]:
    """Return which of its newest and its published version a row lacks or should not have."""
    key = f"{row._meta.model_name}_id"
    wrong = [
        name
        for name, revision in (("newest", row.head), ("published", row.live))
        if revision and getattr(revision, key) != row.pk
    ]
    if row.head is None:
        # What was loaded gets its first version when somebody works on it.
        return [*wrong, "newest"] if row.live or row.revisions.exists() else wrong
    if row.is_published != (row.live is not None):
        wrong.append("published")
    return wrong


def fields_apart(row: RevisedModel, known: dict[str, set[str]]) -> list[str]:
    """Return the fields in which a row differs from the version that it should have."""
    model = type(row)
    revision = row.live if row.is_published else row.head
    content = complete_content(model, revision.content if revision else {})
    for name, slugs in known.items():
        if name in content:
            content[name] = [slug for slug in content[name] if slug in slugs]  # others were deleted since
    return changed_fields(model, content, content_of(row))


def fields_with_double_lines(row: RevisedModel) -> list[str]:
    contents = [each.content for each in (row.head, row.live) if each]
    return [
        name
        for name, each in content_fields(type(row)).items()
        if isinstance(each, LinesField)
        and any(are_double(lines) for lines in (getattr(row, name), *(content.get(name, []) for content in contents)))
    ]


def are_double(lines: list[dict[str, Any]]) -> bool:
    identifiers = Counter(str(line.get("id")) for line in lines)
    return any(count > 1 or not IDENTIFIER.fullmatch(each) for each, count in identifiers.items())


def repair_row(model: type[RevisedModel], pk: int) -> None:
    """
    Let a row, its versions and what is computed agree, without losing what visitors see or staff have written.

    What stands in the row becomes a version by nobody. Raise ValidationError if it cannot be one.
    """
    with transaction.atomic():
        row = model._base_manager.select_for_update(no_key=True).get(pk=pk)
        repair_pointers(row)
        if row.head:
            repair_content(row)
        row = model._base_manager.get(pk=pk)
        if isinstance(row, Network) and row.search_text != row.make_search_text():
            storage.update_row(row, search_text=row.make_search_text())
        update_outdated(row)
        update_newest_columns(row)
        raise_version()


def repair_pointers(row: RevisedModel) -> None:
    own = {*row.revisions.values_list("pk", flat=True)}
    if row.head_id not in own:
        storage.update_row(row, head=row.revisions.first())
    if row.live_id not in own or not row.is_published:
        storage.update_row(row, live=None)
    if row.is_published and row.head and not row.live:
        seen = content_of(row)
        same = (each for each in row.revisions.all() if complete_content(type(row), each.content) == seen)
        storage.update_row(row, live=next(same, None))


def repair_content(row: RevisedModel) -> None:
    model, comment = type(row), _("This stood in the database, and in no version.")
    known = {name: known_slugs(each) for name, each in related_fields(model).items()}
    double = fields_with_double_lines(row)
    if fields_apart(row, known) or (double and any(are_double(getattr(row, name)) for name in double)):
        seen: Content = content_of(row)
        if row.is_published:
            row = publishing.publish_part(row, seen, author=None)
            row.revisions.filter(pk=row.live_id).update(comment=comment)
        else:
            row, _revision = storage.write_revision(row, seen, author=None, comment=comment)
    head = storage.newest_revision(row).content
    mended = {
        name: content_fields(model)[name].to_python(head[name]) for name in double if are_double(head.get(name, []))
    }
    if mended:
        storage.write_revision(row, head | mended, author=None, comment=comment)


def findings_of_former_slugs(model: type[RevisedModel]) -> Iterator[Finding]:
    for former in FORMER_SLUGS[model]._base_manager.filter(slug__in=model._base_manager.values("slug")):
        problem = "another page has this address, so it leads nowhere"
        yield Finding("former_slug", f"former address {former}", "", problem, "forgets it", former.delete)


# What belongs to rows


def findings_of_schedules() -> Iterator[Finding]:
    rows = (f"{each._meta.model_name}__live" for each in REVISED)
    plans = [*Schedule.objects.select_related("revision", *rows)]
    will_be_published = {plan.row for plan in plans if plan.action == Schedule.Action.PUBLISH}
    for schedule in plans:
        row, revision = schedule.row, schedule.revision
        key = f"{row._meta.model_name}_id"
        if row.deleted_at:
            problem = "is in the bin"
        elif schedule.action == Schedule.Action.WITHDRAW:
            problem = "" if row.is_published or row in will_be_published else "is not on the site"
        elif revision is None or getattr(revision, key) != row.pk:
            problem = "has no such version"
        else:
            is_older = row.live is not None and revision.number <= row.live.number
            problem = "has a newer version on the site" if is_older else ""
        if problem:
            yield Finding(
                "schedule",
                name_of(row),
                admin_url(type(row), row.pk, "schedule"),
                f"on {schedule.at:%Y-%m-%d %H:%M} UTC it is to {schedule.action}, and it {problem}",
                "cancels the schedule",
                partial(schedules.cancel, schedule, author=None),
            )


def findings_of_translations() -> Iterator[Finding]:
    # What was confirmed of their texts says which are outdated if they are put back.
    dropped = [code for code, state in settings.SITE_LANGUAGES.items() if state == DROPPED]
    for model in REVISED:
        key, columns = str(model._meta.model_name), {*sources_of(model, retired=True)}
        columns |= {name for name, present in renamed_columns(model).items() if present in columns}
        names = [*translated_fields(model), *model.renamed_fields]
        columns |= {f"{name}_{code}" for name in names for code in dropped}
        stray = ConfirmedTranslation.objects.filter(**{f"{key}__isnull": False}).exclude(column__in=columns)
        for column in stray.order_by().values_list("column", flat=True).distinct():
            rows = stray.filter(column=column)
            yield Finding(
                "confirmed_translation",
                f"{key}: {column}",
                "",
                f"confirmed translations of a field that there is not: {rows.count()}",
                "forgets them",
                rows.delete,
            )


def findings_of_old_addresses() -> Iterator[Finding]:
    for address in OldAddress.objects.all():
        path, _mark, query = address.old_path.partition("?")
        target = redirect_target(path, query, SERBIAN)
        if target is None:
            problem = "leads in a circle"
        elif (
            target.startswith("/") and not target.startswith(FILE_PREFIXES) and not page_exists(target.split("?")[0])
        ):
            problem = f"leads to {target}, where there is no page"
        else:
            continue
        yield Finding(
            "old_address", address.old_path, admin_url(OldAddress, address.pk), problem, "Correct or delete it."
        )


# Files


def named_files() -> dict[str, tuple[str, str, int | None]]:
    """Return the files that rows and versions name: where, the path of that page in the admin, and the size."""
    wanted: dict[str, tuple[str, str, int | None]] = {}
    profile = CityProfile.objects.current()
    if profile.coat_of_arms:
        wanted[profile.coat_of_arms.name] = "city profile", admin_url(CityProfile, profile.pk), None
    for model in REVISED:
        for row in model._base_manager.prefetch_related(*related_fields(model)).iterator(chunk_size=ROWS_AT_ONCE):
            for name, size in files_of(model, content_of(row)):
                wanted.setdefault(name, (name_of(row), admin_url(type(row), row.pk), size))
        key = f"{model._meta.model_name}_id"
        revisions = Revision.objects.filter(**{f"{key}__isnull": False}).order_by("pk")
        for pk, number, content in revisions.values_list(key, "number", "content").iterator(chunk_size=ROWS_AT_ONCE):
            for name, size in files_of(model, content):
                if name not in wanted:
                    url = admin_url(model, pk, "history")
                    wanted[name] = f"{model._meta.model_name} {pk}, version {number}", url, size
    return wanted


def findings_of_files() -> Iterator[Finding]:
    """Give the files that rows and versions name and that are not there, or are not whole."""
    for name, (where, url, size) in sorted(named_files().items()):
        if not default_storage.exists(name):
            problem = f"the file {name} is missing"
        elif size is not None and default_storage.size(name) != size:
            problem = f"the file {name} has {default_storage.size(name)} bytes instead of {size}"
        else:
            continue
        advice = "Put it back from a backup, or choose another file in the form."
        yield Finding("file_missing", where, url, problem, advice)


def files_of(model: type[RevisedModel], content: Content) -> Iterator[tuple[str, int | None]]:
    """Give the name of each file in a content, with its size if that is known."""
    for name, each in content_fields(model).items():
        value = content.get(name)
        if isinstance(each, PictureField) and value:
            yield value["name"], None
        elif isinstance(each, LinesField):
            for line in value or []:
                if "file" in line:
                    yield line["file"]["name"], line["file"].get("size")
