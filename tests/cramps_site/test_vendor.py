"""What browsers get from npm is the very file that the lock file names, with its licence."""

import hashlib
import json
import re

import pytest

from tests.test_architecture import ROOT

pytestmark = pytest.mark.any_database
VENDOR = ROOT / "static" / "vendor"
LINES = (VENDOR / "checksums.txt").read_text().splitlines()


def test_every_file_has_its_checksum_and_every_checksum_its_file():
    listed = {name: digest for digest, name in (line.split("  ") for line in LINES if not line.startswith("#"))}
    files = {path.relative_to(VENDOR).as_posix(): path for path in VENDOR.rglob("*") if path.is_file()}
    del files["checksums.txt"]
    assert {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in files.items()} == listed


def test_every_version_is_the_locked_one_and_has_a_licence():
    packages = json.loads((ROOT / "frontend" / "package-lock.json").read_text())["packages"]
    named = [re.fullmatch(r"# (\S+) (\S+)", line).groups() for line in LINES if line.startswith("#")]
    assert {name: version for name, version in named} == {
        name: packages[f"node_modules/{name}"]["version"] for name, _ in named
    }
    assert all("Permission is hereby granted" in path.read_text() for path in VENDOR.glob("*/LICENSE"))
    assert len(list(VENDOR.glob("*/LICENSE"))) == len(named)
