"""Give rights on the broker, and find out which of them this process's principal lacks."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import (
    GroupAuthorizationFailedError,
    NoError,
    TopicAuthorizationFailedError,
    TransactionalIdAuthorizationFailed,
    for_code,
)
from aiokafka.protocol.transaction import InitProducerIdRequest

from tidegate.ops.acls import Acl, Operation, Resource
from tidegate.ops.admin_protocol import CreateAcls, DescribeGroup, TopicRights
from tidegate.ops.coordinator import TRANSACTION, coordinator
from tidegate.ops.settings import Settings

_RESOURCES = {Resource.TOPIC: 2, Resource.GROUP: 3, Resource.TRANSACTIONAL_ID: 5}
_LITERAL, _PREFIXED = 3, 4
_ALLOW = 3
_OPERATIONS = {
    Operation.READ: 3,
    Operation.WRITE: 4,
    Operation.CREATE: 5,
    Operation.DESCRIBE: 8,
    Operation.DESCRIBE_CONFIGS: 10,
}
_NEVER_TOLD = -(1 << 31)
_PROBE_TIMEOUT_MS = 1000


def principal(settings: Settings) -> str:
    """Return the name by which the broker knows this process, as far as it can be told here."""
    if settings.kafka_security_protocol.startswith("SASL"):
        return f"User:{settings.kafka_sasl_username}"
    if settings.kafka_tls_cert_file is not None:
        return f"the certificate in {settings.kafka_tls_cert_file}"
    return "User:ANONYMOUS"


async def give(client: AIOKafkaAdminClient, entries: Iterable[Acl], whom: str) -> None:
    """Create entries for a principal (`User:name`), from any host; those that exist stay.

    Raises:
        KafkaError: the authorizer refuses, or there is none.
    """
    rows = [
        (
            _RESOURCES[entry.resource],
            entry.name,
            _PREFIXED if entry.prefixed else _LITERAL,
            whom,
            "*",
            _OPERATIONS[entry.operation],
            _ALLOW,
        )
        for entry in entries
    ]
    answer: Any = await client._send_to_controller(CreateAcls(rows))
    for code, message in answer.results:
        if code:
            raise for_code(code)(message)


async def lacking(client: AIOKafkaAdminClient, entries: Iterable[Acl]) -> list[Acl]:
    """Return those of `entries` that the broker does not grant us.

    What is not there yet and may be seen is not counted: the broker tells no rights on it.

    Raises:
        KafkaError: the broker fails to answer.
    """
    by_resource: dict[Resource, list[Acl]] = {kind: [] for kind in Resource}
    for entry in entries:
        by_resource[entry.resource].append(entry)
    missing = await _topics(client, by_resource[Resource.TOPIC])
    for entry in by_resource[Resource.GROUP]:
        if not await _group(client, entry):
            missing.append(entry)
    for entry in by_resource[Resource.TRANSACTIONAL_ID]:
        if not await _transactional_id(client, entry):
            missing.append(entry)
    return missing


async def _topics(client: AIOKafkaAdminClient, entries: list[Acl]) -> list[Acl]:
    if not entries:
        return []
    names = sorted({entry.name for entry in entries})
    answer: Any = await client._send_request(TopicRights(names))
    told: dict[str, int] = {}
    for code, name, _internal, _partitions, operations in answer.topics:
        if code == TopicAuthorizationFailedError.errno:
            told[name] = 0
        elif code == NoError.errno and operations != _NEVER_TOLD:
            told[name] = operations
    return [e for e in entries if e.name in told and not _granted(told[e.name], e.operation)]


async def _group(client: AIOKafkaAdminClient, entry: Acl) -> bool:
    # Any name that begins so will do: the right is on the beginning.
    name = f"{entry.name}-probe" if entry.prefixed else entry.name
    try:
        node = await coordinator(client, name)
    except GroupAuthorizationFailedError:
        return False
    answer: Any = await client._send_request(DescribeGroup(name), node)
    ((code, _name, _state, _type, _protocol, _members, operations),) = answer.groups
    if code == GroupAuthorizationFailedError.errno:
        return False
    return operations == _NEVER_TOLD or _granted(operations, entry.operation)


async def _transactional_id(client: AIOKafkaAdminClient, entry: Acl) -> bool:
    """Ask for a producer's id under a name of our own, so that nobody is fenced."""
    name = f"{entry.name}doctor-{uuid.uuid4().hex}"
    try:
        node = await coordinator(client, name, TRANSACTION)
    except TransactionalIdAuthorizationFailed:
        return False
    if entry.operation is Operation.DESCRIBE:
        return True
    answer: Any = await client._send_request(InitProducerIdRequest(name, _PROBE_TIMEOUT_MS), node)
    return bool(answer.error_code != TransactionalIdAuthorizationFailed.errno)


def _granted(operations: int, operation: Operation) -> bool:
    return bool(operations >> _OPERATIONS[operation] & 1)
