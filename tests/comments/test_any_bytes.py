"""Whatever bytes a form is sent, the answer is a page and never an error."""

import random
import time

import pytest

from tests.factories import make_article, make_topic
from tests.posting import BROWSER

pytestmark = pytest.mark.django_db
FORM = "application/x-www-form-urlencoded"
ODD = [
    "\x00",
    "a\x00b",
    "9" * 40,
    "-1",
    "99999999999999999999999999",
    "1e9",
    "١",
    "\u202e\u2066",
    "%s%n",
    "' OR 1=1 --",
    "a" * 5000,
    "\r\nBcc: x@example.org",
]


@pytest.fixture
def article():
    return make_article(topics=[make_topic()])


@pytest.mark.parametrize("value", ODD, ids=ascii)
@pytest.mark.parametrize("field", ["name", "email", "body", "parent", "website", "elapsed", "keep", "confirm"])
def test_any_field_of_a_comment_may_be_odd(client, article, field, value):
    data = {"name": "Jo", "body": f"words {field} {len(value)}", field: value}
    answer = client.post(f"/articles/{article.slug}/comments/", data, headers=BROWSER)
    assert answer.status_code in (200, 303, 422)


@pytest.mark.parametrize("value", ODD, ids=ascii)
@pytest.mark.parametrize("field", ["email", "topics", "website"])
def test_any_field_of_the_sign_up_may_be_odd(client, article, field, value):
    answer = client.post("/newsletter/", {"email": "jo@example.org", field: value}, headers=BROWSER)
    assert answer.status_code in (303, 422)


@pytest.mark.parametrize("value", ODD, ids=ascii)
@pytest.mark.parametrize("url", ["/?page={}", "/articles/{slug}/?reply={}", "/authors/x/?page={}"])
def test_any_query_may_be_odd(client, article, url, value):
    path, _, name = url.partition("?")
    answer = client.get(path.format(slug=article.slug), {name.removesuffix("={}"): value})
    assert answer.status_code in (200, 404)


@pytest.mark.parametrize(
    "path", ["/comments/{}/", "/newsletter/confirm/{}/", "/newsletter/unsubscribe/{}/", "/articles/x/comments/{}/"]
)
@pytest.mark.parametrize("value", ["%00", "%FF%FE", "9" * 40, "1-a", "1.a", "%F0%9F%A7%A6", "a" * 4000, "-1"])
def test_any_token_may_be_odd(client, path, value):
    assert client.get(path.format(value)).status_code in (404, 410)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    "kind", [FORM, "multipart/form-data; boundary=x", "multipart/form-data", "text/plain", "", "x/y; charset=no"]
)
def test_a_body_may_be_noise(client, article, kind, seed):
    noise = b"name=Jo&body=" + random.Random(seed).randbytes(3000)
    url = f"/articles/{article.slug}/comments/"
    assert client.generic("POST", url, noise, content_type=kind, headers=BROWSER).status_code in (200, 303, 400, 422)


def test_ten_megabytes_are_refused_within_a_second(client, article):
    began = time.monotonic()
    answer = client.generic(
        "POST", f"/articles/{article.slug}/comments/", b"body=" + b"<" * 10_000_000, content_type=FORM
    )
    assert answer.status_code == 413
    assert "10,000 characters" in answer.content.decode()
    assert time.monotonic() - began < 1
