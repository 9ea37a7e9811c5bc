"""Each alarm of the tables is told once, at its instant, by one partition for all."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.unit.measures.packs import HEAD, LISTS, files, measure
from tidegate.agents.offline import Offline
from tidegate.events.alert import AlertKind
from tidegate.measures.compiler import tables_from

START = datetime.fromisoformat("2026-11-24T00:00:00+08:00")
PAUSE = "suspensions: [{from: 2026-11-01, to: 2027-01-10, basis: consensus, announced_only: true}]"
LISTED = measure("CN-2", "{party: {list: CN-CL}}")


def rhythm(days: int) -> str:
    return LISTS + f"    rhythm: {{days: {days}, basis: its publisher}}\n"


CASES = [
    # 30 days before its last day, in Beijing; and from the day after it.
    (files(measure(more=PAUSE)), "2026-12-11", "ends on 2027-01-10: it is applied again from"),
    (files(measure(more=PAUSE)), "2027-01-11", "no instrument was seen after it; it is applied"),
    (files(measure(effective="{from: 2026-01-06, to: 2027-01-05}")), "2026-12-06", "ends on 2027"),
    # 60 days after the sources were last read.
    (files(measure(), head=HEAD), "2027-01-23", "last read on 2026-11-23, more than 60 days ago"),
    # The copy is of 2026-07-19, and the list comes out every half year.
    (files(LISTED, lists=rhythm(180)), "2027-01-16", "published every 180 days (its publisher)"),
]


@pytest.mark.parametrize(("packs", "day", "words"), CASES)
def test_an_alarm_is_told_once_at_its_instant(
    packs: dict[str, bytes], day: str, words: str
) -> None:
    begins = datetime.fromisoformat(f"{day}T00:00:00+08:00")
    book = Offline(tables_from(packs))
    book.advance(START)
    book.advance(begins - timedelta(seconds=1))
    assert not told(book, words)
    book.advance(begins)
    (alarm,) = told(book, words)
    assert alarm.startswith("Restriction tables: ")
    book.advance(begins + timedelta(days=9))
    assert len(told(book, words)) == 1


def told(book: Offline, words: str) -> list[str]:
    alerts = [alert for alert in book.alerts() if alert.kind is AlertKind.TABLE_ALARM]
    return [alert.title for alert in alerts if words in alert.text]


def test_a_list_that_was_copied_anew_in_time_gives_no_alarm() -> None:
    book = Offline(tables_from(files(LISTED, lists=rhythm(180))))
    book.advance(START)
    newer = rhythm(180).replace("as_of: 2026-07-19", "as_of: 2027-01-10")
    book.advance(datetime.fromisoformat("2027-01-12T00:00:00+08:00"))
    book.switch(tables_from(files(LISTED, lists=newer)))
    book.advance(datetime.fromisoformat("2027-06-01T00:00:00+08:00"))
    assert not told(book, "published every 180 days")
