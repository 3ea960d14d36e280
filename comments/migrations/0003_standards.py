from django.db import migrations
from django.db.models import F

from comments.standards import make_standards


def place_in_queue(apps, schema_editor):
    """What was there before stands where it came in."""
    apps.get_model("comments", "Comment").objects.update(queue_at=F("created_at"))


class Migration(migrations.Migration):
    dependencies = [("comments", "0002_moderation")]
    operations = [
        migrations.RunPython(lambda apps, schema_editor: make_standards(apps), migrations.RunPython.noop),
        migrations.RunPython(place_in_queue, migrations.RunPython.noop),
    ]
