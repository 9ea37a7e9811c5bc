"""A version of the packs as records for `trade.measures`, and back.

Written in this order, in one transaction, all under the same key so that they share a partition:
1. the chunks: the files' bytes, framed and compressed, cut so that each record stays small;
2. the marker, which counts what must be there and carries its SHA-256.

A reader has a version only when its marker has come and agrees with the chunks. Publications that
interleave are told apart by their id; one that is partial, broken or mixed is refused with a
reason, and what was in force goes on.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from tidegate.measures.errors import SnapshotError
from tidegate.measures.loader import content_version

MAX_RECORD_BYTES = 900_000
CHUNK_BYTES = 880_000  # leaves room for key and headers
MAX_SNAPSHOT_BYTES = 256 * 1024 * 1024
MAX_OPEN_PUBLICATIONS = 4
"""Publications whose marker has not come; the oldest is forgotten beyond that."""
COMPRESSION_LEVEL = 6
_LENGTH_BYTES = 8

Headers = tuple[tuple[str, bytes], ...]


class SnapshotRecord(NamedTuple):
    """One record, without a position."""

    key: bytes
    value: bytes
    headers: Headers


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A whole version, checked."""

    version: str
    publication: str
    files: Mapping[str, bytes]


def to_records(files: Mapping[str, bytes], publication: str) -> tuple[SnapshotRecord, ...]:
    """Write a version as records, chunks first and the marker last.

    Args:
        files: The packs' content by name.
        publication: An id that no other publication has; another attempt is another one.
    """
    version = content_version(files)
    key = version.encode()
    framed = _framed(files)
    packed = zlib.compress(framed, COMPRESSION_LEVEL)
    chunks = [packed[at : at + CHUNK_BYTES] for at in range(0, len(packed), CHUNK_BYTES)]
    records = [
        SnapshotRecord(key, chunk, _headers("chunk", publication, number))
        for number, chunk in enumerate(chunks)
    ]
    marker = {
        "version": version,
        "chunks": len(chunks),
        "files": len(files),
        "bytes": len(framed),
        "sha256": hashlib.sha256(packed).hexdigest(),
    }
    value = json.dumps(marker, sort_keys=True).encode()
    return (*records, SnapshotRecord(key, value, _headers("marker", publication, len(chunks))))


class SnapshotAssembler:
    """Takes records in the order in which they stand, and gives each version that is whole."""

    def __init__(self) -> None:
        self._open: dict[str, list[bytes]] = {}

    def add(self, value: bytes | None, headers: Headers) -> Snapshot | None:
        """Take one record; return the version that its marker completes.

        Raises:
            SnapshotError: the record, or the publication that it ends, is not in order. The
                publication is forgotten; others are not touched.
        """
        kind, publication, number = _kind(headers)
        if value is None:
            self._open.pop(publication, None)
            raise SnapshotError(f"publication {publication}: a record without value")
        if kind == "chunk":
            self._take(publication, number, value)
            return None
        chunks = self._open.pop(publication, [])
        return _whole(publication, chunks, value)

    def _take(self, publication: str, number: int, value: bytes) -> None:
        chunks = self._open.setdefault(publication, [])
        if number != len(chunks):
            del self._open[publication]
            reason = f"chunk {number} came where chunk {len(chunks)} was due"
            raise SnapshotError(f"publication {publication}: {reason}")
        if sum(map(len, chunks)) + len(value) > MAX_SNAPSHOT_BYTES:
            del self._open[publication]
            reason = f"more than {MAX_SNAPSHOT_BYTES} bytes"
            raise SnapshotError(f"publication {publication}: {reason}")
        chunks.append(value)
        if len(self._open) > MAX_OPEN_PUBLICATIONS:
            del self._open[next(iter(self._open))]


def _whole(publication: str, chunks: list[bytes], value: bytes) -> Snapshot:
    def refused(reason: str) -> SnapshotError:
        return SnapshotError(f"publication {publication}: {reason}")

    try:
        marker = json.loads(value)
        version, sha256 = str(marker["version"]), str(marker["sha256"])
        announced, count, size = (int(marker[name]) for name in ("chunks", "files", "bytes"))
    except (ValueError, KeyError, TypeError, RecursionError):
        raise refused("the marker cannot be read") from None
    if announced != len(chunks):
        raise refused(f"the marker counts {announced} chunks, {len(chunks)} came")
    packed = b"".join(chunks)
    if hashlib.sha256(packed).hexdigest() != sha256:
        raise refused("the chunks are not those that the marker was written for")
    if not 0 <= size <= MAX_SNAPSHOT_BYTES:
        raise refused(f"more than {MAX_SNAPSHOT_BYTES} bytes")
    try:
        unpacker = zlib.decompressobj()
        framed = unpacker.decompress(packed, size + 1)
        files = dict(_unframed(framed))
    except (zlib.error, ValueError) as error:
        raise refused(f"the chunks cannot be read: {error}") from None
    if len(framed) != size or not unpacker.eof or len(files) != count:
        raise refused(f"{count} files of {size} bytes announced, others came")
    if content_version(files) != version:
        raise refused(f"the files are not version {version}")
    return Snapshot(version, publication, files)


def _headers(kind: str, publication: str, number: int) -> Headers:
    return (
        ("tidegate-kind", kind.encode()),
        ("tidegate-publication", publication.encode()),
        ("tidegate-number", str(number).encode()),
    )


def _kind(headers: Headers) -> tuple[str, str, int]:
    by_name = dict(headers)
    try:
        kind = by_name["tidegate-kind"].decode()
        publication = by_name["tidegate-publication"].decode()
        number = int(by_name["tidegate-number"])
    except (KeyError, ValueError, AttributeError):
        raise SnapshotError("not a record of a table version: a header is missing") from None
    if kind not in ("chunk", "marker"):
        raise SnapshotError(f"publication {publication}: unknown kind of record {kind!r}")
    return kind, publication, number


def _framed(files: Mapping[str, bytes]) -> bytes:
    parts = []
    for name in sorted(files):
        for part in (name.encode(), files[name]):
            parts += [len(part).to_bytes(_LENGTH_BYTES, "big"), part]
    return b"".join(parts)


def _unframed(framed: bytes) -> Iterator[tuple[str, bytes]]:
    at = 0

    def part() -> bytes:
        nonlocal at
        size = int.from_bytes(framed[at : at + _LENGTH_BYTES], "big")
        start = at + _LENGTH_BYTES
        at = start + size
        if at > len(framed):
            raise ValueError("a file is cut off")
        return framed[start:at]

    while at < len(framed):
        name = part().decode()
        yield name, part()
