"""An editor makes an issue of the newsletter in a real browser: composed, seen as a mail, tested, scheduled, sent, watched."""

import re
from datetime import datetime, timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe

pytestmark = [pytest.mark.browser, pytest.mark.any_database]
MAKE = """
from django.utils import timezone
from newsletter.models import SendingPolicy, Subscriber
for number in range(30):
    Subscriber.objects.create(email=f"reader-{number}@example.org", confirmed_at=timezone.now())
SendingPolicy.objects.filter(pk=1).update(slow_start=False)
"""


def press(page, verb):
    button = page.locator(f"button[name=do][value={verb}]").first
    if not button.is_visible():
        page.locator(".presses details", has=button).locator("summary").click()
    with page.expect_navigation():
        button.click()


@pytest.mark.parametrize("has_javascript", [True])
def test_an_issue_is_composed_seen_tested_scheduled_sent_watched_and_archived(site, staff_page):
    site.manage("shell", "--verbosity", "0", "-c", MAKE)
    page = staff_page("editor")
    page.goto(f"{site.url}/admin/newsletter/issue/add/")
    page.locator("#id_subject").fill("Warm socks for cold nights")
    page.locator("#id_introduction").fill("Two things that help, **tonight**.")
    page.locator(".select2-selection").last.click()
    page.locator(".select2-results__option:not(.loading-results)").first.click()
    page.locator("input[name=_continue]").click()
    page.locator("#outgoing-title", has_text="draft").wait_for()
    assert "send a test to yourself" in page.locator(".problems").inner_text()
    phone = page.frame_locator("iframe.mail-preview--phone")
    phone.locator("h1", has_text="Warm socks for cold nights").wait_for()
    assert phone.locator("strong", has_text="tonight").is_visible()

    press(page, "send")
    assert "Nobody has seen it as a mail" in page.locator(".messagelist").inner_text()
    page.locator("#id_preheader").fill("Not saved yet")
    page.locator("button[value=test]").click()
    page.get_by_role("alert").get_by_text("Save first").wait_for()
    page.locator("#id_preheader").fill("")
    press(page, "test")
    test = site.mail_to("editor")
    assert "Subject: Warm socks for cold nights" in test and "Two things that help" in test
    page.locator("#outgoing-problems", has_text="Nothing keeps it from going out.").wait_for()
    assert Axe().run(page, {"exclude": [["iframe"]]}).response["violations"] == []

    page.locator("#id_when").fill((datetime.now() + timedelta(days=3)).strftime("%Y-%m-%dT%H:%M"))
    press(page, "schedule")
    assert re.search(r"It goes out on \w+ \d+ \w+ \d{4}, \d\d:\d\d \(.*UTC", page.locator(".messagelist").inner_text())
    press(page, "send")
    page.locator(".progress-state", has_text="Sent").wait_for(timeout=30_000)
    assert page.locator(".presses").count() == 0
    assert re.search(r"Accepted by the mail server\s+3\d", page.locator(".progress-numbers").inner_text())
    assert Axe().run(page).response["violations"] == []
    mail = site.mail_to("reader-7@")
    assert "Two things that help" in mail and "List-Unsubscribe-Post: List-Unsubscribe=One-Click" in mail
    page.goto(re.search(r"Read it in the browser: (\S+)", mail)[1])
    assert page.locator("h1").inner_text() == "Warm socks for cold nights"
    page.goto(site.link_in(mail, "preferences"))
    assert page.locator("button, input[type=submit]").count() > 1
