"""The start page of the staff says what waits for whoever looks at it."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from articles.models import SignOff
from cramps_site.dashboard import how_it_goes, waiting_for
from cramps_site.lib.charts import chart
from cramps_site.lib.models import Job, OutgoingMail
from newsletter.models import Delivery
from tests.factories import (
    make_article,
    make_author,
    make_comment,
    make_issue,
    make_staff,
    make_subscriber,
    make_version,
)

pytestmark = pytest.mark.django_db
COMMENTS = [
    "Comments with danger signs",
    "Comments waiting for a decision",
    "Comments that readers reported",
    "Questions unanswered for over 48 hours",
]
LINES = {
    "writer": ["Your drafts"],
    "reviewer": ["Texts waiting for a review"],
    "moderator": COMMENTS,
    "editor": [
        *COMMENTS,
        "Your drafts",
        "Texts approved and not yet published",
        "Texts that go live by themselves",
        "Medical reviews that lapse within 30 days, or have lapsed",
        "Issues with mails in doubt",
        "Issues of the newsletter held back",
    ],
}


@pytest.mark.parametrize("role", LINES)
def test_each_role_sees_what_it_may_act_on_and_nothing_else(role):
    assert [line.label for line in waiting_for(make_staff(role))] == LINES[role]


def test_the_page_says_how_long_and_that_it_is_overdue(client):
    make_comment(created_at=timezone.now() - timedelta(days=3))
    client.force_login(make_staff("moderator"))
    page = client.get(reverse("admin:index")).content.decode()
    assert "3\xa0days" in page
    assert "overdue" in page


def test_a_writer_sees_only_drafts_of_their_own():
    writer = make_staff("writer")
    make_version(created_by=writer, state="draft")
    make_version(created_by=make_staff("writer"), state="draft")
    assert [line.number for line in waiting_for(writer)] == [1]


def test_every_number_leads_to_a_list_of_as_many(client):
    admin = make_staff("admin")
    make_comment(urgency=2), make_comment()
    make_version(created_by=admin, state="draft"), make_version(state="review")
    make_version(state="approved")
    make_issue(frozen_at=None, held_at=timezone.now(), held_because="Too many bounces"), make_issue()
    now = timezone.now()
    make_article(published_at=now + timedelta(days=2))
    make_article().live_version().sign_off(by=make_author(), at=now - timedelta(days=725))
    make_article().live_version().sign_off(by=make_author(), at=now - timedelta(days=800))
    make_article().live_version().sign_off(by=make_author())
    OutgoingMail.objects.create(kind="articles.review", subject_id=0, failed_at=now, error="550 No such user.")
    Job.objects.create(name="late", due_at=now - timedelta(days=1)), Job.objects.create(name="in time")
    issue = make_issue()
    Delivery.objects.create(issue=issue, subscriber=make_subscriber(), due_at=now, **in_doubt(now))
    client.force_login(admin)
    assert all(
        line.number for line in waiting_for(admin) if "unanswered" not in line.label and "report" not in line.label
    )
    for line in waiting_for(admin):
        answer = client.get(line.url)
        assert answer.status_code == 200
        assert answer.context["cl"].result_count == line.number


def in_doubt(now):
    return {"claimed_at": now - timedelta(hours=2), "started_at": now - timedelta(hours=2)}


class HowItGoes:
    def test_counts_by_the_week_of_the_site_and_leaves_no_week_out(self):
        with time_machine.travel("2026-03-30T12:00+02:00", tick=False):
            # Sunday in London, Monday in Berlin.
            make_comment(created_at=datetime(2026, 3, 22, 23, 30, tzinfo=UTC))
            make_comment(created_at=datetime(2026, 3, 22, 22, 30, tzinfo=UTC))
            [comments] = how_it_goes(make_staff("moderator"))["charts"]
        numbers = {bar.label: bar.number for bar in comments.bars}
        assert list(numbers)[-3:] == ["16 March", "23 March", "30 March"]
        assert (numbers["16 March"], numbers["23 March"], numbers["30 March"], len(numbers)) == (1, 1, 0, 12)

    def test_draws_the_highest_week_as_high_as_the_picture(self):
        drawn = chart("Comments", "Week", [("one", 2), ("two", 4), ("three", 0)])
        assert [(bar.y, bar.height) for bar in drawn.bars] == [(40, 40), (0, 80), (80, 0)]

    def test_tells_of_the_last_issue_and_the_subscribers_to_who_sends(self, client):
        make_issue(subject="Warm socks")
        make_subscriber(), make_subscriber(confirmed_at=None)
        client.force_login(make_staff("editor"))
        page = client.get(reverse("admin:index")).content.decode()
        assert "Warm socks" in page and "1</a> person gets the newsletter" in page
        assert "has nobody in its list of recipients" in page and "0 of 0" not in page

    @pytest.mark.parametrize("role", ["writer", "reviewer", "moderator"])
    def test_keeps_the_newsletter_from_everybody_else(self, client, role):
        make_issue(subject="canary")
        client.force_login(make_staff(role))
        page = client.get(reverse("admin:index")).content.decode()
        assert "canary" not in page and "the newsletter." not in page


def test_it_costs_one_query_a_line(django_assert_max_num_queries):
    admin = make_staff("admin")
    with django_assert_max_num_queries(14):
        waiting_for(admin)


def test_a_review_that_was_taken_back_is_not_due_again():
    sign_off = make_article().live_version().sign_off(by=make_author(), at=timezone.now() - timedelta(days=725))
    assert SignOff.objects.lapsing(timezone.now() + timedelta(days=30)).get() == sign_off
    SignOff.objects.take_back()
    assert not SignOff.objects.lapsing(timezone.now() + timedelta(days=30)).exists()
