"""A small part of the ten-year history: what happens twice, or with kills, is equal to the byte."""

from __future__ import annotations

from tests.faults.history import differences, run

EVENTS = 2500
SEED = 3
PARTITIONS = 2


def test_ten_years_happen_again_with_kills_and_from_the_journal_equal_to_the_byte() -> None:
    # Each transaction of the first run is done again from its journal, as it happens.
    first = run(EVENTS, SEED, PARTITIONS, kills=None, replay=True)
    print(first.counts)
    assert first.counts["replayed"] == first.counts["tidegate.journal"] > 1000
    killed = run(EVENTS, SEED, PARTITIONS, kills=SEED, replay=False)
    assert killed.counts["kills"] > 5
    assert differences(first, killed) == []

    # It was a history in which time alone changed things.
    assert first.counts["timers"] > 500
    assert first.counts["overdue"] > 0
    assert first.counts["at the suspension's dates"] > 0
    assert first.counts["tidegate.practice"] > 100
