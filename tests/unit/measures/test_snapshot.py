"""A published version is whole, or refused with a reason."""

from __future__ import annotations

import json
import random

import pytest

from tests.unit.measures.packs import LISTS, files, measure, shipped_files
from tidegate.measures import snapshot
from tidegate.measures.errors import SnapshotError
from tidegate.measures.loader import content_version
from tidegate.measures.snapshot import (
    MAX_RECORD_BYTES,
    Snapshot,
    SnapshotAssembler,
    SnapshotRecord,
    to_records,
)

SMALL = files(measure(), lists=LISTS)
OTHER = files(measure(when="{destination: [KR]}"), lists=LISTS)


def assembled(records: tuple[SnapshotRecord, ...]) -> list[Snapshot]:
    assembler = SnapshotAssembler()
    given = (assembler.add(record.value, record.headers) for record in records)
    return [found for found in given if found is not None]


@pytest.fixture
def many_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshot, "CHUNK_BYTES", 100)


def test_the_shipped_packs_come_back_as_they_were() -> None:
    given = shipped_files() | {"lists/noise.csv": random.Random(1).randbytes(2_000_000)}
    records = to_records(given, "p1")
    assert len(records) >= 4
    for record in records:
        size = len(record.key) + len(record.value)
        size += sum(len(name) + len(value) for name, value in record.headers)
        assert size < MAX_RECORD_BYTES
    (found,) = assembled(records)
    assert found.files == given
    assert found.version == content_version(given)
    assert {record.key for record in records} == {found.version.encode()}


@pytest.mark.usefixtures("many_chunks")
def test_nothing_is_given_before_the_marker_and_nothing_without_a_chunk() -> None:
    records = to_records(SMALL, "p1")
    assert len(records) > 3
    assert assembled(records[:-1]) == []
    for left_out in range(len(records) - 1):
        with pytest.raises(SnapshotError):
            assembled(records[:left_out] + records[left_out + 1 :])


@pytest.mark.usefixtures("many_chunks")
def test_chunks_of_two_versions_do_not_mix() -> None:
    one, other = to_records(SMALL, "p1"), to_records(OTHER, "p1")
    with pytest.raises(SnapshotError):
        assembled((*one[:-1], other[-1]))
    mixed = (one[0], *other[1:])
    with pytest.raises(SnapshotError):
        assembled(mixed)


@pytest.mark.usefixtures("many_chunks")
def test_publications_may_interleave() -> None:
    one, other = to_records(SMALL, "p1"), to_records(OTHER, "p2")
    between = [record for pair in zip(one, other, strict=False) for record in pair]
    rest = one[len(other) :] + other[len(one) :]
    found = assembled((*between, *rest))
    assert {item.version for item in found} == {content_version(SMALL), content_version(OTHER)}


@pytest.mark.usefixtures("many_chunks")
def test_a_broken_record_is_refused_and_the_next_publication_is_read() -> None:
    assembler = SnapshotAssembler()
    records = to_records(SMALL, "p1")
    for record in records[:-1]:
        assembler.add(bytes([record.value[0] ^ 1]) + record.value[1:], record.headers)
    with pytest.raises(SnapshotError, match="not those that the marker"):
        assembler.add(records[-1].value, records[-1].headers)
    last = [assembler.add(record.value, record.headers) for record in to_records(SMALL, "p2")][-1]
    assert last is not None


@pytest.mark.parametrize("field", ["version", "chunks", "files", "bytes", "sha256"])
def test_a_marker_that_says_something_else_is_refused(field: str) -> None:
    *chunks, marker = to_records(SMALL, "p1")
    said = json.loads(marker.value)
    said[field] = "0" * 32 if isinstance(said[field], str) else said[field] + 1
    wrong = marker._replace(value=json.dumps(said).encode())
    with pytest.raises(SnapshotError):
        assembled((*chunks, wrong))


@pytest.mark.parametrize("value", [b"", b"{}", b"[]", b'{"version": 1}', b"\xff"])
def test_a_marker_that_cannot_be_read_is_refused(value: bytes) -> None:
    *chunks, marker = to_records(SMALL, "p1")
    with pytest.raises(SnapshotError):
        assembled((*chunks, marker._replace(value=value)))


def test_what_is_no_record_of_a_version_is_refused() -> None:
    with pytest.raises(SnapshotError, match="header"):
        SnapshotAssembler().add(b"x", ())
    record = to_records(SMALL, "p1")[0]
    with pytest.raises(SnapshotError, match="without value"):
        SnapshotAssembler().add(None, record.headers)
