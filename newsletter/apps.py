from importlib import import_module

from django.apps import AppConfig


class NewsletterConfig(AppConfig):
    name = "newsletter"

    def ready(self):
        # Connects to what providers tell.
        import_module("newsletter.webhooks")
