import sys
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from citynetworks.command_line import PROGRAM
from networks.languages import SERBIAN
from networks.management.site_url import split_site_url
from networks.management.typed_path import typed_path
from networks.models import Network
from networks.models.gazetteer import COUNTRIES
from networks.operations.adoption import SITE_TITLE, City, adopt

LANGUAGES = {"sr": "Serbian, in Cyrillic", "en": "English"}


class Command(BaseCommand):
    help = (
        "Make an empty site that of a city: write its profile, and begin with themes and with drafts of the pages in "
        "Serbian and English. Asks for what no option gives. Refuses a site that has networks."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        for code in settings.MODELTRANSLATION_LANGUAGES:
            language = LANGUAGES.get(code, code)
            parser.add_argument(
                f"--name-{code}", metavar="NAME", help=f"The name of the city in {language}, with the word for city."
            )
            parser.add_argument(f"--title-{code}", metavar="TITLE", help=f"The title of the site in {language}.")
        parser.add_argument("--country", default="RS", metavar="CODE", help="Of two letters, such as RS (RS).")
        parser.add_argument("--email", help="The address to which citizens write.")
        parser.add_argument("--website", default="", metavar="URL", help="The website of the city.")
        parser.add_argument("--arms", metavar="FILE", help="The coat of arms: a PNG, JPEG or WebP file.")
        parser.add_argument("--site-url", default="", metavar="URL", help="Where the site will be, such as https://…")
        parser.add_argument(
            "--languages", default="", metavar="CODES", help="The languages of the city, such as sr,en,hu."
        )
        parser.add_argument("--no-input", action="store_true", help="Ask nothing.")
        parser.add_argument(
            "--with-networks", action="store_true", help="Also where there are networks already. They stay."
        )

    def handle(self, **options: Any) -> None:
        if Network.objects.exists() and not options["with_networks"]:
            raise CommandError(
                "This site has networks. To change whose site it is, edit the city profile in the admin; to begin "
                "anew, use another database. --with-networks goes on all the same."
            )
        country = options["country"].upper()
        if country not in COUNTRIES:
            raise CommandError(f"“{options['country']}” is no country: name its code of two letters, such as RS.")
        if options["site_url"]:
            split_site_url(options["site_url"])
        codes = settings.MODELTRANSLATION_LANGUAGES
        if not options["no_input"] and sys.stdin.isatty():
            self.ask(options, codes)
        if not options[f"name_{SERBIAN}"] or not options["email"]:
            raise CommandError("Give at least --name-sr and --email.")
        city = City(
            name={code: options[f"name_{code}"] or "" for code in codes},
            title={code: options[f"title_{code}"] or "" for code in codes},
            email=options["email"],
            country=country,
            website=options["website"],
            arms=typed_path(options["arms"]) if options["arms"] else None,
        )
        try:
            made = adopt(city)
        except ValidationError as error:
            lines = (f"{name}: {' '.join(messages)}" for name, messages in error.message_dict.items())
            raise CommandError("Nothing was made.\n" + "\n".join(lines)) from error
        self.stdout.write("Made: " + ", ".join(made) + ".")
        for step in self.next_steps(options, codes):
            self.stdout.write(f"- {step}")

    def ask(self, options: dict[str, Any], codes: Iterable[str]) -> None:
        """Ask for what no option has given. An empty answer leaves it out, or takes what stands in brackets."""
        questions = {
            **{
                f"name_{code}": f"Name of the city in {LANGUAGES.get(code, code)}, with the word for city"
                for code in codes
            },
            **{f"title_{code}": f"Title of the site in {LANGUAGES.get(code, code)}" for code in codes},
            "email": "E-mail to which citizens write",
            "website": "Website of the city",
            "arms": "Path of a picture of the coat of arms",
            "site_url": "Where the site will be, such as https://…",
        }
        for name, question in questions.items():
            default = SITE_TITLE.get(name.removeprefix("title_"), "") if name.startswith("title_") else ""
            if not options[name]:
                options[name] = input(f"{question}{f' [{default}]' if default else ''}: ").strip() or default

    def next_steps(self, options: dict[str, Any], codes: Iterable[str]) -> list[str]:
        steps = []
        if options["site_url"]:
            url = options["site_url"].rstrip("/")
            host = split_site_url(url).hostname
            steps.append(f"Into the environment: DJANGO_ALLOWED_HOSTS={host} and DJANGO_SITE_URL={url}")
        wanted = [code.strip() for code in options["languages"].split(",") if code.strip()]
        steps += [f"Add the language: {PROGRAM} language add {code}" for code in wanted if code not in codes]
        if wanted:
            steps += [
                f"Retire the language: {PROGRAM} language retire {code}" for code in codes if code not in wanted
            ]
        steps += [
            f"Make an account, {PROGRAM} createsuperuser, and sign in: the start page says what the profile lacks.",
            "Read the drafts of the pages, above all the one on privacy with the city’s lawyer, and publish them.",
        ]
        return steps
