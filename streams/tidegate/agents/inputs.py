"""Read an input record as the event that its topic carries, or say why it cannot be one."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Generic, TypeVar

from pydantic import BaseModel

from tidegate.events import codec
from tidegate.events.codec import decode, derived_id, encode
from tidegate.events.dead_letter import DeadLetter, DeadLetterError
from tidegate.events.errors import InvalidEvent
from tidegate.runtime.processor import Refused
from tidegate.runtime.record import Record

SOURCE = "/tidegate"

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Input(Generic[Model]):
    """A readable input: the event's data, and what is needed to name it."""

    event_id: str
    data: Model
    written: bytes
    """The data in canonical form: equal contents have equal bytes."""
    digest: str
    """SHA-256 of `written`."""
    traceparent: str | None


def read(record: Record, type_: str, model: type[Model], key_field: str) -> Input[Model]:
    """Read a record as an event of one type, under the key that it must have.

    Raises:
        Refused: the record is no such event; it names the field and the reason.
    """
    try:
        envelope = decode(record.value, record.headers)
        if envelope.type != type_:
            raise InvalidEvent("type", f"{record.topic} carries {type_}, not {envelope.type!r:.80}")
        data = envelope.read(model)
    except InvalidEvent as error:
        raise Refused(error.field, error.reason) from None
    wanted = str(getattr(data, key_field)).encode()
    if record.key != wanted:
        found = "null" if record.key is None else _quoted(record.key)
        raise Refused("key", f"the record's key is {found}, not data.{key_field} {_quoted(wanted)}")
    written = data.model_dump_json(by_alias=True, exclude_defaults=True).encode()
    digest = hashlib.sha256(written).hexdigest()
    return Input(envelope.id, data, written, digest, envelope.traceparent)


def dead_letter(record: Record, field: str, reason: str) -> tuple[str | None, bytes]:
    """Write a refused record as a dead letter: the reason, the place, and the original bytes."""
    letter = DeadLetter(
        error=DeadLetterError(field=field, reason=reason),
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        timestamp_ms=record.timestamp_ms,
        key=_base64(record.key),
        value=_base64(record.value),
        headers=tuple((name, _base64(value) or "") for name, value in record.headers),
    )
    place = f"{record.topic}-{record.partition}@{record.offset}"
    value = encode(
        codec.DEAD_LETTER_TYPE,
        letter,
        id_=derived_id("dead-letter", place),
        source=SOURCE,
        subject=place,
        time=_at(record.timestamp_ms),
    )
    return place, value


def _quoted(key: bytes) -> str:
    return repr(key[:80].decode(errors="backslashreplace"))


def _base64(value: bytes | None) -> str | None:
    return None if value is None else base64.b64encode(value).decode()


def _at(timestamp_ms: int) -> datetime:
    """A producer may stamp anything; an absurd stamp is written as the epoch."""
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    try:
        return epoch + timedelta(milliseconds=timestamp_ms)
    except OverflowError:
        return epoch
