"""What `import_disqus` promises: what was said under a page comes to the article that the page became, once."""

import pytest
from django.core.management import CommandError, call_command

from comments.models import Comment
from tests.factories import make_article

pytestmark = pytest.mark.django_db


@pytest.fixture
def file(corpora):
    return corpora / "imports/isso/disqus.xml"


@pytest.fixture
def mapping(tmp_path):
    """The pages of the file, as articles."""
    make_article(slug="hello"), make_article(slug="redacted")
    path = tmp_path / "map.csv"
    path.write_text("# old, new\nhttp://example.org/, hello\n/blog/2013/02/12/redacted/index.html\tredacted\n")
    return path


@pytest.fixture
def bring_in(capsys):
    def bring_in(path, **options):
        call_command("import_disqus", str(path), **options)
        return capsys.readouterr().out

    return bring_in


def post(number, thread=1, parent="", **fields):
    fields = {"message": "Words.", "createdAt": "2013-10-10T19:20:29Z", **fields}
    above = f'<parent dsq:id="{parent}"/>' if parent else ""
    inner = "".join(f"<{name}><![CDATA[{text}]]></{name}>" for name, text in fields.items())
    author = "<author><name>Ann</name><email>ann@example.org</email></author><ipAddress>192.0.2.7</ipAddress>"
    return f'<post dsq:id="{number}">{inner}{author}<thread dsq:id="{thread}"/>{above}</post>'


@pytest.fixture
def write(tmp_path):
    def write(*posts, threads=(("1", "https://old.test/night-cramps/"),)):
        listed = "".join(f'<thread dsq:id="{number}"><id/><link>{link}</link></thread>' for number, link in threads)
        spaces = 'xmlns="http://disqus.com" xmlns:dsq="http://disqus.com/disqus-internals"'
        path = tmp_path / "disqus.xml"
        path.write_text(f"<disqus {spaces}>{listed}{''.join(posts)}</disqus>")
        return path

    return write


class TheFileOfIsso:
    def test_comes_in_under_its_pages_and_tells_what_stays_out(self, file, mapping, bring_in):
        told = bring_in(file, map=mapping)
        assert sorted(Comment.objects.values_list("article__slug", "source_key")) == [
            ("hello", "disqus:11"), ("hello", "disqus:4"), ("hello", "disqus:5"), ("redacted", "disqus:8"),
        ]  # fmt: skip
        for line in ("approved: 4", "orphan: 1", "trash: 1", "unmatched URL: 1", "new: 4"):
            assert f"  {line}\n" in told

    def test_keeps_answers_and_lifts_what_answered_a_deleted_one(self, file, mapping, bring_in):
        bring_in(file, map=mapping)
        parents = dict(Comment.objects.values_list("source_key", "parent__source_key"))
        assert (parents["disqus:5"], parents["disqus:11"]) == ("disqus:4", None)

    def test_twice_gives_the_same(self, file, mapping, bring_in):
        bring_in(file, map=mapping)
        before = list(Comment.objects.order_by("pk").values())
        assert "known already: 4" in bring_in(file, map=mapping)
        assert list(Comment.objects.order_by("pk").values()) == before

    def test_without_an_article_for_any_page_is_a_failure(self, file, bring_in):
        with pytest.raises(CommandError, match="--map"):
            bring_in(file)


class AnAnswer:
    def test_that_comes_before_what_it_answers_finds_it(self, write, bring_in):
        make_article(slug="night-cramps")
        bring_in(write(post(4, parent=3), post(3, parent=2), post(2, parent=1), post(1)))
        fourth = Comment.objects.get(source_key="disqus:4")
        assert (fourth.parent.source_key, fourth.answers.source_key) == ("disqus:2", "disqus:3")

    def test_to_what_stays_out_hangs_on_the_nearest_above(self, write, bring_in):
        make_article(slug="night-cramps")
        bring_in(
            write(post(1), post(2, parent=1, isSpam="true"), post(3, parent=2, isDeleted="true"), post(4, parent=3))
        )
        assert Comment.objects.get(source_key="disqus:4").parent.source_key == "disqus:1"

    @pytest.mark.parametrize("ring", [(1,), (2, 1), (2, 3, 1), (3, 4, 2, 3)])
    def test_in_a_ring_is_not_lost(self, ring, write, bring_in):
        make_article(slug="night-cramps")
        bring_in(write(*[post(number, parent=parent) for number, parent in enumerate(ring, 1)]))
        assert Comment.objects.count() == len(ring)
        assert Comment.objects.filter(parent=None).count() >= 1


class SeveralThreads:
    def test_of_one_page_come_together(self, write, bring_in):
        article = make_article(slug="night-cramps")
        links = (("1", "http://old.test/night-cramps"), ("2", "https://www.old.test/a/night-cramps/index.html?utm=1"))
        bring_in(write(post(1), post(2, thread=2, parent=1), threads=links))
        assert article.comments.count() == 2
        assert Comment.objects.get(source_key="disqus:2").parent.source_key == "disqus:1"


class ACommentFromElsewhere:
    def test_loses_no_words_and_no_links(self, write, bring_in):
        make_article(slug="night-cramps")
        bring_in(write(post(1, message='<p>38<temp &amp; <a href="https://nhs.uk/x">read</a></p><script>x()</script>')))
        assert Comment.objects.get().body == "38<temp & read (https://nhs.uk/x)"

    def test_that_its_writer_erased_stays_erased(self, write, bring_in):
        make_article(slug="night-cramps")
        path = write(post(1))
        bring_in(path)
        Comment.objects.get().erase()
        bring_in(path)
        assert Comment.objects.get().body == ""

    def test_keeps_its_address_and_not_its_connection(self, write, bring_in):
        make_article(slug="night-cramps")
        bring_in(write(post(1)))
        comment = Comment.objects.get()
        assert (comment.email, comment.notify, comment.sender) == ("ann@example.org", False, "")
        assert "192.0.2.7" not in str(Comment.objects.values())
