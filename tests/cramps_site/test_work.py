from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.core.management import call_command
from django.utils import timezone

from comments.models import Comment
from cramps_site import work
from cramps_site.work import JOBS, run_due_jobs
from newsletter.models import Subscriber
from tests.factories import make_comment, make_subscriber
from tests.posting import sign_up

pytestmark = pytest.mark.django_db


class TheWorker:
    @pytest.mark.django_db(transaction=True)
    def test_sends_what_waits_and_stops_when_told_to_look_once(self, client):
        sign_up(client, "one@example.org")
        sign_up(client, "two@example.org")
        call_command("work", "--once")
        assert sorted(message.to[0] for message in mail.outbox) == ["one@example.org", "two@example.org"]

    def test_lets_go_of_what_is_kept_only_for_a_while(self):
        long_ago = timezone.now() - timedelta(days=40)
        make_comment(sender="a" * 64, created_at=long_ago)
        make_subscriber(confirmed_at=None, asked_at=long_ago)
        run_due_jobs()
        assert Comment.objects.get().sender == ""
        assert not Subscriber.objects.exists()

    def test_does_each_job_when_it_is_due_and_not_before(self, monkeypatch):
        done = []
        for name, (every, _) in JOBS.items():
            monkeypatch.setitem(JOBS, name, (every, lambda name=name: done.append(name)))
        run_due_jobs()
        run_due_jobs()
        assert done == list(JOBS)
        with time_machine.travel(timezone.now() + timedelta(hours=1, seconds=1)):
            run_due_jobs()
        assert done == [*JOBS, *(name for name, (every, _) in JOBS.items() if every <= timedelta(hours=1))]

    def test_goes_on_with_its_other_steps_when_one_fails(self, client, monkeypatch):
        def broken():
            return 1 / 0

        monkeypatch.setattr(work, "STEPS", (broken, *work.STEPS))
        sign_up(client, "one@example.org")
        assert work.one_round()
        assert [message.to[0] for message in mail.outbox] == ["one@example.org"]

    def test_does_the_other_jobs_when_one_fails(self, monkeypatch):
        first, *_ = JOBS
        every, _ = JOBS[first]
        monkeypatch.setitem(JOBS, first, (every, lambda: 1 / 0))
        make_subscriber(confirmed_at=None, asked_at=timezone.now() - timedelta(days=40))
        run_due_jobs()
        assert not Subscriber.objects.exists()
