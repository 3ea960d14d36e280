from django.contrib import admin, messages

from articles.models import Article


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
