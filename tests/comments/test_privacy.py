"""What says who a child is: offered to be left out, marked for the moderator, removed for good."""

import pytest
from django.db import connection

from comments.learning import learn_decisions
from comments.models import Comment, SpamCounts
from comments.posting import edit
from comments.redacting import redact
from tests.factories import make_article, make_comment, make_staff
from tests.posting import post_comment

pytestmark = pytest.mark.django_db
PRIVATE = "Write to canary@example.org, he goes to school with Tom."


def whole_database():
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            yield from map(str, cursor.fetchall())


class AWriterWhoNamesTooMuch:
    @pytest.fixture
    def article(self):
        return make_article()

    def test_is_shown_it_and_offered_the_text_without_it(self, client, article):
        answer = post_comment(client, article, PRIVATE)
        assert answer.status_code == 200
        assert "<mark>canary@example.org</mark>" in answer.text
        assert "Write to [removed], he goes to school" in answer.text
        assert not Comment.objects.exists()

    def test_may_send_it_all_the_same_with_one_confirmation(self, client, article):
        answer = post_comment(client, article, f"<b>{PRIVATE}</b>", confirm="1")
        assert answer.status_code == 303
        comment = Comment.objects.get()
        assert comment.body == PRIVATE
        assert {finding["kind"] for finding in comment.findings} >= {"privacy"}

    def test_sends_the_other_wording_with_one_press(self, client, article):
        answer = post_comment(client, article, "Write to [removed], he goes to school with Tom.")
        assert answer.status_code == 303

    def test_is_not_stopped_for_a_dose(self, client, article):
        assert post_comment(client, article, "We give 5 ml 3 x a day.").status_code == 303
        assert {finding["kind"] for finding in Comment.objects.get().findings} == {"dose"}


class RedactingAComment:
    def redacted(self, **fields):
        comment = make_comment(**fields)
        edit(comment, PRIVATE)
        comment = Comment.objects.get()
        assert redact(comment, by=make_staff("moderator"))
        return Comment.objects.get()

    def test_leaves_the_words_nowhere(self):
        self.redacted()
        assert not [row for row in whole_database() if "canary" in row]

    def test_keeps_the_rest_and_logs_who_did_it(self):
        comment = self.redacted()
        assert comment.body == "Write to [removed], he goes to school with Tom."
        assert comment.decisions.get().act == "redact"
        assert comment.status == "pending"

    def test_marks_nothing_that_is_gone(self):
        comment = self.redacted()
        assert not [finding for finding in comment.findings if finding["kind"] == "privacy"]

    def test_of_an_edit_leaves_the_words_nowhere_either(self):
        self.redacted(status="approved", body="Old words.")
        assert not [row for row in whole_database() if "canary" in row]

    def test_removes_words_that_the_moderator_names(self):
        comment = make_comment(body="My neighbour Zebedee says hello to Zebedee.")
        assert redact(comment, by=make_staff("moderator"), words=["Zebedee"])
        assert Comment.objects.get().body == "My neighbour [removed] says hello to [removed]."

    def test_without_anything_to_remove_changes_nothing(self):
        comment = make_comment()
        assert not redact(comment, by=make_staff("moderator"))
        assert not comment.decisions.exists()

    def test_takes_the_original_out_of_what_the_spam_filter_learned(self):
        comment = make_comment(body=PRIVATE)
        comment.findings = [
            {
                "kind": "privacy",
                "rule": "mail address",
                "reason": "",
                "start": 9,
                "end": 27,
                "field": "body",
                "level": 0,
            }
        ]
        comment.save()
        comment.spam(by=make_staff("moderator"))
        learn_decisions()
        before = bytes(SpamCounts.objects.get().counts)
        redact(comment, by=make_staff("moderator"))
        learn_decisions()
        assert bytes(SpamCounts.objects.get().counts) != before
        assert SpamCounts.objects.get().spam == 1
