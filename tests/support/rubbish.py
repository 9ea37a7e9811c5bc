"""Say whether an agent would refuse a message of the traffic."""

from tidegate.agents import inputs
from tidegate.agents.topics import DISPOSITIONS, LICENSES, SHIPMENTS
from tidegate.cli.traffic.message import Message
from tidegate.events.codec import (
    DISPOSITION_TYPE,
    LICENSE_TYPE,
    SHIPMENT_TYPE,
    STRUCTURED_HEADERS,
)
from tidegate.events.disposition import Disposition
from tidegate.events.license import License
from tidegate.events.shipment import Shipment
from tidegate.runtime.processor import Refused
from tidegate.runtime.record import Record

_MODELS: dict[str, tuple[str, type[Shipment | License | Disposition], str]] = {
    SHIPMENTS: (SHIPMENT_TYPE, Shipment, "shipment_id"),
    LICENSES: (LICENSE_TYPE, License, "license_id"),
    DISPOSITIONS: (DISPOSITION_TYPE, Disposition, "shipment_id"),
}


def refusal(message: Message) -> str | None:
    """Return why an agent refuses the message as a record of its topic; None: it is read."""
    record = Record(
        topic=message.topic,
        partition=0,
        offset=0,
        timestamp_ms=0,
        key=message.key,
        value=message.value,
        headers=STRUCTURED_HEADERS,
    )
    type_, model, key_field = _MODELS[message.topic]
    try:
        inputs.read(record, type_, model, key_field)
    except Refused as refused:
        return refused.reason
    return None
