from datetime import timedelta

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase as HypothesisTestCase

from articles.models import Article, Version
from articles.workflow import MOVES, State, moves_for
from tests.factories import make_staff, make_version

pytestmark = pytest.mark.django_db
names = st.sampled_from(sorted(MOVES))


class AMove(HypothesisTestCase):
    @given(st.lists(names, max_size=8))
    def test_begins_where_the_table_says_or_does_nothing(self, moves):
        version = make_version()
        for name in moves:
            before, logged = version.state, version.transitions.count()
            done = version.publish(by=None) if name == "publish" else version.move(name, by=None)
            assert done == (before in MOVES[name].sources)
            assert version.state == (MOVES[name].target if done else before)
            assert version.transitions.count() == logged + done
            assert Version.objects.get(pk=version.pk).state == version.state


class ALateMove:
    def test_does_nothing_where_somebody_moved_the_version_first(self):
        version = make_version()
        mine = Version.objects.get(pk=version.pk)
        assert version.move("submit", by=None)
        assert not mine.move("submit", by=None)
        assert version.transitions.count() == 1

    def test_publishes_no_text_that_was_changed_since_it_was_looked_at(self):
        version = make_version(body="Sound.")
        mine = Version.objects.get(pk=version.pk)
        version.body = "Half a sent"
        version.save()
        assert not mine.publish(by=None)
        assert Version.objects.get(pk=version.pk).state == State.DRAFT

    def test_takes_nothing_back_that_went_live_meanwhile(self):
        version, at = make_version(), timezone.now() + timedelta(hours=1)
        version.publish(by=None, at=at)
        Version.objects.update(publish_at=timezone.now())
        assert not version.unschedule(by=None)
        assert version.article.live_version() == version
        assert Article.objects.get().first_published_at is not None

    def test_is_logged_with_who_and_why(self):
        reviewer, version = make_staff("reviewer"), make_version(state=State.IN_REVIEW)
        version.move("send_back", by=reviewer, reason="The dose is wrong.")
        log = version.transitions.get()
        assert (log.by, log.reason, log.from_state, log.to_state) == (reviewer, "The dose is wrong.", "review", "draft")


@pytest.mark.parametrize(
    ("role", "offered"),
    [
        ("writer", {"submit"}),
        ("reviewer", {"approve"}),
        ("moderator", set()),
        ("editor", {"submit", "approve", "publish"}),
    ],
)
def test_a_draft_offers_each_role_what_the_table_says(role, offered):
    assert {move.name for move in moves_for(make_version(), make_staff(role))} == offered
