"""What waits to be done, for an administrator to look at. Nothing is changed here."""

from django.contrib import admin

from cramps_site.lib.models import Job, OutgoingMail


class ReadOnly(admin.ModelAdmin):
    list_display_links = None

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


@admin.register(OutgoingMail)
class OutgoingMailAdmin(ReadOnly):
    list_display = ["kind", "due_at", "started_at", "accepted_at", "failed_at", "attempts", "error"]
    list_filter = ["kind", ("failed_at", admin.EmptyFieldListFilter), ("accepted_at", admin.EmptyFieldListFilter)]
    ordering = ["-pk"]


@admin.register(Job)
class JobAdmin(ReadOnly):
    list_display = ["name", "due_at"]
    ordering = ["due_at"]
