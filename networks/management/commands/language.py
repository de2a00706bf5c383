import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from citynetworks.command_line import SETTINGS_FILE
from citynetworks.environment import DROPPED, OFFERED, RETIRED
from networks.languages import switch_name
from networks.management.operation_words import in_words
from networks.management.typed_path import typed_path
from networks.operations import exported_texts, site_languages
from networks.operations.exported_texts import Text
from networks.operations.site_languages import VARIABLE, NotPossible


class Command(BaseCommand):
    help = "Add a language to the site, or retire one. networks/docs/languages.md says how it goes, step by step."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "action",
            choices=["add", "retire"],
            help="add: its columns, its catalogue and its pages. retire: it is not offered any more.",
        )
        parser.add_argument("code", help="The code of the language, such as hu.")
        parser.add_argument("--plan", action="store_true", help="Only say what would be done.")
        parser.add_argument("--yes", action="store_true", help="Do it without asking.")
        parser.add_argument(
            "--environment",
            type=typed_path,
            metavar="FILE",
            help=f"The file with the site's environment variables, in which {VARIABLE} is set.",
        )
        parser.add_argument(
            "--export",
            type=typed_path,
            metavar="FILE",
            help="Where the texts of a language that is retired go; by default texts-CODE-TIME.json, here.",
        )
        parser.add_argument(
            "--texts",
            type=typed_path,
            metavar="FILE",
            help="Put back the texts of a language that was retired and dropped, from the file that it wrote then.",
        )
        parser.add_argument("--drop", action="store_true", help="Drop the texts of a language that was retired.")

    def handle(self, *, action: str, code: str, **options: Any) -> None:
        code = code.strip().lower()
        try:
            if options["environment"]:
                site_languages.check_environment(options["environment"])
            if action == "add":
                if options["drop"] or options["export"]:
                    raise CommandError("--drop and --export are for retiring a language.")
                self.add(code, **options)
            elif options["texts"]:
                raise CommandError("--texts is for adding a language.")
            else:
                self.retire(code, **options)
        except NotPossible as error:
            raise CommandError(str(error)) from error

    def add(self, code: str, *, texts: Path | None, **options: Any) -> None:
        exported = exported_texts.read_export(texts, code) if texts else []
        if texts and settings.SITE_LANGUAGES.get(code) == OFFERED:
            self.put_back(code, exported, **options)
            return
        site_languages.check_addition(code)
        if not self.agreed(site_languages.plan_addition(code), **options):
            return
        site_languages.migrate_with(code, OFFERED)
        for path in site_languages.write_catalogues(code):
            self.stdout.write(f"Written: {path}")
        self.set_variable(code, OFFERED, options["environment"])
        self.stdout.write(f"Then {switch_name(code)} is there.")
        if texts:
            self.stdout.write("After the restart, give this command once more: it puts the texts back.")

    def put_back(self, code: str, exported: list[Text], **options: Any) -> None:
        plan = [
            f"Texts: {len(exported)} in {switch_name(code)} are put where no text stands now. What citizens read is "
            "published at once, below drafts; what was a draft is one again.",
            "Translations whose Serbian has changed since are outdated, for staff to look at.",
        ]
        if not self.agreed(plan, **options):
            return
        with in_words("What is put back stays; give the command again."):
            outcome = exported_texts.put_back(exported, code)
        for text, reason in outcome.left.items():
            self.stdout.write(f"Not put back: {text}: {reason.rstrip('.')}.")
        for name in outcome.outdated:
            self.stdout.write(f"Outdated, as the Serbian has changed: {name}.")
        left = f"{len(outcome.left)}, which the file still has" if outcome.left else "0"
        self.stdout.write(f"Put back: {outcome.put_back}. There already: {outcome.there}. Not put back: {left}.")

    def retire(self, code: str, *, drop: bool, export: Path | None, **options: Any) -> None:
        site_languages.check_retirement(code, drop=drop)
        file = export or typed_path(f"texts-{code}-{timezone.localtime():%Y-%m-%d-%H%M%S}.json").absolute()
        if not self.agreed(site_languages.plan_retirement(code, drop=drop, export=file), **options):
            return
        count = site_languages.export_texts(code, file)
        self.stdout.write(f"Exported: {count} texts into {file}")
        if not drop:
            site_languages.migrate_with(code, RETIRED)
            self.set_variable(code, RETIRED, options["environment"])
        elif settings.SITE_LANGUAGES[code] == RETIRED:
            self.set_variable(code, DROPPED, options["environment"])
            self.stdout.write("Then run this command once more.")
        else:
            self.stdout.write(f"Dropped: {', '.join(site_languages.drop_texts(code)) or 'nothing, it was gone'}")

    def agreed(self, sentences: list[str], **options: Any) -> bool:
        """Print the sentences of a plan, and return whether it is to be carried out."""
        for number, sentence in enumerate(sentences, 1):
            self.stdout.write(f"{number}. {sentence}")
        if options["plan"]:
            return False
        return options["yes"] or input("Do this? [y/N] ").strip().lower() in ("y", "yes")

    def set_variable(self, code: str, state: str, file: Path | None) -> None:
        """Write the setting into the environment file, or say what to write, and that the site must be restarted."""
        value = site_languages.variable_with(code, state)
        of_installation = os.environ.get(SETTINGS_FILE)
        if of_installation and not file:
            self.stdout.write(f"Only root writes {of_installation}. Type this, on every server of the site:")
            for command in site_languages.commands_as_root(value, of_installation, migrate=state == RETIRED):
                self.stdout.write(f"  {command}")
            return
        if file:
            site_languages.write_variable(file, value)
            self.stdout.write(f"Written into {file}: {VARIABLE}={value}")
        else:
            self.stdout.write(f"Set {VARIABLE}={value} in the environment of the site.")
        if state == RETIRED:
            self.stdout.write("Run migrate with it, so that search forgets the texts.")
        self.stdout.write("Restart the site now.")
