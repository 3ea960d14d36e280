"""Reads a mapping file: which article what lay at an old address has become.

A line is an old address (or path, or the identifier of a thread) and the slug or the new address, separated by a comma,
a tab or spaces. Empty lines and those that begin with # are left out.
"""

import re
from urllib.parse import urlsplit

from articles.wordpress.reading import host_of, names_of
from cramps_site.lib.exports import Unreadable


class Mapping:
    """Slugs by old address; empty without a file. Raises `Unreadable`."""

    def __init__(self, path=None):
        self._slugs = {}
        for number, line in enumerate(_lines(path), 1):
            if line.strip() and not line.lstrip().startswith("#"):
                self._take(path, number, re.split(r"\s*[,\t;]\s*|\s+", line.strip()))

    def __len__(self):
        return len(self._slugs)

    def _take(self, path, number, parts):
        if len(parts) != 2:
            raise Unreadable(f"{path}, line {number}: write an old address, a comma and the slug of the article.")
        old, new = parts
        slug = [part for part in urlsplit(new).path.split("/") if part][-1:]
        for name in _names(old):
            self._slugs[name] = slug[0] if slug else ""

    def slug_of(self, *addresses):
        """The slug that one of these leads to, or None."""
        names = [name for address in addresses if address for name in _names(address)]
        return next((self._slugs[name] for name in names if name in self._slugs), None)


def _names(address):
    """Forms by which an address is known, the most exact first."""
    try:
        path, full = urlsplit(address).path.rstrip("/"), names_of(address) or host_of(address)
    except ValueError:
        path, full = "", ""
    return [name for name in (address, full, path) if name]


def _lines(path):
    if path is None:
        return []
    try:
        with open(path, encoding="utf-8-sig") as file:
            return file.read().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise Unreadable(f"{path}: the mapping file cannot be read: {error}.") from error
