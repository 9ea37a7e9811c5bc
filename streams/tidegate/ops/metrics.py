"""Count what a worker does, in Prometheus terms, on a registry of its own.

`WorkerMetrics` is the meter that the runtime tells what happened; it is matched by shape, since
the runtime and this package do not know each other. No metric is labelled by shipment, party or
license: their number has no bound, and a metrics store is no place for names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Protocol

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

from tidegate.ops.book_collector import BookCollector, HoldBook
from tidegate.ops.license_collector import LicenseCollector, ReviewBook
from tidegate.ops.practice_collector import PracticeBook, PracticeCollector

LATENCY_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)
TRANSACTION_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
PROPAGATION_SECONDS = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800)


class Unit(Protocol):
    """One partition of one agent."""

    @property
    def agent(self) -> str:
        """The agent's name."""

    @property
    def partition(self) -> int:
        """The partition's number."""


class Recovered(Protocol):
    """How a unit came by its state, as the runtime tells it."""

    @property
    def seconds(self) -> float:
        """From fencing the last owner until it takes records."""

    @property
    def keys(self) -> int:
        """Values that its processor began with."""

    @property
    def records(self) -> int:
        """Changelog records replayed."""

    @property
    def from_disk(self) -> bool:
        """Only what came after an orderly stop was replayed."""


class Committed(Protocol):
    """One committed transaction, as the runtime tells it."""

    @property
    def unit(self) -> Unit:
        """Whose it was."""

    @property
    def counts(self) -> Mapping[tuple[str, str], int]:
        """What the agent counted, by name and label."""

    @property
    def observed(self) -> Sequence[tuple[str, float]]:
        """What the agent measured, in seconds."""

    @property
    def records(self) -> Mapping[str, int]:
        """Input records taken, by topic."""

    @property
    def forwarded(self) -> Mapping[str, int]:
        """Records sent on to the partition that owns their key, by topic."""

    @property
    def fired(self) -> int:
        """Timers fired."""

    @property
    def walked(self) -> int:
        """Keys that a walk over the state took."""

    @property
    def dead(self) -> int:
        """Dead letters written."""

    @property
    def outputs(self) -> int:
        """Records written."""

    @property
    def seconds(self) -> float:
        """From the first record taken to the end of the commit."""


class WorkerMetrics:
    """A worker's metrics. All calls come from the event loop's thread, and none blocks."""

    def __init__(
        self,
        books: Callable[[], Iterable[HoldBook]] = tuple,
        license_books: Callable[[], Iterable[ReviewBook]] = tuple,
        versions: Callable[[], Mapping[str, int]] = dict,
        practice: Callable[[], Iterable[PracticeBook]] = tuple,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Make all metrics.

        Args:
            books: Returns the open books of the partitions that this worker holds now.
            license_books: Returns the licenses of the partitions that it holds now.
            versions: Returns how many partitions decide with which table version.
            practice: Returns what the partitions held now observe of civil exports.
            now: Returns the time against which ages are told.
        """
        self.registry = CollectorRegistry()
        self._now = now
        self._open: set[tuple[str, int]] = set()
        self.registry.register(BookCollector(books, versions, now))
        self.registry.register(LicenseCollector(license_books, now))
        self.registry.register(PracticeCollector(practice))
        ProcessCollector(namespace="tidegate", registry=self.registry)
        counter, gauge, histogram = self._counter, self._gauge, self._histogram
        self._received = counter("events_received", "Input records taken.", "topic")
        self._applied = counter("events_applied", "Input records that changed state.", "topic")
        self._duplicate = counter(
            "events_duplicate", "Input records that changed nothing.", "topic", "kind"
        )
        self._dead = counter("events_dead_letter", "Input records that were refused.", "agent")
        self._forwarded = counter(
            "events_forwarded", "Records found in a partition not their key's.", "topic"
        )
        self._decisions = counter("decisions", "Decisions written.", "outcome", "action")
        self._not_judged = counter(
            "decision_errors", "Shipments held since the engine failed on them.", "error"
        )
        self._silenced = counter(
            "hits_silenced", "List hits in decisions that a false match silences.", "list"
        )
        self._alerts = counter("alerts", "Alerts written.", "kind")
        self._verdicts = counter("verdicts", "Answers of licenses' owners to claims.", "answer")
        self._other = counter("agent_events", "What agents count besides.", "event")
        self._outputs = counter("records_written", "Records written.", "agent")
        self._fired = counter("timers_fired", "Timers fired.", "agent")
        self._walked = counter("walk_keys", "Keys that walks over the state took.", "agent")
        self._transactions = counter("transactions", "Transactions, by result.", "agent", "result")
        self._aborts = counter("transaction_aborts", "Aborts, by error.", "agent", "cause")
        self._fencings = counter("fencings", "Units that another worker took.", "agent")
        self._truncated = counter(
            "input_truncated_records", "Input that retention took before it was read.", "topic"
        )
        self._transaction_seconds = histogram(
            "transaction_seconds", "First record to end of commit.", TRANSACTION_SECONDS, "agent"
        )
        self._observed = {
            "event_to_decision": histogram(
                "decision_latency_seconds", "Shipment's record to its decision.", LATENCY_SECONDS
            ),
            "claim_to_decision": histogram(
                "verdict_latency_seconds", "Verdict's record to the decision.", LATENCY_SECONDS
            ),
            "tables_propagation": histogram(
                "tables_propagation_seconds",
                "A table's publication to the last affected decision of a partition.",
                PROPAGATION_SECONDS,
            ),
        }
        self._units = gauge("units_open", "Partitions held.", "agent")
        self._recovery = gauge(
            "recovery_seconds", "Last opening: fencing to first record.", "agent", "partition"
        )
        self._recovered_keys = gauge(
            "recovery_keys", "Values that the last opening began with.", "agent", "partition"
        )
        self._replayed_records = gauge(
            "recovery_records",
            "Changelog records replayed by the last opening; `source` is `disk` where only what"
            " came after an orderly stop was.",
            "agent",
            "partition",
            "source",
        )
        self._lag_records = gauge(
            "lag_records", "Records not yet taken (at most).", "agent", "partition"
        )
        self._lag_seconds = gauge("lag_seconds", "Age of the oldest of them.", "agent", "partition")
        self._tables = gauge("tables_version_info", "Table version built last.", "version")
        self._tables_age = gauge("tables_age_seconds", "Since that version was published.")

    # The runtime's meter

    def opened(self, unit: Unit) -> None:
        """A unit is about to be opened here."""

    def recovered(self, unit: Unit, recovered: Recovered) -> None:
        """A unit has its state; it is opened again after every abort."""
        self._open.add((unit.agent, unit.partition))
        self._recovery.labels(unit.agent, unit.partition).set(recovered.seconds)
        self._recovered_keys.labels(unit.agent, unit.partition).set(recovered.keys)
        self._forget_replay(unit)
        source = "disk" if recovered.from_disk else "changelog"
        self._replayed_records.labels(unit.agent, unit.partition, source).set(recovered.records)
        self._count_units(unit.agent)

    def closed(self, unit: Unit) -> None:
        """A unit was given up: what was told of it by number would mislead from here on."""
        self._open.discard((unit.agent, unit.partition))
        for metric in (self._recovery, self._recovered_keys, self._lag_records, self._lag_seconds):
            metric.remove_by_labels({"agent": unit.agent, "partition": str(unit.partition)})
        self._forget_replay(unit)
        self._count_units(unit.agent)

    def _forget_replay(self, unit: Unit) -> None:
        labels = {"agent": unit.agent, "partition": str(unit.partition)}
        self._replayed_records.remove_by_labels(labels)

    def committed(self, committed: Committed) -> None:
        """A transaction was committed."""
        agent = committed.unit.agent
        self._transactions.labels(agent, "committed").inc()
        self._transaction_seconds.labels(agent).observe(committed.seconds)
        self._outputs.labels(agent).inc(committed.outputs)
        self._fired.labels(agent).inc(committed.fired)
        self._walked.labels(agent).inc(committed.walked)
        self._dead.labels(agent).inc(committed.dead)
        for topic, amount in committed.records.items():
            self._received.labels(topic).inc(amount)
        for topic, amount in committed.forwarded.items():
            self._forwarded.labels(topic).inc(amount)
        for (name, label), amount in committed.counts.items():
            self._count(name, label, amount)
        for name, seconds in committed.observed:
            histogram = self._observed.get(name)
            if histogram is not None:
                histogram.observe(seconds)

    def aborted(self, unit: Unit, cause: str) -> None:
        """A transaction failed; `cause` is the error's class name."""
        self._transactions.labels(unit.agent, "aborted").inc()
        self._aborts.labels(unit.agent, cause).inc()

    def fenced(self, unit: Unit) -> None:
        """Another worker opened the unit."""
        self._fencings.labels(unit.agent).inc()

    def truncated(self, unit: Unit, topic: str, position: int, earliest: int) -> None:
        """Input between two offsets was gone before it was read."""
        self._truncated.labels(topic).inc(max(0, earliest - position))

    def lag(self, unit: Unit, records: int, seconds: float) -> None:
        """How far a unit is behind."""
        self._lag_records.labels(unit.agent, unit.partition).set(records)
        self._lag_seconds.labels(unit.agent, unit.partition).set(seconds)

    # The wiring

    def tables(self, version: str, published_at: datetime) -> None:
        """Tell which table version this worker decides with from now on."""
        self._tables.clear()
        self._tables.labels(version).set(1)
        self._tables_age.set_function(lambda: (self._now() - published_at).total_seconds())

    def _count_units(self, agent: str) -> None:
        held = sum(name == agent for name, _ in self._open)
        self._units.labels(agent).set(held)

    def _count(self, name: str, label: str, amount: int) -> None:
        first, _, second = label.partition("/")
        match name:
            case "applied":
                self._applied.labels(label).inc(amount)
            case "duplicate":
                self._duplicate.labels(first, second).inc(amount)
            case "decision":
                self._decisions.labels(first, second).inc(amount)
            case "not_judged":
                self._not_judged.labels(label).inc(amount)
            case "silenced":
                self._silenced.labels(label).inc(amount)
            case "verdict":
                self._verdicts.labels(label).inc(amount)
            case "alert":
                self._alerts.labels(label).inc(amount)
            case _:
                # Without its label: nothing is known here of how many values it can take.
                self._other.labels(name).inc(amount)

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(name, text, labels, namespace="tidegate", registry=self.registry)

    def _gauge(self, name: str, text: str, *labels: str) -> Gauge:
        return Gauge(name, text, labels, namespace="tidegate", registry=self.registry)

    def _histogram(self, name: str, text: str, buckets: Sequence[float], *labels: str) -> Histogram:
        return Histogram(
            name, text, labels, namespace="tidegate", registry=self.registry, buckets=buckets
        )
