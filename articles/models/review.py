"""What medical reviewers vouch for."""

from django.db import models
from django.db.models import F
from django.utils import timezone

from articles.models.people import Author
from articles.models.publication import Shown, ShownQuerySet
from articles.models.version import Version


class SignOffQuerySet(ShownQuerySet):
    def valid(self, at=None):
        """Reviews that bind: the text is still the one that was signed, and the review has not lapsed."""
        at = at or timezone.now()
        return self.filter(content_hash=F("version__content_hash"), signed_at__lte=at, lapses_at__gt=at)


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

    def __str__(self):
        return f"{self.reviewer}, {self.signed_at:%Y-%m-%d}"
