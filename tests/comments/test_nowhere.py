"""What was not approved is visible nowhere: every page that a link leads to is read in search of it."""

import re

import pytest

from comments.models import Status
from tests.factories import make_article, make_author, make_comment, make_issue, make_topic

START = ["/", "/newsletter/", "/about/", "/privacy/", "/sitemap.xml", "/feeds/articles/", "/robots.txt", "/healthz"]
LINK = re.compile(r'(?:href|src|action|<loc>)="?(?:https?://(?:testserver|cramps\.test))?(/[^"\'#<]*)')


def crawl(client):
    """The text of every page that an anonymous reader comes to."""
    seen, waiting = {}, list(START)
    while waiting:
        url = waiting.pop()
        if url in seen or url.startswith(("/static/", "/media/", "/accounts/", "/admin/")):
            continue
        answer = client.get(url, follow=True)
        seen[url] = "" if answer.streaming else answer.content.decode()
        waiting += [link.replace("&amp;", "&") for link in LINK.findall(seen[url])]
    return seen


@pytest.mark.django_db
@pytest.mark.parametrize("status", [status for status in Status if status != Status.APPROVED])
@pytest.mark.parametrize("answers", [False, True])
def test_a_comment_that_is_not_approved_is_on_no_page(client, status, answers):
    article = make_article(topics=[make_topic()], author=make_author())
    make_issue(article)
    other = make_comment(article=article, status="approved", body="Everybody may read this.")
    hidden = {"name": "Canary Bird", "body": "canary words", "email": "canary@example.org", "status": status}
    comment = make_comment(article=article, parent=other if answers else None, **hidden)
    if not answers:
        make_comment(article=article, parent=comment, status="approved", body="An answer that everybody may read.")
    pages = crawl(client)
    pages.update({url: client.get(url, follow=True).content.decode() for url in (comment.get_absolute_url(),)})
    assert len(pages) > 12
    assert any("Everybody may read this." in page for page in pages.values())
    assert [url for url, page in pages.items() if "canary" in page.lower()] == []
    assert "(1)" in pages[article.get_absolute_url()] or "(2)" in pages[article.get_absolute_url()]
