"""Finds the files of a WordPress site's pictures in a folder (`wp-content/uploads`), and never anything outside it."""

import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

SIZE = re.compile(r"-\d+x\d+(?=\.\w+$)|-scaled(?=\.\w+$)")
"""What WordPress adds to the name of a picture that it made smaller."""


def find(folder, address):
    """The file of an address in the folder, by its whole path, by year and month, or by its name; None without one."""
    if not folder or not address:
        return None
    try:
        parts = [part for part in unquote(urlsplit(address).path).split("/") if part not in ("", ".", "..")]
    except ValueError:
        return None
    root = Path(folder).resolve()
    for start in range(len(parts)):
        for name in dict.fromkeys(["/".join(parts[start:]), SIZE.sub("", "/".join(parts[start:]))]):
            if (path := _within(root, name)) is not None:
                return path
    return None


def _within(root, name):
    try:
        path = (root / name).resolve()
        return path if path.is_relative_to(root) and path.is_file() else None
    except (OSError, ValueError):
        return None
