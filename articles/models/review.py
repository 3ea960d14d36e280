"""What medical reviewers vouch for."""

from django.conf import settings
from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, Subquery, When
from django.utils import timezone

from articles.models.people import Author
from articles.models.publication import Shown, ShownQuerySet
from articles.models.version import Version


class SignOffQuerySet(ShownQuerySet):
    def standing(self, at=None):
        """Those that were given by a moment, and that the reviewer has not taken back."""
        return self.filter(signed_at__lte=at or timezone.now(), taken_back_at=None)

    def of(self, version):
        """What was signed of exactly this text, in whichever version of the article it stood, the newest first."""
        signed = self.standing().filter(version__article=version.article_id, content_hash=version.content_hash)
        return signed.order_by("-signed_at")

    def to_tell(self, version, at=None):
        """Of an article's reviews the one to tell readers of, with its reviewer, or None: what holds for exactly this
        text, or else has lapsed for it, or else was given for another text. `holds_for` says which it is."""
        at = at or timezone.now()
        of_text = Q(content_hash=version.content_hash)
        rank = Case(When(of_text & Q(lapses_at__gt=at), then=0), When(of_text, then=1), default=2)
        ranked = self.standing(at).filter(version__article=version.article_id).order_by(rank, "-signed_at", "-pk")
        return ranked.select_related("reviewer").first()

    def outlasted_by_none(self, at=None):
        """Those after which no other review of the same words of the same article holds."""
        same_text = Q(version__article=OuterRef("version__article"), content_hash=OuterRef("content_hash"))
        return self.exclude(Exists(SignOff.objects.standing(at).filter(same_text, lapses_at__gt=OuterRef("lapses_at"))))

    def note_reminder(self, field, at):
        """Whether this is the first to note it. No page shows it, so none is rendered anew."""
        return bool(models.QuerySet.update(self.filter(**{field: None}), **{field: at}))

    def take_back(self):
        """The reviewer no longer vouches for these texts."""
        return self.filter(taken_back_at=None).update(taken_back_at=timezone.now())

    def lapsing(self, before, at=None):
        """The last reviews of texts that readers see, as far as they lapse, or lapsed, before a moment."""
        due = self.standing(at).filter(lapses_at__lte=before).outlasted_by_none(at)
        return due.of_live_texts(at).order_by("lapses_at")

    def shown(self, at=None):
        """Reviews that hold for the texts that the public reads at that moment, the newest first."""
        at = at or timezone.now()
        holding = self.standing(at).filter(lapses_at__gt=at).of_live_texts(at)
        return holding.select_related("version__article").order_by("-signed_at")

    def of_live_texts(self, at=None):
        """Those of exactly the words that the public reads, whichever version they were signed in; with `live_title`,
        because that version may be another text by now."""
        live = Version.objects.due(at).filter(article=OuterRef("version__article")).order_by("-publish_at", "-pk")
        texts = {f"live_{name}": Subquery(live.values(name)[:1]) for name in ("content_hash", "title")}
        return self.annotate(**texts).filter(content_hash=F("live_content_hash"))


class SignOff(Shown):
    """A medical reviewer's word for exactly one text, known by its content hash."""

    version = models.ForeignKey(Version, on_delete=models.CASCADE, related_name="sign_offs")
    reviewer = models.ForeignKey(Author, on_delete=models.PROTECT, related_name="sign_offs")
    content_hash = models.CharField(max_length=64)
    signed_at = models.DateTimeField()
    lapses_at = models.DateTimeField(db_index=True)
    taken_back_at = models.DateTimeField(null=True, editable=False)
    reminded_at = models.DateTimeField(null=True, editable=False)
    last_reminded_at = models.DateTimeField(null=True, editable=False)

    objects = SignOffQuerySet.as_manager()

    class Meta:
        verbose_name = "sign-off"
        ordering = ["-signed_at"]
        indexes = [models.Index(fields=["reviewer", "-signed_at"], name="sign_off_by_reviewer")]

    def __str__(self):
        return f"{self.reviewer}, {self.signed_at:%Y-%m-%d}"

    def holds(self, at=None):
        """Whether it has not lapsed, and was not taken back."""
        return self.taken_back_at is None and self.signed_at <= (at or timezone.now()) < self.lapses_at

    def holds_for(self, version):
        return self.is_for(version) and self.holds()

    def is_for(self, version):
        return self.content_hash == version.content_hash


class ReviewRequestQuerySet(models.QuerySet):
    def open(self):
        """Those that wait for an answer and still can get one: nobody changed the text since."""
        return self.filter(answered_at=None, content_hash=F("version__content_hash"))


class ReviewRequest(models.Model):
    """That a reviewer was asked to vouch for one text, known by its content hash, and what came of it."""

    class Answer(models.TextChoices):
        SIGNED = "signed", "Signed"
        SENT_BACK = "sent back", "Sent back"
        TAKEN_BACK = "taken back", "No longer asked"

    version = models.ForeignKey(Version, on_delete=models.CASCADE, related_name="review_requests")
    reviewer = models.ForeignKey(Author, on_delete=models.PROTECT, related_name="review_requests")
    content_hash = models.CharField(max_length=64)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    answered_at = models.DateTimeField(null=True)
    answer = models.CharField(max_length=10, choices=Answer, blank=True)
    reason = models.TextField(blank=True)

    objects = ReviewRequestQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["version", "reviewer"],
                name="one_open_request_per_version_and_reviewer",
                condition=Q(answered_at=None),
            )
        ]
        indexes = [models.Index(fields=["asked_at"], name="review_waiting", condition=Q(answered_at=None))]

    def __str__(self):
        return f"{self.version}, {self.reviewer}"

    @property
    def is_of_an_older_text(self):
        return self.content_hash != self.version.content_hash


class Remark(models.Model):
    """What a reviewer says of one passage. Plain text, for the people who write."""

    version = models.ForeignKey(Version, on_delete=models.CASCADE, related_name="remarks")
    author = models.ForeignKey(Author, on_delete=models.SET_NULL, null=True, related_name="+")
    passage = models.TextField(blank=True)
    words = models.TextField()
    at = models.DateTimeField(default=timezone.now)
    settled_at = models.DateTimeField(null=True)
    settled_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering = ["pk"]

    def __str__(self):
        return self.words[:60]

    def settle(self, *, by):
        """Note that it was seen to. False if somebody did so before."""
        open_ones = Remark.objects.filter(pk=self.pk, settled_at=None)
        return bool(open_ones.update(settled_at=timezone.now(), settled_by=by))
