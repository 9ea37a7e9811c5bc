"""Run a worker with the counting agents: BOOTSTRAP PREFIX INSTANCE CONFIG(JSON)."""

import json
import logging
import sys

from tests.support.counting import SPECS
from tidegate.runtime.app import run_worker
from tidegate.runtime.spec import RuntimeConfig


def main(bootstrap: str, prefix: str, instance: str, config: str = "{}") -> int:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    logging.getLogger("aiokafka").setLevel(logging.WARNING)
    logging.getLogger("faust").setLevel(logging.WARNING)
    logging.getLogger("mode").setLevel(logging.WARNING)
    settings = {"instance": instance, "topic_prefix": prefix, **json.loads(config)}
    return run_worker(RuntimeConfig(bootstrap, **settings), SPECS)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
