from django.contrib import admin, messages

from articles.models import Article, Author, Image, Publication, SignOff, Source, Topic, Version


@admin.register(Author)
class AuthorAdmin(admin.ModelAdmin):
    list_display = ["name", "job_title", "user"]
    search_fields = ["name"]
    prepopulated_fields = {"slug": ["name"]}

    def get_readonly_fields(self, request, obj=None):
        """Which account is whose decides in whose name it signs: that is for who answers for the accounts."""
        return [] if request.user.has_perm("auth.change_user") else ["user"]


@admin.register(Publication)
class PublicationAdmin(admin.ModelAdmin):
    def has_add_permission(self, request):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


@admin.register(Topic)
class TopicAdmin(admin.ModelAdmin):
    list_display = ["name", "position"]
    prepopulated_fields = {"slug": ["name"]}


@admin.register(Image)
class ImageAdmin(admin.ModelAdmin):
    list_display = ["title", "width", "height", "credit"]
    search_fields = ["title"]


@admin.register(Article)
class ArticleAdmin(admin.ModelAdmin):
    list_display = ["slug", "author", "first_published_at", "comment_policy"]
    list_select_related = ["author"]
    list_filter = ["topics", "author"]
    search_fields = ["slug", "versions__title"]
    filter_horizontal = ["topics"]
    view_on_site = True
    actions = ["retire"]

    def has_change_permission(self, request, obj=None):
        """Where a text lives and who answers for it is a publisher's decision once the public has read it."""
        was_public = obj is not None and obj.first_published_at is not None
        return super().has_change_permission(request, obj) and (not was_public or self.has_publish_permission(request))

    @admin.action(description="Retire: take from the public", permissions=["publish"])
    def retire(self, request, articles):
        retired = sum(article.retire(by=request.user) for article in articles)
        messages.success(request, f"{retired} articles are no longer public.")

    def has_publish_permission(self, request):
        return request.user.has_perm("articles.publish_article")


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
        done = sum(version.publish(by=request.user) for version in versions)
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
