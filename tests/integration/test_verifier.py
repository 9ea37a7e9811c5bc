"""The verifier sees what it is there to see: each kind of damage to good topics is found."""

from __future__ import annotations

import copy
import json
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.support import kept
from tests.support.deployment import Deployment
from tests.support.load import send_traffic, traffic
from tests.support.rerun import compare
from tests.support.topics import JOURNAL, LICENSES_STATE, SHIPMENTS_STATE, Topics
from tests.support.verifier import verify
from tidegate.agents.shipment_state import OpenShipment
from tidegate.events.decision import Outcome

EVENTS = 2500
SECONDS = 60.0


def records(topics: Topics, topic: str) -> list[Any]:
    """Return the longest partition's records of a topic, to be changed in place."""
    return max((topics.records[topic, p] for p in range(topics.partitions)), key=len)


def changed(record: Any, **fields: Any) -> Any:
    names = ("key", "value", "headers", "offset", "partition", "timestamp")
    return SimpleNamespace(**{**{name: getattr(record, name) for name in names}, **fields})


def of_a_busy_unit(topics: Topics) -> list[int]:
    """Return where the journal speaks of the unit with most transactions, in order.

    Of a unit with a single transaction nothing comes before or after, and some may lack damage.
    """
    places: dict[tuple[str, int], list[int]] = defaultdict(list)
    for at, entry in enumerate(topics.transactions):
        places[entry["agent"], entry["partition"]].append(at)
    busiest = max(places.values(), key=len)
    assert len(busiest) > 2
    return busiest


def skip_a_range(topics: Topics) -> None:
    # The widest: a range may hold nothing but the markers of other transactions.
    at = max(
        range(len(topics.transactions)),
        key=lambda at: sum(end - start for _, start, end in topics.transactions[at]["inputs"]),
    )
    topics.transactions[at] = {**topics.transactions[at], "inputs": []}


def lose_a_transaction(topics: Topics) -> None:
    del topics.transactions[of_a_busy_unit(topics)[1]]


def take_a_range_twice(topics: Topics) -> None:
    taken = [at for at in of_a_busy_unit(topics) if topics.transactions[at]["inputs"]]
    first, later = topics.transactions[taken[0]], topics.transactions[taken[1]]
    topics.transactions[taken[1]] = {**later, "inputs": [*later["inputs"], *first["inputs"]]}


def turn_a_clock_back(topics: Topics) -> None:
    at = of_a_busy_unit(topics)[-1]
    topics.transactions[at] = {**topics.transactions[at], "clock": "2020-01-01T00:00:00+00:00"}


def add_an_input_that_nobody_took(topics: Topics) -> None:
    found = records(topics, "trade.shipments")
    found.append(changed(found[-1], offset=found[-1].offset + 1))


def lose_a_decision(topics: Topics) -> None:
    del records(topics, "trade.decisions")[3]


def double_a_decision(topics: Topics) -> None:
    found = records(topics, "trade.decisions")
    found.insert(4, found[3])


def decide_on_a_duplicate(topics: Topics) -> None:
    found = records(topics, "trade.decisions")
    event = json.loads(found[-1].value)
    event["data"]["decision_id"] = event["id"] = "another"
    event["data"]["revision"] += 1
    found.append(changed(found[-1], value=json.dumps(event).encode()))


def turn_decisions_round(topics: Topics) -> None:
    records(topics, "trade.decisions").reverse()


def decide_under_other_tables(topics: Topics) -> None:
    found = records(topics, "trade.decisions")
    event = json.loads(found[0].value)
    event["data"]["tables_version"] = "another"
    found[0] = changed(found[0], value=json.dumps(event).encode())


def lose_a_dead_letter(topics: Topics) -> None:
    del records(topics, "trade.dead-letters")[0]


def spoil_a_dead_letters_bytes(topics: Topics) -> None:
    found = records(topics, "trade.dead-letters")
    event = json.loads(found[0].value)
    event["data"]["key"] = "AAAA"
    found[0] = changed(found[0], value=json.dumps(event).encode())


def lose_an_alert(topics: Topics) -> None:
    found = records(topics, "trade.alerts")
    del found[next(n for n, one in enumerate(found) if b"hold_started" in one.value)]


def tell_an_alert_twice(topics: Topics) -> None:
    found = records(topics, "trade.alerts")
    found.append(found[0])


def keep_an_old_state(topics: Topics) -> None:
    for partition in range(topics.partitions):
        state = topics.state[SHIPMENTS_STATE, partition]
        for key, value in state.items():
            if key.startswith("s:") and b'"seen"' in value:
                before = kept.of(value)
                assert isinstance(before, OpenShipment)
                last = before.seen[-1].model_copy(update={"decision_id": "another"})
                after = before.model_copy(update={"seen": (*before.seen[:-1], last)})
                state[key] = kept.rewritten(value, after)
                return


def lose_a_state(topics: Topics) -> None:
    state = topics.state[SHIPMENTS_STATE, 0]
    del state[next(key for key in state if key.startswith("s:"))]


def lose_a_claim(topics: Topics) -> None:
    claims = [
        (partition, key)
        for partition in range(topics.partitions)
        for key in topics.state[LICENSES_STATE, partition]
        if key.startswith("c:")
    ]
    partition, key = claims[0]
    del topics.state[LICENSES_STATE, partition][key]


def keep_an_old_license(topics: Topics) -> None:
    for partition in range(topics.partitions):
        state = topics.state[LICENSES_STATE, partition]
        for key, value in state.items():
            if key.startswith("l:"):
                before = kept.license_in(value)
                later = before.license.model_copy(update={"revision": before.license.revision + 1})
                after = before.model_copy(update={"license": later})
                state[key] = kept.rewritten_license(value, after)
                return


def draw_without_a_claim(topics: Topics) -> None:
    for partition in range(topics.partitions):
        state = topics.state[LICENSES_STATE, partition]
        for key, value in state.items():
            if key.startswith("b:"):
                ledger = json.loads(value)
                reserved = {**ledger.get("reserved", {}), "mass, kg": "123456.789"}
                state[key] = json.dumps({**ledger, "reserved": reserved}).encode()
                return


DAMAGES: list[Callable[[Topics], None]] = [
    skip_a_range,
    lose_a_transaction,
    take_a_range_twice,
    turn_a_clock_back,
    add_an_input_that_nobody_took,
    lose_a_decision,
    double_a_decision,
    decide_on_a_duplicate,
    turn_decisions_round,
    decide_under_other_tables,
    lose_a_dead_letter,
    spoil_a_dead_letters_bytes,
    lose_an_alert,
    tell_an_alert_twice,
    keep_an_old_state,
    lose_a_state,
    lose_a_claim,
    draw_without_a_claim,
    keep_an_old_license,
]


def copied(topics: Topics) -> Topics:
    """Return a copy that may be damaged; records themselves are shared."""
    other = copy.copy(topics)
    other.records = defaultdict(list, {place: [*found] for place, found in topics.records.items()})
    other.state = defaultdict(dict, {place: {**kept} for place, kept in topics.state.items()})
    other.transactions = [*topics.transactions]
    return other


def found(damaged: Topics) -> bool:
    try:
        verify(damaged)
    except (AssertionError, KeyError):
        return True
    return False


async def test_each_damage_is_found(deployment: Deployment, tables_cache: Path) -> None:
    settings = deployment.settings
    version = deployment.publish()
    with deployment.workers("w1"):
        topics = Topics(
            settings.kafka_bootstrap_servers, settings.topic_prefix, settings.partitions
        )
        async with topics:
            await send_traffic(settings, traffic(settings, seed=14, rubbish=0.03), EVENTS)
            await topics.settled(SECONDS)
    verified = verify(topics)
    assert topics.count(JOURNAL) >= len(topics.transactions) > 0
    for damage in DAMAGES:
        damaged = copied(topics)
        damage(damaged)
        assert found(damaged), f"not found: {damage.__name__}"
    versions = {version: settings.packs_dir}
    assert compare(verified, versions, tables_cache, [0]).current > 0
    # A decision that is not what the same events give, though all the rest fits.
    shipment_id = next(
        one.data["shipment_id"]
        for one in verified.accounts.taken["screening", 0]
        if one.end == "applied" and one.topic == "trade.shipments"
    )
    made = verified.decisions[shipment_id]
    wrong = made[-1].model_copy(update={"outcome": Outcome.REVIEW})
    altered = replace(verified, decisions={**verified.decisions, shipment_id: [*made[:-1], wrong]})
    with pytest.raises(AssertionError, match="check says"):
        compare(altered, versions, tables_cache, [0])
