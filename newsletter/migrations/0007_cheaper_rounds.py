"""Each message is two updates of its row: the first touches no index any more, and finds room beside it."""

from django.db import migrations, models

FILL = 70
"""Per cent of a page that new rows take. PostgreSQL leaves every index alone where the new row fits on the same page."""


def leave_room(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f"ALTER TABLE newsletter_delivery SET (fillfactor = {FILL})")


def leave_none(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE newsletter_delivery RESET (fillfactor)")


class Migration(migrations.Migration):
    dependencies = [("newsletter", "0006_one_sending_policy")]

    operations = [
        migrations.RemoveIndex(model_name="delivery", name="delivery_accepted"),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                fields=["issue", "accepted_at"], name="delivery_accepted", condition=models.Q(accepted_at__isnull=False)
            ),
        ),
        migrations.RunPython(leave_room, leave_none),
    ]
