"""Formulas in a CSV, which has no cells of text: a spreadsheet runs whatever looks like one."""

import re

# Where a spreadsheet may see the beginning of a formula, also after quotation marks and apostrophes. One that splits
# cells at semicolons does not understand the quotation marks around a text; for it, a cell also begins after each
# semicolon and line end inside a text.
BEGINNING = r"(?:\A|(?<=[;\n\r]))"
FORMULA_FOLLOWS = r"""(?=(?:['"]|[^\S\n\r])*[=+\-@\uff1d\uff0b\uff0d\uff20]|['"]*[\t\r])"""
FORMULA = re.compile(BEGINNING + FORMULA_FOLLOWS)
ESCAPED_FORMULA = re.compile(f"{BEGINNING}'{FORMULA_FOLLOWS}")
# A telephone number without any sign that a spreadsheet calculates with
TELEPHONE = re.compile(r"\+[0-9][0-9 ()]{5,}")


def escape_formula(text: str) -> str:
    """
    Return a cell with an apostrophe before everything that a spreadsheet could run as a formula.

    Telephone numbers such as +381 18 504 000 stay as they are. `unescape_formula` restores the text.
    """
    return text if TELEPHONE.fullmatch(text) else FORMULA.sub("'", text)


def unescape_formula(cell: str) -> str:
    """Return the text of which `escape_formula` has made a cell."""
    return ESCAPED_FORMULA.sub("", cell)
