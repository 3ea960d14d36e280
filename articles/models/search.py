"""What search looks through. How something is found in there belongs to the database (`articles.search`)."""

from django.db import models
from django.utils import timezone

from articles.models.version import Version
from articles.search import indexing
from articles.workflow import State


class SearchEntry(models.Model):
    """The text of one published version, and from when until when the public reads it.

    The newest due version alone is live (`ArticleQuerySet.published`). Here the same is said as a period, so that a
    scheduled version takes its predecessor's place without a job and without a comparison while somebody searches.

    On SQLite a migration that alters this table loses the index's triggers, and must run `indexing.index().INSTALL`.
    """

    version = models.OneToOneField(Version, on_delete=models.CASCADE, primary_key=True, related_name="search_entry")
    article = models.ForeignKey("articles.Article", on_delete=models.CASCADE, related_name="search_entries")
    live_from = models.DateTimeField()
    live_until = models.DateTimeField(null=True)
    title = models.TextField()
    summary = models.TextField(blank=True)
    body = models.TextField()
    also = models.TextField(blank=True)

    def __str__(self):
        return self.title

    @classmethod
    def renew(cls, article, at=None):
        """Let search find what the public may read of an article, now and later. Call it in the transaction of a
        change, after the article was bumped: that makes two who change it come one after the other."""
        published = article.versions.filter(state=State.PUBLISHED).order_by("publish_at", "pk")
        fields = list(indexing.entries_of(published, at or timezone.now()))
        before = cls.objects.filter(article=article)
        known = set(before.values_list("pk", flat=True))
        before.delete()
        entries = cls.objects.bulk_create(cls(**each) for each in fields)
        SearchWord.note([entry for entry in entries if entry.pk not in known])


class SearchWord(models.Model):
    """A word that stands in some article, for "Did you mean ...?". It may outlive the article: whether it finds
    anything is asked anew each time it would be offered."""

    word = models.CharField(max_length=30, primary_key=True)
    first = models.CharField(max_length=1)
    last = models.CharField(max_length=2)
    size = models.PositiveSmallIntegerField()

    class Meta:
        indexes = [
            models.Index(fields=["first", "size"], name="search_word_by_first"),
            models.Index(fields=["last", "size"], name="search_word_by_last"),
        ]

    def __str__(self):
        return self.word

    @classmethod
    def note(cls, entries):
        cls.objects.bulk_create((cls(**each) for each in indexing.spellings(entries)), ignore_conflicts=True)
