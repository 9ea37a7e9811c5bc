"""Counts of what is observed: each subject once, where it stands now, told after a while."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any
from unittest.mock import patch

from tests.property.book import Book
from tests.support.scenario import event
from tests.unit.agents.book import LICENSE, NOON, after, facts
from tidegate.agents import practice, topics
from tidegate.agents.practice import COUNT_PREFIX, PUBLISHED_EVERY
from tidegate.events.codec import LICENSE_TYPE, SHIPMENT_TYPE, decode
from tidegate.events.practice import PracticeCounts

WEEK = "2026-W48"


def counted(book: Book, agent: str = "screening") -> dict[str, int]:
    """Return the counts of the state, without week, destination and goods."""
    state = book.state()[agent, 0]
    return {
        key.split(" ")[-1]: int(value)
        for key, value in state.items()
        if key.startswith(COUNT_PREFIX)
    }


def published(book: Book) -> list[PracticeCounts]:
    return [decode(r.value).read(PracticeCounts) for r in book.records(topics.PRACTICE)]


def shipped_to(book: Book, at: Any, revision: int = 1, **changes: Any) -> None:
    book.take(SHIPMENT_TYPE, facts(revision, **changes), at)


def test_a_shipment_is_counted_where_it_stands_and_stays_there_when_it_is_closed() -> None:
    book = Book(NOON)
    shipped_to(book, NOON)
    assert counted(book) == {"held": 1}
    shipped_to(book, after(1), 2, destination_country="KR", parties=[])
    assert counted(book) == {"held": 1}
    shipped_to(book, after(2), 3, status="cancelled")
    assert counted(book) == {"given_up": 1}


def test_one_that_is_opened_again_is_not_counted_twice() -> None:
    book = Book(NOON)
    shipped_to(book, NOON)
    shipped_to(book, after(1), 2, status="cancelled")
    shipped_to(book, after(2), 3)
    assert counted(book) == {"held": 1}


def test_one_that_is_civil_no_more_is_counted_no_more() -> None:
    book = Book(NOON)
    shipped_to(book, NOON)
    shipped_to(book, after(1), 2, end_use={"class": "military"})
    assert counted(book) == {}


def test_it_stays_in_the_week_in_which_it_was_counted_first() -> None:
    book = Book(NOON)
    shipped_to(book, NOON)
    shipped_to(book, NOON + timedelta(days=14), 2, destination_country="KR")
    (key,) = [key for key in book.state()["screening", 0] if key.startswith(COUNT_PREFIX)]
    assert key == f"{COUNT_PREFIX}{WEEK} KR CN:1C905 held"


def test_an_application_becomes_overdue_at_its_instant_without_an_event() -> None:
    book = Book(NOON)
    application = {
        **LICENSE,
        "status": "under_review",
        "accepted_at": "2026-11-23",
        "end_use_class": "civil",
    }
    book.take(LICENSE_TYPE, application, NOON)
    assert counted(book, "licensing") == {"pending": 1}
    book.runtime.run(NOON + timedelta(days=100))
    assert counted(book, "licensing") == {"overdue": 1}
    assert [one.counts[0].observed for one in published(book)] == ["pending", "overdue"]


def test_a_change_is_published_once_after_its_while_and_then_nothing_more() -> None:
    book = Book(NOON)
    shipped_to(book, NOON)
    shipped_to(book, after(10), shipment_id="SHP-2")
    book.runtime.run(NOON + PUBLISHED_EVERY - timedelta(milliseconds=1))
    assert published(book) == []
    book.runtime.run(NOON + timedelta(days=1))
    (told,) = published(book)
    assert told.as_of == NOON + PUBLISHED_EVERY
    assert (told.subject, told.partition, told.week) == ("shipment", 0, WEEK)
    assert [one.count for one in told.counts] == [2]


def test_a_week_in_which_nothing_is_left_to_count_is_published_as_empty() -> None:
    book = Book(NOON)
    shipped_to(book, NOON)
    book.runtime.run(NOON + timedelta(hours=1))
    shipped_to(book, NOON + timedelta(hours=2), 2, end_use={"class": "unknown"})
    book.runtime.run(NOON + timedelta(hours=3))
    assert [one.counts for one in published(book)][-1] == ()


def test_item_groups_beyond_what_is_kept_apart_are_counted_together() -> None:
    with patch.object(practice, "KINDS_A_WEEK", 3):
        book = Book(NOON)
        for number in range(6):
            code = f"CN:1C90{number}"
            item = {**facts()["items"][0], "control_codes": [code]}
            shipped_to(book, after(number), shipment_id=f"SHP-{number}", items=[item])
        # One of `other` stays there while only its facts change.
        item = {**facts()["items"][0], "control_codes": ["CN:1C905"], "quantity": "7"}
        shipped_to(book, after(60), 2, shipment_id="SHP-5", items=[item])
        state = book.state()["screening", 0]
        groups = Counter[str]()
        for key, value in state.items():
            if key.startswith(COUNT_PREFIX):
                groups[key.split(" ")[2]] += int(value)
    assert groups == {"CN:1C900": 1, "CN:1C901": 1, "CN:1C902": 1, "other": 3}


def test_a_kind_that_comes_and_goes_within_a_transaction_leaves_nothing() -> None:
    book = Book(NOON)
    for revision, status in ((1, "declared"), (2, "cancelled")):
        data = facts(revision, status=status)
        book.runtime.append(topics.SHIPMENTS, "SHP-1", event(SHIPMENT_TYPE, data, NOON))
    book.runtime.run(NOON)
    assert counted(book) == {"given_up": 1}
