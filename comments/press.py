"""The one address behind every button and key beside a comment in the queue.

A form gets a redirect to the list it came from, with what happened as a message; a script that asks for JSON gets
`{"message": str, "late": [str], "undo": batch or null, "seen_at": moment}`; without a message nothing was done.
"""

from django import forms
from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from comments import moderation
from comments.models import Act, Comment
from comments.tabs import TABS

MAX_SELECTED = 1000
VERDICTS = {"approve": Act.APPROVE, "reject": Act.REJECT, "spam": Act.SPAM}
VERBS = (*VERDICTS, "redact", "reply", "unpin", "undo")


class SeenForm(forms.Form):
    """What the moderator had before them, and the reason they gave."""

    seen_at = forms.DateTimeField(required=False)
    reason = forms.CharField(required=False, max_length=300)
    own_reason = forms.CharField(required=False, max_length=300)

    def decide(self, comments, act, *, by, tab, selected=()):
        said = self.cleaned_data
        reason = (said.get("own_reason") or said.get("reason", "")) if act == Act.REJECT else ""
        return moderation.decide(comments, act, by=by, reason=reason, **self.seen(tab), selected=selected)

    def seen(self, tab):
        """What a moderator who looks at a tab takes for granted, and since when."""
        return {"seen": TABS.get(tab, TABS["pending"]).condition, "seen_at": self.cleaned_data.get("seen_at")}


class BulkForm(SeenForm):
    """A verdict on a selection, or on all that match."""

    select_across = forms.CharField(required=False)

    def decide(self, comments, act, *, by, tab):
        keys = self.data.getlist(ACTION_CHECKBOX_NAME)[:MAX_SELECTED]
        ticked = [int(key) for key in keys if key.isdecimal()] if self.data.get("select_across") != "1" else []
        return super().decide(comments, act, by=by, tab=tab, selected=ticked)


class PressForm(SeenForm):
    """What was pressed, and beside which comment."""

    do = forms.ChoiceField(choices=[(verb, verb) for verb in VERBS])
    comment = forms.ModelChoiceField(
        Comment.objects.select_related("parent", "article", "batch__by"),
        required=False,
        error_messages={"invalid_choice": "This comment is no longer there."},
    )
    batch = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    tab = forms.CharField(required=False)
    reply = forms.CharField(required=False, max_length=moderation.ANSWER_LENGTH)
    pinned = forms.BooleanField(required=False)
    source = forms.CharField(required=False, max_length=300)
    checked_on = forms.DateField(required=False)
    words = forms.CharField(required=False, max_length=1000)

    def clean(self):
        if self.cleaned_data.get("do") != "undo" and not self.cleaned_data.get("comment"):
            raise forms.ValidationError("This comment is no longer there.")
        return self.cleaned_data

    def press(self, *, by):
        """Do it, in the name of the moderator `by`; the `Outcome`."""
        said = self.cleaned_data
        verb, comment = said["do"], said["comment"]
        if verb in VERDICTS:
            one = Comment.objects.filter(pk=comment.pk)
            return self.decide(one, VERDICTS[verb], by=by, tab=said["tab"], selected=[comment.pk])
        if verb == "undo":
            return moderation.undo(by=by, key=said["batch"])
        if verb == "redact":
            return moderation.redact(comment, by=by, words=said["words"].splitlines())
        if verb == "unpin":
            return moderation.unpin(comment)
        expert = {name: said[name] for name in ("pinned", "source", "checked_on")}
        return moderation.reply(comment, said["reply"], by=by, **self.seen(said["tab"]), **expert)


@require_POST
def press(request):
    if not request.user.has_perm("comments.change_comment"):
        raise PermissionDenied
    form = PressForm(request.POST)
    if not form.is_valid():
        words = " ".join(str(error) for errors in form.errors.values() for error in errors)
        outcome = moderation.Outcome(late=[words])
    else:
        outcome = form.press(by=request.user)
    return answer(request, outcome, status=200 if form.is_valid() else 422)


def answer(request, outcome, status=200):
    """As JSON to a script, as messages on the list to a form."""
    if request.accepts("application/json") and not request.accepts("text/html"):
        return JsonResponse(outcome.as_dict(), status=status)
    if outcome.message:
        messages.success(request, outcome.message)
    for sentence in outcome.late:
        messages.warning(request, sentence)
    target = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(target, {request.get_host()}, request.is_secure()):
        target = reverse("admin:comments_comment_changelist")
    return HttpResponseRedirect(target, status=303)
