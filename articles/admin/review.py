from datetime import timedelta

from django.contrib import admin
from django.utils import timezone

from articles.models import SignOff
from cramps_site.lib.admin import ReadOnly

SOON = timedelta(days=30)


class Lapsing(admin.SimpleListFilter):
    """What has to be looked at again: reviews of what readers see that end soon, or have ended."""

    title = "end"
    parameter_name = "end"

    def lookups(self, request, model_admin):
        return [("soon", "lapses within 30 days, or has lapsed"), ("lapsed", "has lapsed")]

    def queryset(self, request, sign_offs):
        before = {"soon": timezone.now() + SOON, "lapsed": timezone.now()}.get(self.value())
        return sign_offs.lapsing(before) if before else sign_offs


@admin.register(SignOff)
class SignOffAdmin(ReadOnly):
    """All reviews that were signed. They are signed on the page of a version, or by a mailed link."""

    list_display = ["version", "reviewer", "signed_at", "lapses_at"]
    list_select_related = ["version", "reviewer"]
    list_filter = [Lapsing]
    search_fields = ["version__title", "reviewer__name"]
