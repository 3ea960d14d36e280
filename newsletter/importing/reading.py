"""Turns a file's bytes into rows, or says in a sentence why nothing can be taken from it."""

import csv
from collections import Counter
from io import StringIO
from typing import NamedTuple

COLUMNS = ("email", "topics", "frequency", "confirmed_at", "consent", "state")
SEPARATORS = ",;\t"
SPACES = " \t\xa0"


class Unreadable(Exception):
    """Nothing can be taken from the file. The sentence says why, and what to do."""


class Row(NamedTuple):
    line: int
    cells: dict
    """By the column's name, without the spaces around. Those beyond the header are under the name None."""


def read(data):
    """(columns that are not known, Rows) of a file's bytes. Raises Unreadable."""
    text = _decode(data)
    separator = _separator(text)
    table = csv.reader(StringIO(text, newline=""), delimiter=separator, strict=True)
    header = [name.strip().lower() for name in next(_strictly(table))]
    twice = [name for name, number in Counter(header).items() if name and number > 1]
    if twice:
        raise Unreadable(f"The column {twice[0]!r} is there twice: leave one.")
    return [name for name in header if name not in COLUMNS], list(_rows(header, table))


def _decode(data):
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise Unreadable("The file is UTF-16: save it again as “CSV UTF-8”.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise Unreadable(f"The file is not UTF-8 (line {line}): save it again as “CSV UTF-8”.") from None


def _separator(text):
    """The separator by which the first line has a column named email."""
    first = text.partition("\n")[0].rstrip("\r")
    for separator in SEPARATORS:
        if "email" in [name.strip(' "').lower() for name in first.split(separator)]:
            return separator
    names = ", ".join(COLUMNS)
    raise Unreadable(
        f"The first line must name the columns, and one of them must be email. Known are: {names};"
        " between them stands a comma, a semicolon or a tab."
    )


def _strictly(table):
    try:
        yield from table
    except csv.Error as error:
        raise Unreadable(f"Line {table.line_num} is no CSV ({error}): look at its quotation marks.") from None


def _rows(header, table):
    for cells in _strictly(table):
        if any(cell.strip() for cell in cells):
            named = dict(zip(header, (cell.strip(SPACES) for cell in cells), strict=False))
            yield Row(table.line_num, named | ({None: cells[len(header) :]} if cells[len(header) :] else {}))
