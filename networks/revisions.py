"""
The one door for writing a network.

A revision is what somebody wrote: the whole content of a network, as JSON. The row of the network is what citizens
see. All writing goes through the functions below, each in one transaction that holds the row of the network:

    save        a new version, merged with what others have written meanwhile; citizens go on seeing what they saw
    publish     a version becomes what citizens see, and what is new in it goes on the public record of changes;
                `withdraw` takes the network off the site, and `publish_own` leaves out what others have not finished
    schedule    either of them at a time to come; `apply_due` does what has fallen due
    discard     back to what citizens see
    restore     an old version becomes the newest
    delete      into the bin, with its history, logo and address; `undelete` puts it back
    undo        back to how `standing` found it before a publish, a withdraw or a delete

Content is a dictionary by the names of the model's fields, as `content_of` makes it: text without space around it and
with \\n for a line break, rich text sanitised, dates and numbers as text, themes as a sorted list of their slugs, a
picture as its name, width and height.
"""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import DatabaseError, IntegrityError, models, transaction
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from networks.changes import told, withdrawal
from networks.content_version import raise_version
from networks.models import Change, Event, Network, PreviewLink, Revision, SavedForm, Schedule, Theme, free_slug
from networks.pictures import PictureField
from networks.previews import end_links
from networks.reading import translated_fields
from networks.rich_text import RichTextField

logger = logging.getLogger(__name__)

Content = dict[str, Any]

# What has been called otherwise in older revisions: {old name: present name}. A migration that renames a field of
# Network adds it here; revisions themselves are never rewritten. A translated field is named once, without its
# languages. Where a field is renamed again, each of its old names leads to the present one.
RENAMED_FIELDS: dict[str, str] = {}

# How often an address is made anew that somebody else takes at the same moment
ATTEMPTS = 20

# Every process asks for new plans once in this time: see SchedulesMiddleware.
SOONEST = timedelta(seconds=1)

# How long after its first failure a plan is tried again, and the longest that is ever waited
FIRST_RETRY = timedelta(seconds=2)
LAST_RETRY = timedelta(hours=1)

FORMS_ARE_REMEMBERED = timedelta(days=30)

# What citizens never see
NOT_PUBLIC = {"internal_note"}

# Whether citizens see a network is no part of what is written about it.
NOT_CONTENT = {"is_published"}


class Conflict(Exception):
    """Two people have changed the same fields to different values. Nothing was saved."""

    def __init__(self, fields: list[str]):
        super().__init__(", ".join(fields))
        self.fields = fields


@dataclass(frozen=True)
class Merge:
    """What comes of two people's work: the content, and the fields that were taken over, or that both changed."""

    content: Content
    taken: list[str] = field(default_factory=list)
    conflicts: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Saved:
    """What a save came to. `taken` names the fields that a colleague had changed meanwhile."""

    network: Network
    revision: Revision
    taken: list[str] = field(default_factory=list)
    is_new: bool = True


# Content


@cache
def content_fields() -> dict[str, models.Field]:
    """Return the fields that make up the content of a network, by name."""
    # Of a translated field the columns of each language count, and not the one that they stand in for.
    left_out = {*NOT_CONTENT, *translated_fields(Network)}
    fields = [*Network._meta.fields, *Network._meta.many_to_many]
    return {
        each.name: each for each in fields if each.editable and not each.primary_key and each.name not in left_out
    }


def content_of(network: Network, themes: Iterable[Theme] | None = None) -> Content:
    """Return the content of a network as it stands in the instance, with the given themes or else its own."""
    content = {
        name: stored_value(each, getattr(network, name))
        for name, each in content_fields().items()
        if name != "themes"
    }
    return {**content, "themes": sorted(theme.slug for theme in (network.themes.all() if themes is None else themes))}


def stored_value(model_field: models.Field, value):
    """Return a value of a model field as revisions keep it."""
    if isinstance(model_field, PictureField):
        if not value:
            return None
        # As the row has them: the file may be far away, or lost.
        width, height = (
            getattr(value.instance, name) for name in (model_field.width_field, model_field.height_field)
        )
        return {"name": value.name, "width": width, "height": height}
    value = model_field.get_prep_value(value)
    if isinstance(value, Decimal):
        return f"{value:.{model_field.decimal_places}f}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str):
        # Browsers send \r\n; a version that differs in nothing else is no new version.
        return with_plain_line_ends(value)
    return "" if value is None and is_text(model_field) else value


def with_plain_line_ends(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def is_text(model_field: models.Field) -> bool:
    return isinstance(model_field, models.CharField | models.TextField) and model_field.empty_strings_allowed


def empty_value(model_field: models.Field):
    """Return what revisions keep of a field of a new network in which nothing is filled in."""
    if model_field.many_to_many:
        return []
    if isinstance(model_field, PictureField):
        return None
    return stored_value(model_field, model_field.get_default())


def renamed_columns() -> dict[str, str]:
    """Return RENAMED_FIELDS as revisions keep them: a translated field by its columns."""
    names = {}
    for former, present in RENAMED_FIELDS.items():
        if present in translated_fields(Network):
            names |= {f"{former}_{each}": f"{present}_{each}" for each in settings.MODELTRANSLATION_LANGUAGES}
        else:
            names[former] = present
    return names


def known(content: Mapping) -> Content:
    """Return what a revision says of the fields that networks have now, under their present names."""
    renamed = renamed_columns()
    present = {renamed[name]: value for name, value in content.items() if name in renamed}
    present |= {name: value for name, value in content.items() if name not in renamed}
    return {name: present[name] for name in content_fields() if name in present}


def complete(content: Mapping) -> Content:
    """Return the content with all fields that networks have now; those a revision does not know are empty."""
    return {name: empty_value(each) for name, each in content_fields().items()} | known(content)


def current(content: Mapping) -> Content:
    """Return the complete content without themes that are no more."""
    content = complete(content)
    existing = Theme.objects.filter(slug__in=content["themes"]).values_list("slug", flat=True)
    return content | {"themes": sorted(existing)}


def normalised(content: Mapping) -> Content:
    """Return the fields that are given, each written as revisions keep it. Raises ValidationError."""
    result, errors = {}, {}
    for name, value in known(content).items():
        model_field = content_fields()[name]
        if model_field.many_to_many or isinstance(model_field, PictureField):
            result[name] = value
            continue
        try:
            value = model_field.to_python(value)
            if isinstance(model_field, RichTextField):
                # Before it is sanitised, which would drop the address of a link without a word.
                model_field.run_validators(value or "")
            result[name] = stored_value(model_field, value)
        except ValidationError as error:
            errors[name] = error
    if errors:
        raise ValidationError(errors)
    return result


def changed_fields(before: Mapping, after: Mapping) -> list[str]:
    """Return the names of the fields in which two contents differ, in the order of the model."""
    before, after = complete(before), complete(after)
    return [name for name in content_fields() if before[name] != after[name]]


def merge(base: Mapping, theirs: Mapping, mine: Mapping) -> Merge:
    """
    Bring together two contents that both began with `base`.

    A field that only one side changed, or that both changed alike, is as that side has it. Where both changed a
    field differently, it is in `conflicts`, and the content has mine.
    """
    base, theirs, mine = complete(base), complete(theirs), complete(mine)
    content, taken, conflicts = {}, [], []
    for name in content_fields():
        content[name] = mine[name]
        if theirs[name] in (mine[name], base[name]):
            continue
        if mine[name] == base[name]:
            content[name] = theirs[name]
            taken.append(name)
        else:
            conflicts.append(name)
    return Merge(content, taken, conflicts)


def network_with(row: Network, content: Mapping) -> Network:
    """
    Return a network that has the content, and all else from the row. Nothing is written.

    Its themes are those of the content that still exist. A value that cannot be read any more is left empty, for
    what is only looked at.
    """
    content = complete(content)
    values = {}
    for name, model_field in content_fields().items():
        if name == "themes":
            continue
        if isinstance(model_field, PictureField):
            picture = content[name] or {}
            values |= {
                name: picture.get("name", ""),
                model_field.width_field: picture.get("width"),
                model_field.height_field: picture.get("height"),
            }
            continue
        try:
            values[name] = model_field.to_python(content[name])
        except ValidationError:  # of a time when the field took other values
            values[name] = model_field.to_python(empty_value(model_field))
    for each in Network._meta.concrete_fields:
        if each.name not in values and each.name not in translated_fields(Network):
            values[each.attname] = getattr(row, each.attname)
    network = Network(**values)
    network._state.adding, network._state.db = row._state.adding, row._state.db
    network._prefetched_objects_cache = {"themes": Theme.objects.filter(slug__in=content["themes"])}
    return network


# Writing


def save(
    network: Network | None,
    content: Mapping,
    *,
    author: AbstractBaseUser | None,
    base: Revision | None = None,
    comment: str = "",
    token: str = "",
    said: Mapping | None = None,
) -> Saved:
    """
    Write a version of a network, or the first version of a new one. Citizens see it when it is published.

    `base` is the revision that the author began with; without it, the newest one. What others have written since is
    taken over. Where nothing differs from the newest version, none is made. `token` is that of the form that was
    saved, `said` what stood in it before it was merged with what others wrote.

    Raises Conflict, or ValidationError with the messages by field.
    """
    content = normalised(content)
    with transaction.atomic():
        if network is None:
            saved = Saved(*create(content, author=author, comment=comment))
        else:
            row = lock(network)
            refuse_in_bin(row)
            refuse_foreign(row, base)
            head = current(row.head.content)
            first = current((base or row.head).content)
            if not content.get("slug"):
                content["slug"] = head["slug"]
            merged = merge(first, head, current(first | content))
            if merged.conflicts:
                raise Conflict(merged.conflicts)
            if changed_fields(head, merged.content):
                row, revision = write(row, merged.content, author=author, comment=comment)
                saved = Saved(row, revision, merged.taken)
            else:
                saved = Saved(row, row.head, merged.taken, is_new=False)
        if token:
            content = saved.revision.content if said is None else said
            remember_form(token, author, saved.network, revision=saved.revision, content=content)
    return saved


def create(content, *, author, comment):
    row = Network()
    for attempts_left in reversed(range(ATTEMPTS)):
        try:
            network = validated(row, content)
            save_row(network)
            break
        except ValidationError as error:
            # Somebody has taken the address that was made here, before it was validated or after; there are others.
            if content.get("slug") or "slug" not in error.message_dict or not attempts_left:
                raise
    revision = add_revision(network, content_of(network), comment=comment, **signed(author))
    point(network, head=revision)
    return network, revision


def write(row, content, *, author, comment="", restored_from=None):
    """Make a revision, which becomes the newest one, and return the row and it."""
    network = validated(row, content)
    revision = add_revision(row, content_of(network), restored_from=restored_from, comment=comment, **signed(author))
    if not row.is_published:
        save_row(network)
        row = network
    point(row, head=revision)
    return row, revision


def validated(row, content):
    """Return the network with the content, whose slug is made where it is empty; raise ValidationError."""
    network = network_with(row, complete(content) | normalised(content))
    if not network.slug:
        network.slug = row.slug or free_slug(network, network.heading)
    network.full_clean(exclude=translated_fields(Network))
    return network


def save_row(network):
    """Write the network and its themes as they stand in the instance."""
    themes = list(network._prefetched_objects_cache.pop("themes"))
    try:
        with transaction.atomic():
            network.save()
    except IntegrityError:
        # Somebody else has taken the address since it was validated, or what is hidden was never validated by the
        # rules of today. Of anything else, nobody at the desk can be told what to correct.
        network.validate_unique()
        network.validate_constraints()
        raise
    network.themes.set(themes)


def point(row, **values):
    """Write where a network stands, without touching its content or the time of its last change."""
    Network.objects.filter(pk=row.pk).update(**values)
    for name, value in values.items():
        setattr(row, name, value)


def lock(network: Network) -> Network:
    """Return the row anew, and let nobody else write it until the transaction ends."""
    row = Network.objects.select_for_update(no_key=True).get(pk=network.pk)
    if row.head_id is None:
        # What loaddata or a script has written past this door is a version too, from when somebody first works on it.
        loaded = add_revision(row, content_of(row), created_at=row.changed_at)
        row.changes.filter(revision=None).update(revision=loaded)
        if row.is_published:
            tell(row, loaded, happened_at=row.changed_at)
        point(row, head=loaded, live=loaded if row.is_published else None)
    return row


def newest(network: Network) -> Revision:
    """Return the version that somebody who opens the network goes on from."""
    if network.head_id is None:
        with transaction.atomic():
            row = lock(network)
        network.head, network.live = row.head, row.live
    return network.head


def add_revision(row, content, **details):
    last = row.revisions.first()
    revision = Revision(
        network=row, number=last.number + 1 if last else 1, content=content, parent=row.head or last, **details
    )
    revision.clean_fields(exclude=["content"])
    revision.save()
    return revision


def signed(author: AbstractBaseUser | None) -> dict:
    return {"author": author, "author_name": name_of(author)}


def name_of(author: AbstractBaseUser | None) -> str:
    return (author.get_full_name() or author.get_username()) if author else ""


def record(row, kind, author, revision=None, **details):
    if isinstance(author, Schedule):  # done at its time, in the name of who planned it
        details |= {"author": author.author, "author_name": author.author_name, "planned_for": author.at}
    else:
        details |= signed(author)
    return Event.objects.create(network=row, kind=kind, revision=revision, **details)


def claim_form(token: str, user: AbstractBaseUser) -> SavedForm:
    """
    Return the record of a form that is about to be saved. No other request can save it until this transaction ends.

    It says what the form has made already, if it was sent before.
    """
    # Where another transaction has written or locked it and goes on, this waits for its end.
    saved, _is_first = SavedForm.objects.select_for_update().get_or_create(token=token, user=user)
    return saved


def remember_form(
    token: str,
    user: AbstractBaseUser,
    row: models.Model | None = None,
    *,
    revision: Revision | None = None,
    content: Mapping | None = None,
) -> None:
    """
    Note what was saved with the form that has the token.

    Of a network, also what the form said and which version was the newest after it.

    Browsers are told so for as long as they may ask: 30 days.
    """
    now = timezone.now()
    SavedForm.objects.filter(saved_at__lt=now - FORMS_ARE_REMEMBERED).delete()
    written = {"saved_at": now, "revision": revision, "content": content}
    if row is not None:
        written |= {"content_type": ContentType.objects.get_for_model(row), "object_id": row.pk}
    SavedForm.objects.update_or_create(token=token, user=user, defaults=written)


# What citizens see


def publish(network: Network, *, author, revision: Revision | None = None) -> Network:
    """Make a version, or else the newest one, what citizens see. Raises ValidationError."""
    with transaction.atomic():
        row = lock(network)
        refuse_in_bin(row)
        refuse_foreign(row, revision)
        revision = revision or row.head
        if row.is_published and row.live_id == revision.pk:
            return row
        before = row.live
        row.is_published, row.live = True, revision
        if revision == row.head:
            row.submitted_at, row.submitted_by = None, ""
        network = validated(row, revision.content)
        changed_at = row.changed_at
        save_row(network)
        if before and not {*changed_fields(before.content, revision.content)} - NOT_PUBLIC:
            point(network, changed_at=changed_at)  # for citizens nothing has changed
        # What was planned for this version or an older one must not come back over it.
        network.schedules.filter(action=Schedule.Action.PUBLISH, revision__number__lte=revision.number).delete()
        record(network, Event.Kind.PUBLISHED, author, revision)
        tell(network, revision, before)
    return network


def unpublished(row: Network) -> list[Revision]:
    """Return the versions that led from what citizens see to the newest one, the oldest first."""
    newer = {each.pk: each for each in row.revisions.filter(number__gt=row.live.number if row.live else 0)}
    found, pk = [], row.head_id
    while pk in newer:
        found.append(newer[pk])
        pk = newer[pk].parent_id
    for each in found:
        each.parent = newer.get(each.parent_id, row.live if each.parent_id == row.live_id else each.parent)
    return found[::-1]


def unfinished(row: Network, user: AbstractBaseUser) -> list[Revision]:
    """Return the versions that others have written since somebody submitted or planned one, or citizens saw one."""
    submitted = row.events.filter(kind=Event.Kind.SUBMITTED).order_by("-pk").first() if row.submitted_at else None
    plan = row.schedules.filter(action=Schedule.Action.PUBLISH).first()
    # Of a network that is off the site, citizens have seen what was published last.
    seen = None if row.live else row.events.filter(kind=Event.Kind.PUBLISHED).order_by("-pk").first()
    passed = max((each.revision.number for each in (submitted, plan, seen) if each and each.revision), default=0)
    differing = {*changed_fields(row.live.content if row.live else {}, row.head.content)}
    return [
        each
        for each in unpublished(row)
        if each.number > passed
        # What no person wrote was loaded or imported, and nobody is still at it.
        and each.author_name
        and each.author_id != user.pk
        and (each.parent is None or differing & {*changed_fields(each.parent.content, each.content)})
    ]


def own_changes(row: Network, user: AbstractBaseUser) -> tuple[Content, list[str]]:
    """
    Return what citizens see with only the changes that somebody has made to it since, and the fields left out.

    Those are left out in which the person went on from what a colleague had written.
    """
    own, left_out = current(row.live.content), []
    for revision in unpublished(row):
        if revision.author_id != user.pk or revision.parent is None:
            continue
        before, after = current(revision.parent.content), current(revision.content)
        for name in changed_fields(before, after):
            if name not in left_out and before[name] == own[name]:
                own[name] = after[name]
            elif after[name] != own[name] and name not in left_out:
                left_out.append(name)
    return own, left_out


def publish_own(network: Network, *, author, head: Revision) -> Network:
    """
    Publish what the author has changed, without what others have: theirs becomes a draft on top of it, version by
    version. `head` is the version that the author has seen. Raises ValidationError.
    """
    with transaction.atomic():
        row = lock(network)
        refuse_in_bin(row)
        if row.head_id != head.pk:
            raise ValidationError(_("Somebody has saved a newer version meanwhile."))
        if not row.is_published:
            raise ValidationError(_("The network is not on the site."))
        drafts, submitted = unpublished(row), {"submitted_at": row.submitted_at, "submitted_by": row.submitted_by}
        own, _left_out = own_changes(row, author)
        if not changed_fields(row.live.content, own):
            raise ValidationError(_("There are no changes of your own to publish."))
        plan = row.schedules.filter(action=Schedule.Action.PUBLISH, revision=head).first()
        point(row, head=row.live)
        _row, mine = write(row, own, author=author)
        row = publish(row, author=author, revision=mine)
        content = complete(mine.content)
        for draft in drafts:
            after = complete(draft.content)
            changed = changed_fields(draft.parent.content if draft.parent else {}, after)
            written = content | {name: after[name] for name in changed}
            if changed_fields(content, written):
                written_by = {"author": draft.author, "author_name": draft.author_name, "comment": draft.comment}
                point(row, head=add_revision(row, written, **written_by))
                content = written
        if row.has_draft:
            point(row, **submitted)
            PreviewLink.objects.filter(revision=head).update(revision=row.head)
            if plan:
                Schedule.objects.create(
                    network=row,
                    action=plan.action,
                    at=plan.at,
                    revision=row.head,
                    author=plan.author,
                    author_name=plan.author_name,
                )
    return row


def tell(row, revision, before=None, happened_at=None):
    """
    Put on the public record what citizens see with a version and did not see before.

    `before` is the version that they saw until now; without it, what they saw when they last saw any.
    """
    last = row.changes.select_related("revision").order_by("-pk").first()
    if before is None and last is None:
        changes = [Change(kind=Change.Kind.ADDED)]
    else:
        changes = told(current((before or last.revision).content), current(revision.content))
        if before is None and last.kind == Change.Kind.WITHDRAWN:
            changes.insert(0, Change(kind=Change.Kind.ADDED))
    put_on_record(row, revision, changes, happened_at)


def put_on_record(row, revision, changes, happened_at=None):
    happened_at = happened_at or timezone.now()
    for change in changes:
        change.network, change.revision, change.happened_at = row, revision, happened_at
    Change.objects.bulk_create(changes)
    if changes:
        raise_version()  # for no signal tells of rows that are written at once


def withdraw(network: Network, *, author) -> Network:
    """Take the network off the site. All that is written stays."""
    with transaction.atomic():
        row = lock(network)
        if not row.is_published:
            return row
        live = row.live
        network = hide(row)
        end_links(network.revisions.filter(pk=live.pk))
        network.schedules.filter(action=Schedule.Action.WITHDRAW).delete()
        record(network, Event.Kind.WITHDRAWN, author, live)
    return network


def hide(row):
    """Take the row off the site. From now on it holds its newest version."""
    if row.is_published:
        put_on_record(row, row.live, [withdrawal(current(row.live.content))])
    row.is_published, row.live = False, None
    network = network_with(row, row.head.content)
    if Network.objects.filter(slug=network.slug).exclude(pk=row.pk).exists():
        # The address that the draft asks for was free when it was written. The draft says so when it is next saved.
        network.slug = row.slug
    save_row(network)
    return network


def discard(network: Network, *, author) -> Network:
    """Go back to what citizens see. The discarded versions stay in the history."""
    with transaction.atomic():
        row = lock(network)
        if not row.is_published:
            raise ValidationError(_("There is nothing published to go back to."))
        if row.head_id == row.live_id:
            return row
        discarded = row.head
        end_links(row.revisions.filter(number__gt=row.live.number))
        point(row, head=row.live, submitted_at=None, submitted_by="")
        for plan in row.schedules.filter(action=Schedule.Action.PUBLISH):
            cancel(plan, author=author)
        record(row, Event.Kind.DISCARDED, author, discarded)
    return row


def submit(network: Network, *, author) -> Network:
    """Put the newest version before the publishers."""
    with transaction.atomic():
        row = lock(network)
        refuse_in_bin(row)
        if not row.has_draft:
            raise ValidationError(_("There is no draft to publish."))
        point(row, submitted_at=timezone.now(), submitted_by=name_of(author))
        record(row, Event.Kind.SUBMITTED, author, row.head)
    return row


# History and bin


def restore(network: Network, revision: Revision, *, author) -> Saved:
    """
    Make an old version the newest one, as a draft. Raises ValidationError where it is not valid any more.

    Fields that the old version does not know stay as they are.
    """
    with transaction.atomic():
        row = lock(network)
        refuse_in_bin(row)
        refuse_foreign(row, revision)
        head = current(row.head.content)
        content = current(head | known(revision.content))
        if not changed_fields(head, content):
            return Saved(row, row.head, is_new=False)
        return Saved(*write(row, content, author=author, restored_from=revision))


def delete(network: Network, *, author) -> Network:
    """Take the network off the site and put it into the bin."""
    with transaction.atomic():
        row = lock(network)
        if row.deleted_at is not None:
            return row
        network = hide(row)
        network.schedules.all().delete()
        end_links(network.revisions.all())
        point(network, deleted_at=timezone.now(), deleted_by=name_of(author), submitted_at=None, submitted_by="")
        record(network, Event.Kind.DELETED, author, network.head)
    return network


def undelete(network: Network, *, author) -> Network:
    """Put the network back from the bin, as a draft."""
    with transaction.atomic():
        row = lock(network)
        if row.deleted_at is None:
            return row
        point(row, deleted_at=None, deleted_by="")
        record(row, Event.Kind.UNDELETED, author, row.head)
    return row


def standing(row: Network) -> dict[str, Any]:
    """Return what `undo` needs to know of a network before it is published, withdrawn or deleted."""
    links = PreviewLink.objects.filter(revision__network=row, is_kept=False, revoked_at=None)
    found = {
        "live": row.live_id if row.is_published else None,
        "head": row.head_id,
        "submitted_at": row.submitted_at and row.submitted_at.isoformat(),
        "submitted_by": row.submitted_by,
        "links": list(links.values_list("pk", flat=True)),
        "plans": [
            {
                "action": plan.action,
                "at": plan.at.isoformat(),
                "revision_id": plan.revision_id,
                "author_id": plan.author_id,
                "author_name": plan.author_name,
            }
            for plan in row.schedules.all()
        ],
    }
    return {name: value for name, value in found.items() if value}  # it is kept in a session, for many at once


def last_event(row: Network) -> int:
    """Return the number of the last thing that was done with a network."""
    return row.events.aggregate(last=models.Max("pk"))["last"] or 0


def undo(network: Network, before: Mapping, event: int, *, author) -> bool:
    """
    Let a network stand again as it did before an event: on the site or not, in the bin or not, submitted, planned.

    What was written since stays, as a draft. Where something was done with the network since, nothing is changed,
    and the result is False. Raises ValidationError.
    """
    with transaction.atomic():
        row = lock(network)
        if row.events.filter(pk__gt=event).exclude(kind=Event.Kind.SUBMITTED).exists():
            return False
        submitted = {"submitted_at": row.submitted_at, "submitted_by": row.submitted_by}
        row = undelete(row, author=author)
        if live := row.revisions.filter(pk=before.get("live")).first():
            row = publish(row, author=author, revision=live)
        else:
            row = withdraw(row, author=author)
        if "submitted_at" in before and row.head_id == before.get("head"):
            submitted = {
                "submitted_at": datetime.fromisoformat(before["submitted_at"]),
                "submitted_by": before["submitted_by"],
            }
        point(row, **(submitted if row.has_draft else {"submitted_at": None, "submitted_by": ""}))
        PreviewLink.objects.filter(pk__in=before.get("links", ()), revision__network=row).update(revoked_at=None)
        for plan in before.get("plans", ()):
            at = datetime.fromisoformat(plan["at"])
            if at > timezone.now() and not row.schedules.filter(action=plan["action"]).exists():
                Schedule.objects.create(network=row, **{**plan, "at": at})
    return True


def refuse_in_bin(row):
    if row.deleted_at is not None:
        raise ValidationError(_("This network is in the bin. Put it back first."))


def refuse_foreign(row, revision):
    if revision is not None and revision.network_id != row.pk:
        raise ValueError(f"Version {revision} is of another network than {row.pk}.")


# Schedules


def schedule(network: Network, action: str, at: datetime, *, author) -> Schedule:
    """
    Plan to publish the newest version, or to take the network off the site. One plan of each kind at a time.

    Raises ValidationError for a time that has passed, and for what cannot be done.
    """
    with transaction.atomic():
        row = lock(network)
        refuse_in_bin(row)
        if at < timezone.now() + SOONEST:
            raise ValidationError({"at": _("This time has passed. Choose one that is still to come.")})
        plans = {each.action: each for each in row.schedules.all()}
        if action == Schedule.Action.PUBLISH:
            if not row.has_draft:
                raise ValidationError(_("There is no draft to publish."))
            published_then = network_with(row, row.head.content)
            published_then.is_published = True
            published_then.full_clean(exclude=translated_fields(Network))
            kind, revision, other = Event.Kind.SCHEDULED, row.head, plans.get(Schedule.Action.WITHDRAW)
            is_in_order = not other or row.is_published or at < other.at
        else:
            kind, revision, other = Event.Kind.WITHDRAWAL_SCHEDULED, None, plans.get(Schedule.Action.PUBLISH)
            if not row.is_published and other is None:
                raise ValidationError(_("The network is not on the site."))
            is_in_order = not other or row.is_published or other.at < at
        if not is_in_order:
            raise ValidationError({"at": _("The network must be published before it is taken off the site.")})
        row.schedules.filter(action=action).delete()
        plan = Schedule.objects.create(network=row, action=action, revision=revision, at=at, **signed(author))
        record(row, kind, author, row.head, planned_for=at)
    return plan


def cancel(plan: Schedule, *, author) -> None:
    """Drop a plan. One that has been carried out or dropped already is left alone."""
    with transaction.atomic():
        row = lock(plan.network)
        if row.schedules.filter(pk=plan.pk).delete()[0]:
            record(row, Event.Kind.CANCELLED, author, plan.revision, planned_for=plan.at)


def apply_due(now: datetime | None = None) -> int:
    """Do what was planned for a time up to now. Return how many plans were carried out."""
    now, count = now or timezone.now(), 0
    for plan in with_next_attempt().filter(next_attempt__lte=now).select_related("network"):
        try:
            count += apply(plan)
        except Exception:
            # One plan must not keep the others from being carried out, nor anybody from reading the site.
            logger.exception("The plan %s could not be carried out", plan)
            try:
                put_off(plan, now)
            except DatabaseError:  # then the plan has probably failed for the same reason
                logger.exception("That the plan %s failed could not be noted", plan)
    return count


def next_due() -> datetime | None:
    """Return the time of the next plan, or None where nothing is planned."""
    return with_next_attempt().aggregate(at=models.Min("next_attempt"))["at"]


def with_next_attempt() -> models.QuerySet[Schedule]:
    return Schedule.objects.annotate(next_attempt=Coalesce("retry_at", "at"))


def put_off(plan, now):
    """
    Note that a plan failed for a reason that no check foresees. It is tried again, each time after twice as long.

    Staff read so from the first failure on; what to do about it stands in the log of the server.
    """
    # A plan grows by no more than one failure, however many processes have tried it at the same time.
    same = Schedule.objects.filter(pk=plan.pk, failures=plan.failures)
    wait = min(FIRST_RETRY * 2 ** min(plan.failures, 20), LAST_RETRY)  # 20, lest it be more than can be counted
    with transaction.atomic():
        is_first = same.update(failures=plan.failures + 1, retry_at=now + wait) and plan.failures == 0
        if is_first:
            with override(settings.LANGUAGE_CODE):
                explanation = _(
                    "An error of the site itself. The site goes on trying; tell the person who looks after it."
                )
            record(plan.network, Event.Kind.FAILED, plan, plan.revision, explanation=explanation)


def apply(plan):
    """Carry out a plan, and say whether it was; one that fails is on record."""
    with transaction.atomic():
        row = lock(plan.network)
        # Unless another process was first: it has carried it out, or put it off
        plan = row.schedules.filter(pk=plan.pk, failures=plan.failures).first()
        if plan is None:
            return False
        plan.delete()
        # Nobody waits for an answer, so a failure stands in the history, and where the network is edited.
        with override(settings.LANGUAGE_CODE):
            try:
                with transaction.atomic():
                    carry_out(row, plan)
            except ValidationError as error:
                record(row, Event.Kind.FAILED, plan, plan.revision, explanation=in_words(error))
                return False
    return True


def carry_out(row, plan):
    if plan.action == Schedule.Action.PUBLISH:
        publish(row, author=plan, revision=plan.revision)
    elif row.is_published:
        withdraw(row, author=plan)
    else:
        raise ValidationError(_("The network is not on the site."))


def in_words(error: ValidationError) -> str:
    """Return the messages of an error, each after the label of its field."""
    if not hasattr(error, "error_dict"):
        return " ".join(error.messages)
    return " ".join(
        " ".join(messages) if name == NON_FIELD_ERRORS else f"{label(name)}: {' '.join(messages)}"
        for name, messages in error.message_dict.items()
    )


def label(name: str) -> str:
    """Return what a field of the content is called, such as 'description (in English)'; the name of a former one."""
    model_field = content_fields().get(name)
    return str(model_field.verbose_name) if model_field else name
