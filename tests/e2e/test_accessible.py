"""What axe says of the pages that readers see, on a phone and on a desk, by day and by night."""

import pytest
from axe_playwright_python.sync_playwright import Axe

pytestmark = [pytest.mark.browser, pytest.mark.any_database]
PAGES = (
    "/",
    "/articles/night-cramps/",
    "/topics/babies/",
    "/authors/priya-raman/",
    "/authors/samuel-okafor/",
    "/search/?q=cramp",
    "/about/",
    "/privacy/",
    "/newsletter/",
)
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_axe_finds_nothing_on_any_page_and_nothing_sticks_out(site, browser, colours, width):
    # axe runs as an inline script, which the policy forbids.
    context = browser.new_context(color_scheme=colours, viewport={"width": width, "height": 800}, bypass_csp=True)
    page, found = context.new_page(), []
    for path in PAGES:
        page.goto(site.url + path)
        result = Axe().run(page, options={"runOnly": STANDARDS})
        found += [f"{path}: {violation['id']}" for violation in result.response["violations"]]
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found.append(f"{path} is wider than the screen")
    context.close()
    assert found == []
