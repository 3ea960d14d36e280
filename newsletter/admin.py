from django.contrib import admin

from newsletter import people
from newsletter.admin_issues import DigestAdmin, IssueAdmin, SendingPolicyAdmin
from newsletter.admin_lists import ListsMixin
from newsletter.models import Bounce, Consent, State, Subscriber

__all__ = ["BounceAdmin", "DigestAdmin", "IssueAdmin", "SendingPolicyAdmin", "SubscriberAdmin"]


class ConsentInline(admin.TabularInline):
    model = Consent
    extra = 0
    fields = readonly_fields = ["fact", "at", "wording"]
    can_delete = False

    def has_add_permission(self, request, obj=None):
        return False


class StateFilter(admin.SimpleListFilter):
    title = parameter_name = "state"

    def lookups(self, request, model_admin):
        return State.choices

    def queryset(self, request, subscribers):
        return subscribers.in_state(self.value()) if self.value() in State.values else subscribers


@admin.register(Subscriber)
class SubscriberAdmin(ListsMixin, admin.ModelAdmin):
    """Facts are read here, never edited: only a subscriber's own presses change them. Deleting is erasing."""

    list_display = ["email", "state_words", "frequency", "asked_at", "confirmed_at", "left_at"]
    list_filter = [StateFilter, "topics", "frequency"]
    search_fields = ["email", "normalised"]
    list_per_page = 50
    show_full_result_count = False
    fields = readonly_fields = [
        "email", "state_words", "topics", "frequency", "paused_until", "asks", "asked_at", "confirmed_at", "left_at",
        "bounced_at", "complained_at", "bounce_score",
    ]  # fmt: skip
    inlines = [ConsentInline]

    @admin.display(description="State")
    def state_words(self, subscriber):
        return subscriber.state.label

    def has_add_permission(self, request):
        return False

    def delete_model(self, request, subscriber):
        people.erase(subscriber)

    def delete_queryset(self, request, subscribers):
        for subscriber in subscribers:
            people.erase(subscriber)


@admin.register(Bounce)
class BounceAdmin(admin.ModelAdmin):
    """What came back, to be read: scoring alone writes it, and the worker forgets it."""

    list_display = ["subscriber_email", "kind", "issue", "at", "reason"]
    list_filter = ["kind", "on"]
    list_select_related = ["subscriber", "issue"]
    search_fields = ["subscriber__email", "subscriber__normalised"]
    ordering = ["-pk"]
    list_per_page = 50
    show_full_result_count = False
    fields = readonly_fields = ["subscriber_email", "kind", "issue", "at", "reason"]

    @admin.display(description="Address")
    def subscriber_email(self, bounce):
        return bounce.subscriber.email

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False
