"""Reads the vectors that others wrote (see INDEX.md beside them). Each reader takes the folder and gives strings."""

import json
import re
from xml.etree import ElementTree


def naughty_strings(corpora):
    return json.loads((corpora / "strings/blns/blns.json").read_text("utf-8"))


def lines_below(folder):
    """Every line of every text file below a folder."""
    files = sorted(folder.rglob("*.txt"))
    return [line for file in files for line in file.read_text("utf-8", "replace").splitlines() if line.strip()]


def xss_vectors(corpora):
    """Every vector of the cross-site scripting corpora, a string each."""
    return [
        *[node.text or "" for node in ElementTree.parse(corpora / "xss/htmlpurifier/xssAttacks.xml").iter("code")],
        *loofah_vectors(corpora / "xss/loofah/testdata_sanitizer_tests1.dat"),
        *bleach_vectors(corpora / "xss/bleach"),
        *fenced_blocks(corpora / "xss/owasp"),
        *lines_below(corpora / "xss/fuzzdb"),
    ]


def bounces(corpora):
    """What came back and who is expected to be named: {file: (content, addresses in lower case, is temporary)}.

    Several detectors of the library may be asked about one file; what any of them finds is expected."""
    folder, found = corpora / "bounces/flufl.bounce", {}
    for case in json.loads((folder / "expected.json").read_text("utf-8")):
        content, addresses, _ = found.get(case["file"]) or ((folder / case["file"]).read_bytes(), set(), None)
        addresses |= {address.lower() for address in case["expected"]}
        found[case["file"]] = (content, addresses, case["temporary"])
    return found


def loofah_vectors(path):
    found = re.findall(r'"input":\s*("(?:[^"\\]|\\.)*")', path.read_text("utf-8"))
    return [json.loads(one, strict=False) for one in found]


def bleach_vectors(folder):
    """The library's own cases: whole files, and every string that its recorded cases hold."""
    files = [file.read_text("utf-8", "replace") for file in sorted((folder / "tests/data").glob("*.test"))]
    cases = [json.loads(file.read_text("utf-8")) for file in sorted(folder.glob("*.cases.json"))]
    return files + list(strings_in(cases))


def strings_in(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from strings_in(list(value.values()))
    elif isinstance(value, list):
        for one in value:
            yield from strings_in(one)


def fenced_blocks(folder):
    texts = [file.read_text("utf-8") for file in sorted(folder.glob("*.md"))]
    return [block for text in texts for block in re.findall(r"```[^\n]*\n(.*?)```", text, re.DOTALL)]
