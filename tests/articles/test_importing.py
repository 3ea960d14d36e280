"""What `import_articles` promises: stored whole or not at all, once however often, and never over the staff's edits."""

import datetime

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.utils import timezone
from PIL import Image as Picture

from articles import importing
from articles.importing import Fate
from articles.models import Article, Author, Image, Redirect, SignOff, Topic, Version
from tests.factories import make_article, make_author, make_topic, make_version

pytestmark = pytest.mark.django_db

TEXT = "Night cramps\nA muscle tightens.\nWhat helps\n- warmth\n- rest\n"
MARKDOWN = """---
title: Night cramps
slug: at-night
summary: Most pass within minutes.
author: Marta Lind
topics: [Night, Sport]
published: 2026-03-02
sources:
  - title: Leg cramps
    publisher: NHS
    url: https://www.nhs.uk/conditions/leg-cramps/
    read: 2026-02-20
---
A muscle tightens.[^1]
"""


@pytest.fixture
def write(tmp_path):
    """Write a document in a folder of the test's own; its path."""

    def write(text=TEXT, name="night.txt"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    return write


@pytest.fixture
def bring_in(capsys):
    """Run the command; what it printed."""

    def bring_in(*paths, **options):
        call_command("import_articles", *map(str, paths), **options)
        return capsys.readouterr().out

    return bring_in


def counts():
    return [model.objects.count() for model in (Article, Version, Author, Topic, Image)]


class ANewDocument:
    def test_is_a_draft_that_only_staff_see(self, write, bring_in, client):
        printed = bring_in(write())
        version = Version.objects.get()
        assert (version.title, version.state) == ("Night cramps", "draft")
        assert client.get("/articles/night-cramps/").status_code == 404
        assert f"new draft, not public yet: https://cramps.test/admin/articles/version/{version.pk}/change/" in printed

    def test_goes_public_with_publish(self, write, bring_in, client):
        assert "published at https://cramps.test/articles/night-cramps/" in bring_in(write(), publish=True)
        page = client.get("/articles/night-cramps/").content.decode()
        assert "<h1>Night cramps</h1>" in page and "<li>warmth</li>" in page

    def test_in_plain_text_has_no_summary_because_nothing_is_invented(self, write, bring_in):
        bring_in(write())
        assert Version.objects.get().summary == ""

    def test_without_an_author_is_the_editorial_team_s_and_says_so(self, write, bring_in):
        assert "names no author: “Editorial team” is taken" in bring_in(write())
        assert Article.objects.get().author.name == "Editorial team"

    def test_without_an_author_can_be_given_one(self, write, bring_in):
        author = make_author(name="Marta Lind")
        bring_in(write(), author="Marta Lind")
        assert Article.objects.get().author == author

    def test_makes_its_author_from_the_author_box(self, write, bring_in):
        bring_in(write(TEXT + "About the Author\nSenior Expert\nContributing Writer\n"))
        author = Article.objects.get().author
        assert (author.name, author.job_title, author.slug) == ("Senior Expert", "Contributing Writer", "senior-expert")

    def test_shows_its_own_disclaimer_in_place_of_the_site_s(self, write, bring_in, client):
        words = "This article cannot replace the advice of your doctor, midwife & nurse."
        bring_in(write(TEXT + words), publish=True)
        page = client.get("/articles/night-cramps/").content.decode()
        assert page.count(words.replace("&", "&amp;")) == 1
        assert "This article informs" not in page

    def test_without_a_disclaimer_shows_the_site_s(self, write, bring_in, client):
        bring_in(write(), publish=True)
        assert "This article informs" in client.get("/articles/night-cramps/").content.decode()

    def test_in_markdown_brings_its_fields(self, write, bring_in):
        bring_in(write(MARKDOWN, "night.md"), publish=True)
        article = Article.objects.get(slug="at-night")
        version = article.live_version()
        assert (article.author.name, version.summary) == ("Marta Lind", "Most pass within minutes.")
        assert [topic.name for topic in article.topics.all()] == ["Night", "Sport"]
        source = version.sources.get()
        assert (source.publisher, str(source.read_on)) == ("NHS", "2026-02-20")

    def test_goes_public_on_its_own_day_at_eight(self, write, bring_in):
        bring_in(write(MARKDOWN, "night.md"), publish=True)
        at = timezone.localtime(Article.objects.get().first_published_at)
        assert (at.date(), at.hour, at.minute) == (datetime.date(2026, 3, 2), 8, 0)

    def test_of_a_day_to_come_waits_for_it(self, write, bring_in, client):
        day = timezone.localdate() + datetime.timedelta(days=9)
        printed = bring_in(write(MARKDOWN.replace("2026-03-02", str(day)), "night.md"), publish=True)
        assert "goes public on" in printed
        assert client.get("/articles/at-night/").status_code == 404

    def test_takes_the_topics_and_authors_that_there_are(self, write, bring_in):
        topic, author = make_topic(name="night", slug="dark"), make_author(name="MARTA LIND")
        bring_in(write(MARKDOWN, "night.md"))
        article = Article.objects.get(slug="at-night")
        assert article.author == author and topic in article.topics.all()

    def test_puts_a_new_topic_last(self, write, bring_in):
        make_topic(name="Sport", slug="sport", position=4)
        bring_in(write(MARKDOWN, "night.md"))
        assert Topic.objects.get(name="Night").position == 5

    def test_claims_no_review_that_nobody_signed(self, write, bring_in):
        text = MARKDOWN.replace("sources:", "reviewer: Samuel Okafor\nreviewed: 2026-03-01\nsources:")
        assert "line 8: a review is claimed by signing" in bring_in(write(text, "night.md"))
        assert not SignOff.objects.exists()

    def test_with_a_long_title_gets_an_address_cut_between_words(self, write, bring_in):
        bring_in(write("Why " + "muscles " * 15 + "cramp\nText."))
        slug = Article.objects.get().slug
        assert len(slug) <= 80 and slug.endswith("muscles")

    def test_in_another_script_gets_the_address_of_its_file(self, write, bring_in):
        bring_in(write("夜间抽筋\n文本。"))
        assert Article.objects.get().slug == "night"


class ADisclaimer:
    def test_is_part_of_what_a_reviewer_signs(self):
        version = make_version(make_article())
        sign_off = version.sign_off(by=make_author())
        version.disclaimer = "This page cannot replace advice."
        version.save()
        assert not sign_off.holds_for(version)

    def test_is_kept_by_a_successor(self):
        version = make_version(make_article(), disclaimer="This page cannot replace advice.")
        assert version.successor(by=None).disclaimer == version.disclaimer


class APicture:
    @pytest.fixture
    def document(self, write, tmp_path):
        Picture.new("RGB", (8, 6), "teal").save(tmp_path / "night-picture.png")
        text = MARKDOWN.replace("summary:", "image: night-picture\nimage_alt: A bed.\nsummary:")
        return write(text, "texts/night.md")

    def test_beside_the_folder_is_taken_along(self, document, bring_in, tmp_path):
        (tmp_path / "images").mkdir()
        (tmp_path / "night-picture.png").rename(tmp_path / "images" / "night-picture.png")
        bring_in(document)
        version = Version.objects.get()
        assert (version.lead_image.title, version.lead_image.width, version.lead_image_alt) == (
            "night-picture",
            8,
            "A bed.",
        )

    @pytest.mark.parametrize(
        ("width", "widths"), [(400, [400]), (480, [480]), (1000, [480, 960, 1000]), (1700, [480, 960, 1600])]
    )
    def test_is_written_in_three_formats_no_wider_than_it_is(self, tmp_path, width, widths):
        Picture.new("RGB", (width, 9), "teal").save(tmp_path / "night.png")
        renditions = importing.take_picture(tmp_path / "night.png").renditions
        written = {
            kind: [row["width"] for row in renditions if row["format"] == kind] for kind in ("avif", "webp", "jpeg")
        }
        assert written == {"avif": widths, "webp": widths, "jpeg": widths}

    def test_that_is_missing_is_a_doubt(self, document, bring_in):
        assert "line 4: the picture “night-picture” was not found" in bring_in(document)
        assert Version.objects.get().lead_image is None

    def test_of_two_documents_is_stored_once(self, document, bring_in, write, tmp_path):
        (tmp_path / "night-picture.png").rename(tmp_path / "texts" / "night-picture.png")
        write(document.read_text().replace("at-night", "other"), "texts/other.md")
        bring_in(document.parent)
        assert Image.objects.count() == 1

    def test_outside_the_folder_is_out_of_reach(self, write, bring_in, tmp_path):
        Picture.new("RGB", (8, 6)).save(tmp_path / "secret.png")
        text = MARKDOWN.replace("summary:", "image: ../../secret\nsummary:")
        assert "was not found" in bring_in(write(text, "a/b/night.md"))

    def test_that_is_none_is_an_error(self, document, bring_in, tmp_path):
        (tmp_path / "texts" / "night-picture.png").write_text("no picture")
        with pytest.raises(CommandError, match=r"night\.md, line 4: night-picture\.png: This file is no picture"):
            bring_in(document)
        assert counts() == [0, 0, 0, 0, 0]


class ASecondRun:
    def test_changes_nothing(self, write, bring_in):
        path = write(MARKDOWN, "night.md")
        bring_in(path, publish=True)
        before = list(Version.objects.values()), list(Article.objects.values()), counts()
        assert "Result    unchanged" in bring_in(path, publish=True)
        assert (list(Version.objects.values()), list(Article.objects.values()), counts()) == before

    def test_with_other_line_ends_changes_nothing(self, write, bring_in):
        bring_in(write())
        assert "unchanged" in bring_in(write(TEXT.replace("\n", "\r\n")))

    def test_of_a_changed_document_makes_a_draft_beside_the_public_text(self, write, bring_in, client):
        bring_in(write(), publish=True)
        assert "new draft" in bring_in(write(TEXT.replace("rest", "sleep")))
        assert "<li>rest</li>" in client.get("/articles/night-cramps/").content.decode()
        assert "sleep" in Article.objects.get().newest_version().body

    def test_of_a_changed_document_publishes_it_when_asked(self, write, bring_in, client):
        bring_in(write(), publish=True)
        bring_in(write(TEXT.replace("rest", "sleep")), publish=True)
        assert "<li>sleep</li>" in client.get("/articles/night-cramps/").content.decode()
        assert Version.objects.count() == 2

    def test_with_publish_lets_an_imported_draft_go_public(self, write, bring_in, client):
        bring_in(write())
        assert "published at" in bring_in(write(), publish=True)
        assert Version.objects.count() == 1

    def test_never_backdates_a_revision(self, write, bring_in):
        bring_in(write(MARKDOWN, "night.md"), publish=True)
        before = timezone.now()
        bring_in(write(MARKDOWN + "\nMore.", "night.md"), publish=True)
        assert Article.objects.get().live_version().publish_at >= before

    def test_keeps_the_address_when_the_title_changes_and_says_so(self, write, bring_in):
        bring_in(write())
        printed = bring_in(write(TEXT.replace("Night cramps", "Cramps at night")))
        assert "line 1: the title was “Night cramps” before" in printed
        assert [article.slug for article in Article.objects.all()] == ["night-cramps"]

    def test_of_another_document_under_the_same_name_is_refused(self, write, bring_in):
        bring_in(write())
        with pytest.raises(CommandError, match=r"line 1: another document of this name was imported, “Night cramps”"):
            bring_in(write("Growing pains\nAn ache in both legs, felt in the evening, gone by the morning.\n"))
        assert Version.objects.count() == 1


class WhatStaffEdited:
    def test_is_left_alone_and_reported(self, write, bring_in):
        bring_in(write())
        version = Version.objects.get()
        version.body += "\n\nA sentence of the editor's."
        version.save()
        printed = bring_in(write(TEXT.replace("rest", "sleep")), publish=True)
        assert (
            f"left alone: edited on the site since it was imported. Bring the change in there: https://cramps.test/admin/articles/version/{version.pk}/"
            in printed
        )
        assert list(Version.objects.values_list("body", "state")) == [(version.body, "draft")]

    def test_is_not_published_by_a_second_run(self, write, bring_in):
        bring_in(write())
        version = Version.objects.get()
        version.summary = "An editor's summary."
        version.save()
        assert "unchanged" in bring_in(write(), publish=True)
        assert Version.objects.get().state == "draft"

    def test_is_safe_in_a_draft_that_they_began(self, write, bring_in):
        bring_in(write(), publish=True)
        editor = User.objects.create_user("editor")
        draft = Version.objects.get().successor(by=editor)
        assert "unchanged" in bring_in(write(), publish=True)
        draft.refresh_from_db()
        assert draft.state == "draft"

    def test_stays_retired(self, write, bring_in):
        bring_in(write(), publish=True)
        Article.objects.get().retire(by=None)
        assert "unchanged" in bring_in(write(), publish=True)
        assert Article.objects.get().live_version() is None

    def test_stays_deleted(self, write, bring_in):
        bring_in(write())
        Version.objects.all().delete()
        assert "unchanged" in bring_in(write(), publish=True)
        assert "left alone" in bring_in(write(TEXT + "More."), publish=True)
        assert not Version.objects.exists()

    def test_of_the_article_itself_is_kept_by_a_revision(self, write, bring_in):
        bring_in(write(MARKDOWN, "night.md"))
        author = make_author()
        Article.objects.update(author=author, slug="nights")
        bring_in(write(MARKDOWN + "\nMore.", "night.md"))
        article = Article.objects.get()
        assert (article.author, article.slug, article.versions.count()) == (author, "nights", 2)


class WhatCannotBeStored:
    def test_stops_everything_before_the_first_is_stored(self, write, bring_in, tmp_path):
        write(name="a.txt")
        write("", "b.txt")
        write(MARKDOWN + "\n::: red x\n", "c.md")
        with pytest.raises(CommandError) as error:
            bring_in(tmp_path)
        assert str(error.value).split("\n") == [
            f"{tmp_path}/b.txt: is empty.",
            f"{tmp_path}/c.md, line 16: “red” is no level of a care card: use emergency, urgent, nonurgent.",
            f"{tmp_path}/c.md, line 16: this care card is never closed: put ::: on a line of its own after its list.",
            "Nothing was stored.",
        ]
        assert counts() == [0, 0, 0, 0, 0]

    def test_leaves_nothing_half_written(self, write, bring_in, monkeypatch):
        def full(*args):
            raise OperationalError("database or disk is full")

        monkeypatch.setattr(Version, "set_sources", full)
        with pytest.raises(CommandError, match=r"night\.md: could not be stored: database or disk is full"):
            bring_in(write(MARKDOWN, "night.md"))
        assert counts() == [0, 0, 0, 0, 0]

    def test_does_not_stop_the_others_once_storing_has_begun(self, write, bring_in, monkeypatch, tmp_path):
        store = importing.store

        def store_others(document, **options):
            if document.title == "Bad":
                raise OperationalError("database is locked")
            return store(document, **options)

        monkeypatch.setattr(importing, "store", store_others)
        write("Bad\nText.", "a.txt")
        write(name="b.txt")
        with pytest.raises(CommandError, match="The other documents were stored"):
            bring_in(tmp_path)
        assert Article.objects.get().slug == "night-cramps"

    @pytest.mark.parametrize(
        ("old", "new", "reason"),
        [
            ("title: Night cramps", f"title: {'x' * 201}", "line 2: the title: Ensure this value has at most 200"),
            ("Most pass within", "x" * 300, "line 4: the summary: Ensure this value has at most 300"),
            ("Marta Lind", "x" * 121, "line 5: the name: Ensure this value has at most 120"),
            ("[Night, Sport]", f"[{'x' * 61}]", "line 6: the name: Ensure this value has at most 60"),
            ("slug: at-night", f"slug: {'x' * 121}", "line 3: the slug: Ensure this value has at most 120"),
            ("publisher: NHS", f"publisher: {'x' * 161}", "line 8: the publisher: Ensure this value has at most 160"),
            ("https://www.nhs.uk", "javascript:alert(1)", "line 8: the url: Enter a valid URL."),
        ],
    )
    def test_because_of_the_models_rules_names_the_line(self, write, bring_in, old, new, reason):
        with pytest.raises(CommandError) as error:
            bring_in(write(MARKDOWN.replace(old, new), "night.md"))
        assert f"night.md, {reason}" in str(error.value)

    def test_under_another_article_s_address_is_refused(self, write, bring_in):
        make_article(slug="night-cramps", title="The editor's own")
        with pytest.raises(CommandError, match=r"/articles/night-cramps/ belongs to the article “The editor's own”"):
            bring_in(write())

    def test_under_another_article_s_former_address_is_refused(self, write, bring_in):
        Redirect.objects.create(slug="night-cramps", article=make_article())
        with pytest.raises(CommandError, match=r"/articles/night-cramps/ leads to another article"):
            bring_in(write())

    def test_twice_under_one_address_or_name_is_refused(self, write, bring_in, tmp_path):
        write(name="a.txt")
        write(name="b.txt")
        with pytest.raises(CommandError, match=r"b\.txt: has the same address as .*a\.txt"):
            bring_in(tmp_path)
        write("Other\nText.", "c/a.txt")
        with pytest.raises(CommandError, match=r"c/a\.txt: has the same name as .*a\.txt"):
            bring_in(tmp_path / "a.txt", tmp_path / "c")

    def test_without_words_for_an_address_asks_for_one(self, write, bring_in):
        with pytest.raises(CommandError, match="give one as “slug” in a front matter"):
            bring_in(write("夜间抽筋\n文本。", "夜.txt"))

    def test_because_it_is_not_there_says_so(self, write, bring_in, tmp_path):
        (tmp_path / "empty").mkdir()
        write("x", "empty/.hidden.txt")
        write("x", "a.docx")
        for name, reason in (
            ("gone.txt", "does not exist"),
            ("empty", "holds no .txt or .md documents"),
            ("a.docx", "is no .txt or .md document"),
        ):
            with pytest.raises(CommandError, match=f"{name}: {reason}"):
                bring_in(tmp_path / name)


class ADryRun:
    def test_stores_nothing_and_foretells_what_would_be(self, write, bring_in):
        path = write(MARKDOWN, "night.md")
        assert "Result    would be a new draft: /articles/at-night/" in bring_in(path, dry_run=True)
        assert counts() == [0, 0, 0, 0, 0]
        bring_in(path)
        assert "Result    unchanged" in bring_in(path, dry_run=True)
        assert "Result    would be published" in bring_in(path, dry_run=True, publish=True)
        write(MARKDOWN + "\nMore.", "night.md")
        assert "Result    would be a new draft of at-night" in bring_in(path, dry_run=True)
        Version.objects.update(content_hash="of another text")
        assert "Result    would be left alone" in bring_in(path, dry_run=True)
        assert (Version.objects.count(), Version.objects.get().state) == (1, "draft")

    def test_of_what_is_public_already_foretells_nothing(self, write, bring_in):
        bring_in(write(), publish=True)
        assert "Result    unchanged" in bring_in(write(), publish=True, dry_run=True)

    def test_finds_the_same_errors(self, write, bring_in):
        make_article(slug="night-cramps")
        with pytest.raises(CommandError, match="belongs to the article"):
            bring_in(write(), dry_run=True)


class TheReport:
    def test_says_what_was_understood_and_what_to_look_at(self, write, bring_in):
        text = TEXT + "When to seek help\n- ⚠️ fever\nComments (0)\n"
        path = write(text)
        assert bring_in(path).split("\n") == [
            str(path),
            "  Title     Night cramps",
            "  Author    Editorial team",
            "  Sections  What helps · When to seek help",
            "  Words     13",
            "  Card      urgent When to seek help",
            "  Note      names no author: “Editorial team” is taken",
            "  Note      line 7: became an urgent care card in place of its warning marks: is any of these signs an emergency?",
            "  Note      line 8: left out: “Comments (0)”",
            f"  Result    new draft, not public yet: https://cramps.test/admin/articles/version/{Version.objects.get().pk}/change/",
            "",
        ]


@pytest.mark.corpus
def test_the_real_documents_become_pages_with_all_their_words(corpora, bring_in, client):
    folder = corpora.parent / "input" / "articles"
    if not folder.is_dir():
        pytest.skip(f"no documents in {folder}")
    bring_in(folder, publish=True)
    for slug, words in (
        ("why-supplementing-magnesium-helps-reduce-muscle-cramps", "cannot replace professional medical diagnosis"),
        ("what-are-the-symptoms-of-muscle-spasms-in-children", "Senior Expert</a>, Contributing Writer"),
    ):
        assert words in client.get(f"/articles/{slug}/").content.decode()
    assert bring_in(folder, publish=True).count("Result    unchanged") == 2


def test_a_documents_fate_is_told_by_its_seal(write):
    path = write()
    [document], errors = importing.gather([path])
    assert not errors and importing.foresee(document) == (Fate.NEW, None)
    outcome = importing.store(document)
    assert importing.foresee(document) == (Fate.UNCHANGED, outcome.article)
    assert len(outcome.article.source_hash) == 64
