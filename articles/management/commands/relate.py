from django.core.management.base import BaseCommand
from django.db import transaction

from articles.models import Article, Publication, Related, Version


class Command(BaseCommand):
    help = (
        "Find anew which articles are related. Publishing does it for each text; run this after topics were given to"
        " many articles, or once on a site that is older than its related articles. It may be stopped and run again."
    )

    def handle(self, **options):
        oldest_first = Article.objects.published().order_by("first_published_at", "pk")
        live = list(oldest_first.values_list("live_id", flat=True))
        for pk in live:
            self._renew(pk)
        self.stdout.write(f"Compared {len(live)} articles with the newest of their topics.")

    @transaction.atomic
    def _renew(self, pk):
        Related.objects.renew(Version.objects.select_related("article").get(pk=pk))
        Publication.bump()
