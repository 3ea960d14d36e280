"""The site as a whole, and the rows that many of its pages show."""

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Q, Subquery
from django.utils import timezone

from cramps_site.lib.models import KeepsFacts


class PublicationQuerySet(models.QuerySet):
    def for_stamp(self, at=None):
        """The one row, with `next_change_at`: when time alone will next change a list of articles."""
        # Versions show on many pages themselves, so their module stands above this one.
        from articles.models.version import Version

        at = at or timezone.now()
        upcoming = Version.objects.filter(state=Version.State.PUBLISHED, publish_at__gt=at).order_by("publish_at")
        return self.annotate(next_change_at=Subquery(upcoming.values("publish_at")[:1])).get(pk=1)


class Publication(KeepsFacts):
    """The site as a whole: one row, whose counter moves when something changes that many pages show."""

    changes = models.PositiveBigIntegerField(default=0, editable=False)
    comments_close_after = models.PositiveSmallIntegerField(
        default=0, help_text="Days after an article first went live. 0: never."
    )

    objects = PublicationQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "site"
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="one_publication")]

    def __str__(self):
        return settings.SITE_NAME

    def save(self, *args, **kwargs):
        with transaction.atomic():
            super().save(*args, **kwargs)
            self.bump()

    @classmethod
    def bump(cls):
        """Make every stored page of the site be rendered anew. Call it in the transaction of the change."""
        cls.objects.filter(pk=1).update(changes=F("changes") + 1)


class ShownQuerySet(models.QuerySet):
    """Rows that many pages show: whoever changes them, by whatever way, bumps the publication."""

    def update(self, **fields):
        with transaction.atomic(using=self.db):
            Publication.bump()
            return super().update(**fields)

    def delete(self):
        with transaction.atomic(using=self.db):
            Publication.bump()
            return super().delete()


class Shown(models.Model):
    objects = ShownQuerySet.as_manager()

    class Meta:
        abstract = True

    def save(self, *args, **kwargs):
        with transaction.atomic():
            super().save(*args, **kwargs)
            Publication.bump()

    def delete(self, *args, **kwargs):
        with transaction.atomic():
            Publication.bump()
            return super().delete(*args, **kwargs)
