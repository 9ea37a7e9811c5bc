"""Read law cases from YAML and play them through the agents in memory.

The notation is told in `tests/scenarios/base.yaml`. Every scalar is read as the text it is written
as (`no` is the word no), and `absent` takes a fact away.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from tidegate.agents.offline import Offline
from tidegate.events.codec import DISPOSITION_TYPE, LICENSE_TYPE, SHIPMENT_TYPE
from tidegate.events.decision import Decision, Reason
from tidegate.events.errors import InvalidEvent
from tidegate.measures.tables import Tables

FOLDER = Path(__file__).resolve().parents[1] / "scenarios"
SHIPMENT = "SHP-1"
EXPECTED = frozenset(
    {"outcome", "action", "because", "unsure", "not_because", "cites", "entries", "released"}
)
_CASE = frozenset(
    {"id", "title", "law", "base", "facts", "licenses", "as_of", "instants", "story", "expect"}
)
_ENTRY_ROLE = re.compile(r"^([a-z_]+?)(?:_[0-9]+)?$")


@dataclass(frozen=True)
class Expectation:
    """What must be so at an instant."""

    as_of: datetime
    words: dict[str, Any]

    @property
    def positive(self) -> dict[str, str]:
        """Measures that must be among the reasons, with the outcome that each gives."""
        return dict(self.words.get("because", {}))

    @property
    def unsure(self) -> dict[str, list[str]]:
        """Measures that must be among the reasons because facts are missing, with their names."""
        return dict(self.words.get("unsure", {}))

    @property
    def negative(self) -> tuple[str, ...]:
        """Measures that must not be among the reasons."""
        return tuple(self.words.get("not_because", ()))

    def names(self, measure: str) -> bool:
        """Say whether anything is expected of a measure."""
        return measure in {*self.positive, *self.unsure, *self.negative}


@dataclass(frozen=True)
class Scenario:
    """One case: what happens, and what must be decided when."""

    id: str
    file: str
    title: str
    law: str
    steps: tuple[dict[str, Any], ...]
    told: bool = False
    """It is a story of several instants, and not one event at one instant."""
    expectations: tuple[Expectation, ...] = field(default=())


def instant(text: str) -> datetime:
    """Read an instant; it must state its offset."""
    moment = datetime.fromisoformat(text)
    assert moment.tzinfo is not None, f"{text}: an instant states its offset"
    return moment


def read(path: Path) -> Any:
    """Read a file of scenarios: every scalar is a text."""
    return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)


def scenarios(folder: Path = FOLDER) -> Iterator[Scenario]:
    """Yield every scenario of a folder.

    Raises:
        AssertionError: a case uses a word that is none of the notation.
    """
    base = read(FOLDER / "base.yaml")
    for path in sorted(folder.glob("*.yaml")):
        if path.name != "base.yaml":
            content = read(path)
            for case in content["scenarios"]:
                yield from _cases(path.name, content, case, base)


def _cases(
    file: str, content: dict[str, Any], case: dict[str, Any], base: dict[str, Any]
) -> Iterator[Scenario]:
    where = f"{file}: {case.get('id')}"
    assert set(case) <= _CASE, f"{where}: unknown words {sorted(set(case) - _CASE)}"
    shipment = base["shipments"][case.get("base", content["base"])]
    facts = merged(shipment["facts"], case.get("facts", {}))
    licenses = {
        number: base["licenses"].get(number, {})
        for number in [*shipment.get("on_file", ()), *case.get("licenses", {})]
    }
    for number, change in case.get("licenses", {}).items():
        if change == "absent":
            del licenses[number]
        else:
            licenses[number] = merged(licenses[number], change)
    head = {"file": file, "title": case["title"], "law": case["law"]}
    if "story" in case:
        steps = _story(where, case["story"], facts, licenses)
        yield Scenario(case["id"], steps=steps, told=True, expectations=_expected(steps), **head)
        return
    instants = case.get("instants") or {"": {"as_of": case.get("as_of"), **case["expect"]}}
    for name, expect in instants.items():
        at = expect.get("as_of") or content["as_of"]
        words = {**case.get("expect", {}), **{k: v for k, v in expect.items() if k != "as_of"}}
        steps = _story(
            where, [{"at": at, "shipment": {}}, {"at": at, "expect": words}], facts, licenses
        )
        number = f"{case['id']}:{name}" if name else case["id"]
        yield Scenario(number, steps=steps, expectations=_expected(steps), **head)


def _story(
    where: str, story: list[dict[str, Any]], facts: dict[str, Any], licenses: dict[str, Any]
) -> tuple[dict[str, Any], ...]:
    """Write out a story: each step holds an instant and one whole event, or what is expected."""
    first = instant(story[0]["at"])
    steps: list[dict[str, Any]] = []
    revisions: dict[str, int] = {}
    for number, license_ in licenses.items():
        revisions[number] = 1
        steps.append({"at": first, "type": LICENSE_TYPE, "data": _license(number, 1, license_)})
    for index, step in enumerate(story):
        at = instant(step["at"])
        if "shipment" in step:
            facts = merged(facts, step["shipment"])
            revisions[SHIPMENT] = revisions.get(SHIPMENT, 0) + 1
            data = _shipment(facts, revisions[SHIPMENT])
            steps.append({"at": at, "type": SHIPMENT_TYPE, "data": data})
        for number, change in step.get("licenses", {}).items():
            licenses = {**licenses, number: merged(licenses.get(number, {}), change)}
            revisions[number] = revisions.get(number, 0) + 1
            data = _license(number, revisions[number], licenses[number])
            steps.append({"at": at, "type": LICENSE_TYPE, "data": data})
        if "disposition" in step:
            data = {"disposition_id": f"DSP-{index}", "shipment_id": SHIPMENT}
            data |= step["disposition"]
            steps.append({"at": at, "type": DISPOSITION_TYPE, "data": data} | _refusal(step))
        if "expect" in step:
            unknown = set(step["expect"]) - EXPECTED
            assert not unknown, f"{where}: unknown words {sorted(unknown)}"
            steps.append({"at": at, "expect": step["expect"]})
    return tuple(steps)


def _refusal(step: dict[str, Any]) -> dict[str, Any]:
    return {"refused": step["refused"]} if "refused" in step else {}


def _expected(steps: tuple[dict[str, Any], ...]) -> tuple[Expectation, ...]:
    return tuple(Expectation(s["at"], s["expect"]) for s in steps if "expect" in s)


def merged(base: Any, change: Any) -> Any:
    """Return `base` with a change: mappings field by field, all else replaced."""
    if not isinstance(base, dict) or not isinstance(change, dict):
        return copy.deepcopy(change)
    result = copy.deepcopy(base)
    for name, value in change.items():
        if value == "absent":
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), value)
    return result


def _shipment(facts: dict[str, Any], revision: int) -> dict[str, Any]:
    data = {k: v for k, v in facts.items() if k != "parties" and not k.startswith("item")}
    parties = []
    for name, party in facts.get("parties", {}).items():
        role = _ENTRY_ROLE.match(name)
        assert role is not None, name
        parties.append({"role": role[1], **party})
    items = [
        {"line": int(name.partition("_")[2] or 1), **item}
        for name, item in facts.items()
        if name.startswith("item")
    ]
    return {
        "shipment_id": SHIPMENT,
        "revision": revision,
        "status": "declared",
        **data,
        "parties": parties,
        "items": items,
    }


def _license(number: str, revision: int, license_: dict[str, Any]) -> dict[str, Any]:
    return {"license_id": number, "revision": revision, **license_}


def event(type_: str, data: dict[str, Any], at: datetime) -> bytes:
    """Write a CloudEvent as a sender would."""
    number = data.get("disposition_id") or f"{data.get('license_id', SHIPMENT)}/{data['revision']}"
    body = {
        "specversion": "1.0",
        "id": str(number),
        "source": "/erp/example",
        "type": type_,
        "time": at.isoformat(),
        "data": data,
    }
    return json.dumps(body).encode()


def play(scenario: Scenario, tables: Tables, earlier: timedelta = timedelta(0)) -> list[str]:
    """Play a scenario and return what is not as expected, one difference a line.

    Args:
        scenario: The case.
        tables: The restriction tables.
        earlier: How long before its instant each event arrives; the clock then moves on to it.
    """
    book = Offline(tables)
    differences: list[str] = []
    for step in scenario.steps:
        at = step["at"]
        if "expect" in step:
            book.advance(at)
            decision = book.current()[-1]
            found = compare(decision, step["expect"])
            differences += [f"at {at.isoformat()}: {line}" for line in found]
            if found:
                differences += told(decision)
            continue
        data = step["data"]
        if step["type"] == DISPOSITION_TYPE and "decision_id" not in data:
            data = {**data, "decision_id": book.current()[-1].decision_id}
        try:
            book.apply(event(step["type"], data, at - earlier), at=at - earlier)
        except InvalidEvent as refusal:
            if refusal.field != step.get("refused"):
                differences.append(f"at {at.isoformat()}: refused: {refusal}")
        else:
            if "refused" in step:
                differences.append(f"at {at.isoformat()}: not refused for {step['refused']}")
    return differences


def compare(decision: Decision, words: dict[str, Any]) -> list[str]:
    """Return how a decision differs from what is expected."""
    found = []
    if decision.outcome != words.get("outcome", decision.outcome):
        found.append(f"outcome {decision.outcome}, expected {words['outcome']}")
    action = words.get("action")
    if action is None and "outcome" in words and "released" not in words:
        action = decision.outcome.action if decision.outcome == words["outcome"] else None
    if action is not None and decision.action != action:
        found.append(f"action {decision.action}, expected {action}")
    by_measure: dict[str, list[Reason]] = {}
    for reason in decision.reasons:
        by_measure.setdefault(reason.measure, []).append(reason)
    for measure, outcome in words.get("because", {}).items():
        outcomes = sorted({str(reason.outcome) for reason in by_measure.get(measure, ())})
        if outcome not in outcomes:
            found.append(f"{measure} gives {outcomes or 'nothing'}, expected {outcome}")
    for measure, names in words.get("unsure", {}).items():
        unknown = sorted({name for r in by_measure.get(measure, ()) for name in r.unknown})
        if unknown != sorted(names):
            found.append(f"{measure} misses {unknown or 'nothing'}, expected {sorted(names)}")
    found += [
        f"{measure} is among the reasons, and must not be"
        for measure in words.get("not_because", ())
        if measure in by_measure
    ]
    instruments = {reason.instrument for reason in decision.reasons}
    found += [
        f"cites {sorted(instruments)}, expected {instrument!r}"
        for instrument in words.get("cites", ())
        if instrument not in instruments
    ]
    entries = {reason.list_entry.entry for reason in decision.reasons if reason.list_entry}
    found += [
        f"meets the entries {sorted(entries)}, expected {entry}"
        for entry in words.get("entries", ())
        if entry not in entries
    ]
    if "released" in words and bool(decision.released_by) != (words["released"] == "yes"):
        found.append(f"released by {decision.released_by}, expected {words['released']}")
    return found


def told(decision: Decision) -> list[str]:
    """Return a decision as lines for a person who looks for a difference."""
    return [
        f"  decided: {decision.outcome} ({decision.action})",
        *(
            f"    {reason.measure}: {reason.outcome} [{reason.instrument}, {reason.article}] "
            f"because {[(e.path, e.value) for e in reason.evidence]} unknown {reason.unknown}"
            for reason in decision.reasons
        ),
    ]
