"""Every page: nothing that axe calls serious, in light and dark; on a phone nothing is cut off."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import Shot, Visit
from tests.browser.stand import HELD, LICENSE, LISTED

PAGES = {
    "overview": "/",
    "queue": "/holds?shipment=SHP-U",  # our own: axe looks at each cell
    "shipment": f"/shipments/{HELD}",
    "file": f"/shipments/{HELD}/file",
    "licenses": "/licenses",
    "license": f"/licenses/{LICENSE}",
    "measures": "/measures",
    "measure": "/measures/CN-JP-01",
    "parties": f"/parties?name={LISTED}&country=JP",
    "practice": "/practice",
    "deliveries": "/deliveries",
    "dead-letters": "/dead-letters",
    "audit": "/audit",
    "users": "/users",
    "account": "/account",
    "find": "/find?q=SHP-",
}
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]}
SERIOUS = ("serious", "critical")
PHONE = {"width": 390, "height": 844}


def findings(page: Page) -> list[str]:
    answer = Axe().run(page, options=RULES).response
    return [
        f"{one['id']} ({one['impact']}): {node['html'][:160]} {node['failureSummary'][:200]}"
        for one in answer["violations"]
        if one["impact"] in SERIOUS
        for node in one["nodes"]
    ]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_can_be_read_by_all_on_all(name: str, visit: Visit, shot: Shot) -> None:
    page = visit(PAGES[name])
    expect(page.locator("h1")).to_be_visible()
    assert findings(page) == []
    shot(page, f"{name}-light")
    page.emulate_media(color_scheme="dark")
    assert findings(page) == []
    shot(page, f"{name}-dark")
    page.set_viewport_size(PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    page.emulate_media(color_scheme="light")
    shot(page, f"{name}-phone")


def test_the_way_in_can_be_read_too(visit: Visit, shot: Shot) -> None:
    page = visit("/", bears="401")
    page.context.clear_cookies()
    page.goto("/holds")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert findings(page) == []
    shot(page, "sign-in")
    page.get_by_label("Name").fill("admin")
    page.get_by_label("Password").fill("not the password")
    with page.expect_response("**/sign-in"):
        page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("wrong")
    assert findings(page) == []
