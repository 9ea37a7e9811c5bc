"""Traffic: the same seed gives the same events, and each is what it is said to be."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from tests.support.rubbish import refusal
from tidegate.agents.offline import Offline
from tidegate.agents.topics import DISPOSITIONS, LICENSES, SHIPMENTS
from tidegate.cli.demo.overlay import MEASURE, with_house_list
from tidegate.cli.traffic import rubbish
from tidegate.cli.traffic.listed import Listed
from tidegate.cli.traffic.message import Message
from tidegate.cli.traffic.traffic import Mix, Traffic
from tidegate.events.codec import decode
from tidegate.events.decision import Action, Outcome
from tidegate.events.errors import InvalidEvent
from tidegate.measures.tables import Tables
from tidegate.ops.packs import read_packs, tables_of
from tidegate.ops.settings import default_packs_dir

AT = datetime(2026, 11, 23, 8, tzinfo=UTC)
SETTLED = Mix(held=0.2, reviewed=0.1, authorised=0.2, rubbish=0.0)


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    return read_packs(default_packs_dir())


@pytest.fixture(scope="module")
def listed(files: dict[str, bytes]) -> Listed:
    return Listed(files)


@pytest.fixture(scope="module")
def tables(files: dict[str, bytes]) -> Tables:
    return tables_of(files)


def made(traffic: Traffic, count: int) -> list[Message]:
    return [traffic.next(AT + timedelta(seconds=number)) for number in range(count)]


def test_same_seed_same_bytes(listed: Listed) -> None:
    assert made(Traffic(listed, 7), 1500) == made(Traffic(listed, 7), 1500)
    assert made(Traffic(listed, 7), 50) != made(Traffic(listed, 8), 50)


def test_every_event_is_usable_and_all_rubbish_is_not(listed: Listed) -> None:
    for message in made(Traffic(listed, 3, Mix(rubbish=0.1)), 2000):
        assert (refusal(message) is not None) == message.rubbish, message.kind


@pytest.mark.parametrize("kind", sorted(rubbish.MAKERS))
def test_each_kind_of_rubbish_is_refused(listed: Listed, kind: str) -> None:
    (event,) = (m for m in made(Traffic(listed, 1, Mix(rubbish=0)), 1) if m.topic == SHIPMENTS)
    assert event.value is not None
    assert event.key is not None
    envelope = decode(event.value)
    spoiled = rubbish.MAKERS[kind](
        {
            "specversion": "1.0",
            "id": envelope.id,
            "source": envelope.source,
            "type": envelope.type,
            "data": dict(envelope.data),
        }
    )
    key = b"another" if kind == "wrong_key" else event.key
    assert refusal(Message(SHIPMENTS, key, spoiled, f"rubbish:{kind}")) is not None


def test_without_lists_there_is_traffic_all_the_same() -> None:
    messages = made(Traffic(Listed({}), 1), 300)
    assert {message.topic for message in messages} >= {SHIPMENTS, LICENSES}


def test_only_listed_parties_lack_the_word_example(listed: Listed) -> None:
    names = {name.name for kind in listed.by_kind.values() for name in kind}
    for message in made(Traffic(listed, 5, SETTLED), 600):
        if message.topic == SHIPMENTS and message.value is not None:
            for party in decode(message.value).data["parties"]:
                assert " Example " in party["name"] or party["name"] in names


def test_each_situation_is_decided_as_its_name_says(listed: Listed, tables: Tables) -> None:
    traffic, book = Traffic(listed, 11, SETTLED), Offline(tables)
    for message in made(traffic, 900):
        assert message.value is not None
        book.apply(message.value)
    outcomes: dict[str, Counter[Outcome]] = {}
    for decision in book.history():
        closed = decision.inputs["status"] in ("delivered", "cancelled")
        if not closed and decision.outcome is not Outcome.LICENSE_INVALID:
            situation = traffic.situations[decision.shipment_id]
            outcomes.setdefault(situation, Counter())[decision.outcome] += 1
    assert set(outcomes["ordinary"]) == {Outcome.NO_RULE_MATCHED}
    assert outcomes["authorised"][Outcome.AUTHORISED] > 20
    for situation in ("control_list", "military_user", "military_use", "blocked"):
        assert set(outcomes[situation]) == {Outcome.PROHIBITED}, situation
    assert set(outcomes["unlicensed"]) == {Outcome.LICENSE_REQUIRED}
    for situation in ("candidate", "foreign_user"):
        assert set(outcomes[situation]) == {Outcome.REVIEW}, situation


def test_shipments_stand_and_fall_with_their_license(listed: Listed, tables: Tables) -> None:
    traffic, book = Traffic(listed, 2), Offline(tables)
    reliance = traffic.relying_on_license(AT, 14)
    for message in reliance.messages:
        assert message.value is not None
        book.apply(message.value)
    assert {d.outcome for d in book.current()} == {Outcome.AUTHORISED}
    for status, action in (("suspended", Action.HOLD), ("active", Action.PASS)):
        change = traffic.license_set(reliance.on, status, "test", AT)
        assert change.value is not None
        book.apply(change.value)
        assert {d.action for d in book.current()} == {action}
    assert {d.shipment_id for d in book.current()} == set(reliance.shipment_ids)


def test_the_house_list_holds_the_company_and_nobody_else(
    listed: Listed, tables: Tables, files: dict[str, bytes]
) -> None:
    traffic, book = Traffic(listed, 2), Offline(tables)
    reliance = traffic.relying_on_party(AT, 12)
    other = [m for m in made(Traffic(listed, 9, Mix(0, 0, 0, 0)), 30) if m.topic == SHIPMENTS]
    for message in (*reliance.messages, *other):
        assert message.value is not None
        book.apply(message.value)
    assert {d.action for d in book.current()} == {Action.PASS}
    book.switch(tables_of(with_house_list(files, reliance.on)))
    held = {d.shipment_id for d in book.current() if d.action is Action.HOLD}
    assert held == set(reliance.shipment_ids)
    assert {r.measure for d in book.current() for r in d.reasons if d.action is Action.HOLD} == {
        MEASURE
    }


def test_life_goes_on_in_rising_revisions(listed: Listed) -> None:
    newest: dict[str, int] = {}
    for message in made(Traffic(listed, 4, Mix(rubbish=0)), 2000):
        if message.kind == "shipment" and message.value is not None:
            data = decode(message.value).data
            assert data["revision"] == newest.get(data["shipment_id"], 0) + 1
            newest[data["shipment_id"]] = data["revision"]
    assert max(newest.values()) >= 5


def test_notes_are_about_open_shipments(listed: Listed, tables: Tables) -> None:
    traffic, book = Traffic(listed, 6, Mix(rubbish=0)), Offline(tables)
    notes = 0
    for message in made(traffic, 2500):
        assert message.value is not None
        try:
            book.apply(message.value)
        except InvalidEvent as error:
            pytest.fail(f"{message.kind}: {error}")
        notes += message.topic == DISPOSITIONS
    assert notes > 0
