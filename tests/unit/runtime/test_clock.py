import time
from datetime import UTC, datetime, timedelta

import pytest

from tidegate.runtime.clock import EPOCH, BrokerTime, PartitionClock, steady

NOON = datetime(2026, 2, 24, 12, tzinfo=UTC)


def test_never_goes_back() -> None:
    clock = PartitionClock(NOON)
    assert clock.read(NOON - timedelta(hours=1)) == NOON
    assert clock.read(NOON + timedelta(seconds=1)) == NOON + timedelta(seconds=1)


def test_reading_alone_keeps_nothing() -> None:
    clock = PartitionClock(NOON)
    clock.read(NOON + timedelta(days=1))
    assert clock.read(NOON) == NOON
    clock.advance(NOON + timedelta(hours=1))
    assert clock.read(NOON) == NOON + timedelta(hours=1)


def test_is_not_ahead_of_the_bound() -> None:
    assert PartitionClock().read(NOON + timedelta(hours=1), NOON) == NOON


def test_a_bound_in_the_past_does_not_turn_it_back() -> None:
    assert PartitionClock(NOON).read(NOON + timedelta(1), NOON - timedelta(1)) == NOON


def test_broker_time_runs_on_from_the_last_stamp() -> None:
    broker = BrokerTime(ahead=5.0)
    assert broker.latest(100.0) is None
    stamp_ms = int((NOON - EPOCH).total_seconds() * 1000)
    broker.observe(stamp_ms, sent_at=100.0, answered_at=100.0)
    assert broker.latest(160.0) == NOON + timedelta(seconds=65)


def test_records_without_a_stamp_of_the_broker_tell_nothing() -> None:
    broker = BrokerTime(ahead=5.0)
    broker.observe(-1, 100.0, 100.1)
    broker.observe(None, 100.0, 100.1)
    assert not broker.known


def test_a_slow_commit_does_not_loosen_what_a_quick_one_taught() -> None:
    broker = BrokerTime(ahead=5.0)
    noon_ms = int((NOON - EPOCH).total_seconds() * 1000)
    broker.observe(noon_ms, sent_at=100.0, answered_at=100.01)
    # Stamped 20 s later, but the record lay in the client for 9 s of a commit of 9.5 s.
    broker.observe(noon_ms + 20_000, sent_at=111.0, answered_at=120.5)
    assert broker.latest(120.5) == NOON + timedelta(seconds=25.5)


@pytest.mark.parametrize("moved", [-3600, 3600])
def test_a_brokers_clock_that_was_set_is_followed(moved: int) -> None:
    broker = BrokerTime(ahead=5.0)
    noon_ms = int((NOON - EPOCH).total_seconds() * 1000)
    broker.observe(noon_ms, sent_at=100.0, answered_at=100.0)
    broker.observe(noon_ms + (10 + moved) * 1000, sent_at=110.0, answered_at=110.0)
    assert broker.latest(110.0) == NOON + timedelta(seconds=15 + moved)


@pytest.mark.skipif(not hasattr(time, "CLOCK_BOOTTIME"), reason="Linux only")
def test_the_time_that_a_machine_sleeps_counts() -> None:
    assert steady() == pytest.approx(time.clock_gettime(time.CLOCK_BOOTTIME), abs=1.0)
