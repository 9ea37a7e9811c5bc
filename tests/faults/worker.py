"""Run the real worker with faults and mutations; its settings come from the environment.

`python -m tests.faults.worker --fault committed:5:kill --mutation no_await`; both may be repeated.
"""

from __future__ import annotations

import argparse
import asyncio
import sys

from tests.faults import points
from tests.faults.mutations import MUTATIONS
from tidegate.agents.worker import work
from tidegate.ops.logging import configure_logging
from tidegate.ops.settings import load_settings
from tidegate.runtime.loop import loop_factory


def main() -> int:
    """Return the worker's exit code."""
    parser = argparse.ArgumentParser(prog="tests.faults.worker")
    parser.add_argument("--fault", action="append", default=[], type=points.Fault.parse)
    parser.add_argument("--mutation", action="append", default=[], choices=MUTATIONS)
    chosen = parser.parse_args()
    for name in chosen.mutation:
        MUTATIONS[name]()
    points.install(chosen.fault)
    settings = load_settings()
    configure_logging(settings.log_level, settings.log_format)
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        return int(runner.run(work(settings)))


if __name__ == "__main__":
    sys.exit(main())
