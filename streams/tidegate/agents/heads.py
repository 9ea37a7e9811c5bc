"""Values with a head: a short line before the document, all that a processor keeps in memory.

A worker that opens a partition reads a million heads in seconds; parsing a million documents would
take minutes.
"""

from __future__ import annotations

_END = b"\n"
_DOCUMENT = b"{"
"""What a document begins with, and a head never does."""


def with_head(head: bytes, document: bytes) -> bytes:
    """Return the value to keep: the head, which holds no newline, then a JSON object."""
    return head + _END + document


def head_of(value: bytes | None) -> bytes | None:
    """Return a value's head; None where it has none."""
    if value is None or value.startswith(_DOCUMENT):
        return None
    return value[: value.index(_END)]


def document_of(value: bytes) -> bytes:
    """Return a value without its head."""
    return value if value.startswith(_DOCUMENT) else value[value.index(_END) + 1 :]
