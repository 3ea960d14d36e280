"""Moderators clear the queue in a real browser: from the keyboard, with the mouse, and without JavaScript."""

import json
import re
import sqlite3
import subprocess
import sys
import time

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.e2e.conftest import ROOT

pytestmark = [pytest.mark.browser, pytest.mark.any_database]
with_javascript = pytest.mark.parametrize("has_javascript", [True])
without_javascript = pytest.mark.parametrize("has_javascript", [False])

MANY = 10_000
REASON = "It is not about the subject of the article."
MAKE = f"""
import json
from datetime import timedelta
from django.utils import timezone
from articles.models import Author
from comments import links
from comments.models import Comment
from tests.factories import make_article, make_comment

def article(name):
    return make_article(slug=f"queue-{{name}}", title=f"Queue {{name}}", author=Author.objects.first())

def comment(article, number, name, **fields):
    came = timezone.now() - timedelta(hours=2, seconds=-number)
    return make_comment(article=article, name=f"{{name}} {{number}}", created_at=came, **fields)

keys = article("keys")
school = dict(kind="privacy", rule="school", reason="Names a school.", start=6, end=17, field="body", level=0)
for number in range(60):
    match number % 10:
        case 3:
            comment(keys, number, "urgent", urgency=2, alerted=1, body="He will not wake up.")
        case 5:
            comment(keys, number, "private", body="He is Hill School's best runner.", findings=[school])
        case 7 | 8:
            comment(keys, number, "spam", body="Cheap pills!", spam_score=97)
        case 1 | 6:
            comment(keys, number, "reject", body="What is the weather like?")
        case _:
            comment(keys, number, "approve", body="Warm socks helped us.\\n\\nAnd a story.")
for name in ("few", "two", "late", "one", "forms"):
    here = article(name)
    made = [comment(here, number, name) for number in range(4)]
comment(article("race"), 0, "private", body="He is Hill School's best runner.", findings=[school])
every = article("all")
Comment.objects.bulk_create(Comment(article=every, name="one of many", body="Same.") for _ in range({MANY}))
print(json.dumps([links.status_url(comment) for comment in made]))
"""
CLEAN = """
from articles.models import Article
from comments.models import Comment
Comment.objects.filter(article__slug__startswith="queue-").delete()
Article.objects.filter(slug__startswith="queue-").delete()
"""


def run(site, code):
    command = [sys.executable, "manage.py", "shell", "--verbosity", "0", "-c", code]
    return subprocess.run(command, cwd=ROOT, env=site.environment, check=True, capture_output=True, text=True).stdout


@pytest.fixture(scope="module")
def status_pages(site):
    """Articles with comments that wait; gives the writers' own pages of those under "forms"."""
    yield json.loads(run(site, MAKE))
    run(site, CLEAN)


@pytest.fixture
def queue(site, staff_page, status_pages):
    """A function that opens the comments of one article in the queue, as a named member of the staff."""

    def open_queue(name, username="moderator", **filters):
        page = staff_page(username)
        page.complaints = []
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.on("console", lambda message: message.type == "error" and page.complaints.append(message.text))
        query = "".join(f"&{key}={value}" for key, value in filters.items())
        page.goto(f"{site.url}/admin/comments/comment/?article=queue-{name}{query}")
        return page

    return open_queue


def statuses(site, name):
    """How many comments under an article of these tests are in which state."""
    path = site.environment["DATABASE_URL"].removeprefix("sqlite:///")
    rows = sqlite3.connect(path).execute(
        "SELECT status, count(*) FROM comments_comment c JOIN articles_article a ON a.id = c.article_id"
        " WHERE a.slug = ? GROUP BY status",
        [f"queue-{name}"],
    )
    return dict(rows.fetchall())


def has_focus(page):
    """The beginning of the comment that has the focus, once one has it; empty where none is left."""
    page.locator("[data-row]:focus, #queue-empty:focus").wait_for()
    return page.evaluate("document.activeElement.dataset.said ?? ''")


def told(page, words):
    page.locator("#queue-said [role=status]", has_text=words).wait_for()


@with_javascript
def test_sixty_comments_are_cleared_from_the_keyboard_alone_at_one_a_second_or_better(site, queue):
    page = queue("few")
    began, read = time.monotonic(), []
    page.goto(f"{site.url}/admin/comments/comment/?article=queue-keys")
    page.keyboard.press("j")
    while said := has_focus(page):
        kind = said.split()[0]
        read.append(kind)
        if kind == "private":
            page.keyboard.press("e")
            page.locator("[data-row]:focus", has_not_text="Hill School").wait_for()
        if kind == "reject":
            page.keyboard.press("r")
            page.keyboard.press("4")
        else:
            page.keyboard.press("s" if kind == "spam" else "a")
    site.wait_until(lambda: "pending" not in statuses(site, "keys"))
    seconds = (time.monotonic() - began) / 60
    print(f"{seconds:.2f} seconds per verdict")
    assert seconds < 1
    assert statuses(site, "keys") == {"approved": 36, "rejected": 12, "spam": 12}
    assert read[:6] == ["urgent"] * 6
    assert read[-12:] == ["spam"] * 12
    assert page.locator("#queue-empty").is_visible()
    assert page.complaints == []


@with_javascript
def test_nothing_is_decided_about_words_that_are_just_being_redacted(site, queue):
    page, under_way = queue("race"), []
    page.route("**/press/", lambda route: under_way.append(route))
    page.keyboard.press("j")
    page.keyboard.press("e")
    page.keyboard.press("a")
    told(page, "just being changed")
    page.locator("[data-row] [value=spam]").click()
    page.keyboard.press("r")
    assert not page.locator("[data-opens][open]").count()
    assert len(under_way) == 1
    under_way[0].continue_()
    page.unroute("**/press/")
    page.locator("[data-row]:focus", has_not_text="Hill School").wait_for()
    assert statuses(site, "race") == {"pending": 1}
    page.keyboard.press("a")
    site.wait_until(lambda: statuses(site, "race") == {"approved": 1})


@with_javascript
def test_keys_are_silent_while_somebody_writes_and_once_they_are_switched_off(site, queue):
    page = queue("few")
    page.keyboard.press("j")
    for field in ("#searchbar", "[name=own_reason] >> nth=0", "[name=reply] >> nth=0"):
        if "name" in field:
            page.locator("[data-opens] summary").nth(0 if "own" in field else 1).click()
        page.locator(field).focus()
        page.keyboard.type("asjku?")
        assert page.locator(field).input_value() == "asjku?"
    page.reload()
    page.keyboard.press("j")
    page.keyboard.press("Control+a")
    page.keyboard.press("?")
    page.locator("#queue-keys-on").uncheck()
    page.keyboard.press("Escape")
    page.locator("[data-row]").first.focus()
    page.keyboard.type("asjke?")
    page.reload()
    page.locator("[data-row]").first.focus()
    page.keyboard.type("as?")
    assert not page.locator("#queue-help").is_visible()
    assert page.locator("[data-row]").count() == 4
    assert statuses(site, "few") == {"pending": 4}
    assert page.complaints == []


@with_javascript
def test_a_question_mark_opens_the_sheet_of_keys_and_escape_goes_back_to_the_comment(queue):
    page = queue("few")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("?")
    assert page.locator("#queue-help").is_visible()
    page.keyboard.type("as")
    page.keyboard.press("Escape")
    assert not page.locator("#queue-help").is_visible()
    assert has_focus(page).startswith("few 1:")
    assert page.locator("[data-row]").count() == 4


@with_javascript
def test_the_focus_goes_on_the_outcome_is_told_and_undo_comes_back_to_the_comment(site, queue):
    page = queue("two")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("a")
    assert has_focus(page).startswith("two 2:")
    told(page, "Approved: “two 1")
    assert statuses(site, "two") == {"approved": 1, "pending": 3}
    assert not covers(page, "#queue-said", "[data-row]:focus")
    page.keyboard.press("u")
    told(page, "Undone")
    assert has_focus(page).startswith("two 1:")
    names = page.eval_on_selector_all("[data-row]", "rows => rows.map(row => row.dataset.said.slice(0, 5))")
    assert names == ["two 0", "two 1", "two 2", "two 3"]
    page.locator("[data-row]:focus").get_by_role("button", name="Spam").click()
    told(page, "Put with the spam: “two 1")
    assert has_focus(page).startswith("two 2:")
    page.locator("#queue-said button").click()
    told(page, "Undone")
    assert statuses(site, "two") == {"pending": 4}


@with_javascript
def test_a_click_on_a_comment_makes_it_the_one_that_keys_act_on(queue):
    page = queue("two")
    page.locator(".queue-text").nth(2).click()
    assert has_focus(page).startswith("two 2:")
    page.keyboard.press("x")
    assert page.locator("[data-row]:has(.queue-tick :checked)").get_attribute("data-said").startswith("two 2:")


@with_javascript
def test_on_a_phone_the_outcome_leaves_the_open_reasons_alone_and_spam_stays_below_them(site, queue):
    page = queue("two")
    page.set_viewport_size({"width": 360, "height": 740})
    page.locator("[data-row]").first.get_by_role("button", name="Approve").click()
    told(page, "Approved: “two 0")
    panel = "[data-row]:first-of-type [data-opens=reject]"
    page.locator(f"{panel} summary").click()
    page.locator("#queue-said").scroll_into_view_if_needed()
    page.locator(panel).scroll_into_view_if_needed()
    assert not covers(page, "#queue-said", panel)
    box = page.locator(panel).bounding_box()
    assert page.locator("[data-row]:first-of-type [value=spam]").bounding_box()["y"] > box["y"] + box["height"]
    page.keyboard.press("Escape")
    page.locator("#queue-said button").click()
    told(page, "Undone")
    assert statuses(site, "two") == {"pending": 4}


@with_javascript
def test_keys_work_on_the_page_of_one_comment_too(site, queue):
    page = queue("one")
    page.locator("[data-row] a:has(time)").first.click()
    page.locator(".queue-text").click()
    page.keyboard.press("r")
    page.keyboard.press("4")
    told(page, "Rejected: “one 0")
    page.locator("#queue-log", has_text=REASON).wait_for()
    assert statuses(site, "one") == {"rejected": 1, "pending": 3}
    page.keyboard.press("u")
    told(page, "Undone")
    page.locator("[data-row]:focus", has=page.get_by_text("Reject", exact=False)).wait_for()
    assert statuses(site, "one") == {"pending": 4}
    page.keyboard.press("s")
    told(page, "Put with the spam: “one 0")
    page.keyboard.press("?")
    assert page.locator("#queue-help").is_visible()
    assert statuses(site, "one") == {"spam": 1, "pending": 3}
    assert page.complaints == []


def covers(page, one, other):
    boxes = [page.locator(selector).bounding_box() for selector in (one, other)]
    return all(
        boxes[0][at] < boxes[1][at] + boxes[1][size] and boxes[1][at] < boxes[0][at] + boxes[0][size]
        for at, size in (("x", "width"), ("y", "height"))
    )


@with_javascript
def test_who_comes_second_is_told_who_decided_and_what_the_network_loses_comes_back(site, queue):
    first, second = queue("late"), queue("late", "admin")
    first.keyboard.press("j")
    first.keyboard.press("r")
    first.keyboard.press("Enter")
    told(first, "Rejected: “late 0")
    second.keyboard.press("j")
    second.keyboard.press("a")
    told(second, "is already rejected, by moderator on")
    note = second.locator("[data-row]").first.locator("[role=note]")
    assert re.search(r"already rejected, by moderator on \d+ \w+ at \d\d:\d\d", note.inner_text())
    assert has_focus(second).startswith("late 1:")
    second.context.set_offline(True)
    second.keyboard.press("a")
    told(second, "The server cannot be reached. Nothing was decided")
    second.context.set_offline(False)
    second.keyboard.press("k")
    second.keyboard.press("a")
    told(second, "Approved: “late 1")
    assert statuses(site, "late") == {"approved": 1, "rejected": 1, "pending": 2}


@without_javascript
def test_without_javascript_every_verdict_is_a_form(site, queue, reader, status_pages):
    page = queue("forms")

    def row(number):
        return page.locator("[data-row]", has_text=f"forms {number}")

    row(0).get_by_role("button", name="Approve").click()
    page.locator(".messagelist", has_text="1 comment approved").wait_for()
    row(1).locator("summary", has_text="Reject").click()
    row(1).locator("select[name=reason]").select_option(REASON)
    row(1).get_by_role("button", name="Do not publish").click()
    page.locator(".messagelist", has_text="1 comment rejected").wait_for()
    row(2).get_by_role("button", name="Spam").click()
    page.locator(".messagelist", has_text="1 comment put with the spam").wait_for()
    assert statuses(site, "forms") == {"approved": 1, "rejected": 1, "spam": 1, "pending": 1}
    page.locator("#queue-undo button").click()
    page.locator(".messagelist", has_text="Undone").wait_for()
    assert statuses(site, "forms") == {"approved": 1, "rejected": 1, "pending": 2}
    row(3).locator("input[name=_selected_action]").check()
    page.locator("#changelist-form").get_by_role("button", name="Spam").click()
    page.locator(".messagelist", has_text="1 comment put with the spam").wait_for()
    assert statuses(site, "forms") == {"approved": 1, "rejected": 1, "spam": 1, "pending": 1}
    reader.goto(site.url + status_pages[1])
    assert REASON in reader.locator("main").inner_text()


@with_javascript
def test_ten_thousand_that_match_are_approved_at_once_and_undone(site, queue):
    page = queue("all")
    page.set_default_timeout(60_000)
    assert "more than 1,000" in page.locator("h1").inner_text()
    page.locator("[name=select_across]").check()
    page.locator("#changelist-form").get_by_role("button", name="Approve").click()
    page.locator(".messagelist", has_text=f"{MANY} comments approved").wait_for()
    assert statuses(site, "all") == {"approved": MANY}
    page.locator("#queue-undo button").click()
    page.locator(".messagelist", has_text="Undone").wait_for()
    assert statuses(site, "all") == {"pending": MANY}


@with_javascript
@pytest.mark.parametrize("colours", ["light", "dark"])
def test_axe_finds_nothing_in_queue_help_and_the_page_of_one_comment(site, queue, colours):
    page = queue("few")
    page.emulate_media(color_scheme=colours)
    page.goto(f"{site.url}/admin/comments/comment/?status=all")
    page.keyboard.press("j")
    page.keyboard.press("r")
    assert violations(page) == ""
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    assert violations(page, "#queue-help") == ""
    page.goto(f"{site.url}/admin/comments/comment/?article=queue-few")
    page.set_viewport_size({"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert violations(page) == ""
    page.locator("[data-row] a:has(time)").first.click()
    page.get_by_role("heading", name="Remove words for good").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert violations(page) == ""


def violations(page, within=None):
    found = Axe().run(page, within)
    return found.generate_report() if found.violations_count else ""
