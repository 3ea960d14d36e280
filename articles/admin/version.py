from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.urls import path
from django.views.decorators.http import require_POST, require_safe

from articles.admin import reading
from articles.models import Version


@admin.register(Version)
class VersionAdmin(admin.ModelAdmin):
    """All texts that there are and were. They are written in the editor (articles.admin.editor), and read here."""

    list_display = ["title", "standing", "publish_at", "edited_at", "edited_by"]
    list_select_related = ["edited_by"]
    list_filter = ["state"]
    search_fields = ["title", "body"]

    @admin.display(description="state", ordering="state")
    def standing(self, version):
        return version.get_state_display()

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return super().has_delete_permission(request, obj) and (obj is None or obj.is_editable)

    def get_urls(self):
        def route(address, view, name):
            def of_one(request, pk):
                if not self.has_view_permission(request):
                    raise PermissionDenied
                return view(self, request, reading.find(pk))

            method = require_POST if name == "press" else require_safe
            return path(address, self.admin_site.admin_view(method(of_one)), name=f"articles_version_{name}")

        own = [
            route("<int:pk>/press/", reading.press, "press"),
            route("<int:pk>/difference/", reading.difference, "difference"),
        ]
        return [*own, *super().get_urls()]

    def change_view(self, request, object_id, form_url="", extra_context=None):
        version = self.get_object(request, unquote(object_id))
        if version is None:
            return super().change_view(request, object_id, form_url, extra_context)
        if request.method != "GET" or not self.has_view_permission(request, version):
            raise PermissionDenied
        return reading.page(self, request, reading.find(version.pk))
