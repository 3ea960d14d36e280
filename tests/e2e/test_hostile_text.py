"""No stored or reflected input ever becomes an element: what others wrote to break sites, in a real browser."""

import html
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from django.test import Client

from comments.models import Comment
from comments.sanitise import sanitise
from tests.corpora import lines_below, naughty_strings, xss_vectors
from tests.factories import make_article, make_staff
from tests.posting import post_comment, sign_up

ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def unlimited(settings):
    settings.LIMITS_ON = False
    # The live server speaks http, where browsers refuse what production sets.
    settings.SESSION_COOKIE_NAME, settings.SESSION_COOKIE_SECURE = "session", False


def vectors(corpora):
    every = [*xss_vectors(corpora), *naughty_strings(corpora), *lines_below(corpora / "strings/fuzzdb")]
    return list(dict.fromkeys(vector[:10_000] for vector in every))


@pytest.mark.browser
@pytest.mark.corpus
@pytest.mark.django_db(transaction=True)
def test_no_vector_becomes_an_element_on_page_or_in_the_admin(client, page, live_server, corpora, settings, unlimited):
    article = make_article(slug="vectors")
    given = vectors(corpora)
    for number, vector in enumerate(given):
        name = vector[:80] if number % 10 == 0 else "Jo"
        answer = post_comment(client, article, vector, name=name, confirm="1")
        assert answer.status_code in (303, 422)
    # The others are nothing but tags, or say the same once the tags are gone.
    assert Comment.objects.count() > 2000
    Comment.objects.update(status="approved")

    requests, dialogs = [], []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    page.on("request", lambda request: requests.append(request.url))
    settings.COMMENTS_PER_PAGE = 10_000
    page.goto(f"{live_server.url}{article.get_absolute_url()}")
    shown = page.eval_on_selector_all("article.comment", READ_COMMENTS)
    assert {(one["id"], one["text"], one["name"]) for one in shown} == {
        (f"comment-{comment.pk}", comment.body, comment.name) for comment in Comment.objects.all()
    }
    assert sum(one["elements"] for one in shown) == 0

    sign_in(page, live_server, make_staff("moderator"))
    settings.COMMENTS_PER_PAGE = 50
    page.goto(f"{live_server.url}/admin/comments/comment/?status=approved")
    cells = page.eval_on_selector_all("p.queue-text", "cells => cells.map(cell => cell.textContent)")
    assert len(cells) == 30
    assert page.locator("p.queue-text :not(mark)").count() == 0
    assert set(map(squeezed, cells)) <= {squeezed(comment.body) for comment in Comment.objects.all()}
    assert dialogs == []
    assert all(url.startswith(live_server.url) or url.startswith("data:image/") for url in requests)


READ_COMMENTS = """comments => comments.map(comment => {
  const text = comment.querySelector(".comment-text"), name = comment.querySelector("header bdi");
  return {id: comment.id, text: text.textContent, name: name.textContent,
          elements: text.childElementCount + name.childElementCount};
})"""


def sign_in(page, live_server, user):
    client = Client()
    client.force_login(user)
    page.context.add_cookies(
        [{"name": name, "value": cookie.value, "url": live_server.url} for name, cookie in client.cookies.items()]
    )


def squeezed(text):
    return " ".join(text.split())


@pytest.mark.corpus
@pytest.mark.django_db
def test_every_vector_is_well_formed_in_the_feed_with_all_its_words(client, corpora, unlimited):
    article = make_article()
    bodies = [sanitise(vector).text for vector in vectors(corpora)]
    for start in range(0, len(bodies), 50):
        Comment.objects.all().delete()
        rows = [
            Comment(article=article, name=body[:80], body=body, status="approved")
            for body in bodies[start : start + 50]
        ]
        Comment.objects.bulk_create(rows)
        feed = ElementTree.fromstring(client.get(f"{article.get_absolute_url()}feed/").content)
        shown = {
            html.unescape(entry.findtext(f"{ATOM}summary").replace("<br>", "\n")) for entry in feed.iter(f"{ATOM}entry")
        }
        assert {squeezed(text) for text in shown} == {squeezed(xml_safe(c.body)) for c in Comment.objects.all()}


def xml_safe(text):
    return "".join(char for char in text if char in "\n\t" or (char >= "\x20" and char not in "\ufffe\uffff"))


class Tags(HTMLParser):
    def __init__(self, page):
        super().__init__()
        self.seen = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, tuple(sorted(name for name, _ in attrs))))


@pytest.mark.corpus
@pytest.mark.django_db
def test_no_vector_in_an_address_changes_what_the_page_is_made_of(client, corpora, unlimited):
    """The address field keeps what was typed, so that it can be mended: as a value, never as an element."""
    clean = Tags(sign_up(client, "not an address").content.decode()).seen
    article = make_article()
    clean_comment = Tags(post_comment(client, article, email="not an address").content.decode()).seen
    for vector in vectors(corpora)[::23]:
        for answer, expected in (
            (sign_up(client, vector), clean),
            (post_comment(client, article, email=vector), clean_comment),
        ):
            if answer.status_code == 422 and len(vector) < 254 and vector.strip():
                assert Tags(answer.content.decode()).seen == expected
