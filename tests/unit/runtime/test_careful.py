"""Batches taken apart by our own reading: as aiokafka reads them, and where it cannot."""

from __future__ import annotations

import struct

import cramjam
import pytest
from aiokafka.record.memory_records import MemoryRecords

from tests.support.raw_records import batch, changed, signed
from tidegate.runtime.careful import Found, take_apart

GOOD = [
    (b"a", b'{"n": 1}', []),
    (None, b"x" * 300, [("ce_type", b"t"), ("empty", None)]),
    (b"c", None, [("日本", b"\xff\x00")]),
]
HEADER_BYTES = 61


def plain(found: list[Found]) -> list[tuple[int, bytes | None, bytes | None]]:
    return [(one.offset, one.key, one.value) for one in found]


@pytest.mark.parametrize(
    "compression", [0, 1, 2, 3, 4], ids=["none", "gzip", "snappy", "lz4", "zstd"]
)
def test_good_batches_are_read_as_aiokafka_reads_them(compression: int) -> None:
    raw = batch(GOOD, compression)
    records = MemoryRecords(raw).next_batch()
    assert records is not None

    found, end = take_apart(raw, 0, ())

    assert end == 3
    assert [(f.offset, f.timestamp, f.key, f.value, f.headers) for f in found] == [
        (r.offset, r.timestamp, r.key, r.value, tuple(r.headers)) for r in records
    ]


def test_zstd_without_a_size_in_its_frame_is_read() -> None:
    # As Java's client and librdkafka write it: they stream.
    raw = batch(GOOD)
    stream = cramjam.zstd.Compressor()
    stream.compress(raw[HEADER_BYTES:])
    body = bytes(stream.finish())
    attributes = struct.pack(">h", 4)
    header = raw[:8] + struct.pack(">i", HEADER_BYTES - 12 + len(body)) + raw[12:21]
    streamed = signed(header + attributes + raw[23:HEADER_BYTES] + body)

    assert plain(take_apart(streamed, 0, ())[0]) == [
        (0, *GOOD[0][:2]),
        (1, *GOOD[1][:2]),
        (2, *GOOD[2][:2]),
    ]


def test_a_header_name_that_is_not_utf8_is_read_as_java_does() -> None:
    raw = changed(batch([*GOOD, (b"d", b"4", [("strange", b"v")])]), b"strange", b"str\xff\xfege")

    found, _ = take_apart(raw, 0, ())

    assert [one.damage for one in found] == [None] * 4
    assert found[3].headers == (("str\ufffd\ufffdge", b"v"),)


def test_a_batch_whose_checksum_does_not_fit_is_one_damaged_record_with_its_bytes() -> None:
    raw = batch(GOOD)
    broken = raw[:-1] + bytes([raw[-1] ^ 1])
    following = struct.pack(">q", 3) + raw[8:]  # the base offset is outside the checksum

    found, end = take_apart(broken + following, 0, ())

    assert end == 6
    assert found[0].damage == "offsets 0 to 2 cannot be read: the checksum does not fit"
    assert found[0].value == broken
    assert [one.offset for one in found] == [0, 3, 4, 5]


def test_a_record_of_nonsense_spoils_the_rest_of_its_batch_only() -> None:
    raw = batch([(b"k", b"first", []), (b"k", b"second", [])])
    at = raw.index(b"second") - 1
    assert raw[at] == len(b"second") * 2  # a varint in zigzag form
    broken = signed(raw[:at] + b"\x7e" + raw[at + 1 :])

    found, end = take_apart(broken, 0, ())

    assert end == 2
    assert plain(found)[0] == (0, b"k", b"first")
    assert found[1].offset == 1
    assert "offset 1 cannot be read" in (found[1].damage or "")


def test_what_a_decompressor_refuses_is_damaged() -> None:
    raw = batch(GOOD, 4)
    broken = signed(raw[:HEADER_BYTES] + b"\x00" * (len(raw) - HEADER_BYTES))

    (found,), end = take_apart(broken, 0, ())

    assert end == 3
    assert "offsets 0 to 2 cannot be read" in (found.damage or "")


def test_records_before_the_wanted_offset_and_half_a_batch_are_left_out() -> None:
    raw = batch(GOOD)
    following = struct.pack(">q", 3) + raw[8:]
    found, end = take_apart(raw + following[:-1], 2, ())
    assert [one.offset for one in found] == [2]
    assert end == 3
