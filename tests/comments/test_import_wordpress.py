"""What `import_wordpress` promises: everything once, in its old state and place, or nothing of a file that is broken."""

import pytest
from django.core.management import CommandError, call_command

from articles.models import Article, SignOff, Version
from comments.models import Comment, Contact, Decision
from cramps_site.lib.models import OutgoingMail
from tests.exports import HEAD
from tests.factories import make_article, make_comment

pytestmark = pytest.mark.django_db

REFUSED = {"invalid-version-tag.xml", "missing-version-tag.xml"}


def everything():
    comments = list(Comment.objects.order_by("pk").values())
    versions = list(Version.objects.order_by("pk").values("pk", "title", "body", "state", "publish_at"))
    return comments, versions, list(Article.objects.order_by("pk").values("pk", "slug", "source_key"))


@pytest.fixture
def reference(corpora):
    return corpora / "wxr/WPTT/themeunittestdata.wordpress.xml"


@pytest.fixture
def bring_in(capsys):
    def bring_in(path, **options):
        call_command("import_wordpress", str(path), **options)
        return capsys.readouterr().out

    return bring_in


class TheReferenceFile:
    def test_brings_every_comment_in_its_state(self, reference, bring_in):
        bring_in(reference, publish=True)
        states = list(Comment.objects.values_list("status", flat=True))
        assert (states.count("approved"), states.count("pending"), len(states)) == (26, 3, 29)

    def test_keeps_who_answers_whom_on_three_levels(self, reference, bring_in):
        bring_in(reference)
        second, third, tenth = (Comment.objects.get(body__startswith=f"Comment Depth {n}") for n in ("02", "03", "10"))
        assert (second.level, third.level, tenth.level) == (2, 3, 3)
        assert tenth.parent == second and tenth.answers.body.startswith("Comment Depth 09")

    def test_twice_gives_the_same(self, reference, bring_in):
        bring_in(reference, publish=True)
        before = everything()
        assert "comments, known already: 29" in bring_in(reference, publish=True)
        assert everything() == before

    def test_in_a_dry_run_says_the_same_and_stores_nothing(self, reference, bring_in):
        foretold = bring_in(reference, publish=True, dry_run=True)
        assert not any(everything())
        for line in ("comments, approved: 26", "comments, pending: 3", "comments, ping: 4", "comments, new: 29"):
            assert line in foretold
        assert foretold.splitlines()[1:] == bring_in(reference, publish=True).splitlines()[1:]

    def test_is_signed_by_nobody_and_tells_and_teaches_nobody(self, reference, bring_in):
        bring_in(reference, publish=True)
        assert not SignOff.objects.exists()
        assert not OutgoingMail.objects.exists() and not Decision.objects.exists()

    def test_keeps_no_connection_and_asks_no_address(self, reference, bring_in):
        bring_in(reference)
        assert set(Comment.objects.values_list("sender", "notify")) == {("", False)}
        assert not Contact.objects.filter(confirmed_at__isnull=False).exists()

    def test_leaves_what_had_a_password_unpublished(self, reference, bring_in, client):
        bring_in(reference, publish=True)
        article = Article.objects.get(slug="template-password-protected")
        assert article.newest_version().state == "draft" and article.comments.count() == 1

    def test_puts_nothing_that_waited_there_before_a_danger_of_today(self, reference, bring_in):
        today = make_comment(urgency=2)
        bring_in(reference)
        assert Comment.objects.pending().order_by("queue_at").first() == today

    def test_keeps_no_screens_of_empty_lines(self, reference, bring_in):
        bring_in(reference)
        assert not [comment.body for comment in Comment.objects.all() if "\n\n\n" in comment.body]

    def test_keeps_old_links_working(self, reference, bring_in, client):
        bring_in(reference, publish=True)
        found = client.get("/2012/01/03/template-comments/")
        assert (found.status_code, found["Location"]) == (301, "/articles/template-comments/")


class EveryOtherFile:
    def test_comes_in_or_is_refused_whole(self, corpora, bring_in):
        for path in [*sorted((corpora / "wxr").rglob("*.xml")), corpora / "imports/isso/wordpress.xml"]:
            if path.name in REFUSED:
                with pytest.raises(CommandError, match="Nothing was stored"):
                    bring_in(path)
                continue
            bring_in(path)
            before = everything()
            bring_in(path)
            assert everything() == before, path

    def test_of_issos_has_all_comments_though_two_have_one_number(self, corpora, bring_in):
        bring_in(corpora / "imports/isso/wordpress.xml")
        assert Comment.objects.count() == 8


POSTS = """<item><title>First</title><wp:post_id>1</wp:post_id><wp:post_type>post</wp:post_type><wp:status>publish</wp:status>
<link>https://old.test/first/</link><wp:post_name>first</wp:post_name>
<content:encoded><![CDATA[Go <a href="https://old.test/second/">on</a> or <a href="https://old.test/nameless/">there</a>.]]></content:encoded></item>
<item><title>Second</title><wp:post_id>2</wp:post_id><wp:post_type>post</wp:post_type><wp:status>publish</wp:status>
<link>https://old.test/second/</link><wp:post_name>taken</wp:post_name><content:encoded>Two.</content:encoded></item>
<item><title>Without a name</title><wp:post_id>3</wp:post_id><wp:post_type>post</wp:post_type><wp:status>publish</wp:status>
<link>https://old.test/nameless/</link><content:encoded>Three.</content:encoded></item>
</channel></rss>"""


def test_a_link_to_a_later_post_leads_to_where_it_will_live(tmp_path, bring_in):
    make_article(slug="taken")
    (tmp_path / "posts.xml").write_text(HEAD + POSTS)
    bring_in(tmp_path / "posts.xml", publish=True)
    text = Article.objects.get(slug="first").live_version().body
    assert "/articles/taken-2/" in text and "/articles/without-a-name/" in text
    before = everything()
    bring_in(tmp_path / "posts.xml", publish=True)
    assert everything() == before


BOMB = '<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><rss><channel><title>&b;</title></channel></rss>'
OUTSIDE = '<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]><rss><channel><title>&x;</title></channel></rss>'


class ABrokenFile:
    @pytest.mark.parametrize("text", [BOMB, OUTSIDE, "", "no XML", "<rss><channel><item>", "<html><body/></html>"])
    def test_is_refused_with_a_sentence(self, text, tmp_path, bring_in):
        (tmp_path / "broken.xml").write_text(text)
        with pytest.raises(CommandError, match="Nothing was stored"):
            bring_in(tmp_path / "broken.xml")

    def test_that_is_whole_until_its_last_line_leaves_nothing(self, reference, tmp_path, bring_in):
        text = reference.read_text("utf-8")
        (tmp_path / "cut.xml").write_text(text[: text.rindex("</item>")])
        with pytest.raises(CommandError, match="Nothing was stored"):
            bring_in(tmp_path / "cut.xml")
        assert not any(everything())

    def test_that_is_missing_is_told(self, tmp_path, bring_in):
        with pytest.raises(CommandError, match="cannot be read"):
            bring_in(tmp_path / "none.xml")
