"""Laws that every decision keeps, whatever the facts."""

import copy
import dataclasses
import hashlib
import os
import random
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.property.book import Book, decided
from tests.property.facts import NAMES, books, instants
from tests.support.scenario import event, scenarios
from tests.support.tables import ROOT, shipped
from tidegate.agents.offline import Offline
from tidegate.engine.decide import decide
from tidegate.engine.question import Question
from tidegate.events.codec import (
    DISPOSITION_TYPE,
    LICENSE_TYPE,
    SHIPMENT_TYPE,
    canonical,
)
from tidegate.events.decision import Action, Decision, Outcome
from tidegate.events.shipment import Shipment
from tidegate.measures.tables import MeasureIndex, TableMeasure

quickly = settings(max_examples=60, deadline=None)
often = settings(max_examples=150, deadline=None)

Facts = dict[str, Any]
Files = list[dict[str, Any]]

NOT_LIMITING = frozenset({"quantity", "end_use_class", "hs_codes"})
"""What a license need not say: it then sets no such limit (hs_codes: its control codes do)."""


def without_one_fact(on_file: Files, facts: Facts) -> Iterator[tuple[str, Files, Facts]]:
    """Yield the book with one fact not known, for each that a measure or license hangs on.

    Not among them are facts whose absence says something: a control code (none stated and no
    tariff candidate: not dual-use), a license cited, a party, a paper.
    """
    places: list[tuple[str, list[str | int], Sequence[str]]] = [
        ("", [], ["export_country", "destination_country"]),
        ("end_use.", ["end_use"], ["class", "military_capability"]),
    ]
    told = ["origin_country", "quantity", "unit", "composition", "cn_origin_value_pct"]
    for field, lost in (("parties", ["country", "class"]), ("items", told)):
        places += [(f"{field}[{n}].", [field, n], lost) for n in range(len(facts[field]))]
    for prefix, path, names in places:
        for name in names:
            changed = copy.deepcopy(facts)
            place: Any = changed
            for step in path:
                place = place[step]
            if place.pop(name, None) is not None:
                yield prefix + name, on_file, changed
    for number, license_ in enumerate(on_file):
        yield f"{license_['license_id']}", on_file[:number] + on_file[number + 1 :], facts
        for name in set(license_) - NOT_LIMITING:
            if name not in ("license_id", "revision", "regime", "license_type", "status"):
                less = {key: value for key, value in license_.items() if key != name}
                yield f"license.{name}", [*on_file[:number], less, *on_file[number + 1 :]], facts


@quickly
@given(books(), instants)
def test_a_fact_taken_away_never_makes_a_hold_pass(book: tuple[Files, Facts], at: datetime) -> None:
    on_file, facts = book
    known = decided(on_file, facts, at)
    assume(known.action is Action.HOLD)
    for name, files, less in without_one_fact(on_file, facts):
        decision = decided(files, less, at)
        assert decision.action is not Action.PASS, (
            f"held for {known.outcome} with {name} known, passes without: {decision.outcome}"
        )


@often
@given(books(), instants)
def test_the_strongest_reason_gives_the_outcome_and_stands_first(
    book: tuple[Files, Facts], at: datetime
) -> None:
    decision = decided(*book, at)
    ranks = [reason.outcome.rank for reason in decision.reasons]
    assert ranks == sorted(ranks)
    expected = decision.reasons[0].outcome if decision.reasons else Outcome.NO_RULE_MATCHED
    assert decision.outcome is expected
    assert decision.action is expected.action
    assert all(reason.instrument and reason.article for reason in decision.reasons)


@often
@given(books(), instants)
def test_a_missing_fact_is_named(book: tuple[Files, Facts], at: datetime) -> None:
    for reason in decided(*book, at).reasons:
        assert reason.evidence or reason.unknown, f"{reason.measure} rests on nothing"


@quickly
@given(books(), instants)
def test_the_same_question_gives_the_same_bytes(book: tuple[Files, Facts], at: datetime) -> None:
    first, second = decided(*book, at), decided(*copy.deepcopy(book), at)
    assert canonical(first) == canonical(second)


@quickly
@given(books(), instants, st.integers(0, 1))
def test_a_duplicate_or_an_older_revision_changes_nothing(
    pair: tuple[Files, Facts], at: datetime, older_by: int
) -> None:
    on_file, facts = pair
    book = Book(at)
    for license_ in on_file:
        book.take(LICENSE_TYPE, {**license_, "revision": 2}, at)
    book.shipment({**facts, "revision": 2}, at)
    state, said = book.state(), book.said()
    book.take(SHIPMENT_TYPE, {**facts, "revision": 2 - older_by, "export_country": "FR"}, at)
    for license_ in on_file:
        late = {**license_, "revision": 2 - older_by, "status": "revoked"}
        book.take(LICENSE_TYPE, late, at)
    assert book.state() == state
    assert book.said() == said


@quickly
@given(books(), instants, st.randoms(use_true_random=False))
def test_the_order_of_parties_items_and_papers_is_of_no_account(
    pair: tuple[Files, Facts], at: datetime, shuffle: random.Random
) -> None:
    on_file, facts = pair
    other = copy.deepcopy(facts)
    for name in ("parties", "items", "documents"):
        shuffle.shuffle(other[name])

    def told(decision: Decision) -> list[tuple[str, str, int | None]]:
        return sorted((r.measure, str(r.outcome), r.line) for r in decision.reasons)

    assert told(decided(on_file, facts, at)) == told(decided(on_file, other, at))


def blocking(decision: Decision) -> set[bytes]:
    return {canonical(r) for r in decision.reasons if r.outcome.action is not Action.PASS}


@quickly
@given(
    books(),
    instants,
    st.sampled_from(["destination", "end_user", "class", "use", "capability", "value", "origin"]),
)
def test_a_release_covers_what_was_seen_and_nothing_else(
    pair: tuple[Files, Facts], at: datetime, change: str
) -> None:
    on_file, facts = pair
    book = Book(at)
    for license_ in on_file:
        book.take(LICENSE_TYPE, license_, at)
    seen = book.shipment(facts, at)
    assume(seen.action is Action.HOLD)
    release = {
        "disposition_id": "DSP-1",
        "shipment_id": "SHP-1",
        "decision_id": seen.decision_id,
        "kind": "release",
        "reason": "approved",
        "by": "A. Analyst",
        "seconded_by": "B. Approver",
        "special_approval": "SA-1",
    }
    book.take(DISPOSITION_TYPE, release, at)
    released = book.decision()
    assert released.action is Action.PASS
    assert released.released_by == ("DSP-1",)
    assert released.outcome is seen.outcome
    after = book.shipment(changed(facts, change), at)
    still_covered = blocking(after) <= blocking(seen)
    if still_covered:
        assert after.action is Action.PASS
    else:
        assert after.action is after.outcome.action
        assert after.action is not Action.PASS


def changed(facts: Facts, change: str) -> Facts:
    new = copy.deepcopy(facts)
    new["revision"] = 2
    end_users = [p for p in new["parties"] if p["role"] == "end_user"]
    if change == "destination":
        new["destination_country"] = "KR"
    elif change == "use":
        new["end_use"]["class"] = "military"
    elif change == "capability":
        new["end_use"]["military_capability"] = "yes"
    elif change == "value":
        new["items"][0]["value"] = "1.00"
    elif change == "origin":
        new["items"][0]["origin_country"] = "CN"
    elif end_users and change == "class":
        end_users[0]["class"] = "military"
    elif end_users:
        end_users[0]["name"] = NAMES[4]
    return new


class FullScan(MeasureIndex):
    """Every measure, for every shipment."""

    def __init__(self, measures: Sequence[TableMeasure]) -> None:
        self._measures = measures

    def candidates(self, tokens: Iterable[str]) -> Sequence[TableMeasure]:
        return self._measures


@often
@given(books(), instants)
def test_the_index_loses_no_measure(pair: tuple[Files, Facts], at: datetime) -> None:
    facts = Shipment.model_validate(pair[1])
    question = Question(event_id="E-1", facts=facts, facts_digest="0", as_of=at)
    tables = shipped()
    scanning = dataclasses.replace(tables, index=FullScan(tables.measures))
    assert canonical(decide(question, tables).decision) == canonical(
        decide(question, scanning).decision
    )


@quickly
@given(st.lists(books(), min_size=1, max_size=4), instants)
def test_partitions_are_of_no_account(pairs: list[tuple[Files, Facts]], at: datetime) -> None:
    alone, spread = Offline(shipped()), Book(at, partitions=4)
    events = [(LICENSE_TYPE, license_) for license_ in pairs[0][0]]
    for number, (_, facts) in enumerate(pairs):
        events.append((SHIPMENT_TYPE, {**facts, "shipment_id": f"SHP-{number}"}))
    for type_, data in events:
        alone.apply(event(type_, data, at), at=at)
        spread.take(type_, data, at)
    for decision in alone.current():
        other = spread.decision(decision.shipment_id)
        assert content(decision) == content(other)


def content(decision: Decision) -> dict[str, Any]:
    history = {"decision_id", "as_of", "tables_version", "previous"}
    return decision.model_dump(mode="json", exclude=history)


@quickly
@given(st.lists(st.tuples(instants, books()), min_size=2, max_size=4))
def test_time_never_goes_back(steps: list[tuple[datetime, tuple[Files, Facts]]]) -> None:
    book = Offline(shipped())
    shown: list[datetime] = []
    for revision, (at, (_, facts)) in enumerate(steps, 1):
        book.apply(event(SHIPMENT_TYPE, {**facts, "revision": revision}, at))
        assert book.clock is not None
        shown.append(book.clock)
    assert shown == sorted(shown)
    instants_ = [decision.as_of for decision in book.history()]
    assert instants_ == sorted(instants_)


def digest_of_everything() -> str:
    """Digest every decision and alert of every scenario of one instant."""
    digest = hashlib.sha256()
    for scenario in list(scenarios())[::6]:
        book = Offline(shipped())
        for step in scenario.steps:
            if "data" in step and step["type"] != DISPOSITION_TYPE:
                book.apply(event(step["type"], step["data"], step["at"]), at=step["at"])
        for record in (*book.history(), *book.alerts()):
            digest.update(canonical(record))
    return digest.hexdigest()


def test_the_bytes_do_not_hang_on_the_process() -> None:
    """A set or dict in hash order would differ between two workers."""
    program = "from tests.property.test_engine_laws import digest_of_everything as d; print(d())"
    running = [
        subprocess.Popen(
            [sys.executable, "-c", program],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": f"{ROOT}:{ROOT / 'streams'}"},
            stdout=subprocess.PIPE,
            text=True,
        )
        for seed in ("1", "4242")
    ]
    digests = {process.communicate(timeout=60)[0].strip() for process in running}
    assert all(process.returncode == 0 for process in running)
    assert digests == {digest_of_everything()}
