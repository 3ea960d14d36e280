from django.db import migrations

from cramps_site.roles import make_groups


class Migration(migrations.Migration):
    dependencies = [("cramps_site", "0004_role_of_operators"), ("articles", "0023_pages_of_other_sites")]
    operations = [migrations.RunPython(lambda apps, schema_editor: make_groups(apps), migrations.RunPython.noop)]
