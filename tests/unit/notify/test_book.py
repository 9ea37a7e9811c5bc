"""What is open, and from where the topic must be read to know it again."""

from datetime import UTC, datetime

import pytest

from tests.support.notifying import alert
from tidegate.events.codec import canonical
from tidegate.events.delivery import (
    DELIVERY_RECORD,
    AlertPlace,
    Channel,
    Delivery,
    DeliveryStatus,
    EndpointState,
)
from tidegate.notify.book import Book
from tidegate.notify.parcel import Step
from tidegate.notify.progress import given_up, taken_up

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


class Log:
    """One partition as the broker keeps it, and a book that follows it."""

    def __init__(self) -> None:
        self.records: list[Step] = []
        self.book = Book(1)

    def write(self, key: bytes, record: Delivery | EndpointState) -> None:
        self.book.apply(0, len(self.records), key, record)
        self.records.append(Step(key, record))

    def deliver(self, number: int) -> None:
        self.write(b"k", opened(number))
        self.write(b"k", opened(number).model_copy(update={"status": DeliveryStatus.DELIVERED}))

    @property
    def mark(self) -> int:
        return self.book.marks()[0]

    def read_again(self) -> Book:
        """Return what a start would know."""
        book = Book(1)
        book.begin(0, self.mark)
        for offset in range(self.mark, len(self.records)):
            step = self.records[offset]
            value = canonical(step.record)
            book.apply(0, offset, step.key, DELIVERY_RECORD.validate_json(value), value)
        return book


def opened(number: int, endpoint: str = "erp") -> Delivery:
    told = alert(number)
    place = AlertPlace(alert_id=told.alert_id, partition=0, offset=number)
    return taken_up(told, place, endpoint, Channel.WEBHOOK, NOW, NOW, NOW)


def test_a_start_reads_from_the_oldest_record_that_counts() -> None:
    log = Log()
    for number in range(10):
        log.deliver(number)
    assert log.mark == 20  # nothing is open
    log.write(b"a", opened(10))
    log.deliver(11)
    log.write(b"b", opened(12))
    assert log.mark == 20
    log.write(b"a", opened(10).model_copy(update={"attempts": 1}))  # its newest record counts
    assert log.mark == 23
    again = log.read_again()
    assert again.parcels == log.book.parcels
    assert again.parcels[opened(10).delivery_id].attempts == 1
    assert again.marks() == log.book.marks()
    log.write(b"a", given_up(opened(10), "x"))
    log.write(b"b", given_up(opened(12), "x"))
    assert log.mark == len(log.records)


def test_a_disabled_endpoint_holds_the_mark_until_it_is_enabled() -> None:
    log = Log()
    state = EndpointState(endpoint="erp", disabled=True, reason="410", at=NOW)
    log.write(b"erp", state)
    log.deliver(1)
    assert log.mark == 0
    assert log.read_again().disabled == {"erp": state}
    log.write(b"erp", state.model_copy(update={"disabled": False}))
    assert log.mark == 4
    assert log.read_again().disabled == {}


def test_a_dead_endpoint_does_not_make_a_start_read_all_that_was_finished_since(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bound = 200  # in place of some tens of thousands
    monkeypatch.setattr("tidegate.notify.book.READ_AGAIN_RECORDS", bound)
    log = Log()
    state = EndpointState(endpoint="gone", disabled=True, reason="410", at=NOW)
    log.write(b"gone", state)
    for number in range(5):
        log.write(b"old", opened(number, "dead"))
    for number in range(100, 100 + bound * 3):
        log.deliver(number)
        for step in list(log.book.carried()):
            log.write(step.key, step.record)
        assert len(log.records) - log.mark <= bound + 100
    again = log.read_again()
    assert again.parcels == log.book.parcels
    assert len(again.parcels) == 5
    assert again.disabled == {"gone": state}


def test_where_the_broker_does_not_say_an_offset_the_mark_is_too_low_rather_than_too_high() -> None:
    log = Log()
    log.deliver(1)
    log.book.apply(0, None, b"a", opened(2))  # it lies at 2 or above
    assert log.mark == 2
