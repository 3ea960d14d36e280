from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import migrations

from articles import pictures, renditions


def draw_anew(apps, schema_editor):
    """Replace what was uploaded, with all that it may say of a place or a camera, by what is drawn from its pixels."""
    Image = apps.get_model("articles", "Image")
    for image in Image.objects.filter(digest=None).iterator():
        uploaded, storage = image.file.name, image.file.storage
        try:
            with image.file.open("rb") as file:
                pixels = pictures.read(file)
        except (FileNotFoundError, ValidationError):
            continue
        digest = pictures.digest(pixels)
        image.width, image.height = pixels.size
        image.digest = None if Image.objects.filter(digest=digest).exists() else digest
        image.renditions = renditions.write(pixels)
        image.file.save(f"{digest[:20]}.webp", ContentFile(pictures.master(pixels)), save=False)
        image.save()
        storage.delete(uploaded)


class Migration(migrations.Migration):
    dependencies = [("articles", "0014_pictures_by_their_pixels")]
    operations = [migrations.RunPython(draw_anew, migrations.RunPython.noop)]
