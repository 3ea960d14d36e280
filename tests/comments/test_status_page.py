import pytest
from django.conf import settings as project
from django.test import override_settings

from comments.links import read_token, status_token, status_url
from comments.models import Comment
from tests.factories import make_comment, make_staff
from tests.posting import BROWSER

pytestmark = pytest.mark.django_db


class ThePrivatePage:
    def page(self, client, comment):
        return client.get(status_url(comment)).content.decode()

    def test_tells_that_it_waits(self, client):
        assert "is with the moderator" in self.page(client, make_comment())

    def test_tells_that_it_is_on_the_page(self, client):
        comment = make_comment(status="approved")
        assert comment.get_absolute_url() in self.page(client, comment)

    def test_tells_why_it_was_not_published(self, client):
        comment = make_comment()
        comment.reject(by=make_staff("moderator"), reason="It names another child.")
        assert "It names another child." in self.page(client, comment)

    def test_does_not_call_its_writer_a_spammer(self, client):
        comment = make_comment()
        comment.spam(by=make_staff("moderator"))
        page = self.page(client, comment)
        assert "not published" in page
        assert "spam" not in page.lower()

    def test_lets_its_writer_take_it_back(self, client):
        comment = make_comment(status="approved")
        answer = client.post(status_url(comment) + "withdraw/", headers=BROWSER)
        assert answer["Location"] == status_url(comment)
        assert Comment.objects.get().status == "withdrawn"

    def test_lets_its_writer_erase_it(self, client):
        comment = make_comment(body="my words")
        client.post(status_url(comment) + "erase/", headers=BROWSER)
        assert Comment.objects.get().body == ""
        assert "is erased" in self.page(client, comment)

    def test_never_shows_the_mail_address(self, client):
        assert "jo@example.org" not in self.page(client, make_comment(email="jo@example.org"))

    @pytest.mark.parametrize(
        "tamper", [lambda t: t[:-1], lambda t: "9" + t, lambda t: "1-x", lambda t: "-", lambda t: "é"]
    )
    def test_is_nowhere_else(self, client, tamper):
        token = status_token(make_comment())
        assert client.get(f"/comments/{tamper(token)}/").status_code == 404

    def test_outlives_a_change_of_the_signing_key(self):
        comment = make_comment()
        token = status_token(comment)
        with override_settings(SECRET_KEY="another" * 10, SECRET_KEY_FALLBACKS=[project.SECRET_KEY]):
            assert read_token(token) == comment.pk
        with override_settings(SECRET_KEY="another" * 10):
            assert read_token(token) is None
