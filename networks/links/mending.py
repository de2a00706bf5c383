"""The drafts of the rows in which a link stands: write the new URL of a moved link into them, and read them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError

from networks.links.places import LinkingRow, Place, linking_fields, replaced_value, urls_of_field
from networks.models import Link, RevisedModel, Revision
from networks.revisions import drafts, storage
from networks.revisions.content import empty_value, select_current_fields


@dataclass
class Mending:
    """The rows whose newest revision has the new URL now, and the places that are left to be changed by hand."""

    drafts: list[RevisedModel] = field(default_factory=list)
    by_hand: list[Place] = field(default_factory=list)


def mend(link: Link, places: Iterable[Place], *, author: User) -> Mending:
    """
    Save a draft with the new URL of a moved link of each row in which it stands. Nothing public changes.

    In rows without drafts, or that the author may not change, it is to be changed by hand.

    Raise ValueError if the link has not moved.
    """
    if not link.moved_to:
        raise ValueError(f"{link} has not moved.")
    by_row: dict[LinkingRow, list[Place]] = {}
    for place in places:
        by_row.setdefault(place.row, []).append(place)
    mending = Mending()
    for row, places_of_row in by_row.items():
        permission = f"networks.change_{row._meta.model_name}"
        if isinstance(row, RevisedModel) and author.has_perm(permission) and save_draft(row, link, author):
            mending.drafts.append(row)
        else:
            mending.by_hand += places_of_row
    return mending


def changed_in_drafts(places: Mapping[str, Iterable[Place]]) -> set[tuple[str, Place]]:
    """Return those of the places of links, each with its URL, that the newest draft does not link from any more."""
    rows = {place.row for each in places.values() for place in each if isinstance(place.row, RevisedModel)}
    contents: dict[LinkingRow, Mapping] = {}
    for model in {type(row) for row in rows}:
        drafts_of_model = model.objects.published().with_draft().filter(pk__in=[row.pk for row in rows])
        for pk, content in drafts_of_model.values_list("pk", "head__content"):
            contents[model(pk=pk)] = select_current_fields(model, content)
    return {
        (url, place)
        for url, each in places.items()
        for place in each
        if place.row in contents
        if url
        not in urls_of_field(linking_fields(type(place.row))[place.field], contents[place.row].get(place.field))
    }


def save_draft(row: RevisedModel, link: Link, author: User) -> bool:
    """Save a draft with the new URL. Return whether the newest revision no longer links to the old one."""
    head = storage.newest_revision(row)
    content = select_current_fields(type(row), head.content)
    changed, is_left = {}, False
    for name, model_field in linking_fields(type(row)).items():
        before = content.get(name) or empty_value(model_field)
        after = replaced_value(model_field, before, link.url, link.moved_to)
        is_left = is_left or link.url in urls_of_field(model_field, after)
        if after != before:
            changed[name] = after
    if not changed:
        return not is_left
    comment = f"{link.url} → {link.moved_to}"[: Revision._meta.get_field("comment").max_length]
    try:
        drafts.save(row, {}, mended=changed, author=author, base=head, comment=comment)
    except (drafts.Conflict, ValidationError):
        # Somebody is changing the same link, or the draft is not valid: the form says what is wrong with it.
        return False
    return not is_left
