"""Read a record that Tidegate wrote, and keep its data's bytes as they stand there."""

from __future__ import annotations

import json

from tidegate.events.codec import canonical, decode
from tidegate.events.errors import InvalidEvent

_DATA = b',"data":'
"""Where the data begins: Tidegate writes it last, and a JSON string cannot hold these bytes."""
MAX_BYTES = 1 << 30


def data_of(value: bytes | None, type_: str) -> bytes:
    """Return the JSON of an event's data, byte for byte where Tidegate's own codec wrote it.

    Raises:
        InvalidEvent: it is no event of this type.
    """
    head, found, data = (value or b"").partition(_DATA)
    if found and data.endswith(b"}"):
        try:
            attributes = json.loads(head + b"}")
        except ValueError:
            attributes = None
        if isinstance(attributes, dict) and attributes.get("specversion") == "1.0":
            _check(str(attributes.get("type")), type_)
            return data[:-1]
    envelope = decode(value, max_bytes=MAX_BYTES)
    _check(envelope.type, type_)
    return canonical(envelope.data)


def _check(found: str, wanted: str) -> None:
    if found != wanted:
        raise InvalidEvent("type", f"expected {wanted}, not {found!r:.80}")
