"""Whether the consumer group and the transactional ids are this deployment's alone."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.coordinator.protocol import ConsumerProtocolMemberMetadata

from tidegate.ops.acls import group
from tidegate.ops.admin_protocol import DescribeGroup, DescribeTransactions
from tidegate.ops.coordinator import TRANSACTION, coordinator
from tidegate.ops.doctor.check import Check, Status
from tidegate.ops.settings import Settings
from tidegate.ops.topic_admin import admin_client

WATCHED_SECONDS = 3.0
"""Between two looks: two apps with one id take it from each other every few seconds."""
AGENTS = ("screening", "licensing")
_ADVICE = (
    "Every deployment needs a TIDEGATE_TOPIC_PREFIX and TIDEGATE_APP_ID of its own: together they"
    " name the group and begin the transactional ids. End the other one, or rename one of them"
    " (docs/how-to/upgrade.md says what becomes of the state)."
)


async def check_group(settings: Settings) -> Check:
    """Look for members that read other topics, and for ids that change hands."""
    ours = group(settings)
    async with admin_client(settings) as client:
        strangers = await _strangers(client, ours, settings.topic_prefix)
        if strangers:
            return Check("group", Status.BAD, "\n".join(strangers), _ADVICE)
        before = await _epochs(client, settings)
        await asyncio.sleep(WATCHED_SECONDS)
        after = await _epochs(client, settings)
    return judge_epochs(before, after)


def judge_epochs(before: dict[str, int], after: dict[str, int]) -> Check:
    """Say what the epochs of transactional ids mean, some seconds apart: each taking adds one."""
    moved = sorted(name for name, epoch in after.items() if before.get(name, epoch) != epoch)
    if not moved:
        return Check("group", Status.GOOD, "nobody else is in the group or takes its ids")
    found = f"taken over within {WATCHED_SECONDS:.0f} s: {', '.join(moved)}"
    return Check(
        "group",
        Status.WARNING,
        found,
        "After a worker's start or end this is as it should be: ask again in a minute. If it goes"
        f" on, two apps fence each other. {_ADVICE}",
    )


async def _strangers(client: AIOKafkaAdminClient, ours: str, prefix: str) -> list[str]:
    node = await coordinator(client, ours)
    answer: Any = await client._send_request(DescribeGroup(ours), node)
    ((_code, _name, _state, kind, _protocol, members, _operations),) = answer.groups
    if kind not in ("", "consumer"):
        return [f"the group {ours} is used by clients of the kind {kind}"]
    found: Counter[str] = Counter()
    for member_id, instance, client_id, host, metadata, _assignment in members:
        topics = _subscription(metadata)
        others = sorted(topic for topic in topics if not _is_ours(topic, prefix))
        if others:
            who = instance or client_id or member_id
            found[f"{who} at {host} is in the group {ours} and reads {', '.join(others)}"] += 1
    return sorted(found)


def _subscription(metadata: bytes | None) -> list[str]:
    if not metadata:
        return []  # it is joining
    return list(ConsumerProtocolMemberMetadata.decode(metadata).subscription)


def _is_ours(topic: str, prefix: str) -> bool:
    return topic.startswith((f"{prefix}trade.", f"{prefix}tidegate."))


async def _epochs(client: AIOKafkaAdminClient, settings: Settings) -> dict[str, int]:
    names = [f"{group(settings)}-{a}-{p}" for a in AGENTS for p in range(settings.partitions)]
    by_node: dict[int, list[str]] = {}
    for name in names:
        node = await coordinator(client, name, TRANSACTION)
        by_node.setdefault(node, []).append(name)
    epochs: dict[str, int] = {}
    for node, ids in by_node.items():
        answer: Any = await client._send_request(DescribeTransactions(ids), node)
        for (
            code,
            name,
            _state,
            _timeout,
            _started,
            producer,
            epoch,
            _topics,
            _tags,
        ) in answer.transactions:
            if code == 0:
                epochs[name] = (producer << 16) + epoch
    return epochs
