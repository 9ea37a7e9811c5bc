"""Whether producers put keys where Kafka's own hash does."""

from __future__ import annotations

from tidegate.ops.doctor.check import Check, Status
from tidegate.ops.placement import sample_placement
from tidegate.ops.settings import Settings
from tidegate.ops.topics import INPUT_TOPICS


async def check_partitioner(settings: Settings) -> Check:
    """Look at the newest inputs: does each lie in the partition that owns its key?"""
    names = [f"{settings.topic_prefix}{topic}" for topic in INPUT_TOPICS]
    placements = await sample_placement(settings, names)
    keyed = sum(one.keyed for one in placements)
    wrong = [one for one in placements if one.misplaced]
    if not wrong:
        found = f"{keyed} newest keyed records lie where they should" if keyed else "no records yet"
        return Check("partitioner", Status.GOOD, found)
    lines = [f"{one.topic}: {one.misplaced} of {one.keyed} misplaced" for one in wrong]
    advice = "Let the producer use Kafka's murmur2 partitioner (the Java client's default)."
    if any(one.by_crc32 * 2 > one.misplaced for one in wrong):
        lines.append("they lie where CRC32 puts them, the default of librdkafka")
        advice = (
            "Set `partitioner=murmur2_random` on producers that use librdkafka"
            " (confluent-kafka for Python, Go, .NET; node-rdkafka; kcat)."
        )
    return Check("partitioner", Status.WARNING, "\n".join(lines), advice)
