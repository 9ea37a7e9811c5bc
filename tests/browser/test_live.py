"""Live without a reload: what is sent appears, and what ends goes."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.stand import Stand, parties


def test_a_new_hold_appears_by_itself_and_goes_by_itself(visit: Visit, stand: Stand) -> None:
    page = visit("/holds?shipment=SHP-LIVE")
    expect(page.get_by_text("Nothing matches the filter.")).to_be_visible()
    page.evaluate("window.sameDocument = true")
    stand.send_shipment("SHP-LIVE", parties=parties(class_="military"))
    row = page.locator("tr[data-key='SHP-LIVE']")
    expect(row).to_contain_text("Held")
    stand.send_shipment("SHP-LIVE", 2, parties=parties(class_="military"), status="cancelled")
    expect(row).to_have_count(0)
    assert page.evaluate("window.sameDocument"), "the page was loaded anew"
