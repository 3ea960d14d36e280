"""What the spam filter has learned: counts in one row, and for each comment exactly what it added to them.

So a text can be taken out again after a verdict was undone, and after the text itself is gone.
"""

from dataclasses import dataclass

from django.db import models, transaction

from comments import spam

MEASURED_OVER = 500
"""How many of the newest examples the error is measured on."""
NEEDED = 200
"""So many decisions before the filter says more than where a comment stands in the queue."""


@dataclass(frozen=True)
class Measure:
    """How well the filter did on comments before it learned them."""

    decisions: int
    judged: int
    wrong: int
    ham_called_spam: int
    needed: int = NEEDED

    @property
    def is_measured(self):
        return self.decisions >= NEEDED and self.judged >= NEEDED // 2

    @property
    def error(self):
        """Per cent of the judged that it got wrong."""
        return round(100 * self.wrong / self.judged, 1) if self.judged else None


class SpamCounts(models.Model):
    """The one row of counts (`comments.spam.Counts`, packed). `changes` moves with every write."""

    counts = models.BinaryField(default=bytes)
    spam = models.PositiveIntegerField(default=0)
    ham = models.PositiveIntegerField(default=0)
    changes = models.PositiveBigIntegerField(default=0)

    class Meta:
        verbose_name = verbose_name_plural = "spam filter"
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="one_row_of_spam_counts")]

    def __str__(self):
        return f"Learned from {self.spam + self.ham} decisions"

    @classmethod
    def lock(cls):
        """The row, held until the transaction ends: what several processes learn is added one after the other."""
        cls.objects.get_or_create(pk=1)
        return cls.objects.select_for_update().get(pk=1)

    def unpacked(self):
        return spam.Counts.unpack(self.counts) if self.counts else spam.Counts()

    def keep(self, counts):
        self.counts, self.spam, self.ham = counts.pack(), counts.spam, counts.ham
        self.changes += 1
        self.save()

    @classmethod
    def measure(cls):
        """What can be said of the filter by how it judged the newest examples before it learned them."""
        row = cls.objects.filter(pk=1).values_list("spam", "ham").first() or (0, 0)
        newest = SpamExample.objects.filter(score__isnull=False).order_by("-at").values_list("score", "is_spam")
        judged = list(newest[:MEASURED_OVER])
        wrong = [is_spam for score, is_spam in judged if (score >= 50) != is_spam]
        return Measure(sum(row), len(judged), len(wrong), wrong.count(False))


class SpamExample(models.Model):
    """One comment that was learned: as what, which features, and how likely spam (per cent) the filter had called it
    before."""

    comment = models.OneToOneField("comments.Comment", on_delete=models.CASCADE, primary_key=True)
    is_spam = models.BooleanField()
    features = models.BinaryField()
    score = models.PositiveSmallIntegerField(null=True)
    at = models.DateTimeField(auto_now=True)

    class Meta:
        indexes = [models.Index(fields=["-at"], name="spam_example_newest")]

    def __str__(self):
        return f"{self.comment_id} {'spam' if self.is_spam else 'not spam'}"

    def take_from(self, counts):
        counts.unlearn(spam.unpack_features(self.features), spam=self.is_spam)

    def forget(self):
        """Take out of the counts what this added to them."""
        with transaction.atomic():
            row = SpamCounts.lock()
            counts = row.unpacked()
            self.take_from(counts)
            row.keep(counts)
            self.delete()
