"""
Keep what the present code writes, as test data for all code to come.

    python -m tests.databases

writes tests/databases/landed/<newest migration>.json, in the form that `tests.migrating.insert_rows` reads. The keys
and slugs of its rows are like those of no other state, so that one run of the migrations can take in all of them.
The digests of all migrations go into tests/landed_migrations.txt: from now on, none of them may be changed.
"""

import json
import os
import tempfile
from datetime import timedelta
from hashlib import sha256

# Migrating makes the rows of these, or what they refer to.
NOT_KEPT = {
    "django_admin_log",
    "django_content_type",
    "django_migrations",
    "django_session",
    "django_site",
    "auth_group",
    "auth_group_permissions",
    "auth_permission",
    "auth_user_user_permissions",
    "networks_contentversion",
    "networks_savedform",
}
UNIT = "Канцеларија за међународну сарадњу"
LOGO = {"name": "logos/mark.png", "width": 60, "height": 40}


def write_story(state):
    """Write of each kind what staff can write. The slugs, users and old addresses end with the state."""
    from django.contrib.auth.models import Group, User
    from django.utils import timezone

    from networks.models import CityProfile, ConfirmationLink, Link, Network, OldAddress, Page, PreviewLink, Theme
    from networks.models.saved_view import SavedView
    from networks.revisions import drafts, publishing, schedules, storage, unit_answers
    from tests.makers import LINES

    now = timezone.now()
    in_ten_years = now + timedelta(days=3650)

    def saved(row, author, **content):
        return drafts.save(row, content, author=author)

    def published(model, author, **content):
        return publishing.publish(saved(model(), author, **content).row, author=author)

    ana = User.objects.create(username=f"ana-{state}", first_name="Ана", last_name="Анић", is_staff=True)
    milan = User.objects.create(username=f"milan-{state}", email="milan@example.org", is_staff=True)
    ana.groups.add(Group.objects.get(name="editors"))
    milan.groups.add(Group.objects.get(name="publishers"))
    peace = Theme.objects.create(slug=f"peace-{state}", name_sr="Мир", name_en="Peace")
    Theme.objects.create(slug=f"culture-{state}", name_sr="Култура")

    full = published(
        Network,
        milan,
        **LINES,
        slug=f"full-{state}",
        name_sr="Пуна мрежа",
        name_en="Full network",
        acronym_sr="ПМ",
        acronym_en="FN",
        summary_sr="Прва реченица.",
        summary_en="First sentence.",
        description_sr="<p>Бави се <strong>наслеђем</strong>.</p>",
        description_en='<p>It is about <a href="https://example.org/heritage">heritage</a>.</p>',
        seat_sr="Стразбур",
        seat_en="Strasbourg",
        benefit_sr="Искуство.",
        original_name="Réseau complet",
        original_language="fr",
        former_names="Прва мрежа (1988–1990)",
        scope="european",
        founded="1997",
        joined="2007-05",
        website="https://example.org/",
        membership_page="https://example.org/members",
        responsible_unit=UNIT,
        contact_email="office@example.org",
        contact_phone="+381 18 504 000",
        source="Писмо",
        verified_on="2026-01-31",
        logo=LOGO,
        internal_note="За колеге",
        themes=[peace.slug],
    )
    full = publishing.publish(saved(full, ana, summary_sr="Друга реченица.").row, author=milan)
    full = saved(full, ana, summary_sr="Нацрт који чека.", joined="2007-05-03").row
    full = drafts.submit(full, author=ana)
    schedules.create(full, "publish", in_ten_years, author=milan)
    PreviewLink.objects.create(revision=full.head, expires_at=in_ten_years, **storage.author_fields(ana))
    full.openforms.create(user=ana)

    draft = saved(Network(), ana, slug=f"draft-{state}", name_sr="Нацрт мреже", name_en="Draft").row
    draft = saved(draft, milan, name_sr="Нацрт мреже, исправљен").row
    drafts.restore(draft, draft.revisions.get(number=1), author=ana)

    deleted = published(Network, milan, slug=f"deleted-{state}", name_sr="Обрисана мрежа", name_en="Deleted network")
    publishing.delete(saved(deleted, ana, seat_sr="Рим").row, author=milan)

    renamed = published(Network, milan, slug=f"former-{state}", name_sr="Преименована мрежа", joined="2010")
    publishing.publish(saved(renamed, ana, slug=f"renamed-{state}").row, author=milan)

    left = published(
        Network, milan, slug=f"left-{state}", name_sr="Напуштена", status="left", joined="1999", left="2003-06"
    )
    publishing.publish(saved(left, ana, source="Одлука").row, author=milan)
    drafts.restore(left, left.revisions.get(number=1), author=ana)

    hidden = published(Network, milan, slug=f"hidden-{state}", name_sr="Скривена мрежа", name_en="Hidden network")
    publishing.unpublish(hidden, author=milan)

    loaded = Network.objects.create(slug=f"loaded-{state}", name_sr="Учитана мрежа", is_published=True)
    loaded.themes.set([peace])

    about = published(
        Page,
        milan,
        slug=f"about-{state}",
        title_sr="О сајту",
        title_en="About",
        body_sr="<p>Град.</p>",
        body_en="<p>City.</p>",
    )
    saved(about, ana, body_sr="<p>Град и мреже.</p>")
    saved(Page(), ana, slug=f"sketch-{state}", title_sr="Скица")
    moved = published(Page, milan, slug=f"was-{state}", title_sr="Пресељена страница")
    publishing.publish(saved(moved, milan, slug=f"moved-{state}").row, author=milan)

    OldAddress.objects.create(old_path=f"/stara-{state}/", new_path=full.get_absolute_url())
    CityProfile.objects.create(
        city_name_sr="Град", city_name_en="City", site_title_sr="Мреже градова", site_title_en="City Networks"
    )
    Link.objects.create(url=f"https://example.org/{state}", outcome=Link.Outcome.OK, checked_at=now)
    SavedView.objects.create(user=ana, model="network", name="Моје", query="q=a")
    link = ConfirmationLink.objects.create(unit=UNIT, expires_at=in_ten_years, **storage.author_fields(milan))
    unit_answers.give_answers(link, [unit_answers.Given(full.pk, "right")], name="Служба")


def dump(cursor, tables):
    """Return what there is of each table, as `tests.migrating.insert_rows` takes it."""
    kept = {}
    for table in tables:
        cursor.execute(f'PRAGMA table_info("{table}")')
        columns = {name: bool if kind == "bool" else lambda value: value for _, name, kind, *_ in cursor.fetchall()}
        cursor.execute(f'SELECT * FROM "{table}" ORDER BY 1')  # noqa: S608
        # PostgreSQL does not take the numbers that SQLite has for yes and no.
        rows = [[read(value) for read, value in zip(columns.values(), row, strict=True)] for row in cursor.fetchall()]
        if rows:
            kept[table] = {"columns": [*columns], "rows": rows}
    return kept


def begin_keys_at(cursor, tables, number):
    """Let the next row of each table have the key after this number."""
    for table in tables:
        cursor.execute("DELETE FROM sqlite_sequence WHERE name = %s", [table])
        cursor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [table, number])


def write(kept, path):
    """Write one row a line, so that a difference can be read."""
    parts = []
    for table, each in kept.items():
        rows = ",\n".join("  " + json.dumps(row, ensure_ascii=False, default=str) for row in each["rows"])
        columns = json.dumps(each["columns"])
        parts.append(f' "{table}": {{"columns": {columns}, "rows": [\n{rows}\n ]}}')
    path.write_text("{\n" + ",\n".join(parts) + "\n}\n")


def main():
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DATABASE_URL"] = f"sqlite:///{folder}/db.sqlite3"
        os.environ["MEDIA_ROOT"] = f"{folder}/media"
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
        import django

        django.setup()
        from django.core.management import call_command
        from django.db import connection
        from django.db.migrations.loader import MigrationLoader

        from tests.contents import store_picture
        from tests.migrating import LANDED, LANDED_MIGRATIONS, MIGRATIONS

        call_command("migrate", verbosity=0)
        [(_app, newest)] = MigrationLoader(connection).graph.leaf_nodes("networks")
        state = newest[:4]
        store_picture("mark.png", (60, 40))
        with connection.cursor() as cursor:
            tables = [each for each in connection.introspection.table_names(cursor) if each not in NOT_KEPT]
            begin_keys_at(cursor, tables, int(state) * 1000)
            write_story(state)
            path = LANDED / f"{state}.json"
            write(dump(cursor, tables), path)
        print(f"{path}: {path.stat().st_size} bytes")
        migrations = sorted(MIGRATIONS.glob("[0-9]*.py"))
        LANDED_MIGRATIONS.write_text(
            "".join(f"{sha256(each.read_bytes()).hexdigest()}  {each.name}\n" for each in migrations)
        )


if __name__ == "__main__":
    main()
