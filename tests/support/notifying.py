"""A notifier as a process, its file of endpoints, and the alerts that it is given."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.support.deployment import TIDEGATE, Deployment, WorkerProcess
from tests.support.producing import Sent, produce
from tests.support.receivers import Receiver
from tidegate.agents.deployment import runtime_config
from tidegate.cli.topic_reader import read_to_end
from tidegate.events.alert import Alert, AlertKind, Severity
from tidegate.events.codec import ALERT_TYPE, derived_id, encode
from tidegate.events.decision import Outcome
from tidegate.events.delivery import DELIVERY_RECORD, Delivery
from tidegate.ops.topics import DELIVERIES_TOPIC

SECRET = "whsec_" + "A" * 32
RETRY_SECONDS = (0.3, 0.6)


def alert(number: int, kind: AlertKind = AlertKind.HOLD_STARTED, **more: Any) -> Alert:
    """Return an alert of shipment SHP-`number`."""
    fields: dict[str, Any] = {
        "alert_id": derived_id("test", kind, str(number)),
        "kind": kind,
        "shipment_id": f"SHP-{number}",
        "title": f"SHP-{number} {kind}",
        "text": "CN to JP\nGoods: line 1 dysprosium oxide",
        "severity": Severity.CRITICAL,
        "outcome": Outcome.PROHIBITED,
        "value": "48000",
        "currency": "USD",
        "destination_country": "JP",
        **more,
    }
    return Alert(**fields)


def record(told: Alert) -> Sent:
    """Return an alert's record as a worker writes it."""
    subject = told.shipment_id or told.license_id or told.alert_id
    value = encode(
        ALERT_TYPE,
        told,
        id_=told.alert_id,
        source="/tidegate",
        subject=subject,
        time=datetime.now(UTC),
    )
    return Sent("trade.alerts", subject.encode(), value)


def tell(deployment: Deployment, alerts: Iterable[Alert]) -> None:
    """Write alerts."""
    asyncio.run(produce(deployment.settings, [record(told) for told in alerts]))


def webhook(receiver: Receiver, **more: Any) -> dict[str, Any]:
    """Describe a receiver as an endpoint that is given up within two seconds."""
    return {
        "type": "webhook",
        "url": receiver.url,
        "secrets": ["env:TEST_WEBHOOK_SECRET"],
        "allow_networks": ["127.0.0.0/8"],
        "retry_seconds": list(RETRY_SECONDS),
        "breaker_seconds": 0.2,
        "timeout_seconds": 1.0,
        **more,
    }


def write_config(
    folder: Path,
    endpoints: Mapping[str, Mapping[str, Any]],
    routes: Iterable[Mapping[str, Any]] | None = None,
) -> Path:
    """Write a file of endpoints; without routes all alerts go to all of them."""
    lines = []
    for name, endpoint in endpoints.items():
        lines.append(f"[endpoints.{name}]")
        lines += [f"{key} = {_toml(value)}" for key, value in endpoint.items()]
    for route in routes if routes is not None else [{"to": list(endpoints)}]:
        lines.append("[[routes]]")
        lines += [f"{key} = {_toml(value)}" for key, value in route.items()]
    path = folder / "notifier.toml"
    path.write_text("\n".join(lines) + "\n")
    return path


def _toml(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_toml(inner)}" for key, inner in value.items()) + " }"
    return json.dumps(value)


class NotifierProcess(WorkerProcess):
    """A `tidegate notifier`. Its log goes on over restarts."""

    def _command(self, *faults: str) -> list[str]:
        if faults:
            return [sys.executable, "-m", "tests.faults.notifier", *faults]
        return [TIDEGATE, "notifier"]


@contextmanager
def notifiers(deployment: Deployment, *names: str) -> Iterator[list[NotifierProcess]]:
    """Have notifiers with these instance names; none is started."""
    made = [NotifierProcess(deployment, name) for name in names]
    try:
        yield made
    finally:
        for process in made:
            process.kill()


def deliveries(deployment: Deployment) -> dict[str, list[Delivery]]:
    """Return every state of each delivery, in order, by its id."""

    async def read() -> dict[str, list[Delivery]]:
        found: dict[str, list[Delivery]] = {}
        async for taken in read_to_end(runtime_config(deployment.settings), DELIVERIES_TOPIC):
            told = DELIVERY_RECORD.validate_json(taken.value or b"")
            if isinstance(told, Delivery):
                found.setdefault(told.delivery_id, []).append(told)
        return found

    return asyncio.run(read())
