"""Keep how far the replay of one partition has come, so that an interrupted one goes on.

A file begins with a line that says what it belongs to (cluster, partition, question, engine, and
settings that decide) and how far it came; then the state, key by key; last, a SHA-256 of all that.
One that is not whole, or of anything else, is not believed: the replay begins anew.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

_MAGIC = b"tidegate replay 1\n"
_LENGTH_BYTES = 4
_DIGEST_BYTES = 32
_BLOCK = 1 << 20


@dataclass(frozen=True)
class Checkpoint:
    """How far a replay has come."""

    belongs_to: str
    """Digest of all that it must agree with."""
    progress: Mapping[str, Any]
    """Positions and what was found so far, as JSON."""
    state: Mapping[str, bytes]


def save(path: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint beside and rename it: there is the old one or the new one, whole.

    Raises:
        OSError: the folder cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    head = {"belongs_to": checkpoint.belongs_to, "progress": checkpoint.progress}
    digest = hashlib.sha256()
    with part.open("wb") as file:
        for piece in _pieces(json.dumps(head).encode(), checkpoint.state):
            file.write(piece)
            digest.update(piece)
        file.write(digest.digest())
    os.replace(part, path)


def load(path: Path, belongs_to: str) -> Checkpoint | None:
    """Return a checkpoint; None: there is none to be believed."""
    try:
        with path.open("rb") as file:
            return _read(file, path.stat().st_size, belongs_to)
    except (OSError, ValueError, KeyError, EOFError):
        return None


def _pieces(head: bytes, state: Mapping[str, bytes]) -> Iterator[bytes]:
    yield _MAGIC + head + b"\n"
    for key, value in state.items():
        written = key.encode()
        lengths = (len(part).to_bytes(_LENGTH_BYTES, "big") for part in (written, value))
        yield b"".join((*lengths, written, value))


def _read(file: BinaryIO, size: int, belongs_to: str) -> Checkpoint | None:
    end = size - _DIGEST_BYTES
    digest = hashlib.sha256()
    while file.tell() < end:
        digest.update(file.read(min(_BLOCK, end - file.tell())))
    if file.read() != digest.digest():
        return None
    file.seek(0)
    if file.read(len(_MAGIC)) != _MAGIC:
        return None
    head = json.loads(file.readline())
    if head["belongs_to"] != belongs_to:
        return None
    state = {}
    while file.tell() < end:
        key_length, length = (int.from_bytes(file.read(_LENGTH_BYTES), "big") for _ in range(2))
        key = file.read(key_length).decode()
        state[key] = file.read(length)
    return Checkpoint(belongs_to, head["progress"], state)
