"""A browser goes through the whole site and the admin and has nothing to complain of."""

from collections import Counter
from urllib.parse import urldefrag, urlsplit

import pytest
from django.urls import Resolver404, resolve

from tests.access.the_site import address, make_world, routes
from tests.factories import PASSWORD, make_staff

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.any_database]

ALIKE = 2
"""Of pages of one kind, how many are opened."""

LISTEN = """
    addEventListener("securitypolicyviolation", event =>
        console.error(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`))
"""
PRESSES = ("withdraw/", "erase/", "edit/", "pause/", "return/", "answers/", "press/")
DOWNLOADS_AND_PRESSES = ("/copy/", "/press/", "/autosave/")
# What signs out, and what is no page: for XML the browser makes one of its own, with its own style.
NOT_PAGES = (
    "/admin/logout/",
    "/accounts/logout/",
    "/admin/jsi18n/",
    "/admin/comments/comment/press/",
    "/admin/newsletter/subscriber/process_import/",
    "/static/",
    "/media/",
    "/sitemap.xml",
    "/sitemaps/",
)


class Watched:
    """A page of the browser, all that it complains of, and whatever it asks of another host."""

    def __init__(self, page, origin):
        self.page, self.origin, self.seen, self.complaints = page, origin, set(), []
        self.kinds = Counter()
        page.context.add_init_script(LISTEN)
        page.on("console", self.hear)
        page.on("pageerror", lambda error: self.complain(f"script: {error}"))
        page.on("request", self.look_at)

    def hear(self, message):
        # What is no HTML cannot name its icon, so the browser looks for one.
        if message.type in ("error", "warning") and not message.location["url"].endswith("/favicon.ico"):
            self.complain(message.text)

    def complain(self, words):
        self.complaints.append(f"{urlsplit(self.page.url).path}: {words}")

    def look_at(self, request):
        if not request.url.startswith((self.origin, "data:")):
            self.complain(f"foreign request: {request.url}")

    def crawl(self, *paths):
        """Open these and every page that is linked from them, but no more than a few of one kind."""
        waiting = [f"{self.origin}{path}" for path in paths]
        while waiting:
            url = urldefrag(waiting.pop())[0]
            path = urlsplit(url).path
            if url in self.seen or not url.startswith(self.origin) or path.startswith(NOT_PAGES):
                continue
            if path.endswith(DOWNLOADS_AND_PRESSES) or self.has_seen_its_like(path):
                continue
            self.seen.add(url)
            response = self.page.goto(url)
            if not response.headers.get("content-type", "").startswith("text/html"):
                continue
            assert response.status in (200, 403, 404), f"{url} {response.status}"
            # One list in another order or filter is like the next.
            links = self.page.eval_on_selector_all("a[href]", "all => all.map(one => one.href)")
            waiting += [link for link in links if "?" not in link]

    def has_seen_its_like(self, path):
        """Ten groups have ten pages that differ in their words. Counts this one."""
        try:
            route = resolve(path).route
        except Resolver404:
            return False
        self.kinds[route] += 1
        return self.kinds[route] > ALIKE

    def sign_in(self, user):
        self.page.goto(f"{self.origin}/accounts/login/?next=/admin/")
        self.page.locator("input[name=login]").fill(user.username)
        self.page.locator("input[name=password]").fill(PASSWORD)
        self.page.locator("input[name=password]").press("Enter")
        self.page.wait_for_url(f"{self.origin}/admin/**")


@pytest.fixture
def watched(page, live_server):
    page.set_default_timeout(20_000)
    return Watched(page, live_server.url)


def test_the_public_pages_break_no_rule_of_the_policy_and_ask_nobody_else(watched):
    world = make_world()
    public = [p for p in routes() if not p.startswith(("admin/", "accounts/")) and not p.endswith(PRESSES)]
    watched.crawl(*(address(pattern, world) for pattern in public))
    assert "\n".join(watched.complaints) == ""
    assert len(watched.seen) > 15


def test_an_error_page_breaks_none_either(watched):
    watched.crawl("/no/such/page/", "/comments/made-up/", "/newsletter/unsubscribe/made-up/")
    assert [words for words in watched.complaints if "status of 404" not in words] == []


def test_the_admin_and_the_pages_of_sign_in_break_none_either(watched):
    world = make_world()
    watched.sign_in(make_staff("admin"))
    watched.crawl("/admin/", "/accounts/2fa/", *(address(p, world) for p in routes() if p.startswith("admin/")))
    unwanted = [words for words in watched.complaints if "status of 404" not in words and "status of 403" not in words]
    assert "\n".join(unwanted) == ""
    assert len([url for url in watched.seen if "/admin/" in url]) > 60


def test_an_app_is_set_up_as_second_factor_under_the_policy(watched):
    watched.sign_in(make_staff("writer"))
    page = watched.page
    page.goto(f"{watched.origin}/accounts/2fa/totp/activate/")
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("input[name=password]").press("Enter")
    code = page.locator("img[src^='data:image']")
    code.wait_for()
    assert code.evaluate("image => image.complete && image.naturalWidth > 0")
    assert "\n".join(watched.complaints) == ""


def test_a_passkey_is_made_and_signs_in_under_the_policy(watched, settings):
    settings.MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True
    user, page = make_staff("moderator"), watched.page
    give_authenticator(page)
    watched.sign_in(user)
    page.goto(f"{watched.origin}/accounts/2fa/webauthn/add/")
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("input[name=password]").press("Enter")
    page.locator("input[name=passwordless]").check()
    page.locator("#mfa_webauthn_add").click()
    page.wait_for_url(lambda url: "/accounts/2fa/" in url and "/add/" not in url)
    assert user.authenticator_set.filter(type="webauthn").count() == 1
    settings.STAFF_SECOND_FACTOR = True
    page.context.clear_cookies()
    page.goto(f"{watched.origin}/accounts/login/?next=/admin/comments/comment/")
    page.locator("#passkey_login").click()
    page.wait_for_url(f"{watched.origin}/admin/comments/comment/")
    assert "\n".join(watched.complaints) == ""


def give_authenticator(page):
    """A passkey holder that says yes, as the browser's own tests have it."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    person = {"hasResidentKey": True, "hasUserVerification": True, "isUserVerified": True}
    options = {"protocol": "ctap2", "transport": "internal", "automaticPresenceSimulation": True, **person}
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
