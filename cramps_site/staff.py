"""Staff sign-in: allauth's pages stand before Django's admin, with a second factor where the settings ask for one.

That an account has a second factor says nothing of who sits at this browser: each session has to show it.
"""

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.utils import filter_users_by_email
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added, authenticator_used
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth import get_user_model
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.views import redirect_to_login
from django.dispatch import receiver
from django.http import HttpResponseRedirect
from django.shortcuts import redirect, resolve_url
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode

from cramps_site import staff_mail
from cramps_site.lib.keyed import network_of

SHOWN_BY = "second_factor_shown_by"


class OneHashBackend(ModelBackend):
    """Names or addresses with a password. allauth's own hashes twice for some accounts and once for others, so that
    the time it takes tells which addresses are known; here every attempt costs one hash."""

    def authenticate(self, request, username=None, password=None, email=None, **kwargs):
        if not password:
            return None
        user = find_account(username, email)
        if user is None:
            get_user_model()().set_password(password)
            return None
        return user if user.check_password(password) and self.user_can_authenticate(user) else None


def find_account(username, email):
    """The account of that name or, where none has it, the one with that address. None where two have it."""
    by_name = get_user_model().objects.filter(username=username or "").first()
    by_address = filter_users_by_email(email, prefer_verified=True) if email else []
    return by_name or (by_address[0] if len(by_address) == 1 else None)


class StaffAccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request):
        """Nobody makes an account for themselves: staff are added by an administrator, readers need none."""
        return False

    def get_client_ip(self, request):
        """What the limits of sign-in count by: the address that TrustedProxies settled on, as for every form."""
        return network_of(request.META.get("REMOTE_ADDR", ""))

    def is_safe_url(self, url):
        """Where `next` may lead: this very host. Unlike allauth's, it has an answer to every text, `//[x]` too."""
        return url_has_allowed_host_and_scheme(url, {self.request.get_host()}, self.request.is_secure())

    def get_reauthentication_methods(self, user):
        """A password alone does not open again what a second factor guards."""
        methods = super().get_reauthentication_methods(user)
        return [m for m in methods if m["id"] != "reauthenticate"] if second_factors(user) else methods

    def send_password_reset_mail(self, user, email_address, context):
        staff_mail.queue_once("staff.new_password", user.pk)

    def send_confirmation_mail(self, request, confirmation, signup):
        staff_mail.queue_once("staff.confirm_address", confirmation.email_address.pk)

    def respond_email_verification_sent(self, request, user):
        if user.email:
            return super().respond_email_verification_sent(request, user)
        messages.error(request, "Your account has no mail address. Ask an administrator to give it one.")
        return redirect("account_login")


def second_factors(user):
    """The types of the user's second factors. Recovery codes are none: they only stand in for one that is lost."""
    authenticators = Authenticator.objects.filter(user_id=user.pk).exclude(type=Authenticator.Type.RECOVERY_CODES)
    return set(authenticators.values_list("type", flat=True))


@receiver([authenticator_added, authenticator_used])
def remember_second_factor(request, user, **kwargs):
    request.session[SHOWN_BY] = user.pk


class StaffAdminSite(admin.AdminSite):
    site_header = site_title = settings.SITE_NAME
    index_title = "Start"

    def has_permission(self, request):
        return super().has_permission(request) and not self.lacks_second_factor(request)

    def index(self, request, extra_context=None):
        # Imported here: the models are not loaded yet when the admin site is made.
        from cramps_site.dashboard import how_it_goes, waiting_for

        context = {"waiting": waiting_for(request.user), "goes": how_it_goes(request.user), **(extra_context or {})}
        return super().index(request, context)

    def lacks_second_factor(self, request):
        if not settings.STAFF_SECOND_FACTOR:
            return False
        return request.session.get(SHOWN_BY) != request.user.pk or not second_factors(request.user)

    def login(self, request, extra_context=None):
        """Lead to allauth's sign-in, or whoever is signed in to where they belong."""
        target = request.GET.get("next", "")
        if not url_has_allowed_host_and_scheme(target, {request.get_host()}, request.is_secure()):
            target = reverse("admin:index")
        if not request.user.is_authenticated:
            return redirect_to_login(target, resolve_url(settings.LOGIN_URL))
        if not super().has_permission(request):
            return redirect("cramps_site:no_staff")
        if self.lacks_second_factor(request):
            return self.ask_for_second_factor(request, target)
        return HttpResponseRedirect(target)

    def ask_for_second_factor(self, request, target):
        types = second_factors(request.user)
        if not types:
            messages.warning(request, "Set up a second factor first: an app on your phone, or a passkey.")
            return redirect("mfa_index")
        has_codes = Authenticator.Type.TOTP in types
        page = reverse("mfa_reauthenticate" if has_codes else "mfa_reauthenticate_webauthn")
        return HttpResponseRedirect(f"{page}?{urlencode({'next': target})}")
