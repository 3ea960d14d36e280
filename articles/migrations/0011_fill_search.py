from django.db import migrations

from articles.search import indexing


def fill(apps, schema_editor):
    indexing.rebuild(*(apps.get_model("articles", name) for name in ("Version", "SearchEntry", "SearchWord")))


class Migration(migrations.Migration):
    dependencies = [("articles", "0010_search_index")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
