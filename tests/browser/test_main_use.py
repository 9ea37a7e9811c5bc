"""What each page is mainly for, done as its user does it."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import Shot, Visit
from tests.browser.stand import HELD, LICENSE, LICENSED, LISTED, UNSURE, Stand


def open_shipments(page: Page) -> list[str]:
    return page.locator("#queue tbody tr").evaluate_all("rows => rows.map(r => r.dataset.key)")


def test_a_newcomer_finds_why_a_shipment_stands_still(visit: Visit) -> None:
    page = visit("/", name="viewer")
    page.get_by_label("Find a shipment").fill(HELD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/shipments/{HELD}")
    verdict = page.locator("#verdict")
    expect(verdict).to_contain_text("Held")
    expect(verdict).to_contain_text("Prohibited")
    expect(verdict).to_contain_text("MOFCOM")
    expect(verdict).to_contain_text("In hand of")
    expect(verdict.locator("time[data-since]")).to_have_text(re.compile(r"\d+ (s|min|h)"))
    expect(verdict).to_contain_text("Beijing")
    expect(verdict.get_by_text("2026-", exact=False).first).to_contain_text("GMT+1")
    expect(page.locator("#reasons [lang=ja]").first).to_contain_text("三菱造船")
    expect(page.locator("#decide")).to_have_count(0)  # a viewer decides nothing


def test_what_is_not_known_is_named_to_be_asked_for(visit: Visit) -> None:
    page = visit(f"/shipments/{UNSURE}")
    unknown = page.locator("#reasons .unknowns").first
    expect(unknown).to_contain_text("ask for it")
    expect(unknown).to_contain_text("end user: class")


def test_the_queue_is_walked_by_keyboard(visit: Visit) -> None:
    page = visit("/holds")
    expect(page.locator("#live")).to_have_attribute("data-state", "live")
    ids = open_shipments(page)
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator("tr.current")).to_have_attribute("data-key", ids[1])
    page.keyboard.press("x")
    page.keyboard.press("k")
    page.keyboard.press("x")
    expect(page.locator("#bulk-count")).to_have_text("2 picked")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/shipments/{ids[0]}")
    page.keyboard.press("g")
    page.keyboard.press("q")
    page.wait_for_url("**/holds")


def test_the_queue_is_filtered_sorted_and_paged(visit: Visit) -> None:
    page = visit("/holds?sort=value&descending=1")
    first = open_shipments(page)
    page.get_by_role("link", name="Next page").click()
    page.wait_for_url("**cursor=**")
    assert not set(first) & set(open_shipments(page))
    page.goto("/holds")
    page.get_by_label("Party").fill(LISTED)
    page.get_by_role("button", name="Filter").click()
    page.wait_for_url("**party=**")
    assert HELD in open_shipments(page)
    page.get_by_label("Shipment", exact=True).fill("NO-SUCH")
    page.get_by_role("button", name="Filter").click()
    expect(page.get_by_text("Nothing matches the filter.")).to_be_visible()


def test_which_measure_holds_most_to_japan_is_two_steps_away(visit: Visit) -> None:
    page = visit("/")
    page.locator("#by-measure select").select_option("JP")
    page.locator("#by-measure").get_by_role("button", name="Show").click()
    page.wait_for_url("**destination=JP**")
    first = page.locator("#by-measure tbody tr").first
    count = first.locator("td.number").first.inner_text()
    first.get_by_role("link").click()
    page.wait_for_url("**measure=**")
    expect(page.locator("#queue caption strong")).to_have_text(count)


def test_a_license_shows_its_balance_and_what_depends_on_it(visit: Visit) -> None:
    page = visit(f"/licenses/{LICENSE}")
    expect(page.locator("#dependents")).to_contain_text(LICENSED)
    expect(page.locator("#balance")).to_contain_text("KGM")


def test_measures_in_force_are_another_set_at_another_date(visit: Visit) -> None:
    page = visit("/measures?on=2026-01-05")
    row = page.locator("tr[data-key='CN-JP-01']")
    expect(row).to_contain_text("To come")
    page.get_by_label("On", exact=True).fill("2026-01-07")
    page.get_by_role("button", name="Show").click()
    expect(row).to_contain_text("In force")


def test_a_name_is_screened_and_it_is_told_why_it_matched(visit: Visit) -> None:
    page = visit("/parties")
    page.get_by_label("Name, as it is on the papers").fill("Mitsubishi Shipbuilding")
    page.get_by_role("button", name="Screen").click()
    hit = page.locator("article.reason").first
    expect(hit).to_contain_text("CN-CL")
    expect(hit.locator("mark").first).to_have_text("mitsubishi")
    page.goto("/parties?name=Zzyzx Qwfp")
    expect(page.get_by_text("No listed name is like it.")).to_be_visible()


def test_dead_letters_say_what_was_wrong(visit: Visit) -> None:
    page = visit("/dead-letters")
    expect(page.locator("tbody tr").first).to_contain_text("trade.shipments")
    page.get_by_text("Show", exact=True).first.click()
    expect(page.locator("pre.raw").first).to_contain_text("not")


def test_a_token_is_shown_once_and_revoked(visit: Visit, stand: Stand) -> None:
    page = visit("/account", name="analyst")
    page.get_by_label("What it is for").fill("booking")
    page.get_by_role("button", name="Make it").click()
    expect(page.locator("code.hash")).to_have_text(re.compile("^tidegate_"))
    page.goto("/account")
    expect(page.locator("code.hash")).to_have_count(0)
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Revoke").first.click()
    expect(page.get_by_text("The token is revoked.")).to_be_visible()


def test_an_address_that_leads_nowhere_says_what_to_do(visit: Visit, shot: Shot) -> None:
    page = visit("/shipments/NO-SUCH-SHIPMENT", bears="404")
    expect(page.get_by_role("heading")).to_have_text("There is no such thing")
    shot(page, "not-found")
