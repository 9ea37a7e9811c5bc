"""The topics of a deployment as data: names, partitions, and how long what is in them is kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from tidegate.ops.settings import Settings

MILLISECONDS_A_DAY = 24 * 60 * 60 * 1000
TABLES_TOPIC = "trade.measures"
JOURNAL_TOPIC = "tidegate.journal"
DEAD_LETTERS_TOPIC = "trade.dead-letters"
CHANGELOG_TOPICS = ("tidegate.shipments-changelog", "tidegate.licenses-changelog")
DELIVERIES_TOPIC = "tidegate.deliveries"
DELIVERY_COMMANDS_TOPIC = "tidegate.delivery-commands"
INPUT_TOPICS = ("trade.shipments", "trade.licenses", "trade.dispositions")
"""Written from outside, keyed by shipment or license; their producers choose the partition."""


class Kept(StrEnum):
    """How a topic lets go of old records."""

    FOR_YEARS = "delete"
    """Every record, for the retention time: the evidence that the law asks for."""
    LATEST = "compact"
    """The last record of each key: state, which can be replayed from what is kept for years."""


@dataclass(frozen=True, slots=True)
class TopicSpec:
    """One topic as it should be. `config` holds Kafka's own names and values."""

    logical: str
    """The name without the deployment's prefix."""
    name: str
    """The name on the broker."""
    partitions: int
    replication_factor: int
    """Copies; -1 is the broker's default."""
    purpose: str
    config: dict[str, str] = field(default_factory=dict)


# Logical name, how it is kept, what it is for.
_TOPICS: tuple[tuple[str, Kept, str], ...] = (
    ("trade.shipments", Kept.FOR_YEARS, "shipments, from their senders"),
    ("trade.licenses", Kept.FOR_YEARS, "licenses, from their senders"),
    ("trade.dispositions", Kept.FOR_YEARS, "what people decided on holds"),
    (TABLES_TOPIC, Kept.FOR_YEARS, "every published version of the restriction tables"),
    ("trade.decisions", Kept.FOR_YEARS, "every decision, in order"),
    ("trade.alerts", Kept.FOR_YEARS, "what somebody must know"),
    (DEAD_LETTERS_TOPIC, Kept.FOR_YEARS, "records that could not be used, with the reason"),
    ("tidegate.claims", Kept.FOR_YEARS, "shipments' requests to draw on licenses"),
    ("tidegate.verdicts", Kept.FOR_YEARS, "licenses' answers to claims"),
    ("tidegate.control", Kept.FOR_YEARS, "switches of each partition to a tables version"),
    (JOURNAL_TOPIC, Kept.FOR_YEARS, "what each transaction took: the way to replay it"),
    ("tidegate.practice", Kept.LATEST, "what is observed of civil exports, by partition and week"),
    (DELIVERIES_TOPIC, Kept.FOR_YEARS, "every step of every delivery of an alert"),
    (DELIVERY_COMMANDS_TOPIC, Kept.FOR_YEARS, "what people ask of the notifier: send again"),
    ("tidegate.shipments-changelog", Kept.LATEST, "state of shipments"),
    ("tidegate.licenses-changelog", Kept.LATEST, "state of licenses"),
)


def topology(settings: Settings) -> tuple[TopicSpec, ...]:
    """Return all topics of the deployment that `settings` describe."""
    return tuple(
        TopicSpec(
            logical=logical,
            name=f"{settings.topic_prefix}{logical}",
            partitions=1 if logical == TABLES_TOPIC else settings.partitions,
            replication_factor=settings.replication_factor or -1,
            purpose=purpose,
            config=_config(logical, kept, settings),
        )
        for logical, kept, purpose in _TOPICS
    )


def _config(logical: str, kept: Kept, settings: Settings) -> dict[str, str]:
    dead_letters = logical == DEAD_LETTERS_TOPIC
    config = {
        "cleanup.policy": kept.value,
        "max.message.bytes": str(
            settings.dead_letter_message_bytes_max
            if dead_letters
            else settings.topic_message_bytes_max
        ),
        # A replica that lags behind and becomes leader would lose committed transactions.
        "unclean.leader.election.enable": "false",
    }
    if kept is Kept.FOR_YEARS:
        config["retention.ms"] = str(settings.retention_days * MILLISECONDS_A_DAY)
        config["retention.bytes"] = "-1"
        # The broker's time, not the sender's: a sender's wrong clock must not let retention take
        # its records at once, and on the journal it tells workers the broker's time.
        config["message.timestamp.type"] = "LogAppendTime"
    return config
