from django.db import migrations

from articles.search import indexing


def install(apps, schema_editor):
    indexing.execute(indexing.index().INSTALL)


def uninstall(apps, schema_editor):
    indexing.execute(indexing.index().UNINSTALL)


class Migration(migrations.Migration):
    dependencies = [("articles", "0009_search")]
    operations = [migrations.RunPython(install, uninstall)]
