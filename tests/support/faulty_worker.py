"""Run a worker whose purses have a fault: BOOTSTRAP PREFIX FAULT CONFIG(JSON)."""

import asyncio
import json
import logging
import sys
from dataclasses import replace
from datetime import UTC, datetime

from tests.support.counting import BANK, PURSE, Purse
from tidegate.runtime.app import run
from tidegate.runtime.loop import loop_factory
from tidegate.runtime.record import Record
from tidegate.runtime.spec import RuntimeConfig
from tidegate.runtime.transaction import Transaction


class Spinning(Purse):
    """Never comes back from a record: the event loop stands still."""

    def take(self, transaction: Transaction, record: Record) -> None:
        while True:
            pass


class Idle(Purse):
    """Has a timer that is due for ever, and does nothing about it."""

    def due(self) -> datetime | None:
        return datetime(2026, 1, 1, tzinfo=UTC)

    def fire(self, transaction: Transaction, limit: int) -> int:
        return 0


class Failing(Idle):
    """Fails in a timer, so that no record is to blame."""

    def fire(self, transaction: Transaction, limit: int) -> int:
        raise ZeroDivisionError("a faulty timer")


FAULTS = {"spinning": Spinning, "idle": Idle, "failing": Failing, "none": Purse}


def main(bootstrap: str, prefix: str, fault: str, config: str) -> int:
    logging.basicConfig(level=logging.WARNING)
    specs = (replace(PURSE, processor=FAULTS[fault]), BANK)
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        settings = RuntimeConfig(bootstrap, topic_prefix=prefix, **json.loads(config))
        return runner.run(run(settings, specs))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
