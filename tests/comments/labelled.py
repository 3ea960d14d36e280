"""Labelled comments, one hand a file: tests/comments/triage/. What they were written for is told by the file's name.

A line of a .tsv is LABEL, topic and text; the .yaml files also label what is private and what is a dose. Labels: U says
that a danger is there, D names one only to say that it is not, N neither. All people in them are invented.
"""

from pathlib import Path

import yaml

FOLDER = Path(__file__).with_name("triage")
LABELS = {True: "U", False: "N", "negated": "D"}


def hands():
    """For each hand its rows of (label, text)."""
    return {path.stem: read(path) for path in sorted([*FOLDER.glob("*.tsv"), *FOLDER.glob("*.yaml")])}


def read(path):
    if path.suffix == ".yaml":
        return [(LABELS[row["urgent"]], row["text"]) for row in rows(path.stem)]
    lines = (line.split("\t") for line in path.read_text("utf-8").splitlines())
    return [(label, text) for label, _, text in lines]


def rows(hand):
    """The rows of a .yaml file with all their labels."""
    return yaml.load((FOLDER / f"{hand}.yaml").read_text("utf-8"), yaml.CSafeLoader)


def share_told(labelled, is_found):
    """Recall and precision over (label, text) rows; signs that are denied count neither way."""
    pairs = [(label == "U", bool(is_found(text))) for label, text in labelled if label != "D"]
    hits = sum(urgent and found for urgent, found in pairs)
    urgent, found = sum(urgent for urgent, _ in pairs), sum(found for _, found in pairs)
    return hits / urgent if urgent else 1.0, hits / found if found else 1.0
