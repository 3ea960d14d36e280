"""What every answer says to the browser beside its content, whichever part of the site gives it."""

import re
from datetime import UTC, datetime, timedelta
from urllib.robotparser import RobotFileParser
from xml.etree import ElementTree

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from cramps_site.views import SECURITY_CONTACT_LAPSES
from tests.access.the_site import FROM_HERE, address, client_of, make_world, routes
from tests.factories import PASSWORD, make_article, make_comment, make_staff
from tests.posting import post_comment, sign_up

pytestmark = pytest.mark.django_db

POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}
OTHERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
YEAR = 365 * 24 * 60 * 60


def path(pattern):
    return lambda client, world: client.get(address(pattern, world))


def too_large(client, world):
    return client.post("/newsletter/", {"email": "x" * settings.PUBLIC_BODY_LIMIT}, headers=FROM_HERE)


def too_often(client, world):
    return [post_comment(client, world.article, f"Words {n}") for n in range(6)][-1]


def broken(client, world):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("articles.views.list_page", lambda *args: 1 / 0)
        return client.get("/?secret=canary")


def as_admin(url):
    def ask(client, world):
        client.force_login(make_staff("admin"))
        return client.get(url)

    return ask


def as_moderator(url):
    def ask(client, world):
        client.force_login(make_staff("moderator"))
        return client.get(url)

    return ask


PUBLIC = {
    "the home page": (200, path("")),
    "an article": (200, path("articles/<slug:slug>/")),
    "a topic": (200, path("topics/<slug:slug>/")),
    "an author": (200, path("authors/<slug:slug>/")),
    "a feed": (200, path("feeds/articles/")),
    "a comment's place": (302, path("comments/<int:pk>/")),
    "the newsletter's form": (200, path("newsletter/")),
    "an issue": (200, path("newsletter/issues/<slug:slug>/")),
    "the site map": (200, path("sitemap.xml")),
    "robots.txt": (200, path("robots.txt")),
    "security.txt": (200, path(".well-known/security.txt")),
    "a style sheet": (200, path("static/css/site.css")),
    "a missing style sheet": (404, path("static/css/none.css")),
    "the health of the site": (200, path("healthz")),
    "a page that does not exist": (404, path("no/such/page/")),
    "an address without its slash": (301, path("about")),
    "a wrong host": (400, lambda client, world: client.get("/", headers={"Host": "evil.example"})),
    "a fault of ours": (500, broken),
}
WITH_A_LINK = {
    "a comment's private page": (200, path("comments/<str:token>/")),
    "a subscription to confirm": (200, path("newsletter/confirm/<str:token>/")),
    "a subscription to end": (200, path("newsletter/unsubscribe/<str:token>/")),
    "a subscription's settings": (200, path("newsletter/preferences/<str:token>/")),
    "what is kept of a subscriber": (200, path("newsletter/preferences/<str:token>/copy/")),
}
POSTED = {
    "a form with an error": (422, lambda client, world: post_comment(client, world.article, "")),
    "a look at what will appear": (200, lambda client, world: post_comment(client, world.article, "<b>a</b>")),
    "a comment that was stored": (303, lambda client, world: post_comment(client, world.article)),
    "a post from elsewhere": (403, lambda client, world: client.post("/newsletter/", {"email": "a@example.org"})),
    "an unknown method": (405, lambda client, world: client.generic("BREW", "/")),
    "a post to what is only read": (405, lambda client, world: client.post("/about/")),
    "too large a post": (413, too_large),
    "too many posts": (429, too_often),
}
STAFFS = {
    "the sign-in": (200, path("accounts/login/")),
    "the way to the sign-in": (302, path("admin/")),
    "the admin": (200, as_admin("/admin/")),
    "a list in the admin": (200, as_admin("/admin/comments/comment/")),
    "the words of the admin's scripts": (200, as_admin("/admin/jsi18n/")),
    "a form in the admin": (200, as_admin("/admin/articles/topic/add/")),
    "what is not open to a moderator": (403, as_moderator("/admin/newsletter/subscriber/")),
    "what is not in the admin": (404, as_admin("/admin/no/such/page/")),
}
ALL = PUBLIC | WITH_A_LINK | POSTED | STAFFS


class EncryptedClient(Client):
    def generic(self, method, path, *args, **options):
        return super().generic(method, path, *args, **{**options, "secure": True})


def ask(kind, make_client=Client):
    status, question = ALL[kind]
    response = question(make_client(raise_request_exception=False), make_world())
    assert response.status_code == status
    return response


def policy_of(response):
    parts = [part.strip().partition(" ") for part in response["Content-Security-Policy"].split(";")]
    return {name: value for name, _, value in parts}


class EveryAnswer:
    @pytest.mark.parametrize("kind", ALL)
    def test_carries_the_policy_and_the_other_headers(self, kind):
        response = ask(kind)
        assert policy_of(response) == POLICY
        assert {name: response.get(name) for name in OTHERS} == OTHERS

    def test_of_the_editor_may_hold_a_frame_of_this_site_beside_that(self):
        response = as_admin("/admin/articles/article/add/")(Client(), make_world())
        assert policy_of(response) == POLICY | {"frame-src": "'self'"}

    @pytest.mark.parametrize("kind", ALL)
    def test_asks_for_encryption_for_two_years_where_it_came_encrypted(self, kind):
        response = ask(kind, EncryptedClient)
        assert response["Strict-Transport-Security"] == f"max-age={2 * YEAR}; includeSubDomains; preload"
        assert "Strict-Transport-Security" not in ask("the home page")

    @pytest.mark.parametrize("make_client", [Client, EncryptedClient])
    def test_carries_them_to_a_wrong_host_too_when_all_of_http_is_led_to_https(self, settings, make_client):
        settings.SECURE_SSL_REDIRECT = True
        response = make_client().get("/", headers={"Host": "evil.example"})
        assert (response.status_code, policy_of(response)) == (400, POLICY)
        assert "evil.example" not in str(response.headers) + response.text

    def test_over_http_leads_to_https_and_the_health_checks_do_not(self, settings):
        settings.SECURE_SSL_REDIRECT = True
        response = Client().get("/about/?a=1")
        assert (response.status_code, response["Location"]) == (301, "https://testserver/about/?a=1")
        assert [Client().get(url).status_code for url in ("/healthz", "/readyz")] == [200, 200]


class AReader:
    @pytest.mark.parametrize("kind", [*PUBLIC, *WITH_A_LINK])
    def test_is_given_no_cookie_and_a_page_that_no_cookie_changes(self, kind):
        response = ask(kind)
        assert not response.cookies
        assert response.get("Vary", "Accept-Encoding") == "Accept-Encoding"

    def test_who_is_signed_in_is_given_the_same_page(self):
        world = make_world()
        for url in ("/", world.article.get_absolute_url()):
            mine, stored = client_of("admin").get(url), Client().get(url)
            assert mine.content == stored.content
            assert not mine.cookies

    def test_who_asks_for_the_newsletter_is_known_again_for_an_hour_on_one_page(self):
        cookie = sign_up(Client()).cookies["asked"]
        flags = {name: cookie[name] for name in ("path", "max-age", "secure", "httponly", "samesite", "domain")}
        assert flags == {
            "path": "/newsletter/confirm/",
            "max-age": 3600,
            "secure": True,
            "httponly": True,
            "samesite": "Lax",
            "domain": "",
        }
        assert "parent" not in cookie.value

    def test_is_given_no_other_cookie_by_a_form(self):
        article = make_article()
        assert not post_comment(Client(), article).cookies
        assert not post_comment(Client(), article, "").cookies


class ThePageOfALink:
    @pytest.mark.parametrize("kind", WITH_A_LINK)
    def test_is_kept_by_nobody_and_found_by_no_search(self, kind):
        response = ask(kind)
        assert "no-store" in response["Cache-Control"]
        assert response["X-Robots-Tag"] == "noindex"

    @pytest.mark.parametrize("verb", ["confirm", "unsubscribe"])
    def test_is_kept_by_nobody_after_the_press_either(self, verb):
        url = address(f"newsletter/{verb}/<str:token>/", make_world())
        assert "no-store" in Client().post(url, headers=FROM_HERE)["Cache-Control"]


class Staff:
    @pytest.mark.parametrize("actor", ["anonymous", "admin"])
    def test_pages_are_kept_by_no_cache(self, actor):
        world, client = make_world(), client_of(actor)
        for pattern in (p for p in routes() if p.startswith(("admin/", "accounts/")) and p != "admin/logout/"):
            response = client.get(address(pattern, world))
            assert {"no-store", "private"} <= set(re.split(r", ?", response["Cache-Control"])), pattern

    def test_cookies_stay_with_this_host_and_out_of_scripts(self):
        user, client = make_staff("editor"), Client()
        client.get("/accounts/login/")
        client.post("/accounts/login/", {"login": user.username, "password": PASSWORD})
        assert set(client.cookies) == {"__Host-session", "__Host-csrf"}
        for cookie in client.cookies.values():
            flags = [cookie[name] for name in ("secure", "httponly", "samesite", "path", "domain")]
            assert flags == [True, True, "Lax", "/", ""]


class AnErrorPage:
    ERRORS = [kind for kind, (status, _) in ALL.items() if status >= 400 and kind != "what is not in the admin"]

    @pytest.mark.parametrize("kind", ERRORS)
    def test_looks_like_the_site_and_says_what_to_do(self, kind):
        response = ask(kind)
        assert response["Content-Type"] == "text/html; charset=utf-8"
        assert "css/site.css" in response.text
        assert '<main id="main"' in response.text
        assert '<html lang="en' in response.text
        assert "<h1" in response.text

    @pytest.mark.parametrize("kind", ERRORS)
    def test_tells_nothing_of_the_inside(self, kind):
        text = ask(kind).text
        for secret in ("Traceback", "ZeroDivision", "canary", "evil.example", "ALLOWED_HOSTS", "Django", "DEBUG"):
            assert secret not in text

    def test_says_which_methods_there_are(self):
        assert ask("an unknown method")["Allow"] == "GET, HEAD, POST"
        assert ask("a post to what is only read")["Allow"] == "GET, HEAD"

    @pytest.mark.parametrize(
        "method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "get;", "É"]
    )
    def test_meets_any_other_method_everywhere(self, method):
        world = make_world()
        for pattern in ("", "admin/", "accounts/login/", "static/css/site.css", "no/such/page/"):
            assert Client().generic(method, address(pattern, world)).status_code == 405

    @pytest.mark.parametrize(
        "host", ["evil.example", "testserver.evil.example", "a b", "testserver:x", "", "é", "x" * 5000]
    )
    def test_meets_a_host_that_is_not_ours(self, host):
        for url in ("/", "/admin/", "/accounts/login/", "/sitemap.xml", "/.well-known/security.txt"):
            response = Client().get(url, HTTP_HOST=host, SERVER_NAME="evil.example")
            assert response.status_code == 400, url


class TheBody:
    URLS = ("/newsletter/", "/accounts/login/", "/admin/articles/image/add/", "/", "/no/such/page/")

    @pytest.mark.parametrize("length", ["65537", "70_000", "+70000", " 70000 ", "999999999999999999"])
    @pytest.mark.parametrize("url", URLS)
    def test_that_is_announced_too_large_is_refused_unread(self, url, length):
        response = Client(headers=FROM_HERE).post(url, CONTENT_LENGTH=length, **{"wsgi.input": Unreadable()})
        assert response.status_code == 413

    @pytest.mark.parametrize("length", ["-1", "-70000", "", "x", "0x11171", "9" * 5000, "1e9"])
    def test_of_a_length_that_is_none_is_not_read_either(self, length):
        response = Client(headers=FROM_HERE).post("/newsletter/", CONTENT_LENGTH=length, **{"wsgi.input": Unreadable()})
        assert response.status_code in (400, 422)

    def test_in_pieces_of_no_announced_length_is_not_read(self):
        options = {"HTTP_TRANSFER_ENCODING": "chunked", "CONTENT_LENGTH": "", "wsgi.input": Unreadable()}
        assert Client(headers=FROM_HERE).post("/newsletter/", **options).status_code == 422

    def test_of_just_the_limit_is_read(self):
        body = "email=parent@example.org&website=".ljust(settings.PUBLIC_BODY_LIMIT, "x")
        form = "application/x-www-form-urlencoded"
        assert Client(headers=FROM_HERE).post("/newsletter/", body, content_type=form).status_code == 303
        assert Client(headers=FROM_HERE).post("/newsletter/", body + "x", content_type=form).status_code == 413

    @pytest.mark.parametrize(("actor", "status"), [("no staff", 413), ("writer", 200)])
    def test_may_be_larger_for_staffs_pictures_alone(self, actor, status):
        data = {"title": "x" * 2 * settings.PUBLIC_BODY_LIMIT}
        assert client_of(actor).post("/admin/articles/image/add/", data).status_code == status


class Unreadable:
    def read(self, *args):
        raise AssertionError("The body was read.")

    readline = read


class SecurityTxt:
    """RFC 9116."""

    def fields(self):
        response = Client().get("/.well-known/security.txt")
        assert response["Content-Type"] == "text/plain; charset=utf-8"
        return [tuple(line.split(": ", 1)) for line in response.text.splitlines() if line]

    def test_names_a_contact_and_where_it_lies_once(self):
        fields = self.fields()
        assert [name for name, _ in fields] == ["Contact", "Expires", "Preferred-Languages", "Canonical"]
        assert dict(fields)["Canonical"] == "https://cramps.test/.well-known/security.txt"

    def test_leads_to_a_contact_that_is_there(self):
        page, _, place = dict(self.fields())["Contact"].removeprefix("https://cramps.test").partition("#")
        assert f'id="{place}"' in Client().get(page).text

    def test_does_not_lapse_within_thirty_days_nor_stand_for_more_than_a_year(self):
        lapses = datetime.fromisoformat(dict(self.fields())["Expires"])
        assert lapses == SECURITY_CONTACT_LAPSES
        assert timedelta(days=30) < lapses - datetime.now(UTC) < timedelta(days=366)


class RobotsAndTheSiteMap:
    def test_open_the_articles_and_close_what_is_private(self):
        world, robots = make_world(), RobotFileParser()
        robots.parse(Client().get("/robots.txt").text.splitlines())
        private = (
            "admin/",
            "accounts/",
            "comments/<str:token>/",
            "newsletter/confirm/",
            "newsletter/preferences/",
            "newsletter/unsubscribe/",
            "search/",
        )
        for pattern in routes():
            open_to_robots = robots.can_fetch("a-robot", f"https://cramps.test{address(pattern, world)}")
            assert open_to_robots is not pattern.startswith((*private, "comments/")), pattern
        assert robots.site_maps() == ["https://cramps.test/sitemap.xml"]

    def test_list_every_public_page_and_no_other(self):
        world = make_world()
        make_article(published_at=None, slug="a-draft")
        tree = ElementTree.fromstring(EncryptedClient().get("/sitemap.xml", HTTP_HOST="cramps.test").content)
        urls = [node.text for node in tree.iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")]
        assert f"https://cramps.test{world.article.get_absolute_url()}" in urls
        assert not [url for url in urls if "a-draft" in url]
        assert {Client().get(url.removeprefix("https://cramps.test")).status_code for url in urls} == {200}


def test_a_comment_that_is_gone_is_gone_for_robots_too():
    comment = make_comment(status="rejected")
    assert Client().get(reverse("comments:permalink", args=[comment.pk])).status_code == 404
