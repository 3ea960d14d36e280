from django.db import migrations

from cramps_site.roles import make_groups


class Migration(migrations.Migration):
    dependencies = [
        ("cramps_site", "0001_roles"),
        ("comments", "0003_standards"),
        ("articles", "0004_closing_comments"),
    ]
    operations = [migrations.RunPython(lambda apps, schema_editor: make_groups(apps), migrations.RunPython.noop)]
