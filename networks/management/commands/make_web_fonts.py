"""Make the fonts of the public pages from those of the shared pictures."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from networks.public import share_pictures

# The licence keeps the name "Source" for fonts that nobody has changed.
FAMILY = "City Networks Serif"
WEIGHTS = {"regular": share_pictures.REGULAR, "semibold": share_pictures.SEMIBOLD}

# The alphabets of Serbian, its neighbours and the languages of the European Union that are written in Latin, and
# Cyrillic: what is left out is shown in a font of the device.
LETTERS = (
    "U+20-7E,U+C0-FF,U+102-107,U+10C-111,U+118-11B,U+11E-11F,U+130-131,U+141-144,U+147-148,U+150-153,U+158-15B,"
    "U+15E-161,U+164-165,U+16E-171,U+178-17E,U+218-21B,"
    "U+401-403,U+405-40C,U+40E-44F,U+451-453,U+455-45C,U+45E-45F,"
    "U+A0,U+A7,U+A9,U+AB,U+AD,U+B0,U+B7,U+BB,U+2013-2014,U+2018-201A,U+201C-201E,U+2022,U+2026,U+203A,U+20AC,U+2116,"
    "U+2192"
)
FEATURES = ["kern", "liga", "locl"]  # locl has the Serbian forms of letters

# Pairs of letters that are moved by less, in thousandths of the size, are not moved: the tables of pairs are a third
# of a font, and most of them move by less than anybody sees.
LEAST_KERNING = 40


class Command(BaseCommand):
    help = "Make the fonts of the public pages, in static/networks/fonts. Needs the package fonttools."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            from fontTools import subset
        except ImportError as error:
            raise CommandError("Install the package fonttools, which nothing else needs.") from error
        folder = Path(settings.FILES_DIR, "static", "networks", "fonts")
        for weight, source in WEIGHTS.items():
            chosen = subset.Options(
                flavor="woff2",
                layout_features=FEATURES,
                hinting=False,
                glyph_names=False,
                notdef_outline=True,
                name_IDs=[0, 1, 2, 4, 6, 13, 14],
            )
            font = subset.load_font(source, chosen)
            for record in font["name"].names:
                if record.nameID in (1, 4, 16):
                    record.string = FAMILY
                elif record.nameID == 6:
                    record.string = f"{FAMILY.replace(' ', '')}-{weight.title()}"
            keep_own_widths(font)
            drop_small_kerning(font["GPOS"].table)
            subsetter = subset.Subsetter(chosen)
            subsetter.populate(unicodes=subset.parse_unicodes(LETTERS))
            subsetter.subset(font)
            subset.save_font(font, path := folder / f"{weight}.woff2", chosen)
            self.stdout.write(f"{path.relative_to(settings.FILES_DIR)}: {path.stat().st_size} bytes")


def keep_own_widths(font: Any) -> None:
    """
    Let each glyph have its own width. Some are composed of a narrower one, such as “ of ‘, and are marked to have its
    width, which hinting puts right; without hinting, browsers on Linux would draw the next letter over them.
    """
    use_my_metrics, widths = 0x0200, font["hmtx"].metrics
    for name in font.getGlyphOrder():
        glyph = font["glyf"][name]
        for component in glyph.components if glyph.isComposite() else ():
            if widths[component.glyphName][0] != widths[name][0]:
                component.flags &= ~use_my_metrics


def drop_small_kerning(table: Any) -> None:
    """Take the pairs below LEAST_KERNING out of a GPOS table."""
    for lookup in table.LookupList.Lookup:
        for subtable in lookup.SubTable:
            pairs = getattr(subtable, "ExtSubTable", subtable)
            if pairs.LookupType != 2:
                continue
            if pairs.Format == 1:
                for first in pairs.PairSet:
                    records = first.PairValueRecord
                    first.PairValueRecord = [each for each in records if not is_small(each.Value1)]
                    first.PairValueCount = len(first.PairValueRecord)
            else:
                for first in pairs.Class1Record:
                    for second in first.Class2Record:
                        if is_small(second.Value1):
                            second.Value1.XAdvance = 0


def is_small(value: Any) -> bool:
    return value is not None and abs(value.XAdvance) < LEAST_KERNING
