"""The mails of staff sign-in. They go through the ledger like every other mail: the page that asks for one answers at
once and the same whether the account exists, and nothing is lost while the mail server is away.

Links begin with SITE_URL, whatever host a request named.
"""

from datetime import timedelta

from allauth.account.forms import default_token_generator
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from allauth.account.utils import user_email, user_pk_to_url_str, user_username
from django.conf import settings
from django.contrib.auth import get_user_model
from django.urls import reverse
from django.utils import timezone

from cramps_site.lib import email
from cramps_site.lib.models import OutgoingMail

PAUSE = timedelta(minutes=5)


def queue_once(kind, subject_id):
    """Queue one mail of a kind to one person within PAUSE, however often a stranger asks for it."""
    recent = OutgoingMail.objects.filter(kind=kind, subject_id=subject_id, due_at__gt=timezone.now() - PAUSE)
    if not recent.exists():
        email.queue(kind, subject_id)


@email.composer("staff.new_password")
def compose_new_password(user_id):
    """The link by which a member of the staff chooses a new password. None once the account is closed."""
    user = get_user_model().objects.filter(pk=user_id, is_active=True).first()
    if user is None or not user_email(user):
        return None
    key = default_token_generator.make_token(user)
    path = reverse("account_reset_password_from_key", args=[user_pk_to_url_str(user), key])
    context = {"link": settings.SITE_URL + path, "username": user_username(user)}
    subject = f"A new password for {settings.SITE_NAME}"
    return email.compose("staff/mail/new_password", context, subject=subject, to=user_email(user))


@email.composer("staff.confirm_address")
def compose_confirm_address(address_id):
    """The link that shows that an account's mail reaches its owner. None once that is known."""
    address = EmailAddress.objects.filter(pk=address_id, verified=False).first()
    if address is None:
        return None
    path = reverse("account_confirm_email", args=[EmailConfirmationHMAC(address).key])
    context = {"link": settings.SITE_URL + path, "username": user_username(address.user)}
    subject = f"Confirm your address for {settings.SITE_NAME}"
    return email.compose("staff/mail/confirm_address", context, subject=subject, to=address.email)
