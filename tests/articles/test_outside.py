from datetime import timedelta

import pytest
from django.utils import timezone

from articles import asking_around
from articles.models import ExternalLink
from cramps_site.lib.asking import Answer
from tests.factories import make_article, make_staff

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture
def asked(monkeypatch):
    """The addresses asked for; what they answer is in `asked.answers`, 200 by default."""

    class Asked(list):
        answers = {}

    asked = Asked()

    def ask(url):
        asked.append(url)
        return asked.answers.get(url, Answer(200))

    monkeypatch.setattr(asking_around, "ask", ask)
    return asked


def cite(url, **fields):
    return make_article(sources=[{"title": "Leg cramps", "url": url}], **fields)


def test_half_an_address_that_was_typed_on_is_listed_nowhere(client):
    client.force_login(make_staff("editor"))
    draft = make_article(published_at=None).newest_version()
    for address in ("https://a.example/hal", "https://a.example/half-and-whole"):
        draft.body = f"See [that]({address})."
        draft.save()
    page = client.get("/admin/articles/externallink/").text
    assert "https://a.example/half-and-whole</a>" in page and "https://a.example/hal</a>" not in page


class WhatIsAskedFor:
    def test_is_what_live_texts_cite_and_link_to(self, asked):
        cite("https://a.example/x", body="See [that](https://b.example/y?a=1&b=2#part) and [us](/about/).")
        cite("https://draft.example/", published_at=None)
        asking_around.ask_around()
        assert sorted(asked) == ["https://a.example/x", "https://b.example/y?a=1&b=2"]

    def test_is_one_page_of_each_site_at_a_time(self, asked):
        for number in range(3):
            cite(f"https://a.example/{number}")
        asking_around.ask_around()
        assert len(asked) == 1

    def test_is_asked_again_after_a_week(self, asked):
        cite("https://a.example/")
        for days in (0, 1, 6, 7.1):
            asking_around.ask_around(NOW + timedelta(days=days))
        assert len(asked) == 2

    def test_is_bounded(self, asked):
        for number in range(asking_around.AT_ONCE + 2):
            cite(f"https://site-{number}.example/")
        assert asking_around.ask_around() == asking_around.AT_ONCE == len(asked)


class ALinkThatFails:
    @pytest.fixture
    def link(self, asked):
        cite("https://a.example/", title="Cites it")
        asked.answers["https://a.example/"] = Answer(404)
        asking_around.ask_around(NOW)
        return ExternalLink.objects.get()

    def test_is_reported_once_it_failed_again_days_later(self, link):
        assert not ExternalLink.objects.failing(NOW).exists()
        later = NOW + timedelta(days=3, minutes=1)
        asking_around.ask_around(later)
        assert list(ExternalLink.objects.failing(later)) == [link]

    def test_is_forgiven_when_it_works(self, link, asked):
        asked.answers.clear()
        asking_around.ask_around(NOW + timedelta(days=4))
        assert ExternalLink.objects.get().failing_since is None

    def test_is_listed_with_its_texts_until_an_editor_leaves_it_alone(self, link, client):
        client.force_login(make_staff("editor"))
        link.note(Answer(404), at=NOW + timedelta(days=4))
        failing = "/admin/articles/externallink/?is=failing"
        assert "a.example" in client.get(failing).content.decode()
        page = client.get(f"/admin/articles/externallink/{link.pk}/change/").content.decode()
        assert "Cites it</a>" in page and f'href="{link.url}"' in page
        assert 'name="_save"' not in page
        client.post("/admin/articles/externallink/", {"action": "ignore", "_selected_action": link.pk})
        assert "a.example" not in client.get(failing).content.decode()
