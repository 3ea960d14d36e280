from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm

from comments.models import Comment, Decision, Status


class VerdictForm(ActionForm):
    reason = forms.CharField(required=False, label="Reason the writer reads:", max_length=300)


class StatusFilter(admin.SimpleListFilter):
    """The list opens on what waits."""

    title = "status"
    parameter_name = "status"

    def lookups(self, request, model_admin):
        return [*Status.choices, ("all", "All")]

    def queryset(self, request, comments):
        wanted = self.value() or Status.PENDING
        return comments if wanted == "all" else comments.filter(status=wanted)

    def choices(self, changelist):
        for value, label in self.lookup_choices:
            query = changelist.get_query_string({self.parameter_name: value})
            yield {"selected": (self.value() or Status.PENDING) == value, "query_string": query, "display": label}


class DecisionInline(admin.TabularInline):
    model = Decision
    extra = 0
    fields = readonly_fields = ["at", "by", "from_status", "to_status", "reason"]
    can_delete = False

    def has_add_permission(self, request, obj=None):
        return False


@admin.register(Comment)
class CommentAdmin(admin.ModelAdmin):
    list_display = ["body", "name", "article", "created_at", "reasons"]
    list_display_links = ["created_at"]
    list_select_related = ["article"]
    list_filter = [StatusFilter]
    search_fields = ["name", "body"]
    ordering = ["-urgency", "created_at"]
    show_full_result_count = False
    action_form = VerdictForm
    actions = ["approve", "reject", "spam"]
    fields = readonly_fields = ["body", "name", "article", "parent", "status", "created_at", "reasons"]
    inlines = [DecisionInline]

    @admin.display(description="Findings")
    def reasons(self, comment):
        return "; ".join(finding["reason"] for finding in comment.findings)

    def has_add_permission(self, request):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    @admin.action(description="Approve", permissions=["change"])
    def approve(self, request, comments):
        self._decide(request, comments, "approved", lambda comment: comment.approve(by=request.user))

    @admin.action(description="Reject", permissions=["change"])
    def reject(self, request, comments):
        reason = request.POST.get("reason", "")[:300]
        self._decide(request, comments, "not published", lambda comment: comment.reject(by=request.user, reason=reason))

    @admin.action(description="Spam", permissions=["change"])
    def spam(self, request, comments):
        self._decide(request, comments, "put with the spam", lambda comment: comment.spam(by=request.user))

    def _decide(self, request, comments, outcome, verdict):
        """Say how many were decided, and of each that someone else decided first who it was."""
        late = [comment for comment in comments.select_related("article") if not verdict(comment)]
        messages.success(request, f"{len(comments) - len(late)} comments {outcome}.")
        for comment in late:
            messages.warning(
                request, f"“{comment}” is already {comment.get_status_display().lower()}{_by_whom(comment)}."
            )


def _by_whom(comment):
    decision = comment.last_decision()
    return f", by {decision.by or 'its writer'} on {decision.at:%-d %B at %H:%M}" if decision else ""
