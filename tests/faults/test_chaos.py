"""A short run of chaos: a few of each nemesis, then the verifier in its own process."""

from pathlib import Path

from tests.faults.chaos import Chaos, told

MINUTES = 1.0
SEED = 5


async def test_nothing_is_lost_doubled_or_wrong_in_a_short_chaos(tmp_path: Path) -> None:
    summary = await Chaos(tmp_path, MINUTES, SEED, rate=80.0).run()
    print(told(summary))
    assert summary["damage"] is None, summary["damage"]
    often = ("kills", "zombies", "broker_kills", "scalings")
    done = (*often, "table_versions", "cuts", "slow_times", "disks_lost")
    assert {name: summary.get(name, 0) > 0 for name in done} == dict.fromkeys(done, True)
    assert summary["compacted_partitions"] > 0
    assert summary["decisions"] > 500
