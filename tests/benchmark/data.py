"""Networks for the benchmark: those of Niš, and as many more as are wanted, alike in kind and the same each time."""

import random
import sys
from itertools import cycle, islice

from django.core.management import call_command

COPIED = ("summary_sr", "summary_en", "description_sr", "description_en", "benefit_sr", "benefit_en", "website")
KINDS = [("Мрежа", "Network"), ("Савез", "Union"), ("Асоцијација", "Association"), ("Лига", "League")]
CITIES = [
    ("европских", "European"),
    ("балканских", "Balkan"),
    ("историјских", "Historical"),
    ("дунавских", "Danubian"),
    ("универзитетских", "University"),
]
AIMS = [
    ("за културу и наслеђе", "for Culture and Heritage"),
    ("за енергију и климу", "for Energy and Climate"),
    ("за здравље", "for Health"),
    ("за мир", "for Peace"),
    ("за локални развој", "for Local Development"),
]
SEATS = [("", ""), ("Стразбур", "Strasbourg"), ("Солун", "Thessaloniki"), ("Београд", "Belgrade"), ("Беч", "")]


def fill(count: int) -> None:
    """Fill an empty database with the site of Niš and so many published networks in all, at least its own eleven."""
    from networks.models import Network, Theme
    from networks.page_store.version import raise_version

    call_command("loaddata", "nis", verbosity=0)
    originals, themes = list(Network.objects.all()), list(Theme.objects.all())
    chance = random.Random(11)  # noqa: S311 - the same networks each time
    more = [
        another(number, original, chance)
        for number, original in enumerate(islice(cycle(originals), count - len(originals)), len(originals) + 1)
    ]
    for network in more:
        network.search_text = network.make_search_text()  # as a signal does before save()
    more = Network.objects.bulk_create(more, batch_size=500)
    through = Network.themes.through
    through.objects.bulk_create(
        (
            through(network_id=network.pk, theme_id=theme.pk)
            for network in more
            for theme in chance.sample(themes, chance.choice((1, 1, 1, 2, 3)))
        ),
        batch_size=1000,
    )
    raise_version()


def another(number, original, chance):
    """Return a network that is not saved: the texts of a network of Niš under a name and with facts of its own."""
    from networks.models import Network
    from networks.partial_dates import PartialDate

    (kind_sr, kind_en), (cities_sr, cities_en), (aim_sr, aim_en) = map(chance.choice, (KINDS, CITIES, AIMS))
    seat_sr, seat_en = chance.choice(SEATS)
    status = chance.choices(Network.Status.values, (16, 2, 1, 1))[0]
    year = chance.randint(1985, 2020)
    joined = chance.choice((None, PartialDate(year), PartialDate(year), PartialDate(year, chance.randint(1, 12))))
    # Of a third, the name is not written in English.
    name_en = f"{kind_en} of {cities_en} Cities {aim_en} {number}" if chance.random() < 0.7 else ""
    return Network(
        **{name: getattr(original, name) for name in COPIED},
        slug=f"network-{number}",
        name_sr=f"{kind_sr} {cities_sr} градова {aim_sr} {number}",
        name_en=name_en,
        acronym_sr=f"{kind_sr[0]}{cities_sr[0].upper()}Г-{number}" if chance.random() < 0.5 else "",
        seat_sr=seat_sr,
        seat_en=seat_en,
        scope=chance.choice(Network.Scope.values),
        status=status,
        founded=PartialDate(year - chance.randint(1, 30)),
        joined=joined,
        left=PartialDate(year + chance.randint(1, 5)) if status in ("left", "ended") else None,
        position=1000 + number,
        is_published=True,
    )


if __name__ == "__main__":
    import django

    django.setup()
    call_command("migrate", verbosity=0)
    fill(int(sys.argv[1]))
