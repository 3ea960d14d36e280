import hashlib
import hmac
import json
import time
from base64 import b64encode

import pytest
from django.conf import settings as site
from django.test import Client
from django.urls import include, path

from cramps_site import urls
from newsletter import composing, webhooks
from newsletter.models import Bounce, Delivery, Subscriber, Suppression
from tests.access.the_site import checksum
from tests.factories import make_issue, make_subscriber

KEY, SECRET = "key-of-the-provider", "hooks:a-long-password"
urlpatterns = [path("mail/webhooks/", include(webhooks.routes(["mailgun", "postmark"]))), path("", include(urls))]
handler400 = urls.handler400

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


@pytest.fixture(autouse=True)
def keys(settings):
    settings.ANYMAIL = {"MAILGUN_WEBHOOK_SIGNING_KEY": KEY}


@pytest.fixture
def parent():
    return make_subscriber("parent@example.org")


def mailgun(event, *, key=KEY, signature="", message_id="1@cramps.test", severity="permanent", **facts):
    """A webhook of Mailgun's, signed as https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/ says."""
    at, token = str(int(time.time())), "a" * 50
    right = hmac.new(key.encode(), f"{at}{token}".encode(), hashlib.sha256).hexdigest()
    payload = {
        "signature": {"timestamp": at, "token": token, "signature": signature or right},
        "event-data": {
            "event": event,
            "id": "G9Bn5sl1TC6nu79C8C0bwg",
            "timestamp": time.time(),
            "log-level": "error",
            "severity": severity,
            "reason": "bounce",
            "recipient": "parent@example.org",
            "recipient-domain": "example.org",
            "delivery-status": {"code": 550, "description": "", "message": "5.1.1 No such user"},
            "message": {"headers": {"to": "parent@example.org", "message-id": message_id}},
            **facts,
        },
    }
    return post("mailgun", payload)


def postmark(secret=SECRET, **facts):
    """A webhook of Postmark's, who prove themselves by a password in the address."""
    payload = {
        "RecordType": "Bounce",
        "ID": 4323372036854775807,
        "Type": "HardBounce",
        "TypeCode": 1,
        "MessageID": "883953f4-6105-42a2-a16a-77a8eac79483",
        "Description": "The server was unable to deliver your message.",
        "Details": "smtp;550 5.1.1 The email account that you tried to reach does not exist.",
        "Email": "parent@example.org",
        "BouncedAt": "2026-11-20T10:00:00Z",
        **facts,
    }
    return post("postmark", payload, {"Authorization": f"Basic {b64encode(secret.encode()).decode()}"})


def post(provider, payload, headers=None):
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    return client.post(f"/mail/webhooks/{provider}/", json.dumps(payload), "application/json", headers=headers or {})


class AProviderWithTheRightSignature:
    def test_tells_of_a_bounce(self, parent):
        assert mailgun("failed").status_code == 200
        assert Bounce.objects.get().kind == "hard"
        assert Subscriber.objects.get().bounce_score == 1

    def test_tells_it_twice_and_it_counts_once(self, parent):
        mailgun("failed")
        mailgun("failed")
        assert (Bounce.objects.count(), Subscriber.objects.get().bounce_score) == (1, 1)

    def test_tells_of_a_full_mailbox(self, parent):
        mailgun("failed", **{"delivery-status": {"code": 552, "message": "5.2.2 Over quota"}})
        assert Subscriber.objects.get().bounce_score == 0.5

    def test_tells_of_a_delay_and_nothing_changes(self, parent):
        assert mailgun("failed", severity="temporary").status_code == 200
        assert Bounce.objects.count() == 0

    def test_tells_of_a_complaint_and_the_subscription_ends(self, parent):
        mailgun("complained")
        parent.refresh_from_db()
        assert parent.complained_at and parent.left_at and Suppression.covers(parent.normalised)

    def test_tells_of_a_stranger_and_nothing_changes(self):
        assert mailgun("failed").status_code == 200
        assert Bounce.objects.count() == 0

    def test_tells_of_the_issue_that_came_back(self, parent):
        delivery = Delivery.objects.create(issue=make_issue(), subscriber=parent)
        mailgun("failed", message_id=f"{composing.message_mark(delivery)}@cramps.test")
        assert Bounce.objects.of_issue(delivery.issue).count() == 1

    def test_is_heard_with_a_password_where_it_has_no_signature(self, parent, settings):
        settings.ANYMAIL = {"WEBHOOK_SECRET": SECRET}
        assert postmark().status_code == 200
        assert Bounce.objects.get().kind == "hard"

    def test_calls_a_bounce_soft_and_is_believed(self, parent, settings):
        settings.ANYMAIL = {"WEBHOOK_SECRET": SECRET}
        postmark(Type="SoftBounce")
        assert Bounce.objects.get().kind == "soft"

    def test_tells_of_many_mails_together(self, parent, settings):
        settings.MAIL_WEBHOOKS = ["mailgun"]
        assert mailgun("failed", note="x" * 4 * settings.PUBLIC_BODY_LIMIT).status_code == 200
        assert Bounce.objects.count() == 1

    def test_is_not_heard_without_end(self, parent, settings):
        settings.MAIL_WEBHOOKS = ["mailgun"]
        assert mailgun("failed", note="x" * settings.WEBHOOK_BODY_LIMIT).status_code == 413
        assert Bounce.objects.count() == 0


class AnybodyElse:
    @pytest.mark.parametrize("event", ["failed", "complained"])
    @pytest.mark.parametrize("forgery", [{"key": "another key"}, {"signature": "0" * 64}])
    def test_changes_nothing(self, parent, event, forgery):
        before = checksum()
        assert mailgun(event, **forgery).status_code == 400
        assert checksum() == before

    def test_changes_nothing_with_a_wrong_password(self, parent, settings):
        settings.ANYMAIL = {"WEBHOOK_SECRET": SECRET}
        before = checksum()
        assert postmark("hooks:guessed").status_code == 400
        assert checksum() == before

    @pytest.mark.parametrize("payload", [{}, [], "x", {"signature": {}}, {"event-data": {"event": "complained"}}])
    def test_changes_nothing_without_a_signature(self, parent, payload):
        before = checksum()
        assert post("mailgun", payload).status_code >= 400
        assert checksum() == before


def test_every_provider_proves_itself_by_a_setting():
    assert set(webhooks.VIEWS) == set(site.WEBHOOK_KEYS)


@pytest.mark.urls("cramps_site.urls")
def test_no_webhook_is_there_unless_the_settings_name_its_provider():
    assert mailgun("failed").status_code == 404
