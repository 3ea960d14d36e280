import pytest

from articles.care_cards import find_problems

GOOD = """Before.

::: emergency Call 112 now if your child:
- has a fit
- is blue
  around the lips
:::

::: urgent When to Seek Medical Care

* fever

:::
"""


def test_a_good_card_has_no_problem():
    assert find_problems(GOOD) == []


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("::: urgnt Act if:\n- x\n:::", 1, "no level"),
        (":::\n- x\n:::", 1, "opens no care card"),
        ("::: urgent\n- x\n:::", 1, "no heading"),
        ("a\n\n::: urgent Call a doctor\n- x\n:::", 3, "must end in"),
        ("::: urgent Act if you can.\n- x\n:::", 1, "must end in"),
        ("::: urgent Act if:\n\n:::", 1, "empty"),
        ("::: urgent Act if:\nplain words\n:::", 2, "one bullet list"),
        ("::: urgent Act if:\n- x\n\n1. one\n:::", 4, "one bullet list"),
        ("::: urgent Act if:\n  - x\n:::", 2, "one bullet list"),
        ("::: emergency Act if:\n- see [more](/articles/x/)\n:::", 2, "no links"),
        ("::: emergency Act if:\n- see https://example.org\n:::", 2, "no links"),
        ("::: emergency Act if:\n- true[^1]\n:::", 2, "no links"),
        ("::: urgent Act if:\n- x", 1, "never closed"),
        ("::: urgent Act if:\n- x\n::: urgent Act if:\n- y\n:::", 3, "must be closed"),
    ],
)
def test_a_wrong_card_is_refused_with_a_sentence_at_its_line(text, line, words):
    [problem, *_] = find_problems(text)
    assert problem.line == line
    assert words in problem.message


def test_every_problem_of_a_text_is_told_in_order():
    problems = find_problems("::: urgent Act\nwords\n:::\n\n::: blue Act if:\n- x\n:::")
    assert [problem.line for problem in problems] == [1, 2, 5]
