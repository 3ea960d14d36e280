from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps


class SiteConfig(AppConfig):
    name = "cramps_site"
    verbose_name = "Site"

    def ready(self):
        from cramps_site import checks  # noqa: F401 registers the system checks


class StaffAdminConfig(admin_apps.AdminConfig):
    default_site = "cramps_site.staff.StaffAdminSite"
    default = False

    def ready(self):
        super().ready()
        from allauth.mfa.models import Authenticator
        from django.contrib import admin

        from cramps_site.admin import AuthenticatorAdmin

        # allauth's own shows and edits the secrets.
        admin.site.unregister(Authenticator)
        admin.site.register(Authenticator, AuthenticatorAdmin)
