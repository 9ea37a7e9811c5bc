"""Many alerts to five endpoints of which two are dead, while the notifier is killed now and then.

`python -m tests.faults.outage --alerts 100000 --kills 10` prints what was found; exit code 1 where
something is missing. The tests run a small form of the same.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.support.deployment import Deployment
from tests.support.kafka import KafkaBroker
from tests.support.notifying import (
    SECRET,
    NotifierProcess,
    alert,
    deliveries,
    notifiers,
    record,
    webhook,
    write_config,
)
from tests.support.producing import produce
from tests.support.receivers import Receiver, Receivers
from tidegate.events.codec import derived_id
from tidegate.events.delivery import DeliveryStatus

LIVE = ("steady", "flaky", "plain")
DEAD = ("refusing", "hanging")
FLAKY_PART = 0.02  # of requests that it answers with 503
BATCH = 2000
POLL_SECONDS = 0.2
READY_SECONDS = 300.0  # on a machine that does much else


@dataclass(frozen=True)
class Found:
    """What one run came to."""

    alerts: int
    kills: int
    seconds: float
    """From the first alert until all is finished."""
    live_seconds: float
    """Until the live endpoints have everything."""
    doubles: int
    """Copies that a receiver could drop by their id."""
    missing: int
    """Alerts that a live endpoint never got."""
    strange: int
    """Ids that belong to no alert."""
    not_dead: int
    """Deliveries to dead endpoints that are not dead letters."""
    not_delivered: int
    """Deliveries to live endpoints that are not on record as delivered."""
    restart_seconds_max: float
    """From a start of the process until it delivers."""
    memory_bytes_max: int

    @property
    def good(self) -> bool:
        """Nothing is missing, and all is accounted for."""
        return not (self.missing or self.strange or self.not_dead or self.not_delivered)


def run(deployment: Deployment, alerts: int, kills: int, limit_seconds: float) -> Found:
    """Run it on a deployment with topics. Raises AssertionError where it does not end in time."""
    chance = random.Random(alerts)
    with Receivers() as world, notifiers(deployment, "outage") as (notifier,):
        ends = {name: world.add("ok", keep=False) for name in LIVE}
        ends["refusing"], ends["hanging"] = world.add("refuse"), world.add("hang", keep=False)
        ends["flaky"].refuses = lambda: chance.random() < FLAKY_PART
        patient = {"retry_seconds": [0.2] * 12, "breaker_seconds": 0.2, "timeout_seconds": 5}
        hopeless = {"retry_seconds": [0.5, 1.0], "breaker_seconds": 0.5, "timeout_seconds": 1}
        write_config(
            deployment.folder,
            {
                name: webhook(end, **(patient if name in LIVE else hopeless))
                for name, end in ends.items()
            },
        )
        began = time.monotonic()
        restarts, memory = [_started(notifier)], 0
        told = asyncio.run(_tell(deployment, alerts))
        live_seconds = None
        killed = 0
        progress = began
        while True:
            assert time.monotonic() - began < limit_seconds, notifier.tail()
            memory = max(memory, _memory(notifier))
            got = min(len(ends[name].ids) for name in LIVE)
            if got == alerts and live_seconds is None:
                live_seconds = time.monotonic() - began
            # Kills are spread over the work, wherever that then is.
            if killed < kills and got >= alerts * (killed + 1) / (kills + 1):
                time.sleep(chance.random() * 0.3)
                notifier.kill()
                killed += 1
                restarts.append(_started(notifier))
            if live_seconds is not None and killed == kills and _open(notifier) == 0:
                break
            if time.monotonic() - progress > 10:
                progress = time.monotonic()
                _say(f"{progress - began:6.0f} s: {got:,} of {alerts:,}, killed {killed} times")
            time.sleep(POLL_SECONDS)
        seconds = time.monotonic() - began
        assert notifier.stop() == 0
        for line in notifier.log.read_text().splitlines():
            if "at work" in line:
                _say(line)
        return _judged(deployment, ends, told, killed, seconds, live_seconds, max(restarts), memory)


async def _tell(deployment: Deployment, count: int) -> list[str]:
    """Write the alerts; return their ids."""
    ids = []
    for start in range(0, count, BATCH):
        some = [alert(number) for number in range(start, min(count, start + BATCH))]
        await produce(deployment.settings, [record(one) for one in some])
        ids += [one.alert_id for one in some]
    return ids


def _started(notifier: NotifierProcess) -> float:
    began = time.monotonic()
    notifier.start()
    notifier.await_ready(READY_SECONDS)
    return time.monotonic() - began


def _open(notifier: NotifierProcess) -> float:
    metrics = notifier.metrics()
    found = [v for name, v in metrics.items() if name.startswith("tidegate_deliveries_open{")]
    return sum(found) + metrics["tidegate_notifier_lag_records"] if found else 1


def _memory(notifier: NotifierProcess) -> int:
    """Return the process's largest memory so far, bytes."""
    lines = Path(f"/proc/{notifier.pid}/status").read_text().splitlines()
    sizes = [int(line.split()[1]) for line in lines if line.startswith("VmHWM")]
    return sizes[0] * 1024 if sizes else 0


def _judged(
    deployment: Deployment,
    ends: dict[str, Receiver],
    told: list[str],
    kills: int,
    seconds: float,
    live_seconds: float,
    restart: float,
    memory: int,
) -> Found:
    last = {name: states[-1] for name, states in deliveries(deployment).items()}
    missing = strange = doubles = not_dead = not_delivered = 0
    for name, end in ends.items():
        wanted = {derived_id("delivery", name, alert_id) for alert_id in told}
        statuses = [last[one].status if one in last else None for one in wanted]
        if name in LIVE:
            missing += len(wanted - end.ids.keys())
            strange += len(end.ids.keys() - wanted)
            doubles += end.ids.total() - len(end.ids)
            not_delivered += sum(status is not DeliveryStatus.DELIVERED for status in statuses)
        else:
            not_dead += sum(status is not DeliveryStatus.DEAD for status in statuses)
    return Found(
        alerts=len(told),
        kills=kills,
        seconds=round(seconds, 1),
        live_seconds=round(live_seconds, 1),
        doubles=doubles,
        missing=missing,
        strange=strange,
        not_dead=not_dead,
        not_delivered=not_delivered,
        restart_seconds_max=round(restart, 1),
        memory_bytes_max=memory,
    )


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main() -> int:
    """Run it on a broker of its own; return the exit code."""
    parser = argparse.ArgumentParser(prog="tests.faults.outage", description=__doc__)
    parser.add_argument("--alerts", type=int, default=100_000)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--limit-seconds", type=float, default=3600.0)
    options = parser.parse_args()
    os.environ["TEST_WEBHOOK_SECRET"] = SECRET
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        with KafkaBroker(place / "kafka") as broker:
            deployment = Deployment(
                broker.bootstrap, "", place, place, notifier_config=place / "notifier.toml"
            )
            deployment.command("topics", "create")
            found = run(deployment, options.alerts, options.kills, options.limit_seconds)
    print(json.dumps(asdict(found), indent=2))
    return 0 if found.good else 1


if __name__ == "__main__":
    sys.exit(main())
