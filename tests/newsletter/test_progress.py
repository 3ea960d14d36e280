"""The numbers of an issue that is going out, for its page in the admin."""

from datetime import timedelta

import pytest
from django.utils import timezone

from newsletter.models import Delivery
from newsletter.progress import progress_of
from tests.factories import make_issue, make_subscriber

pytestmark = pytest.mark.django_db


def make_delivery(issue, number, **facts):
    return Delivery.objects.create(issue=issue, subscriber=make_subscriber(f"p{number}@example.org"), **facts)


class TheProgressOfAnIssue:
    def test_adds_up_to_its_recipients(self):
        issue, now = make_issue(), timezone.now()
        for number, facts in enumerate([{"accepted_at": now}, {"failed_at": now}, {"skipped_at": now}, {}]):
            make_delivery(issue, number, **facts)
        progress = progress_of(issue, now)
        parts = progress.accepted, progress.failed, progress.skipped, progress.doubtful, progress.left
        assert parts == (1, 1, 1, 0, 1)
        assert progress.recipients == sum(parts)

    def test_draws_each_mail_of_the_last_hour_in_its_minute(self):
        issue, now = make_issue(), timezone.now()
        for number, minutes in enumerate([0, 3, 3, 90]):
            make_delivery(issue, number, accepted_at=now - timedelta(minutes=minutes))
        drawn = progress_of(issue, now).chart
        assert [drawn.bars[-1].number, drawn.bars[-4].number, drawn.total] == [1, 2, 3]
        assert drawn.bars[-1].label == f"{timezone.localtime(now):%H:%M}"
