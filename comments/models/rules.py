"""What the publisher decides about comments in the admin: rules of triage, reasons, and policy. Each keeps its history:
who changed what, and when."""

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import models, transaction
from simple_history.models import HistoricalRecords

from articles.models import Publication
from comments import triage

GUIDANCE = """Do not wait for an answer here: nobody reads comments at once.
Stay with your child, and let somebody else make the call if you can.
On the phone, say first what you see: breathing, colour, whether the child answers you.
If you are not sure whether it is serious, call all the same."""


NOTATION = (
    "One phrase a line: its words in this order, with up to three others between. "
    "“…” or three dots let eight stand between, “_” none, “~” at the start allows any order. "
    "a|b is either word, word* any ending, # a number; “not” is also isn't, can't and so on. "
    "“&” joins what may stand anywhere in the comment; “-” at the start names what to look away from. "
    "/…/ is a regular expression. Capitals, apostrophes and small typing errors do not matter. "
    "Danger by points: lines such as “30: floppy not_wake” change the shipped points of these words; 0 takes one out."
)


class Rule(models.Model):
    """One thing that triage looks for. `triage` says how its phrases are written."""

    class Kind(models.TextChoices):
        URGENT = "urgent", "Danger sign"
        POINTS = "points", "Danger by points"
        DOSE = "dose", "Amount of a medicine"
        PRIVACY = "privacy", "Private data"
        WORDS = "words", "Words to look at"
        DOMAINS = "domains", "Links to these sites"

    kind = models.CharField(max_length=10, choices=Kind)
    name = models.CharField(max_length=80, help_text="What moderators read beside the comment, such as “blue lips”.")
    language = models.CharField(max_length=12, default="en")
    phrases = models.TextField(help_text=NOTATION)
    is_on = models.BooleanField("in use", default=True)

    history = HistoricalRecords()

    class Meta:
        ordering = ["kind", "name"]
        constraints = [models.UniqueConstraint(fields=["language", "kind", "name"], name="one_rule_per_name")]

    def __str__(self):
        return f"{self.get_kind_display()}: {self.name}"

    def save(self, *args, **kwargs):
        with transaction.atomic():
            super().save(*args, **kwargs)
            Publication.bump()

    def clean(self):
        try:
            triage.check_phrases(self.kind, self.phrases)
        except ValueError as error:
            raise ValidationError({"phrases": str(error)}) from error

    @classmethod
    def in_use(cls):
        """The rules as `triage` takes them, in a fixed order."""
        rows = cls.objects.filter(is_on=True).values_list("kind", "name", "phrases", "language")
        return tuple(
            triage.Rule(kind=kind, name=name, phrases=phrases, language=language)
            for kind, name, phrases, language in rows.order_by("pk")
        )


class Reason(models.Model):
    """Why a comment was not published, as moderators choose it and as its writer reads it."""

    label = models.CharField(max_length=60, unique=True, help_text="What the moderator chooses.")
    sentence = models.CharField(max_length=300, help_text="The plain, kind sentence that the writer reads.")
    position = models.PositiveSmallIntegerField(default=0)
    is_offered = models.BooleanField(default=True)

    history = HistoricalRecords()

    class Meta:
        ordering = ["position", "label"]

    def __str__(self):
        return self.label


class Policy(models.Model):
    """The one row of what the publisher has switched on."""

    trust_after = models.PositiveSmallIntegerField(
        "publish without a moderator after",
        default=0,
        help_text="So many approved comments and none rejected, from an address that its owner confirmed for this very "
        "comment. Comments with a finding still wait. 0: everything waits.",
    )
    reports_bring_back = models.PositiveSmallIntegerField(
        "reports that bring a comment back to the queue", default=2, validators=[MaxValueValidator(100)]
    )
    guidance = models.TextField(
        default=GUIDANCE, help_text="What a parent reads at once who writes of a danger sign: one step a line."
    )

    history = HistoricalRecords()

    class Meta:
        verbose_name_plural = "policy"
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="one_policy")]

    def __str__(self):
        return "Policy"

    def save(self, *args, **kwargs):
        with transaction.atomic():
            super().save(*args, **kwargs)
            # The guidance stands, hidden, on every page with a form.
            Publication.bump()

    @classmethod
    def get(cls):
        return cls.objects.filter(pk=1).first() or cls(pk=1)

    @classmethod
    def lock(cls):
        """Let verdicts of many comments pass one after the other, so that no two wait for each other's rows."""
        return cls.objects.select_for_update().filter(pk=1).first()
