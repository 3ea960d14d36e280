"""What another site can make a reader's browser do here: nothing but leave the newsletter, and read.

The rules of Fetch Metadata: https://www.w3.org/TR/fetch-metadata/. The one exception: RFC 8058.
"""

from html.parser import HTMLParser

import pytest
from allauth.account.forms import default_token_generator
from allauth.account.models import EmailConfirmationHMAC
from allauth.account.utils import user_pk_to_url_str
from django.test import Client
from django.urls import reverse
from django.utils.html import escape

from comments.models import Comment
from newsletter.models import Subscriber
from tests.access.the_site import FROM_HERE, address, checksum, client_of, make_world, routes
from tests.factories import make_article

pytestmark = pytest.mark.django_db

UNSUBSCRIBE = "newsletter/unsubscribe/<str:token>/"
ONE_CLICK = {UNSUBSCRIBE, "comments/answers/stop/<str:token>/"}
FORMS = {
    "articles/<slug:slug>/comments/",
    "comments/<int:pk>/report/",
    "comments/<str:token>/edit/",
    "comments/<str:token>/answers/",
    "comments/<str:token>/withdraw/",
    "comments/<str:token>/erase/",
    "newsletter/",
    "newsletter/confirm/<str:token>/",
    "newsletter/preferences/<str:token>/",
    "newsletter/preferences/<str:token>/pause/",
    "newsletter/preferences/<str:token>/erase/",
    "newsletter/preferences/<str:token>/return/",
    "comments/answers/confirm/<str:token>/",
    "comments/proof/<str:token>/",
    "review/<str:token>/",
}
FOREIGN = {
    "another site": {"Sec-Fetch-Site": "cross-site"},
    "another host of the same domain": {"Sec-Fetch-Site": "same-site"},
    "another site that claims our origin": {"Sec-Fetch-Site": "cross-site", "Origin": "https://cramps.test"},
    "an empty claim": {"Sec-Fetch-Site": ""},
    "an unknown word": {"Sec-Fetch-Site": "same-origin, same-origin"},
    "an old browser on another site": {"Origin": "https://evil.example"},
    "a host that begins like ours": {"Origin": "https://cramps.test.evil.example"},
    "a host that ends like ours": {"Origin": "https://evilcramps.test"},
    "another port": {"Origin": "https://cramps.test:8443"},
    "our host without encryption": {"Origin": "http://cramps.test"},
    "a sandboxed frame": {"Origin": "null"},
    "no word of where it comes from": {},
    "a referrer alone": {"Referer": "https://cramps.test/"},
}
OURS = {
    "our page": {"Sec-Fetch-Site": "same-origin"},
    "the address bar": {"Sec-Fetch-Site": "none"},
    "an old browser on our page": {"Origin": "https://cramps.test"},
    "the host that was asked": {"Origin": "http://testserver"},
}
SIGN_IN_STATE = ["django_session", "cache"]
"""Sessions and the counts of attempts: allauth counts a HEAD as one."""
WORDS = "38<temp \"and\" 'pulse' & </textarea><script>alert(1)</script>\nsecond line"


def is_public(pattern):
    return not pattern.startswith(("admin/", "accounts/"))


class Fields(HTMLParser):
    """The fields of the one form that posts to its own page, as a browser would send them."""

    def __init__(self, html):
        super().__init__()
        self.values, self.inside, self.open = {}, False, None
        self.feed(html)

    def handle_starttag(self, tag, pairs):
        attributes = dict(pairs)
        if tag == "form":
            self.inside = "action" not in attributes
        elif self.inside and tag == "input":
            self.values[attributes["name"]] = attributes["value"]
        elif self.inside and tag == "textarea":
            self.open = attributes["name"]
            self.values[self.open] = ""

    def handle_data(self, data):
        if self.open:
            # A browser drops the line break that opens a text area.
            self.values[self.open] += data if self.values[self.open] else data.removeprefix("\n")

    def handle_endtag(self, tag):
        if tag == "textarea":
            self.open = None


class AnotherSite:
    def test_the_forms_that_it_could_aim_at_are_these(self):
        world = make_world()
        posts = {p for p in routes() if is_public(p) and Client().post(address(p, world)).status_code != 405}
        assert posts == FORMS | ONE_CLICK

    @pytest.mark.parametrize("sender", FOREIGN)
    @pytest.mark.parametrize("pattern", sorted(FORMS))
    def test_changes_nothing_and_the_words_stay_on_the_page(self, pattern, sender):
        world = make_world()
        before = checksum()
        data = {"name": "Jo", "body": WORDS, "email": "parent@example.org", "confirm": "1"}
        response = Client().post(address(pattern, world), data, headers=FOREIGN[sender])
        assert response.status_code == 403
        assert checksum() == before
        assert escape(WORDS) in response.text
        assert "<script>alert" not in response.text

    @pytest.mark.parametrize("sender", OURS)
    def test_is_told_from_our_own_pages(self, sender):
        article = make_article()
        data = {"name": "Jo", "body": "Warm socks."}
        response = Client().post(reverse("comments:post", args=[article.slug]), data, headers=OURS[sender])
        assert (response.status_code, Comment.objects.count()) == (303, 1)

    def test_has_its_post_sent_by_the_readers_own_press_or_not_at_all(self):
        article, client = make_article(), Client()
        url = reverse("comments:post", args=[article.slug])
        refused = client.post(url, {"name": "Jo & Co", "body": WORDS, "elapsed": "40"}, headers={"Origin": "null"})
        kept = Fields(refused.text).values
        assert kept == {"name": "Jo & Co", "body": WORDS, "elapsed": "40"}
        client.post(url, {**kept, "confirm": "1"}, headers=FROM_HERE)
        assert Comment.objects.get().body.startswith("38<temp \"and\" 'pulse' &")

    @pytest.mark.parametrize("sender", FOREIGN)
    def test_may_end_a_subscription_with_its_link_as_every_mail_program_does(self, sender):
        world = make_world()
        data = {"List-Unsubscribe": "One-Click"}
        response = Client(enforce_csrf_checks=True).post(address(UNSUBSCRIBE, world), data, headers=FOREIGN[sender])
        assert response.status_code == 200
        assert Subscriber.objects.get(pk=world.subscriber.pk).left_at

    @pytest.mark.parametrize("method", ["put", "patch", "delete", "options", "trace", "post"])
    def test_gets_nowhere_with_another_method(self, method):
        world = make_world()
        before = checksum()
        for pattern in filter(is_public, set(routes()) - ONE_CLICK):
            response = getattr(Client(), method)(address(pattern, world), headers={"Origin": "https://evil.example"})
            assert response.status_code in (403, 405), pattern
        assert checksum() == before


@pytest.mark.parametrize("place", ["admin/", "accounts/"])
def test_staffs_pages_ask_for_djangos_token(place):
    world, client = make_world(), client_of("admin", enforce_csrf_checks=True)
    before = checksum()
    answers = {
        p: client.post(address(p, world), headers=FROM_HERE).status_code for p in routes() if p.startswith(place)
    }
    assert {p: status for p, status in answers.items() if status != 403} == (
        {"accounts/no-staff/": 405} if place == "accounts/" else {}
    )
    assert checksum() == before


class Reading:
    """Mail scanners and crawlers press every link; browsers fetch ahead."""

    @pytest.mark.parametrize("method", ["get", "head"])
    @pytest.mark.parametrize("reader", ["anonymous", "admin"])
    def test_the_public_pages_leaves_the_database_as_it_was(self, reader, method):
        world, client = make_world(), client_of(reader)
        urls = [address(pattern, world) for pattern in filter(is_public, routes())]
        urls += [f"/articles/{world.article.slug}/?reply={world.approved.pk}", "/?page=1", "/no/such/page/"]
        before = checksum()
        answers = {url: getattr(client, method)(url, headers=FROM_HERE).status_code for url in urls}
        assert checksum() == before
        assert set(answers.values()) == {200, 301, 302, 404, 405}

    @pytest.mark.parametrize(("reader", "method"), [("anonymous", "get"), ("anonymous", "head"), ("admin", "get")])
    def test_staffs_pages_and_mailed_links_moves_their_session_and_no_more(self, reader, method):
        world, client = make_world(), client_of(reader)
        # The first look at this page copies the account's address into allauth's table.
        client.get("/accounts/email/")
        before = checksum(without=SIGN_IN_STATE)
        urls = [address(pattern, world) for pattern in routes() if not is_public(pattern)] + staff_links(world)
        assert all(getattr(client, method)(url, headers=FROM_HERE).status_code < 500 for url in urls)
        assert checksum(without=SIGN_IN_STATE) == before


def staff_links(world):
    """The mailed links of staff sign-in: to confirm an address, to choose a new password."""
    confirmation = EmailConfirmationHMAC(world.user.emailaddress_set.get())
    keys = [user_pk_to_url_str(world.user), default_token_generator.make_token(world.user)]
    return [
        reverse("account_confirm_email", args=[confirmation.key]),
        reverse("account_reset_password_from_key", args=keys),
    ]
