"""`tidegate practice` in words: what was said stands above what is observed, with its source."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from tests.support.tables import shipped
from tidegate.agents.practice_report import PracticeReport
from tidegate.cli.practice import _lines
from tidegate.events.codec import PRACTICE_TYPE, encode
from tidegate.events.practice import Observed, PracticeCount, PracticeCounts, PracticeSubject

AT = datetime(2026, 2, 24, 3, tzinfo=UTC)


def told(
    report: PracticeReport, subject: str, partition: int, week: str, *counts: tuple[str, str, int]
) -> None:
    made = PracticeCounts(
        subject=PracticeSubject(subject),
        partition=partition,
        week=week,
        as_of=AT,
        counts=tuple(
            PracticeCount(
                destination=where, item_group="CN:1C905", observed=Observed(seen), count=count
            )
            for where, seen, count in counts
        ),
    )
    key = f"{subject}-{partition}/{week}"
    value = encode(PRACTICE_TYPE, made, id_="1", source="/tidegate", subject=key, time=AT)
    report.learn(key.encode(), value)


def reported(**asked: str) -> PracticeReport:
    report = PracticeReport(**asked)
    told(report, "application", 0, "2026-W02", ("JP", "pending", 9))
    # The last word of a partition on a week is the one that counts.
    told(report, "application", 0, "2026-W02", ("JP", "granted", 1), ("JP", "suspended", 3))
    told(report, "application", 1, "2026-W02", ("JP", "suspended", 2), ("KR", "granted", 4))
    told(report, "application", 1, "2026-W03", ("JP", "overdue", 2))
    told(report, "shipment", 1, "2026-W03", ("JP", "held", 1), ("JP", "passed", 3))
    return report


def test_counts_of_all_partitions_are_added_up() -> None:
    told_: dict[str, Any] = reported().as_json(shipped().statements)
    applications = told_["observed"]["applications"]
    assert applications["total"] == 12
    assert (applications["granted"], applications["suspended"], applications["overdue"]) == (
        5,
        5,
        2,
    )
    assert told_["by_week"]["2026-W03"]["shipments"]["held"] == 1
    assert told_["by_destination"]["KR"]["applications"]["granted"] == 4
    assert sum(row["count"] for row in told_["rows"]) == 16


def test_only_what_is_asked_for_is_counted() -> None:
    def total(**asked: str) -> int:
        return int(reported(**asked).as_json(())["observed"]["applications"]["total"])

    assert total(destination="KR") == 4
    assert total(since="2026-W03") == 2
    assert total(until="2026-W02") == 10
    assert total(item_group="HS:2846") == 0


def test_what_was_said_stands_above_with_its_source() -> None:
    lines = list(_lines(reported().as_json(shipped().statements)))
    said = lines.index('  Exports for civilian uses "will not be affected".')
    assert "MOFCOM press conference of 15 January 2026" in lines[said + 1]
    assert "Global Times, 15 January 2026" in lines[said + 2]
    seen = "  to JP: 8 civil applications: 1 granted (12%), 2 overdue (25%), 5 suspended (62%)"
    assert lines.index(seen) > said


def test_a_statement_on_another_country_is_left_out() -> None:
    assert reported(destination="KR").as_json(shipped().statements)["stated"] == []


def test_nothing_counted_is_told_in_words() -> None:
    empty = PracticeReport().as_json(())
    assert list(_lines(empty)) == ["Nothing has been counted yet."]
