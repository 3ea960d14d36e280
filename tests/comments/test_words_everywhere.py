"""Wherever a comment is shown, it shows the words that were typed: no tag, nothing escaped twice."""

import html
import re
from xml.etree import ElementTree

import html5lib
import pytest
from django.core import mail

from comments.links import status_url
from comments.models import Comment
from cramps_site.lib.models import OutgoingMail
from tests.factories import make_article, make_staff
from tests.posting import post_comment

ATOM = "{http://www.w3.org/2005/Atom}"
TYPED_AND_SHOWN = [
    ("38<temp and pulse>90 call doctor", "38<temp and pulse>90 call doctor"),
    ("give <half tablet> at night", "give <half tablet> at night"),
    ("Tom & Jerry <3", "Tom & Jerry <3"),
    ("a<br>b", "a\nb"),
    ("<b>bold</b> & <script>alert(1)</script>", "bold &"),
    ("5 < 6 mg & rest", "5 < 6 mg & rest"),
    ("Tom &amp; Jerry", "Tom &amp; Jerry"),
]


def texts_of(page, selector):
    """The text of each element with a class, as a browser reads the page; it holds no other element."""
    found = [
        element
        for element in html5lib.parse(page).iter()
        if selector in (element.get("class") or "").split() and isinstance(element.tag, str)
    ]
    return ["".join(element.itertext()) for element in found]


@pytest.mark.django_db
@pytest.mark.parametrize(("typed", "shown"), TYPED_AND_SHOWN)
class AComment:
    @pytest.fixture
    def comment(self, client, typed):
        post_comment(client, make_article(), typed, confirm="1")
        comment = Comment.objects.get()
        comment.approve(by=make_staff("moderator"))
        return comment

    def test_on_the_page(self, client, comment, shown):
        page = client.get(comment.article.get_absolute_url()).content
        assert texts_of(page, "comment-text") == [shown]

    def test_on_its_writers_page(self, client, comment, shown):
        assert texts_of(client.get(status_url(comment)).content, "comment-text") == [shown]

    def test_in_the_admin(self, client, comment, shown):
        client.force_login(make_staff("moderator"))
        page = client.get("/admin/comments/comment/?status=approved").content
        [cell] = texts_of(page, "queue-text")
        assert cell.split() == shown.split()
        page = client.get(f"/admin/comments/comment/{comment.pk}/change/").content.decode()
        assert html.escape(shown.split("\n")[0], quote=False) in page.replace("&#x27;", "'")

    def test_in_the_feed(self, client, comment, shown):
        feed = ElementTree.fromstring(client.get(f"{comment.article.get_absolute_url()}feed/").content)
        [summary] = [entry.findtext(f"{ATOM}summary") for entry in feed.iter(f"{ATOM}entry")]
        assert html.unescape(re.sub("<br>", "\n", summary)) == shown

    def test_in_no_mail(self, comment, shown):
        """Mails tell that something happened and lead to it: nobody can send words to a stranger through us."""
        assert not OutgoingMail.objects.exists()
        assert mail.outbox == []
