from django.apps import AppConfig


class LibConfig(AppConfig):
    name = "cramps_site.lib"
    label = "lib"
    verbose_name = "Outgoing work"
