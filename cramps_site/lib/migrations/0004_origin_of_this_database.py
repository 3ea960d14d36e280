from django.db import migrations

from cramps_site.lib.models import FINGERPRINT


def remember(apps, schema_editor):
    """From the start, so that a backup from before the first mail is known as well."""
    Origin, fingerprint = apps.get_model("lib", "Origin"), ""
    if schema_editor.connection.vendor == "postgresql":
        with schema_editor.connection.cursor() as cursor:
            cursor.execute(FINGERPRINT.format(table=Origin._meta.db_table))
            fingerprint = cursor.fetchone()[0]
    Origin.objects.get_or_create(pk=1, defaults={"fingerprint": fingerprint})


class Migration(migrations.Migration):
    dependencies = [("lib", "0003_restored_copies")]
    operations = [migrations.RunPython(remember, migrations.RunPython.noop)]
