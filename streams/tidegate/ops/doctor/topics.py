"""Whether the topics are there, and as they should be."""

from __future__ import annotations

from tidegate.ops.doctor.check import Check, Status
from tidegate.ops.settings import Settings
from tidegate.ops.topic_admin import TopicReport, admin_client, inspect_topics
from tidegate.ops.topics import topology


async def check_topics(settings: Settings) -> Check:
    """Compare the topics with what they should be."""
    async with admin_client(settings) as client:
        report = await inspect_topics(client, topology(settings))
    return judge_topics(report)


def judge_topics(report: TopicReport) -> Check:
    """Say what a report on topics means."""
    if report.missing:
        return Check(
            "topics",
            Status.BAD,
            f"missing: {', '.join(report.missing)}",
            "Run `tidegate topics create`.",
        )
    if not report.differences:
        return Check("topics", Status.GOOD, "all topics are there and as they should be")
    found = "\n".join(str(difference) for difference in report.differences)
    if any(difference.what == "partitions" for difference in report.differences):
        return Check(
            "topics",
            Status.BAD,
            found,
            "An agent whose topics differ in partitions gets none of them. Set"
            " TIDEGATE_PARTITIONS to the number that the input topics have; topics whose number"
            " is another must be made anew. Never add partitions to topics in use: keys would"
            " change owners.",
        )
    return Check(
        "topics",
        Status.WARNING,
        found,
        "Set them with `kafka-configs --alter --entity-type topics --entity-name TOPIC"
        " --add-config NAME=VALUE`, or change Tidegate's setting to what you want.",
    )
