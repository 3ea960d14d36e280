"""The pictures of a WordPress site, taken from a copy of its folder of uploads."""

import pytest
from django.core.management import call_command
from PIL import Image as Picture

from articles.models import Article, Image, Version

pytestmark = pytest.mark.django_db

EXPORT = """<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"
 xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:wp="http://wordpress.org/export/1.2/"><channel>
<link>https://old.test</link><wp:wxr_version>1.2</wp:wxr_version>
<item><title>Featured</title><wp:post_id>7</wp:post_id><wp:post_type>attachment</wp:post_type>
<wp:attachment_url>https://old.test/wp-content/uploads/2020/03/calf.png</wp:attachment_url>
<wp:postmeta><wp:meta_key>_wp_attachment_image_alt</wp:meta_key><wp:meta_value>A calf.</wp:meta_value></wp:postmeta></item>
<item><title>Cramps</title><wp:post_id>1</wp:post_id><wp:post_type>post</wp:post_type><wp:status>publish</wp:status>
<wp:post_date_gmt>2020-01-01 08:00:00</wp:post_date_gmt>
<wp:postmeta><wp:meta_key>_thumbnail_id</wp:meta_key><wp:meta_value>7</wp:meta_value></wp:postmeta>
<content:encoded><![CDATA[<p>Stretch it.</p>
<p><img src="https://old.test/wp-content/uploads/2020/03/stretch-300x200.png" alt="A stretch."></p>
<p><img src="https://old.test/wp-content/uploads/2020/03/calf.png" alt="The calf again."></p>
<p><img src="https://old.test/wp-content/uploads/2020/03/broken.png" alt="Broken."></p>
<p><img src="https://old.test/wp-content/uploads/2020/03/secret.png" alt="Secret."></p>
<p><img src="https://old.test/wp-content/uploads/2020/03/lost.png" alt="Lost."></p>]]></content:encoded></item>
</channel></rss>"""


@pytest.fixture
def export(tmp_path):
    path = tmp_path / "export.xml"
    path.write_text(EXPORT)
    return path


@pytest.fixture
def uploads(tmp_path):
    folder = tmp_path / "uploads"
    (folder / "2020/03").mkdir(parents=True)
    for name, colour in {"calf": "teal", "stretch": "plum"}.items():
        Picture.new("RGB", (30, 20), colour).save(folder / f"2020/03/{name}.png")
    (folder / "2020/03/broken.png").write_text("no picture")
    Picture.new("RGB", (30, 20), "red").save(tmp_path / "secret.png")
    (folder / "2020/03/secret.png").symlink_to(tmp_path / "secret.png")
    return folder


@pytest.fixture
def bring_in(export, uploads, capsys):
    def bring_in(media=uploads, **options):
        call_command("import_wordpress", str(export), media=media, publish=True, **options)
        return capsys.readouterr().out

    return bring_in


class ThePicturesOfAnExport:
    def test_come_into_the_library_once_and_stand_in_the_text_and_on_the_page(self, bring_in, client):
        bring_in()
        assert sorted(Image.objects.values_list("title", flat=True)) == ["calf", "stretch"]
        version, calf = Version.objects.get(), Image.objects.get(title="calf")
        assert (version.lead_image, version.lead_image_alt) == (calf, "A calf.")
        assert f"![A stretch.](image:{Image.objects.get(title='stretch').pk})" in version.body
        assert f"![The calf again.](image:{calf.pk})" in version.body
        page = client.get(Article.objects.get().get_absolute_url()).text
        assert 'alt="A stretch."' in page and 'alt="A calf."' in page
        assert 'width="30" height="20"' in page

    def test_that_are_broken_lost_or_outside_the_folder_are_named_and_linked(self, bring_in):
        said = bring_in()
        assert "broken.png: This file is no picture" in said
        assert "picture not at hand (3 times)" in said
        body = Version.objects.get().body
        for name in ("Broken", "Secret", "Lost"):
            assert f"[Picture: {name}.](https://old.test/wp-content/uploads/" in body

    def test_are_foreseen_by_a_dry_run(self, bring_in):
        foretold = bring_in(dry_run=True)
        assert not Image.objects.exists()
        assert foretold.splitlines()[1:] == bring_in().splitlines()[1:]

    def test_change_nothing_when_they_are_brought_in_again(self, bring_in, uploads):
        bring_in()
        elsewhere = uploads.rename(uploads.with_name("copy-of-uploads"))
        assert "posts: unchanged: 1" in bring_in(elsewhere, dry_run=True)
        assert "posts: unchanged: 1" in bring_in(elsewhere)
        assert (Image.objects.count(), Version.objects.count()) == (2, 1)

    def test_are_taken_when_they_are_found_only_later(self, bring_in, tmp_path):
        (tmp_path / "empty").mkdir()
        bring_in(tmp_path / "empty")
        assert not Image.objects.exists()
        assert "posts: changed: 1" in bring_in(dry_run=True)
        assert "posts: changed: 1" in bring_in()
        assert Image.objects.count() == 2
