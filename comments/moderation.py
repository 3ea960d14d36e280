"""What a moderator's press does, whether it came from a form or from a key.

Each verb acts on comments as the moderator saw them and answers an `Outcome`: what happened in a sentence, and of each
comment that someone else decided first, by whom and when. Nothing here renders a page.
"""

from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from comments import redacting
from comments.models import Act, Batch, Comment, Reason, SpamCounts
from comments.models.decision import UNDOABLE
from comments.queue import LIKELY_SPAM

ANSWER_LENGTH = 10_000
NAMED = 10
"""So many comments that were decided by someone else are told one by one."""


def context(user):
    """What every page of the queue shows beside the comments."""
    return {
        "reasons": Reason.objects.filter(is_offered=True),
        "last_batch": Batch.objects.undoable(by=user).first(),
        "seen_at": timezone.now().isoformat(),
        "spam": SpamCounts.measure(),
        "likely_spam": LIKELY_SPAM,
    }


@dataclass
class Outcome:
    message: str = ""
    late: list = field(default_factory=list)
    """Sentences about what was not done, such as comments that someone else had decided."""
    batch: Batch | None = None

    def as_dict(self):
        undo = self.batch.pk if self.batch and self.batch.act in UNDOABLE else None
        return {"message": self.message, "late": self.late, "undo": undo, "seen_at": timezone.now().isoformat()}


def decide(comments, act, *, by, reason="", seen=Q(), seen_at=None, selected=()):  # noqa: B008 a Q is never changed
    """Act on what waits of `comments`. `seen` and `seen_at` (aware) say what the moderator had before them, `selected`
    are the keys that were ticked, to tell of each that was not decided why."""
    seen_at = seen_at or timezone.now()
    for changed in ("decided_at", "edited_at"):
        seen &= Q((changed, None)) | Q((f"{changed}__lte", seen_at))
    batch = comments.decide(act, by=by, reason=reason, seen=seen)
    others = Comment.objects.filter(pk__in=selected).exclude(pk__in=batch.comments.values("pk") if batch.pk else [])
    late = [why_not(comment, seen_at) for comment in others.select_related("batch__by").order_by("pk")[: NAMED + 1]]
    if len(late) > NAMED:
        late[NAMED:] = ["And others."]
    return Outcome(f"{batch}." if batch.number else "", late, batch if batch.number else None)


def why_not(comment, seen_at):
    """Why a comment was left as it is, in a sentence: its text changed, or somebody decided, and when."""
    if comment.edited_at and comment.edited_at > seen_at:
        when = timezone.localtime(comment.edited_at)
        return f"“{comment}” was changed by its writer on {when:%-d %B at %H:%M}: read the new text first."
    state = comment.get_status_display().lower()
    if comment.batch is None:
        return f"“{comment}” is {state}: nothing was changed."
    who = comment.batch.by or "its writer"
    when = timezone.localtime(comment.decided_at)
    return f"“{comment}” is already {comment.batch.get_act_display()}, by {who} on {when:%-d %B at %H:%M}."


def undo(*, by, key=None):
    """Take back a batch of this moderator's, the last one where no key is given."""
    batches = Batch.objects.undoable(by=by)
    batch = (batches.filter(pk=key) if key else batches).first()
    done = batch.undo(by=by) if batch else None
    if done is None:
        nothing = "There is nothing to undo: only your own verdicts of the last 30 minutes can be taken back."
        return Outcome(late=[nothing])
    since = batch.number - done.number
    kept = f" {since} had been decided again since and stay as they are." if since else ""
    return Outcome(f"Undone: {batch}.{kept}", batch=done)


def redact(comment, *, by, words=()):
    if redacting.redact(comment, by=by, words=words):
        return Outcome("Redacted for good: what was removed is kept nowhere.")
    nothing = "Nothing was removed: no private data is marked. Name the words to remove on the comment's own page."
    return Outcome(late=[nothing])


def unpin(comment):
    comment.unpin()
    return Outcome("The answer is no longer pinned.")


def reply(comment, text, *, by, seen=Q(), seen_at=None, pinned=False, source="", checked_on=None):  # noqa: B008 as above
    """Answer in the name of the staff, at once on the page; what is answered is approved with it, as it was seen."""
    text = text.strip()
    if not text:
        return Outcome(late=["Nothing was sent: write the answer first."])
    with transaction.atomic():
        if not comment.is_approved:
            one = Comment.objects.filter(pk=comment.pk)
            approved = decide(one, Act.APPROVE, by=by, seen=seen, seen_at=seen_at, selected=[comment.pk])
            if approved.batch is None:
                return approved
        answer = comment.answer(text, by=by)
        if pinned:
            answer.pin(source=source, checked_on=checked_on)
    return Outcome(f"Your answer to {comment.name} is on the page.", batch=answer.batch)
