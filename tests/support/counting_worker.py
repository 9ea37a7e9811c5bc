"""Run a worker with the counting agents: BOOTSTRAP PREFIX INSTANCE CONFIG(JSON)."""

import asyncio
import json
import logging
import sys
from pathlib import Path

from tests.support.counting import SPECS
from tidegate.runtime.app import run
from tidegate.runtime.loop import loop_factory
from tidegate.runtime.spec import RuntimeConfig


def main(bootstrap: str, prefix: str, instance: str, config: str = "{}") -> int:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    logging.getLogger("aiokafka").setLevel(logging.WARNING)
    logging.getLogger("faust").setLevel(logging.WARNING)
    logging.getLogger("mode").setLevel(logging.WARNING)
    settings = {"instance": instance, "topic_prefix": prefix, **json.loads(config)}
    if "state_dir" in settings:
        settings["state_dir"] = Path(settings["state_dir"])
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        return runner.run(run(RuntimeConfig(bootstrap, **settings), SPECS))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
