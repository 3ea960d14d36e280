"""What the spam filter has learned: counts in one row, and for each comment exactly what it added to them.

So a text can be taken out again after a verdict was undone, and after the text itself is gone.
"""

from django.db import models, transaction


class SpamCounts(models.Model):
    """The one row of counts (`comments.spam.Counts`, packed). `changes` moves with every write."""

    counts = models.BinaryField(default=bytes)
    spam = models.PositiveIntegerField(default=0)
    ham = models.PositiveIntegerField(default=0)
    changes = models.PositiveBigIntegerField(default=0)

    class Meta:
        verbose_name_plural = "spam counts"
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="one_row_of_spam_counts")]

    def __str__(self):
        return f"{self.spam} spam, {self.ham} not"


class SpamExample(models.Model):
    """One comment that was learned: as what, which features, and what the filter had thought of it before."""

    comment = models.OneToOneField("comments.Comment", on_delete=models.CASCADE, primary_key=True)
    is_spam = models.BooleanField()
    features = models.BinaryField()
    score = models.PositiveSmallIntegerField(null=True)
    at = models.DateTimeField(auto_now=True)

    def __str__(self):
        return f"{self.comment_id} {'spam' if self.is_spam else 'not spam'}"

    def forget(self):
        """Take out of the counts what this added to them."""
        with transaction.atomic():
            SpamCounts.change(taken=[self])
            self.delete()
