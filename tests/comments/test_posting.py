from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from comments.forgetting import forget_senders
from comments.models import Comment
from cramps_site.lib.keyed import network_of
from tests.factories import make_article, make_comment
from tests.posting import post_comment

pytestmark = pytest.mark.django_db


@pytest.fixture
def article():
    return make_article()


class SendingAComment:
    def test_leads_to_the_private_page_where_it_waits(self, client, article):
        answer = post_comment(client, article)
        assert answer.status_code == 303
        page = client.get(answer["Location"])
        assert "Your comment is with the moderator" in page.content.decode()
        assert "no-store" in page["Cache-Control"]
        assert page["X-Robots-Tag"] == "noindex"

    def test_shows_nothing_to_readers(self, client, article):
        post_comment(client, article, "only-for-the-moderator", name="Nobody Else")
        for url in ("", "feed/"):
            page = client.get(article.get_absolute_url() + url).content.decode()
            assert "only-for-the-moderator" not in page
            assert "Nobody Else" not in page

    def test_remembers_the_text_it_was_written_against(self, client, article):
        post_comment(client, article)
        assert Comment.objects.get().version == article.live_version()

    def test_without_a_name_is_answered_with_the_words_still_there(self, client, article):
        answer = post_comment(client, article, "my long story", name="")
        assert answer.status_code == 422
        page = answer.content.decode()
        assert "my long story" in page
        assert 'href="#write-name"' in page
        assert Comment.objects.count() == 0

    def test_of_nothing_but_tags_is_answered_with_a_sentence(self, client, article):
        answer = post_comment(client, article, "<b></b>")
        assert answer.status_code == 422
        assert "Nothing was left of the comment" in answer.content.decode()

    def test_over_the_length_is_answered_with_a_sentence(self, client, article):
        answer = post_comment(client, article, "a" * 10_001)
        assert answer.status_code == 422
        assert "10000 characters" in answer.content.decode()

    def test_of_the_full_length_is_taken(self, client, article):
        assert post_comment(client, article, "ä" * 10_000).status_code == 303

    def test_that_was_not_published_yet_is_not_there(self, client):
        draft = make_article(published_at=None)
        assert post_comment(client, draft).status_code == 404

    def test_where_comments_are_closed_gives_the_words_back(self, client):
        answer = post_comment(client, make_article(comment_policy="closed"), "my long story")
        assert answer.status_code == 403
        assert "my long story" in answer.content.decode()
        assert Comment.objects.count() == 0

    def test_answers_another_one(self, client, article):
        first = make_comment(article=article, status="approved")
        post_comment(client, article, parent=first.pk)
        assert Comment.objects.latest("pk").parent == first

    def test_cannot_answer_one_that_is_not_on_the_page(self, client, article):
        waiting = make_comment(article=article)
        assert post_comment(client, article, parent=waiting.pk).status_code == 422

    def test_with_characters_that_no_text_can_hold_is_taken_without_them(self, client, article):
        assert post_comment(client, article, "calf\x00 \x1bcramp").status_code == 303
        assert Comment.objects.get().body == "calf cramp"


class SendingTags:
    def test_shows_first_what_will_appear(self, client, article):
        answer = post_comment(client, article, "<b>bold</b> words", parent="", email="a@example.org")
        page = answer.content.decode()
        assert answer.status_code == 200
        assert ">bold words</p>" in page
        assert '<button class="btn btn-primary" name="confirm" value="1">' in page
        assert 'value="a@example.org"' in page
        assert Comment.objects.count() == 0

    def test_stores_what_was_shown_once_its_writer_has_seen_it(self, client, article):
        post_comment(client, article, "<b>bold</b> words", confirm="1")
        assert Comment.objects.get().body == "bold words"

    def test_stores_a_line_break_at_once(self, client, article):
        post_comment(client, article, "a<br>b")
        assert Comment.objects.get().body == "a\nb"

    def test_that_swallowed_words_offers_to_keep_them(self, client, article):
        page = post_comment(client, article, "<i feel sick> today").content.decode()
        assert 'name="keep" value="1"' in page
        post_comment(client, article, "<i feel sick> today", keep="1")
        assert Comment.objects.get().body == "<i feel sick> today"

    def test_of_both_kinds_is_shown_again_with_the_words_kept(self, client, article):
        page = post_comment(client, article, "<b>bold</b> <i feel sick>", keep="1").content.decode()
        assert ">bold &lt;i feel sick&gt;</p>" in page
        assert '<input type="hidden" name="keep" value="1">' in page
        post_comment(client, article, "<b>bold</b> <i feel sick>", keep="1", confirm="1")
        assert Comment.objects.get().body == "bold <i feel sick>"

    def test_that_are_real_offers_nothing_to_keep(self, client, article):
        assert 'name="keep"' not in post_comment(client, article, "<b>bold</b>").content.decode()


class SendingTwice:
    def test_stores_one_comment_and_leads_to_the_same_page(self, client, article):
        first, second = post_comment(client, article), post_comment(client, article)
        assert first["Location"] == second["Location"]
        assert Comment.objects.count() == 1

    def test_from_elsewhere_is_another_comment_with_another_page(self, client, article):
        first = post_comment(client, article, address="192.0.2.1")
        second = post_comment(client, article, address="192.0.2.2")
        assert first["Location"] != second["Location"]
        assert Comment.objects.count() == 2

    def test_after_taking_it_back_is_a_new_comment(self, client, article):
        first = post_comment(client, article)
        Comment.objects.get().withdraw()
        assert post_comment(client, article)["Location"] != first["Location"]


class SendingTooOften:
    def send(self, client, article, number, **fields):
        return [post_comment(client, article, f"story {n}", **fields).status_code for n in range(number)]

    def test_is_answered_with_the_time_to_wait_and_the_words(self, client, article):
        assert self.send(client, article, 5) == [303] * 5
        answer = post_comment(client, article, "one more story")
        assert answer.status_code == 429
        assert 0 < int(answer["Retry-After"]) <= 600
        assert "one more story" in answer.content.decode()

    def test_is_over_after_that_time(self, client, article):
        with time_machine.travel(timezone.now(), tick=False) as clock:
            self.send(client, article, 5)
            answer = post_comment(client, article, "one more story")
            clock.shift(timedelta(seconds=int(answer["Retry-After"]) + 1))
            assert post_comment(client, article, "one more story").status_code == 303

    def test_hits_the_sender_and_not_the_neighbour(self, client, article):
        self.send(client, article, 6, address="192.0.2.1")
        assert post_comment(client, article, address="192.0.2.2").status_code == 303

    def test_from_one_household_of_many_addresses_counts_together(self, client, article):
        for last in range(5):
            post_comment(client, article, f"story {last}", address=f"2001:db8:1:2::{last + 1}")
        assert post_comment(client, article, address="2001:db8:1:2:ffff::9").status_code == 429
        assert post_comment(client, article, address="2001:db8:1:3::1").status_code == 303

    def test_is_not_escaped_by_a_forged_header(self, client, article):
        self.send(client, article, 5)
        headers = {"sec-fetch-site": "same-origin", "x-forwarded-for": "203.0.113.7"}
        url = f"/articles/{article.slug}/comments/"
        assert client.post(url, {"name": "Jo", "body": "again"}, headers=headers).status_code == 429

    def test_the_same_form_is_still_the_same_comment(self, client, article):
        self.send(client, article, 5)
        assert post_comment(client, article, "story 4").status_code == 303

    def test_one_text_from_many_places_is_held_up(self, client, article):
        text = "Buy our magnesium at www.example.test, cheapest in town!"
        answers = [post_comment(client, article, text, address=f"192.0.2.{n}").status_code for n in range(12)]
        assert answers == [303] * 10 + [429] * 2

    def test_is_allowed_where_limits_are_off(self, client, article, settings):
        settings.LIMITS_ON = False
        assert self.send(client, article, 8) == [303] * 8


class WhatAModeratorIsTold:
    def reasons(self):
        return [finding["rule"] for finding in Comment.objects.latest("pk").findings]

    def test_that_the_hidden_field_was_filled(self, client, article):
        post_comment(client, article, website="https://example.test")
        assert self.reasons() == ["honeypot"]

    def test_that_it_came_too_soon(self, client, article):
        post_comment(client, article, elapsed="1")
        assert self.reasons() == ["haste"]

    @pytest.mark.parametrize("elapsed", ["", "60", "soon", "-1", "9" * 50])
    def test_an_empty_or_odd_time_counts_for_nothing(self, client, article, elapsed):
        post_comment(client, article, elapsed=elapsed)
        assert self.reasons() == []

    def test_that_the_text_came_before(self, client, article):
        post_comment(client, article, address="192.0.2.1")
        post_comment(client, article, "  warm SOCKS helped us. ", address="192.0.2.2")
        assert self.reasons() == ["repeated"]


class ForgettingASender:
    def test_leaves_nothing_that_leads_back_after_thirty_days(self, client, article):
        post_comment(client, article)
        assert forget_senders(at=timezone.now() + timedelta(days=29)) == 0
        assert forget_senders(at=timezone.now() + timedelta(days=31)) == 1
        comment = Comment.objects.get()
        assert (comment.sender, comment.fingerprint) == ("", None)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("", "unknown"),
        ("not an address", "unknown"),
    ],
)
def test_a_network_is_one_address_or_one_household(address, network):
    assert network_of(address) == network
