from django.contrib import admin
from django.template.loader import render_to_string

from articles import library
from articles.models import Image


class UseFilter(admin.SimpleListFilter):
    title, parameter_name = "use", "use"

    def lookups(self, request, model_admin):
        return [("none", "Shown nowhere")]

    def queryset(self, request, images):
        return library.unused(images) if self.value() == "none" else images


@admin.register(Image)
class ImageAdmin(admin.ModelAdmin):
    """The library. What is in use cannot be deleted: the page that refuses says where it is used."""

    list_display = ["picture", "title", "credit", "width", "height", "in_texts"]
    list_display_links = ["picture", "title"]
    list_filter = [UseFilter]
    list_per_page = 48
    search_fields = ["title", "credit"]
    fields = ["title", "file", "credit", "picture", "in_texts", "where_used"]
    readonly_fields = ["picture", "in_texts", "where_used"]

    def get_fields(self, request, obj=None):
        return self.fields if obj else ["title", "file", "credit"]

    @admin.display(description="Picture")
    def picture(self, image):
        return render_to_string("admin/articles/image/_picture.html", {"image": image})

    @admin.display(description="In a text")
    def in_texts(self, image):
        return f"![what it shows](image:{image.pk})"

    @admin.display(description="Where it is used")
    def where_used(self, image):
        uses = {"versions": library.versions_with(image), "authors": library.authors_with(image)}
        return render_to_string("admin/articles/image/_uses.html", uses)
