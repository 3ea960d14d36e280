from django.db import migrations

from cramps_site.roles import make_groups


class Migration(migrations.Migration):
    dependencies = [
        ("cramps_site", "0002_roles_of_moderation"),
        ("comments", "0006_spam_filter"),
        ("newsletter", "0006_one_sending_policy"),
    ]
    operations = [migrations.RunPython(lambda apps, schema_editor: make_groups(apps), migrations.RunPython.noop)]
