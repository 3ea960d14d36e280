"""Reads what other programs export: XML as a stream, element by element, and a name for each thing that it holds.

An export is a stranger's file. It may hold no document type, so no entity bomb and nothing from elsewhere; whatever is
wrong with it raises `Unreadable` with a sentence. What was read is let go of at once, so memory does not grow with the
file.
"""

import gzip
import hashlib
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

LONGEST_KEY = 120


class Unreadable(Exception):
    """Why a file cannot be imported: a sentence for whoever chose it."""


def name_of(element):
    """The name of an element without its namespace, which differs between versions of one program."""
    return element.tag.rpartition("}")[2]


def elements(path, wanted):
    """(path, element, the element around it) for each element that ends at one of the `wanted` paths, tuples of names
    from the root. The element is whole, but for wanted ones within it. Raises `Unreadable`."""
    try:
        with _open(path) as file:
            yield from _walk(iterparse(file, events=("start", "end"), forbid_dtd=True), wanted)
    except DefusedXmlException as error:
        raise Unreadable(
            f"{path}: holds a document type or entities, which no export needs. It was not read."
        ) from error
    except OSError as error:
        raise Unreadable(f"{path}: cannot be read: {error.strerror or error}.") from error
    except (ParseError, ValueError, LookupError, EOFError) as error:
        raise Unreadable(f"{path}: is damaged or no XML ({error}). Export it again.") from error


def _open(path):
    with open(path, "rb") as file:
        is_packed = file.read(2) == b"\x1f\x8b"
    return gzip.open(path) if is_packed else open(path, "rb")


def _walk(events, wanted):
    # What stands beside wanted elements is let go of as well.
    containers = {path[:-1] for path in wanted} - set(wanted)
    opened, names = [], []
    for event, element in events:
        if event == "start":
            opened.append(element)
            names.append(name_of(element))
            continue
        opened.pop()
        path, around = tuple(names), opened[-1] if opened else None
        names.pop()
        if path in wanted:
            yield path, element, around
        if around is not None and (path in wanted or path[:-1] in containers):
            around.remove(element)


def text_of(element, name):
    """The text of the first child of this name in any namespace, without space around it; empty without one."""
    return (element.findtext(f"{{*}}{name}") or "").strip()


def key_of(*parts):
    """By what a thing of another program is known here: at most `LONGEST_KEY` characters, equal for equal parts."""
    key = ":".join(map(str, parts))
    if len(key) <= LONGEST_KEY:
        return key
    digest = hashlib.sha256(key.encode()).hexdigest()[:32]
    return f"{key[: LONGEST_KEY - 33]}-{digest}"
