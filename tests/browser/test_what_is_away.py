"""Broker gone, console gone: the page says that it is not live and what to do, and recovers."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.conftest import START_SECONDS, Shot, Visit
from tests.browser.stand import Stand
from tests.support.kafka import KafkaBroker

STALE_MS = 90_000  # Kafka's client gives a request 15 s, and asks again


def test_without_a_broker_the_page_says_that_it_is_not_live_and_recovers(
    visit: Visit, kafka: KafkaBroker, shot: Shot
) -> None:
    page = visit("/")
    expect(page.locator("#live")).to_have_attribute("data-state", "live")
    kafka.stop()
    try:
        banner = page.locator("#stale-banner")
        expect(banner).to_be_visible(timeout=STALE_MS)
        expect(banner).to_contain_text("Nothing is lost")
        shot(page, "broker-away")
    finally:
        kafka.start()
    expect(banner).to_be_hidden(timeout=STALE_MS)
    expect(page.locator("#live")).to_have_attribute("data-state", "live")


def test_without_the_console_the_page_says_so_and_goes_on_when_it_is_back(
    visit: Visit, stand: Stand, shot: Shot
) -> None:
    page = visit("/holds", bears="Failed to load resource")
    expect(page.locator("#live")).to_have_attribute("data-state", "live")
    assert stand.console.stop() == 0
    try:
        expect(page.locator("#stale-banner")).to_contain_text("does not answer", timeout=STALE_MS)
        shot(page, "console-away")
    finally:
        stand.console.start()
        stand.console.await_ready(START_SECONDS)
    expect(page.locator("#live")).to_have_attribute("data-state", "live", timeout=STALE_MS)
