from datetime import timedelta
from unittest.mock import Mock

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection
from django.utils import timezone

from articles.models import Article, InternalLink, OldAddress, Redirect
from comments.models import Comment
from tests.factories import make_article, make_comment, make_staff, make_version
from tests.posting import BROWSER, post_comment

pytestmark = pytest.mark.django_db


def answer(client, slug, beyond=""):
    response = client.get(f"/articles/{slug}/{beyond}")
    return response.status_code, response.get("Location", "")


def rename(article, slug):
    article.slug = slug
    article.full_clean()
    article.save()


class AnArticleThatMoves:
    def test_is_found_at_every_address_that_it_had(self, client):
        article = make_article(slug="one")
        rename(article, "two")
        rename(article, "three")
        assert answer(client, "one") == answer(client, "two") == (301, "/articles/three/")

    def test_takes_its_comments_and_their_feed_along(self, client):
        article = make_article(slug="one")
        rename(article, "two")
        assert client.get("/articles/one/feed/")["Location"] == "/articles/two/feed/"
        assert client.get("/articles/one/comments/2/")["Location"] == "/articles/two/comments/2/"

    def test_is_sent_what_a_reader_wrote_before(self, client):
        article = make_article(slug="one")
        rename(article, "two")
        sent = client.post(
            "/articles/one/comments/",
            {"name": "Jo", "body": "Thank you, this helped us."},
            headers=BROWSER,
            follow=True,
        )
        assert sent.redirect_chain[0] == ("/articles/two/comments/", 308)
        assert article.comments.get().body == "Thank you, this helped us."

    def test_may_move_back(self, client):
        article = make_article(slug="one")
        rename(article, "two")
        rename(article, "one")
        assert answer(client, "one") == (200, "")
        assert answer(client, "two") == (301, "/articles/one/")

    def test_leaves_nothing_behind_while_it_is_a_draft(self, client):
        article = make_article(slug="one", published_at=None)
        rename(article, "two")
        assert answer(client, "one") == (404, "")

    def test_keeps_its_former_address_from_others(self):
        rename(make_article(slug="one"), "two")
        with pytest.raises(ValidationError, match="This was the address of “two”"):
            rename(make_article(), "one")


class ARetiredArticle:
    def test_is_gone_with_its_comments_and_their_feed(self, client):
        article = make_article(slug="one")
        comment = make_comment(article=article, status="approved")
        article.retire(by=None)
        for beyond in ("", "comments/", "comments/2/", "feed/"):
            assert answer(client, "one", beyond)[0] == 410
        assert client.get(f"/comments/{comment.pk}/").status_code == 410

    def test_helps_on_and_does_not_say_what_it_was(self, client):
        make_article(slug="one", title="Zyxomab for cramps").retire(by=None)
        page = client.get("/articles/one/").content.decode()
        assert "no longer published" in page and 'role="search"' in page
        assert "Zyxomab" not in page

    @pytest.mark.parametrize("leads_to", [None, "another"])
    def test_gives_back_what_a_reader_wrote_meanwhile(self, client, leads_to):
        article = make_article(leads_to=leads_to and make_article(slug=leads_to))
        article.retire(by=None)
        sent = post_comment(client, article, "Thank you <3")
        assert sent.status_code == 410 and "Thank you &lt;3</textarea>" in sent.content.decode()
        assert not Comment.objects.exists()

    def test_leads_to_what_was_chosen_and_on_from_there(self, client):
        last = make_article(slug="last")
        middle = make_article(slug="middle", leads_to=last)
        first = make_article(slug="first", leads_to=middle)
        first.retire(by=None)
        assert answer(client, "first") == (301, "/articles/middle/")
        middle.retire(by=None)
        assert answer(client, "first") == (301, "/articles/last/")
        last.retire(by=None)
        assert answer(client, "first")[0] == 410

    def test_never_leads_in_a_circle(self, client):
        one, two = make_article(slug="one"), make_article(slug="two")
        Article.objects.filter(pk=one.pk).update(leads_to=two)
        Article.objects.filter(pk=two.pk).update(leads_to=one)
        one.retire(by=None), two.retire(by=None)
        assert answer(client, "one")[0] == answer(client, "two")[0] == 410

    def test_may_not_be_told_to_lead_back(self):
        one = make_article()
        two = make_article(leads_to=one)
        one.leads_to = two
        with pytest.raises(ValidationError, match="leads back"):
            one.full_clean()

    def test_comes_back_at_its_minute(self, client):
        article = make_article(slug="one")
        article.retire(by=None)
        at = timezone.now() + timedelta(hours=1)
        make_version(article).publish(by=None, at=at)
        assert answer(client, "one")[0] == 410
        with time_machine.travel(at + timedelta(seconds=1)):
            assert answer(client, "one")[0] == 200


class ADeletedArticle:
    @pytest.mark.parametrize(
        "delete", [lambda one: one.delete(), lambda one: Article.objects.filter(pk=one.pk).delete()]
    )
    def test_is_gone_at_every_address_that_it_had(self, client, delete):
        article = make_article(slug="one")
        rename(article, "two")
        delete(article)
        assert answer(client, "one")[0] == answer(client, "two")[0] == 410

    def test_is_forgotten_if_it_was_never_public(self, client):
        make_article(slug="one", published_at=None).delete()
        assert answer(client, "one")[0] == 404

    def test_leaves_its_place_to_a_new_one(self, client):
        make_article(slug="one").delete()
        rename(make_article(), "one")
        assert answer(client, "one")[0] == 200
        assert not Redirect.objects.filter(slug="one").exists()


class AnOldAddress:
    """Of the site that an article was imported from."""

    @pytest.fixture
    def article(self):
        article = make_article(slug="one")
        OldAddress.note(article, "https://old.example/2019/05/My%20Cr%C3%A4mps/?utm=1#top")
        return article

    @pytest.mark.parametrize(
        "path", ["/2019/05/My%20Cr%C3%A4mps/", "/2019/05/My Crämps", "/2019/05/My%20Cr%C3%A4mps/?a=b"]
    )
    def test_leads_to_the_article(self, client, article, path):
        for ask in (client.get, client.head):
            found = ask(path)
            assert (found.status_code, found["Location"]) == (301, "/articles/one/")

    def test_leads_nowhere_before_the_article_is_public(self, client, article):
        Article.objects.filter(pk=article.pk).update(first_published_at=timezone.now() + timedelta(hours=1))
        assert client.get("/2019/05/My Crämps/").status_code == 404

    def test_says_gone_once_the_article_is(self, client, article):
        article.retire(by=None)
        assert client.get("/2019/05/My Crämps/", follow=True).status_code == 410

    def test_never_takes_the_place_of_a_page_of_this_site(self, client, article):
        OldAddress.note(article, "https://old.example/about/")
        assert client.get("/about/").status_code == 200

    def test_belongs_to_who_had_it_first(self, client, article):
        OldAddress.note(make_article(), "https://old.example/2019/05/My%20Cr%C3%A4mps/")
        assert client.get("/2019/05/My Crämps/")["Location"] == "/articles/one/"

    @pytest.mark.parametrize("address", ["https://old.example/?p=12", "", "http://[", "mailto:a@b.de", "/" + "a" * 600])
    def test_that_names_no_path_is_none(self, article, address):
        OldAddress.note(article, address)
        assert OldAddress.objects.count() == 1

    def test_that_nobody_had_is_not_found_though_the_database_fails(self, client):
        with connection.execute_wrapper(Mock(side_effect=DatabaseError)):
            assert client.get("/2019/05/none/").status_code == 404


class ALink:
    @pytest.mark.parametrize(
        "address", ["/articles/two/", "/articles/two", "http://testserver/articles/two/#helps", "/articles/former/?a=1"]
    )
    def test_is_noted_when_its_text_is_saved(self, settings, address):
        settings.SITE_URL = "http://testserver"
        two = make_article(slug="former")
        rename(two, "two")
        one = make_article(body=f"Read [this]({address}).")
        assert list(two.linking_here()) == [one]

    def test_is_forgotten_when_its_text_no_longer_has_it(self):
        two = make_article(slug="two")
        draft = make_version(body="Read [this](/articles/two/).")
        assert InternalLink.objects.filter(target=two).exists()
        draft.body = "Read on."
        draft.save()
        assert not InternalLink.objects.filter(target=two).exists()

    def test_counts_in_the_text_that_readers_see_alone(self):
        two = make_article(slug="two")
        one = make_article(body="Read [this](/articles/two/).")
        make_version(one, body="Read on.").publish(by=None)
        make_version(make_article(), body="Read [this](/articles/two/).")
        assert not two.linking_here().exists()

    def test_that_leads_nowhere_now_is_listed(self):
        two = make_article(slug="two")
        make_article(body="Read [this](/articles/two/).")
        assert not InternalLink.objects.leading_nowhere().exists()
        two.retire(by=None)
        assert InternalLink.objects.leading_nowhere().get().target == two


class RetiringInTheAdmin:
    def press(self, client, *articles, **fields):
        data = {"action": "retire", "_selected_action": [article.pk for article in articles], **fields}
        return client.post("/admin/articles/article/", data)

    def test_asks_first_and_says_what_links_there(self, client):
        client.force_login(make_staff("editor"))
        two = make_article(slug="two")
        make_article(title="Points at two", body="Read [this](/articles/two/).")
        page = self.press(client, two)
        assert "Points at two" in page.content.decode()
        assert answer(client, "two")[0] == 200

    def test_takes_each_from_the_public_and_leads_to_what_was_chosen(self, client):
        client.force_login(make_staff("editor"))
        one, two, three = make_article(slug="one"), make_article(slug="two"), make_article(slug="three")
        self.press(client, one, two, **{"confirm": "1", f"to-{one.pk}": three.pk, f"to-{two.pk}": ""})
        assert answer(client, "one") == (301, "/articles/three/")
        assert answer(client, "two")[0] == 410

    @pytest.mark.parametrize("to", ["one", "two", "x"])
    def test_refuses_what_would_lead_nowhere_and_retires_nothing(self, client, to):
        client.force_login(make_staff("editor"))
        articles = {slug: make_article(slug=slug) for slug in ("one", "two")}
        chosen = articles[to].pk if to in articles else to
        page = self.press(client, *articles.values(), **{"confirm": "1", f"to-{articles['one'].pk}": chosen})
        assert page.status_code == 422
        assert answer(client, "one")[0] == answer(client, "two")[0] == 200

    def test_is_asked_for_from_the_page_of_a_version_too(self, client):
        client.force_login(make_staff("editor"))
        version = make_article(slug="one").live_version()
        page = client.post(f"/admin/articles/version/{version.pk}/press/", {"do": "retire"})
        assert "No published article links to it" in page.content.decode()
        assert answer(client, "one")[0] == 200

    def test_is_the_one_way_once_readers_know_an_article(self, client):
        client.force_login(make_staff("admin"))
        read, draft = make_article(), make_article(published_at=None)
        assert client.get(f"/admin/articles/article/{read.pk}/delete/").status_code == 403
        assert client.post(f"/admin/articles/article/{draft.pk}/delete/", {"post": "yes"}).status_code == 302
        assert list(Article.objects.all()) == [read]

    def test_lists_texts_with_links_that_lead_nowhere(self, client):
        client.force_login(make_staff("editor"))
        two = make_article(slug="two", title="Two")
        make_article(title="All is fine"), make_article(title="Points at two", body="Read [this](/articles/two/).")
        two.retire(by=None)
        page = client.get("/admin/articles/article/?links=nowhere").content.decode()
        assert "Points at two" in page and "All is fine" not in page
