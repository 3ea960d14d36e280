from datetime import timedelta

from django.db import migrations
from django.db.models import F


def set_lapses_at(apps, schema_editor):
    """Until now every review held for two years."""
    apps.get_model("articles", "SignOff").objects.update(lapses_at=F("signed_at") + timedelta(days=730))


class Migration(migrations.Migration):
    dependencies = [("articles", "0005_versions_and_moves")]
    operations = [migrations.RunPython(set_lapses_at, migrations.RunPython.noop)]
