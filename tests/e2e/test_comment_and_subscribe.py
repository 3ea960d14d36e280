"""What the site is for, in a real browser, with JavaScript and without it."""

import time
import uuid

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.any_database]
ARTICLE = "/articles/night-cramps/"


def test_a_comment_goes_from_the_reader_by_the_moderator_to_the_page(site, reader, staff_page):
    words = f"38<temp & a warm sock <3 {uuid.uuid4()}"
    reader.goto(site.url + ARTICLE)
    reader.locator("#leave-a-comment input[name=name]").fill("Jo & <Sam>")
    reader.locator("#leave-a-comment textarea[name=body]").fill(words)
    reader.get_by_role("button", name="Send to the moderator").click()
    reader.wait_for_url("**/comments/*/")
    assert reader.locator(".comment-text").text_content() == words
    assert "with the moderator" in reader.locator("h1").inner_text()
    assert words not in page_text(reader, site)

    moderator = staff_page("moderator")
    moderator.goto(f"{site.url}/admin/comments/comment/")
    row = moderator.locator("[data-row]", has_text=words)
    assert row.locator(".queue-text").text_content() == words
    assert row.locator(".queue-text :not(mark)").count() == 0
    row.get_by_role("button", name="Approve").click()
    decided_at = time.monotonic()
    site.wait_until(lambda: words in page_text(reader, site), seconds=5)
    assert time.monotonic() - decided_at < 2
    shown = reader.locator("article.comment", has_text=words)
    assert shown.locator(".comment-text").text_content() == words
    assert shown.locator(".comment-text *").count() == 0


def page_text(reader, site):
    reader.goto(site.url + ARTICLE)
    return reader.locator("#comments").text_content()


def test_a_comment_with_tags_is_shown_before_it_is_sent(site, reader):
    reader.goto(site.url + ARTICLE)
    reader.locator("#leave-a-comment input[name=name]").fill("Jo")
    reader.locator("#leave-a-comment textarea[name=body]").fill("<b>bold</b> socks <i feel sick>")
    reader.get_by_role("button", name="Send to the moderator").click()
    assert reader.locator("h1").inner_text() == "This is what will appear"
    assert reader.locator(".comment-text").text_content() == "bold socks"
    reader.get_by_role("button", name="Keep it as text").click()
    reader.locator(".comment-text", has_text="bold socks <i feel sick>").wait_for()
    reader.locator("button[name=confirm]").click()
    reader.wait_for_url("**/comments/*/")
    assert reader.locator(".comment-text").text_content() == "bold socks <i feel sick>"


def test_a_reader_answers_a_comment(site, reader):
    reader.goto(site.url + ARTICLE)
    first = reader.locator("ol.thread > li").first
    name = first.locator("bdi").first.inner_text()
    first.get_by_role("link", name="Reply").first.click()
    form = reader.locator("form.comment-form")
    assert name in reader.locator("#leave-a-comment").inner_text()
    assert form.locator("input[name=parent]").input_value() != ""
    form.locator("input[name=name]").fill("Jo")
    form.locator("textarea[name=body]").fill("That helped us too.")
    form.get_by_role("button", name="Send to the moderator").click()
    reader.wait_for_url("**/comments/*/")


def test_a_subscription_is_confirmed_by_the_mailed_link_and_left_by_one_press(site, reader, has_javascript):
    address = f"parent-{uuid.uuid4().hex[:8]}@example.org"
    reader.goto(site.url + ARTICLE)
    reader.locator(".signup input[name=email]").fill(address)
    reader.locator(".signup").get_by_role("button", name="Subscribe").click()
    reader.wait_for_url("**/newsletter/asked/")
    mail = site.mail_to(address)
    reader.goto(site.link_in(mail, "confirm"))
    if not has_javascript:
        reader.get_by_role("button", name="Yes, send me the newsletter").click()
    reader.get_by_role("heading", name="You are subscribed").wait_for()
    reader.goto(site.link_in(mail, "unsubscribe"))
    reader.get_by_role("button", name="Leave", exact=True).click()
    reader.get_by_role("heading", name="You have left the newsletter").wait_for()
