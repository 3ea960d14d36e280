"""What reading a document promises: no word of it is lost, nothing is added, and every doubt is said with its line."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from articles import care_cards, documents, plain_text
from articles.documents import Document, Unreadable
from articles.models import Version
from articles.rendering import render
from tests.corpora import naughty_strings, xss_vectors

pytestmark = pytest.mark.any_database

patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""On a busy machine a slow example proves nothing."""
MARKS = "⚠❗❕‼⁉🚨🆘🚩🔴\ufe0e\ufe0f"
BULLETS = set("-*•·‣⁃◦▪▫●○")
NUMBER = re.compile(r"(\d{1,2})[.)]")


class Words(HTMLParser):
    """The words that a page shows, in their order. A list's numbers count as words, a card's hidden level does not."""

    def __init__(self, html):
        super().__init__()
        self.text, self.hidden, self.numbers = "", 0, []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.hidden += attrs.get("class") == "visually-hidden"
        if tag in ("ol", "ul"):
            self.numbers.append(int(attrs.get("start", 1)) if tag == "ol" else None)
        if tag == "li" and self.numbers[-1] is not None:
            self.text += f"\n{self.numbers[-1]}. "
            self.numbers[-1] += 1
        elif tag != "span":
            self.text += "\n"

    def handle_endtag(self, tag):
        if tag in ("ol", "ul"):
            self.numbers.pop()
        if self.hidden and tag == "span":
            self.hidden = 0
        elif tag != "span":
            self.text += "\n"

    def handle_data(self, data):
        self.text += "" if self.hidden else data


def read_text(text, name="cramps.txt"):
    return documents.parse(documents.decode(text.encode("utf-8", "ignore"), []), name)


def text_of(markdown):
    return Words(render(markdown).html).text


def tokens(text):
    """Its words with all that clings to them, less what a list or a card may show in its own way."""
    words = [token.lstrip(MARKS) for token in text.split()]
    return [
        NUMBER.sub(r"\1", word) if NUMBER.fullmatch(word) else word for word in words if word and word not in BULLETS
    ]


def words_of_page(document):
    page = [document.title, text_of(document.body), document.disclaimer, document.author, document.job_title]
    return tokens("\n".join(page))


def words_of_document(text, document):
    """The words of the text less those that the notes report as left out."""
    dropped = {line for line, sentence in document.notes if sentence.startswith("left out: “")}
    return tokens("\n".join(line for number, line in enumerate(text.splitlines(), 1) if number not in dropped))


def notes_of(document):
    return "\n".join(f"{line}: {sentence}" for line, sentence in document.notes)


@pytest.fixture(scope="session")
def inputs(corpora):
    """The folder of the two real documents."""
    folder = corpora.parent / "input" / "articles"
    if not folder.is_dir():
        pytest.skip(f"no documents in {folder}")
    return folder


@pytest.mark.corpus
class TheRealDocuments:
    @pytest.mark.parametrize("name", ["magnesium-and-muscle-cramps.txt", "muscle-spasms-in-children.txt"])
    def test_lose_no_word_and_gain_none(self, inputs, name):
        document = documents.read(inputs / name)
        text = (inputs / name).read_text()
        assert words_of_page(document) == words_of_document(text, document)

    def test_the_marked_list_is_an_urgent_card_under_its_own_heading(self, inputs):
        document = documents.read(inputs / "magnesium-and-muscle-cramps.txt")
        assert "::: urgent When to Seek Medical Care\n- Cramps lasting" in document.body
        assert "⚠" not in document.body
        assert "12: became an urgent care card in place of its warning marks" in notes_of(document)

    def test_plain_headings_and_lists_are_found(self, inputs):
        document = documents.read(inputs / "magnesium-and-muscle-cramps.txt")
        rendered = render(document.body)
        headings = [heading["text"] for heading in rendered.headings]
        assert headings == [
            "Possible Causes",
            "Home Care Recommendations",
            "When to Seek Medical Care",
            "Conclusion",
        ]
        assert rendered.html.count("<li>") == 9

    def test_the_disclaimer_goes_to_its_place_in_its_own_words(self, inputs):
        document = documents.read(inputs / "magnesium-and-muscle-cramps.txt")
        assert document.disclaimer.startswith("The information provided in this article is for reference only")
        assert document.disclaimer.endswith("please consult a qualified healthcare professional immediately.")
        assert "for reference only" not in document.body
        assert "17: the closing disclaimer" in notes_of(document)

    def test_numbered_headings_keep_their_numbers(self, inputs):
        document = documents.read(inputs / "muscle-spasms-in-children.txt")
        assert re.findall(r"<h2[^>]*>(.*?)</h2>", render(document.body).html) == [
            "1. Calcium deficiency",
            "2. Excessive exercise",
            "3. Electrolyte imbalance",
            "4. Seizures",
        ]

    def test_of_the_page_furniture_only_the_author_stays(self, inputs):
        document = documents.read(inputs / "muscle-spasms-in-children.txt")
        assert (document.author, document.job_title) == ("Senior Expert", "Contributing Writer")
        dropped = [line for line, sentence in document.notes if sentence.startswith("left out")]
        assert dropped == [21, 23, 24, 25, 27, 29, 34, 36]
        assert document.body.endswith("neuromuscular system abnormalities early on.")


class Escaping:
    @pytest.mark.parametrize(
        "line",
        [
            "*not slanted* and **not bold** and _neither_ and snake_case",
            "# no heading",
            "#hash ## and #",
            "> no quotation",
            "+ 5 °C",
            "- 5 °C",
            "---",
            "1) first",
            "12. twelfth",
            "1.",
            "temp <38 & pulse >90, AT&amp;T, &copy; &#169; &lt;b&gt;",
            "<b>no tag</b> <script>alert(1)</script> <https://example.org> <a@example.org>",
            "[no link](https://example.org) ![no picture](x.png) [^1] [x]: y",
            "`no code` and ``none`` and ~~~ and ```",
            "~~~ no fence",
            "::: urgent no card",
            "a \\ b \\* c \\\\ d \\",
            "a | b | c",
            "|---|---|",
            "=====",
            "https://example.org/a_b_c*d*",
            "“typographic” – quotes… and ‘apostrophes’, non\u00a0breaking, soft\u00adhyphen",
            "{emergency_number",
            "%s %(x)s {{ x }} {% x %}",
        ],
    )
    def test_a_line_appears_as_typed(self, line):
        assert text_of(plain_text.escape(line)).strip() == line

    @patient
    @given(st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=60))
    def test_any_line_appears_as_typed(self, line):
        assert text_of(plain_text.escape(line)).strip() == line.strip()

    @patient
    @given(st.text("*_#<>[]()`&;+-\\|~:!^=1.) \tab", max_size=30))
    def test_any_line_of_signs_appears_as_typed(self, line):
        assert text_of(plain_text.escape(line)).strip() == line.strip()

    @pytest.mark.corpus
    def test_every_naughty_string_appears_as_typed(self, corpora):
        for text in [*naughty_strings(corpora), *xss_vectors(corpora)]:
            for line in documents.decode(text.encode("utf-8", "ignore").replace(b"\0", b""), []).split("\n"):
                assert text_of(plain_text.escape(line)).strip() == line.strip()


PHRASES = st.text("abcXYZ é—“*_#<[`&\\+~|:)(5", min_size=1, max_size=30).filter(
    lambda words: any(map(str.isalnum, words))
)
BLOCKS = st.one_of(
    PHRASES,
    PHRASES.map(lambda words: f"{words}."),
    st.lists(PHRASES, min_size=1, max_size=4).map(lambda items: "\n".join(f"- {item}" for item in items)),
    st.lists(PHRASES, min_size=1, max_size=4).map(lambda items: "\n".join(f"- ⚠️ {item}" for item in items)),
    st.lists(PHRASES, min_size=1, max_size=4).map(lambda items: "When to call\n" + "\n".join(f"❗{i}" for i in items)),
    st.lists(PHRASES, min_size=1, max_size=4).map(
        lambda items: "\n".join(f"{number}. {item}" for number, item in enumerate(items, 1))
    ),
    st.sampled_from(["-----", "Comments (0)", "Leave a Comment", "About the Author\nA B\nWriter", "Stay Updated"]),
    st.just("This text cannot replace the advice of a doctor."),
)


class AnyDocument:
    @settings(patient, max_examples=300)
    @given(st.lists(st.tuples(BLOCKS, st.sampled_from(["\n", "\n\n", "\r\n", "\n   "])), min_size=1, max_size=8))
    def test_loses_no_word_and_gains_none(self, blocks):
        text = "Night cramps\nAn introduction.\n" + "".join(block + end for block, end in blocks)
        document = read_text(text)
        page, typed = words_of_page(document), words_of_document(text, document)
        assert sorted(page) == sorted(typed)
        # The author and the disclaimer have a place of their own; all else keeps its order.
        if not document.author and not document.disclaimer:
            assert page == typed

    @patient
    @given(st.text(), st.sampled_from(["a.txt", "a.md"]))
    def test_is_read_or_refused_with_a_reason(self, text, name):
        problems, document = (), None
        try:
            document = read_text(text, name)
        except Unreadable as error:
            problems = error.problems
        assert problems or (document.title and document.body and not care_cards.find_problems(document.body))

    @patient
    @given(st.text(max_size=200).filter(lambda text: "\0" not in text))
    def test_whatever_is_below_the_title_is_kept(self, text):
        text = f"Night cramps\nAn introduction.\n{text}\nAn end."
        document = read_text(text)
        decoded = documents.decode(text.encode("utf-8", "ignore"), [])
        assert words_of_page(document) == words_of_document(decoded, document)

    @patient
    @given(st.binary(max_size=200))
    def test_of_any_bytes_is_decoded_or_refused(self, data):
        try:
            text = documents.decode(data, [])
        except Unreadable:
            return
        assert "\r" not in text and "\0" not in text


class PlainText:
    def body_of(self, text):
        return read_text(f"Title\nAn introduction.\n\n{text}").body.removeprefix("An introduction.").strip()

    def test_a_short_line_above_a_list_or_a_text_is_a_heading(self):
        assert self.body_of("Causes\n- salt\nWhat helps?\nRest.") == "## Causes\n\n- salt\n\n## What helps?\n\nRest."

    @pytest.mark.parametrize("line", ["Drink enough.", "Causes are:", "causes", "X" * 81])
    def test_a_sentence_or_a_long_line_is_none(self, line):
        assert not self.body_of(f"{line}\n- salt").startswith("#")

    def test_one_number_above_a_text_is_a_part_of_its_heading(self):
        assert (
            self.body_of("1. calcium\nText.\n2) Water\n\n- salt") == "## 1. calcium\n\nText.\n\n## 2) Water\n\n- salt"
        )

    def test_short_lines_above_one_another_are_a_doubt(self):
        document = read_text("Title\nText.\nAt home\nWarmth\nA bath.")
        assert document.body == "Text.\n\nAt home\n\n## Warmth\n\nA bath."
        assert "3: a short line, kept as a paragraph" in notes_of(document)

    def test_a_short_last_line_is_a_paragraph(self):
        assert self.body_of("Get well soon") == "Get well soon"

    def test_a_heading_may_hold_any_sign(self):
        document = read_text("Title\n\nA # *b* <c> #\n\nText.")
        assert render(document.body).headings == [{"id": "a-b-c", "text": "A # *b* <c> #"}]

    @pytest.mark.parametrize("bullet", "-*•·‣▪●")
    def test_every_usual_bullet_makes_a_list(self, bullet):
        assert self.body_of(f"{bullet} salt\n\n{bullet} water") == "- salt\n- water"

    def test_lists_nest_as_they_are_indented(self):
        assert self.body_of("- salt\n   - of sea\n- water") == "- salt\n    - of sea\n- water"
        assert text_of(self.body_of("1. salt\n   - of sea\n2. water")).split() == "1. salt of sea 2. water".split()

    def test_lists_nested_without_end_lose_no_word(self):
        body = self.body_of("\n".join(f"{' ' * 2 * depth}- level {depth}" for depth in range(30)))
        assert "level 29" in text_of(body)

    def test_numbers_that_count_on_are_a_list(self):
        assert self.body_of("1. Sit.\n2. Pull the toes.\nRest.") == "1. Sit.\n2. Pull the toes.\n\nRest."

    def test_numbers_that_do_not_stay_as_typed(self):
        assert text_of(self.body_of("3. Sit.\n7. Rest.")).split() == ["3.", "Sit.", "7.", "Rest."]

    def test_two_lists_of_numbers_stay_two(self):
        assert render(self.body_of("1. a\n2. b\n\n1. c\n2. d")).html.count("<ol>") == 2

    def test_wrapped_lines_are_one_paragraph(self):
        wrapped = (
            "Muscles tighten by themselves and do not let go for a while, which\nhurts. The calf is the usual place."
        )
        assert self.body_of(f"{wrapped}\n\nMore.") == wrapped.replace("\n", " ") + "\n\nMore."

    def test_a_list_item_goes_on_where_it_is_indented(self):
        assert self.body_of("- salt\n  and water\n- rest") == "- salt and water\n- rest"

    def test_lines_without_words_are_left_out_and_reported(self):
        document = read_text("Title\n=====\nText.\n\n* * *\nMore.")
        assert document.body == "Text.\n\nMore."
        assert [line for line, _ in document.notes] == [2, 5]


class WarningMarks:
    @pytest.mark.parametrize("mark", ["⚠️ ", "⚠ ", "⚠\ufe0e", "❗", "🚨 ", "⚠️❗ "])
    @pytest.mark.parametrize("bullet", ["- ", "• ", ""])
    def test_on_every_item_make_an_urgent_card(self, mark, bullet):
        document = read_text(f"Title\nText.\nWhen to seek help\n{bullet}{mark}fever\n{bullet}{mark}weak legs\nEnd.")
        assert document.body == "Text.\n\n::: urgent When to seek help\n- fever\n- weak legs\n:::\n\nEnd."

    def test_on_the_heading_too_are_dropped(self):
        document = read_text("Title\nText.\n⚠️ When to seek help\n⚠️ fever\n⚠️ weak legs")
        assert "::: urgent When to seek help\n- fever\n- weak legs\n:::" in document.body

    def test_under_a_sentence_that_ends_in_if_make_a_card_below_the_section(self):
        document = read_text("Title\nText.\n\nWhen to call\n\nCall a doctor if:\n- ⚠️ fever\n- ⚠️ weak legs")
        assert "## When to call\n\n::: urgent Call a doctor if:\n- fever" in document.body

    def test_on_some_items_only_stay_as_typed_and_are_reported(self):
        document = read_text("Title\nText.\nWhen to seek help\n- ⚠️ fever\n- tired legs")
        assert "- ⚠️ fever\n- tired legs" in document.body
        assert "4: a list with warning marks, kept as it is" in notes_of(document)

    def test_under_a_heading_that_no_card_may_have_stay_as_typed_and_are_reported(self):
        document = read_text("Title\nText.\nSigns\n- ⚠️ fever\n- ⚠️ weak legs")
        assert "## Signs\n\n- ⚠️ fever\n- ⚠️ weak legs" in document.body
        assert "no line above it can head one" in notes_of(document)

    def test_on_numbered_items_stay_as_typed_and_are_reported(self):
        document = read_text("Title\nText.\nWhen to call\n1. ⚠️ fever\n2. ⚠️ weak legs")
        assert "1. ⚠️ fever\n2. ⚠️ weak legs" in document.body
        assert "4: a list with warning marks, kept as it is" in notes_of(document)

    def test_within_a_heading_belong_to_its_words(self):
        document = read_text("Title\nText.\nWhen to call 🚨us🚨\n- ⚠️ fever")
        assert "::: urgent When to call 🚨us🚨\n- fever" in document.body

    def test_missing_under_such_a_heading_are_a_doubt(self):
        document = read_text("Title\nText.\nWhen to seek help\n- fever\n- weak legs")
        assert ":::" not in document.body
        assert "4: danger signs without warning marks" in notes_of(document)

    def test_that_mean_do_not_belong_to_the_words(self):
        document = read_text("Title\nText.\nWhen to call\n- ⛔ No massage\n- ❌ No heat")
        assert "⛔ No massage" in document.body and ":::" not in document.body


class TheFurnitureOfAPage:
    def test_is_kept_where_other_text_follows(self):
        document = read_text("Title\nText.\nComments (0)\nLeave a Comment\nGive water when the child is awake.\n")
        assert "Comments (0)" in document.body and "Give water" in document.body
        assert "3: kept, though it looks like a part of the page" in notes_of(document)

    def test_readers_comments_below_it_are_left_out_line_by_line(self):
        document = read_text("Title\nText.\nComments (1)\nAna\nIt helped us.\nLeave a Comment\n")
        assert document.body == "Text."
        assert "5: left out: “It helped us.”" in notes_of(document)

    def test_what_tells_of_the_author_is_left_out_and_reported(self):
        document = read_text("Title\nText.\nAbout the Author\nMarta Lind\nWriter\nMarta Lind has worked for years.\n")
        assert (document.author, document.job_title, document.body) == ("Marta Lind", "Writer", "Text.")
        assert "6: left out: “Marta Lind has worked" in notes_of(document)

    def test_names_no_author_where_the_front_matter_does(self):
        text = "---\ntitle: A\nauthor: Marta Lind\n---\nText.\n\nAbout the Author\n\nSenior Expert\n"
        document = read_text(text, "a.md")
        assert (document.author, document.job_title, document.body) == ("Marta Lind", "", "Text.")
        assert "9: left out: “Senior Expert”" in notes_of(document)

    def test_a_disclaimer_below_it_is_kept(self):
        end = "This article cannot replace the advice of a doctor."
        document = read_text(f"Title\nText.\nStay Updated\nSubscribe to our newsletter.\n{end}")
        assert (document.body, document.disclaimer) == ("Text.", end)

    def test_is_found_in_markdown_too(self):
        document = read_text(
            "# Title\n\nText.\n\n## Comments (0)\n\n## About the Author\n\n**A B**\n\nWriter\n", "a.md"
        )
        assert (document.body, document.author, document.job_title) == ("Text.", "A B", "Writer")


class Disclaimers:
    @pytest.mark.parametrize(
        "words",
        [
            "This page is not a substitute for professional medical advice.",
            "The content of this site isn’t intended to replace a consultation with your doctor.",
            "This information is for educational purposes only.",
            "Articles here do not replace diagnosis or treatment.",
        ],
    )
    def test_are_known_in_usual_words(self, words):
        assert read_text(f"Title\nText.\n\n{words}").disclaimer == words

    @pytest.mark.parametrize(
        "words",
        [
            "Magnesium cannot replace a balanced diet.",
            "Do not replace a prescribed treatment with tablets without advice.",
            "This page lists signs that need a doctor.",
        ],
    )
    def test_are_not_seen_in_advice(self, words):
        assert not read_text(f"Title\nText.\n\n{words}").disclaimer

    def test_stand_at_the_end_only(self):
        document = read_text("Title\nThis article cannot replace medical advice.\n\nText.")
        assert document.body.startswith("This article cannot") and not document.disclaimer

    def test_lose_the_heading_that_says_no_more(self):
        document = read_text("Title\nText.\n\nMedical Disclaimer\n\nThis article cannot replace medical advice.")
        assert document.body == "Text."
        assert "4: left out: “Medical Disclaimer”" in notes_of(document)

    def test_are_taken_from_markdown_when_they_are_plain(self):
        document = read_text("# Title\n\nText.\n\n*This article cannot replace\nmedical advice.*\n", "a.md")
        assert (document.body, document.disclaimer) == ("Text.", "This article cannot replace medical advice.")

    def test_with_links_stay_in_the_text(self):
        words = "This article cannot replace [medical advice](/help/)."
        document = read_text(f"# Title\n\nText.\n\n{words}\n", "a.md")
        assert words in document.body and not document.disclaimer
        assert "5: a disclaimer with Markdown" in notes_of(document)


FRONT_MATTER = """---
title: "Night cramps: what helps"
slug: night-cramps
summary: Most pass within minutes.
author: Marta Lind
topics: [Night cramps, Sport]
image: night
image_alt: A child in bed.
published: 2026-09-14
reviewer: Samuel Okafor
reviewed: 2026-10-03
sources:
  - title: Leg cramps
    publisher: NHS
    url: https://www.nhs.uk/conditions/leg-cramps/
    read: 2026-09-12
---
A cry from the bedroom.[^1]

## What to do
"""


class Markdown:
    def test_is_taken_as_it_is(self):
        document = read_text(FRONT_MATTER, "a.md")
        assert document.body == "A cry from the bedroom.[^1]\n\n## What to do"

    def test_its_front_matter_gives_the_fields(self):
        document = read_text(FRONT_MATTER, "a.md")
        assert (document.title, document.slug, document.author) == (
            "Night cramps: what helps",
            "night-cramps",
            "Marta Lind",
        )
        assert document.topics == ["Night cramps", "Sport"]
        assert (str(document.published), str(document.reviewed), document.reviewer) == (
            "2026-09-14",
            "2026-10-03",
            "Samuel Okafor",
        )
        assert document.sources[0]["publisher"] == "NHS" and str(document.sources[0]["read_on"]) == "2026-09-12"

    @pytest.mark.parametrize(
        ("text", "title", "body"),
        [
            ("# Night *cramps* & more #\n\nText.", "Night cramps & more", "Text."),
            ("Night cramps\n\nText.", "Night cramps", "Text."),
            ("Night cramps\n============\n\nText.", "Night cramps", "Text."),
            ("A word first.\n\n# Night cramps\n\nText.", "Night cramps", "A word first.\n\n\n\nText."),
            ("---\ntitle: Night cramps\n---\n# Night cramps\n\nText.", "Night cramps", "Text."),
            ("---\ntitle: Night cramps\n---\n# At night\n\nText.", "Night cramps", "# At night\n\nText."),
        ],
    )
    def test_the_title_is_found(self, text, title, body):
        document = read_text(text, "a.md")
        assert (document.title, document.body) == (title, body)

    def test_what_would_not_show_is_doubted(self):
        text = "# Title\n\nA<br>b\n\n![x](y.png)\n\nSo it is.[^2]\n"
        assert notes_of(read_text(text, "a.md")).split("\n") == [
            "3: HTML is shown as text: use Markdown",
            "5: a picture that readers will not see: it does not lie on this site",
            "7: [^2] points to no source of the front matter",
        ]

    def test_unknown_fields_are_reported(self):
        assert "3: left out: the field “tags”" in notes_of(read_text("---\ntitle: A\ntags: [b]\n---\nText.", "a.md"))

    def test_a_wrong_care_card_is_named_with_its_line(self):
        text = "---\ntitle: A\n---\n\nText.\n\n::: urgent Get help\n- fever\n:::\n\n::: red Call if:\n- x\n:::\n"
        with pytest.raises(Unreadable) as error:
            read_text(text, "a.md")
        assert "a.md, line 7: the heading “Get help” must end in “if:”" in str(error.value)
        assert "a.md, line 11: “red” is no level" in str(error.value)

    @pytest.mark.parametrize(
        ("front", "reason"),
        [
            ("title: 'A\nslug: b", "line 3: the front matter is no valid YAML: "),
            ("- a\n- b", "line 2: the front matter must be lines such as"),
            ("title: A\npublished: 2026-13-45", "line 1: the front matter is no valid YAML: month must be in 1..12"),
            ("title: A\npublished: soon", "line 3: “published” must be a day such as 2026-03-31"),
            ("title: [A]", "line 2: “title” must be text"),
            ("title: A\nauthor: yes", "line 3: “author” must be text; put it in quotation marks"),
            ("title: A\ntopics: 5", "line 3: “topics” must be a list"),
            ("title: A\nsources: [{url: x}]", "line 3: each source needs at least a “title”"),
            ("title: A\nslug: Night Cramps", "line 3: “Night Cramps” is no slug"),
            ("a: " + "[" * 20_000, "the front matter is no valid YAML: nested too deeply"),
            ("a: " + "x" * 70_000, "line 1: the front matter is longer than 64 kB"),
        ],
    )
    def test_broken_front_matter_is_named_with_its_line(self, front, reason):
        with pytest.raises(Unreadable) as error:
            read_text(f"---\n{front}\n---\nText.", "a.md")
        assert reason in str(error.value)

    def test_front_matter_without_an_end_is_refused(self):
        with pytest.raises(Unreadable, match=r"a\.md, line 1: the front matter is never closed"):
            read_text("---\ntitle: A\nText.", "a.md")


class Files:
    def reason(self, tmp_path, data, name="night.txt"):
        path = tmp_path / name
        path.write_bytes(data)
        with pytest.raises(Unreadable) as error:
            documents.read(path)
        assert str(error.value).startswith(str(path))
        return str(error.value).removeprefix(str(path))

    def test_that_cannot_be_read_say_why(self, tmp_path):
        assert self.reason(tmp_path, b"") == ": is empty."
        assert self.reason(tmp_path, b" \n\n") == ": is empty."
        assert self.reason(tmp_path, b"\nTitle\n\n") == ", line 2: has a title and no text below it."
        assert self.reason(tmp_path, b"Title\nA\0B") == ", line 2: holds a NUL byte, so it is no text."
        assert self.reason(tmp_path, b"x" * 1_000_001) == ": is larger than 1 MB."
        assert self.reason(tmp_path, "Title\nText".encode("utf-16")) == ": is UTF-16. Save it as UTF-8."
        assert self.reason(tmp_path, b"Title\nText \x81") == ", line 2: byte 0x81 is neither UTF-8 nor Windows-1252."
        assert "line 2: byte 0xff is not UTF-8, and the rest is" in self.reason(tmp_path, "é\né".encode() + b" \xff")
        assert "line 1: is taken as the title, and is 300 characters" in self.reason(tmp_path, b"x" * 300 + b"\nText.")

    def test_that_are_gone_say_why(self, tmp_path):
        with pytest.raises(Unreadable, match="cannot be opened: No such file"):
            documents.read(tmp_path / "gone.txt")

    def test_from_windows_are_read_with_a_doubt(self, tmp_path):
        path = tmp_path / "night.txt"
        path.write_bytes("Title\nIt’s “fine” – é.".encode("cp1252"))
        document = documents.read(path)
        assert document.body == "It’s “fine” – é."
        assert "2: is not UTF-8 and was read as Windows-1252" in notes_of(document)

    @pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
    @pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
    def test_are_the_same_whatever_their_line_ends(self, tmp_path, end, bom):
        path = tmp_path / "night.txt"
        path.write_bytes(bom + f"Title{end}One.{end}{end}Two.".encode())
        document = documents.read(path)
        assert (document.title, document.body) == ("Title", "One.\n\nTwo.")
        assert document.hash == read_text("Title\nOne.\n\nTwo.").hash

    def test_control_characters_become_spaces_and_are_reported(self, tmp_path):
        path = tmp_path / "night.txt"
        path.write_bytes("Title\nOne\x07two\x9bthree �.".encode())
        document = documents.read(path)
        assert document.body == "One two three �."
        assert "2: holds control characters, which became spaces (0x07, 0x9b)" in notes_of(document)
        assert "2: holds �" in notes_of(document)

    def test_the_country_s_number_in_a_text_is_a_doubt(self):
        assert "2: “{emergency_number}” is shown as" in notes_of(read_text("Title\nCall {emergency_number}."))


def test_a_title_may_be_as_long_as_a_version_s():
    assert Version._meta.get_field("title").max_length == documents.LONGEST_TITLE


def test_a_document_is_known_by_its_slug_or_its_file():
    assert Document("x/night.txt", "T", "B", "").key == "night"
    assert Document("x/night.txt", "T", "B", "", slug="cramps").key == "cramps"
