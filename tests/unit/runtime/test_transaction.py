from datetime import UTC, datetime

import pytest

from tidegate.runtime.store import MemoryStore
from tidegate.runtime.transaction import TooLarge, Transaction


def transaction(state: dict[str, bytes] | None = None) -> Transaction:
    return Transaction(
        agent="purse",
        partition=0,
        clock=datetime(2026, 2, 24, tzinfo=UTC),
        number=1,
        store=MemoryStore((state or {}).items()),
        partitions={"out": 4},
        largest=100,
    )


def test_reads_its_own_writes_over_the_store() -> None:
    tx = transaction({"a": b"1", "b": b"2"})
    tx.put("a", b"9")
    tx.put("b", None)
    assert (tx.get("a"), tx.get("b"), tx.get("c")) == (b"9", None, None)


def test_undo_takes_back_one_record_and_leaves_the_ones_before() -> None:
    tx = transaction({"old": b"0"})
    tx.begin_record()
    tx.put("kept", b"1")
    tx.put("old", b"1")
    tx.emit("out", "k", b"first")
    tx.count("n")
    tx.end_record()
    tx.begin_record()
    tx.put("kept", b"2")
    tx.put("kept", b"3")
    tx.put("new", b"1")
    tx.put("old", None)
    tx.emit("out", "k", b"second")
    tx.count("n")
    tx.observe("seconds", 1.0)
    tx.undo_record()
    assert tx.changes == {"kept": b"1", "old": b"1"}
    assert [output.value for output in tx.outputs] == [b"first"]
    assert tx.counts == {("n", ""): 1}
    assert tx.observed == []


@pytest.mark.parametrize("size", [101, 5000])
def test_refuses_what_the_broker_would_refuse(size: int) -> None:
    tx = transaction()
    with pytest.raises(TooLarge):
        tx.put("a", b"x" * size)
    with pytest.raises(TooLarge):
        tx.emit("out", "k", b"x" * size)
    assert tx.changes == {}
    assert tx.outputs == []


def test_unknown_topic_is_an_error() -> None:
    with pytest.raises(KeyError):
        transaction().emit("nowhere", "k", b"")
