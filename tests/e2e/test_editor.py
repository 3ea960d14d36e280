"""A writer at work in a real browser: types, inserts, pastes, meets a colleague, and loses the server and the tab."""

import os
import signal
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.e2e.conftest import MAKE, Site

pytestmark = [pytest.mark.browser, pytest.mark.any_database]
WORD = """<p class=MsoNormal>Some <b>bold</b> <a href="https://www.nhs.uk/x?utm_source=a">link</a></p>
<p class=MsoListParagraph style='mso-list:l0 level1 lfo1'><![if !supportLists]><span style='mso-list:Ignore'>·  </span>
<![endif]>one</p><table><tr><td><p>a</p></td><td>b</td></tr><tr><td>c</td><td>d</td></tr></table><img src=x>"""
PASTE = """html => { const field = document.getElementById("id_body"), data = new DataTransfer(); field.focus();
field.setSelectionRange(field.value.length, field.value.length); data.setData("text/html", html);
field.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true })); }"""


@pytest.fixture
def mortal(tmp_path):
    """A site of its own, which may be killed."""
    site = Site(tmp_path)
    site.manage("shell", "--verbosity", "0", "-c", MAKE)
    site.start()
    yield site
    site.stop()


def sign_in(page, site, name):
    page.goto(f"{site.url}/admin/")
    page.locator("input[name=login]").fill(name)
    page.locator("input[name=password]").fill("cramps-demo")
    page.locator("input[name=password]").press("Enter")
    page.wait_for_url(f"{site.url}/admin/**")


def begin(page, site):
    page.goto(f"{site.url}/admin/articles/article/add/")
    page.locator("#id_title").fill("Cramps in the pool")
    page.locator("#id_body").click()
    page.keyboard.type("Warm up first.", delay=20)
    page.wait_for_url("**/change/")


def kill(site):
    """SIGKILL for the server and all its workers."""
    server = site.processes[0]
    children = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()
    for pid in [server.pid, *map(int, children)]:
        os.kill(pid, signal.SIGKILL)
    server.wait(20)


def test_a_killed_server_and_a_closed_tab_cost_no_more_than_two_seconds(mortal, browser):
    context = browser.new_context()
    context.set_default_timeout(20_000)
    page = context.new_page()
    sign_in(page, mortal, "editor")
    begin(page, mortal)
    address = page.url
    page.locator("#id_body").press("Control+End")
    page.keyboard.type(" This is saved.", delay=20)
    page.wait_for_timeout(2_500)
    kill(mortal)
    page.keyboard.type(" This was typed on without a server", delay=20)
    page.wait_for_timeout(600)
    page.close(run_before_unload=False)
    mortal.processes[1].terminate()
    mortal.processes[1].wait(20)
    mortal.start()
    page = context.new_page()
    page.goto(address)
    assert page.locator("#id_body").input_value() == "Warm up first. This is saved."
    page.get_by_role("button", name="Show it").click()
    assert page.locator("#id_body").input_value().endswith(" This was typed on without a server")
    page.wait_for_timeout(2_500)
    page.goto(address)
    assert page.locator("#id_body").input_value().endswith(" This was typed on without a server")
    assert not page.locator("#editor-notice").is_visible()
    context.close()


@pytest.mark.parametrize("has_javascript", [True])
def test_an_article_with_card_source_picture_and_table_is_written_under_the_policy(site, staff_page):
    page, complaints = staff_page("editor"), []
    page.on("console", lambda message: message.type == "error" and complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    begin(page, site)
    for act, words in (("urgent", "it hurts\nit swells"), ("table", "Water")):
        page.locator("#id_body").press("Control+End")
        page.locator(f"[data-inserts={act}]").click()
        page.keyboard.type(words)
    page.locator("#id_body").press("Control+End")
    page.locator("[data-finds=pictures]").click()
    page.locator("[data-image]").first.click()
    assert "Say first what the picture shows" in page.locator("[data-said]").inner_text()
    page.locator("#editor-alt").fill("A child in a pool")
    page.locator("[data-image]").first.click()
    page.evaluate(PASTE, WORD)
    page.locator("[data-inserts=source]").click()
    page.keyboard.type("Leg cramps")
    frame = page.frame_locator("#editor-preview")
    frame.locator(".care-card--urgent li", has_text="it hurts").wait_for()
    frame.locator("#source-1", has_text="Leg cramps").wait_for()
    text = page.locator("#id_body").input_value()
    assert "![A child in a pool](image:" in text and "| a | b |" in text and "- one" in text
    assert "- it hurts\n- it swells\n:::" in text
    assert "Some **bold** [link](https://www.nhs.uk/x)" in text and "[^1]" in text
    assert Axe().run(page, {"exclude": [["iframe"]]}).response["violations"] == []
    assert complaints == []


@pytest.mark.parametrize("has_javascript", [True])
def test_two_writers_on_one_text_meet_on_the_page_of_both_and_one_alone_never(site, staff_page):
    mine, theirs = staff_page("editor"), staff_page("writer")
    begin(mine, site)
    mine.wait_for_timeout(2_500)
    for words in (" One.", " Two."):
        mine.locator("#id_body").press("Control+End")
        mine.keyboard.type(words)
        with mine.expect_navigation():
            mine.locator(".editor-acts button").first.click()
        assert (
            "Saved" in mine.locator(".messagelist").inner_text()
            or "saved already" in mine.locator(".messagelist").inner_text()
        )
    theirs.goto(mine.url)
    theirs.locator("#id_body").press("Control+End")
    theirs.keyboard.type(" Theirs.")
    theirs.wait_for_timeout(2_500)
    mine.locator("#id_body").press("Control+End")
    mine.keyboard.type(" Mine.")
    mine.get_by_role("button", name="See both texts").click()
    mine.locator("h1", has_text="Somebody else saved another text meanwhile").wait_for()
    assert "Two. Mine." in mine.locator("#mine").input_value()
    assert Axe().run(mine).response["violations"] == []
