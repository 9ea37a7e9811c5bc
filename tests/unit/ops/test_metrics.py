"""Worker metrics: each thing told is counted once, under names that a person can look up."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from prometheus_client.exposition import generate_latest

from tidegate.ops.metrics import WorkerMetrics
from tidegate.runtime.meter import Committed, Meter, Recovered
from tidegate.runtime.spec import Unit

NOW = datetime(2026, 3, 1, tzinfo=UTC)
UNIT = Unit("screening", 3)


class OnePractice:
    """What one partition observes."""

    def totals(self) -> dict[tuple[str, str, str], int]:
        return {("application", "JP", "overdue"): 4}


class OneBook:
    """A book with two holds, one under two measures."""

    holds = {("CN-JP-01", "PROHIBITED"): 2, ("CN-CL-01", "PROHIBITED"): 1}  # noqa: RUF012
    shadow_holds = {("CN-T-01", "PROHIBITED"): 3}  # noqa: RUF012
    actions = {"hold": 2, "pass": 5}  # noqa: RUF012
    destinations = {"JP": 2}  # noqa: RUF012
    held_values = {"USD": Decimal("48000.50")}  # noqa: RUF012

    def hold_starts(self) -> Iterator[datetime]:
        yield NOW - timedelta(hours=2)
        yield NOW - timedelta(days=8)


def committed(**changes: object) -> Committed:
    values: dict[str, object] = {
        "unit": UNIT,
        "number": 1,
        "clock": NOW,
        "counts": {},
        "observed": [],
        "records": {},
        "fired": 0,
        "walked": 0,
        "forwarded": {},
        "dead": 0,
        "outputs": 0,
        "seconds": 0.02,
    }
    return Committed(**{**values, **changes})  # type: ignore[arg-type]


@pytest.fixture
def metrics() -> WorkerMetrics:
    return WorkerMetrics(
        books=lambda: [OneBook(), OneBook()],
        practice=lambda: [OnePractice(), OnePractice()],
        now=lambda: NOW,
    )


def value(metrics: WorkerMetrics, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(f"tidegate_{name}", labels)


def test_it_is_the_meter_that_the_runtime_asks_for(metrics: WorkerMetrics) -> None:
    meter: Meter = metrics
    for name in vars(Meter):
        if not name.startswith("_"):
            assert callable(getattr(meter, name))


def test_a_transaction_is_counted(metrics: WorkerMetrics) -> None:
    metrics.committed(
        committed(
            records={"trade.shipments": 10},
            forwarded={"trade.shipments": 2},
            dead=1,
            outputs=7,
            counts={
                ("applied", "trade.shipments"): 6,
                ("duplicate", "trade.shipments/same"): 1,
                ("decision", "PROHIBITED/hold"): 6,
                ("alert", "hold_started"): 4,
                ("not_judged", "KeyError"): 1,
                ("something_new", "SHP-1"): 3,
            },
            observed=[("event_to_decision", 0.03), ("tables_propagation", 2.0)],
        )
    )
    assert value(metrics, "events_received_total", topic="trade.shipments") == 10
    assert value(metrics, "events_forwarded_total", topic="trade.shipments") == 2
    assert value(metrics, "events_applied_total", topic="trade.shipments") == 6
    assert value(metrics, "events_duplicate_total", topic="trade.shipments", kind="same") == 1
    assert value(metrics, "events_dead_letter_total", agent="screening") == 1
    assert value(metrics, "decisions_total", outcome="PROHIBITED", action="hold") == 6
    assert value(metrics, "decision_errors_total", error="KeyError") == 1
    assert value(metrics, "alerts_total", kind="hold_started") == 4
    assert value(metrics, "transactions_total", agent="screening", result="committed") == 1
    assert value(metrics, "decision_latency_seconds_count") == 1
    assert value(metrics, "tables_propagation_seconds_sum") == 2.0
    assert value(metrics, "transaction_seconds_count", agent="screening") == 1


def test_an_unknown_count_is_kept_without_its_label(metrics: WorkerMetrics) -> None:
    metrics.committed(committed(counts={("something_new", "SHP-1"): 3}))
    assert value(metrics, "agent_events_total", event="something_new") == 3
    assert b"SHP-1" not in generate_latest(metrics.registry)


def test_what_is_told_of_a_unit_ends_when_it_is_given_up(metrics: WorkerMetrics) -> None:
    metrics.opened(UNIT)
    metrics.recovered(UNIT, Recovered(1.5, 100, 240, False))
    metrics.lag(UNIT, 40, 0.5)
    assert value(metrics, "recovery_seconds", agent="screening", partition="3") == 1.5
    assert value(metrics, "lag_seconds", agent="screening", partition="3") == 0.5
    metrics.recovered(UNIT, Recovered(0.5, 100, 3, True))  # rebuilt after an abort: still one unit
    assert value(metrics, "units_open", agent="screening") == 1
    where = {"agent": "screening", "partition": "3"}
    assert value(metrics, "recovery_records", **where, source="disk") == 3
    assert value(metrics, "recovery_records", **where, source="changelog") is None
    metrics.closed(UNIT)
    assert value(metrics, "recovery_records", **where, source="disk") is None
    assert value(metrics, "units_open", agent="screening") == 0
    assert value(metrics, "lag_seconds", agent="screening", partition="3") is None
    assert value(metrics, "recovery_seconds", agent="screening", partition="3") is None


def test_a_unit_that_never_opened_can_be_given_up(metrics: WorkerMetrics) -> None:
    metrics.opened(UNIT)
    metrics.closed(UNIT)
    assert value(metrics, "units_open", agent="screening") == 0


def test_failures_are_counted(metrics: WorkerMetrics) -> None:
    metrics.aborted(UNIT, "ProducerFenced")
    metrics.fenced(UNIT)
    metrics.truncated(UNIT, "trade.shipments", 10, 25)
    assert value(metrics, "transactions_total", agent="screening", result="aborted") == 1
    assert (
        value(metrics, "transaction_aborts_total", agent="screening", cause="ProducerFenced") == 1
    )
    assert value(metrics, "fencings_total", agent="screening") == 1
    assert value(metrics, "input_truncated_records_total", topic="trade.shipments") == 15


def test_holds_are_summed_over_partitions(metrics: WorkerMetrics) -> None:
    assert value(metrics, "open_holds", measure="CN-JP-01", outcome="PROHIBITED") == 4
    assert value(metrics, "open_shipments", action="pass") == 10
    assert value(metrics, "shadow_holds", measure="CN-T-01", outcome="PROHIBITED") == 6
    assert value(metrics, "held_value", currency="USD") == 96001.0
    assert value(metrics, "hold_age_max_seconds") == 8 * 86400
    assert value(metrics, "holds_older", than_seconds="3600") == 4
    assert value(metrics, "holds_older", than_seconds="86400") == 2
    assert value(metrics, "holds_older", than_seconds="2592000") == 0


def test_only_the_last_tables_version_is_told(metrics: WorkerMetrics) -> None:
    metrics.tables("v1", NOW - timedelta(days=1))
    metrics.tables("v2", NOW - timedelta(hours=1))
    assert value(metrics, "tables_version_info", version="v1") is None
    assert value(metrics, "tables_version_info", version="v2") == 1
    assert value(metrics, "tables_age_seconds") == 3600


def test_every_metric_has_the_prefix_and_no_label_names_a_case(metrics: WorkerMetrics) -> None:
    metrics.committed(committed(records={"trade.shipments": 1}))
    for metric in metrics.registry.collect():
        assert metric.name.startswith("tidegate_")
        assert metric.documentation
        for sample in metric.samples:
            assert not {"shipment", "shipment_id", "party", "license", "license_id"} & {
                *sample.labels
            }


def test_answers_to_claims_are_counted_and_a_process_tells_of_itself(
    metrics: WorkerMetrics,
) -> None:
    metrics.committed(committed(counts={("verdict", "balance_short"): 2}))
    assert value(metrics, "verdicts_total", answer="balance_short") == 2
    assert value(metrics, "holds_by_destination", destination="JP") == 4
    assert (value(metrics, "process_start_time_seconds") or 0) > 0


def test_what_is_observed_of_civil_exports_is_summed_over_partitions(
    metrics: WorkerMetrics,
) -> None:
    labels = {"subject": "application", "destination": "JP", "observed": "overdue"}
    assert value(metrics, "practice", **labels) == 8
