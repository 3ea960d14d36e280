from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.db.models import Exists, OuterRef
from django.urls import path

from articles.admin import editor, retiring
from articles.models import Article, Version
from articles.workflow import State


@admin.register(Article)
class ArticleAdmin(admin.ModelAdmin):
    list_display = ["title", "state", "author", "first_published_at", "comment_policy"]
    list_select_related = ["author"]
    list_filter = ["topics", "author", retiring.LinksFilter]
    search_fields = ["slug", "versions__title"]
    ordering = ["-pk"]
    filter_horizontal = ["topics"]
    view_on_site = True
    actions = ["retire"]

    def get_queryset(self, request):
        """Each with what its list says of it: the newest text, and whether readers have one."""
        articles = super().get_queryset(request)
        # A title may be a draft's: for who may not see texts there is the address.
        if not request.user.has_perm("articles.view_version"):
            return articles
        is_public = Exists(Version.objects.due().filter(article=OuterRef("pk")))
        return articles.with_newest("title", "state", "publish_at").annotate(is_public=is_public)

    def get_search_fields(self, request):
        return self.search_fields if request.user.has_perm("articles.view_version") else ["slug"]

    def get_list_display(self, request):
        shown = super().get_list_display(request)
        return shown if request.user.has_perm("articles.view_version") else ["slug", *shown[2:]]

    @admin.display(ordering="newest_title")
    def title(self, article):
        return str(article)

    @admin.display(ordering="newest_state")
    def state(self, article):
        if not article.newest_state:
            return "Empty"
        newest = Version(state=article.newest_state, publish_at=article.newest_publish_at)
        words = newest.get_state_display()
        begun = article.is_public and (newest.state != State.PUBLISHED or newest.is_scheduled)
        return f"Published; {words.lower()}" if begun else words

    def has_add_permission(self, request):
        return super().has_add_permission(request) and request.user.has_perm("articles.add_version")

    def has_change_permission(self, request, obj=None):
        """Where a text lives and who answers for it is a publisher's decision once the public has read it."""
        was_public = obj is not None and obj.first_published_at is not None
        return super().has_change_permission(request, obj) and (not was_public or self.has_publish_permission(request))

    def has_delete_permission(self, request, obj=None):
        """What the public has read is retired, never deleted: its comments and reviews are somebody's words too."""
        was_public = obj is not None and obj.first_published_at is not None
        return super().has_delete_permission(request, obj) and not was_public

    def get_urls(self):
        """The editor's pages, before those of every model in the admin."""

        def route(address, view, name):
            return path(address, self.admin_site.admin_view(view), name=f"articles_article_{name}")

        def of_none(view):
            return lambda request: view(request, self)

        def of_one(view):
            return lambda request, pk: view(request, self, editor.find_article(pk))

        own = [
            route("autosave/", of_none(editor.autosave), "autosave_new"),
            route("preview/", of_none(editor.preview), "preview_new"),
            route("pictures/", of_none(editor.pictures), "pictures"),
            route("links/", of_none(editor.links), "links"),
            route("<int:pk>/autosave/", of_one(editor.autosave), "autosave"),
            route("<int:pk>/preview/", of_one(editor.preview), "preview"),
        ]
        theirs = super().get_urls()
        for pattern in theirs:
            pattern.callback = editor.kept_when_signed_out(pattern.callback)
        return [*own, *theirs]

    def add_view(self, request, form_url="", extra_context=None):
        if not self.has_add_permission(request):
            return super().add_view(request, form_url, extra_context)
        return editor.edit(self, request)

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """The editor, for who may see texts; for others what Django's admin shows of the settings."""
        article = self.get_object(request, unquote(object_id))
        if article is None or not request.user.has_perm("articles.view_version"):
            return super().change_view(request, object_id, form_url, extra_context)
        return editor.edit(self, request, article)

    @admin.action(description="Retire: take from the public", permissions=["publish"])
    def retire(self, request, articles):
        return retiring.ask_and_retire(self, request, articles)

    def has_publish_permission(self, request):
        return request.user.has_perm("articles.publish_article")
