"""A checkpoint is believed whole and for the same question, or not at all."""

from __future__ import annotations

from pathlib import Path

from tidegate.agents.replay.checkpoint import Checkpoint, load, save

KEPT = Checkpoint(
    "question", {"number": 7}, {"s:SHP-1": b"\x00{}\n", "empty": b"", "s:三": b"x" * 5000}
)


def test_it_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "0"
    save(path, KEPT)
    save(path, KEPT)
    assert load(path, "question") == KEPT
    assert [one.name for one in path.parent.iterdir()] == ["0"]


def test_that_of_another_question_is_not_believed(tmp_path: Path) -> None:
    save(tmp_path / "0", KEPT)
    assert load(tmp_path / "0", "another") is None
    assert load(tmp_path / "none", "question") is None


def test_one_that_is_damaged_or_cut_anywhere_is_not_believed(tmp_path: Path) -> None:
    path = tmp_path / "0"
    save(path, KEPT)
    whole = path.read_bytes()
    for position in range(0, len(whole), 97):
        path.write_bytes(whole[:position])
        assert load(path, "question") is None
        path.write_bytes(whole[:position] + bytes([whole[position] ^ 1]) + whole[position + 1 :])
        assert load(path, "question") is None
    path.write_bytes(whole)
    assert load(path, "question") == KEPT
