"""The style sheets are compiled by `npm run build` in frontend/ and committed: whoever changes a source builds anew."""

from hashlib import sha256
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FRONTEND = ROOT / "frontend"


def hash_of_sources():
    """What frontend/build.mjs writes into the first line of a style sheet."""
    files = [*(FRONTEND / "scss").rglob("*.scss"), FRONTEND / "package-lock.json"]
    named = {file.relative_to(FRONTEND).as_posix(): file.read_bytes() for file in files}
    return sha256(b"".join(name.encode() + b"\0" + named[name] + b"\0" for name in sorted(named))).hexdigest()


@pytest.mark.any_database
class TheStyleSheets:
    @pytest.mark.parametrize("name", ["site.css", "admin.css"])
    def test_come_from_the_sources_as_they_are(self, name):
        first_line = (ROOT / "static" / "css" / name).read_text().split("\n")[0]
        assert first_line == f"/* sources sha256:{hash_of_sources()} */", "Run `npm run build` in frontend/."

    @pytest.mark.parametrize("name", ["site.css", "admin.css"])
    def test_ask_no_other_site_for_anything(self, name):
        sheet = (ROOT / "static" / "css" / name).read_text()
        assert "@import" not in sheet
        assert "url(" not in sheet

    def test_the_lock_file_names_no_registry(self):
        assert '"resolved"' not in (FRONTEND / "package-lock.json").read_text()
