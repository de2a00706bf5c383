"""The start page of the admin, which shows a user what waits, and the menu beside every page."""

import json
import re
from collections import Counter
from collections.abc import Collection, Iterable
from datetime import date, timedelta
from functools import cache, lru_cache, reduce
from itertools import groupby
from operator import itemgetter, or_

from django.contrib.admin.models import ADDITION, DELETION, LogEntry
from django.contrib.admin.templatetags.admin_urls import admin_urlname
from django.contrib.auth import get_permission_codename
from django.contrib.auth.models import User
from django.db import connection, models
from django.db.models import Count, F, Q, Subquery
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.text import capfirst
from django.utils.translation import gettext, ngettext

from citynetworks.labels import name_in_label
from networks.admin.guide import is_new
from networks.admin.newest_revisions import newest_content, with_newest_headings
from networks.admin.review import ANSWERED_BY, events_of_row, last_submission
from networks.admin.second_factor import must_enrol
from networks.languages import (
    ENGLISH,
    SERBIAN,
    best_text,
    columns_of,
    language_of_column,
    stored_languages,
    translation_languages,
)
from networks.links.record import dead_link_count
from networks.models import CityProfile, Event, Network, Operation, Page, RevisedModel, Revision, Schedule
from networks.models.revised_model import RevisedQuerySet
from networks.reading import Reader
from networks.revisions.content import changed_fields, select_current_fields
from networks.revisions.newest_columns import RECORD_GAPS
from networks.revisions.unit_answers import waiting_answers
from networks.revisions.verification import is_due, last_due_day

SHOWN = 5  # of a long group; a link leads to the rest
MOST_OF_A_WEEK = 50

REVISED_MODELS = (Network, Page)

# Queries of rows begin with RevisedQuerySet and not with the manager: modeltranslation looks through each step of a
# query for names without a language, and takes longer for that than the database for the answer.

# The columns of a row that its item needs; all others are long, and many rows are shown
ITEM_FIELDS = {model: (*columns_of(model.heading_field), "slug", "deleted_at") for model in REVISED_MODELS}
ITEM_FIELDS_OF_RELATED = [
    f"{model._meta.model_name}__{name}" for model, names in ITEM_FIELDS.items() for name in names
]


def may(user: User, action: str, model: type[models.Model]) -> bool:
    return user.has_perm(f"{model._meta.app_label}.{get_permission_codename(action, model._meta)}")


def is_seen_by(user: User) -> Q:
    """Return the condition that something belongs to a row of a model that a user may view; none if that is all."""
    seen = [model for model in REVISED_MODELS if may(user, "view", model)]
    if len(seen) == len(REVISED_MODELS):
        return Q()
    return reduce(or_, (Q(**{f"{model._meta.model_name}__isnull": False}) for model in seen), Q(pk__in=[]))


def list_url(model: type[models.Model], query: str = "") -> str:
    url = reverse(admin_urlname(model._meta, "changelist"))
    return f"{url}?{query}" if query else url


def row_url(row: models.Model, page: str = "change") -> str:
    return reverse(admin_urlname(row._meta, page), args=[row.pk])


STATES = ("all", "published", "draft", "submitted", "scheduled", "bin", "due", "outdated")


@lru_cache(maxsize=1)
def state_counts_sql(last_due: date) -> tuple[str, tuple]:
    """
    Return the SQL of `state_counts` and its parameters, for the last day of which a verification is due.

    It depends on nothing else. Django takes longer to put it together than the database to answer it.
    """
    is_here, is_draft = Q(deleted_at=None), Q(is_published=False) | Q(head__isnull=False) & ~Q(head=F("live"))

    def counts(model: type[RevisedModel]) -> models.QuerySet:
        scheduled = Schedule.objects.filter(**{model._meta.model_name: models.OuterRef("pk")})
        conditions = [
            is_here,
            is_here & Q(is_published=True),
            is_here & is_draft,
            is_here & Q(submitted_at__isnull=False),
            is_here & Q(is_scheduled=True),
            Q(deleted_at__isnull=False),
            is_here & is_due(last_due) if model is Network else Q(pk__lt=0),  # none
            is_here & ~Q(outdated_newest=[]),
        ]
        rows = RevisedQuerySet(model).order_by().annotate(is_scheduled=models.Exists(scheduled))
        return rows.values(of=models.Value(model._meta.model_name)).annotate(
            **{f"count_{name}": Count("pk", filter=each) for name, each in zip(STATES, conditions, strict=True)}
        )

    first, *others = map(counts, REVISED_MODELS)
    return first.union(*others, all=True).order_by().query.sql_with_params()


def state_counts() -> dict[type[RevisedModel], dict[str, int]]:
    """Return how many rows of each model there are in each state: the tabs of the lists. One query."""
    with connection.cursor() as cursor:
        cursor.execute(*state_counts_sql(last_due_day()))
        found = {name: counts for name, *counts in cursor.fetchall()}
    none = [0] * len(STATES)
    return {
        model: dict(zip(STATES, found.get(model._meta.model_name, none), strict=True)) for model in REVISED_MODELS
    }


def counts_of(request: HttpRequest, model: type[RevisedModel]) -> dict[str, int]:
    """Return the counts of a model's rows by state, read once in a request: menu, start page and list show them."""
    if not hasattr(request, "state_counts"):
        request.state_counts = state_counts()
    return request.state_counts[model]


# The menu


def menu(request: HttpRequest, app_list: list[dict]) -> list[list[dict]]:
    """
    Return the groups of the menu: what a user may open of `app_list`, which is the table of models of Django.

    Beside a form it has no counts, which take a query: whoever edits has something before them.
    """
    is_form = request.resolver_match.url_name.endswith(("_add", "_change"))
    counts = {model: {} if is_form else counts_of(request, model) for model in REVISED_MODELS}
    listed = {entry["model"]: entry for app in app_list for entry in app["models"] if entry["admin_url"]}
    items: list[list[dict]] = [[{"name": gettext("What waits"), "url": reverse("admin:index")}], []]
    for model in REVISED_MODELS:
        if entry := listed.pop(model, None):
            items[0].append({"name": entry["name"], "url": entry["admin_url"], "count": counts[model].get("all")})
        if model is Network and entry:
            due, url = counts[Network].get("due"), reverse("admin:networks_network_due")
            items[0].append({"name": gettext("Due to be confirmed"), "url": url, "count": due})
            if may(request.user, "publish", Network):
                url = reverse("admin:networks_network_answers")
                items[0].append({"name": gettext("Answers of the units"), "url": url})
    items[1] = [{"name": capfirst(entry["name"]), "url": entry["admin_url"]} for entry in listed.values()]
    items[1].append({"name": gettext("Guide"), "url": reverse("admin:guide")})
    every = [item for group in items for item in group]
    here = max((item["url"] for item in every if request.path.startswith(item["url"])), key=len, default="")
    for item in every:
        item["is_current"] = item["url"] == here
        item["is_here"] = item["url"] == request.path
    to_publish = [model for model in REVISED_MODELS if may(request.user, "publish", model)]
    waiting = sum(counts[model].get("submitted", 0) for model in to_publish)
    items[0][0] |= {"count": waiting or None, "waits": True}
    return [group for group in items if group]


def lazy_menu(request: HttpRequest, app_list: list[dict]) -> SimpleLazyObject:
    """Return the menu, which is made when a template shows it: popups and the log-in have none."""
    return SimpleLazyObject(lambda: menu(request, app_list))


# The start page


def home_context(request: HttpRequest) -> dict:
    user, reader = request.user, Reader()
    models_of_user = [model for model in REVISED_MODELS if may(user, "view", model)]
    to_publish = [model for model in REVISED_MODELS if may(user, "publish", model)]
    # What there is none of is not looked for.
    counts = {model: counts_of(request, model) for model in models_of_user}
    has_drafts = any(each["draft"] for each in counts.values())
    returned, drafts = drafts_of(user, models_of_user) if has_drafts else ([], [])
    waiting = sorted(
        (
            row
            for model in models_of_user
            if counts[model]["submitted"]
            for row in submitted_rows(model, None if model in to_publish else user)
        ),
        key=lambda row: row.submitted_at,
    )
    has_plans = any(each["scheduled"] for each in counts.values())
    plans, more_plans = schedule_days(user, reader) if has_plans else ([], False)
    return {
        "returned": [returned_item(row, reader) for row in returned],
        "drafts": [{**item(row, reader), "when": reader.moment(row.head.created_at)} for row in drafts[:SHOWN]],
        "more_drafts": more_links(request, models_of_user, "state=mine") if len(drafts) > SHOWN else [],
        "may_publish": bool(to_publish),
        "must_enrol": must_enrol(user),
        "is_new": bool(models_of_user) and is_new(user),
        "waiting": [waiting_item(row, reader) for row in waiting[:SHOWN]],
        "more_waiting": more_links(request, models_of_user, "state=submitted") if len(waiting) > SHOWN else [],
        "schedule_days": plans,
        "more_schedules": more_links(request, models_of_user, "state=scheduled") if more_plans else [],
        "week": week(user, reader),
        "shown": SHOWN,
        "last_operations": last_operations(reader) if may(user, "change", CityProfile) else [],
        **needs_context(request, reader),
    }


def item(row: RevisedModel, reader: Reader) -> dict:
    """Return the newest name of a row, or its slug, and the URL of its form."""
    return {"row": row, "name": reader.text(row, row.heading_field) or row.slug, "url": row_url(row)}


def more_links(request: HttpRequest, of_models: Iterable[type[RevisedModel]], query: str) -> list[dict]:
    """Return links to the lists with the rest of a group: "networks", "pages"."""
    return [{"name": model._meta.verbose_name_plural, "url": list_url(model, query)} for model in of_models]


@lru_cache(maxsize=64)
def drafts_sql(user_pk: int, of_models: tuple[type[RevisedModel], ...]) -> tuple[str, tuple]:
    """
    Return the SQL of the query that finds the drafts of a user, and its parameters. They depend on nothing else.

    Those that were returned come first, then the newest. The columns: the name of the model, the primary key, that of
    the author, when it was saved, the number of the published version, and the event by which it was returned.
    """

    def drafts(model: type[RevisedModel]) -> models.QuerySet:
        key = f"{model._meta.model_name}_id"
        written = Revision.objects.filter(author=user_pk, **{f"{key}__isnull": False}).order_by()
        submitted = Event.objects.filter(author=user_pk, kind=Event.Kind.SUBMITTED, **{f"{key}__isnull": False})
        answers = events_of_row(model).filter(kind__in=ANSWERED_BY)
        is_returned = Q(submitter=user_pk, answer=Event.Kind.RETURNED)
        returned_by = models.Case(models.When(is_returned, then=Subquery(answers.values("pk")[:1])))
        rows = (
            RevisedQuerySet(model)
            .outside_bin()
            .with_draft()
            # By indexes, so that last events are looked for in few rows
            .filter(pk__in=written.values(key).union(submitted.order_by().values(key)))
            .filter(submitted_at=None, head__isnull=False)
            .alias(answer=Subquery(answers.values("kind")[:1]), submitter=last_submission(model, "author"))
            .filter(Q(head__author=user_pk) | is_returned)
            .annotate(of=models.Value(model._meta.model_name), at=F("head__created_at"), returned_by=returned_by)
        )
        return rows.order_by().values_list("of", "pk", "head__author", "at", "live__number", "returned_by")

    first, *others = map(drafts, of_models)
    found = first.union(*others, all=True).order_by(F("returned_by").desc(nulls_last=True), "-at")
    return found[: 10 * SHOWN].query.sql_with_params()


def drafts_of(user: User, of_models: Collection[type[RevisedModel]]) -> tuple[list, list]:
    """
    Return the drafts that a user submitted and got back, and the few that he or she wrote last; the newest first.

    `returned` of one of the first is the event by which it was returned to the user; it was not published since.
    """
    by_name = {model._meta.model_name: model for model in of_models}
    with connection.cursor() as cursor:
        cursor.execute(*drafts_sql(user.pk, tuple(of_models)))
        found = cursor.fetchall()
    events = Event.objects.annotate(number=F("revision__number")).in_bulk([each[-1] for each in found if each[-1]])
    returned, own = {}, []
    for name, pk, author, at, live_number, returned_by in found:
        event = events.get(returned_by)
        if event and (event.number or 0) > (live_number or 0):
            returned[name, pk] = event
        elif author == user.pk:
            own.append((at, name, pk))
    shown = {*returned, *((name, pk) for _at, name, pk in sorted(own, reverse=True)[: SHOWN + 1])}
    drafts: list[RevisedModel] = []
    for name, model in by_name.items():
        pks = [pk for each, pk in shown if each == name]
        rows = RevisedQuerySet(model).filter(pk__in=pks).select_related("head")
        rows = rows.only(*ITEM_FIELDS[model], "head__created_at", "head__author")
        for row in with_newest_headings(rows) if pks else ():
            row.returned = returned.get((name, row.pk))
            drafts.append(row)
    drafts.sort(key=lambda row: row.head.created_at, reverse=True)
    return [row for row in drafts if row.returned], [row for row in drafts if not row.returned]


def returned_item(row: RevisedModel, reader: Reader) -> dict:
    event = row.returned
    return {**item(row, reader), "who": reader.unmarked(event.author_name), "why": reader.unmarked(event.explanation)}


def submitted_rows(model: type[RevisedModel], submitter: User | None = None) -> list[RevisedModel]:
    """
    Return the rows that wait for somebody who publishes, those that wait longest first, with both contents.

    With a submitter, only those that this user has submitted.
    """
    rows = RevisedQuerySet(model).outside_bin().filter(submitted_at__isnull=False, head__isnull=False)
    if submitter is not None:
        rows = rows.alias(submitter=last_submission(model, "author")).filter(submitter=submitter.pk)
    needed = ("submitted_at", "submitted_by", "head__content", "head__comment", "live__content")
    rows = rows.select_related("head", "live").only(*ITEM_FIELDS[model], *needed)
    return with_newest_headings(rows.order_by("submitted_at", "pk")[: SHOWN + 1])


def waiting_item(row: RevisedModel, reader: Reader) -> dict:
    changed = len(changed_fields(type(row), row.live.content, row.head.content)) if row.live else None
    return {
        **item(row, reader),
        "who": reader.unmarked(row.submitted_by),
        "when": reader.moment(row.submitted_at),
        "remark": reader.unmarked(row.head.comment),
        "changes": gettext("Not on the site yet")
        if changed is None
        else ngettext("%(count)d field changed", "%(count)d fields changed", changed) % {"count": changed},
        "url": row_url(row, "review"),
    }


def schedule_days(user: User, reader: Reader) -> tuple[list[dict], bool]:
    """Return what is scheduled next, by day, and whether there is more."""
    seen = Schedule.objects.filter(is_seen_by(user)).select_related("network", "page")
    plans = list(seen.only("at", "action", *ITEM_FIELDS_OF_RELATED)[: SHOWN + 1])
    days = [
        {
            "day": day,
            "plans": [
                {
                    **item(plan.row, reader),
                    "time": f"{timezone.localtime(plan.at):%H:%M}",
                    "action": plan.get_action_display(),
                }
                for plan in plans_of_day
            ],
        }
        for day, plans_of_day in groupby(plans[:SHOWN], key=lambda plan: reader.date(plan.at))
    ]
    return days, len(plans) > SHOWN


def needs_context(request: HttpRequest, reader: Reader) -> dict:
    """
    Return what the list needs, each with the URL of the filtered list, and how complete each language is.

    The first network without a translation is there too, with the URL of the field to begin with.
    """
    user, needs, languages = request.user, [], []
    first = None
    if may(user, "view", Network):
        counts = network_gaps()
        counts.update(counts_of(request, Network))
        in_english = translation_languages() == [ENGLISH]
        first = first_untranslated(reader) if counts["untranslated"] and may(user, "change", Network) else None
        due = counts["due"]
        needs += [
            (
                counts["untranslated"],
                ngettext(
                    "%(count)d network is not all in English",
                    "%(count)d networks are not all in English",
                    counts["untranslated"],
                )
                if in_english
                else ngettext(
                    "%(count)d network is not all translated",
                    "%(count)d networks are not all translated",
                    counts["untranslated"],
                ),
                list_url(Network, "english=missing"),
            ),
            (
                counts["outdated"],
                ngettext(
                    "%(count)d network with outdated English",
                    "%(count)d networks with outdated English",
                    counts["outdated"],
                )
                if in_english
                else ngettext(
                    "%(count)d network with an outdated translation",
                    "%(count)d networks with outdated translations",
                    counts["outdated"],
                ),
                list_url(Network, "english=outdated"),
            ),
            (
                due,
                ngettext(
                    "%(count)s membership is due to be confirmed",
                    "%(count)s memberships are due to be confirmed",
                    due,
                ),
                reverse("admin:networks_network_due"),
            ),
            (
                counts["without_contact"],
                ngettext(
                    "%(count)d network without a contact",
                    "%(count)d networks without a contact",
                    counts["without_contact"],
                ),
                list_url(Network, "contact=missing"),
            ),
            (
                counts["fee"],
                ngettext(
                    "%(count)d membership without the fee of this year",
                    "%(count)d memberships without the fee of this year",
                    counts["fee"],
                ),
                list_url(Network, "record=fee"),
            ),
            (
                counts["title"],
                ngettext(
                    "%(count)d network with a document without English title",
                    "%(count)d networks with documents without English titles",
                    counts["title"],
                )
                if in_english
                else ngettext(
                    "%(count)d network with a document whose title is not translated",
                    "%(count)d networks with documents whose titles are not translated",
                    counts["title"],
                ),
                list_url(Network, "record=title"),
            ),
        ]
        languages = completeness(counts)
    if may(user, "view", Page):
        count = counts_of(request, Page)["outdated"]
        text = (
            ngettext("%(count)d page with outdated English", "%(count)d pages with outdated English", count)
            if translation_languages() == [ENGLISH]
            else ngettext(
                "%(count)d page with an outdated translation", "%(count)d pages with outdated translations", count
            )
        )
        needs.append((count, text, list_url(Page, "english=outdated")))
    if user.has_perm("networks.view_link"):
        count = dead_link_count()
        text = ngettext("%(count)s link does not work any more", "%(count)s links do not work any more", count)
        needs.append((count, text, f"{reverse('admin:networks_link_changelist')}?state=dead"))
    if may(user, "change", CityProfile) and (missing := missing_in_profile()):
        text = gettext("The city profile lacks: %(fields)s") % {"fields": ", ".join(missing)}
        needs.append((len(missing), text, list_url(CityProfile)))
    if may(user, "publish", Network):
        count = waiting_answers().count()
        text = ngettext(
            "%(count)s answer of a unit waits to be looked at",
            "%(count)s answers of the units wait to be looked at",
            count,
        )
        needs.append((count, text, reverse("admin:networks_network_answers")))
    items = [{"text": text % {"count": count}, "url": url, "first": None} for count, text, url in needs if count]
    if first:
        items[0]["first"] = first
    return {"needs": items, "languages": languages}


def last_operations(reader: Reader) -> list[str]:
    """Return when the site was last backed up, and when it was last tried whether a backup can be restored."""
    texts = {
        Operation.Kind.BACKUP: (gettext("Last backup: %(when)s"), gettext("No backup of the site was ever made.")),
        Operation.Kind.RESTORE_DRILL: (
            gettext("Last restore drill: %(when)s"),
            gettext("It was never tried whether the site can be restored from a backup."),
        ),
    }
    done = Operation.objects.filter(kind__in=texts, succeeded=True).order_by().values_list("kind")
    last = dict(done.annotate(models.Max("finished_at")))
    return [
        text % {"when": reader.moment(last[kind])} if kind in last else never for kind, (text, never) in texts.items()
    ]


def network_gaps() -> Counter[str]:
    """
    Return how many networks lack a translation, a contact or a part of the record, and how many each language has.
    """
    counts: Counter[str] = Counter()
    networks = RevisedQuerySet(Network).outside_bin().order_by()
    for gaps, count in networks.values_list("gaps_newest").annotate(Count("pk")):
        counts["untranslated"] += count if gaps.get("missing") else 0
        counts["without_contact"] += count if gaps.get("contact") else 0
        for name, has_gap in RECORD_GAPS.items():
            counts[name] += count if has_gap(gaps) else 0
        for language in gaps.get("written", ()):
            counts[language] += count
    return counts


@cache
def first_untranslated_sql(names: tuple[str, ...]) -> tuple[str, tuple]:
    """Return the SQL of the query of `first_untranslated`, which depends on the columns of the name alone."""
    networks = RevisedQuerySet(Network).outside_bin().exclude(gaps_newest__missing=[])
    networks = networks.order_by(*Network._meta.ordering).annotate(newest_content=newest_content())
    columns = networks.values_list("pk", "slug", "gaps_newest", "newest_content", *names)
    return columns[:1].query.sql_with_params()


def first_untranslated(reader: Reader) -> dict | None:
    """Return the first network, in the city's order, that has a text without a translation, and the URL of that."""
    names = columns_of("name")
    with connection.cursor() as cursor:
        cursor.execute(*first_untranslated_sql(names))
        found = cursor.fetchone()
    if found is None:
        return None
    pk, slug, gaps, content, *texts = found
    texts = dict(zip(names, texts, strict=True))
    if content is not None:
        texts = select_current_fields(Network, json.loads(content))
    name = reader.text_of(*best_text("name", reader.language, texts.get))
    column = json.loads(gaps)["missing"][0]
    return {"name": name or slug, "url": f"{list_url(Network)}{pk}/change/#id_{column}"}


PROFILE_FIELDS = (
    *(*columns_of("city_name"), "coat_of_arms", *columns_of("introduction")),
    *("address_sr", "email", "phone", "website", "licence_name"),
)
# RFC 2606: nobody reads what is sent there. The demo has such an address.
EXAMPLE_DOMAINS = re.compile(r"[@.](example(\.(org|com|net))?|invalid|test)$")


def missing_in_profile() -> list[str]:
    """Return the labels of the fields of the city profile that readers need and that are not filled in."""
    profile = CityProfile.objects.current()
    return [
        str(CityProfile._meta.get_field(name).verbose_name)
        for name in PROFILE_FIELDS
        if not getattr(profile, name) or (name == "email" and EXAMPLE_DOMAINS.search(profile.email.lower()))
    ]


def completeness(counts: dict[str, int]) -> list[dict]:
    """Return how many networks have a name, a summary and a description in each language that is written."""
    names = {SERBIAN: gettext("Serbian"), ENGLISH: gettext("English")}
    translations = translation_languages()
    # Of one translation, the count is there already.
    outdated = outdated_by_language() if len(translations) > 1 else dict.fromkeys(translations, counts["outdated"])
    return [
        {
            "name": names.get(language) or capfirst(name_in_label(language)),
            "written": counts[language],
            "all": counts["all"],
            "outdated": outdated.get(language, 0),
        }
        for language in stored_languages()
        if counts["all"]
    ]


def outdated_by_language() -> Counter[str]:
    """Return how many networks have an outdated translation, by language."""
    rows = Network.objects.outside_bin().exclude(outdated_newest=[]).order_by()
    columns = rows.values_list("outdated_newest", flat=True)
    return Counter(language for each in columns for language in {*map(language_of_column, each)})


def week(user: User, reader: Reader) -> list[dict]:
    """Return who did what in the last seven days, the newest first, of what the user may view."""
    since = timezone.now() - timedelta(days=7)
    is_seen, list_urls = is_seen_by(user), {model: list_url(model) for model in REVISED_MODELS}
    done: list[dict] = []
    kinds = dict(Event.Kind.choices)  # get_kind_display makes such a table for each event
    # Columns and no instances, of which there would be three for each of the hundred
    columns = ("created_at", "author_name", "network", "page", *ITEM_FIELDS_OF_RELATED)
    # By the primary key, which has an index, and so is read from the end.
    revisions = Revision.objects.filter(is_seen, created_at__gte=since).order_by("-pk")
    for revision in revisions.values(*columns, "number", "comment")[:MOST_OF_A_WEEK]:
        what = gettext("Draft saved") if revision["number"] > 1 else gettext("Written")
        done.append({**revision, "what": what, "why": revision["comment"]})
    events = Event.objects.filter(is_seen, created_at__gte=since).order_by("-pk")
    for event in events.values(*columns, "kind", "explanation")[:MOST_OF_A_WEEK]:
        done.append({**event, "what": kinds[event["kind"]], "why": event["explanation"]})
    done.sort(key=itemgetter("created_at"), reverse=True)
    items = [
        {
            **item_of_columns(each, reader, list_urls),
            "time": each["created_at"],
            "who": reader.unmarked(each["author_name"]),
            "what": each["what"],
            "why": reader.unmarked(each["why"]),
        }
        for each in done[:MOST_OF_A_WEEK]
    ]
    items += logged_actions(user, since, reader)
    items.sort(key=lambda each: each["time"], reverse=True)
    return [{**each, "when": reader.moment(each["time"])} for each in items[:MOST_OF_A_WEEK]]


def item_of_columns(columns: dict, reader: Reader, list_urls: dict[type[RevisedModel], str]) -> dict:
    """Return what `item` does for a row that is given by ITEM_FIELDS_OF_RELATED; without URL if it is in the bin."""
    model = Network if columns["page"] is None else Page
    row = model._meta.model_name
    heading = best_text(model.heading_field, reader.language, lambda column: columns[f"{row}__{column}"])
    name = reader.text_of(*heading)
    if columns[f"{row}__deleted_at"] is not None:
        return {"name": name}
    return {"name": name or columns[f"{row}__slug"], "url": f"{list_urls[model]}{columns[row]}/change/"}


def logged_actions(user: User, since, reader: Reader) -> list[dict]:
    """Return what was done with themes, accounts and the like, which have no revisions."""
    entries = LogEntry.objects.filter(action_time__gte=since).select_related("content_type", "user")
    entries = entries.exclude(
        content_type__app_label="networks",
        content_type__model__in=[model._meta.model_name for model in REVISED_MODELS],
    )
    verbs = {ADDITION: gettext("Added"), DELETION: gettext("Deleted")}
    return [
        {
            "name": reader.unmarked(entry.object_repr),
            "url": "" if entry.is_deletion() else entry.get_admin_url(),
            "time": entry.action_time,
            "who": reader.unmarked(entry.user.get_full_name() or entry.user.get_username()),
            "what": verbs.get(entry.action_flag, gettext("Changed")),
        }
        for entry in entries[:MOST_OF_A_WEEK]
        # Of a model that is gone there may be no content type.
        if entry.content_type and (model := entry.content_type.model_class()) and may(user, "view", model)
    ]
