"""What of sign-in an administrator sees: that somebody has a second factor, never the secret in it."""

from django.contrib import admin


class AuthenticatorAdmin(admin.ModelAdmin):
    """Taking one away helps a member of the staff who has lost it; the next sign-in leads to setting up another."""

    list_display = ["user", "type", "created_at", "last_used_at"]
    list_filter = ["type"]
    list_select_related = ["user"]
    fields = readonly_fields = ["user", "type", "created_at", "last_used_at"]

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False
