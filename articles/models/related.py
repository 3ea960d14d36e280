"""Which articles are related, kept at publishing: a page that is read only looks it up."""

from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from articles import related
from articles.models.article import Article
from articles.models.version import Version

CANDIDATES = 60
"""How many articles a text is compared with when it is published: the newest of each of its topics and of all."""
KEPT = 6
"""How many are kept for each: more than are shown, for those that are retired."""
COMPARED = 6000
"""How many characters of a body are compared: its first thousand words."""


class RelatedManager(models.Manager):
    @transaction.atomic
    def renew(self, version):
        """Find anew what is related to the article of a version, and let those articles point back to it.

        The cost is the same whatever the number of articles. Call it in the transaction that publishes the version."""
        article = version.article_id
        text, others = _compared(version)
        compared = [other.key for other in others]
        self.filter(Q(article=article) | Q(related=article, article__in=compared)).delete()
        near = related.rank(text, others)[:KEPT]
        rows = [self.model(article_id=article, related_id=other, score=score) for other, score in near]
        back = [self.model(article_id=other, related_id=article, score=score) for other, score in near]
        self.bulk_create(rows + back)
        self._forget_the_farthest([other for other, _ in near])

    def _forget_the_farthest(self, articles):
        kept, too_many = {}, []
        for row in self.filter(article__in=articles).order_by("-score", "-pk"):
            kept[row.article_id] = kept.get(row.article_id, 0) + 1
            if kept[row.article_id] > KEPT:
                too_many.append(row.pk)
        self.filter(pk__in=too_many).delete()


class Related(models.Model):
    """That readers of `article` may want to read `related`: the higher the score, the sooner."""

    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="+")
    related = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="pointed_to")
    score = models.FloatField()

    objects = RelatedManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["article", "related"], name="related_once"),
            models.CheckConstraint(condition=~Q(article=models.F("related")), name="not_related_to_itself"),
        ]

    def __str__(self):
        return f"{self.article_id} → {self.related_id}"


def _compared(version):
    """The version's text, and those of other articles that will be live when it is."""
    at = max(version.publish_at, timezone.now())
    topics = frozenset(version.article.topics.values_list("pk", flat=True))
    live = _candidates(version.article_id, topics, at)
    others = Version.objects.filter(pk__in=live.values()).only("article", "title", "summary", "body")
    topics_of = _topics_of(live)
    texts = [_text(other, topics_of.get(other.article_id, frozenset())) for other in others]
    return _text(version, topics), texts


def _candidates(article, topics, at):
    """{article: live version} of the newest others, of the newest of its topics, and of what was related before."""
    published = Article.objects.published(at).exclude(pk=article).newest_first()
    chosen = [published, published.filter(pointed_to__article=article), *map(published.about, topics)]
    share = CANDIDATES // len(chosen)
    return {pk: live for some in chosen for pk, live in some.values_list("pk", "live_id")[:share]}


def _topics_of(articles):
    pairs = Article.topics.through.objects.filter(article__in=articles).values_list("article", "topic")
    found = {}
    for article, topic in pairs:
        found.setdefault(article, set()).add(topic)
    return {article: frozenset(topics) for article, topics in found.items()}


def _text(version, topics):
    return related.Text(
        version.article_id, topics, related.words_of(version.title, version.summary, version.body[:COMPARED])
    )
