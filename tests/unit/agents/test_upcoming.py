"""What the tables will do by themselves is told ahead, once, with whom it concerns."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.support.scenario import event
from tests.unit.agents.book import facts
from tests.unit.measures.packs import LISTS, ROWS, files, measure
from tidegate.agents import topics
from tidegate.agents.notice import Notice
from tidegate.agents.shelf import Shelf
from tidegate.agents.specs import agents
from tidegate.agents.upcoming import PATIENCE
from tidegate.events.alert import Alert, AlertKind, Severity
from tidegate.events.codec import SHIPMENT_TYPE, canonical, decode
from tidegate.events.control import TablesControl
from tidegate.measures.compiler import tables_from
from tidegate.measures.tables import Tables
from tidegate.runtime.memory import MemoryRuntime
from tidegate.runtime.spec import JOURNAL, Limits

MIDNIGHT = datetime.fromisoformat("2026-12-24T00:00:00+08:00")
START = MIDNIGHT - timedelta(days=20)
DAY = timedelta(days=1)
COMES = measure("CN-1", "{destination: [JP]}", effective="{from: 2026-12-24}")


class Deployment:
    """Some partitions of the screening agent, and their tables."""

    def __init__(
        self,
        *measures: str,
        partitions: int = 2,
        days: tuple[float, ...] = (7, 1),
        lists: str = "",
        rows: tuple[str, ...] = ROWS,
        to: int | None = None,
    ) -> None:
        self.shelf = Shelf()
        self.partitions = partitions
        specs = agents(self.shelf, notice=Notice(days))[:1]
        self.runtime = MemoryRuntime(specs, partitions, Limits(walk_keys=2))
        self.publish(tables_from(files(*measures, lists=lists, list_rows=rows)), START, to)

    def publish(self, tables: Tables, at: datetime, to: int | None = None) -> None:
        self.shelf.put(tables)
        control = canonical(TablesControl(version=tables.version, published_at=at))
        for partition in range(self.partitions if to is None else to):
            self.runtime.append(topics.CONTROL, None, control, partition=partition)
        self.runtime.run(at)

    def ship(self, count: int, at: datetime = START, **changes: Any) -> None:
        for number in range(count):
            data = {**facts(), "shipment_id": f"SHP-{number}", **changes}
            value = event(SHIPMENT_TYPE, data, at)
            self.runtime.append(topics.SHIPMENTS, data["shipment_id"], value)
        self.runtime.run(at)

    def told(self) -> list[tuple[datetime | None, Alert]]:
        events = [decode(record.value) for record in self.runtime.outputs(topics.ALERTS)]
        alerts = [(one.time, one.read(Alert)) for one in events]
        return [(at, one) for at, one in alerts if one.kind is AlertKind.MEASURE_UPCOMING]


def test_it_is_told_a_week_and_a_day_before_with_the_sum_over_all_partitions() -> None:
    there = Deployment(COMES)
    there.ship(9)
    there.runtime.run(MIDNIGHT - 7 * DAY - timedelta(seconds=1))
    assert there.told() == []
    there.runtime.run(MIDNIGHT + DAY)
    (week, first), (day, second) = there.told()
    assert (week, day) == (MIDNIGHT - 7 * DAY, MIDNIGHT - DAY)
    assert first.title == (
        "CN-1 starts from 2026-12-24 00:00 Asia/Shanghai: holds 9 shipments worth 432000 USD"
    )
    assert "in 7 days" in first.text
    assert "in 24 hours" in second.text
    assert "SHP-0, SHP-1" in first.text
    assert (str(first.value), first.currency, first.severity) == (
        *("432000", "USD"),
        Severity.WARNING,
    )
    assert first.alert_id != second.alert_id


def test_what_is_foretold_is_what_happens() -> None:
    there = Deployment(COMES, measure("CN-2", "{origin: [KR]}"))
    there.ship(5)
    there.runtime.run(MIDNIGHT)
    assert "holds 5 shipments" in there.told()[-1][1].title
    kinds = [decode(r.value).read(Alert).kind for r in there.runtime.outputs(topics.ALERTS)]
    assert kinds.count(AlertKind.HOLD_STARTED) == 5


def test_it_counts_whom_something_else_holds_already_apart() -> None:
    there = Deployment(COMES, measure("CN-2", "{origin: [CN]}"))
    there.ship(3)
    there.runtime.run(MIDNIGHT - DAY)
    _, alert = there.told()[-1]
    assert "holds 3 shipments more that something else holds already" in alert.title
    assert alert.severity is Severity.INFO


PAUSE = "[{from: 2026-12-24, to: 2026-12-26, instrument: No. 2, basis: text}]"


@pytest.mark.parametrize(
    ("what", "written"),
    [
        ("ends", measure(effective="{from: 2026-01-06, to: 2026-12-23}")),
        ("is suspended", measure(more=f"suspensions: {PAUSE}")),
    ],
)
def test_it_tells_who_is_no_longer_held(what: str, written: str) -> None:
    there = Deployment(written)
    there.ship(3)
    there.runtime.run(MIDNIGHT - DAY)
    _, alert = there.told()[-1]
    assert alert.title.startswith(f"CN-1 {what} from 2026-12-24 00:00 Asia/Shanghai: no longer ")
    assert "no longer holds 3 shipments worth 144000 USD" in alert.title


def test_a_suspension_that_ends_is_told_as_what_comes_back() -> None:
    pause = "[{from: 2026-11-01, to: 2026-12-23, instrument: No. 2, basis: text}]"
    there = Deployment(measure(more=f"suspensions: {pause}"))
    there.ship(3)
    there.runtime.run(MIDNIGHT - DAY)
    assert "is applied again" in there.told()[-1][1].title
    assert "holds 3 shipments" in there.told()[-1][1].title


def test_entries_of_one_notice_are_told_as_one() -> None:
    rows = tuple(row.replace("2026-02-24", "2026-12-24") for row in ROWS)
    listed = measure("CN-1", "{party: {list: CN-CL}}")
    there = Deployment(listed, lists=LISTS, rows=rows)
    party = {"role": "consignee", "name": "First KK", "country": "JP"}
    there.ship(2, parties=[party])
    there.runtime.run(MIDNIGHT - DAY)
    _, alert = there.told()[-1]
    assert alert.title.startswith("CN-CL (No. 11) starts from")
    assert "holds 2 shipments" in alert.title
    assert "2 entries of Control list" in alert.text


def test_what_concerns_nobody_is_told_as_that() -> None:
    there = Deployment(COMES)
    there.ship(2, destination_country="KR", parties=[])
    there.runtime.run(MIDNIGHT - DAY)
    _, alert = there.told()[-1]
    assert alert.title.endswith("concerns no open shipment")
    assert alert.severity is Severity.INFO


def test_a_measure_on_trial_would_hold_and_does_not() -> None:
    trial = measure("CN-1", effective="{from: 2026-12-24}", more="shadow: true")
    there = Deployment(trial)
    there.ship(2)
    there.runtime.run(MIDNIGHT - DAY)
    assert "would hold 2 shipments; it is on trial" in there.told()[-1][1].title


def test_tables_that_come_late_are_told_of_once_and_at_once() -> None:
    there = Deployment(measure("CN-9", "{destination: [KP]}"))
    there.ship(3)
    late = MIDNIGHT - timedelta(hours=3)
    there.publish(tables_from(files(COMES)), late)
    there.runtime.run(MIDNIGHT + DAY)
    ((at, alert),) = there.told()
    assert at == late
    assert "in 3 hours" in alert.text


def test_the_same_switch_in_other_tables_is_not_told_again() -> None:
    there = Deployment(COMES)
    there.ship(3)
    there.runtime.run(MIDNIGHT - 6 * DAY)
    other = tables_from(files(COMES, measure("CN-9", "{destination: [KP]}")))
    there.publish(other, MIDNIGHT - 5 * DAY)
    there.runtime.run(MIDNIGHT - 2 * DAY)
    assert len(there.told()) == 1


def test_what_other_tables_add_to_the_same_instant_is_told_by_itself() -> None:
    there = Deployment(COMES)
    there.ship(3)
    more = measure("CN-2", "{origin: [CN]}", effective="{from: 2026-12-24}")
    there.publish(tables_from(files(COMES, more)), MIDNIGHT - 6 * DAY)
    assert [alert.title.split()[0] for _, alert in there.told()] == ["CN-1", "CN-2"]


def test_tables_that_come_while_it_counts_make_it_count_anew() -> None:
    there = Deployment(measure("CN-9", "{destination: [KP]}"), partitions=1)
    there.ship(9)
    there.shelf.put(tables_from(files(COMES)))
    wider = measure("CN-1", "{export_from: [CN]}", effective="{from: 2026-12-24}")
    there.shelf.put(tables_from(files(wider)))
    for tables in (tables_from(files(COMES)), tables_from(files(wider))):
        control = TablesControl(version=tables.version, published_at=START)
        there.runtime.append(topics.CONTROL, None, canonical(control))
    there.runtime.run(MIDNIGHT - 3 * DAY)
    ((_, alert),) = there.told()
    assert "holds 9 shipments worth" in alert.title


def test_after_some_patience_it_is_told_without_a_partition_that_does_not_answer() -> None:
    there = Deployment(COMES, days=(7,), to=1)
    there.runtime.run(MIDNIGHT - 7 * DAY)
    assert there.told() == []
    there.runtime.run(MIDNIGHT - 6 * DAY)
    ((at, alert),) = there.told()
    assert at == MIDNIGHT - 7 * DAY + PATIENCE
    assert "Not counted: those of 1 partitions" in alert.text


def test_no_lead_times_tell_nothing() -> None:
    there = Deployment(COMES, days=())
    there.ship(2)
    there.runtime.run(MIDNIGHT + DAY)
    assert there.told() == []


def test_what_has_happened_leaves_nothing_behind() -> None:
    there = Deployment(COMES, measure("CN-2", "{origin: [CN]}"))
    there.ship(3)
    there.runtime.run(MIDNIGHT + DAY)
    left = [key for key in there.runtime.state("screening") if key.startswith("u:")]
    assert left == ["u:passed"]


def test_at_midnight_only_those_whom_the_measure_may_touch_are_looked_at() -> None:
    """`python -m bench.midnight` measures the same on Kafka, a hundred times larger."""
    there = Deployment(measure("CN-1", "{destination: [KR]}", effective="{from: 2026-12-24}"))
    for number in range(300):
        country = "KR" if number % 10 == 0 else "JP"
        data = {**facts(), "shipment_id": f"SHP-{number}", "destination_country": country}
        value = event(SHIPMENT_TYPE, data, START)
        there.runtime.append(topics.SHIPMENTS, data["shipment_id"], value)
    there.runtime.run(MIDNIGHT - timedelta(seconds=1))
    before = len(there.runtime.outputs(topics.DECISIONS))
    journal = len(there.runtime.outputs(JOURNAL))
    there.runtime.run(MIDNIGHT)
    fired = [json.loads(r.value or b"")["fired"] for r in there.runtime.outputs(JOURNAL)[journal:]]
    assert len(there.runtime.outputs(topics.DECISIONS)) - before == 30
    # And that it has happened, on each partition.
    assert sum(fired) == 30 + there.partitions
