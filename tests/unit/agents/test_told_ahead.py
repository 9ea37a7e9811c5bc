"""Licenses about to expire and certificates about to lapse are told with whom they hold then."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from tests.property.book import Book
from tests.unit.agents.book import LICENSE, facts
from tests.unit.agents.test_review_overdue import Owner
from tidegate.agents import topics
from tidegate.events.alert import Alert
from tidegate.events.codec import LICENSE_TYPE, decode

START = datetime.fromisoformat("2027-02-01T12:00:00+08:00")
EXPIRES = datetime.fromisoformat("2027-03-01T00:00:00+08:00")
"""The license of the tests is valid to 2027-02-28, the whole day in Beijing."""
DAY = timedelta(days=1)
USED = {"class": "civil", "military_capability": "no", "knowledge_level": "none"}


def told(book: Book, words: str) -> list[tuple[datetime | None, Alert]]:
    events = [decode(record.value) for record in book.runtime.outputs(topics.ALERTS)]
    alerts = [(one.time, one.read(Alert)) for one in events]
    return [(at, alert) for at, alert in alerts if words in alert.title]


def relied_on(**license_: Any) -> Book:
    book = Book(START)
    book.take(LICENSE_TYPE, {**LICENSE, **license_}, START)
    book.shipment(facts(licenses=("LIC-1",)), START)
    return book


def test_a_license_that_is_about_to_expire_is_told_with_the_shipments_that_rely_on_it() -> None:
    book = relied_on()
    book.runtime.run(EXPIRES + DAY)
    (week, first), (day, second) = told(book, "expires")
    assert (week, day) == (EXPIRES - 7 * DAY, EXPIRES - DAY)
    assert first.title == "License LIC-1 expires in 7 days: 1 shipment not yet departed rely on it"
    assert first.license_id == "LIC-1"
    assert "valid up to 2027-02-28T16:00:00.000Z" in first.text
    assert "For example: SHP-1" in first.text
    assert "expires in 24 hours" in second.title
    assert book.decision().outcome == "LICENSE_INVALID"


def test_those_who_wait_for_its_balance_are_told_as_well() -> None:
    book = relied_on(license_type="general", quantity="121", unit="KGM")
    book.shipment({**facts(licenses=("LIC-1",)), "shipment_id": "SHP-2"}, START)
    book.runtime.run(EXPIRES)
    _, alert = told(book, "expires")[0]
    assert "1 shipment not yet departed and 1 line waiting for its balance" in alert.title


def test_nobody_is_told_of_a_license_that_nobody_relies_on() -> None:
    book = Book(START)
    book.take(LICENSE_TYPE, LICENSE, START)
    book.runtime.run(EXPIRES + DAY)
    departed = relied_on()
    departed.shipment(facts(2, licenses=("LIC-1",), status="departed"), START)
    departed.runtime.run(EXPIRES + DAY)
    assert told(book, "expires") == told(departed, "expires") == []


def test_a_license_that_is_prolonged_is_told_of_again_at_its_new_end() -> None:
    book = relied_on()
    book.runtime.run(EXPIRES - 3 * DAY)
    book.take(LICENSE_TYPE, {**LICENSE, "revision": 2, "valid_to": "2027-03-31"}, EXPIRES - 3 * DAY)
    book.runtime.run(EXPIRES + 40 * DAY)
    assert [at for at, _ in told(book, "expires")] == [
        EXPIRES - 7 * DAY,
        *(datetime.fromisoformat("2027-04-01T00:00:00+08:00") - ahead * DAY for ahead in (7, 1)),
    ]


def test_a_revision_that_keeps_its_end_is_not_told_twice() -> None:
    book = relied_on()
    book.runtime.run(EXPIRES - 3 * DAY)
    book.take(LICENSE_TYPE, {**LICENSE, "revision": 2, "conditions": ["x"]}, EXPIRES - 3 * DAY)
    assert len(told(book, "expires")) == 1


def test_an_application_has_no_end_to_tell_of() -> None:
    owner = Owner()
    owner.send(START, valid_to="2027-02-28")
    assert not [a for _, a in owner.told() if "expires" in a.title]


def with_certificate(book: Book, revision: int = 1, **changes: Any) -> None:
    use = {**USED, "certificate": {"number": "EUC-9", "valid_to": "2027-02-28"}}
    book.shipment(facts(revision, licenses=("LIC-1",), end_use=use, **changes), START)


def licensed() -> Book:
    book = Book(START)
    book.take(LICENSE_TYPE, {**LICENSE, "valid_to": "2027-12-31"}, START)
    return book


def test_a_certificate_that_is_about_to_lapse_is_told_with_its_shipment() -> None:
    book = licensed()
    with_certificate(book)
    book.runtime.run(EXPIRES + DAY)
    (_, first), (_, second) = told(book, "EUC-9")
    assert first.shipment_id == "SHP-1"
    assert first.title == "SHP-1: end-use certificate EUC-9 lapses in 7 days, and holds it then"
    assert "Article 24" in first.text
    assert "in 25 hours" in second.title, "told when the day before begins in the first zone"
    assert book.decision().outcome == "STOP_ON_KNOWLEDGE"


def test_one_whose_goods_have_departed_is_not_told_of() -> None:
    book = licensed()
    with_certificate(book)
    with_certificate(book, 2, status="departed")
    book.runtime.run(EXPIRES + DAY)
    assert told(book, "EUC-9") == []


def test_one_that_no_law_asks_for_is_not_told_of() -> None:
    book = licensed()
    with_certificate(book, export_country="DE", items=[{"line": 1, "origin_country": "DE"}])
    book.runtime.run(EXPIRES + DAY)
    assert told(book, "EUC-9") == []
