"""Two people decide: what one proposes another seconds, and the page waits for the worker."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.conftest import Shot, Visit
from tests.browser.stand import HELD, Stand, parties

WORKER_MS = 60_000  # through the log, the worker and back: a moment, where there is room


def test_a_release_needs_two_people_and_shows_when_the_worker_says_so(
    visit: Visit, stand: Stand, shot: Shot
) -> None:
    mine = "SHP-TWO-PEOPLE"
    stand.send_shipment(mine, parties=parties(listed=True, class_="military"))
    stand.until_queued(mine)
    first = visit(f"/shipments/{mine}", name="analyst")
    first.get_by_role("button", name="Take", exact=True).click()
    expect(first.locator("#verdict")).to_contain_text("analyst")
    first.get_by_label("Release").check()
    first.get_by_label("Number of the special approval").fill("SA-2026-1")
    first.get_by_label("Reason", exact=True).fill("The approval is here.")
    first.get_by_role("button", name="Send").click()
    expect(first.locator(".proposal")).to_contain_text("Another person")
    expect(first.locator("#verdict")).to_contain_text("Held")

    second = visit(f"/shipments/{mine}", name="admin")
    expect(second.locator("#notices")).to_contain_text("analyst looks at this shipment too")
    expect(second.locator(".proposal")).to_contain_text("The approval is here.")
    shot(second, "shipment-proposal")
    second.on("dialog", lambda dialog: dialog.accept())
    second.get_by_label("Your reason").fill("Seen.")
    second.get_by_role("button", name="Second it").click()
    expect(second.locator("#verdict")).to_contain_text("Released", timeout=WORKER_MS)
    expect(second.locator("#verdict")).to_have_class("card verdict pass")
    expect(second.locator("#history")).to_contain_text("by analyst, seconded by admin")
    # Without a reload, on the other screen too.
    expect(first.locator("#verdict")).to_contain_text("Released", timeout=WORKER_MS)
    expect(first.locator("#decide-stale")).to_be_visible()
    shot(second, "shipment-released")


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
