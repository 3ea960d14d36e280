from django.contrib import admin

from articles.models import Image


@admin.register(Image)
class ImageAdmin(admin.ModelAdmin):
    list_display = ["title", "width", "height", "credit"]
    search_fields = ["title"]
