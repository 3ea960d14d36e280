"""The form of an issue, and what happens to it while the worker looks at the same row."""

import threading

import pytest
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone

from newsletter import sending
from newsletter.admin_issues import IssueAdmin
from newsletter.models import Issue
from tests.factories import make_article, make_staff, make_subscriber
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

    def test_puts_articles_in_the_order_of_their_numbers_and_those_without_at_the_end(self, client):
        first, second, new, newer = (make_article(title=name) for name in ("First", "Second", "New", "Newer"))
        issue = make_ready(first, second)
        client.force_login(make_staff("editor"))
        entries = [*issue.entries.all()]
        rows = {"entries-TOTAL_FORMS": 4, "entries-INITIAL_FORMS": 2}
        for number, (entry, position) in enumerate(zip(entries, (1, 2), strict=True)):
            rows |= {f"entries-{number}-id": entry.pk, f"entries-{number}-issue": issue.pk}
            rows |= {f"entries-{number}-article": entry.article_id, f"entries-{number}-position": position}
        rows |= {"entries-2-article": new.pk, "entries-2-position": ""}
        rows |= {"entries-3-article": newer.pk, "entries-3-position": 2}
        assert client.post(address(issue), form_of(issue, **rows)).status_code == 302
        placed = [(entry.article, entry.position) for entry in issue.entries.all()]
        assert placed == [(first, 1), (newer, 2), (second, 3), (new, 4)]

    def test_names_its_articles_by_their_titles(self, client):
        issue = make_ready(make_article(slug="a-slug", title="Night cramps"))
        client.force_login(make_staff("editor"))
        assert ">Night cramps</option>" in client.get(address(issue)).text
        asked = {"app_label": "newsletter", "model_name": "issuearticle", "field_name": "article", "term": "night"}
        assert [found["text"] for found in client.get(reverse("admin:autocomplete"), asked).json()["results"]] == [
            "Night cramps"
        ]
        Issue.objects.filter(pk=issue.pk).update(scheduled_at=timezone.now(), frozen_at=timezone.now())
        assert "Night cramps</a>" in client.get(address(issue)).text

    def test_tells_its_history_who_pressed_what(self, client):
        issue, editor = make_ready(), make_staff("editor")
        client.force_login(editor)
        client.post(reverse("admin:newsletter_issue_press", args=[issue.pk]), {"do": "unschedule"})
        history = client.get(reverse("admin:newsletter_issue_history", args=[issue.pk])).text
        assert editor.username in history
        assert "It is a draft again" in history

    def test_keeps_the_time_that_was_typed_where_it_is_refused(self, client):
        issue = make_ready(introduction="Not tested.")
        issue.tests.all().delete()
        client.force_login(make_staff("editor"))
        press = reverse("admin:newsletter_issue_press", args=[issue.pk])
        answer = client.post(press, {"do": "schedule", "when": "2099-05-01T09:00"}, follow=True)
        assert "Nobody has seen it as a mail" in answer.text
        assert 'value="2099-05-01T09:00"' in answer.text

    def test_lets_an_editor_give_a_draft_up(self, client):
        issue = make_ready()
        client.force_login(make_staff("editor"))
        assert "Give it up for good" in client.get(address(issue)).text
        client.post(reverse("admin:newsletter_issue_press", args=[issue.pk]), {"do": "cancel"})
        assert fresh(issue).state == "cancelled"

    def test_shows_the_mail_in_a_frame_whose_links_open_beside_it(self, client):
        client.force_login(make_staff("editor"))
        mail = client.get(reverse("admin:newsletter_issue_mail", args=[make_ready().pk]))
        assert '<base target="_blank">' in mail.text

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
