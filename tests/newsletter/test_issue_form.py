"""The form of an issue, and what happens to it while the worker looks at the same row."""

import threading

import pytest
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone

from newsletter import sending
from newsletter.admin_issues import IssueAdmin
from newsletter.models import Issue
from tests.factories import make_staff, make_subscriber
from tests.newsletter.issues import fresh, make_ready


def form_of(issue, **fields):
    rows = {"entries-TOTAL_FORMS": 0, "entries-INITIAL_FORMS": 0}
    return {"subject": issue.subject, "slug": issue.slug, "introduction": issue.introduction, **rows, **fields}


def address(issue):
    return reverse("admin:newsletter_issue_change", args=[issue.pk])


@pytest.mark.django_db
class TheFormOfAnIssue:
    def test_asks_in_an_editors_words(self, client):
        client.force_login(make_staff("editor"))
        page = client.get(address(make_ready())).text
        assert "Address in the archive" in page
        assert "Line beside the subject" in page
        assert "<b>Two stars</b>" not in page
        assert "**Two stars** make words bold" in page

    def test_says_that_a_test_is_on_its_way(self, client):
        editor, issue = make_staff("editor", email="editor@cramps.test"), make_ready(introduction="Cold feet.")
        issue.tests.all().delete()
        client.force_login(editor)
        press = reverse("admin:newsletter_issue_press", args=[issue.pk])
        client.post(press, {"do": "test"})
        assert "A test is on its way: load this page again" in client.get(address(issue)).text

    def test_presses_nothing_for_the_delivery_of_another_issue(self, client):
        make_subscriber()
        issue, other = make_ready(), make_ready()
        sending.freeze(other)
        doubtful = other.deliveries.get()
        other.deliveries.update(started_at="2026-01-01T00:00Z", claimed_at="2026-01-01T00:00Z")
        client.force_login(make_staff("editor"))
        client.post(reverse("admin:newsletter_issue_press", args=[issue.pk]), {"do": "leave", "delivery": doubtful.pk})
        doubtful.refresh_from_db()
        assert doubtful.doubt_settled_at is None


@pytest.mark.django_db(transaction=True)
class WhatIsFrozen:
    def test_is_what_the_form_that_was_just_being_sent_has_saved(self, client, monkeypatch):
        make_subscriber()
        issue = make_ready()
        workers, save_related = [], IssueAdmin.save_related

        def look():
            sending.one_batch(timezone.now())
            connection.close()

        def saving(*given):
            workers.append(threading.Thread(target=look))
            workers[0].start()
            workers[0].join(0.5)
            save_related(*given)

        monkeypatch.setattr(IssueAdmin, "save_related", saving)
        client.force_login(make_staff("editor"))
        answer = client.post(address(issue), form_of(issue, introduction="Not tested yet."))
        workers[0].join()
        assert answer.status_code == 302
        assert fresh(issue).introduction == "Not tested yet."
        assert fresh(issue).state == "waits for you"
        assert "Nobody has seen it as a mail" in fresh(issue).held_because

    def test_has_been_looked_at_as_it_is_frozen(self):
        make_subscriber()
        issue, holds_it = make_ready(), threading.Event()

        def change():
            with transaction.atomic():
                Issue.objects.select_for_update().get()
                holds_it.set()
                threading.Event().wait(0.5)
                Issue.objects.update(introduction="Not tested yet.")
            connection.close()

        editor = threading.Thread(target=change)
        editor.start()
        holds_it.wait()
        sending.one_batch(timezone.now())
        editor.join()
        assert fresh(issue).state == "waits for you"
