"""Workers that can be killed and are there again at once: `manage.py work` in forks of a process that has loaded Django.

It reads one task a line, as JSON, and answers with one: `work` gives the process's number, the others their result.
"""

import json
import os
import signal
import sys
import traceback


def main():
    import django

    django.setup()
    from django.conf import settings

    import cramps_site.management.commands.work  # noqa: F401
    from newsletter import sending

    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", int(os.environ["MAIL_PORT"])
    sending.BATCH = 20
    # Nobody waits for the killed ones.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        name, given = json.loads(line)
        answer(name, given)


def answer(name, given):
    """In a process of its own, so that this one never has an open database."""
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.close(read_end)
            result = TASKS[name](**given)
            os.write(write_end, json.dumps(result).encode())
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)
    os.close(write_end)
    if name == "work":
        os.close(read_end)
        result = child
    else:
        with open(read_end) as pipe:
            result = json.loads(pipe.read())
    print(json.dumps(result), flush=True)


def work():
    from django.core.management import call_command

    call_command("work", pause=0.02)


def migrate():
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def seed(recipients, connections):
    """An issue that is due, to so many subscribers; its number."""
    from django.utils import timezone

    from newsletter import composing
    from newsletter.models import SendingPolicy, Subscriber
    from tests.factories import make_issue, make_staff

    now = timezone.now()
    Subscriber.objects.update(left_at=now)
    addresses = [f"parent-{number}@example.org" for number in recipients]
    Subscriber.objects.bulk_create(
        Subscriber(email=address, normalised=address, confirmed_at=now) for address in addresses
    )
    SendingPolicy.note(connections=connections, slow_start=False)
    # Each task is a process of its own, so the factories' numbers begin anew.
    issue = make_issue(slug=recipients[0], frozen_at=None, scheduled_at=now, introduction="Warm socks.\n" * 40)
    editor = make_staff("admin", username=recipients[0])
    issue.tests.create(to=editor, content_hash=composing.render(issue).content_hash)
    return issue.pk


def report(issue):
    """What the ledger says of each recipient, and whether the issue is through."""
    from django.db.models import Case, CharField, Value, When

    from newsletter.models import Delivery, Issue

    rows = Delivery.objects.filter(issue=issue)
    state = Case(
        When(accepted_at__isnull=False, then=Value("accepted")),
        When(failed_at__isnull=False, then=Value("failed")),
        When(skipped_at__isnull=False, then=Value("skipped")),
        When(pk__in=rows.in_doubt().values("pk"), then=Value("in doubt")),
        default=Value("open"),
        output_field=CharField(),
    )
    states = dict(rows.annotate(state=state).values_list("subscriber__email", "state"))
    return {"states": states, "sent": Issue.objects.filter(pk=issue, sent_at__isnull=False).exists()}


TASKS = {"work": work, "migrate": migrate, "seed": seed, "report": report}

if __name__ == "__main__":
    main()
