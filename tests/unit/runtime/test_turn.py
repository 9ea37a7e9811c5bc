"""What one transaction does with records that could keep a unit from ever committing again."""

from __future__ import annotations

from datetime import UTC, datetime

from tidegate.runtime.memory import MemoryRuntime
from tidegate.runtime.partitioner import partition_for
from tidegate.runtime.processor import Processor
from tidegate.runtime.record import Record
from tidegate.runtime.spec import DEAD_LETTERS, AgentSpec, Limits

NOW = datetime(2026, 11, 23, tzinfo=UTC)


class Idle:
    """Takes everything and does nothing."""

    def __getattr__(self, name: str) -> object:
        return {"due": lambda: None, "walking": lambda: False}.get(name, lambda *args: True)


def _idle(partition: int) -> Processor:
    processor: Processor = Idle()  # type: ignore[assignment]
    return processor


def _letter(record: Record, field: str, reason: str) -> tuple[str | None, bytes]:
    return None, f"{field}: {reason}".encode()


SPEC = AgentSpec("idle", ("in",), "log", _idle, _letter, keyed=frozenset({"in"}))


def test_a_record_too_large_to_be_forwarded_becomes_a_dead_letter() -> None:
    runtime = MemoryRuntime([SPEC], partitions=2, limits=Limits(record_bytes=1000))
    elsewhere = 1 - partition_for(b"k", 2)

    runtime.append("in", "k", b"x" * 990, (("h", b"y" * 20),), partition=elsewhere)
    runtime.append("in", "k", b"small", partition=elsewhere)
    runtime.run(NOW)

    (letter,) = runtime.outputs(DEAD_LETTERS)
    assert b"too many to send" in (letter.value or b"")
    assert [r.value for r in runtime.outputs("in") if r.partition != elsewhere] == [b"small"]
