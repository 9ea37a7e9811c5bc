"""Create topics that are missing, and say how those that exist differ from what they should be."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError, for_code

from tidegate.ops.settings import Settings
from tidegate.ops.topics import TopicSpec

REQUEST_TIMEOUT_SECONDS = 15
VISIBLE_TIMEOUT_SECONDS = 15.0
VISIBLE_POLL_SECONDS = 0.05
TOPIC_ALREADY_EXISTS = 36
UNKNOWN_TOPIC_OR_PARTITION = 3


@dataclass(frozen=True, slots=True)
class Difference:
    """One point in which an existing topic is not as it should be."""

    topic: str
    what: str
    """`partitions`, `replication_factor`, or the name of a topic configuration."""
    wanted: str
    found: str

    def __str__(self) -> str:
        return f"{self.topic}: {self.what} is {self.found}, should be {self.wanted}"


@dataclass(frozen=True, slots=True)
class TopicReport:
    """What there is, next to what should be."""

    missing: tuple[str, ...] = ()
    created: tuple[str, ...] = ()
    differences: tuple[Difference, ...] = ()
    refused: Mapping[str, str] = field(default_factory=dict)
    """Topics that the broker would not create, with its reason."""

    @property
    def good(self) -> bool:
        """True when every topic is there and as it should be."""
        return not (self.missing or self.differences or self.refused)


@asynccontextmanager
async def admin_client(settings: Settings) -> AsyncIterator[AIOKafkaAdminClient]:
    """Connect an admin client; raises KafkaConnectionError where no broker can be reached."""
    client = AIOKafkaAdminClient(
        bootstrap_servers=settings.kafka_bootstrap_servers,
        request_timeout_ms=REQUEST_TIMEOUT_SECONDS * 1000,
        **settings.kafka_security(),
    )
    try:
        await client.start()
        yield client
    finally:
        await client.close()


async def create_topics(client: AIOKafkaAdminClient, specs: Iterable[TopicSpec]) -> TopicReport:
    """Create the topics that are missing. Those that exist are left as they are, and compared.

    More partitions can't be given to a topic in use: its keys would change owners.
    """
    specs = tuple(specs)
    before = await inspect_topics(client, specs)
    absent = [spec for spec in specs if spec.name in before.missing]
    if not absent:
        return before
    response: Any = await client.create_topics([_new_topic(spec) for spec in absent])
    created: list[str] = []
    refused: dict[str, str] = {}
    for name, code, *message in response.topic_errors:
        if code == 0:
            created.append(name)
        elif code != TOPIC_ALREADY_EXISTS:
            refused[name] = (message and message[0]) or for_code(code).__name__
    after = await _await_visible(client, [one for one in specs if one.name not in refused])
    return TopicReport(
        missing=after.missing,
        created=tuple(created),
        differences=after.differences,
        refused=refused,
    )


async def _await_visible(client: AIOKafkaAdminClient, specs: Iterable[TopicSpec]) -> TopicReport:
    # The controller answers before the brokers know: a client that comes at once would be told
    # that there is no such topic.
    deadline = asyncio.get_running_loop().time() + VISIBLE_TIMEOUT_SECONDS
    while True:
        report = await inspect_topics(client, specs)
        if not report.missing or asyncio.get_running_loop().time() >= deadline:
            return report
        await asyncio.sleep(VISIBLE_POLL_SECONDS)


async def inspect_topics(client: AIOKafkaAdminClient, specs: Iterable[TopicSpec]) -> TopicReport:
    """Compare the broker's topics with `specs`; changes nothing."""
    specs = tuple(specs)
    # Describing a topic that is missing would create it, where the broker creates by itself.
    existing = set(await client.list_topics())
    named = [spec.name for spec in specs if spec.name in existing]
    there: dict[str, list[dict[str, Any]]] = {}
    for topic in await client.describe_topics(named) if named else ():
        if topic["error_code"] == 0:
            there[topic["topic"]] = topic["partitions"]
        elif topic["error_code"] != UNKNOWN_TOPIC_OR_PARTITION:
            error: type[KafkaError] = for_code(topic["error_code"])
            raise error(topic["topic"])
    configs = await _configs(client, sorted(there))
    differences: list[Difference] = []
    for spec in specs:
        if spec.name in there:
            differences += _compare(spec, there[spec.name], configs.get(spec.name, {}))
    missing = tuple(spec.name for spec in specs if spec.name not in there)
    return TopicReport(missing=missing, differences=tuple(differences))


def _new_topic(spec: TopicSpec) -> NewTopic:
    topic = NewTopic(spec.name, spec.partitions, 1, topic_configs=spec.config)
    # The constructor refuses -1, which brokers take as "your own default".
    topic.replication_factor = spec.replication_factor
    return topic


def _compare(
    spec: TopicSpec, partitions: list[dict[str, Any]], config: Mapping[str, str | None]
) -> list[Difference]:
    points = [("partitions", str(spec.partitions), str(len(partitions)))]
    if spec.replication_factor > 0:
        copies = ",".join(sorted({str(len(one["replicas"])) for one in partitions}))
        points.append(("replication_factor", str(spec.replication_factor), copies))
    points += [
        (name, wanted, str(config[name])) for name, wanted in spec.config.items() if name in config
    ]
    return [Difference(spec.name, *point) for point in points if point[1] != point[2]]


async def _configs(
    client: AIOKafkaAdminClient, names: list[str]
) -> dict[str, dict[str, str | None]]:
    if not names:
        return {}
    resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
    found: dict[str, dict[str, str | None]] = {}
    responses: list[Any] = await client.describe_configs(resources)
    for response in responses:
        for code, message, _kind, name, entries in response.resources:
            if code:
                raise for_code(code)(message)
            found[name] = {entry[0]: entry[1] for entry in entries}
    return found
