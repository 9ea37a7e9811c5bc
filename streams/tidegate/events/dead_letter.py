"""A record that could not be used, with the reason, its original bytes and where it stood."""

from __future__ import annotations

import base64

from tidegate.events.model import RecordModel


class DeadLetterError(RecordModel):
    """What was wrong: the field at fault (empty for the whole record) and the reason."""

    field: str
    reason: str


class DeadLetter(RecordModel):
    """A refused record (`trade.dead_letter.v1`). Bytes are Base64; None is Kafka's null."""

    error: DeadLetterError
    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    key: str | None = None
    value: str | None = None
    headers: tuple[tuple[str, str], ...] = ()

    def original_key(self) -> bytes | None:
        """Return the record's key as it was."""
        return None if self.key is None else base64.b64decode(self.key)

    def original_value(self) -> bytes | None:
        """Return the record's value as it was."""
        return None if self.value is None else base64.b64decode(self.value)

    def original_headers(self) -> tuple[tuple[str, bytes], ...]:
        """Return the record's headers as they were."""
        return tuple((name, base64.b64decode(value)) for name, value in self.headers)
