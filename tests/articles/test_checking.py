"""What keeps a text from readers: each wrong form has its sentence, at its line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from articles.checking import Surroundings, find_problems
from tests.factories import make_article, make_image, make_version

GOOD = {"title": "Night cramps", "summary": "What helps.", "body": "Stretch.\n\n## Rest\n\nWarmth helps.[^1]"}
NHS = {"title": "Leg cramps", "publisher": "NHS", "url": "https://www.nhs.uk/", "read_on": None}
NOWHERE = Surroundings(lambda path: path == "/articles/gone/", lambda pk: pk == 7, "https://cramps.test")


def problems(body=GOOD["body"], sources=(NHS,), **fields):
    return find_problems({**GOOD, "body": body, **fields}, sources, NOWHERE)


def test_a_good_text_has_none():
    assert problems() == []


@pytest.mark.parametrize(
    ("body", "line", "words"),
    [
        # Every wrong form of a care card.
        ("One.\n\n:::\n- pain\n:::", 3, "opens no care card"),
        ("One.\n\n::: severe Call if:\n- pain\n:::", 3, "is no level of a care card"),
        ("One.\n\n::: urgent\n- pain\n:::", 3, "has no heading"),
        ("One.\n\n::: urgent See a doctor\n- pain\n:::", 3, "must end in “if:”"),
        ("One.\n\n::: urgent Call if:\n- pain", 3, "is never closed"),
        ("One.\n\n::: urgent Call if:\n:::", 3, "is empty"),
        ("One.\n\n::: urgent Call if:\n- pain\n\nWords.\n:::", 6, "one bullet list and nothing else"),
        ("One.\n\n::: emergency Call if:\n- pain [more](/about/)\n:::", 4, "holds no links"),
        ("::: urgent Call if:\n- pain\n::: urgent Call if:\n- pain\n:::", 3, "must be closed by :::"),
        ("One.\n\nTwo.[^2]", 3, "[^2] cites a source that is not there"),
        ("One.[^0]", 1, "[^0] cites a source"),
        ("One.\nTwo.[^?]", 2, "was taken out"),
        ("One.\n\n### Too deep", 3, "leaves out a level: write ## before it"),
        ("## A\n\n#### Too deep", 3, "write ### before it"),
        ("##", 1, "has no words"),
        ("One.\ntwo [words](url) three", 2, "leads nowhere"),
        ("[words](www.nhs.uk/cramps)", 1, "must begin with https://"),
        ("[words](/articles/gone/)", 1, "leads to nothing that readers can open"),
        ("[words](https://cramps.test/articles/gone/)", 1, "leads to nothing that readers can open"),
        ("[words](#no-such-heading)", 1, "leads to no heading"),
        ("![A leg](https://example.org/leg.jpg)", 1, "must come from the library"),
        ("![A leg](image:8)", 1, "has no picture 8"),
        ("![IMG_2041.jpg](image:7)", 1, "is a file's name"),
        (
            "| Age | Dose |\n| - | - |\n| 2 | 3 ml |\n| 3 | 5 ml | only with a doctor |",
            4,
            "has 3 cells and the table 2",
        ),
        ("Age | Dose\n--- | ---\n3 | 5 ml | only with a doctor", 3, "readers miss the last"),
    ],
)
def test_a_wrong_form_has_its_sentence_at_its_line(body, line, words):
    found = [problem for problem in problems(body) if words in problem.message]
    assert [problem.line for problem in found] == [line]


@pytest.mark.parametrize(
    "body",
    ["# One\n\n## Two\n\n### Three", "[a](/articles/here/) [b](mailto:a@example.org) [c](tel:112)", "## A\n\n[a](#a)",
     "[a](https://elsewhere.example/articles/gone/)", "![A leg](image:7)",
     "| Age | Dose |\n| - | - |\n| 2 |\n| a \\| b | 3 ml |\n\n| One |\n| - |\n| |"],
)  # fmt: skip
def test_a_right_form_has_none(body):
    assert problems(body) == []


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"title": " "}, "title", "title is missing"),
        ({"summary": ""}, "summary", "summary is missing"),
        ({"summary": "s" * 301}, "summary", "301 characters"),
        ({"body": "\n"}, "body", "text is empty"),
        ({"lead_image_alt": "IMG_0042"}, "lead_image_alt", "a file's name"),
        ({"correction": "c" * 301}, "correction", "longer than 300"),
        ({"sources": [{**NHS, "title": ""}]}, "sources", "Source 1 has no title"),
        ({"sources": [NHS, {**NHS, "url": "nhs.uk"}]}, "sources", "address of source 2"),
    ],
)
def test_a_field_has_its_sentence(fields, field, words):
    assert [problem.field for problem in problems(**fields) if words in problem.message] == [field]


@given(st.text(st.sampled_from("#:[]()^!?1 a\n-`*|>"), max_size=80))
def test_any_text_gets_its_answer_with_lines_that_it_has(body):
    lines = body.count("\n") + 1
    assert all(problem.line is None or 1 <= problem.line <= lines for problem in problems(body))


@pytest.mark.django_db
def test_a_version_is_checked_with_what_lies_around_it():
    make_article(slug="read")
    make_article(slug="draft", published_at=None)
    image = make_image()
    paths = ("/articles/read/", "/articles/draft/", "/topics/none/", "/about/", "/no/such/", "/admin/", "/static/x.css")
    body = "\n".join(f"[a]({path})" for path in paths) + f"\n![A leg](image:{image.pk})"
    version = make_version(title="T", summary="S", body=body)
    assert [problem.line for problem in version.problems()] == [2, 3, 5, 6]
