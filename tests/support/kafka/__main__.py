"""Run a broker by hand: `python -m tests.support.kafka` prints its address and waits for Ctrl-C."""

import signal
import sys
import tempfile
from pathlib import Path

from tests.support.kafka import KafkaBroker, KafkaUnavailable


def main() -> int:
    """Print the bootstrap address, run until SIGINT or SIGTERM, and leave nothing behind."""
    # A SIGTERM must end it as Ctrl-C does, or the broker outlives its parent.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with tempfile.TemporaryDirectory(prefix="tidegate-kafka-") as folder:
        try:
            with KafkaBroker(Path(folder)) as broker:
                print(broker.bootstrap, flush=True)
                signal.pause()
        except KafkaUnavailable as problem:
            print(problem, file=sys.stderr)
            return 1
        except KeyboardInterrupt:
            return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
