from datetime import timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase as HypothesisTestCase

from articles.models import Article, SearchEntry, SearchWord, Version
from articles.search import finding
from articles.search.finding import find, suggest
from tests.corpora import lines_below, naughty_strings
from tests.factories import make_article, make_author, make_topic, make_version

pytestmark = pytest.mark.django_db


def titles(text, **options):
    return [words(hit.title) for hit in find(text, **options).hits]


def marks(pieces):
    return [piece.text for piece in pieces if piece.is_found]


def words(pieces):
    return "".join(piece.text for piece in pieces)


class Searching:
    def test_finds_other_forms_of_a_word(self):
        make_article(title="Cramps", body="The calf cramped.")
        assert titles("cramp") == titles("cramping") == titles("CRAMPS") == ["Cramps"]

    def test_finds_a_word_with_and_without_its_accents(self):
        make_article(title="Weak legs", body="Guillain-Barré syndrome is rare.")
        assert titles("guillain barre") == titles("Guillain-Barré") == ["Weak legs"]

    def test_finds_words_that_touch_other_signs(self):
        make_article(title="Doses", body="38<temp and mg/kg, parent@home, writer's_cramp at 38.5")
        for text in ("temp", "mg", "kg", "home", "cramp", "38.5", "mg/kg"):
            assert titles(text) == ["Doses"], text

    def test_puts_a_word_in_the_title_before_one_in_the_summary_and_that_before_one_in_the_text(self):
        make_article(title="Magnesium", body="In food.")
        make_article(title="In the text", body="Spinach has magnesium.")
        make_article(title="In the summary", summary="About magnesium", body="In food.")
        assert titles("magnesium") == ["Magnesium", "In the summary", "In the text"]

    def test_wants_all_words_and_says_so_when_it_has_to_do_with_some(self, client):
        make_article(title="Both", body="Fever and cramps.")
        make_article(title="One", body="Only fever.")
        assert titles("fever cramps") == ["Both"]
        assert set(titles("fever cramps spinach")) == {"Both", "One"}
        assert "No article has all of these words." in client.get("/search/?q=fever+spinach").content.decode()

    def test_does_not_want_the_words_that_say_nothing(self):
        make_article(title="Night cramps", body="A child wakes.")
        assert titles("why does my child have cramps at night") == ["Night cramps"]

    def test_takes_the_beginning_of_a_word_where_nothing_has_the_word(self):
        make_article(title="Electrolytes")
        assert titles("electrol") == ["Electrolytes"]

    def test_shows_where_the_words_stand_and_marks_them(self):
        make_article(
            title="Night cramps", body=f"{'Nothing here. ' * 50} A magnesium tablet < one. {'Nor here. ' * 50}"
        )
        [hit] = find("magnesium cramp").hits
        assert marks(hit.title) == ["cramps"]
        assert marks(hit.snippet) == ["magnesium"]
        assert "A magnesium tablet < one." in words(hit.snippet)
        assert len(words(hit.snippet)) < 320

    def test_marks_a_word_however_it_is_written_and_no_part_of_another(self):
        make_article(title="Muskelkrämpfe", body="Krämpfe, KRÄMPFE and krampfe_2: no Wadenkrämpfe, no krampfes2.")
        [hit] = find("krampfe").hits
        assert marks(hit.snippet)[:3] == ["Krämpfe", "KRÄMPFE", "krampfe"]
        assert not {"Wadenkrämpfe", "krampfes2"} & set(marks(hit.snippet))

    def test_escapes_what_looks_like_a_tag(self, client):
        make_article(title="Fever <b>above</b> 38", body="fever <script>alert(1)</script> & more")
        page = client.get("/search/?q=fever").text
        assert "<mark>Fever</mark> &lt;b&gt;above&lt;/b&gt; 38" in page
        assert "<script>alert" not in page

    def test_reads_a_text_as_readers_do(self):
        make_article(
            body="::: emergency Call {emergency_number} now if your child:\n- is **limp**[^1]\n- is blue\n:::\n"
        )
        [hit] = find("limp").hits
        assert "Call the emergency number now if your child: is limp · is blue" in words(hit.snippet)

    def test_ranks_the_newest_texts_and_those_with_the_words_in_the_title(self, monkeypatch, client):
        monkeypatch.setattr(finding, "NEWEST", 3)
        make_article(title="Fever itself")
        make_article(title="Left out", body="fever")
        for number in range(3):
            make_article(title=f"Newer {number}", body="fever")
        assert titles("fever")[0] == "Fever itself"
        assert "Left out" not in titles("fever")
        assert "These are the best of the newest" in client.get("/search/?q=fever").content.decode()


class DidYouMean:
    @pytest.mark.parametrize(
        ("typed", "meant"),
        [
            ("crampz", "cramps"),
            ("magnesum", "magnesium"),
            ("spazm", "spasm"),
            ("cramsp", "cramps"),
            ("nagnesium", "magnesium"),
        ],
    )
    def test_offers_the_nearest_word_of_the_articles(self, client, typed, meant):
        make_article(title="Cramps", body="A spasm; magnesium; muscles.")
        assert find(typed).did_you_mean == meant
        assert f'<a href="?q={meant}">{meant}</a>' in client.get(f"/search/?q={typed}").content.decode()

    def test_keeps_the_words_that_were_right(self):
        make_article(body="magnesium for cramps")
        assert find("magnesum cramps").did_you_mean == "magnesium cramps"

    def test_knows_a_word_of_which_only_the_plural_is_there(self):
        make_article(body="Two spasms.")
        assert find("spazm").did_you_mean == "spasms"

    def test_leaves_a_word_out_only_where_nothing_else_is_found(self):
        make_article(body="magnesium for cramps")
        assert find("magnesum xylophone").did_you_mean == "magnesium"
        assert find("magnesum xylophone cramps").did_you_mean == ""

    def test_offers_nothing_that_is_not_near(self):
        make_article(body="telephone")
        assert find("xylophone").did_you_mean == find("zzz").did_you_mean == ""

    def test_never_offers_a_word_of_a_text_that_is_not_public(self):
        article = make_article(published_at=timezone.now() + timedelta(hours=1), title="Zyxomab")
        assert find("zyxomap").did_you_mean == ""
        with time_machine.travel(timezone.now() + timedelta(hours=2)):
            assert find("zyxomap").did_you_mean == "zyxomab"
            article.retire(by=None)
            assert find("zyxomap").did_you_mean == ""


class WhatIsFound:
    def test_is_never_a_draft(self):
        make_article(title="Zyxomab", published_at=None)
        make_version(make_article(title="Old text"), title="Zyxomab")
        assert titles("zyxomab") == []

    def test_comes_at_its_minute_without_a_job_and_takes_the_place_of_the_text_before(self):
        article = make_article(title="Old text")
        at = timezone.now() + timedelta(hours=1)
        make_version(article, title="New text").publish(by=None, at=at)
        assert (titles("old"), titles("new")) == (["Old text"], [])
        with time_machine.travel(at + timedelta(seconds=1)):
            assert (titles("old"), titles("old"), [words(h.title) for h in suggest("new")]) == (
                [],
                [],
                ["New text"],
            )

    def test_ends_when_the_article_is_retired(self):
        article = make_article(title="Zyxomab")
        article.retire(by=None)
        assert titles("zyxomab") == []

    def test_ends_when_a_scheduled_text_is_taken_back(self):
        version = make_article(title="Zyxomab", published_at=timezone.now() + timedelta(hours=1)).newest_version()
        version.move("unschedule", by=None)
        with time_machine.travel(timezone.now() + timedelta(hours=2)):
            assert titles("zyxomab") == []

    def test_ends_when_the_article_is_deleted(self):
        make_article(title="Zyxomab").delete()
        assert titles("zyxomab") == []

    def test_is_public_even_where_the_index_is_wrong(self):
        make_article(title="Zyxomab")
        Version.objects.update(state="retired")
        assert titles("zyxomab") == []
        assert suggest("zyxomab") == []

    def test_is_the_same_after_the_index_was_made_anew(self, capsys):
        article = make_article(title="Old text")
        make_version(article, title="New text").publish(by=None)
        make_article(title="Coming", published_at=timezone.now() + timedelta(hours=1))
        before = (list(SearchEntry.objects.values()), set(SearchWord.objects.values_list("pk")))
        call_command("search_rebuild")
        assert before[0] == list(SearchEntry.objects.values())
        assert before[1] >= set(SearchWord.objects.values_list("pk"))
        assert (titles("old"), titles("new"), titles("coming")) == ([], ["New text"], [])
        assert "Search finds 2 texts." in capsys.readouterr().out


class AnyHistory(HypothesisTestCase):
    moves = st.lists(st.tuples(st.sampled_from(["publish", "retire", "unschedule"]), st.integers(-5, 5)), max_size=6)

    @given(moves, st.integers(0, 6))
    def test_is_searched_as_it_is_published(self, moves, hour):
        """Which version is live is said twice, as a comparison and as a period: this holds the two together."""
        now = timezone.now()
        article = make_article(published_at=None, title="Zyxomab draft")
        for number, (move, at) in enumerate(moves):
            version = make_version(article, title=f"Zyxomab {number}")
            version.publish(by=None, at=now + timedelta(hours=at))
            if move != "publish":
                version.move(move, by=None)
        at = now + timedelta(hours=hour, seconds=30)
        live = Article.objects.published(at).values_list("live_id", flat=True)
        periods = SearchEntry.objects.filter(live_from__lte=at).exclude(live_until__lte=at)
        assert list(periods.values_list("pk", flat=True)) == list(live)
        assert [hit.article.live_id for hit in find("zyxomab", at=at).hits] == list(live)


class AnyText(HypothesisTestCase):
    noise = st.one_of(
        st.text(max_size=300),
        st.text("\"*-+()^:{}<>|&!\\'%_~ ANDORNEAR\x00\n\ud800cramp", max_size=300),
        st.lists(st.sampled_from(["cramp", "zyxomab", "NEAR(", "title:", '"', "*", "-", "AND", "OR NOT", "\x00"])).map(
            " ".join
        ),
    )

    @given(noise)
    def test_raises_nothing_and_finds_nothing_that_is_not_public(self, text):
        make_article(title="Cramps")
        make_article(title="Zyxomab", published_at=None)
        make_article(title="Zyxomab", published_at=timezone.now() + timedelta(hours=1))
        make_article(title="Zyxomab").retire(by=None)
        assert set(titles(text)) <= {"Cramps"}
        assert {words(hit.title) for hit in suggest(text)} <= {"Cramps"}

    @given(noise, st.text("cramp< &;\x02\x03é\n", max_size=400))
    def test_leaves_the_shown_text_as_it_is(self, text, body):
        make_article(title="Cramps & <b>", body=f"cramp {body}")
        for hit in find(f"cramp {text}").hits:
            assert words(hit.title) == "Cramps & <b>"
            shown = words(hit.snippet).removeprefix("…").removesuffix("…").strip()
            assert shown in SearchEntry.objects.get().body


class ThePage:
    def test_without_a_question_is_for_everybody_and_may_be_stored(self, client):
        answer = client.get("/search/")
        assert answer.status_code == 200
        assert answer.has_header("X-Page-Stamp")
        assert client.cookies == {}

    def test_with_a_question_is_stored_nowhere_and_listed_nowhere(self, client):
        make_article(title="Cramps")
        answer = client.get("/search/?q=cramp")
        assert answer["Cache-Control"] == "no-store"
        assert not answer.has_header("X-Page-Stamp")
        assert '<meta name="robots" content="noindex">' in answer.content.decode()
        assert (client.cookies, answer.get("Vary")) == ({}, None)

    def test_keeps_what_was_typed_and_marks_what_was_found(self, client):
        make_article(title="Night cramps")
        page = client.get("/search/?q=cramp+%22%3Cb%3E").content.decode()
        assert 'value="cramp &quot;&lt;b&gt;"' in page
        assert "Night <mark>cramps</mark></a>" in page

    def test_helps_on_where_nothing_was_found(self, client):
        page = client.get("/search/?q=xylophone").content.decode()
        assert "Nothing here has this word." in page
        assert "See all articles" in page
        assert "call <strong>112</strong>" in page

    def test_leads_to_the_topic_and_to_the_author_of_that_name(self, client):
        topic, author = make_topic(name="Baby care"), make_author(name="Dr Marta Lindqvist")
        assert f'href="{topic.get_absolute_url()}">Baby care</a></p>' in client.get("/search/?q=baby").content.decode()
        assert author.get_absolute_url() in client.get("/search/?q=marta+lindqvist").content.decode()
        assert author.get_absolute_url() not in client.get("/search/?q=marta+xylophone").content.decode()

    @pytest.mark.parametrize("noise", ['"', "*", "-", "?!", "the of and", "\x00", "(", " " * 300])
    def test_asks_for_a_word_where_there_was_none(self, client, noise):
        answer = client.get("/search/", {"q": noise})
        assert answer.status_code == 200
        assert ("Please type a word" in answer.content.decode()) == bool(noise.strip())

    def test_says_what_is_too_long_and_keeps_it(self, client):
        noise = "x" * 10_000
        answer = client.get("/search/", {"q": noise})
        assert answer.status_code == 422
        assert "Use at most 200 characters" in answer.content.decode()
        assert noise in answer.content.decode()
        assert client.get("/search/suggest/", {"q": noise}).status_code == 422

    def test_leads_from_page_to_page(self, client):
        for number in range(12):
            make_article(title=f"Cramps {number}")
        first, second = (client.get(f"/search/?q=cramps&page={number}").content.decode() for number in (1, 2))
        assert (first.count('class="teaser"'), second.count('class="teaser"')) == (10, 2)
        assert 'href="?q=cramps&amp;page=2"' in first
        assert 'rel="prev" href="?q=cramps"' in second
        assert client.get("/search/?q=cramps&page=50").content.decode().count('class="teaser"') == 2

    def test_asks_the_database_as_often_whatever_there_is(self, client):
        make_article(title="Cramps")
        few = queries(client, "/search/?q=cramps")
        for number in range(15):
            make_article(title=f"Cramps {number}")
        assert queries(client, "/search/?q=cramps") == few


def queries(client, url):
    with CaptureQueriesContext(connection) as captured:
        client.get(url)
    return len(captured)


class WhileTyping:
    def test_what_the_words_may_become_is_offered(self, client):
        article = make_article(title="Magnesium & food")
        answer = client.get("/search/suggest/?q=magn")
        assert answer.json() == {
            "suggestions": [{"url": article.get_absolute_url(), "title": [["Magnesium", True], [" & food", False]]}]
        }
        assert answer["Cache-Control"] == "no-store"

    def test_too_few_letters_and_noise_offer_nothing(self, client):
        make_article(title="Magnesium")
        for text in ("", "m", "ma", '"', "%00", "*"):
            assert client.get(f"/search/suggest/?q={text}").json() == {"suggestions": []}


@pytest.mark.corpus
class WhatOthersWroteToBreakSites:
    def test_breaks_no_search(self, client, corpora):
        make_article(title="Cramps")
        vectors = [
            *naughty_strings(corpora),
            *lines_below(corpora / "injection"),
            *lines_below(corpora / "strings/fuzzdb"),
        ]
        for vector in dict.fromkeys(vectors):
            for url in ("/search/", "/search/suggest/"):
                assert client.get(url, {"q": vector}).status_code in (200, 422)
