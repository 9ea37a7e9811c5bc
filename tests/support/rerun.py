"""Decide everything again as `tidegate check` does, in the journal's order, and compare.

Each partition of shipments is run by itself, with the licenses that its shipments cite, in one
causal order (`merge`), so that a switch of tables has its exact place in that partition. Each event
is taken at the clock at which its transaction took it; time never goes back.

Compared. In memory a claim is answered before the next event is taken; in a deployment other events
may come between. So `decision_id`, `as_of`, `previous`, and at a switch `tables_version`, hang on
how batches fell, and are left out: the verifier checks them from the journal and the topic alone.
All else must be equal to the byte:
- the state in the changelog of every shipment, in what is decided there (`decided`);
- the decision in force of every shipment;
- every decision on the way, with the one that `tidegate check` made from the same named inputs
  (event, facts, verdicts with the license's revision, baseline, dispositions) under the same
  tables. Two kinds may have no counterpart, and are counted: an incomplete set of verdicts of
  several licenses, whose owners answer in any order; and, where tables were switched, what was
  under way at the switch and fell on its other side.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from tests.support import kept
from tests.support.merge import Merge, Step
from tests.support.verifier import Verified
from tidegate.agents.offline import Offline
from tidegate.agents.shipment_state import ClosedShipment
from tidegate.agents.specs import agents
from tidegate.events.codec import canonical
from tidegate.events.decision import Decision
from tidegate.events.errors import InvalidEvent
from tidegate.measures.tables import Tables
from tidegate.ops.packs import load_tables
from tidegate.runtime.memory import MemoryRuntime

NOT_COMPARED = {"decision_id", "as_of", "previous", "tables_version"}
PROCESSES = 2


@dataclass(frozen=True, slots=True)
class Compared:
    """How much was found equal."""

    current: int
    on_the_way: int
    left_out: int
    """Decisions on the way that may have no counterpart, and had none."""


def compare(
    verified: Verified,
    versions: Mapping[str, Path],
    cache: Path,
    partitions: Iterable[int],
) -> Compared:
    """Run some partitions of shipments again and compare their decisions.

    Args:
        verified: What was found.
        versions: The folder of packs of each published version.
        cache: Of compiled tables.
        partitions: Which to run; all of them, where time allows.
    """
    found: list[Compared] = []
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as pool:
        jobs = {}
        for partition in partitions:
            steps = Merge(verified.accounts, partition).steps()
            jobs[partition] = pool.submit(history, steps, dict(versions), cache)
        for partition, job in jobs.items():
            mine = {
                one.data["shipment_id"]: verified.decisions[one.data["shipment_id"]]
                for one in verified.accounts.taken["screening", partition]
                if one.topic == "trade.shipments" and one.end == "applied"
            }
            current, on_the_way, states = job.result()
            found.append(_compare(mine, (current, on_the_way)))
            _compare_states(dict(kept.shipments(verified.accounts.topics, partition)), states)
    return Compared(
        sum(one.current for one in found),
        sum(one.on_the_way for one in found),
        sum(one.left_out for one in found),
    )


class Book(Offline):
    """A book whose license owner takes licenses before claims, of what is handed in together.

    Only what was so goes together (`merge`): the claim of the later revision was answered after
    these events of its license, and an answer to the earlier one came too late to count.
    """

    def __init__(self, tables: Tables) -> None:
        super().__init__(tables)
        screening, licensing = agents(self._shelf)
        licensing = replace(licensing, inputs=tuple(reversed(licensing.inputs)))
        self._runtime = MemoryRuntime((screening, licensing))


def history(
    steps: list[Step], versions: Mapping[str, Path], cache: Path
) -> tuple[list[Decision], list[Decision], dict[str, bytes]]:
    """Return what `tidegate check` decides of these steps: in force, on the way, and the state."""
    book: Book | None = None
    for what, events, clock in steps:
        if what == "tables":
            tables = load_tables(versions[events[0][0].decode()], cache)
            if book is None:
                book = Book(tables)
                book.advance(clock)
            else:
                book.advance(clock)
                book.switch(tables)
            continue
        assert book is not None, "an event was decided before there were tables"
        for event in events[:-1]:
            book.queue(*event)
        try:
            book.apply(*events[-1], at=clock)
        except InvalidEvent as error:
            raise AssertionError(f"`check` refuses {events[-1]!r}: {error}") from None
    if book is None:
        return [], [], {}
    return book.current(), book.history(), book._runtime.state("screening")


def content(decision: Decision) -> bytes:
    """Return all of a decision that does not hang on how batches fell."""
    return canonical(decision.model_dump(mode="json", exclude=NOT_COMPARED, exclude_none=True))


def decided(state: kept.Kept) -> dict[str, Any]:
    """Return what of a state does not hang on how batches fell: no instants, no ids from them."""
    if isinstance(state, ClosedShipment):
        return {"closed": True, "revision": state.revision, "digest": state.digest}
    last = state.last
    assert last is not None
    return {
        "event": state.event_id,
        "digest": state.digest,
        "facts": state.facts.model_dump(mode="json"),
        "verdicts": sorted(canonical(verdict) for verdict in state.verdicts),
        "dispositions": set(state.dispositions),
        "releases": [release.model_dump(mode="json") for release in state.releases],
        "decided": (last.outcome, last.action, sorted(last.fingerprints)),
        "held_by": sorted(state.held_by),
        "held": state.held_since is not None,
        "told": None if state.told is None else (state.told.outcome, state.told.action),
    }


def _compare_states(found: Mapping[str, kept.Kept], again: Mapping[str, bytes]) -> None:
    """The changelog holds what a single run of the same journal holds."""
    once = {key.removeprefix("s:"): v for key, v in again.items() if key.startswith("s:")}
    assert found.keys() == once.keys()
    for shipment_id, state in found.items():
        mine, wanted = decided(state), decided(kept.of(once[shipment_id]))
        assert mine == wanted, f"{shipment_id} is kept as\n{mine}\na single run keeps\n{wanted}"


def _compare(
    found: Mapping[str, list[Decision]], again: tuple[list[Decision], list[Decision]]
) -> Compared:
    current, on_the_way = again
    assert {one.shipment_id for one in current} == found.keys()
    for one in current:
        mine = content(found[one.shipment_id][-1])
        assert mine == content(one), f"decided:\n{mine!r}\ncheck says:\n{content(one)!r}"
    by_inputs: dict[bytes, set[bytes]] = defaultdict(set)
    for one in on_the_way:
        by_inputs[_inputs(one)].add(content(one))
    compared = left_out = 0
    switched = len({one.tables_version for made in found.values() for one in made}) > 1
    for made in found.values():
        for one in made:
            again_made = by_inputs.get(_inputs(one))
            if again_made is None and (_several(one) or switched):
                left_out += 1
                continue
            assert again_made, f"`check` never had these inputs: {one}"
            assert content(one) in again_made, f"decided:\n{one}\ncheck says:\n{again_made}"
            compared += 1
    return Compared(len(current), compared, left_out)


def _inputs(decision: Decision) -> bytes:
    return canonical(
        {
            "shipment": decision.shipment_id,
            "tables": decision.tables_version,
            "revision": decision.revision,
            "inputs": decision.inputs,
        }
    )


def _several(decision: Decision) -> bool:
    return len({one["license"] for one in decision.inputs.get("verdicts", ())}) > 1
