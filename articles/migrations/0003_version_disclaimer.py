from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("articles", "0002_publication"),
    ]

    operations = [
        migrations.AddField(
            model_name="version",
            name="disclaimer",
            field=models.TextField(blank=True, help_text="Plain text, shown in place of the site's own disclaimer."),
        ),
    ]
