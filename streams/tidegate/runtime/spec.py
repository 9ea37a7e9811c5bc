"""Describe what a worker runs: the agents, and how the runtime is to treat them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tidegate.runtime.processor import Processor
from tidegate.runtime.record import Record

JOURNAL = "tidegate.journal"
DEAD_LETTERS = "trade.dead-letters"
META_KEY = "\x00meta"
"""The changelog key under which the runtime keeps positions and clock; no processor sees it."""

DeadLetter = Callable[[Record, str, str], tuple[str | None, bytes]]
"""Turn a record, the field at fault and the reason into a dead letter's key and value."""


Head = Callable[[str, bytes], bytes | None]
"""Return, for a state key and its value, what a processor needs of it to begin; None: nothing."""


def whole(key: str, value: bytes) -> bytes | None:
    """Return the value itself, for agents whose values have no head."""
    return value


@dataclass(frozen=True, slots=True)
class Unit:
    """What one worker owns at a time: one partition of one agent's inputs and its state."""

    agent: str
    partition: int

    def __str__(self) -> str:
        return f"{self.agent}-{self.partition}"


@dataclass(frozen=True)
class AgentSpec:
    """One agent: where it reads, what it writes, and what makes its processors.

    All of `inputs` and the changelog have the same number of partitions; an agent whose topics
    don't gets no partition at all, for co-partitioned keys would otherwise have two owners.
    """

    name: str
    inputs: tuple[str, ...]
    """Logical topic names, most urgent first: a transaction takes them in this order."""
    changelog: str
    processor: Callable[[int], Processor]
    """Make a processor for a partition; called again after every abort."""
    dead_letter: DeadLetter
    outputs: tuple[str, ...] = ()
    """Logical names of the topics that it emits to, besides journal and dead letters."""
    keyed: frozenset[str] = frozenset()
    """Inputs from outside, whose records may lie in a partition that does not own their key."""
    head: Head = whole
    """What `Processor.restored` gets of each value. The shorter, the sooner a worker is open."""

    state_format: int = 1
    """Of its values: raised when a version could not read, or would misread, what another wrote."""

    @property
    def topics(self) -> frozenset[str]:
        """Return the logical names of all topics that a unit reads or writes."""
        return frozenset({*self.inputs, *self.outputs, self.changelog, JOURNAL, DEAD_LETTERS})


@dataclass(frozen=True)
class Limits:
    """How much one transaction takes at most."""

    records: int = 2000
    walk_keys: int = 200
    timers: int = 500
    waiting_records: int = 4000
    """Records of one topic that may wait in memory, per unit."""
    record_bytes: int = 900_000
    """Largest value that may be written; Kafka's own limit is 1 MiB a batch."""
    dead_letter_bytes: int = 900_000
    """Largest dead letter; one that would be larger goes without the original."""


@dataclass(frozen=True)
class RuntimeConfig:
    """One worker's place in the deployment. Times are in seconds."""

    bootstrap_servers: str
    instance: str | None = None
    """Name for static membership; the same after a restart, different for every worker."""
    app_id: str = "tidegate"
    topic_prefix: str = ""
    session_timeout: float = 10.0
    heartbeat_interval: float = 1.0
    transaction_timeout: float = 10.0
    request_timeout: float = 15.0
    clock_ahead: float = 5.0
    """How far a partition's clock may be ahead of the broker's time."""
    stuck_after: float = 60.0
    """The watchdog ends a worker that has work and made no progress for this long."""
    stop_within: float = 8.0
    """A worker told to stop ends by then in any case; Docker waits 10 s, Kubernetes 30."""
    failures: int = 3
    """Rebuilds of one unit in a row, for a fault of its processor, before the worker ends."""
    lag_interval: float = 5.0
    limits: Limits = field(default_factory=Limits)
    security: Mapping[str, Any] = field(default_factory=dict)
    """Keyword arguments for every aiokafka client: security_protocol, ssl_context, sasl_*."""
    state_dir: Path | None = None
    """This process's own folder for its units' state; None keeps all state in memory."""

    @property
    def group(self) -> str:
        return f"{self.topic_prefix}{self.app_id}"

    def transactional_id(self, unit: Unit) -> str:
        return f"{self.group}-{unit.agent}-{unit.partition}"

    def physical(self, topic: str) -> str:
        return f"{self.topic_prefix}{topic}"

    def logical(self, topic: str) -> str:
        return topic.removeprefix(self.topic_prefix)

    def client(self) -> dict[str, Any]:
        """Return what every client of this worker is made with."""
        return {"bootstrap_servers": self.bootstrap_servers, **self.security}
