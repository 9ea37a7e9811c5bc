"""The AsyncAPI 3.0 document: which topics there are, who writes them, and what they carry."""

from __future__ import annotations

from typing import Any

from schemas.contract import EVENTS, VERSION, EventType

KAFKA_BINDING = "0.5.0"


def document() -> dict[str, Any]:
    """Return the document; payloads refer to the JSON Schemas beside it."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Tidegate",
            "version": VERSION,
            "description": (
                "Shipments, licenses and dispositions in; cited decisions, alerts and dead"
                " letters out. Records are CloudEvents 1.0: structured mode is written, and"
                " binary mode (ce_ headers) is read as well. A record's partition is Kafka's"
                " murmur2 hash of its key."
            ),
            "license": {
                "name": "Apache-2.0",
                "url": "https://www.apache.org/licenses/LICENSE-2.0",
            },
        },
        "defaultContentType": "application/cloudevents+json",
        "channels": {event.topic: _channel(event) for event in EVENTS},
        "operations": {_operation_name(event): _operation(event) for event in EVENTS},
        "components": {"messages": {event.type: _message(event) for event in EVENTS}},
    }


def _channel(event: EventType) -> dict[str, Any]:
    return {
        "address": event.topic,
        "description": event.summary,
        "messages": {event.type: {"$ref": f"#/components/messages/{event.type}"}},
        "bindings": {"kafka": {"topic": event.topic, "bindingVersion": KAFKA_BINDING}},
    }


def _operation_name(event: EventType) -> str:
    verb = "receive" if event.direction == "in" else "send"
    return f"{verb}-{event.topic}"


def _operation(event: EventType) -> dict[str, Any]:
    return {
        "action": "receive" if event.direction == "in" else "send",
        "channel": {"$ref": f"#/channels/{event.topic}"},
        "summary": event.summary,
        "messages": [{"$ref": f"#/channels/{event.topic}/messages/{event.type}"}],
    }


def _message(event: EventType) -> dict[str, Any]:
    return {
        "name": event.type,
        "title": event.summary,
        "contentType": "application/cloudevents+json",
        "payload": {"$ref": f"./{event.type}.json"},
        "bindings": {
            "kafka": {
                "key": {"type": "string", "description": event.key},
                "bindingVersion": KAFKA_BINDING,
            }
        },
    }
