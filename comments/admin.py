from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Q
from django.urls import path
from django.utils.functional import cached_property
from simple_history.admin import SimpleHistoryAdmin

from comments import moderation, press
from comments.models import Act, Comment, Decision, Policy, Reason, Rule, SpamCounts, Watch
from comments.queue import LIKELY_SPAM
from comments.senders import with_history
from comments.tabs import TABS

COUNTED = 1000
"""Further than this no page counts: with a million comments waiting it would be all that the database does."""
SHOWN_WITH = ("article__author", "version", "parent", "answers", "batch__by")


class BoundedPaginator(Paginator):
    """Counts up to COUNTED and no further; `is_more` says whether there is more than was counted."""

    @cached_property
    def count(self):
        counted = self.object_list.order_by().values("pk")[: COUNTED + 1].count()
        self.is_more = counted > COUNTED
        return min(counted, COUNTED)

    def validate_number(self, number):
        """The last page for one beyond it: deciding what is on the last page takes it away."""
        return max(1, min(number, self.num_pages))


class TabFilter(admin.SimpleListFilter):
    """The list opens on what waits."""

    title = "state"
    template = "comments/queue/_tabs.html"
    parameter_name = "status"

    def lookups(self, request, model_admin):
        return [(key, tab.name) for key, tab in TABS.items()]

    @property
    def key(self):
        return self.value() if self.value() in TABS else "pending"

    @property
    def tab(self):
        return TABS[self.key]

    def queryset(self, request, comments):
        return TABS[self.key].of(comments)

    def choices(self, changelist):
        for key, tab in TABS.items():
            query = changelist.get_query_string({self.parameter_name: key}, ["p"])
            number = tab.number(Comment.objects) if tab.is_work else ""
            yield {"selected": self.key == key, "query_string": query, "display": tab.name, "number": number}


class KindFilter(admin.SimpleListFilter):
    title = "kind"
    template = "comments/queue/_kinds.html"
    parameter_name = "kind"
    kinds = {
        "urgent": ("Danger signs", Q(urgency__gt=0)),
        "spam": ("Likely spam", Q(spam_score__gte=LIKELY_SPAM)),
        "other": ("Neither", Q(urgency=0) & (Q(spam_score=None) | Q(spam_score__lt=LIKELY_SPAM))),
    }

    def lookups(self, request, model_admin):
        return [(key, name) for key, (name, _) in self.kinds.items()]

    def queryset(self, request, comments):
        return comments.filter(self.kinds[self.value()][1]) if self.value() in self.kinds else comments


class ArticleFilter(admin.SimpleListFilter):
    """Narrows the list to one article, which a row's link names; offering them all would read the whole table."""

    title = "article"
    template = "comments/queue/_only.html"
    parameter_name = "article"

    def has_output(self):
        return True

    def lookups(self, request, model_admin):
        return []

    def queryset(self, request, comments):
        wanted = self.value() or ""
        return comments.filter(article__slug=wanted) if wanted else comments


class Queue(ChangeList):
    """A page of comments as the template reads them."""

    def get_ordering(self, request, queryset):
        return list(TABS.get(request.GET.get("status"), TABS["pending"]).ordering)

    def get_results(self, request):
        super().get_results(request)
        self.page_num = self.paginator.validate_number(self.page_num)
        # The page is found by its index alone; joins would tempt a database to begin with another table.
        keys = list(self.result_list.values_list("pk", flat=True))
        rows = Comment.objects.filter(pk__in=keys).select_related(*SHOWN_WITH)
        self.result_list = with_history(sorted(rows, key=lambda comment: keys.index(comment.pk)))


class DecisionInline(admin.TabularInline):
    model = Decision
    extra = 0
    fields = readonly_fields = ["at", "by", "act", "from_status", "to_status", "reason"]
    can_delete = False

    @admin.display(description="What")
    def act(self, decision):
        return decision.batch.get_act_display() if decision.batch else ""

    def has_add_permission(self, request, obj=None):
        return False


@admin.register(Comment)
class CommentAdmin(admin.ModelAdmin):
    """The queue. What its buttons do is in `comments.moderation`."""

    change_list_template = "comments/queue/list.html"
    change_form_template = "comments/queue/one.html"
    list_display = ["name"]
    list_filter = [TabFilter, KindFilter, ArticleFilter]
    list_per_page = 30
    search_fields = ["name", "body"]
    paginator = BoundedPaginator
    show_full_result_count = False
    actions = ["approve", "reject", "spam"]
    fields = readonly_fields = ["article", "parent", "status", "created_at"]
    inlines = [DecisionInline]

    def get_changelist(self, request, **kwargs):
        return Queue

    def has_add_permission(self, request):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def get_urls(self):
        return [path("press/", self.admin_site.admin_view(press.press), name="comments_press"), *super().get_urls()]

    def changelist_view(self, request, extra_context=None):
        """Django's list. "All that match" needs no tick beside it."""
        if request.POST.get("select_across") == "1" and ACTION_CHECKBOX_NAME not in request.POST:
            request.POST = request.POST.copy()
            request.POST[ACTION_CHECKBOX_NAME] = "0"
        return super().changelist_view(request, {**moderation.context(request.user), **(extra_context or {})})

    def change_view(self, request, object_id, form_url="", extra_context=None):
        return super().change_view(
            request, object_id, form_url, {**moderation.context(request.user), "next": request.path}
        )

    @admin.action(description="Approve", permissions=["change"])
    def approve(self, request, comments):
        return self._decide(request, comments, Act.APPROVE)

    @admin.action(description="Reject", permissions=["change"])
    def reject(self, request, comments):
        return self._decide(request, comments, Act.REJECT)

    @admin.action(description="Spam", permissions=["change"])
    def spam(self, request, comments):
        return self._decide(request, comments, Act.SPAM)

    def _decide(self, request, comments, act):
        form = press.BulkForm(request.POST)
        form.is_valid()
        return press.answer(request, form.decide(comments, act, by=request.user, tab=request.GET.get("status")))


class HistoryAdmin(SimpleHistoryAdmin):
    object_history_list_template = "comments/admin/history_list.html"

    def history_form_view(self, request, *args, **kwargs):
        """The library would let whoever may look at an earlier state go back to it, too."""
        if request.method == "POST" and not self.has_change_permission(request):
            raise PermissionDenied
        return super().history_form_view(request, *args, **kwargs)


@admin.register(Rule)
class RuleAdmin(HistoryAdmin):
    list_display = ["name", "kind", "language", "is_on"]
    list_filter = ["kind", "language", "is_on"]
    search_fields = ["name", "phrases"]


@admin.register(Reason)
class ReasonAdmin(HistoryAdmin):
    list_display = ["label", "sentence", "position", "is_offered"]


@admin.register(Policy)
class PolicyAdmin(HistoryAdmin):
    def has_add_permission(self, request):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


@admin.register(SpamCounts)
class SpamFilterAdmin(admin.ModelAdmin):
    """How far the spam filter has come: to be read, never to be changed by hand."""

    change_form_template = "comments/admin/spam_filter.html"
    fields = readonly_fields = ["spam", "ham"]

    def change_view(self, request, object_id, form_url="", extra_context=None):
        measured = {"title": "Spam filter", "measure": SpamCounts.measure()}
        return super().change_view(request, object_id, form_url, measured)

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


@admin.register(Watch)
class WatchAdmin(admin.ModelAdmin):
    """Everybody's own wishes for mail. Who has not said any gets the defaults."""

    list_display = ["user", "urgent", "digest", "quiet_from", "quiet_until"]
    exclude = ["user"]

    def get_queryset(self, request):
        return super().get_queryset(request).filter(user=request.user)

    def has_add_permission(self, request):
        return super().has_add_permission(request) and not self.get_queryset(request).exists()

    def has_delete_permission(self, request, obj=None):
        return False

    def save_model(self, request, watch, form, change):
        watch.user = request.user
        super().save_model(request, watch, form, change)
