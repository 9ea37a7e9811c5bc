"""A unit's state on disk: the laws of the store in memory, and when a folder is believed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tidegate.runtime.disk_store import DiskStore, StoreFailed
from tidegate.runtime.home import home
from tidegate.runtime.state_folder import CLEAN, DATABASE, FORMAT, FolderLocked, Mark, StateFolder
from tidegate.runtime.store import MemoryStore

MARK = Mark("cluster", "history", number=7, offset=42, closed_at=1.0)
keys = st.text("ab/é本\U0001f600", max_size=4)
values = st.binary(max_size=40)
changes = st.dictionaries(keys, st.none() | values, max_size=30)
walks = st.tuples(keys, keys, st.integers(0, 10))


def head(key: str, value: bytes) -> bytes | None:
    """Keep the first two bytes of what begins with an even byte."""
    return value[:2] if value and value[0] % 2 == 0 else None


@contextmanager
def disk_store() -> Iterator[DiskStore]:
    with tempfile.TemporaryDirectory() as folder:
        store = DiskStore(Path(folder), head)
        yield store
        store.close()


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(changes, walks, st.booleans()), max_size=6))
def test_on_disk_and_in_memory_are_one_store(steps: list) -> None:
    memory = MemoryStore()
    with disk_store() as disk:
        for step, (cursor, prefix, limit), flush in steps:
            memory.apply(step)
            disk.apply(step)
            if flush:
                disk.flush()
            assert disk.keys_after(cursor, prefix, limit) == memory.keys_after(
                cursor, prefix, limit
            )
            for key in step:
                assert disk.get(key) == memory.get(key)
                # A walk goes on behind a key that is there.
                assert disk.keys_after(key, "", 3) == memory.keys_after(key, "", 3)
        assert dict(disk.items()) == dict(memory.items())
        lines = {key: line for key, value in memory.items() if (line := head(key, value))}
        assert dict(disk.heads()) == lines


def test_what_was_never_written_is_not_there() -> None:
    with disk_store() as store:
        assert store.get("k") is None
        assert store.keys_after("", "", 10) == []
        assert list(store.items()) == list(store.heads()) == []


def filled(path: Path, mark: Mark | None = MARK, keys: int = 1000) -> None:
    """Open a folder, write to it, and close it with a mark or without."""
    folder = StateFolder(path, head)
    folder.open()
    folder.store.apply({f"k{i:04}": os.urandom(100) for i in range(keys)})
    folder.close(mark)


def opened(path: Path) -> tuple[Mark | None, int]:
    folder = StateFolder(path, head)
    mark = folder.open()
    found = len(list(folder.store.items()))
    folder.close(None)
    return mark, found


def test_a_folder_closed_in_order_is_believed_once(tmp_path: Path) -> None:
    filled(tmp_path)
    assert (tmp_path / CLEAN).exists()
    assert opened(tmp_path) == (MARK, 1000)
    assert opened(tmp_path) == (None, 0)


def test_the_mark_is_gone_before_anything_is_written(tmp_path: Path) -> None:
    filled(tmp_path)
    folder = StateFolder(tmp_path, head)
    assert folder.open() == MARK
    assert not (tmp_path / CLEAN).exists()
    folder.close(None)


def test_without_a_mark_a_folder_begins_empty(tmp_path: Path) -> None:
    filled(tmp_path, mark=None)
    assert opened(tmp_path) == (None, 0)


def test_a_killed_process_leaves_nothing_that_is_believed(tmp_path: Path) -> None:
    filled(tmp_path)
    code = (
        "import os, sys; from pathlib import Path;"
        "from tidegate.runtime.state_folder import StateFolder;"
        "folder = StateFolder(Path(sys.argv[1]), lambda key, value: None);"
        "assert folder.open() is not None;"
        "folder.store.apply({'new': b'x'}); folder.store.flush(); os._exit(9)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False)
    assert done.returncode == 9
    assert opened(tmp_path) == (None, 0)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"format": 1}', '{"format": 999, "mark": {}}'])
def test_a_mark_that_cannot_be_read_is_not_believed(tmp_path: Path, text: str) -> None:
    filled(tmp_path)
    (tmp_path / CLEAN).write_text(text)
    assert opened(tmp_path) == (None, 0)
    assert not (tmp_path / CLEAN).exists()


def test_a_folder_of_another_format_is_not_believed(tmp_path: Path) -> None:
    filled(tmp_path)
    content = json.loads((tmp_path / CLEAN).read_text())
    (tmp_path / CLEAN).write_text(json.dumps(content | {"format": FORMAT + 1}))
    assert opened(tmp_path) == (None, 0)


def test_a_database_that_does_not_open_is_wiped(tmp_path: Path) -> None:
    filled(tmp_path)
    (tmp_path / DATABASE / "CURRENT").write_text("nonsense")
    assert opened(tmp_path) == (None, 0)


def test_a_broken_block_is_an_error_and_never_an_absence(tmp_path: Path) -> None:
    filled(tmp_path, keys=3000)
    for file in (tmp_path / DATABASE).glob("*.sst"):
        with file.open("r+b") as opened_file:
            opened_file.seek(20_000)
            opened_file.write(b"\0" * 40_000)
    folder = StateFolder(tmp_path, head)
    assert folder.open() == MARK
    with pytest.raises(StoreFailed):
        list(folder.store.items())
    with pytest.raises(StoreFailed):
        folder.store.keys_after("", "", 5000)
    with pytest.raises(StoreFailed):
        _ = [folder.store.get(f"k{number:04}") for number in range(3000)]
    folder.wipe()
    assert list(folder.store.items()) == []
    folder.close(None)


def test_a_folder_in_use_is_refused_and_left_alone(tmp_path: Path) -> None:
    filled(tmp_path)
    first = StateFolder(tmp_path, head)
    assert first.open() == MARK
    with pytest.raises(FolderLocked, match="in use"):
        StateFolder(tmp_path, head).open()
    assert len(list(first.store.items())) == 1000
    first.close(MARK)
    assert opened(tmp_path) == (MARK, 1000)


async def test_two_processes_never_share_a_home(tmp_path: Path) -> None:
    async with home(tmp_path, "app", "", None) as one, home(tmp_path, "app", "", None) as two:
        assert (one, two) == (tmp_path / "app" / "worker", tmp_path / "app" / "worker~2")
        filled(one / "kept-0")
        filled(one / "lost-0", mark=None)
    async with home(tmp_path, "app", "", None) as again:
        assert again == one
        assert (again / "kept-0").exists()
        assert not (again / "lost-0").exists()


async def test_a_named_worker_waits_for_its_last_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = (
        "import sys; from pathlib import Path;"
        "from tidegate.runtime.state_folder import FolderLock;"
        "lock = FolderLock(Path(sys.argv[1])); print('held', flush=True); sys.stdin.read()"
    )
    mine = tmp_path / "app@p" / "_w1"
    last = subprocess.Popen(  # noqa: ASYNC220 - it answers at once
        [sys.executable, "-c", code, str(mine)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with last:
        assert last.stdout is not None
        assert last.stdin is not None
        assert last.stdout.readline() == b"held\n"
        monkeypatch.setattr("tidegate.runtime.home.PATIENCE_SECONDS", 0.2)
        async with home(tmp_path, "app", "p", "w1") as other:
            assert other == tmp_path / "app@p" / "_w1~2"
        monkeypatch.setattr("tidegate.runtime.home.PATIENCE_SECONDS", 30.0)
        last.stdin.close()
        async with home(tmp_path, "app", "p", "w1") as own:
            assert own == mine
