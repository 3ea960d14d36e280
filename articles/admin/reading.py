"""The page of one version: its text, what came of it so far, and what may be pressed. Nothing is edited here.

Whoever signs, approves or publishes does so with the text before them: what is pressed names the content hash that was
shown.
"""

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Q
from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone

from articles import editing, links, reviewing, side_by_side
from articles.admin.retiring import ask_and_retire
from articles.models import Article, Author, Remark, ReviewRequest, SignOff, Version
from articles.workflow import MOVES, REVIEW, WRITE, State, moves_for
from cramps_site.lib.local_time import LocalTimeField, spoken, zone_now

TOO_LATE = "Somebody else was faster, or the text was changed meanwhile: look at where it stands."
OTHER_PRESSES = {
    "ask": WRITE,
    "take_back": WRITE,
    "succeed": WRITE,
    "settle": WRITE,
    "sign": REVIEW,
}
"""What may be pressed beside the moves of `articles.workflow`, and the permission that it needs."""
NEED_EYES = {"approve", "publish"}
"""What is never pressed for another text than was shown. Signing sees to that by itself."""


def find(pk):
    versions = Version.objects.select_related("article__author", "lead_image", "created_by", "edited_by", "based_on")
    return get_object_or_404(versions, pk=pk)


def said_by_reviewers(version):
    """Why the text was sent back, if that is why it is a draft, and the remarks on its article that nobody settled."""
    last = version.transitions.first()
    remarks = Remark.objects.filter(version__article=version.article_id, settled_at=None).select_related("author")
    return {"sent_back": last if last and last.move == "send_back" else None, "remarks": remarks}


def _to_weigh(version):
    """What an editor should know before readers get this text."""
    review = SignOff.objects.to_tell(version)
    newest, said = version.article.newest_version(), said_by_reviewers(version)
    return {
        "signed_by": review.reviewer if review and review.holds_for(version) else None,
        "sent_back": said["sent_back"],
        "open_remarks": said["remarks"].count(),
        "newer": newest if newest != version else None,
    }


def page(model_admin, request, version):
    live = version.article.live_version()
    context = {
        **model_admin.admin_site.each_context(request),
        "title": version.title,
        "opts": Version._meta,
        "version": version,
        "article": version.article,
        "presses": PressForm(version, request.user),
        "to_weigh": _to_weigh(version),
        "replaced_by": live
        if live and live != version and version.state == State.PUBLISHED and not version.is_scheduled
        else None,
        "zone": zone_now(),
        "goes_live": spoken(version.publish_at) if version.is_scheduled else "",
        "preview_url": links.preview_url(version),
        "others": version.article.versions.exclude(pk=version.pk)[:50],
        "transitions": version.transitions.select_related("by"),
        "sign_offs": SignOff.objects.filter(version__article=version.article_id).select_related("reviewer"),
        "requests": version.review_requests.select_related("reviewer", "asked_by"),
        "remarks": version.remarks.select_related("author", "settled_by"),
    }
    return render(request, "admin/articles/version/version.html", context)


def difference(model_admin, request, version):
    """Beside the version that `with` names, or else the one that it was made from."""
    asked = request.GET.get("with", "")
    others = version.article.versions.exclude(pk=version.pk)
    other = others.filter(pk=int(asked) if asked.isdecimal() else version.based_on_id).first()
    other = other or others.filter(pk__lt=version.pk).first() or others.last()
    older, newer = sorted([version, other or version], key=lambda each: each.pk)
    context = {
        **model_admin.admin_site.each_context(request),
        "title": f"What changed in “{version.title}”",
        "version": version,
        "older": older,
        "newer": newer,
        "others": others[:50],
        "differences": side_by_side.contents(editing.content_of(older), editing.content_of(newer)),
    }
    return render(request, "admin/articles/version/difference.html", context)


def press(model_admin, request, version):
    form = PressForm(version, request.user, request.POST)
    if form.may_not():
        raise PermissionDenied
    if request.POST["do"] == "retire" and version.state == version.State.PUBLISHED:
        asked = ask_and_retire(model_admin, request, Article.objects.filter(pk=version.article_id))
        return asked or HttpResponseRedirect(reverse("admin:articles_version_change", args=[version.pk]), status=303)
    try:
        messages.success(request, form.press())
    except ValidationError as refused:
        for sentence in refused.messages:
            messages.error(request, sentence)
    back = reverse("admin:articles_version_change", args=[form.leads_to or version.pk])
    return HttpResponseRedirect(back, status=303)


class PressForm(forms.Form):
    """What was pressed beside a version. Each verb says what happened in a sentence, or raises ValidationError."""

    do = forms.ChoiceField(choices=[(name, name) for name in (*MOVES, *OTHER_PRESSES)])
    reason = forms.CharField(required=False, max_length=2000, widget=forms.Textarea({"rows": 3}))
    when = LocalTimeField(required=False, error_messages={"invalid": "Choose a day and a time."})
    seen = forms.CharField(required=False, max_length=64)
    reviewer = forms.ModelChoiceField(Author.objects.all(), required=False)
    request = forms.ModelChoiceField(ReviewRequest.objects.none(), required=False)
    remark = forms.ModelChoiceField(Remark.objects.none(), required=False)

    def __init__(self, version, user, data=None):
        super().__init__(data, auto_id="press-%s")
        self.version, self.user, self.leads_to = version, user, None
        reachable = ~Q(email="") | (Q(user__is_active=True) & ~Q(user__email=""))
        self.fields["reviewer"].queryset = Author.objects.filter(reachable).exclude(user__is_active=False)
        self.fields["request"].queryset = version.review_requests.filter(answered_at=None)
        self.fields["remark"].queryset = version.remarks.all()

    @property
    def moves(self):
        """Those that need nothing but a press, or a reason: publishing has its own place on the page."""
        offered = [move for move in moves_for(self.version, self.user) if move.name != "publish"]
        return [move for move in offered if move.name != ("retire" if self.version.is_scheduled else "unschedule")]

    @property
    def may_publish(self):
        return any(move.name == "publish" for move in moves_for(self.version, self.user))

    @property
    def may_write(self):
        return self.user.has_perm(WRITE)

    @property
    def signer(self):
        """The Author in whose name this member of the staff signs, or None."""
        return Author.objects.filter(user=self.user).first() if self.user.has_perm(REVIEW) else None

    def may_not(self):
        name = self.data.get("do")
        if name in MOVES:
            return not MOVES[name].is_open_to(self.user)
        return name not in OTHER_PRESSES or not self.user.has_perm(OTHER_PRESSES[name])

    def press(self):
        if not self.is_valid():
            raise ValidationError([error for errors in self.errors.values() for error in errors])
        name = self.cleaned_data["do"]
        if name in NEED_EYES and self.cleaned_data["seen"] != self.version.content_hash:
            raise ValidationError(TOO_LATE)
        return getattr(self, name)() if name in ("publish", *OTHER_PRESSES) else self._move(MOVES[name])

    def _move(self, move):
        reason = self.cleaned_data["reason"].strip()
        if move.needs_reason and not reason:
            raise ValidationError("Say why, so that the writers know what has to change.")
        if move.name == "unschedule":
            self._do(self.version.unschedule(by=self.user))
        else:
            self._do(self._carry_out(move, reason))
        return f"{move.label}: done. It is {self.version.get_state_display().lower()} now."

    @transaction.atomic
    def _carry_out(self, move, reason):
        done = self.version.move(
            move.name, by=self.user, reason=reason, where=Q(content_hash=self.version.content_hash)
        )
        if done and move.name == "send_back" and self.signer:
            # Who asks for changes vouches no longer for a text that they signed before.
            SignOff.objects.of(self.version).filter(reviewer=self.signer).take_back()
        return done

    def publish(self):
        at = self.cleaned_data["when"]
        if at and at < timezone.now():
            raise ValidationError("This time has passed: choose a later one, or publish it now.")
        self._do(self.version.publish(by=self.user, at=at))
        return f"Readers see it from {spoken(at)} on." if at else "Readers see it now."

    def sign(self):
        if not self.signer:
            raise ValidationError(
                "Your account belongs to no author, so the page could not name you. Ask an administrator to link it."
            )
        self._do(self.version.sign_off(by=self.signer, seen=self.cleaned_data["seen"] or "nothing"))
        return f"Signed as {self.signer}. A later change of a letter takes your name from the page."

    def ask(self):
        reviewer = self.cleaned_data["reviewer"]
        if not reviewer:
            raise ValidationError("Choose who is to review it. Only authors with a mail address are listed.")
        self._do(reviewing.ask(self.version, reviewer, by=self.user))
        return f"A link is on its way to {reviewer}. It ends as soon as somebody changes the text."

    def take_back(self):
        asked = self.cleaned_data["request"]
        self._do(asked and reviewing.take_back(asked))
        return f"{asked.reviewer} is no longer asked."

    def succeed(self):
        draft = self.version.successor(by=self.user)
        self.leads_to = draft.pk
        present = " Readers see the present text until it is published." if self.version.article.live_version() else ""
        return f"A draft with this text was begun.{present}"

    def settle(self):
        remark = self.cleaned_data["remark"]
        self._do(remark and remark.settle(by=self.user))
        return "The remark is settled."

    def _do(self, done):
        if not done:
            raise ValidationError(TOO_LATE)
