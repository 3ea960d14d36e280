"""Content hashes take in the lead image, its description and the correction. Every text is sealed anew, and with it what
was signed or asked for exactly that text; a sign-off of another text stays one of another text."""

import hashlib
import json

from django.db import migrations
from django.db.models import Value
from django.db.models.functions import Concat, Left

TEXTS = ("title", "summary", "body", "disclaimer", "lead_image_alt", "correction")


def seal(version):
    cited = version.sources.order_by("position", "pk").values_list("title", "publisher", "url")
    signed = [*(getattr(version, name) for name in TEXTS), version.lead_image_id]
    return hashlib.sha256(json.dumps([*signed, [list(source) for source in cited]]).encode()).hexdigest()


def seal_all(apps, schema_editor):
    def get(name):
        return apps.get_model("articles", name).objects

    for version in get("Version").iterator(chunk_size=200):
        old, new = version.content_hash, seal(version)
        get("Version").filter(pk=version.pk).update(content_hash=new)
        for bound in ("SignOff", "ReviewRequest"):
            get(bound).filter(version=version.pk, content_hash=old).update(content_hash=new)
        # What was imported and not touched since is known by the first half of its hash.
        imported = get("Article").filter(pk=version.article_id, source_hash__endswith=old[:32])
        imported.exclude(source_hash="").update(source_hash=Concat(Left("source_hash", 32), Value(new[:32])))


class Migration(migrations.Migration):
    dependencies = [("articles", "0020_sign_offs_taken_back")]
    operations = [migrations.RunPython(seal_all, migrations.RunPython.noop, elidable=False)]
