from django.contrib import admin, messages
from django.db.models import Exists, OuterRef
from django.template.loader import render_to_string
from django.utils import timezone

from articles.models import ExternalLink, ExternalUse, Version

SHOWN = 50
"""Of the texts with a link, how many its page names."""


class StateFilter(admin.SimpleListFilter):
    title, parameter_name = "state", "is"

    def lookups(self, request, model_admin):
        return [("failing", "Does not work any more"), ("moved", "Moved for good"), ("ignored", "Left alone")]

    def queryset(self, request, links):
        chosen = {
            "failing": lambda: links.failing(),
            "moved": lambda: links.live().exclude(moved_to=""),
            "ignored": lambda: links.exclude(ignored_at=None),
        }
        return chosen.get(self.value(), lambda: links)()


@admin.register(ExternalLink)
class ExternalLinkAdmin(admin.ModelAdmin):
    """What became of pages that texts link to or cite. The worker asks for each about once a week."""

    list_display = ["url", "answer", "failing_since", "checked_at"]
    list_filter = [StateFilter]
    search_fields = ["url"]
    fields = readonly_fields = [
        "page", "answer", "moved_to", "failing_since", "checked_at", "ignored_at", "in_texts",
    ]  # fmt: skip
    actions = ["ignore", "heed"]

    def get_queryset(self, request):
        """Those that some text names: saving while somebody types leaves halves of addresses behind."""
        return super().get_queryset(request).filter(Exists(ExternalUse.objects.filter(link=OuterRef("pk"))))

    def has_add_permission(self, request):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """To be read: there is nothing to save."""
        nothing_to_save = {"show_save": False, "show_save_and_continue": False}
        return super().change_view(request, object_id, form_url, nothing_to_save)

    @admin.display(description="Page")
    def page(self, link):
        return render_to_string("admin/articles/externallink/_page.html", {"link": link})

    @admin.display(description="What it answered", ordering="status")
    def answer(self, link):
        return f"{link.status or ''} {link.words}".strip() or "-"

    @admin.display(description="In these texts")
    def in_texts(self, link):
        versions = Version.objects.filter(external_uses__link=link)[:SHOWN]
        return render_to_string("admin/articles/externallink/_uses.html", {"versions": versions})

    @admin.action(description="Leave alone: do not ask for it any more", permissions=["change"])
    def ignore(self, request, links):
        messages.success(request, f"Left alone: {links.filter(ignored_at=None).update(ignored_at=timezone.now())}.")

    @admin.action(description="Ask for it again", permissions=["change"])
    def heed(self, request, links):
        messages.success(request, f"To be asked for soon: {links.update(ignored_at=None, checked_at=None)}.")
