from django.db import models

from articles import renditions
from articles.models.publication import Shown


class Image(Shown):
    """A picture and its renditions, which are written when it is saved: rendering a page never probes the storage."""

    title = models.CharField(max_length=120, help_text="For finding it again; readers do not see it.")
    file = models.ImageField(upload_to="originals/", width_field="width", height_field="height")
    width = models.PositiveIntegerField(editable=False, default=0)
    height = models.PositiveIntegerField(editable=False, default=0)
    credit = models.CharField(max_length=200, blank=True)
    renditions = models.JSONField(editable=False, default=list)

    class Meta:
        ordering = ["title"]

    def __str__(self):
        return self.title

    def save(self, *args, **kwargs):
        """Save, and write the renditions when the file is a new one."""
        is_new = bool(self.file) and not self.file._committed
        if is_new:
            self.renditions = renditions.write(self.file)
        super().save(*args, **kwargs)

    @property
    def sources(self):
        """For <picture>: {"type": MIME type, "srcset": ...} per format, the best first."""
        return renditions.sources(self.renditions)

    @property
    def fallback(self):
        """The address for <img>: a picture that every browser shows."""
        return renditions.fallback(self.renditions)

    @property
    def thumbnail(self):
        """The address of the smallest picture that every browser shows."""
        return renditions.thumbnail(self.renditions)

    @property
    def widest(self):
        """The rendition for programs that show links: the largest one that all of them know."""
        return renditions.widest(self.renditions)
