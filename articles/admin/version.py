from django.contrib import admin, messages
from django.core.exceptions import ValidationError

from articles.models import Author, SignOff, Source, Version


class SourceInline(admin.TabularInline):
    model = Source
    extra = 1


class SignOffInline(admin.TabularInline):
    model = SignOff
    extra = 0
    fields = readonly_fields = ["reviewer", "signed_at", "content_hash"]
    can_delete = False

    def has_add_permission(self, request, obj=None):
        return False


@admin.register(Version)
class VersionAdmin(admin.ModelAdmin):
    list_display = ["title", "article", "state", "publish_at", "words", "created_at"]
    list_select_related = ["article"]
    list_filter = ["state"]
    search_fields = ["title", "body"]
    autocomplete_fields = ["article", "lead_image"]
    readonly_fields = ["state", "publish_at", "words", "minutes"]
    inlines = [SourceInline, SignOffInline]
    actions = ["publish", "succeed", "sign_off"]

    def has_change_permission(self, request, obj=None):
        """What was published is succeeded, never edited."""
        return super().has_change_permission(request, obj) and (obj is None or obj.is_editable)

    def has_delete_permission(self, request, obj=None):
        return super().has_delete_permission(request, obj) and (obj is None or obj.is_editable)

    def has_publish_permission(self, request):
        return request.user.has_perm("articles.publish_article")

    def has_sign_off_permission(self, request):
        return request.user.has_perm("articles.add_signoff")

    def save_model(self, request, version, form, change):
        if not change:
            version.created_by = request.user
        super().save_model(request, version, form, change)

    @admin.action(description="Publish now", permissions=["publish"])
    def publish(self, request, versions):
        try:
            done = sum(version.publish(by=request.user) for version in versions)
        except ValidationError as refused:
            for sentence in refused.messages:
                messages.error(request, sentence)
            return
        messages.success(request, f"{done} of {len(versions)} versions went live; the others were no drafts any more.")

    @admin.action(description="Begin a new version of it", permissions=["add"])
    def succeed(self, request, versions):
        drafts = [version.successor(by=request.user) for version in versions]
        messages.success(
            request, f"{len(drafts)} drafts begun; the public reads the present text until one is published."
        )

    @admin.action(description="Sign off this exact text as medical reviewer", permissions=["sign_off"])
    def sign_off(self, request, versions):
        reviewer = Author.objects.filter(user=request.user).first()
        if reviewer is None:
            messages.error(
                request,
                "Your account belongs to no author, so the page could not name you. Ask an administrator to link it.",
            )
            return
        for version in versions:
            version.sign_off(by=reviewer)
        messages.success(
            request, f"Signed: {len(versions)} texts. A later change of a letter takes the claim from the page."
        )
