"""The doctor's judgements, without a broker; with one, see tests/integration."""

import zlib
from pathlib import Path
from types import SimpleNamespace

import pytest
from aiokafka.partitioner import murmur2

from tidegate.ops.doctor import process
from tidegate.ops.doctor.check import Status
from tidegate.ops.doctor.clock import judge_clock
from tidegate.ops.doctor.group import judge_epochs
from tidegate.ops.doctor.process import check_settings, check_state, check_tables
from tidegate.ops.doctor.topics import judge_topics
from tidegate.ops.placement import place
from tidegate.ops.settings import Settings
from tidegate.ops.topic_admin import Difference, TopicReport

KEYS = [f"SHP-{number}".encode() for number in range(50)]


def by_murmur2(key: bytes) -> int:
    return int(murmur2(key) & 0x7FFFFFFF) % 8


@pytest.mark.parametrize(
    ("ahead_seconds", "status"),
    [
        (0.2, Status.GOOD),
        (-0.2, Status.GOOD),
        (2.0, Status.WARNING),
        (-2.0, Status.WARNING),
        (5.1, Status.BAD),
        (-5.1, Status.BAD),
        (None, Status.WARNING),
    ],
)
def test_a_clock_is_judged_by_its_bound(ahead_seconds: float | None, status: Status) -> None:
    check = judge_clock(ahead_seconds, 5.0)
    assert check.status is status
    assert bool(check.advice) is (status is not Status.GOOD)


def test_missing_topics_are_bad_and_told_by_name() -> None:
    check = judge_topics(TopicReport(missing=("trade.shipments",)))
    assert check.status is Status.BAD
    assert "trade.shipments" in check.found
    assert "topics create" in check.advice


def test_unequal_partitions_are_bad_and_another_configuration_a_warning() -> None:
    partitions = Difference("trade.shipments", "partitions", "8", "4")
    retention = Difference("trade.shipments", "retention.ms", "1", "2")
    assert judge_topics(TopicReport(differences=(retention, partitions))).status is Status.BAD
    check = judge_topics(TopicReport(differences=(retention,)))
    assert check.status is Status.WARNING
    assert "trade.shipments: retention.ms is 2, should be 1" in check.found
    assert judge_topics(TopicReport()).status is Status.GOOD


def test_keys_where_kafka_puts_them_are_well_placed() -> None:
    sample = [(by_murmur2(key), key) for key in KEYS]
    placed = place("trade.shipments", 8, [*sample, (0, None)])
    assert (placed.keyed, placed.misplaced) == (len(KEYS), 0)


def test_keys_where_crc32_puts_them_are_known_as_such() -> None:
    placed = place("trade.shipments", 8, [(zlib.crc32(key) % 8, key) for key in KEYS])
    assert placed.misplaced > len(KEYS) // 2
    assert placed.by_crc32 == placed.misplaced


def test_packs_that_cannot_be_read_are_bad(tmp_path: Path) -> None:
    assert check_tables(Settings(packs_dir=tmp_path / "nowhere")).status is Status.BAD
    (tmp_path / "wrong.yaml").write_text("measures: [")
    check = check_tables(Settings(packs_dir=tmp_path))
    assert check.status is Status.BAD
    assert "wrong.yaml" in check.found


def test_a_variable_that_sets_nothing_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIDEGATE_PARTITON", "9")
    check = check_settings()
    assert check.status is Status.WARNING
    assert "TIDEGATE_PARTITON" in check.found


def test_a_state_folder_is_there_or_can_be_made(tmp_path: Path) -> None:
    assert check_state(Settings(state_dir=tmp_path / "new" / "state")).status is Status.GOOD
    file = tmp_path / "file"
    file.touch()
    check = check_state(Settings(state_dir=file / "state"))
    assert check.status is Status.BAD
    assert "TIDEGATE_STATE_DIR" in check.advice


def test_a_full_disk_is_bad_and_a_nearly_full_one_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(state_dir=tmp_path)
    for free, status in ((10**6, Status.BAD), (5 * 10**8, Status.WARNING)):
        usage = SimpleNamespace(free=free)
        monkeypatch.setattr(process.shutil, "disk_usage", lambda _, usage=usage: usage)
        check = check_state(settings)
        assert check.status is status
        assert "room" in check.advice


def test_an_id_that_changes_hands_is_told() -> None:
    before = {"t-screening-0": 3, "t-screening-1": 7}
    assert judge_epochs(before, before).status is Status.GOOD
    check = judge_epochs(before, before | {"t-screening-1": 8})
    assert check.status is Status.WARNING
    assert "t-screening-1" in check.found
    assert "t-screening-0" not in check.found
