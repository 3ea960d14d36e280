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
