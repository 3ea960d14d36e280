from django.db import migrations

from comments.standards import make_standards


class Migration(migrations.Migration):
    dependencies = [("comments", "0004_points")]
    operations = [migrations.RunPython(lambda apps, schema_editor: make_standards(apps), migrations.RunPython.noop)]
