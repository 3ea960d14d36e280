"""The start page of the staff says what waits for whoever looks at it."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from cramps_site.dashboard import waiting_for
from tests.factories import make_comment, make_issue, make_staff, make_version

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
    "editor": [*COMMENTS, "Your drafts", "Issues of the newsletter held back"],
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
    make_issue(frozen_at=None, held_at=timezone.now(), held_because="Too many bounces"), make_issue()
    client.force_login(admin)
    for line in waiting_for(admin):
        answer = client.get(line.url)
        assert answer.status_code == 200
        assert answer.context["cl"].result_count == line.number


def test_it_costs_one_query_a_line(django_assert_max_num_queries):
    admin = make_staff("admin")
    with django_assert_max_num_queries(7):
        waiting_for(admin)
