"""Sends an issue as it stands to a member of the staff, and tells which of its links to other sites do not answer."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from cramps_site.lib import email
from cramps_site.lib.asking import ask
from newsletter import checking, composing
from newsletter.models import TestSend

MOST_LINKS = 40


def send_test(issue, *, to):
    """Queue the issue, as it stands now, to a member of the staff."""
    with transaction.atomic():
        test = TestSend.objects.create(issue=issue, to=to)
        email.queue("newsletter.test", test.pk)
    return test


@email.composer("newsletter.test")
def compose_test(test_id):
    """The mail of a test; None if the issue is gone. Its personal links lead to the newsletter's own page, and what is
    not in the archive yet is read in the admin."""
    test = TestSend.objects.select_related("issue", "to").filter(pk=test_id).first()
    if test is None or not test.to.email:
        return None
    rendering = composing.render(test.issue)
    # Only now is there something that can be read.
    facts = {"content_hash": rendering.content_hash, "dead_links": dead_links(rendering)}
    TestSend.objects.filter(pk=test.pk).update(**facts)
    page = f"{settings.SITE_URL}/newsletter/"
    return _read_in_admin(rendering, test.issue).letter(
        composing.Personal(test.to.email, *composing.mark_and_date(f"test.{test.pk}"), page, page)
    )


def _read_in_admin(rendering, issue):
    if issue.frozen_at:
        return rendering
    archive = settings.SITE_URL + issue.get_absolute_url()
    page = settings.SITE_URL + reverse("admin:newsletter_issue_mail", args=[issue.pk])
    return replace(rendering, html=rendering.html.replace(archive, page), text=rendering.text.replace(archive, page))


def dead_links(rendering):
    """The links to other sites that lead nowhere: the host is unknown, or says that the page is gone.

    A site that refuses us, or takes long, is given the benefit of the doubt.
    """
    foreign = [link for link in checking.links_of(rendering) if checking.is_foreign(link)][:MOST_LINKS]
    with ThreadPoolExecutor(4) as pool:
        return [link for link, answer in zip(foreign, pool.map(ask, foreign), strict=True) if answer.is_gone]
