"""The texts of articles, each with what rendering made of it, and their citations."""

import hashlib
import json
from datetime import timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.db import models, transaction
from django.db.models import F, OuterRef, Q, Subquery, Value
from django.utils import timezone
from django.utils.safestring import mark_safe

from articles import care_cards, checking, figures, rendering
from articles.models.images import Image, ImageUse
from articles.models.publication import Publication
from articles.workflow import EDITABLE, MOVES, State
from cramps_site.lib.local_time import spoken

TEXTS = ("title", "summary", "body", "disclaimer", "lead_image_alt", "correction")
"""Fields in words that readers take as medical advice. With the lead image and the sources they are what is signed."""
SIGNED = {*TEXTS, "lead_image", "lead_image_id"}


class VersionQuerySet(models.QuerySet):
    def update(self, **fields):
        """As Django's. A text changes only together with its content hash: a sign-off must not outlive its text."""
        if SIGNED & fields.keys() and "content_hash" not in fields:
            raise ValueError("Change a text with Version.edit or save(), which seal it.")
        return super().update(**fields)

    def due(self, at=None):
        """Published versions whose time has come at a given moment (now by default)."""
        return self.filter(state=State.PUBLISHED, publish_at__lte=at or timezone.now())

    def for_page(self, slug, at=None):
        """The live version of one article with all that its page's stamp needs, in one query."""
        at = at or timezone.now()
        upcoming = Version.objects.filter(state=State.PUBLISHED, publish_at__gt=at).order_by("publish_at")
        its_own = upcoming.filter(article=OuterRef("article"))
        of_related = upcoming.filter(article__pointed_to__article=OuterRef("article"))
        same_text = Version.objects.filter(
            article=OuterRef("article"),
            content_hash=OuterRef("content_hash"),
            state__in=[State.PUBLISHED, State.RETIRED],
        )
        return (
            self.due(at)
            .filter(article__slug=slug)
            .select_related("article__author__photo", "lead_image")
            .annotate(
                read_at=Value(at, models.DateTimeField()),
                site_changes=Subquery(Publication.objects.filter(pk=1).values("changes")),
                site_close_after=Subquery(Publication.objects.filter(pk=1).values("comments_close_after")),
                same_text_since=Subquery(same_text.order_by("publish_at").values("publish_at")[:1]),
                next_change_at=Subquery(its_own.values("publish_at")[:1]),
                next_related_change_at=Subquery(of_related.values("publish_at")[:1]),
            )
            .order_by("-publish_at", "-pk")[:1]
        )

    def corrections(self, at=None):
        """Texts that told readers of a medical change, the newest first. A retired one was told as well."""
        told = self.filter(state__in=[State.PUBLISHED, State.RETIRED], publish_at__lte=at or timezone.now())
        return told.exclude(correction="").order_by("-publish_at", "-pk")

    def seen_by(self, seen):
        """Versions whose text a page of the editor has had before it: as it was loaded, or as it saved it itself.

        The second is what keeps a page whose answer was lost on the way from a conflict with itself."""
        own = Q(page=seen.page, turn__lte=seen.turn) if seen.page else Q(pk=None)
        return self.filter(Q(pk=seen.version, lock=seen.lock) | own)


def content_hash(texts, cited):
    """SHA-256 (hex) over all that a medical reviewer signs: fields by name, (title, publisher, url) of sources.

    Migration 0021 sealed what was there before in the same way: whoever changes this writes another one."""
    signed = [*(texts[name] for name in TEXTS), texts["lead_image_id"]]
    return hashlib.sha256(json.dumps([*signed, [list(source) for source in cited]]).encode()).hexdigest()


def render_body(body, *, annotate=None):
    """What rendering makes of a text, with the library's pictures in it."""
    images = Image.objects.in_bulk(figures.named_in(body))
    return rendering.render(body, images=images, annotate=annotate)


class Version(models.Model):
    """One text of an article, with what rendering made of it. Once published it is never edited, only succeeded."""

    State = State

    article = models.ForeignKey("articles.Article", on_delete=models.CASCADE, related_name="versions")
    title = models.CharField(max_length=200)
    summary = models.TextField(blank=True, max_length=300, validators=[MaxLengthValidator(300)])
    body = models.TextField(help_text="Markdown. A care card: ::: urgent Get medical advice today if:")
    disclaimer = models.TextField(blank=True, help_text="Plain text, shown in place of the site's own disclaimer.")
    lead_image = models.ForeignKey(Image, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    lead_image_alt = models.CharField(max_length=240, blank=True, help_text="Empty means decorative.")
    correction = models.TextField(
        blank=True,
        max_length=300,
        validators=[MaxLengthValidator(300)],
        help_text="For a medical change that readers must know of: one sentence, shown to them with its date.",
    )
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT, editable=False)
    publish_at = models.DateTimeField(null=True, editable=False)
    lock = models.PositiveIntegerField(default=0, editable=False)
    page = models.CharField(max_length=32, blank=True, editable=False)
    turn = models.PositiveIntegerField(default=0, editable=False)
    html = models.TextField(editable=False)
    headings = models.JSONField(default=list, editable=False)
    words = models.PositiveIntegerField(default=0, editable=False)
    minutes = models.PositiveSmallIntegerField(default=1, editable=False)
    content_hash = models.CharField(max_length=64, editable=False)
    based_on = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, editable=False, related_name="successors"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, editable=False, related_name="+"
    )
    edited_at = models.DateTimeField(default=timezone.now, editable=False)
    edited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, editable=False, related_name="+"
    )

    objects = VersionQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["article", "-publish_at"], name="version_by_publish_at"),
            models.Index(fields=["publish_at"], name="published_by_time", condition=Q(state="published")),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="published") | Q(publish_at__isnull=False), name="published_versions_have_a_time"
            )
        ]

    def __str__(self):
        return self.title

    def save(self, *args, **kwargs):
        """Render and save. The page of a live text changes with it."""
        self.render()
        self.content_hash = self.compute_hash()
        if not self._state.adding:
            self.lock += 1
        with transaction.atomic():
            super().save(*args, **kwargs)
            self._note_mentions()
            self._bump()
            if self.state == State.PUBLISHED:
                self.article.renew_search()

    def render(self):
        """Note what rendering makes of the text, without saving it."""
        rendered = render_body(self.body)
        self.html, self.headings = rendered.html, rendered.headings
        self.words, self.minutes = rendered.words, rendered.minutes

    def render_anew(self):
        """Write the HTML again where a picture in it has changed. What was signed is the text, and stays as it is."""
        self.render()
        with transaction.atomic():
            Version.objects.filter(pk=self.pk, content_hash=self.content_hash).update(html=self.html)
            self._bump()

    def clean(self):
        problems = [str(problem) for problem in care_cards.find_problems(self.body)]
        if problems:
            raise ValidationError({"body": problems})

    def _note_mentions(self):
        """Note which pictures the text shows, to which articles it links, and to which pages elsewhere."""
        # Links lie between articles, so their module stands above this one.
        from articles.models.links import InternalLink
        from articles.models.outside import ExternalLink

        InternalLink.objects.renew(self)
        ExternalLink.objects.renew(self)
        self._note_images()

    def _note_images(self):
        known = Image.objects.filter(pk__in=figures.named_in(self.body)).values_list("pk", flat=True)
        self.image_uses.exclude(image__in=known).delete()
        ImageUse.objects.bulk_create([ImageUse(version=self, image_id=pk) for pk in known], ignore_conflicts=True)

    def _bump(self):
        self.article.bump()
        Publication.bump()

    def compute_hash(self):
        sources = self.sources.values_list("title", "publisher", "url") if self.pk else []
        return content_hash(vars(self), sources)

    def set_sources(self, sources):
        """Replace this version's citations, given as dicts of `Source` fields, and seal the text with them."""
        with transaction.atomic():
            self.sources.all().clear()
            self._cite(sources)
            self.save()

    def edit(self, texts, sources, *, by, seen):
        """Replace the text, unless that could take away what somebody else saved since it was `seen`: then False.

        `texts` are fields by name, `sources` dicts of `Source` fields, `seen` is an `articles.editing.Seen`. A text
        that was in review or approved is a draft again. Readers see none of it, so no stored page is rendered anew."""
        rendered = render_body(texts["body"])
        cited = [(source["title"], source["publisher"], source["url"]) for source in sources]
        made = {name: getattr(rendered, name) for name in ("html", "headings", "words", "minutes")}
        made |= {"content_hash": content_hash(texts, cited), "edited_at": timezone.now(), "edited_by": by}
        with transaction.atomic():
            mine = Version.objects.seen_by(seen).filter(pk=self.pk, state__in=EDITABLE)
            if not mine.update(**texts, **made, lock=F("lock") + 1, page=seen.page, turn=seen.turn):
                return False
            self.sources.all().clear()
            self._cite(sources)
            self.refresh_from_db()
            self._note_mentions()
            if self.state != State.DRAFT:
                self.move("withdraw", by=by, reason="Its text was changed.")
        return True

    def _cite(self, sources):
        Source.objects.bulk_create(
            Source(version=self, position=position, **fields) for position, fields in enumerate(sources, 1)
        )

    @property
    def public_html(self):
        """The rendered body with the country's emergency number in it."""
        number = settings.EMERGENCY_NUMBERS[settings.COUNTRY]
        # Safe: rendering let only its own elements through (articles.rendering).
        return mark_safe(self.html.replace("{emergency_number}", number))  # noqa: S308

    @property
    def is_editable(self):
        return self.state in EDITABLE

    def move(self, name, *, by, reason="", where=Q(), **fields):  # noqa: B008 a Q is never changed
        """Carry out a move of `articles.workflow` and log it. False if the version was not where the move begins, or
        not as `where` asks for.

        Whoever calls it has asked whether `by` may; None is the site itself (imports, the demo)."""
        move, before = MOVES[name], self.state
        with transaction.atomic():
            here = Version.objects.filter(where, pk=self.pk, state=before, state__in=move.sources)
            done = here.update(state=move.target, **fields)
            if done:
                Transition.objects.create(
                    version=self, move=name, from_state=before, to_state=move.target, by=by, reason=reason
                )
                self._bump()
                if State.PUBLISHED in (before, move.target):
                    self.article.renew_search()
        self.refresh_from_db(fields=["state", *fields])
        return bool(done)

    def problems(self):
        """What keeps this text from readers, as `articles.checking` finds it."""
        # It looks at what lies around a text, so its module stands above this one.
        from articles.addresses import surroundings

        sources = list(self.sources.values("title", "publisher", "url", "read_on"))
        return checking.find_problems(vars(self), sources, surroundings())

    def publish(self, *, by, at=None, is_checked=False):
        """Let the public read this version from `at` on (now by default). False if it is no longer a draft, or another
        text by now.

        A person cannot publish what has problems: ValidationError with a sentence for each. Who has other checks
        (imports) says `is_checked`."""
        at = at or timezone.now()
        if by is not None and not is_checked and (problems := self.problems()):
            raise ValidationError([str(problem) for problem in problems])
        with transaction.atomic():
            later = f"For readers from {spoken(at)} on." if at > timezone.now() else ""
            checked = Q(content_hash=self.content_hash)
            done = self.move("publish", by=by, reason=later, where=checked, publish_at=at)
            if done:
                self.article.set_first_published_at(at)
                self._find_related()
        return done

    def _find_related(self):
        # What is related lies between articles, so its module stands above this one.
        from articles.models.related import Related

        Related.objects.renew(self)

    @property
    def is_scheduled(self):
        """Whether readers will see it, and do not yet."""
        return self.state == State.PUBLISHED and self.publish_at > timezone.now()

    def get_state_display(self):
        """The state as staff call it: what is published for later is scheduled."""
        return "Scheduled" if self.is_scheduled else State(self.state).label

    def unschedule(self, *, by):
        """Take back that it goes live. False if it is live, or was never to go."""
        with transaction.atomic():
            scheduled = Q(publish_at__gt=timezone.now())
            published = self.transitions.filter(move="publish").first()
            done = self.move("unschedule", by=by, where=scheduled, publish_at=None)
            if done and published and published.from_state != State.APPROVED:
                self.move("withdraw", by=by, reason="Nobody had approved it.")
            if done:
                self.article.renew_first_published_at()
        return done

    def successor(self, *, by):
        """A draft with this version's text and sources, to edit while this one stays as it is."""
        fields = ("article_id", "title", "summary", "body", "disclaimer", "lead_image_id", "lead_image_alt")
        with transaction.atomic():
            texts = {name: getattr(self, name) for name in fields}
            draft = Version(**texts, based_on=self, created_by=by, edited_by=by)
            draft.save()
            draft.set_sources(self.sources.values("title", "publisher", "url", "read_on"))
        return draft

    @property
    def updated_at(self):
        """Since when readers have this text, where that is a later day than the article's first; else None. Publishing
        the same words once more updates nothing (for versions from `for_page`)."""
        first, since = self.article.first_published_at, getattr(self, "same_text_since", None) or self.publish_at
        is_later = first and since and timezone.localdate(since) > timezone.localdate(first)
        return since if is_later else None

    @property
    def comments_close_at(self):
        """When no more comments are taken, or None. For versions from `for_page`."""
        return self.article.comments_close_at(self.site_close_after)

    @property
    def accepts_comments(self):
        closes_at = self.comments_close_at
        is_over = closes_at is not None and closes_at <= timezone.now()
        return self.article.comment_policy == self.article.CommentPolicy.OPEN and not is_over

    @property
    def changes_at(self):
        """The next moment after it was read at which time alone changes the article's pages, or None. It may have come
        while they were rendered: then they are old already. For versions from `for_page`."""
        moments = [self.next_change_at, self.next_related_change_at, self.comments_close_at]
        return min((moment for moment in moments if moment and moment > self.read_at), default=None)

    def sign_off(self, *, by, at=None, seen=None):
        """Record that the reviewer `by` (an Author) vouches for exactly this text.

        `seen` is the content hash of the text that the reviewer had before them, where that may have been another one:
        None is returned then, and nothing is signed."""
        at = at or timezone.now()
        lapses_at = at + timedelta(days=self.article.review_every)
        with transaction.atomic():
            now = Version.objects.select_for_update().get(pk=self.pk).content_hash
            if now != (seen or self.content_hash):
                return None
            return self.sign_offs.create(reviewer=by, content_hash=now, signed_at=at, lapses_at=lapses_at)


class Transition(models.Model):
    """One move of a version from a state to another: who, when, why. Never edited."""

    version = models.ForeignKey(Version, on_delete=models.CASCADE, related_name="transitions")
    move = models.CharField(max_length=20)
    from_state = models.CharField(max_length=10, choices=State)
    to_state = models.CharField(max_length=10, choices=State)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    reason = models.TextField(blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["to_state", "-at"], name="transition_by_state")]

    def __str__(self):
        return f"{self.get_from_state_display()} to {self.get_to_state_display()}, {self.at:%Y-%m-%d}"


class SourceQuerySet(models.QuerySet):
    """Citations belong to what is signed: they change by ways that seal the text with them."""

    def update(self, **fields):
        raise ValueError("Change citations with Version.set_sources or save(), which seal the text.")

    def delete(self):
        raise ValueError("Take citations out with Version.set_sources or delete(), which seal the text.")

    def clear(self):
        """Take them out. For `Version`, which seals the text itself."""
        return super().delete()


class Source(models.Model):
    """A citation: `[^2]` in the text points to the one in position 2."""

    version = models.ForeignKey(Version, on_delete=models.CASCADE, related_name="sources")
    position = models.PositiveSmallIntegerField(default=1)
    title = models.CharField(max_length=240)
    publisher = models.CharField(max_length=160, blank=True)
    url = models.URLField(blank=True, max_length=500)
    read_on = models.DateField(null=True, blank=True)

    objects = SourceQuerySet.as_manager()

    class Meta:
        ordering = ["position", "pk"]

    def __str__(self):
        return self.title

    def save(self, *args, **kwargs):
        """Save, and seal the version's text with it: a citation belongs to what a reviewer signs."""
        with transaction.atomic():
            super().save(*args, **kwargs)
            self.version.save()

    def delete(self, *args, **kwargs):
        with transaction.atomic():
            deleted = super().delete(*args, **kwargs)
            self.version.save()
        return deleted
