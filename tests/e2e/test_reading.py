"""An article in a real browser: on paper, passed on, and described to machines."""

import json

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.any_database]
ARTICLE = "/articles/night-cramps/"


class AnArticleOnPaper:
    @pytest.fixture
    def paper(self, site, reader):
        reader.goto(site.url + ARTICLE)
        reader.emulate_media(media="print")
        return reader

    def test_says_the_level_of_each_care_card_in_words(self, paper):
        for level in ("Emergency", "Urgent", "Non-urgent"):
            words = paper.get_by_text(f"{level} advice:").first
            assert words.bounding_box()["width"] > 50

    def test_gives_the_addresses_of_its_sources_and_its_own(self, site, paper):
        link = paper.locator(".sources a[href^=http]").first
        assert link.get_attribute("href") in link.evaluate("link => getComputedStyle(link, '::after').content")
        assert paper.get_by_text(f"This page: {site.url}{ARTICLE}").is_visible()

    @pytest.mark.parametrize(
        "part", [".masthead-nav", ".contents", ".related", ".comments", "form", ".foot", ".crumbs"]
    )
    def test_leaves_out_what_belongs_to_the_site(self, paper, part):
        assert not [one for one in paper.locator(part).all() if one.is_visible()]


class PassingAnArticleOn:
    def test_by_mail_writes_its_title_and_its_address(self, site, reader):
        reader.goto(site.url + ARTICLE)
        link = reader.get_by_role("link", name="Send by e-mail").get_attribute("href")
        assert link.startswith("mailto:?subject=Night%20cramps")
        assert reader.evaluate("link => new URL(link).searchParams.get('body')", link).endswith(site.url + ARTICLE)

    def test_offers_to_copy_and_to_print_only_where_that_works(self, site, reader, has_javascript):
        reader.goto(site.url + ARTICLE)
        for name in ("Copy the link", "Print"):
            assert reader.get_by_role("button", name=name).count() == has_javascript

    def test_copies_the_address(self, site, browser):
        context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
        page = context.new_page()
        page.goto(site.url + ARTICLE)
        page.get_by_role("button", name="Copy the link").click()
        page.get_by_text("Copied.").wait_for()
        assert page.evaluate("navigator.clipboard.readText()") == site.url + ARTICLE
        context.close()


def test_the_data_for_machines_is_read_and_never_run(site, reader):
    complaints = []
    reader.on("console", lambda message: complaints.append(message.text))
    reader.goto(site.url + ARTICLE)
    data = json.loads(reader.locator("script[type='application/ld+json']").text_content())
    assert [node["@type"] for node in data["@graph"]] == ["MedicalWebPage", "Article", "BreadcrumbList"]
    assert complaints == []
