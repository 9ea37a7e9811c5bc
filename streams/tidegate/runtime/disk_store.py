"""Keep one unit's committed state on disk, in a RocksDB database of its own.

There is no write-ahead log: after an unclean stop the folder is wiped, and the changelog has all.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from rocksdict import (
    BlockBasedOptions,
    Cache,
    DBCompressionType,
    Options,
    Rdict,
    ReadOptions,
    WriteBatch,
    WriteBufferManager,
    WriteOptions,
)

from tidegate.runtime.spec import Head

log = logging.getLogger(__name__)

_VALUE, _HEAD = b"v", b"h"
"""What a key in the database begins with: the heads lie together and are read in one sweep."""
_AFTER_VALUES, _AFTER_HEADS = b"w", b"i"
_MEBIBYTE = 1 << 20
_CACHE_BYTES = 64 * _MEBIBYTE
"""Blocks in memory, for all units of the process; the kernel's page cache comes on top."""
_WRITTEN_BYTES = 128 * _MEBIBYTE
"""What waits in memory to be written out, for all units of the process."""
_MEMTABLE_BYTES = 16 * _MEBIBYTE
_READ_AHEAD_BYTES = 2 * _MEBIBYTE
_FILTER_BITS = 10  # a bloom filter says "not here" for 99 of 100 keys that are not
_NEVER = 1 << 20


class StoreFailed(Exception):
    """The database cannot be read or written: wipe it, and rebuild it from the changelog."""


@cache
def _shared() -> tuple[Cache, WriteBufferManager]:
    """Return what all databases of the process share, so that memory does not grow with them."""
    blocks = Cache(_CACHE_BYTES)
    return blocks, WriteBufferManager(_WRITTEN_BYTES, False)


def _options() -> Options:
    blocks, memory = _shared()
    table = BlockBasedOptions()
    table.set_bloom_filter(_FILTER_BITS, False)
    table.set_block_cache(blocks)
    table.set_format_version(5)
    options = Options(raw_mode=True)
    options.create_if_missing(True)
    options.set_block_based_table_factory(table)
    options.set_compression_type(DBCompressionType.lz4())
    options.set_write_buffer_size(_MEMTABLE_BYTES)
    options.set_max_write_buffer_number(8)
    options.set_write_buffer_manager(memory)
    # Writes hold the interpreter: they must never wait for a compaction. Only a rebuild writes
    # faster than files can be merged, and that ends.
    options.set_level_zero_slowdown_writes_trigger(_NEVER)
    options.set_level_zero_stop_writes_trigger(_NEVER)
    options.set_soft_pending_compaction_bytes_limit(0)
    options.set_hard_pending_compaction_bytes_limit(0)
    options.set_max_background_jobs(2)
    options.set_keep_log_file_num(1)
    options.set_stats_dump_period_sec(0)
    return options


class DiskStore:
    """Committed state of one unit: keys to bytes, and the heads of the values apart.

    Args:
        folder: The database's own folder; made where it is missing.
        head: Returns what a processor needs of a value in `restored`.

    Raises:
        StoreFailed: from every call.
    """

    def __init__(self, folder: Path, head: Head) -> None:
        self._head = head
        try:
            self._db = Rdict(str(folder), _options())
        except Exception as error:
            raise StoreFailed(str(error)) from error
        writing = WriteOptions()
        setattr(writing, "disable_wal", True)  # noqa: B010 - its stub takes it for a method
        self._db.set_write_options(writing)

    def get(self, key: str) -> bytes | None:
        try:
            found: bytes | None = self._db.get(_VALUE + key.encode())
        except Exception as error:
            raise StoreFailed(str(error)) from error
        return found

    def apply(self, changes: Mapping[str, bytes | None]) -> None:
        """Write what a transaction committed, all or nothing; None deletes."""
        batch = WriteBatch(raw_mode=True)
        put, delete, head_of = batch.put, batch.delete, self._head
        for key, value in changes.items():
            name = key.encode()
            if value is None:
                delete(_VALUE + name)
                delete(_HEAD + name)
                continue
            put(_VALUE + name, value)
            head = head_of(key, value)
            if head is None:
                delete(_HEAD + name)
            else:
                put(_HEAD + name, head)
        try:
            self._db.write(batch)
        except Exception as error:
            raise StoreFailed(str(error)) from error

    def keys_after(self, cursor: str, prefix: str, limit: int) -> list[str]:
        """Return up to `limit` keys that start with `prefix` and sort after `cursor`, in order."""
        # UTF-8 sorts as Python's strings do.
        start, wanted = _VALUE + max(cursor, prefix).encode(), _VALUE + prefix.encode()
        passed = _VALUE + cursor.encode()
        found: list[str] = []
        try:
            walk = self._db.iter(_bounded(_AFTER_VALUES, 0))
            walk.seek(start)
            while len(found) < limit and walk.valid():
                key: bytes = walk.key()
                if not key.startswith(wanted):
                    break
                if key != passed:
                    found.append(key[1:].decode())
                walk.next()
            walk.status()
        except Exception as error:
            raise StoreFailed(str(error)) from error
        return found

    def items(self) -> Iterator[tuple[str, bytes]]:
        """Return the whole state, in key order."""
        return self._sweep(_VALUE, _AFTER_VALUES)

    def heads(self) -> Iterator[tuple[str, bytes]]:
        """Return the heads of all values that have one."""
        return self._sweep(_HEAD, _AFTER_HEADS)

    def flush(self) -> None:
        """Write out what is only in memory yet; returns when it is on the disk."""
        try:
            self._db.flush()
        except Exception as error:
            raise StoreFailed(str(error)) from error

    def close(self) -> None:
        """Close the database; what was not flushed is lost."""
        try:
            self._db.close()
        except Exception as error:
            raise StoreFailed(str(error)) from error

    def _sweep(self, first: bytes, end: bytes) -> Iterator[tuple[str, bytes]]:
        last = first
        try:
            pairs: Iterator[Any] = self._db.items(from_key=first, read_opt=_bounded(end))
            for key, value in pairs:
                last = key
                yield key[1:].decode(), value
            # That iterator ends at a broken block as it does at the end: ask whether it was one.
            walk = self._db.iter(_bounded(end))
            walk.seek(last)
            if walk.valid() and walk.key() == last:
                walk.next()
            walk.status()
            if walk.valid():
                raise StoreFailed("the database ended early")
        except StoreFailed:
            raise
        except Exception as error:
            raise StoreFailed(str(error)) from error


def _bounded(end: bytes, read_ahead: int = _READ_AHEAD_BYTES) -> ReadOptions:
    options = ReadOptions()
    options.set_iterate_upper_bound(end)
    if read_ahead:
        options.set_readahead_size(read_ahead)
    return options
