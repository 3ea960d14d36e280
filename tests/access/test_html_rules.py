"""That the rules about pages see what they are for."""

import pytest

from tests.access.html_rules import find_problems

PAGE = '<!doctype html><html lang="en"><head><title>A page</title></head><body>{}</body></html>'


def problems_of(body):
    return list(find_problems(PAGE.format(body).encode()))


def test_a_good_page_has_no_problem():
    assert problems_of('<h1>Cramps & co</h1><label for="a">Name</label><input id="a"><h2>More</h2><img alt="">') == []


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ("<h1>A</h1><p>B</div>", "End tag (div) seen too early"),
        ("<h1 id=a>A</h1><p id=a>B</p>", "the id 'a' is given 2 times"),
        ("<h1>A</h1><p aria-describedby=b>B</p>", "points to 'b'"),
        ("<h1>A</h1><label for=b>B</label>", "points to 'b'"),
        ("<h1>A</h1><input name=q>", "<input name=q> has no label"),
        ("<h1>A</h1><h3>B</h3>", "a heading of level 3 follows one of level 1"),
        ("<h2>A</h2>", "there are 0 headings of the first level"),
        ("<h1>A</h1><img src=a.png>", "the picture a.png has no alt"),
        ("<h1>A</h1><time datetime=2026-11-24T13:30:50.917330Z>now</time>", "more than three digits"),
        ("<h1>A</h1><a href=/><button>B</button></a>", "<button> stands in <a>"),
    ],
)
def test_a_fault_is_named(body, problem):
    assert any(problem in found for found in problems_of(body))


def test_a_page_without_title_or_language_is_named():
    found = list(find_problems(b"<!doctype html><html><head></head><body><h1>A</h1></body></html>"))
    assert found == ["the page does not say its language", "the page has no title"]
