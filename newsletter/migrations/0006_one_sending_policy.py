from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("newsletter", "0005_issue_options")]
    operations = [
        migrations.RunPython(
            lambda apps, schema_editor: apps.get_model("newsletter", "SendingPolicy").objects.get_or_create(pk=1),
            migrations.RunPython.noop,
        )
    ]
