import re
from html import unescape

from django.conf import settings
from django.db import migrations

HREF = re.compile(r'<a href="([^"]+)"')


def note_uses(apps, schema_editor):
    """Note which pages of other sites the texts name that were saved before these were noted."""
    Version, Source, Link, Use = (
        apps.get_model("articles", name) for name in ("Version", "Source", "ExternalLink", "ExternalUse")
    )
    for pk, html in Version.objects.values_list("pk", "html").iterator():
        found = {*map(unescape, HREF.findall(html)), *Source.objects.filter(version=pk).values_list("url", flat=True)}
        urls = {url.partition("#")[0] for url in found if url.startswith(("http://", "https://"))}
        foreign = {url for url in urls if not f"{url}/".startswith(f"{settings.SITE_URL}/") and len(url) <= 500}
        Link.objects.bulk_create([Link(url=url) for url in foreign], ignore_conflicts=True)
        Use.objects.bulk_create([Use(version_id=pk, link=link) for link in Link.objects.filter(url__in=foreign)])


class Migration(migrations.Migration):
    dependencies = [("articles", "0023_pages_of_other_sites")]
    operations = [migrations.RunPython(note_uses, migrations.RunPython.noop)]
