"""Says what keeps an issue from going out, each in a sentence that says what to do. It changes nothing.

To add a check, write a generator of sentences and add it to CHECKS.
"""

import re
from html import unescape
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.urls import Resolver404, resolve
from django.utils import timezone

from articles.models import Article, SignOff
from newsletter import composing

LINK = re.compile(r"""(?:href|src)=["']([^"']+)["']""")


def problems(issue, at=None):
    """What keeps an issue from being sent at a moment (now by default); empty when nothing does."""
    at = at or timezone.now()
    rendering = composing.render(issue, at)
    return [sentence for check in CHECKS for sentence in check(issue, rendering, at)]


def _content(issue, rendering, at):
    if not issue.introduction.strip() and not issue.entries.exists():
        yield "It says nothing yet: write an introduction or choose an article."


def _articles(issue, rendering, at):
    """Every article must be public when the mail arrives, and a review that it had must still hold."""
    public = {article.pk: article for article in composing.articles_of(issue, at)}
    for entry in issue.entries.select_related("article"):
        article = public.get(entry.article_id)
        if article is None:
            yield f"“{_title(entry.article)}” is not public then: publish it, or take it out."
        elif not article.signed_off and _was_reviewed(article.live):
            yield f"The medical review of “{article.live.title}” holds no more: have it reviewed, or take it out."


def _was_reviewed(version):
    return version.sign_offs.exists() or SignOff.objects.of(version).exists()


def _title(article):
    version = article.newest_version()
    return version.title if version else article.slug


def _links(issue, rendering, at):
    for link in links_of(rendering):
        if not is_foreign(link) and not leads_somewhere(link, at):
            yield f"The link {link} leads nowhere on this site: correct it."
    test = issue.tests.filter(content_hash=rendering.content_hash).order_by("-pk").first()
    for link in test.dead_links if test else ():
        yield f"The link {link} did not answer when the test was sent: correct it, or test again."


def links_of(rendering):
    """The addresses that a rendering points to, without the recipient's own."""
    return sorted(set(map(unescape, LINK.findall(rendering.html))) - {composing.LEAVE, composing.PREFERENCES})


def is_foreign(link):
    return link.startswith(("http://", "https://")) and not link.startswith(f"{settings.SITE_URL}/")


def leads_somewhere(link, at=None):
    """Whether a link leads to a page of this site."""
    parts = urlsplit(link)
    if parts.scheme in ("mailto", "tel") or link.rstrip("/") == settings.SITE_URL:
        return True
    try:
        match = resolve(unquote(parts.path))
    except Resolver404:
        return False
    if match.view_name == "articles:article":
        return Article.objects.published(at).filter(slug=match.kwargs["slug"]).exists()
    return True


def _parts(issue, rendering, at):
    if not rendering.text.strip():
        yield "It has no text part: many people read only that. Write an introduction."
    size = composing.Pressed(rendering).size
    if size > composing.LARGEST:
        yield f"It has {size // 1024} kB, and mail programs cut off what is longer than 100 kB: shorten it."


def _test(issue, rendering, at):
    if issue.digest_id or issue.tests.filter(content_hash=rendering.content_hash).exists():
        return
    if issue.tests.filter(content_hash="").exists():
        yield "A test is on its way: load this page again when it has arrived, and read it."
    else:
        yield "Nobody has seen it as a mail since it was last changed: send a test to yourself and read it."


def _recipients(issue, rendering, at):
    if not issue.recipients(at).exists():
        yield "It would go to nobody: choose other topics."


CHECKS = (_content, _articles, _links, _parts, _test, _recipients)
