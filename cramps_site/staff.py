"""Staff sign-in: allauth's pages stand before Django's admin, with a second factor where the settings ask for one."""

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.views import redirect_to_login
from django.shortcuts import redirect, resolve_url
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme


class StaffAccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request):
        """Nobody makes an account for themselves: staff are added by an administrator, readers need none."""
        return False


class StaffAdminSite(admin.AdminSite):
    site_header = site_title = settings.SITE_NAME
    index_title = "Start"

    def has_permission(self, request):
        return super().has_permission(request) and not self.lacks_second_factor(request)

    def lacks_second_factor(self, request):
        user = request.user
        return (
            settings.STAFF_SECOND_FACTOR
            and user.is_active
            and user.is_staff
            and not Authenticator.objects.filter(user=user).exclude(type=Authenticator.Type.RECOVERY_CODES).exists()
        )

    def login(self, request, extra_context=None):
        """Lead to allauth's sign-in, or whoever is signed in to where they belong."""
        target = request.GET.get("next", "")
        if not url_has_allowed_host_and_scheme(target, {request.get_host()}, request.is_secure()):
            target = reverse("admin:index")
        if not request.user.is_authenticated:
            return redirect_to_login(target, resolve_url(settings.LOGIN_URL))
        if self.has_permission(request):
            return redirect(target)
        if self.lacks_second_factor(request):
            messages.warning(request, "Set up a second factor first: an app on your phone, or a passkey.")
            return redirect("mfa_index")
        return redirect("cramps_site:no_staff")
