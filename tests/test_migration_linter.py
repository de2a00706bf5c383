"""New migrations are not dangerous, or say why; those that have landed are never rewritten."""

from hashlib import sha256
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection, migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ModelState, ProjectState

from networks.operations.migration_linter import findings_of, findings_of_keys, pending_findings
from tests.migrating import MIGRATIONS, landed_digests

AddField, AlterField = migrations.AddField, migrations.AlterField
BEFORE = ProjectState()
BEFORE.add_model(
    ModelState(
        "networks",
        "Network",
        [("id", models.AutoField(primary_key=True)), ("motto", models.CharField(max_length=50, null=True))],
    )
)


class Own(migrations.operations.base.Operation):
    def state_forwards(self, app_label, state):
        pass


def noop(apps, schema_editor):
    pass


def found(*operations, source="", atomic=True):
    """The dangers of a migration of these operations, and those that are only slow."""
    migration = migrations.Migration("0099_test", "networks")
    migration.operations, migration.atomic = [*operations], atomic
    findings = findings_of(migration, BEFORE, source)
    return [each.text for each in findings if each.is_danger], [each.text for each in findings if not each.is_danger]


text = models.CharField
SQL = migrations.RunSQL("UPDATE networks_network SET motto = ''", "")
INDEX = migrations.AddIndex("network", models.Index(fields=["motto"], name="motto"))
CONSTRAINT = migrations.AddConstraint("network", models.CheckConstraint(condition=models.Q(motto="a"), name="motto"))


@pytest.mark.parametrize(
    ("operation", "words"),
    [
        (migrations.RemoveField("network", "motto"), "old code still asks for it"),
        (migrations.DeleteModel("Network"), "old code still asks for it"),
        (migrations.RenameField("network", "motto", "slogan"), "old code still asks for the old name"),
        (migrations.RenameModel("Network", "Union"), "old code still asks for the old name"),
        (migrations.AlterModelTable("Network", "unions"), "old code still asks for the old name"),
        (AddField("network", "fee", text(max_length=9, default="")), "old code adds rows without it"),
        (AddField("network", "fee", text(max_length=9, null=True, unique=True)), "values of their own"),
        (AlterField("network", "motto", text(max_length=50)), "may have no value"),
        (AlterField("network", "motto", text(max_length=40, null=True)), "do not fit"),
        (AlterField("network", "motto", models.IntegerField(null=True)), "its type changes"),
        (AlterField("network", "motto", text(max_length=50, null=True, unique=True)), "may occur twice"),
        (CONSTRAINT, "may break it"),
        (SQL, "SQL is tried on one database only"),
        (migrations.SeparateDatabaseAndState([SQL]), "SQL is tried on one database only"),
        (migrations.AlterUniqueTogether("network", {("motto",)}), "use a constraint"),
        (migrations.RunPython(noop), "has no reverse"),
        (Own(), "does not know this operation"),
    ],
)
def test_dangerous_operation_is_named(operation, words):
    [danger], slow = found(operation)
    assert words in danger
    assert slow == []


@pytest.mark.parametrize(
    "operation",
    [
        AddField("network", "fee", text(max_length=9, null=True)),
        AddField("network", "fee", text(max_length=9, db_default="")),
        AddField("network", "cities", models.ManyToManyField("networks.Network")),
        AlterField("network", "motto", text(max_length=60, null=True, help_text="For example: One for all.")),
        migrations.CreateModel("Fee", [("id", models.AutoField(primary_key=True))]),
        migrations.AlterModelOptions("Network", {"ordering": ["motto"]}),
        migrations.RunPython(noop, migrations.RunPython.noop),
    ],
)
def test_operation_that_harms_nothing_is_not(operation):
    assert found(operation) == ([], [])


@pytest.mark.parametrize(
    "operation", [INDEX, AddField("network", "fee", text(max_length=9, null=True, db_index=True))]
)
def test_operation_that_locks_a_large_table_is_named_as_slow(operation):
    assert len(found(operation)[1]) == 1
    assert found(operation)[0] == []


def test_new_model_may_have_whatever_it_needs():
    create = migrations.CreateModel("Fee", [("id", models.AutoField(primary_key=True))])
    assert found(create, AddField("fee", "amount", models.IntegerField())) == ([], [])


def test_rows_and_tables_are_not_changed_at_once():
    operations = AddField("network", "fee", text(max_length=9, null=True)), migrations.RunPython(noop, noop)
    [danger], _slow = found(*operations)
    assert "PostgreSQL may refuse" in danger
    assert found(*operations, atomic=False) == ([], [])


@pytest.mark.parametrize(
    ("source", "module"),
    [
        ("from networks.models import Network", "networks.models"),
        ("def run(apps, editor):\n    import networks.revisions.drafts", "networks.revisions.drafts"),
        ("from networks import reading", "networks.reading"),
        ("from networks.serbian import to_latin\nfrom networks import rich_text\nimport json", None),
    ],
)
def test_present_code_is_not_imported(source, module):
    dangers, _slow = found(source=source)
    assert dangers == (
        [f"imports {module}, which will be other code when it runs. Take the models of “apps”."] if module else []
    )


def test_migration_can_say_why_it_must_be(monkeypatch):
    monkeypatch.setattr(migrations.migration, "DANGEROUS", "The field was never used.", raising=False)
    migration = migrations.Migration("0099_test", "networks")
    migration.operations = [migrations.RemoveField("network", "motto")]
    [finding] = findings_of(migration, BEFORE, "")
    assert finding.reason == "The field was never used."
    assert str(finding).startswith("networks.0099_test: Remove field motto from network: old code still asks for it.")
    assert str(finding).endswith("Said to be necessary: The field was never used.")


def test_no_new_migration_is_dangerous_without_a_reason():
    loader = MigrationLoader(None)
    new = [key for key in loader.graph.nodes if key[0] == "networks" and key[1] not in landed_digests()]
    assert [str(each) for each in findings_of_keys(new, loader) if each.is_danger and not each.reason] == []


def test_what_was_dangerous_of_the_landed_ones_is_found():
    """So that an upgrade over them is not called harmless."""
    found = {
        each.migration
        for each in findings_of_keys(
            [("networks", "0034_no_single_act_and_fee"), ("networks", "0024_links")], MigrationLoader(None)
        )
    }
    assert found == {"networks.0034_no_single_act_and_fee"}


def test_migration_that_has_landed_is_never_changed_or_renamed():
    present = {path.stem: sha256(path.read_bytes()).hexdigest() for path in MIGRATIONS.glob("[0-9]*.py")}
    assert {name: present.get(name) for name in landed_digests()} == landed_digests()


@pytest.mark.django_db
def test_nothing_is_pending_of_a_database_that_was_migrated():
    assert pending_findings(connection) == []


@pytest.mark.django_db
def test_no_migration_is_missing():
    output = StringIO()
    call_command("makemigrations", check=True, dry_run=True, stdout=output)
    assert "No changes detected" in output.getvalue()
