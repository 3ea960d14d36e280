"""What a screen reader is told of a care card: Chromium's accessibility tree of the article page."""

import pytest

from articles.care_cards import LEVELS

pytestmark = [pytest.mark.browser, pytest.mark.any_database]
HEADINGS = {
    "emergency": "Call 112 now if your child:",
    "urgent": "Get medical advice today if your child:",
    "nonurgent": "See your doctor in the next few weeks if your child:",
}


def tree_of(page):
    """{role: [(name, level)]} of all that is no mere text, in the page's order."""
    session = page.context.new_cdp_session(page)
    found = {}
    for node in session.send("Accessibility.getFullAXTree")["nodes"]:
        if not node.get("ignored") and "name" in node:
            level = next((each["value"]["value"] for each in node["properties"] if each["name"] == "level"), None)
            found.setdefault(node["role"]["value"], []).append((node["name"]["value"], level))
    return found


def test_each_card_says_its_level_first_in_its_heading_and_as_a_landmark(site, page):
    page.goto(f"{site.url}/articles/night-cramps/")
    tree = tree_of(page)
    for level, heading in HEADINGS.items():
        name = f"{LEVELS[level]}: {heading}"
        assert (name, 2) in tree["heading"]
        assert name in [landmark for landmark, _ in tree["region"]]
