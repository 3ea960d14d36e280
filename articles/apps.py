from importlib import import_module

from django.apps import AppConfig


class ArticlesConfig(AppConfig):
    name = "articles"

    def ready(self):
        # Registers its mails with who sends them.
        import_module("articles.reviewing")
        import_module("articles.reminding")
