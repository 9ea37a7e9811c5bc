"""Two small agents that talk by claims and answers, to prove the runtime without the domain.

A `purse` keeps numbered amounts per key and asks a `bank` for each; the bank grants as long as
its balance lasts. The purse then writes what came of it. Every input gives exactly one result,
so a verifier can say from the topics alone whether anything was lost, doubled or out of order.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from tidegate.runtime.processor import Changes, Refused
from tidegate.runtime.record import Record
from tidegate.runtime.spec import AgentSpec
from tidegate.runtime.transaction import Transaction

ORDERS = "trade.orders"
ANSWERS = "tidegate.answers"
CLAIMS = "tidegate.claims"
RESULTS = "trade.results"
SWITCH = "tidegate.switch"
PURSE_LOG = "tidegate.purse-changelog"
BANK_LOG = "tidegate.bank-changelog"
DEAD = "trade.dead-letters"
JOURNAL = "tidegate.journal"
CO_PARTITIONED = (ORDERS, ANSWERS, CLAIMS, SWITCH, PURSE_LOG, BANK_LOG)
TOPICS = (*CO_PARTITIONED, RESULTS, DEAD, JOURNAL)


def dead_letter(record: Record, field: str, reason: str) -> tuple[str | None, bytes]:
    value = {
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "field": field,
        "reason": reason,
        "original": (record.value or b"").decode(errors="replace"),
    }
    key = None if record.key is None else record.key.decode(errors="replace")
    return key, json.dumps(value).encode()


class Purse:
    """Per key: count and sum of the orders, and how many were granted and refused.

    Orders: {"n": 1, "amount": 5}; n counts up per key. `{"poison": true}` raises,
    `{"refuse": true}` is refused, `{"remind": seconds}` sets a timer that writes a result.
    """

    def __init__(self, partition: int) -> None:
        self.partition = partition
        self.timers: dict[str, datetime] = {}
        self.cursor: str | None = None
        self.switches: set[int] = {0}
        """Versions of the switch that are 'built'."""

    def restored(self, state: Iterable[tuple[str, bytes]]) -> None:
        for key, value in state:
            self._learn(key, value)

    def ready(self, record: Record) -> bool:
        if record.topic != SWITCH or record.value is None:
            return True
        return json.loads(record.value)["version"] in self.switches

    def take(self, transaction: Transaction, record: Record) -> None:
        if record.key is None:
            raise Refused("key", "missing")
        value = json.loads(record.value or b"{}")
        if record.topic == SWITCH:
            transaction.put("cursor", b"purse/")
            return
        key = record.key.decode()
        name = f"purse/{key}"
        state = json.loads(transaction.get(name) or b'{"n":0,"sum":0,"granted":0,"refused":0}')
        if record.topic == ANSWERS:
            state["granted" if value["granted"] else "refused"] += 1
            transaction.put(name, json.dumps(state).encode())
            transaction.emit(RESULTS, key, json.dumps(value).encode())
            return
        transaction.put(name, b'{"half":"written"}')
        transaction.emit(RESULTS, key, b'{"half":"written"}')
        if value.get("poison"):
            raise ZeroDivisionError("poison")
        if value.get("refuse"):
            raise Refused("amount", "not wanted")
        transaction.outputs.pop()
        state["n"] += 1
        state["sum"] += value["amount"]
        transaction.put(name, json.dumps(state).encode())
        transaction.count("orders")
        if "remind" in value:
            at = transaction.clock + timedelta(seconds=value["remind"])
            transaction.put(f"timer/{key}", at.isoformat().encode())
        claim = {"n": value["n"], "amount": value["amount"], "order": key}
        transaction.emit(CLAIMS, value.get("bank", key), json.dumps(claim).encode())

    def due(self) -> datetime | None:
        return min(self.timers.values(), default=None)

    def fire(self, transaction: Transaction, limit: int) -> int:
        due = sorted((at, key) for key, at in self.timers.items() if at <= transaction.clock)
        for at, key in due[:limit]:
            order = key.removeprefix("timer/")
            result = {
                "reminder": order,
                "at": at.isoformat(),
                "clock": transaction.clock.isoformat(),
            }
            transaction.emit(RESULTS, order, json.dumps(result).encode())
            transaction.put(key, None)
        return len(due[:limit])

    def walking(self) -> bool:
        return self.cursor is not None

    def walk(self, transaction: Transaction, limit: int) -> int:
        assert self.cursor is not None
        keys = transaction.keys_after(self.cursor, "purse/", limit)
        for key in keys:
            transaction.emit(RESULTS, key[6:], json.dumps({"walked": key[6:]}).encode())
        transaction.put("cursor", keys[-1].encode() if len(keys) == limit else None)
        return len(keys)

    def applied(self, changes: Changes, clock: datetime) -> None:
        for key, value in changes.items():
            self._learn(key, value)

    def _learn(self, key: str, value: bytes | None) -> None:
        if key == "cursor":
            self.cursor = None if value is None else value.decode()
        elif key.startswith("timer/"):
            if value is None:
                self.timers.pop(key, None)
            else:
                self.timers[key] = datetime.fromisoformat(value.decode())


class Bank:
    """Per key: what is left of a balance; a claim is granted while it lasts."""

    BALANCE = 1_000_000

    def __init__(self, partition: int) -> None:
        self.partition = partition

    def restored(self, state: Iterable[tuple[str, bytes]]) -> None: ...

    def ready(self, record: Record) -> bool:
        return True

    def take(self, transaction: Transaction, record: Record) -> None:
        assert record.key is not None
        assert record.value is not None
        key = f"bank/{record.key.decode()}"
        claim: dict[str, Any] = json.loads(record.value)
        left = int(transaction.get(key) or self.BALANCE)
        granted = claim["amount"] <= left
        if granted:
            transaction.put(key, str(left - claim["amount"]).encode())
        answer = {"n": claim["n"], "amount": claim["amount"], "granted": granted}
        transaction.emit(ANSWERS, claim["order"], json.dumps(answer).encode())

    def due(self) -> datetime | None:
        return None

    def fire(self, transaction: Transaction, limit: int) -> int:
        return 0

    def walking(self) -> bool:
        return False

    def walk(self, transaction: Transaction, limit: int) -> int:
        return 0

    def applied(self, changes: Changes, clock: datetime) -> None: ...


PURSE = AgentSpec(
    name="purse",
    inputs=(ANSWERS, SWITCH, ORDERS),
    changelog=PURSE_LOG,
    processor=Purse,
    dead_letter=dead_letter,
    outputs=(CLAIMS, RESULTS),
    keyed=frozenset({ORDERS}),
)
BANK = AgentSpec(
    name="bank",
    inputs=(CLAIMS,),
    changelog=BANK_LOG,
    processor=Bank,
    dead_letter=dead_letter,
    outputs=(ANSWERS,),
)
SPECS = (PURSE, BANK)
NOON = datetime(2026, 2, 24, 12, tzinfo=UTC)
