"""Where `?next=` may lead: to this host, whatever is written there, before, during and after signing in."""

from urllib.parse import unquote, urlencode, urljoin, urlsplit

import pytest
from django.test import Client

from tests.factories import PASSWORD, make_staff, make_user

pytestmark = pytest.mark.django_db

EVIL = "evil.example"
OURS = [
    f"https:{EVIL}",
    f"http:///{EVIL}",
    f"\\\\{EVIL}",
    f"https://testserver@{EVIL}",
    f"https://testserver.{EVIL}",
    f"//testserver:80@{EVIL}/",
    f"/\t/{EVIL}",
    f"\t//{EVIL}",
    f" //{EVIL}",
    f"\x00//{EVIL}",
    f"https://{EVIL}\\@testserver/",
    f"//{EVIL}#@testserver",
    f"HTTPS://{EVIL}",
    f"ftp://{EVIL}",
    f"//[{EVIL}]",
    "javascript:alert(1)",
    "JavaScript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "about",
    "admin:logout",
    "articles:home",
    "/no/such/page/",
    "/admin/\r\nSet-Cookie: x=1",
    "/" * 3000,
]


def where_a_browser_goes(response, page):
    """The address that a browser makes of the Location header, as https://url.spec.whatwg.org has it."""
    location = response["Location"]
    assert "\n" not in location
    assert "\r" not in location
    return urlsplit(urljoin(f"http://testserver{page}", location.strip().replace("\\", "/").replace("\t", "")))


def check(response, page):
    assert response.status_code < 500
    if response.has_header("Location"):
        url = where_a_browser_goes(response, page)
        assert (url.scheme, url.netloc) in (("http", "testserver"), ("https", "testserver"))


def sign_in(client, user, page):
    return client.post(page, {"login": user.username, "password": PASSWORD})


class Places:
    """Each way by which the site reads `next`."""

    def admin_for_a_stranger(client, user, query, value):
        page = f"/admin/login/{query}"
        check(client.get(page), page)
        check(client.get(f"/admin/{query}"), page)

    def admin_for_staff(client, user, query, value):
        client.force_login(user)
        page = f"/admin/login/{query}"
        check(client.get(page), page)
        check(client.post(page, {"next": value}), page)

    def signing_in(client, user, query, value):
        page = f"/accounts/login/{query}"
        check(sign_in(client, user, page), page)

    def signing_in_by_a_field(client, user, query, value):
        page = "/accounts/login/"
        check(client.post(page, {"login": user.username, "password": PASSWORD, "next": value}), page)

    def signing_in_twice(client, user, query, value):
        client.force_login(user)
        for page in (f"/accounts/login/{query}", f"/accounts/signup/{query}"):
            check(client.get(page), page)
            check(client.post(page, {"next": value}), page)

    def signing_out(client, user, query, value):
        client.force_login(user)
        page = f"/accounts/logout/{query}"
        check(client.post(page, {"next": value}), page)

    def signing_out_of_the_admin(client, user, query, value):
        client.force_login(user)
        check(client.post(f"/admin/logout/{query}", {"next": value}), "/admin/logout/")

    def giving_the_password_again(client, user, query, value):
        client.force_login(user)
        page = f"/accounts/reauthenticate/{query}"
        check(client.post(page, {"password": PASSWORD, "next": value}), page)


PLACES = {name: place for name, place in vars(Places).items() if not name.startswith("_")}


@pytest.fixture(autouse=True)
def without_rates(settings):
    settings.ACCOUNT_RATE_LIMITS = False


def try_all(values, place):
    user = make_staff("admin")
    for value in values:
        PLACES[place](Client(), user, "?" + urlencode({"next": value}), value)


@pytest.mark.parametrize("place", PLACES)
def test_stays_here_with_the_forms_that_browsers_read_differently(place):
    try_all(OURS, place)


@pytest.mark.corpus
@pytest.mark.parametrize("place", PLACES)
def test_stays_here_with_every_vector_of_the_corpora(place, corpora):
    try_all(corpus_values(corpora / "injection/fuzzdb"), place)


def corpus_values(folder):
    """The vectors as written and unquoted, alone and as the value of the parameter that a template fills."""
    files = [*sorted((folder / "redirect").glob("*.txt")), folder / "http-protocol/crlf-injection.txt"]
    lines = [line for file in files for line in file.read_text("utf-8").splitlines() if line]
    values = {line.replace("{target}", EVIL).partition("=")[2] or line.replace("{target}", EVIL) for line in lines}
    values |= {line.replace("{target}", EVIL) for line in lines}
    assert len(values) >= 60
    return sorted(values | {unquote(value) for value in values})


def test_leads_on_to_the_page_that_was_asked_for():
    user, client = make_staff("moderator"), Client()
    page = client.get("/admin/comments/comment/", follow=True).redirect_chain[-1][0]
    assert sign_in(client, user, page)["Location"] == "/admin/comments/comment/"


def test_leads_who_has_no_business_there_to_a_page_that_says_so():
    client = Client()
    response = client.post(
        "/accounts/login/?next=/admin/", {"login": make_user().username, "password": PASSWORD}, follow=True
    )
    assert response.request["PATH_INFO"] == "/accounts/no-staff/"
    assert response.status_code == 403
