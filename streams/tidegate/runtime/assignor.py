"""Hand out whole units to the members of the group: sticky, balanced, with few moves.

A unit is one partition of all of an agent's inputs. Kafka's stock assignors know single topics
only and would give a shipment's events to one worker and its verdicts to another.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aiokafka.coordinator.protocol import (
    ConsumerProtocolMemberAssignment,
    ConsumerProtocolMemberMetadata,
)

from tidegate.runtime.spec import AgentSpec, RuntimeConfig, Unit

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Member:
    """What a member says of itself when it joins."""

    name: str
    topics: frozenset[str]
    """Physical names of what it subscribes to."""
    held: frozenset[Unit] = frozenset()
    number: int = 0
    """Of the assignment by which it holds them; the newer claim on a unit wins."""


def share(units: Mapping[str, int], members: Mapping[str, Member]) -> dict[str, set[Unit]]:
    """Return each member's units.

    Each agent's partitions are shared as evenly as can be, and so are all units together: the
    members that get one more of an agent are those with the least so far.

    Args:
        units: Number of partitions by agent.
        members: Those who can run all agents, by member id.
    """
    shares: dict[str, set[Unit]] = {member: set() for member in members}
    if not members:
        return shares
    owners: dict[Unit, tuple[int, str]] = {}
    for member_id, member in sorted(members.items(), key=lambda item: item[1].name):
        for unit in member.held:
            if member.number > owners.get(unit, (-1, ""))[0]:
                owners[unit] = (member.number, member_id)
    for agent, count in sorted(units.items()):
        wanted = [Unit(agent, partition) for partition in range(count)]
        held = {m: [u for u in wanted if owners.get(u, (0, ""))[1] == m] for m in members}
        # Those with the least in all, then those that would have to give up the most.
        ranked = sorted(members, key=lambda m: (len(shares[m]), -len(held[m]), members[m].name, m))
        base, more = divmod(count, len(members))
        quota = {m: base + (rank < more) for rank, m in enumerate(ranked)}
        given = {m: held[m][: quota[m]] for m in members}
        kept = {unit for kept_units in given.values() for unit in kept_units}
        free = [unit for unit in wanted if unit not in kept]
        for m in ranked:
            while free and len(given[m]) < quota[m]:
                given[m].append(free.pop(0))
            shares[m].update(given[m])
    return shares


class UnitAssignor:
    """The group's assignor; aiokafka calls `assign` on the member that leads the group."""

    name = "tidegate-units"
    version = 0

    def __init__(self, config: RuntimeConfig, specs: Sequence[AgentSpec]) -> None:
        self._config = config
        self._specs = specs
        self._held: frozenset[Unit] = frozenset()
        self._number = 0

    def metadata(self, topics: Iterable[str]) -> ConsumerProtocolMemberMetadata:
        """Tell the group who we are and what we hold.

        aiokafka drops `group.instance.id` before `assign`, so the name goes along here.
        """
        said = {
            "name": self._config.instance or "",
            "number": self._number,
            "held": sorted([unit.agent, unit.partition] for unit in self._held),
        }
        return ConsumerProtocolMemberMetadata(
            self.version, sorted(topics), json.dumps(said).encode()
        )

    def on_assignment(self, assignment: ConsumerProtocolMemberAssignment) -> None:
        """Learn what we hold now."""
        first = {self._config.physical(spec.inputs[0]): spec.name for spec in self._specs}
        self._held = frozenset(
            Unit(first[topic], partition)
            for topic, partitions in assignment.assignment
            if topic in first
            for partition in partitions
        )
        self._number = json.loads(assignment.user_data or b"0")

    def assign(
        self, cluster: Any, members: Mapping[str, ConsumerProtocolMemberMetadata]
    ) -> dict[str, ConsumerProtocolMemberAssignment]:
        """Share out the units of all agents whose topics are complete and of one size."""
        joined = {member_id: _member(said) for member_id, said in members.items()}
        number = 1 + max((member.number for member in joined.values()), default=0)
        by_member: dict[str, dict[str, list[int]]] = {member_id: {} for member_id in members}
        counts = {}
        for spec in self._specs:
            topics = [self._config.physical(topic) for topic in spec.inputs]
            sizes = {topic: len(cluster.partitions_for_topic(topic) or ()) for topic in topics}
            if len(set(sizes.values())) > 1 or 0 in sizes.values():
                log.error("agent %s gets no partition: its topics are %s", spec.name, sizes)
                continue
            counts[spec.name] = sizes[topics[0]]
        for group, able in self._able(counts, joined):
            units = {agent: counts[agent] for agent in group}
            for member_id, given in share(units, able).items():
                for unit in sorted(given, key=lambda unit: (unit.agent, unit.partition)):
                    for topic in self._inputs(unit.agent):
                        by_member[member_id].setdefault(topic, []).append(unit.partition)
        return {
            member_id: ConsumerProtocolMemberAssignment(
                self.version, sorted(topics.items()), json.dumps(number).encode()
            )
            for member_id, topics in by_member.items()
        }

    def _inputs(self, agent: str) -> list[str]:
        (spec,) = (spec for spec in self._specs if spec.name == agent)
        return [self._config.physical(topic) for topic in spec.inputs]

    def _able(
        self, counts: Mapping[str, int], joined: Mapping[str, Member]
    ) -> list[tuple[list[str], dict[str, Member]]]:
        """Group agents by who can run them; one group, but while versions are mixed."""
        groups: dict[frozenset[str], list[str]] = {}
        for agent in counts:
            topics = set(self._inputs(agent))
            able = frozenset(m for m, member in joined.items() if topics <= member.topics)
            groups.setdefault(able, []).append(agent)
        return [
            (agents, {member_id: joined[member_id] for member_id in able})
            for able, agents in groups.items()
        ]


def _member(said: ConsumerProtocolMemberMetadata) -> Member:
    fields = json.loads(said.user_data or b"{}")
    held = frozenset(Unit(agent, partition) for agent, partition in fields.get("held", ()))
    return Member(
        fields.get("name", ""), frozenset(said.subscription), held, fields.get("number", 0)
    )
