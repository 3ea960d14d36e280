"""A medical review from the asking to the claim, and how a changed letter ends it: the admin, a mail, a fresh browser."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe

pytestmark = [pytest.mark.browser, pytest.mark.any_database]
MAKE = """
from articles.models import Article, Author, Topic
doctor, _ = Author.objects.get_or_create(slug="dr-lind", defaults={"name": "Dr. Lind", "email": "lind@example.org"})
article = Article.objects.create(slug="to-be-reviewed", author=doctor)
article.topics.set(Topic.objects.all()[:1])
text = {"title": "Warm feet", "summary": "What warmth does.", "body": "Warm the feet[^1] for ten minutes."}
version = article.versions.create(**text)
version.set_sources([{"title": "On feet", "publisher": "NHS"}])
version.publish(by=None)
"""


def press(page, verb):
    with page.expect_navigation():
        page.locator(f"button[name=do][value={verb}]").first.click()


def open_newest_version(page, site):
    page.goto(f"{site.url}/admin/articles/version/?q=Warm+f")
    page.locator("#result_list tbody th a").first.click()
    page.locator(".version-presses").wait_for()


def assert_fits_and_is_accessible(page):
    for width in (360, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert Axe().run(page).response["violations"] == []


@pytest.mark.parametrize("has_javascript", [True])
def test_a_text_is_signed_from_a_mailed_link_without_an_account_and_a_letter_ends_the_claim(site, staff_page, reader):
    site.manage("shell", "--verbosity", "0", "-c", MAKE)
    public = f"{site.url}/articles/to-be-reviewed/"
    editor = staff_page("editor")
    open_newest_version(editor, site)
    editor.locator("select[name=reviewer]").select_option(label="Dr. Lind")
    press(editor, "ask")
    assert "A link is on its way to Dr. Lind" in editor.locator(".messagelist").inner_text()

    link = re.search(rf"{site.url}/review/[^\s>]+", site.mail_to("lind@"))[0]
    reader.goto(link)
    assert_fits_and_is_accessible(reader)
    reader.locator(".prose p").first.select_text()
    reader.locator("[name=words]").fill("Ten is enough.")
    reader.locator("button[value=remark]").click()
    reader.locator("blockquote", has_text="“Warm the feet for ten minutes.”").wait_for()
    reader.locator("button[value=sign]").click()
    reader.locator("text=Tick the box before you sign").first.wait_for()
    reader.locator("input[name=read]").check()
    reader.locator("button[value=sign]").click()
    reader.locator("h2", has_text="You signed this text").wait_for()
    assert_fits_and_is_accessible(reader)

    claim = reader.locator(".checked", has_text="Medically reviewed by Dr. Lind")
    site.wait_until(lambda: reader.goto(public) and claim.count())
    assert "lastReviewed" in reader.content()
    assert "Signed: Warm feet" in site.mail_to("editor")

    editor.goto(editor.locator(".breadcrumbs a").last.evaluate("each => each.href"))
    editor.locator(".editor-remarks", has_text="Ten is enough.").wait_for()
    editor.locator("[name=title]").fill("Warm foot")
    with editor.expect_navigation():
        editor.locator("button", has_text=re.compile("^Save$")).click()
    open_newest_version(editor, site)
    assert_fits_and_is_accessible(editor)
    press(editor, "publish")
    site.wait_until(lambda: reader.goto(public) and reader.locator("h1", has_text="Warm foot").count())
    assert "Not reviewed since its last change" in reader.locator(".unchecked").inner_text()
    assert "lastReviewed" not in reader.content() and "Medically reviewed by" not in reader.content()
    assert_fits_and_is_accessible(reader)

    reader.goto(link)
    assert "You signed this text" in reader.locator("h2").first.inner_text()
    editor.goto(editor.url.replace("/change/", "/difference/"))
    assert editor.locator("ins", has_text="foot").count()
    assert_fits_and_is_accessible(editor)
