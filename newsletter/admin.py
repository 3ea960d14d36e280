from django.contrib import admin

from newsletter.models import Consent, Issue, IssueArticle, Subscriber


class ConsentInline(admin.TabularInline):
    model = Consent
    extra = 0
    fields = readonly_fields = ["fact", "at", "wording"]
    can_delete = False

    def has_add_permission(self, request, obj=None):
        return False


@admin.register(Subscriber)
class SubscriberAdmin(admin.ModelAdmin):
    list_display = ["email", "asked_at", "confirmed_at", "left_at"]
    search_fields = ["email"]
    fields = readonly_fields = ["email", "asks", "asked_at", "confirmed_at", "left_at", "bounced_at", "complained_at"]
    inlines = [ConsentInline]

    def has_add_permission(self, request):
        return False


class IssueArticleInline(admin.TabularInline):
    model = IssueArticle
    extra = 1
    autocomplete_fields = ["article"]


@admin.register(Issue)
class IssueAdmin(admin.ModelAdmin):
    list_display = ["subject", "sent_at"]
    prepopulated_fields = {"slug": ["subject"]}
    inlines = [IssueArticleInline]
