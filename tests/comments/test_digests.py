"""Digests to moderators: when they want them, outside their quiet hours, and only if something waits."""

from datetime import UTC, datetime, time, timedelta

import pytest

from comments.alerting import send_digests
from comments.models import Watch
from cramps_site.lib.email import composers
from cramps_site.lib.models import OutgoingMail
from tests.factories import make_comment, make_staff

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 6, 1, 10, tzinfo=UTC)
"""In Berlin, where the tests live."""


class ADigest:
    @pytest.fixture(autouse=True)
    def moderator(self):
        return make_staff("moderator")

    def test_is_queued_once_a_day_while_something_waits(self, moderator):
        make_comment()
        for hours in (0, 1, 23, 25):
            send_digests(NOON + timedelta(hours=hours))
        assert OutgoingMail.objects.filter(kind="comments.digest", subject_id=moderator.pk).count() == 2

    def test_is_not_sent_when_nothing_waits(self):
        make_comment(status="approved")
        send_digests(NOON)
        assert not OutgoingMail.objects.exists()

    def test_respects_quiet_hours_over_midnight(self, moderator):
        make_comment()
        Watch.objects.create(user=moderator, quiet_from=time(20), quiet_until=time(7))
        for hour in (18, 21, 23):  # 20, 23 and 1 o'clock in Berlin
            send_digests(NOON.replace(hour=hour))
        assert not OutgoingMail.objects.exists()
        send_digests(NOON.replace(day=2, hour=5))
        assert OutgoingMail.objects.count() == 1

    def test_comes_hourly_or_never_as_wished(self, moderator):
        make_comment()
        Watch.objects.create(user=moderator, digest="hourly")
        Watch.objects.create(user=make_staff("editor"), digest="never")
        for minutes in (0, 30, 61):
            send_digests(NOON + timedelta(minutes=minutes))
        assert list(OutgoingMail.objects.values_list("subject_id", flat=True)) == [moderator.pk] * 2

    def test_goes_to_nobody_who_may_not_decide(self):
        make_comment()
        make_staff("writer")
        make_staff("reviewer")
        send_digests(NOON)
        assert OutgoingMail.objects.count() == 1

    def test_says_how_much_and_since_when_and_no_word_more(self, moderator):
        make_comment(body="canary", name="Canary")
        message = composers["comments.digest"](moderator.pk)
        text = str(message.message())
        assert "Waiting: 1" in text
        assert "canary" not in text.lower()
        assert message.subject == "1 comments wait on Cramps"
