from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("articles", "0006_when_reviews_lapse")]
    operations = [
        migrations.AlterField(
            model_name="signoff",
            name="lapses_at",
            field=models.DateTimeField(db_index=True),
        )
    ]
