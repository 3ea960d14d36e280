"""Advice on how a text reads."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from articles import readability, rendering

pytestmark = pytest.mark.any_database
LONG = "This sentence goes " + "on and " * 12 + "on."


def test_the_measure_is_words_a_sentence_and_the_share_of_long_words():
    reading = readability.read("The calf cramps. Stretching usually helps.")
    assert (reading.words, reading.sentences, reading.long_words) == (6, 2, 2)
    assert reading.lix == round(6 / 2 + 100 * 2 / 6)


@pytest.mark.parametrize(("lix", "age"), [(9, 6), (10, 7), (23, 9), (24, 10), (36, 13), (55, 17), (80, 18)])
def test_the_age_is_that_of_andersons_table(lix, age, monkeypatch):
    monkeypatch.setattr(readability.Reading, "lix", lix)
    assert readability.Reading().age == age


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("See Dr. Okafor today. Call first.", 2),
        ("Cold, e.g. Alpine air, is no cause.", 1),
        ("Give 2.5 ml. Then wait.", 2),
        ("“Does it hurt?” asks Ada. “Yes!” she says.", 2),
        ("Really?! Yes …", 2),
        ("", 0),
    ],
)
def test_a_sentence_ends_where_a_reader_would_say(text, sentences):
    assert readability.read(text).sentences == sentences


def test_points_of_lists_end_sentences_and_headings_and_tables_count_for_nothing():
    text = "## A heading of words\n\n- warmth\n- rest\n\n| a | b |\n|---|---|\n| c | d |\n"
    assert (readability.read(text).words, readability.read(text).sentences) == (2, 2)


def test_advice_names_the_line():
    text = f"Short.\n\n{LONG}\n\nAa. Bb. Cc. Dd.\n"
    assert [(advice.line, advice.message[:24]) for advice in readability.read(text).advice] == [
        (3, "“This sentence goes on a"),
        (5, "this paragraph has 4 sen"),
    ]


def test_a_list_or_care_card_of_many_points_is_no_long_paragraph():
    points = "\n".join(f"- point {number}. And more." for number in range(9))
    assert readability.read(f"::: urgent Call if:\n{points}\n:::").advice == []


def test_a_long_sentence_is_marked_through_its_bold_words():
    html = rendering.render(
        f"Short. {LONG.replace('and', '**and**', 1)} Short again.", annotate=readability.annotate
    ).html
    marked = re.findall(r'<mark class="long-sentence" title="28 words">(.*?)</mark>', html)
    assert "".join(marked).strip() == LONG
    assert "<strong><mark" in html and html.startswith("<p>Short. <mark")


@given(st.text(st.sampled_from("Ab. ?*`[]()\n-#1<&"), max_size=120))
def test_marking_changes_no_word(text):
    plain, marked = rendering.render(text).html, rendering.render(text, annotate=readability.annotate).html
    without_labels = re.sub(r'<mark class="long-paragraph">.*?</mark> ', "", marked)
    assert re.sub("</?mark[^>]*>", "", without_labels) == plain
