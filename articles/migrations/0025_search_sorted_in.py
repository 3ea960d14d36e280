from django.db import migrations

INDEXES = ("articles_search_words", "articles_search_title_words")


def sort_in(apps, schema_editor):
    """On PostgreSQL: what is written is sorted into the index at once, for those who search (see articles.search)."""
    if schema_editor.connection.vendor == "postgresql":
        for name in INDEXES:
            schema_editor.execute(f"ALTER INDEX {name} SET (fastupdate = off)")


class Migration(migrations.Migration):
    dependencies = [("articles", "0024_note_pages_of_other_sites")]
    operations = [migrations.RunPython(sort_in, migrations.RunPython.noop)]
