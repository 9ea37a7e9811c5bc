"""What the browser tests look at: a deployment with a console, and events that are told apart."""

from __future__ import annotations

import asyncio
import copy
import json
import sqlite3
import threading
import time
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.console import ConsoleProcess
from tests.support.deployment import ROOT, Deployment
from tests.support.producing import Sent, produce

EXAMPLES = ROOT / "schemas" / "examples"
TRAFFIC = 600
HELD, UNSURE, LICENSED = "SHP-HELD", "SHP-UNSURE", "SHP-LICENSED"
LICENSE = "LIC-BROWSER"
LISTED = "三菱造船株式会社"
SECONDS = 30.0


@dataclass
class Stand:
    """A deployment whose worker and console run."""

    deployment: Deployment
    console: ConsoleProcess

    def send_shipment(self, shipment_id: str, revision: int = 1, **facts: Any) -> None:
        """Send a shipment: dual-use goods from China to Japan, unless told otherwise."""
        data = {"shipment_id": shipment_id, "revision": revision, **_base(), **facts}
        self._send("trade.shipment.v1", "trade.shipments", shipment_id, data)

    def send_license(self, revision: int = 1, **facts: Any) -> None:
        """Send the license."""
        data = {"license_id": LICENSE, "revision": revision, **_license(), **facts}
        self._send("trade.license.v1", "trade.licenses", LICENSE, data)

    def send_rubbish(self) -> None:
        """Send a record that nobody can use."""
        self._produce([Sent("trade.shipments", b"SHP-RUBBISH", b'{"not": "an event"')])

    def line(self) -> dict[str, Any]:
        """Return the line of goods that a shipment has, unless told otherwise."""
        return dict(_base()["items"][0])

    def until_queued(self, *shipment_ids: str) -> None:
        """Wait until the console's queue has these shipments."""
        database = self.deployment.folder / "state" / "console.db"
        await_true(lambda: set(shipment_ids) <= _queued(database), f"{shipment_ids} in the queue")

    def _send(self, kind: str, topic: str, key: str, data: dict[str, Any]) -> None:
        event = json.loads((EXAMPLES / f"{kind}.json").read_text())
        event |= {"id": f"{key}-{data['revision']}", "subject": key, "data": data}
        self._produce([Sent(topic, key.encode(), json.dumps(event).encode())])

    def _produce(self, records: Iterable[Sent]) -> None:
        _apart(lambda: produce(self.deployment.settings, records))


def await_true(condition: Callable[[], bool], what: str, seconds: float = SECONDS) -> None:
    """Wait until it is so."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {what}"
        time.sleep(0.1)


def _queued(database: Path) -> set[str]:
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=5)
    try:
        return {row[0] for row in connection.execute("SELECT shipment_id FROM holds")}
    finally:
        connection.close()


def _apart(work: Callable[[], Coroutine[Any, Any, Any]]) -> None:
    """Run a coroutine in a thread of its own: Playwright's own loop runs in this one."""
    failed: list[BaseException] = []

    def run() -> None:
        try:
            asyncio.run(work())
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if failed:
        raise failed[0]


def _base() -> dict[str, Any]:
    facts = json.loads((EXAMPLES / "trade.shipment.v1.json").read_text())["data"]
    made = copy.deepcopy(facts)
    del made["shipment_id"], made["revision"]
    made["items"][0]["licenses"] = []
    return made


def _license() -> dict[str, Any]:
    facts = json.loads((EXAMPLES / "trade.license.v1.json").read_text())["data"]
    del facts["license_id"], facts["revision"]
    return dict(facts)


def parties(listed: bool = False, class_: str = "civil") -> list[dict[str, Any]]:
    """Return the parties of a shipment to Japan."""
    name = LISTED if listed else "Example Motors K.K."
    return [
        {"role": "exporter", "name": "Ganzhou Example Materials", "country": "CN"},
        {"role": "consignee", "name": name, "country": "JP", "class": class_},
        {"role": "end_user", "name": name, "country": "JP", "class": class_},
    ]
