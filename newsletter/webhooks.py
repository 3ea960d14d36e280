"""What mail providers tell of our mail, by way of django-anymail, which checks that it is they who tell.

Only providers that the settings name have an address here, and only for what became of our mail: nobody can send us
mail this way. To add one, name its view in VIEWS and its key in WEBHOOK_KEYS of the settings.
"""

import re

from anymail.signals import EventType, RejectReason, tracking
from django.dispatch import receiver
from django.urls import path
from django.utils.module_loading import import_string

from newsletter import composing, scoring
from newsletter.bounces import Finding, Kind, Report, clean, kind_of, plain

VIEWS = {
    "brevo": "BrevoTrackingWebhookView",
    "mailersend": "MailerSendTrackingWebhookView",
    "mailgun": "MailgunTrackingWebhookView",
    "mailjet": "MailjetTrackingWebhookView",
    "mailtrap": "MailtrapTrackingWebhookView",
    "mandrill": "MandrillCombinedWebhookView",
    "postal": "PostalTrackingWebhookView",
    "postmark": "PostmarkTrackingWebhookView",
    "resend": "ResendTrackingWebhookView",
    "sendgrid": "SendGridTrackingWebhookView",
    "sparkpost": "SparkPostTrackingWebhookView",
    "unisender_go": "UnisenderGoTrackingWebhookView",
}
REFUSED_BECAUSE = {
    # The provider remembers what came back earlier and does not even try.
    RejectReason.BOUNCED: Kind.HARD,
    RejectReason.INVALID: Kind.HARD,
}
TYPE_FIELDS = ("event", "type", "Type", "bounce_type", "record_type")
SAYS_SOFT = re.compile(r"soft|transient|undetermined|temporar|^block", re.IGNORECASE)


def routes(providers):
    """The addresses of some providers' webhooks."""
    return [path(f"{name}/", import_string(f"anymail.webhooks.{name}.{VIEWS[name]}").as_view()) for name in providers]


@receiver(tracking)
def hear(sender, event, **kwargs):
    scoring.record_report(report_on(event), at=event.timestamp, find_delivery=composing.delivery_of)


def report_on(event):
    """The Report that an event of anymail's amounts to, without findings where it is no bounce and no complaint."""
    reason = " ".join(filter(None, [event.mta_response, event.description]))
    kind = _kind(event, reason)
    findings = (Finding(clean(event.recipient or ""), kind, plain(reason)),) if kind else ()
    return Report(findings, original=event.message_id or "")


def _kind(event, reason):
    if event.event_type == EventType.COMPLAINED:
        return Kind.COMPLAINT
    if event.event_type == EventType.REJECTED:
        return REFUSED_BECAUSE.get(event.reject_reason)
    if event.event_type == EventType.BOUNCED:
        return Kind.SOFT if _says_soft(event) else kind_of(reason)
    return None


def _says_soft(event):
    """Whether the provider calls the bounce soft, in one of the fields where they do. Anymail knows no such word."""
    fields = event.esp_event if hasattr(event.esp_event, "get") else {}
    types = [fields.get(name) for name in TYPE_FIELDS] + [(event.description or "").partition(":")[0]]
    is_passing = fields.get("hard_bounce") is False
    return is_passing or any(SAYS_SOFT.search(each) for each in types if isinstance(each, str))
