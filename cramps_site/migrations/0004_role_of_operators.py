from django.db import migrations

from cramps_site.roles import make_groups


class Migration(migrations.Migration):
    dependencies = [("cramps_site", "0003_roles_of_newsletter"), ("newsletter", "0006_one_sending_policy")]
    operations = [migrations.RunPython(lambda apps, schema_editor: make_groups(apps), migrations.RunPython.noop)]
