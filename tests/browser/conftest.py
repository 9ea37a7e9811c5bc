"""Fixtures of the browser tests. They end with this folder: Playwright's loop bears no other."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.stand import HELD, LICENSE, LICENSED, TRAFFIC, UNSURE, Stand, parties
from tests.conftest import missing
from tests.support.console import PASSWORD, ConsoleProcess
from tests.support.deployment import ROOT, Deployment
from tests.support.kafka import KafkaBroker
from tidegate.console.identity import users
from tidegate.console.identity.roles import Role
from tidegate.console.opening import open_database

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
SHOTS = ROOT / "var" / "screenshots"
PATIENCE_MS = 15_000
START_SECONDS = 120.0  # it starts beside the worker, on machines that have more to do
PEOPLE = ("admin", "analyst", "viewer")
"""Users, each named as the role that they have."""

Visit = Callable[..., Page]
Shot = Callable[[Page, str], None]


@pytest.fixture(scope="package")
def stand(
    kafka: KafkaBroker, tmp_path_factory: pytest.TempPathFactory, tables_cache: Path
) -> Iterator[Stand]:
    """A deployment with traffic, and events of the tests' own."""
    if CHROMIUM is None:
        missing("Chromium: install the Debian package `chromium`")
    folder = tmp_path_factory.mktemp("browser")
    deployment = Deployment(kafka.bootstrap, "browser.", folder, tables_cache)
    deployment.prepare()
    with ExitStack() as stack:
        console = ConsoleProcess(deployment)
        _add_people(deployment)
        console.start()
        stack.callback(console.kill)
        stack.enter_context(deployment.workers("one"))
        console.await_ready(START_SECONDS)
        made = Stand(deployment, console)
        deployment.command(
            "simulate", "--events", str(TRAFFIC), "--seed", "7", "--held", "0.3", "--rubbish", "0"
        )
        made.send_license()
        made.send_shipment(HELD, parties=parties(listed=True, class_="military"))
        made.send_shipment(UNSURE, parties=parties(class_="unknown"))
        lines = {**made.line(), "licenses": [LICENSE]}
        made.send_shipment(LICENSED, parties=parties(), items=[lines])
        made.send_rubbish()
        made.until_queued(HELD, UNSURE)
        yield made


@pytest.fixture(scope="package")
def browser(stand: Stand) -> Iterator[Browser]:
    """Chromium, as Debian ships it."""
    with sync_playwright() as playwright:
        expect.set_options(timeout=PATIENCE_MS)
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield started
        started.close()


@pytest.fixture(scope="package")
def sessions(stand: Stand, browser: Browser) -> dict[str, Any]:
    """The cookies of everybody, signed in by the form."""
    kept: dict[str, Any] = {}
    for name in PEOPLE:
        context = browser.new_context(base_url=stand.console.address)
        page = context.new_page()
        sign_in(page, name)
        kept[name] = context.storage_state()
        context.close()
    return kept


@pytest.fixture
def visit(stand: Stand, browser: Browser, sessions: dict[str, Any]) -> Iterator[Visit]:
    """Open a page as somebody; what the browser complains of fails the test at its end.

    That includes every violation of the Content-Security-Policy.
    """
    with ExitStack() as stack:
        complaints: list[str] = []

        def visit(path: str, name: str = "admin", bears: str = "", **options: Any) -> Page:
            context = browser.new_context(
                base_url=stand.console.address,
                storage_state=sessions[name],
                timezone_id="Europe/Berlin",
                **{"viewport": {"width": 1440, "height": 900}, **options},
            )
            stack.callback(context.close)
            page = context.new_page()
            page.set_default_timeout(PATIENCE_MS)

            def complain(text: str) -> None:
                if not bears or bears not in text:
                    complaints.append(f"{page.url}: {text}")

            page.on("pageerror", lambda error: complain(str(error)))
            page.on(
                "console",
                lambda message: complain(message.text) if message.type == "error" else None,
            )
            page.goto(path)
            return page

        yield visit
    assert complaints == []


@pytest.fixture(scope="session")
def shot() -> Shot:
    """Keep a picture of a page under var/screenshots, to be looked at."""
    SHOTS.mkdir(parents=True, exist_ok=True)

    def shot(page: Page, name: str) -> None:
        page.screenshot(path=SHOTS / f"{name}.png", full_page=True)

    return shot


def _add_people(deployment: Deployment) -> None:
    database = open_database(deployment.settings)
    with database.begin() as connection:
        for name in PEOPLE:
            users.add(connection, name, Role(name), datetime.now(UTC), password=PASSWORD)
    database.close()


def sign_in(page: Page, name: str, password: str = PASSWORD) -> None:
    """Fill in the form of the sign-in page."""
    page.goto("/sign-in")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("/")
