from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from articles import reviewing, side_by_side
from articles.models import Article, Version
from articles.side_by_side import Pair
from articles.workflow import State
from tests.access.test_roles import press, signed_in
from tests.factories import make_article, make_author, make_version

pytestmark = pytest.mark.django_db


def page_of(client, version):
    return client.get(f"/admin/articles/version/{version.pk}/change/")


def said(client, version):
    """What the page says after a press."""
    return [str(message) for message in page_of(client, version).context["messages"]]


class TwoTexts:
    words = st.text("ab .\n<", max_size=60)

    @given(words, words)
    def test_are_shown_whole_beside_each_other(self, old, new):
        pair = Pair(old, new)
        assert "".join(text for text, _ in pair.their_pieces) == old
        assert "".join(text for text, _ in pair.my_pieces) == new
        same = ["".join(text for text, changed in side if not changed) for side in (pair.their_pieces, pair.my_pieces)]
        assert same[0] == same[1]

    def test_differ_in_the_words_that_were_changed(self):
        pair = Pair("Give 5 ml twice a day.", "Give 2.5 ml twice a day.")
        assert [text for text, changed in pair.their_pieces if changed] == ["5"] or pair.my_pieces[1] == ("2.", True)
        assert (" ml twice a day.", False) in pair.my_pieces or pair.my_pieces[-1][0].endswith("day.")

    def test_of_a_hundred_thousand_words_take_no_time(self):
        old, new = "pain and rest\n" * 8000, "rest and pain\n" * 8000
        texts = dict.fromkeys(side_by_side.LABELS, "") | {"lead_image_id": None, "lead_image_alt": ""}
        pairs = side_by_side.contents(({**texts, "body": old}, []), ({**texts, "body": new}, []))
        assert [pair.my_pieces for _, found in pairs for pair in found]


class ThePageOfAVersion:
    def test_marks_what_changed_since_the_text_that_it_was_made_from(self):
        article, client = make_article(body="Give 5 ml twice."), signed_in("reviewer")
        draft = article.live_version().successor(by=None)
        draft.body = "Give 2 ml twice."
        draft.save()
        page = client.get(f"/admin/articles/version/{draft.pk}/difference/").content.decode()
        assert "<del>5</del>" in page and "<ins>2</ins>" in page

    def test_shows_marks_of_a_text_as_text(self):
        version, client = make_version(title="<script>alert(1)</script>"), signed_in("reviewer")
        successor = version.successor(by=None)
        successor.title = "<img src=x onerror=alert(1)>"
        successor.save()
        for page in ("change", "difference"):
            assert "<script>alert" not in client.get(f"/admin/articles/version/{successor.pk}/{page}/").content.decode()

    def test_says_what_came_of_it(self):
        version, client = make_version(), signed_in("editor")
        press(client, version, "submit")
        press(client, version, "send_back", reason="The dose is <wrong>.")
        page = page_of(client, version).content.decode()
        assert "Draft → In review" in page and "The dose is &lt;wrong&gt;." in page

    def test_offers_nothing_that_would_be_refused(self):
        version, client = make_version(), signed_in("writer")
        page = page_of(client, version).content.decode()
        assert 'value="submit"' in page
        assert 'value="publish"' not in page and 'value="approve"' not in page and 'value="sign"' not in page

    def test_sends_nothing_back_without_a_reason(self):
        version, client = make_version(), signed_in("reviewer")
        version.move("submit", by=None)
        press(client, version, "send_back", reason="  ")
        assert said(client, version) == ["Say why, so that the writers know what has to change."]
        assert Version.objects.get(pk=version.pk).state == State.IN_REVIEW

    def test_asks_a_reviewer_and_takes_it_back(self):
        version, client = make_version(), signed_in("writer")
        reviewer = make_author(email="okafor@example.org")
        press(client, version, "ask", reviewer=reviewer.pk)
        asked = version.review_requests.get()
        assert asked.asked_by == client.user
        press(client, version, "take_back", request=asked.pk)
        asked.refresh_from_db()
        assert reviewing.is_void(asked)

    def test_begins_a_draft_with_an_older_text(self):
        article, client = make_article(title="The first text"), signed_in("writer")
        first = article.live_version()
        make_version(article, title="The second text").publish(by=None)
        press(client, first, "succeed")
        draft = article.newest_version()
        assert (draft.title, draft.state, draft.based_on) == ("The first text", State.DRAFT, first)


class Scheduling:
    def schedule(self, client, version, when):
        press(client, version, "publish", when=when)
        return said(client, version)

    def make_draft(self):
        return make_article(published_at=None, summary="In short.").newest_version()

    @time_machine.travel("2026-07-01T12:00Z", tick=False)
    def test_goes_by_the_clock_of_the_site_and_says_its_zone(self):
        version, client = self.make_draft(), signed_in("editor")
        [words] = self.schedule(client, version, "2026-12-01T08:00")
        assert "8:00" in words or "08:00" in words
        assert "Europe/Berlin" in words
        assert Version.objects.get().publish_at.isoformat() == "2026-12-01T07:00:00+00:00"

    @time_machine.travel("2026-07-01T12:00Z", tick=False)
    @pytest.mark.parametrize("when", ["2026-10-25T02:30", "2027-03-28T02:30"])
    def test_refuses_an_hour_that_the_clock_shows_twice_or_never(self, when):
        version, client = self.make_draft(), signed_in("editor")
        assert "twice or not at all" in self.schedule(client, version, when)[0]
        assert Version.objects.get().state == State.DRAFT

    @time_machine.travel("2026-07-01T12:00Z", tick=False)
    def test_is_listed_by_the_clock_by_which_it_is_typed(self):
        make_article()
        assert "1 Jul 2026, 14:00" in signed_in("editor").get("/admin/articles/version/").text

    def test_refuses_what_has_passed_and_what_is_no_time(self):
        version, client = self.make_draft(), signed_in("editor")
        assert "has passed" in self.schedule(client, version, "2020-01-01T08:00")[0]
        assert "Choose a day" in self.schedule(client, version, "soon")[0]

    def test_is_taken_back_before_its_time_and_not_after(self):
        version, client, at = self.make_draft(), signed_in("editor"), timezone.now() + timedelta(hours=1)
        version.publish(by=None, at=at)
        press(client, version, "unschedule")
        assert Version.objects.get().state == State.DRAFT
        assert Article.objects.get().first_published_at is None
        Version.objects.get().publish(by=None)
        press(client, version, "unschedule")
        assert Version.objects.get().state == State.PUBLISHED

    def test_leaves_a_text_approved_that_was_approved_before(self):
        version = self.make_draft()
        version.move("approve", by=None)
        version.publish(by=None, at=timezone.now() + timedelta(hours=1))
        assert version.unschedule(by=None)
        assert Version.objects.get().state == State.APPROVED

    def test_is_said_wherever_staff_look_until_its_time_has_come(self):
        version, client, at = self.make_draft(), signed_in("editor"), timezone.now() + timedelta(hours=1)
        version.publish(by=None, at=at)
        pages = [
            "/admin/articles/article/",
            "/admin/articles/version/",
            f"/admin/articles/article/{version.article_id}/change/",
        ]
        for url in pages:
            assert "Scheduled" in client.get(url).text, url
        assert "For readers from" in page_of(client, version).text
        with time_machine.travel(at + timedelta(seconds=1)):
            for url in pages:
                assert "Scheduled" not in client.get(url).text, url

    def test_is_taken_back_and_not_taken_from_readers_who_have_nothing_yet(self):
        version, client, at = self.make_draft(), signed_in("editor"), timezone.now() + timedelta(hours=1)
        version.publish(by=None, at=at)
        assert self.offered(client, version) == {"unschedule"}
        with time_machine.travel(at + timedelta(seconds=1)):
            assert self.offered(client, version) == {"retire"}

    def offered(self, client, version):
        return {name for name in ("unschedule", "retire") if f'value="{name}"' in page_of(client, version).text}


class WhatAnEditorWeighs:
    """Before a text is published its page says what is known against it."""

    def test_is_that_a_reviewer_sent_it_back_and_what_is_open(self):
        asked = reviewing.ask(make_version(), make_author(email="doctor@example.org"), by=None)
        reviewing.remark(asked, passage="", words="Too hot.")
        reviewing.send_back(asked, reason="The dose is wrong.", seen=asked.content_hash)
        page = page_of(signed_in("editor"), asked.version).text
        assert "A reviewer sent this text back" in page and "The dose is wrong." in page
        assert "1 remark on this article nobody settled" in page

    def test_is_whether_readers_will_see_a_review(self):
        draft, client = make_version(), signed_in("editor")
        assert "Nobody has signed exactly this text" in page_of(client, draft).text
        draft.sign_off(by=make_author(name="Dr. Lind"))
        assert "Readers will see that Dr. Lind reviewed it" in page_of(client, draft).text

    def test_is_that_a_newer_text_is_there(self):
        article = make_article(published_at=None)
        older, newer = article.newest_version(), make_version(article, title="The newer one")
        client = signed_in("editor")
        assert "There is a newer text" in page_of(client, older).text
        assert "There is a newer text" not in page_of(client, newer).text

    def test_is_not_said_to_be_read_where_another_text_is(self):
        article = make_article()
        first = article.live_version()
        second = make_version(article)
        second.publish(by=None)
        client = signed_in("editor")
        assert "Readers have" in page_of(client, first).text
        assert "Readers have" not in page_of(client, second).text
