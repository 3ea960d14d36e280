"""Whoever posts more than a form asks for gets no more than the form gives."""

import pytest
from django.test import Client
from django.urls import reverse

from comments.forms import CommentForm
from comments.links import status_token, status_url
from comments.models import Comment, Decision
from newsletter.forms import SignUpForm
from newsletter.links import confirm_token, unsubscribe_token
from newsletter.models import Subscriber
from tests.access.the_site import FROM_HERE, checksum
from tests.factories import make_article, make_comment, make_staff, make_subscriber

pytestmark = pytest.mark.django_db

MORE = {
    "approved": "1",
    "is_staff": "1",
    "moderator": "1",
    "pk": "1",
    "date": "2020-01-01",
    "action": "approve",
    "reason": "x",
    "keep": "1",
}


def forged(model, form, staff):
    """Every field of the model that the form does not have, by each of its names, with a value that would fit."""
    values = {"BooleanField": "1", "DateTimeField": "2020-01-01 10:00", "JSONField": '[{"rule": "x", "reason": "x"}]'}
    fields = {}
    for field in model._meta.get_fields():
        value = values.get(field.get_internal_type(), "1")
        value = staff.pk if field.name in ("staff", "by") else value
        value = "approved" if field.name == "status" else value
        fields |= dict.fromkeys({field.name, getattr(field, "attname", field.name), f"{field.name}_0"}, value)
    return {name: value for name, value in {**MORE, **fields}.items() if name not in form}


def facts(row, *, without):
    names = {field.attname for field in row._meta.concrete_fields} - set(without)
    return {name: getattr(row, name) for name in sorted(names)}


class AComment:
    OWN = ("id", "article_id", "version_id", "created_at", "queue_at", "fingerprint", "body", "text_hash")

    def post(self, body, **more):
        article = make_article()
        data = {"name": "Jo", "email": "parent@example.org", "body": body, **more}
        client = Client()
        response = client.post(reverse("comments:post", args=[article.slug]), data, headers=FROM_HERE)
        assert response.status_code == 303, response.text
        return article, Comment.objects.get(article=article)

    def test_is_stored_the_same_whatever_else_is_posted(self):
        make_comment(status="approved")
        more = forged(Comment, CommentForm.base_fields, make_staff("moderator"))
        article, comment = self.post("Warm socks helped.", **more)
        _, honest = self.post("Cold feet are to blame.")
        assert facts(comment, without=self.OWN) == facts(honest, without=self.OWN)
        assert (comment.status, comment.version, comment.article) == ("pending", article.live_version(), article)
        assert comment.created_at.year > 2020
        assert not Decision.objects.exists()

    def test_cannot_hang_on_one_that_is_not_on_the_page(self):
        article = make_article()
        others = make_comment(article=article), make_comment(status="approved"), make_comment(status="spam")
        before = Comment.objects.count()
        for other in others:
            data = {"name": "Jo", "body": "Words.", "parent": other.pk}
            response = Client().post(reverse("comments:post", args=[article.slug]), data, headers=FROM_HERE)
            assert response.status_code == 422
        assert Comment.objects.count() == before

    @pytest.mark.parametrize("verb", ["withdraw", "erase"])
    def test_is_taken_back_and_nothing_else_by_its_writers_link(self, verb):
        mine, other = make_comment(status="approved"), make_comment(status="approved")
        twin = make_comment(article=mine.article, status="approved")
        more = {**forged(Comment, {}, make_staff("moderator")), "id": other.pk, "pk": other.pk, "comment": other.pk}
        url = reverse(f"comments:{verb}", args=[status_token(mine)])
        assert Client().post(url, more, headers=FROM_HERE).status_code == 303
        statuses = [Comment.objects.get(pk=comment.pk).status for comment in (mine, other, twin)]
        assert statuses == ["withdrawn", "approved", "approved"]
        assert Decision.objects.get().by is None


class ASubscription:
    def ask(self, email, **more):
        data = {"email": email, **more}
        assert Client().post("/newsletter/", data, headers=FROM_HERE).status_code == 303
        return Subscriber.objects.get(email=email)

    def test_is_only_asked_for_whatever_else_is_posted(self):
        more = forged(Subscriber, SignUpForm.base_fields, make_staff("editor"))
        subscriber = self.ask("parent@example.org", **more)
        honest = self.ask("other@example.org")
        own = ("id", "email", "normalised", "asked_at")
        assert facts(subscriber, without=own) == facts(honest, without=own)
        assert not subscriber.is_active
        assert subscriber.asked_at.year > 2020

    def test_is_confirmed_for_nobody_else(self):
        mine, other = make_subscriber(confirmed_at=None), make_subscriber(confirmed_at=None)
        more = {"id": other.pk, "subscriber": other.pk, "email": other.email, "confirmed_at": "2020-01-01"}
        Client().post(reverse("newsletter:confirm", args=[confirm_token(mine)]), more, headers=FROM_HERE)
        mine.refresh_from_db()
        other.refresh_from_db()
        assert (mine.confirmed_at.year > 2020, other.confirmed_at) == (True, None)

    def test_is_ended_for_nobody_else(self):
        mine, other = make_subscriber(), make_subscriber()
        more = {"id": other.pk, "subscriber": other.pk, "email": other.email, "left_at": "2020-01-01"}
        Client().post(reverse("newsletter:unsubscribe", args=[unsubscribe_token(mine)]), more)
        mine.refresh_from_db()
        other.refresh_from_db()
        assert (mine.left_at.year > 2020, other.left_at) == (True, None)


def test_a_query_string_is_not_a_form():
    article = make_article()
    comment = make_comment(article=article)
    before = checksum()
    query = "?status=approved&name=Jo&body=Words&confirm=1&email=a@example.org"
    for url in (f"/articles/{article.slug}/comments/", "/newsletter/", status_url(comment)):
        Client().get(url + query, headers=FROM_HERE)
        Client().post(url + query, headers=FROM_HERE)
    assert checksum() == before
