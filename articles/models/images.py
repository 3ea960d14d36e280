from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import models, transaction

from articles import pictures, renditions
from articles.models.publication import Shown, ShownQuerySet


class ImageQuerySet(ShownQuerySet):
    def delete(self):
        """Each by itself, so that its files go with it."""
        with transaction.atomic(using=self.db):
            return len([image.delete() for image in self]), {}

    delete.alters_data = True
    delete.queryset_only = True


class Image(Shown):
    """A picture and its renditions, which are written when it is saved: rendering a page never probes the storage.

    What was uploaded is not kept. `file` is drawn from its pixels, and `digest` (SHA-256, hex) is theirs, so that one
    picture is in the library once, whatever its files were called."""

    title = models.CharField(max_length=120, help_text="For finding it again; readers do not see it.")
    file = models.FileField(
        upload_to="pictures/", help_text="JPEG, PNG, WebP or AVIF. Only the pixels are kept: no place, no camera."
    )
    digest = models.CharField(max_length=64, unique=True, null=True, editable=False)  # noqa: DJ001 unique
    width = models.PositiveIntegerField(editable=False, default=0)
    height = models.PositiveIntegerField(editable=False, default=0)
    credit = models.CharField(max_length=200, blank=True, help_text="Shown below it: who made it, its licence.")
    renditions = models.JSONField(editable=False, default=list)

    objects = ImageQuerySet.as_manager()

    class Meta:
        ordering = ["title"]

    def __str__(self):
        return self.title

    def clean(self):
        """ValidationError with a sentence if the new file is no picture, one that the library has, or in another's
        place that somebody may have signed."""
        if not self._is_new:
            return
        self._refuse_a_swap()
        try:
            self._pixels = pictures.read(self.file)
        except ValidationError as refused:
            raise ValidationError({"file": refused.messages}) from refused
        same = Image.objects.filter(digest=pictures.digest(self._pixels)).exclude(pk=self.pk).first()
        if same:
            raise ValidationError({"file": f"The library has this picture already: “{same}”. Use that one."})

    def save(self, *args, **kwargs):
        """Save, and write the renditions when the file is a new one. ValidationError if it is no picture."""
        before = Image.objects.filter(pk=self.pk).first() if self._is_new else None
        if self._is_new:
            self._refuse_a_swap()
            self._take(vars(self).pop("_pixels", None) or pictures.read(self.file))
        with transaction.atomic():
            super().save(*args, **kwargs)
            for use in self.uses.select_related("version__article"):
                use.version.render_anew()
        if before:
            transaction.on_commit(lambda: before.delete_files(kept=self))

    def delete(self, *args, **kwargs):
        """Delete it, its files too: whoever takes back the picture of a child wants it gone."""
        with transaction.atomic():
            deleted = super().delete(*args, **kwargs)
            transaction.on_commit(self.delete_files)
        return deleted

    @property
    def _is_new(self):
        return bool(self.file) and not self.file._committed

    def _refuse_a_swap(self):
        """A text keeps its pictures, as it keeps its words: what is signed names a picture by its number alone."""
        # The library looks at texts, and stands above this module.
        from articles.library import versions_with

        shown = versions_with(self).first() if self.pk else None
        if shown:
            words = f"“{shown}” shows this picture. Add the new one as a picture of its own, and choose it there."
            raise ValidationError({"file": words})

    def _take(self, pixels):
        self.width, self.height = pixels.size
        self.digest = pictures.digest(pixels)
        self.renditions = renditions.write(pixels)
        self.file = ContentFile(pictures.master(pixels), name=f"{self.digest[:20]}.webp")

    def delete_files(self, kept=None):
        """Delete what was written for it, but for what `kept` was drawn to as well."""
        shared = {kept.file.name, *renditions.names(kept.renditions)} if kept else set()
        for name in {self.file.name, *renditions.names(self.renditions)} - shared:
            default_storage.delete(name)

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


class ImageUse(models.Model):
    """That the text of a version shows a picture of the library. Written when the version is saved."""

    version = models.ForeignKey("articles.Version", on_delete=models.CASCADE, related_name="image_uses")
    image = models.ForeignKey(Image, on_delete=models.PROTECT, related_name="uses")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["version", "image"], name="one_use_per_version_and_image")]

    def __str__(self):
        return f"{self.image} in {self.version}"
