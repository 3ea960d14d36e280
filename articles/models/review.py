"""What medical reviewers vouch for."""

from django.db import models
from django.db.models import F, OuterRef, Subquery
from django.utils import timezone

from articles.models.people import Author
from articles.models.publication import Shown, ShownQuerySet
from articles.models.version import Version


class SignOffQuerySet(ShownQuerySet):
    def valid(self, at=None):
        """Reviews that bind: the text is still the one that was signed, and the review has not lapsed."""
        at = at or timezone.now()
        return self.filter(content_hash=F("version__content_hash"), signed_at__lte=at, lapses_at__gt=at)

    def shown(self, at=None):
        """Valid reviews of the texts that the public reads at that moment, the newest first."""
        at = at or timezone.now()
        live = Version.objects.due(at).filter(article=OuterRef("version__article")).order_by("-publish_at", "-pk")
        of_live = self.valid(at).annotate(live_id=Subquery(live.values("pk")[:1])).filter(version=F("live_id"))
        return of_live.select_related("version__article").order_by("-signed_at")


class SignOff(Shown):
    """A medical reviewer's word for exactly one text, known by its content hash."""

    version = models.ForeignKey(Version, on_delete=models.CASCADE, related_name="sign_offs")
    reviewer = models.ForeignKey(Author, on_delete=models.PROTECT, related_name="sign_offs")
    content_hash = models.CharField(max_length=64)
    signed_at = models.DateTimeField()
    lapses_at = models.DateTimeField(db_index=True)

    objects = SignOffQuerySet.as_manager()

    class Meta:
        ordering = ["-signed_at"]
        indexes = [models.Index(fields=["reviewer", "-signed_at"], name="sign_off_by_reviewer")]

    def __str__(self):
        return f"{self.reviewer}, {self.signed_at:%Y-%m-%d}"
