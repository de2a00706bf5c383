"""Everything that has a URL, everybody who may ask for it, and what each URL takes: for tests that ask for all."""

import re
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.contrib.auth.tokens import default_token_generator
from django.contrib.contenttypes.models import ContentType
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.urls import get_resolver
from django.utils import timezone, translation
from django.utils.http import urlsafe_base64_encode

from networks.models import CityProfile, ConfirmationLink, Link, Network, OldAddress, Page, PreviewLink, Schedule
from networks.revisions import drafts, previews, publishing, schedules, storage, unit_answers
from tests.makers import make_profile, make_theme
from tests.second_factor import give_second_factor

LANGUAGES = {"sr": "", "sr-latn": "sr-latn/", "en": "en/"}
PASSWORD = "a long enough password"
NEW_PASSWORD = "another password, as long"
PK, UNPUBLISHED, IN_BIN = 654321, 654322, 654323
UNIT = "Служба"
DIGEST = "0123456789abcdef" * 2 + "01234567"
DOCUMENT = {
    "id": "0d0c0001",
    "kind": "decision",
    "title_sr": "Одлука",
    "file": {"name": f"documents/{DIGEST}.pdf", "size": 5, "pages": 1, "sha256": "ab" * 32, "warnings": []},
}
MOVED = "http://localhost/moved/"  # a link, on this site itself, so that no other is asked

# A signed-in account that is no staff has every right that a role can have, and is let in nowhere all the same.
ROLES = ["anonym", "account", "staff", "editor", "publ", "admin", "super"]
GROUPS = {"account": "administrators", "editor": "editors", "publ": "publishers", "admin": "administrators"}


@dataclass
class Asked:
    """What is asked of an address beside the plain GET: its query or what is posted, and of which row."""

    data: dict = field(default_factory=dict)
    arguments: dict[str, object] = field(default_factory=dict)
    prepare: object = None


def action(name, pk=PK):
    return Asked({"action": name, "_selected_action": [pk], "post": "yes", "unsubmitted": "on", "index": 0})


def edited():
    asked = action("edit")
    return Asked({**asked.data, "responsible_unit": "Changed"})


def network_form(**typed):
    return {"name_sr": "Промењено", "slug": "changed", "status": "left", "base": 3, **typed}


def page_form(**typed):
    return {"title_sr": "Промењено", "slug": "changed", "base": 3, **typed}


def account_form(**typed):
    joined = {"date_joined_0": "2026-05-01", "date_joined_1": "12:00:00"}
    return {"username": "changed", "is_active": "on", "is_staff": "on", **joined, **typed}


def schedule_form():
    tomorrow = timezone.localtime() + timedelta(days=1)
    return {"action": "publish", "at_0": tomorrow.strftime("%Y-%m-%d"), "at_1": tomorrow.strftime("%H:%M")}


PASSWORDS = {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD, "usable_password": "true"}


PROFILE = {"city_name_sr": "Промењено", "site_title_sr": "Промењено"}


YES = {"post": "yes"}


def without_plan():
    Schedule.objects.all().delete()


def with_seen_facts():
    """Let the answer to the membership name what the page has shown of it."""
    seen = unit_answers.stated_digest(Network.objects.get(pk=PK))
    REQUESTS["public:confirmation"]["POST"].data[f"{PK}-seen"] = seen


def with_file():
    """Upload a file that changes a network. It is read to its end each time."""
    file = SimpleUploadedFile("networks.csv", f"id,revision,source\n{PK},3,changed".encode())
    REQUESTS["admin:networks_network_import"]["POST file"].data["file"] = file


def with_second_factor():
    give_second_factor(User.objects.get(pk=PK))


def submitted():
    for model in (Network, Page):
        drafts.submit(model.objects.get(pk=PK), author=None)


def without_profile():
    CityProfile.objects.all().delete()


# The models with revisions, whose addresses are the same
REVISED = ["network", "page"]


def requests_of(model, form):
    """Return what is asked of the addresses of a model with revisions."""
    return {
        f"admin:networks_{model}_changelist": {
            "POST publish": action("publish"),
            "POST withdraw": action("withdraw"),
            "POST submit": action("submit"),
            "POST delete": action("delete_selected"),
            **({name: action(name.split()[1]) for name in ("POST verify", "POST export") if model == "network"}),
            **({"POST edit": edited()} if model == "network" else {}),
        },
        f"admin:networks_{model}_add": {
            "POST": Asked(form(_save="1")),
            "POST publish": Asked(form(_publish="1")),
        },
        f"admin:networks_{model}_change": {
            "GET bin": Asked(arguments={"object_id": IN_BIN}),
            "POST": Asked(form(_save="1")),
            "POST publish": Asked(form(_publish="1")),
            "POST submit": Asked(form(_submit="1")),
            "POST mend": Asked(form(_mend=f"{'title' if model == 'page' else 'name'}_sr::")),
            "POST bin": Asked(form(_save="1", base=1), arguments={"object_id": IN_BIN}),
        },
        f"admin:networks_{model}_delete": {
            "POST": Asked(YES),
            "POST bin": Asked(YES, arguments={"object_id": IN_BIN}),
        },
        f"admin:networks_{model}_history": {"GET bin": Asked(arguments={"object_id": IN_BIN})},
        f"admin:networks_{model}_compare": {"GET bin": Asked(arguments={"pk": IN_BIN})},
        f"admin:networks_{model}_preview": {"GET bin": Asked(arguments={"pk": IN_BIN})},
        f"admin:networks_{model}_undelete": {
            "GET": Asked(arguments={"pk": IN_BIN}),
            "POST": Asked(arguments={"pk": IN_BIN}),
        },
        f"admin:networks_{model}_review": {
            "GET bin": Asked(arguments={"pk": IN_BIN}),
            "POST": Asked({"remark": "Пази."}),
            "POST publish": Asked({"all": "1"}),
            "POST language": Asked({"language": "sr"}),
            "POST own": Asked({"own": "1"}),  # of somebody who has changed nothing
            "POST return": Asked({"return": "1", "remark": "Још једном."}, prepare=submitted),
            "POST recall": Asked({"recall": "1"}, prepare=submitted),
            "POST bin": Asked({"all": "1"}, arguments={"pk": IN_BIN}),
        },
        f"admin:networks_{model}_withdraw": {"POST bin": Asked(arguments={"pk": IN_BIN})},
        f"admin:networks_{model}_discard": {
            "GET unplanned": Asked(prepare=without_plan),
            "POST unplanned": Asked(prepare=without_plan),
            "POST bin": Asked(arguments={"pk": IN_BIN}),
        },
        f"admin:networks_{model}_recall": {
            "POST submitted": Asked(prepare=submitted),
            "POST bin": Asked(arguments={"pk": IN_BIN}),
        },
        f"admin:networks_{model}_submit": {"POST bin": Asked(arguments={"pk": IN_BIN})},
        f"admin:networks_{model}_restore": {"POST bin": Asked(arguments={"pk": IN_BIN})},
        f"admin:networks_{model}_schedule": {
            "POST": Asked(schedule_form()),
            "POST bin": Asked(schedule_form(), arguments={"pk": IN_BIN}),
        },
        f"admin:networks_{model}_links": {
            "POST": Asked({"days": 7}),
            "POST bin": Asked({"days": 7}, arguments={"pk": IN_BIN}),
        },
        f"live_preview:{model}": {"POST": Asked(form()), "POST bin": Asked(form(), arguments={"pk": IN_BIN})},
        f"live_preview:{model}_add": {"POST": Asked(form())},
        f"admin:networks_{model}_order": {
            "POST": Asked({"row": PK, "to": "place:2"}),
            "POST bin": Asked({"row": IN_BIN, "to": "place:1"}),
        },
        f"admin:networks_{model}_views": {"POST": Asked({"name": "Нацрти", "query": "state=draft"})},
        f"admin:networks_{model}_open": {"POST bin": Asked(arguments={"pk": IN_BIN})},
    }


REQUESTS = {
    "public:network": {
        "GET bin": Asked(arguments={"slug": "in-bin"}),
        "GET draft": Asked(arguments={"slug": "draft"}),
    },
    "public:network_picture": {
        "GET bin": Asked(arguments={"slug": "in-bin"}),
        "GET draft": Asked(arguments={"slug": "draft"}),
    },
    "public:page": {
        "GET bin": Asked(arguments={"slug": "page-in-bin"}),
        "GET draft": Asked(arguments={"slug": "page-draft"}),
    },
    "public:preview": {
        "GET link": Asked(arguments={"token": "link"}),
        "GET revoked": Asked(arguments={"token": "revoked"}),
        "GET forged": Asked(arguments={"token": "forged"}),
    },
    "public:confirmation": {
        "GET": Asked(arguments={"token": "unit"}),
        "GET revoked": Asked(arguments={"token": "unit revoked"}),
        "GET forged": Asked(arguments={"token": "forged"}),
        "POST": Asked({f"{PK}-kind": "changed", f"{PK}-text": "x"}, {"token": "unit"}, prepare=with_seen_facts),
        "POST revoked": Asked({f"{PK}-kind": "changed"}, {"token": "unit revoked"}),
        "POST forged": Asked({f"{PK}-kind": "changed"}, {"token": "forged"}),
    },
    "admin:login": {"POST": Asked({"username": "colleague", "password": PASSWORD})},
    "admin:password_change": {
        "POST": Asked({"old_password": PASSWORD, "new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD})
    },
    "admin:autocomplete": {
        "GET": Asked({"app_label": "networks", "model_name": "network", "field_name": "themes"}),
        "GET groups": Asked({"app_label": "auth", "model_name": "user", "field_name": "groups"}),
    },
    "admin:view_on_site": {
        "GET draft": Asked(arguments={"object_id": UNPUBLISHED}),
        "GET bin": Asked(arguments={"object_id": IN_BIN}),
        "GET account": Asked(arguments={"content_type_id": "user"}),
    },
    "admin:app_list": {"GET auth": Asked(arguments={"app_label": "auth"})},
    # Roles and accounts
    "admin:auth_group_changelist": {"POST delete": action("delete_selected")},
    "admin:auth_group_add": {"POST": Asked({"name": "added"})},
    "admin:auth_group_change": {"POST": Asked({"name": "changed"})},
    "admin:auth_group_delete": {"POST": Asked(YES)},
    "admin:auth_user_changelist": {"POST delete": action("delete_selected")},
    "admin:auth_user_add": {"POST": Asked({"username": "added", **PASSWORDS})},
    "admin:auth_user_change": {"POST": Asked(account_form())},
    "admin:auth_user_delete": {"POST": Asked(YES)},
    "admin:auth_user_password_change": {
        "POST": Asked({**PASSWORDS, "set-password": "1"}),
        "POST unset": Asked({"unset-password": "1", "usable_password": "false"}),
    },
    "admin:auth_group_second_factor": {"POST": Asked({"roles": [PK]})},
    "admin:auth_user_second_factor": {"POST": Asked(prepare=with_second_factor)},
    "admin:auth_user_password_link": {"POST revoke": Asked({"revoke": "1"})},
    "admin:auth_user_choose_password": {
        "GET": Asked(arguments={"token": "password"}),
        "GET forged": Asked(arguments={"token": "forged"}),
        "POST": Asked({"new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD}, {"token": "password"}),
    },
    # What has revisions
    **requests_of("network", network_form),
    **requests_of("page", page_form),
    "admin:networks_network_end": {
        "POST": Asked({"left": "2019", "status": "left", "becomes": "stays"}),
        "POST bin": Asked({"left": "2019", "status": "left"}, arguments={"pk": IN_BIN}),
    },
    # Confirmation
    "admin:networks_network_verify": {"POST bin": Asked(arguments={"pk": IN_BIN})},
    "admin:networks_network_export": {"POST": Asked({"version": "newest", "format": "csv"})},
    "admin:networks_network_import": {"POST file": Asked(prepare=with_file)},
    "admin:networks_network_unit_links": {"POST": Asked({"unit": UNIT, "days": 30})},
    "admin:networks_network_decide": {
        "POST": Asked({"decision": "refuse"}),
        "POST accept": Asked({"decision": "accept"}),
    },
    # Documents
    "document": {
        "GET bin": Asked(arguments={"slug": "in-bin"}),
        "GET draft": Asked(arguments={"slug": "draft"}),
        "GET kind": Asked(arguments={"kind": "report"}),
        "GET line": Asked(arguments={"line_id": "0d0c0002"}),
    },
    # The audit log
    "admin:networks_auditentry_changelist": {"POST delete": action("delete_selected")},
    # Links
    "admin:networks_link_changelist": {"POST delete": action("delete_selected")},
    # Themes, old addresses and the city profile
    "admin:networks_theme_changelist": {"POST delete": action("delete_selected")},
    "admin:networks_theme_add": {"POST": Asked({"name_sr": "Промењено", "slug": "added"})},
    "admin:networks_theme_change": {"POST": Asked({"name_sr": "Промењено"})},
    "admin:networks_theme_delete": {"POST": Asked(YES)},
    "admin:networks_oldaddress_changelist": {"POST delete": action("delete_selected")},
    "admin:networks_oldaddress_add": {"POST": Asked({"old_path": "/added/", "new_path": "/"})},
    "admin:networks_oldaddress_change": {"POST": Asked({"old_path": "/changed/", "new_path": "/"})},
    "admin:networks_oldaddress_delete": {"POST": Asked(YES)},
    "admin:networks_cityprofile_changelist": {"POST delete": action("delete_selected", 1)},
    "admin:networks_cityprofile_add": {
        "POST": Asked(PROFILE),
        "GET first": Asked(prepare=without_profile),
        "POST first": Asked(PROFILE, prepare=without_profile),
    },
    "admin:networks_cityprofile_change": {"POST": Asked(PROFILE)},
    "admin:networks_cityprofile_delete": {"POST": Asked(YES)},
}


def routes(language="sr"):
    """Return the pattern of every address, without the language, by its name; by itself where it has no name."""

    def walk(patterns, before="", namespace=""):
        for each in patterns:
            pattern = before + str(each.pattern)
            if hasattr(each, "url_patterns"):
                yield from walk(each.url_patterns, pattern, f"{each.namespace}:" if each.namespace else namespace)
            else:
                yield f"{namespace}{each.name}" if each.name else pattern.removeprefix(LANGUAGES[language]), pattern

    with translation.override(language):
        found = [(name, pattern) for name, pattern in walk(get_resolver().url_patterns)]
    assert len(dict(found)) == len(found), "two addresses of one name"
    return dict(found)


ADDRESSES = {language: routes(language) for language in LANGUAGES}


@dataclass
class World:
    """One row of each kind, and what stands for the arguments of an address."""

    accounts: dict[str, User]
    arguments: dict[str, object]
    arguments_of_pages: dict[str, object]  # where they differ
    tokens: dict[str, str]

    def address(self, pattern, arguments):
        """Return an address of the pattern. An account's or a profile's page has an argument of the same name."""
        own = self.arguments_of_pages if re.search(r"\b(networks/page|pages)/", pattern) else {}
        values = {**self.arguments, **own, **arguments}
        values["token"] = self.tokens[values["token"]]
        if "cityprofile" in pattern:
            values["object_id"] = 1
        kinds = {"network": ContentType.objects.get_for_model(Network).pk, "user": self.user_type}
        values["content_type_id"] = kinds[values["content_type_id"]]
        pattern = pattern.replace("^", "").replace("$", "")
        return "/" + re.sub(r"<(?:\w+:)?(\w+)>|\(\?P<(\w+)>[^)]*\)", lambda m: str(values[m[1] or m[2]]), pattern)

    @property
    def user_type(self):
        return ContentType.objects.get_for_model(User).pk


@pytest.fixture
def world(db):
    author = User.objects.create_superuser("author")
    theme = make_theme(pk=PK)

    def write(model, content, number):
        # By its number, as the addresses name it
        made = drafts.save(model(), content, author=author).row
        assert made.pk == number
        return made

    def write_rows(model, content, prefix=""):
        """Write a published row with two newer revisions, one that is not published and one in the bin."""
        with connection.cursor() as cursor:
            set_next_number(cursor, model._meta.db_table, PK)
        heading = f"{model.heading_field}_sr"
        content = {heading: "Мрежа", **content}
        published = write(model, {**content, "slug": f"{prefix}published"}, PK)
        write(model, {**content, "slug": f"{prefix}draft"}, UNPUBLISHED)
        in_bin = write(model, {**content, "slug": f"{prefix}in-bin"}, IN_BIN)
        published = publishing.publish(published, author=author)
        for name in ("Мрежа градова", "Мрежа европских градова"):
            content = storage.newest_revision(model.objects.get(pk=PK)).content
            head = drafts.save(published, {**content, heading: name}, author=author).revision
        publishing.delete(in_bin, author=author)
        at = timezone.now() + timedelta(days=2)
        plan = schedules.create(model.objects.get(pk=PK), Schedule.Action.PUBLISH, at, author=author)
        return head, plan

    default_storage.save(DOCUMENT["file"]["name"], ContentFile(b"%PDF-"))
    content = {"website": MOVED, "themes": [theme.slug], "responsible_unit": UNIT, "documents": [DOCUMENT]}
    head, plan = write_rows(Network, content)
    page_head, page_plan = write_rows(Page, {}, "page-")
    expires = timezone.now() + timedelta(days=1)
    link, revoked, page_link = (
        PreviewLink.objects.create(revision=revision, expires_at=expires, revoked_at=revoked_at)
        for revision, revoked_at in ((head, None), (head, timezone.now()), (page_head, None))
    )
    unit_link = ConfirmationLink.objects.create(unit=UNIT, expires_at=expires)
    unit_revoked = ConfirmationLink.objects.create(unit=UNIT, expires_at=expires, revoked_at=timezone.now())
    unit_answers.give_answers(unit_link, [unit_answers.Given(PK, "as_stated")])
    OldAddress.objects.create(pk=PK, old_path="/old/", new_path="/")
    Link.objects.create(pk=PK, url=MOVED, outcome=Link.Outcome.MOVED, moved_to="http://localhost/")
    make_profile(email="city@example.org")
    colleague = User.objects.create_user("colleague", password=PASSWORD, is_staff=True, pk=PK)
    Group.objects.create(pk=PK, name="others")
    accounts = {}
    for role in ROLES[1:]:
        account = User.objects.create_user(
            role, password=PASSWORD, is_staff=role != "account", is_superuser=role == "super"
        )
        if role in GROUPS:
            account.groups.add(Group.objects.get(name=GROUPS[role]))
        accounts[role] = account

    def token(address):
        return address.rstrip("/").rpartition("/")[2]

    return World(
        accounts,
        arguments={
            "pk": PK,
            "object_id": PK,
            "id": PK,
            "number": 1,
            "schedule_pk": plan.pk,
            "link_pk": link.pk,
            "unit_link_pk": unit_link.pk,
            "answer_pk": unit_link.answers.get().pk,
            "file_pk": PK,
            "slug": "published",
            "kind": DOCUMENT["kind"],
            "line_id": DOCUMENT["id"],
            "digest": DIGEST,
            "token": "staff",
            "uidb64": urlsafe_base64_encode(str(PK).encode()),
            "app_label": "networks",
            "content_type_id": "network",
            "url": "nowhere/",
        },
        arguments_of_pages={"schedule_pk": page_plan.pk, "link_pk": page_link.pk, "slug": "page-published"},
        tokens={
            "staff": token(previews.staff_url(head)),
            "link": token(previews.link_url(link)),
            "revoked": token(previews.link_url(revoked)),
            "unit": token(unit_answers.link_url(unit_link, "sr")),
            "unit revoked": token(unit_answers.link_url(unit_revoked, "sr")),
            "password": default_token_generator.make_token(colleague),
            "forged": token(previews.staff_url(head))[:-1] + "~",
        },
    )


def set_next_number(cursor, table_name, number):
    if connection.vendor == "postgresql":
        cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table_name}', 'id'), {number}, false)")  # noqa: S608
    else:
        cursor.execute("DELETE FROM sqlite_sequence WHERE name = %s", [table_name])
        cursor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [table_name, number - 1])
