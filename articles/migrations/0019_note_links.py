import re
from urllib.parse import urlsplit

from django.conf import settings
from django.db import migrations

HREF = re.compile(r'<a href="([^"]+)"')
ARTICLE = re.compile(r"/articles/([-\w]+)/?")


def slugs_in(html):
    paths = [urlsplit(address.removeprefix(settings.SITE_URL)).path for address in HREF.findall(html)]
    return {match[1] for match in map(ARTICLE.fullmatch, paths) if match}


def note_links(apps, schema_editor):
    """Note what the texts link to that were saved before links were noted."""
    Article, Redirect, Version, InternalLink = (
        apps.get_model("articles", name) for name in ("Article", "Redirect", "Version", "InternalLink")
    )
    places = dict(Redirect.objects.filter(article__isnull=False).values_list("slug", "article"))
    places |= dict(Article.objects.values_list("slug", "pk"))
    for pk, html in Version.objects.filter(html__contains="/articles/").values_list("pk", "html").iterator():
        targets = {places[slug] for slug in slugs_in(html) if slug in places}
        InternalLink.objects.bulk_create([InternalLink(version_id=pk, target_id=target) for target in targets])


class Migration(migrations.Migration):
    dependencies = [("articles", "0018_addresses_stay")]
    operations = [migrations.RunPython(note_links, migrations.RunPython.noop)]
