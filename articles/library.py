"""Says where the pictures of the library are used: in texts of any state, above them, and beside authors' names."""

from django.db.models import Exists, OuterRef, Q

from articles.models import Author, Image, ImageUse, Version


def versions_with(image):
    """Texts that show a picture, or have it above them, the newest first."""
    shown = ImageUse.objects.filter(image=image).values("version")
    return Version.objects.filter(Q(lead_image=image) | Q(pk__in=shown)).select_related("article").order_by("-pk")


def authors_with(image):
    return Author.objects.filter(photo=image).order_by("name")


def unused(images=None):
    """Those of some pictures, or of all, that nothing shows."""
    uses = (
        ImageUse.objects.filter(image=OuterRef("pk")),
        Version.objects.filter(lead_image=OuterRef("pk")),
        Author.objects.filter(photo=OuterRef("pk")),
    )
    images = Image.objects.all() if images is None else images
    return images.exclude(Exists(uses[0])).exclude(Exists(uses[1])).exclude(Exists(uses[2]))
