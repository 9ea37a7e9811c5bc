"""Requests of Kafka's protocol that the client library lacks, or reads in an older version.

https://kafka.apache.org/protocol: which operations a principal may do, entries of the authorizer,
and who holds a transactional id.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import (
    Array,
    Boolean,
    Bytes,
    CompactArray,
    CompactString,
    Int8,
    Int16,
    Int32,
    Int64,
    Schema,
    String,
    TaggedFields,
)

_TEXT = String("utf-8")
_COMPACT = CompactString("utf-8")


class _TopicRightsResponse(Response):
    API_KEY = 3
    API_VERSION = 8
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        ("brokers", Array(("node_id", Int32), ("host", _TEXT), ("port", Int32), ("rack", _TEXT))),
        ("cluster_id", _TEXT),
        ("controller_id", Int32),
        (
            "topics",
            Array(
                ("error_code", Int16),
                ("topic", _TEXT),
                ("is_internal", Boolean),
                (
                    "partitions",
                    Array(
                        ("error_code", Int16),
                        ("partition", Int32),
                        ("leader", Int32),
                        ("leader_epoch", Int32),
                        ("replicas", Array(Int32)),
                        ("isr", Array(Int32)),
                        ("offline_replicas", Array(Int32)),
                    ),
                ),
                ("operations", Int32),
            ),
        ),
        ("cluster_operations", Int32),
    )


class _TopicRightsRequest(RequestStruct):
    API_KEY = 3
    API_VERSION = 8
    RESPONSE_TYPE = _TopicRightsResponse
    SCHEMA = Schema(
        ("topics", Array(_TEXT)),
        ("create", Boolean),
        ("cluster_operations", Boolean),
        ("topic_operations", Boolean),
    )


class TopicRights(Request[_TopicRightsRequest]):
    """Asks what we may do on topics (Metadata v8): a bit for each operation's number."""

    API_KEY = 3

    def __init__(self, topics: Iterable[str]) -> None:
        self._topics = list(topics)

    def build(self, request_struct_class: type[_TopicRightsRequest]) -> _TopicRightsRequest:
        return request_struct_class(self._topics, False, False, True)


class _GroupResponse(Response):
    API_KEY = 15
    API_VERSION = 4
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "groups",
            Array(
                ("error_code", Int16),
                ("group", _TEXT),
                ("state", _TEXT),
                ("protocol_type", _TEXT),
                ("protocol", _TEXT),
                (
                    "members",
                    Array(
                        ("member_id", _TEXT),
                        ("instance_id", _TEXT),
                        ("client_id", _TEXT),
                        ("host", _TEXT),
                        ("metadata", Bytes),
                        ("assignment", Bytes),
                    ),
                ),
                ("operations", Int32),
            ),
        ),
    )


class _GroupRequest(RequestStruct):
    API_KEY = 15
    API_VERSION = 4
    RESPONSE_TYPE = _GroupResponse
    SCHEMA = Schema(("groups", Array(_TEXT)), ("operations", Boolean))


class DescribeGroup(Request[_GroupRequest]):
    """Asks who is in a group, and what we may do on it (DescribeGroups v4)."""

    API_KEY = 15

    def __init__(self, group: str) -> None:
        self._group = group

    def build(self, request_struct_class: type[_GroupRequest]) -> _GroupRequest:
        return request_struct_class([self._group], True)


class _CreateAclsResponse(Response):
    API_KEY = 30
    API_VERSION = 1
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        ("results", Array(("error_code", Int16), ("message", _TEXT))),
    )


class _CreateAclsRequest(RequestStruct):
    API_KEY = 30
    API_VERSION = 1
    RESPONSE_TYPE = _CreateAclsResponse
    SCHEMA = Schema(
        (
            "entries",
            Array(
                ("resource", Int8),
                ("name", _TEXT),
                ("pattern", Int8),
                ("principal", _TEXT),
                ("host", _TEXT),
                ("operation", Int8),
                ("permission", Int8),
            ),
        )
    )


class CreateAcls(Request[_CreateAclsRequest]):
    """Gives rights: rows of resource, name, pattern, principal, host, operation, permission."""

    API_KEY = 30

    def __init__(self, rows: Iterable[tuple[Any, ...]]) -> None:
        self._rows = list(rows)

    def build(self, request_struct_class: type[_CreateAclsRequest]) -> _CreateAclsRequest:
        return request_struct_class(self._rows)


class _DescribeTransactionsResponse(Response):
    API_KEY = 65
    API_VERSION = 0
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "transactions",
            CompactArray(
                ("error_code", Int16),
                ("transactional_id", _COMPACT),
                ("state", _COMPACT),
                ("timeout_ms", Int32),
                ("started_ms", Int64),
                ("producer_id", Int64),
                ("producer_epoch", Int16),
                (
                    "topics",
                    CompactArray(
                        ("topic", _COMPACT),
                        ("partitions", CompactArray(Int32)),
                        ("tags", TaggedFields),
                    ),
                ),
                ("tags", TaggedFields),
            ),
        ),
        ("tags", TaggedFields),
    )


class _DescribeTransactionsRequest(RequestStruct):
    FLEXIBLE_VERSION = True
    API_KEY = 65
    API_VERSION = 0
    RESPONSE_TYPE = _DescribeTransactionsResponse
    SCHEMA = Schema(("transactional_ids", CompactArray(_COMPACT)), ("tags", TaggedFields))


class DescribeTransactions(Request[_DescribeTransactionsRequest]):
    """Asks for the state, epoch and topics of transactional ids; ask their coordinator."""

    API_KEY = 65

    def __init__(self, transactional_ids: Iterable[str]) -> None:
        self._ids = list(transactional_ids)

    def build(
        self, request_struct_class: type[_DescribeTransactionsRequest]
    ) -> _DescribeTransactionsRequest:
        return request_struct_class(self._ids, {})
