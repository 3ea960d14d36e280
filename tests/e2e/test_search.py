"""Searching, in a real browser: while typing, and without JavaScript."""

import pytest
from django.test import Client

from tests.corpora import naughty_strings, xss_vectors
from tests.e2e.test_hostile_text import Tags
from tests.factories import make_article


@pytest.mark.browser
def test_a_parent_gets_from_a_few_letters_to_the_article(site, reader, has_javascript):
    reader.goto(site.url)
    box = reader.get_by_label("Search articles")
    box.press_sequentially("magnesi")
    if has_javascript:
        offers = reader.get_by_role("option")
        offers.first.wait_for()
        assert reader.get_by_role("status").filter(has_text="Choose with the arrow keys").count() == 1
        box.press("ArrowDown")
        assert offers.first.get_attribute("id") == box.get_attribute("aria-activedescendant")
        box.press("Escape")
        assert (offers.count(), box.input_value()) == (0, "magnesi")
        box.press_sequentially("u")
        offers.first.wait_for()
        box.press("ArrowUp")
        box.press("ArrowDown")
        box.press("ArrowDown")
        box.press("Enter")
    else:
        box.press("Enter")
        assert reader.locator("mark", has_text="Magnesium").count() > 0
        reader.locator(".teaser h2 a").first.click()
    reader.wait_for_url(f"{site.url}/articles/magnesium-in-food/")


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_title_with_tags_is_offered_as_it_was_written(page, live_server):
    title = "Cramps <img src=x onerror=alert(1)> & <b>legs</b>"
    make_article(title=title)
    dialogs = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    page.goto(live_server.url)
    page.get_by_label("Search articles").press_sequentially("cramp")
    offer = page.get_by_role("option")
    offer.wait_for()
    assert offer.text_content() == title
    assert offer.locator(":not(span, mark)").count() == 0
    page.goto(f"{live_server.url}/search/?q=cramp")
    assert page.locator(".teaser h2").text_content() == title
    assert dialogs == []


@pytest.mark.corpus
@pytest.mark.django_db
def test_no_question_changes_what_the_page_is_made_of(corpora):
    client = Client()
    clean = Tags(client.get("/search/?q=xylophone").content.decode()).seen
    given = dict.fromkeys(vector.strip()[:200] for vector in [*xss_vectors(corpora), *naughty_strings(corpora)])
    for vector in filter(str.strip, given):
        answer = client.get("/search/", {"q": vector})
        assert (answer.status_code, Tags(answer.content.decode()).seen) == (200, clean), vector
