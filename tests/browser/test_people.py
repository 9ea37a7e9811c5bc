"""What people are offered to decide, and what becomes of it."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.stand import HELD, Stand, parties


def test_the_same_is_said_of_several_and_each_is_told_of(visit: Visit, stand: Stand) -> None:
    ids = ["SHP-BULK-1", "SHP-BULK-2"]
    for one in ids:
        stand.send_shipment(one, parties=parties(class_="military"))
    stand.until_queued(*ids)
    page = visit("/holds?shipment=SHP-BULK")
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_label("Pick all on this page").check()
    page.get_by_label("Reason for all picked").fill("They stay.")
    page.get_by_role("button", name="Confirm holds").click()
    expect(page.get_by_role("heading", name="what became of each")).to_be_visible()
    expect(page.locator("#main tbody td")).to_have_text(["done", "done"])
    page.goto(f"/shipments/{ids[0]}")
    expect(page.locator("#history")).to_contain_text("They stay.")


def test_a_viewer_is_offered_nothing_to_decide(visit: Visit) -> None:
    page = visit(f"/shipments/{HELD}", name="viewer")
    expect(page.locator("form[action$='/dispositions']")).to_have_count(0)
    expect(page.get_by_role("link", name="Users")).to_have_count(0)
