"""One round of everything that waits to be done. `manage.py work` calls it again and again; any driver may."""

import logging
from datetime import timedelta

from django.conf import settings
from django.core.management import call_command
from django.db import Error as DatabaseProblem
from django.db import transaction

from articles.asking_around import ask_around
from articles.reminding import remind
from comments.alerting import send_digests
from comments.contacts import tell_answers
from comments.forgetting import forget_contacts, forget_senders
from comments.learning import learn_decisions
from cramps_site.lib import email
from cramps_site.lib.models import Job
from newsletter import sending
from newsletter.digests import compose_due
from newsletter.scoring import forget_bounces
from newsletter.subscribing import forget_unconfirmed

log = logging.getLogger(__name__)

JOBS = {
    "tell moderators what waits": (timedelta(minutes=5), send_digests),
    "tell writers of answers": (timedelta(minutes=5), tell_answers),
    "remind of reviews that end": (timedelta(hours=1), remind),
    "compose digests": (timedelta(minutes=1), compose_due),
    "forget contacts of comments": (timedelta(days=1), forget_contacts),
    "forget senders of comments": (timedelta(hours=1), forget_senders),
    "forget unconfirmed subscribers": (timedelta(hours=1), forget_unconfirmed),
    "forget bounces": (timedelta(days=1), forget_bounces),
    "forget settled mails": (timedelta(days=1), lambda: email.forget_settled(timedelta(days=30))),
    "clear sessions": (timedelta(days=1), lambda: call_command("clearsessions")),
}
if not settings.DEBUG:
    # The demo's sources are real sites, which need not hear of everybody's development.
    JOBS["ask for pages of other sites"] = (timedelta(minutes=1), ask_around)
STEPS = (learn_decisions, email.send_due, sending.one_batch)


def one_round():
    """Do what is due. True if there may be more to do at once."""
    run_due_jobs()
    return sum([_do(step) for step in STEPS]) > 0


def _do(step):
    """How much a step did. What goes wrong in it is told, and keeps the others from nothing."""
    try:
        return step()
    except DatabaseProblem:
        raise
    except Exception:
        log.exception("failed, to be tried again in the next round: %s", step.__name__)
        return 0


def run_due_jobs():
    for name, (every, function) in JOBS.items():
        with transaction.atomic():
            claimed = Job.claim(name, every)
        if claimed:
            _run(name, function)


def _run(name, function):
    """Do one job. What goes wrong in it is told, and keeps no other job from being done."""
    try:
        function()
    except Exception:
        log.exception("failed, to be tried again when it is next due: %s", name)
    else:
        log.info("done: %s", name)
