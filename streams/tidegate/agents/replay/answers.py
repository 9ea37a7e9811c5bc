"""Set what other tables answer beside what was decided: by outcome, and by measure.

Asked per shipment that was decided in the time asked for: the last decision then, on both sides.
Verdicts are taken as they were recorded, since license owners read no tables.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from tidegate.agents.replay.comparison import Written
from tidegate.events.decision import Action, Outcome
from tidegate.events.values import instant_text

EXAMPLES = 5


class Answer(NamedTuple):
    """What is in force for a shipment."""

    outcome: Outcome
    action: Action
    measures: frozenset[str]
    """Those that hold it, or ask for its review; of one that passes, none."""


@dataclass
class Answers:
    """How other tables answer; those of several partitions add up."""

    shipments: int = 0
    same: int = 0
    """Shipments whose outcome and action are the same."""
    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Of the others: how many, by outcome recorded and outcome answered."""
    more: Counter[str] = field(default_factory=Counter)
    """By measure: shipments that it holds or has reviewed, and did not."""
    fewer: Counter[str] = field(default_factory=Counter)
    """By measure: shipments that it held or had reviewed, and would not."""
    examples: list[dict[str, str]] = field(default_factory=list)

    def __iadd__(self, other: Answers) -> Answers:
        self.shipments += other.shipments
        self.same += other.same
        self.outcomes.update(other.outcomes)
        self.more.update(other.more)
        self.fewer.update(other.fewer)
        self.examples = [*self.examples, *other.examples][:EXAMPLES]
        return self

    def as_json(self) -> dict[str, Any]:
        """Return it for a program."""
        pairs = sorted(self.outcomes.items(), key=lambda one: (-one[1], one[0]))
        return {
            "shipments": self.shipments,
            "same": self.same,
            "outcomes": [
                {"recorded": before, "answered": now, "shipments": count}
                for (before, now), count in pairs
            ],
            "measures": {
                measure: {"more": self.more[measure], "fewer": self.fewer[measure]}
                for measure in sorted({*self.more, *self.fewer})
            },
            "examples": self.examples,
        }


class OtherTables:
    """Follows both sides of one partition.

    Args:
        begins: Shipments that were decided last before this instant are not asked about.
        shipment_id: Only this one is asked about; None: all.
    """

    def __init__(self, begins: datetime | None = None, shipment_id: str | None = None) -> None:
        self._begins = "" if begins is None else instant_text(begins)
        self._only = None if shipment_id is None else shipment_id.encode()
        self._recorded: dict[bytes, Answer] = {}
        self._again: dict[bytes, Answer] = {}
        self._asked: set[bytes] = set()

    def recorded(self, decisions: Iterable[Written], clock: datetime) -> None:
        """Hand in what the topic holds of a transaction."""
        self._note(self._recorded, decisions, clock)

    def again(self, decisions: Iterable[Written], clock: datetime) -> None:
        """Hand in what is decided again."""
        self._note(self._again, decisions, clock)

    def kept(self) -> dict[str, Any]:
        """Return what a checkpoint keeps of it, as JSON."""
        return {
            "recorded": _plain(self._recorded),
            "again": _plain(self._again),
            "asked": sorted(shipment_id.decode() for shipment_id in self._asked),
        }

    def resume(self, kept: Mapping[str, Any]) -> None:
        """Go on from what `kept` returned."""
        self._recorded, self._again = (_read(kept[side]) for side in ("recorded", "again"))
        self._asked = {shipment_id.encode() for shipment_id in kept["asked"]}

    def answers(self) -> Answers:
        """Return how the two compare."""
        found = Answers()
        for shipment_id in sorted(self._asked):
            before, now = (
                side.get(shipment_id, _NOTHING) for side in (self._recorded, self._again)
            )
            found.shipments += 1
            found.more.update(now.measures - before.measures)
            found.fewer.update(before.measures - now.measures)
            if (before.outcome, before.action) == (now.outcome, now.action):
                found.same += 1
                continue
            found.outcomes[before.outcome, now.outcome] += 1
            if len(found.examples) < EXAMPLES:
                found.examples.append(
                    {
                        "shipment_id": shipment_id.decode(),
                        "recorded": before.outcome,
                        "answered": now.outcome,
                    }
                )
        return found

    def _note(
        self, side: dict[bytes, Answer], decisions: Iterable[Written], clock: datetime
    ) -> None:
        counts = instant_text(clock) >= self._begins
        for one in decisions:
            if self._only is None or one.shipment_id == self._only:
                side[one.shipment_id] = answer_in(one.value)
                if counts:
                    self._asked.add(one.shipment_id)


_NOTHING = Answer(Outcome.NO_RULE_MATCHED, Action.PASS, frozenset())


def _plain(side: Mapping[bytes, Answer]) -> dict[str, list[Any]]:
    return {key.decode(): [a.outcome, a.action, sorted(a.measures)] for key, a in side.items()}


def _read(side: Mapping[str, Sequence[Any]]) -> dict[bytes, Answer]:
    return {
        key.encode(): Answer(Outcome(outcome), Action(action), frozenset(measures))
        for key, (outcome, action, measures) in side.items()
    }


def answer_in(value: bytes) -> Answer:
    """Read what matters here of a decision that Tidegate wrote."""
    data = json.loads(value)["data"]
    action = Action(data["action"])
    measures = {r["measure"] for r in data.get("reasons", ()) if _acts(r, action)}
    return Answer(Outcome(data["outcome"]), action, frozenset(measures))


def _acts(reason: dict[str, Any], action: Action) -> bool:
    return action is not Action.PASS and Outcome(reason["outcome"]).action is action
