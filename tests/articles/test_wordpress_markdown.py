"""What becomes of WordPress's HTML: Markdown in which no word is lost and no dose is another one."""

import re

import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st

from articles import care_cards
from articles.rendering import render
from articles.wordpress.markdown import Surroundings, to_markdown
from articles.wordpress.media import find
from tests.corpora import naughty_strings, xss_vectors

WORDS = st.text("abz <>&;*_[]()#`~\\!|:-+.=38\n'\"^{}", max_size=60)


def shown(text, **around):
    """What a reader reads of it."""
    html = render(to_markdown(text, Surroundings(**around)).text).html
    return " ".join(BeautifulSoup(html, "html.parser").get_text(" ").split())


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("Give it at 38<temp and pulse>90.", "Give it at 38<temp and pulse>90."),
        ("10<sup>3</sup> and H<sub>2</sub>O", "10³ and H₂O"),
        ("a<sup>x</sup>", "a^(x)"),
        ("<del>5</del> 10 mg", "[struck out: 5] 10 mg"),
        ("<i feel sick>", "<i feel sick>"),
        ("so [sic] it [...] says", "so [sic] it [...] says"),
        ("[[gallery]]", "[gallery]"),
        ("*not* _so_ `or` # 1. - x", "*not* _so_ `or` # 1. - x"),
        ("[my_form id=5]Words[/my_form]", "Words"),
        ("before<!--more-->after", "before after"),
        ("::: urgent Go now if:", "::: urgent Go now if:"),
        ("see [^1]", "see [^1]"),
        ("<q>rest</q>", "“rest”"),
    ],
)
def test_what_a_reader_reads(text, read):
    assert shown(text) == read


class TheClassicEditor:
    def test_ends_paragraphs_by_empty_lines_and_breaks_lines(self):
        html = render(to_markdown("One\ntwo\n\nthree <b>four</b>\n<ul>\n<li>five</li>\n</ul>").text).html
        assert html.count("<p>") == 2 and re.search(r"One<br ?/?>\s*two", html) and "<li>five</li>" in html


class Elements:
    @pytest.mark.parametrize("name", ["script", "style", "iframe", "form", "video", "svg"])
    def test_that_an_article_cannot_have_are_named(self, name):
        assert to_markdown(f"<{name}>x</{name}>").notes[name] == 1

    def test_that_play_elsewhere_become_links(self):
        assert "(https://video.test/v)" in to_markdown('<iframe src="https://video.test/v"></iframe>').text

    def test_of_a_table_stay_a_table(self):
        text = "<table><tr><th>Age</th><th>Dose</th></tr><tr><td>3</td><td>5 mg</td></tr></table>"
        assert "<td>5 mg</td>" in render(to_markdown(text).text).html

    def test_nested_a_thousand_deep_keep_their_words(self):
        assert "rest" in to_markdown("<div>" * 3000 + "rest" + "</div>" * 3000).text


class Pictures:
    def test_of_the_library_are_shown_with_caption(self):
        text = '[caption id="x"]<a href="a.jpg"><img src="a.jpg" alt="A calf" /></a> At "night"[/caption]'
        made = to_markdown(text, Surroundings(picture={"a.jpg": 7}.get)).text
        assert made == '![A calf](image:7 "At \\"night\\"")'

    def test_that_are_not_at_hand_become_words(self):
        made = to_markdown('<p><img src="https://old.test/a.jpg" alt="A calf"></p>')
        assert made.text == "[Picture: A calf](https://old.test/a.jpg)" and made.notes["picture not at hand"] == 1

    def test_are_found_in_the_folder_and_never_outside_it(self, tmp_path):
        inside = tmp_path / "uploads/2020/01/a.jpg"
        inside.parent.mkdir(parents=True)
        inside.write_bytes(b"x"), (tmp_path / "secret.jpg").write_bytes(b"x")
        assert find(tmp_path / "uploads", "https://old.test/wp-content/uploads/2020/01/a-300x200.jpg") == inside
        assert find(tmp_path / "uploads", "https://old.test/../secret.jpg") is None


@given(WORDS)
def test_no_letter_of_a_text_without_tags_is_lost(text):
    plain = text.replace("[", "(").replace("<", "< ")
    expected = BeautifulSoup(plain.replace("<", "&lt;"), "html.parser").get_text()
    assert re.sub(r"\s", "", shown(plain)) == re.sub(r"\s", "", expected)


@pytest.mark.corpus
def test_nothing_hostile_raises_or_opens_a_care_card(corpora):
    for text in [*naughty_strings(corpora), *xss_vectors(corpora)[::5]]:
        made = to_markdown(text).text
        assert care_cards.find_problems(made) == []
        assert "javascript:" not in "".join(re.findall(r'href="([^"]*)"', render(made).html)).lower()
