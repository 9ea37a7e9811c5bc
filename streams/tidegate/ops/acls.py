"""What each role may do on the broker, as data: what is printed, created, tested and looked for.

Each role has what it needs and nothing else. In Kafka, READ and WRITE imply DESCRIBE; a producer
that is idempotent needs no right beyond WRITE (since Kafka 2.8).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from tidegate.ops.role import Role
from tidegate.ops.settings import Settings
from tidegate.ops.topics import (
    CHANGELOG_TOPICS,
    DEAD_LETTERS_TOPIC,
    INPUT_TOPICS,
    JOURNAL_TOPIC,
    TABLES_TOPIC,
    topology,
)


class Resource(StrEnum):
    """Kinds of what is protected, as `kafka-acls` names its options."""

    TOPIC = "topic"
    GROUP = "group"
    TRANSACTIONAL_ID = "transactional-id"


class Operation(StrEnum):
    """What may be done, as `kafka-acls` names it."""

    READ = "Read"
    WRITE = "Write"
    CREATE = "Create"
    DESCRIBE = "Describe"
    DESCRIBE_CONFIGS = "DescribeConfigs"


@dataclass(frozen=True, slots=True)
class Acl:
    """One right."""

    resource: Resource
    name: str
    """The resource's name on the broker; its beginning where `prefixed`."""
    operation: Operation
    prefixed: bool = False

    def __str__(self) -> str:
        start = " beginning with" if self.prefixed else ""
        return f"{self.operation} {self.resource}{start} {self.name}"

    def command(self, principal: str) -> str:
        """Return the arguments of Kafka's `kafka-acls.sh` that give this right."""
        pattern = " --resource-pattern-type prefixed" if self.prefixed else ""
        return (
            f"--add --allow-principal '{principal}' --operation {self.operation}"
            f" --{self.resource} '{self.name}'{pattern}"
        )


_TALK = ("tidegate.claims", "tidegate.verdicts")
_CONTROL = "tidegate.control"
_RESULTS = ("trade.decisions", "trade.alerts", DEAD_LETTERS_TOPIC)
_ALL_THAT_IS_TOLD = (
    *INPUT_TOPICS,
    *_RESULTS,
    *_TALK,
    JOURNAL_TOPIC,
    TABLES_TOPIC,
    *CHANGELOG_TOPICS,
)
_READ = {
    Role.WORKER: (*INPUT_TOPICS, *_TALK, _CONTROL, *CHANGELOG_TOPICS, TABLES_TOPIC),
    Role.CONSOLE: (
        *INPUT_TOPICS,
        *_RESULTS,
        *_TALK,
        JOURNAL_TOPIC,
        TABLES_TOPIC,
        *CHANGELOG_TOPICS,
    ),
    Role.NOTIFIER: ("trade.alerts", "trade.decisions"),
    Role.ADMIN: (*INPUT_TOPICS, TABLES_TOPIC, *CHANGELOG_TOPICS),
    Role.READER: _ALL_THAT_IS_TOLD,
}
_WRITE = {
    Role.PRODUCER: ("trade.shipments", "trade.licenses"),
    # Inputs too: a record in a partition that does not own its key is forwarded.
    Role.WORKER: (*INPUT_TOPICS, *_RESULTS, *_TALK, JOURNAL_TOPIC, *CHANGELOG_TOPICS),
    Role.CONSOLE: ("trade.dispositions",),
    Role.ADMIN: (TABLES_TOPIC, _CONTROL, JOURNAL_TOPIC),
}


def group(settings: Settings) -> str:
    """Return the workers' consumer group; their transactional ids begin with it and a dash."""
    return f"{settings.topic_prefix}{settings.app_id}"


def acls(settings: Settings, role: Role) -> tuple[Acl, ...]:
    """Return all that `role` needs in the deployment that `settings` describe."""
    return tuple(_acls(settings, role))


def _acls(settings: Settings, role: Role) -> Iterator[Acl]:
    prefix = settings.topic_prefix
    for operation, topics in ((Operation.READ, _READ), (Operation.WRITE, _WRITE)):
        for topic in topics.get(role, ()):
            yield Acl(Resource.TOPIC, f"{prefix}{topic}", operation)
    ours = group(settings)
    match role:
        case Role.WORKER:
            yield Acl(Resource.GROUP, ours, Operation.READ)
            yield Acl(Resource.TRANSACTIONAL_ID, f"{ours}-", Operation.WRITE, prefixed=True)
        case Role.NOTIFIER:
            yield Acl(Resource.GROUP, f"{ours}-notifier", Operation.READ, prefixed=True)
        case Role.READER:
            yield Acl(Resource.GROUP, f"{ours}-reader", Operation.READ, prefixed=True)
        case Role.ADMIN:
            for spec in topology(settings):
                for operation in (
                    Operation.CREATE,
                    Operation.DESCRIBE,
                    Operation.DESCRIBE_CONFIGS,
                ):
                    yield Acl(Resource.TOPIC, spec.name, operation)
            yield Acl(Resource.GROUP, ours, Operation.DESCRIBE)
            yield Acl(Resource.TRANSACTIONAL_ID, f"{ours}-", Operation.DESCRIBE, prefixed=True)
            for ids in ("tables-", "doctor-"):
                name = f"{ours}-{ids}"
                yield Acl(Resource.TRANSACTIONAL_ID, name, Operation.WRITE, prefixed=True)
