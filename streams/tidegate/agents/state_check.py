"""The doctor's look into the changelogs: can this version read the state that is there?"""

from __future__ import annotations

import asyncio

from aiokafka import TopicPartition

from tidegate.agents.deployment import runtime_config
from tidegate.agents.shelf import Shelf
from tidegate.agents.specs import agents
from tidegate.ops.doctor.check import Check, Status
from tidegate.ops.settings import Settings
from tidegate.runtime.clients import let_go, reader
from tidegate.runtime.offsets import Offsets
from tidegate.runtime.recovery import Meta, OtherFormat
from tidegate.runtime.spec import META_KEY, AgentSpec, RuntimeConfig, Unit

LAST_RECORDS = 20
"""Looked at: each transaction ends with the record that names the format, and a marker."""
TIMEOUT_SECONDS = 10.0


async def check_state_format(settings: Settings) -> Check:
    """Compare the format of each partition's state with what this version reads and writes."""
    config = runtime_config(settings)
    wrong, seen = [], 0
    for spec in agents(Shelf()):
        for partition, found in (await _formats(config, spec)).items():
            seen += 1
            if found != spec.state_format:
                wrong.append(str(OtherFormat(Unit(spec.name, partition), found, spec.state_format)))
    if not wrong:
        found_words = f"{seen} partitions have state of this version" if seen else "no state yet"
        return Check("state format", Status.GOOD, found_words)
    advice = (
        "Workers of this version end with exit code 2. Run the version that wrote the state, or"
        " rebuild the state from the inputs: docs/how-to/upgrade.md."
    )
    return Check("state format", Status.BAD, "\n".join(wrong), advice)


async def _formats(config: RuntimeConfig, spec: AgentSpec) -> dict[int, int]:
    offsets = Offsets(config)
    try:
        count = (await offsets.partitions([spec.changelog])).get(spec.changelog, 0)
    finally:
        await offsets.stop()
    places = [TopicPartition(config.physical(spec.changelog), number) for number in range(count)]
    if not places:
        return {}
    consumer = reader(config)
    await consumer.start()
    found: dict[int, int] = {}
    try:
        consumer.assign(places)
        first, ends = await consumer.beginning_offsets(places), await consumer.end_offsets(places)
        for place in places:
            consumer.seek(place, max(first[place], ends[place] - LAST_RECORDS))
        async with asyncio.timeout(TIMEOUT_SECONDS):
            while any([await consumer.position(place) < ends[place] for place in places]):
                for place, records in (await consumer.getmany(timeout_ms=200)).items():
                    for record in records:
                        if record.key == META_KEY.encode():
                            found[place.partition] = Meta.decode(record.value).format
    finally:
        await let_go(consumer)
    return found
