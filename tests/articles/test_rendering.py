from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from articles.rendering import ELEMENTS, render
from tests.corpora import xss_vectors


class Elements(HTMLParser):
    def __init__(self, page):
        super().__init__()
        self.tags, self.attributes = [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs


def assert_harmless(page):
    parsed = Elements(page)
    assert set(parsed.tags) <= ELEMENTS
    for name, value in parsed.attributes:
        assert not name.startswith("on")
        assert name != "style"
        if name in ("href", "src"):
            assert not (value or "").strip().lower().startswith(("javascript:", "data:", "vbscript:"))


class AnArticlesText:
    def test_has_headings_below_the_pages_own(self):
        assert "<h2" in render("# Too large").html
        assert "<h1" not in render("# Too large").html

    def test_lists_its_sections_as_contents(self):
        rendered = render("## What it is\n\ntext\n\n## What *helps*\n\n### Detail\n\n## What it is\n")
        assert rendered.headings == [
            {"id": "what-it-is", "text": "What it is"},
            {"id": "what-helps", "text": "What helps"},
            {"id": "what-it-is-2", "text": "What it is"},
        ]

    def test_numbers_no_section_twice_in_its_contents(self):
        rendered = render("## 1. Calcium deficiency")
        assert rendered.headings == [{"id": "1-calcium-deficiency", "text": "Calcium deficiency"}]
        assert ">1. Calcium deficiency</h2>" in rendered.html

    def test_takes_no_id_that_the_page_needs(self):
        assert render("## Comments").headings[0]["id"] != "comments"

    def test_leads_to_the_danger_signs_from_its_contents(self):
        cards = "::: emergency Call if:\n- x\n:::\n\n::: urgent Get advice if:\n- x\n:::\n"
        rendered = render(f"## One\n\n{cards}\n## Two\n")
        assert [each["text"] for each in rendered.headings] == ["One", "When to seek care", "Two"]
        assert rendered.headings[1]["id"] == "call-if"

    def test_shows_raw_html_as_text(self):
        assert "&lt;script&gt;" in render("<script>alert(1)</script>").html

    def test_points_to_its_sources(self):
        assert '<sup><a href="#source-2" aria-label="Source 2">2</a></sup>' in render("True.[^2]").html

    def test_says_how_long_it_takes_to_read(self):
        assert render("word " * 660).minutes == 3
        assert render("word").minutes == 1

    def test_is_harmless_whatever_the_vector(self, corpora):
        for vector in xss_vectors(corpora):
            assert_harmless(render(vector[:5000]).html)

    @given(st.text(alphabet="[](){}<>!:#*_`|~^\"'=/\\ \n-+.&;jasvcriptonlox1:", max_size=300))
    def test_is_harmless_whatever_it_is(self, text):
        assert_harmless(render(text).html)


class ACareCard:
    @pytest.mark.parametrize(
        ("level", "prefix"),
        [("emergency", "Emergency advice: "), ("urgent", "Urgent advice: "), ("nonurgent", "Non-urgent advice: ")],
    )
    def test_says_its_level_in_its_heading(self, level, prefix):
        page = render(f"::: {level} Act if:\n- blue lips\n:::\n").html
        assert f'<section class="care-card care-card--{level}" aria-labelledby="act-if">' in page
        assert f'<h2 id="act-if"><span class="visually-hidden">{prefix}</span>Act if:</h2>' in page
        assert "<li>blue lips</li>" in page

    def test_shows_its_heading_as_text(self):
        assert "&lt;b&gt;" in render("::: urgent Act <b> if:\n- x\n:::\n").html
