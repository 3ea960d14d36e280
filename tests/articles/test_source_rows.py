"""A page of the editor sends its rows and its text as they were shown, as often as it saves."""

import pytest

from articles.editing import renumber
from articles.forms import SourcesForm

SWAPPED = [{"title": "A", "was": 1, "position": 2}, {"title": "B", "was": 2, "position": 1}]
ONE_GONE = [{"title": "A", "was": 1, "position": 1, "gone": "on"}, {"title": "B", "was": 2, "position": 2}]


def stored(body, rows):
    sent = {f"sources-{at}-{name}": value for at, row in enumerate(rows) for name, value in row.items()}
    known = len(rows)
    sent |= {"sources-TOTAL_FORMS": known, "sources-INITIAL_FORMS": 0}
    initial = [{"title": row["title"]} for row in rows]
    sources = SourcesForm(sent, initial=initial, prefix="sources")
    assert sources.is_valid()
    return renumber(body, sources.moved()), [source["title"] for source in sources.sources()]


class SavingAgainAfterSourcesMoved:
    @pytest.mark.parametrize(
        ("rows", "text", "titles"),
        [(SWAPPED, "a[^2] b[^1]", ["B", "A"]), (ONE_GONE, "a[^?] b[^1]", ["B"])],
    )
    def test_numbers_what_the_page_shows_once(self, rows, text, titles):
        assert stored("a[^1] b[^2]", rows) == (text, titles)
        assert stored("a[^1] b[^2] more", rows) == (f"{text} more", titles)
