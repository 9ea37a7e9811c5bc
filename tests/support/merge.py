"""Merge the journals of both agents into one causal order of events, to be decided again.

In memory a claim is answered before the next event is taken. In a deployment an answer takes a
while, and one that comes after the next revision counts for nothing. What was so is kept by handing
events in together (`Offline.queue`): none of them is answered before the last one is taken.

1. A revision followed by the next before all its licenses were answered for goes with that next.
2. A license's event comes before a shipment's, where the claim was answered after it.
3. If the shipment's revision before had claimed already, and the answer came too late for it, the
   license's event goes with the later revision.
4. Shipments are in order within themselves and about each switch of tables; a group goes where its
   last one stands.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from graphlib import TopologicalSorter
from itertools import pairwise

from tests.support.accounts import OPEN, Accounts, Taken

Event = tuple[bytes, tuple[tuple[str, bytes], ...]]
Step = tuple[str, list[Event], datetime]
"""What (events or tables), values (or the version) with headers, clock."""


@dataclass(slots=True)
class _Group:
    """Events of one shipment that are handed in together; or a switch of tables; or a license's."""

    start: int
    """Where the first stands among what its partition took."""
    members: list[Taken]
    end: int
    answered: dict[str, int] = field(default_factory=dict)
    """By license, the highest revision that an answer told while the group's last one was current;
    0 where no license was on file."""

    @property
    def last(self) -> Taken:
        return self.members[-1]

    @property
    def is_shipment(self) -> bool:
        return self.last.topic == "trade.shipments" and self.last.end == "applied"


class Merge:
    """The causal order of one partition of shipments, with the licenses that they cite."""

    def __init__(self, accounts: Accounts, partition: int) -> None:
        self._accounts = accounts
        taken = accounts.taken["screening", partition]
        self._groups = sorted(_groups(taken), key=lambda group: group.end)
        self._claims = _claims(accounts)
        self._graph: TopologicalSorter[int] = TopologicalSorter()
        self._edges: list[tuple[int, int]] = []
        self._home: dict[int, int] = {}

    def steps(self) -> list[Step]:
        """Return what to hand in, in order."""
        cited = self._order_shipments()
        for license_id, found in _licenses(self._accounts, cited).items():
            first = len(self._groups)
            self._groups += [_Group(index, [event], index) for index, event in found]
            numbers = range(first, len(self._groups))
            self._edges += pairwise(numbers)
            for number in numbers:
                self._place(number, license_id, cited[license_id])
        return [self._step(members) for members in self._sorted()]

    def _order_shipments(self) -> dict[str, dict[str, list[int]]]:
        """Order shipments; return the groups by license cited and by shipment."""
        chains: dict[str, list[int]] = defaultdict(list)
        since: list[int] = []
        switch: int | None = None
        for number, group in enumerate(self._groups):
            if group.last.topic == "tidegate.control":
                self._edges += [(one, number) for one in since]
                if switch is not None:
                    self._edges.append((switch, number))
                switch, since = number, []
                continue
            chain = chains[group.last.data["shipment_id"]]
            self._edges += [(one, number) for one in (*chain[-1:], switch) if one is not None]
            chain.append(number)
            since.append(number)
        cited: dict[str, dict[str, list[int]]] = defaultdict(dict)
        for shipment_id, chain in chains.items():
            facts = [number for number in chain if self._groups[number].is_shipment]
            for number in facts:
                for _, license_id in cites(self._groups[number].last):
                    cited[license_id][shipment_id] = facts
        return cited

    def _place(self, number: int, license_id: str, chains: dict[str, list[int]]) -> None:
        """Put a license's event before, after or beside the revisions that cite it."""
        event, index = self._groups[number].last, self._groups[number].start
        revision = event.data["revision"]
        for chain in chains.values():
            missed = False
            """A claim stood, and its answer came too late."""
            for one in chain:
                claimed = self._claims.get(self._about(one, license_id))
                if claimed is not None and claimed < index:
                    self._edges.append((one, number))
                    missed = self._groups[one].answered.get(license_id, -1) < revision
                elif claimed is not None:
                    if missed and event.end == "applied":
                        self._home[self._root(number)] = self._root(one)
                    else:
                        self._edges.append((number, one))
                    break
                else:
                    if missed:
                        self._edges.append((one, number))
                    else:
                        self._edges.append((number, one))
                    break

    def _about(self, group: int, license_id: str) -> tuple[str, int, str]:
        data = self._groups[group].last.data
        return data["shipment_id"], data["revision"], license_id

    def _root(self, number: int) -> int:
        while number in self._home:
            number = self._home[number]
        return number

    def _sorted(self) -> Iterator[list[Taken]]:
        together: dict[int, list[Taken]] = defaultdict(list)
        for number, group in enumerate(self._groups):
            root = self._root(number)
            together[root] += group.members
            self._graph.add(root)
        for before, after in self._edges:
            first, second = self._root(before), self._root(after)
            if first != second:
                self._graph.add(second, first)
        for number in self._graph.static_order():
            yield together[number]

    def _step(self, members: list[Taken]) -> Step:
        last = members[-1]
        clock = max(datetime.fromisoformat(one.clock) for one in members)
        if last.topic == "tidegate.control":
            version = json.loads(last.record.value)["version"].encode()
            return "tables", [(version, ())], clock
        return "events", [(one.record.value, tuple(one.record.headers)) for one in members], clock


def cites(shipment: Taken) -> set[tuple[int, str]]:
    """Return the lines and the licenses that they claim; a closed shipment claims nothing."""
    if shipment.data["status"] not in OPEN:
        return set()
    items = shipment.data.get("items", ())
    return {(item["line"], number) for item in items for number in item.get("licenses", ())}


def is_switch(control: Taken) -> bool:
    """Say whether a control record switches tables; others tell what a partition has counted."""
    return "version" in json.loads(control.record.value)


def _groups(taken: list[Taken]) -> Iterator[_Group]:
    """Yield what was taken of shipments and control; verdicts say what was answered in time."""
    pending: dict[str, _Group] = {}
    lines: dict[str, set[tuple[int, str]]] = defaultdict(set)
    """Lines and licenses answered of the present revision."""
    inside: dict[str, list[tuple[int, Taken]]] = defaultdict(list)
    for index, one in enumerate(taken):
        if one.topic == "tidegate.verdicts":
            verdict = json.loads(one.record.value)
            group = pending.get(verdict["shipment_id"])
            if group is None or group.last.data["revision"] != verdict["shipment_revision"]:
                continue
            license_id, revision = verdict["license_id"], verdict.get("license_revision") or 0
            lines[verdict["shipment_id"]].add((verdict["line"], license_id))
            group.answered[license_id] = max(revision, group.answered.get(license_id, 0))
        elif one.topic == "tidegate.control":
            if is_switch(one):
                yield _Group(index, [one], index)
        elif one.topic == "trade.shipments" and one.end == "applied":
            about = one.data["shipment_id"]
            group = pending.get(about)
            if group is not None and cites(group.last) <= lines[about]:
                yield from _closed(group, inside.pop(about, []))
                group = None
            if group is None:
                group = pending[about] = _Group(index, [], index)
            group.members.append(one)
            group.end = index
            group.answered.clear()
            lines[about].clear()
        elif one.end in ("applied", "duplicate"):
            inside[one.data["shipment_id"]].append((index, one))
    for about, group in pending.items():
        yield from _closed(group, inside.pop(about, []))


def _closed(group: _Group, inside: list[tuple[int, Taken]]) -> Iterator[_Group]:
    """Yield a group, and behind it what came between its members and after them.

    A note decides nothing, so it may come after the group; where the group has closed the shipment
    it would be refused there, and nothing of it is kept: it is left out.
    """
    yield group
    for index, one in inside:
        if one.topic == "trade.dispositions" and index < group.end:
            assert one.data["kind"] == "note", one.data
            if group.last.data["status"] not in OPEN:
                continue
        yield _Group(index, [one], max(index, group.end))


def _claims(accounts: Accounts) -> dict[tuple[str, int, str], int]:
    """Return when each claim (shipment, revision, license) was first answered: its index."""
    found: dict[tuple[str, int, str], int] = {}
    for (agent, _), taken in accounts.taken.items():
        for index, one in enumerate(taken if agent == "licensing" else ()):
            if one.topic == "tidegate.claims":
                claim = json.loads(one.record.value)
                if claim["kind"] == "claim":
                    about = claim["shipment_id"], claim["shipment_revision"], claim["license_id"]
                    found.setdefault(about, index)
    return found


def _licenses(
    accounts: Accounts, cited: dict[str, dict[str, list[int]]]
) -> dict[str, list[tuple[int, Taken]]]:
    """Return each cited license's events, with where they stand in its partition's history."""
    found: dict[str, list[tuple[int, Taken]]] = defaultdict(list)
    for (agent, _), taken in accounts.taken.items():
        for index, one in enumerate(taken if agent == "licensing" else ()):
            if one.topic == "trade.licenses" and one.end in ("applied", "duplicate"):
                license_id = one.data["license_id"]
                if license_id in cited:
                    found[license_id].append((index, one))
    return found
