"""A hold, two people, the worker's answer: over real processes, and with the console killed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

import httpx
from sqlalchemy import select

from tests.support.console import ConsoleProcess, Visitor
from tests.support.deployment import Deployment
from tests.support.producing import Sent, produce
from tests.support.scenario import event
from tests.unit.agents.book import NOON, facts
from tidegate.console.desk.tables import outbox
from tidegate.console.store.database import Database
from tidegate.events.codec import SHIPMENT_TYPE

SECONDS = 60.0
POLL_SECONDS = 0.05
Found = TypeVar("Found")
REASON = {"reason": "Both of us looked."}


async def test_what_two_people_decide_is_applied_once_however_often_the_console_dies(
    deployment: Deployment,
) -> None:
    console = ConsoleProcess(deployment)
    for name, role in (("analyst", "analyst"), ("approver", "approver")):
        console.add_user(name, role)
    booked = event(SHIPMENT_TYPE, facts(), NOON)
    await produce(deployment.settings, [Sent("trade.shipments", b"SHP-1", booked)])
    with deployment.workers("one"), console:
        analyst, approver = console.sign_in("analyst"), console.sign_in("approver")
        held = until(lambda: found(analyst, action="hold"), SECONDS)
        wish = {
            "shipment_id": "SHP-1",
            "decision_id": held["decision_id"],
            "kind": "release",
            "reason": "The authority says that no license is needed.",
        }
        proposal = analyst.post("/dispositions", wish)["proposal"]
        # Killed between the first and the second: sessions and the proposal are still there.
        console.kill()
        console.start()
        console.await_ready()
        path = f"/proposals/{proposal['id']}/second"
        answers: list[Any] = []

        def second() -> None:
            with suppress(httpx.TransportError):
                answers.append(approver.post(path, REASON))

        asking = threading.Thread(target=second)
        asking.start()
        # Killed once it is decided, whether or not it is sent or answered.
        database = Database(f"sqlite:///{deployment.settings.state_dir / 'console.db'}")
        until(lambda: decided(database), SECONDS)
        console.kill()
        asking.join()
        assert found_in(database) == {proposal["disposition_id"]}
        console.start()
        console.await_ready()
        again = approver.post(path, REASON)
        assert again["sent"]["disposition"]["disposition_id"] == proposal["disposition_id"]
        free = until(lambda: found(analyst, action="pass"), SECONDS)
        assert free["released_by"] == [proposal["disposition_id"]]
        fate = f"/dispositions/{proposal['disposition_id']}"
        assert until(lambda: applied(analyst, fate), SECONDS)
        assert console.stop() == 0
        database.close()
    told = deployment.json("audit", "verify")
    assert (told["whole"], told["chained"], told["unchained"]) == (True, 1, 0)
    assert deployment.json("dead-letters", "list") == []


def until(look: Callable[[], Found | None], seconds: float) -> Found:
    """Return what is looked for, once it is there."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if there := look():
            return there
        time.sleep(POLL_SECONDS)
    raise AssertionError("it did not come")


def found(visitor: Visitor, action: str) -> dict[str, Any] | None:
    """Return the shipment's row in the store once its action is this."""
    answer = visitor.client.get("/api/v1/shipments", params={"prefix": "SHP-1"})
    rows = answer.json() if answer.is_success else []
    return next((dict(row) for row in rows if row["action"] == action), None)


def applied(visitor: Visitor, path: str) -> bool:
    return bool(visitor.get(path)["fate"] == "applied")


def found_in(database: Database) -> set[str]:
    with database.read() as connection:
        return set(connection.execute(select(outbox.c.disposition_id)).scalars())


def decided(database: Database) -> bool:
    return bool(found_in(database))
