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
    DELIVERIES_TOPIC,
    DELIVERY_COMMANDS_TOPIC,
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
_CONTROL, _PRACTICE, _ALERTS = "tidegate.control", "tidegate.practice", "trade.alerts"
_RESULTS = ("trade.decisions", _ALERTS, DEAD_LETTERS_TOPIC)
_TOLD = (*INPUT_TOPICS, *_RESULTS, TABLES_TOPIC, DELIVERIES_TOPIC, _PRACTICE)
_READ = {
    Role.WORKER: (*INPUT_TOPICS, *_TALK, _CONTROL, *CHANGELOG_TOPICS, TABLES_TOPIC),
    Role.CONSOLE: _TOLD,
    Role.NOTIFIER: (_ALERTS, DELIVERIES_TOPIC, DELIVERY_COMMANDS_TOPIC),
    Role.ADMIN: (*INPUT_TOPICS, TABLES_TOPIC, *CHANGELOG_TOPICS),
    Role.READER: (*_TOLD, *_TALK, JOURNAL_TOPIC, *CHANGELOG_TOPICS),
}
_WRITE = {
    Role.PRODUCER: ("trade.shipments", "trade.licenses"),
    # Inputs too: a record in a partition that does not own its key is forwarded.
    Role.WORKER: (
        *INPUT_TOPICS,
        *_RESULTS,
        *_TALK,
        _CONTROL,
        _PRACTICE,
        JOURNAL_TOPIC,
        *CHANGELOG_TOPICS,
    ),
    Role.CONSOLE: ("trade.dispositions", DELIVERY_COMMANDS_TOPIC),
    Role.NOTIFIER: (DELIVERIES_TOPIC,),
    Role.ADMIN: (TABLES_TOPIC, _CONTROL, JOURNAL_TOPIC),
}
_IDS = {
    Role.WORKER: ("screening-", "licensing-", "doctor-"),
    Role.CONSOLE: ("desk-",),
    Role.NOTIFIER: ("notifier-",),
    Role.ADMIN: ("tables-", "doctor-"),
}
"""What transactional ids begin with, after the group's name and a dash."""


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
    for start in _IDS.get(role, ()):
        name = f"{ours}-{start}"
        yield Acl(Resource.TRANSACTIONAL_ID, name, Operation.WRITE, prefixed=True)
    match role:
        case Role.WORKER:
            yield Acl(Resource.GROUP, ours, Operation.READ)
        case Role.NOTIFIER:
            yield Acl(Resource.GROUP, f"{ours}-notifier", Operation.READ)
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
