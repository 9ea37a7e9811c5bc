"""The Quix Streams application that is measured: BOOTSTRAP SOURCE TARGET PARTITIONS.

It runs in the environment of `quix.txt` and imports nothing of Tidegate's.
"""

import sys

from quixstreams import Application, State
from quixstreams.models import TopicConfig


def main() -> None:
    """Run until SIGTERM."""
    bootstrap, source, target, partitions = sys.argv[1:5]
    application = Application(
        broker_address=bootstrap,
        consumer_group="bench-quix",
        processing_guarantee="exactly-once",
        auto_offset_reset="earliest",
        # As often as Kafka Streams does; its own 5 s would only hide the cost of commits.
        commit_interval=0.1,
        state_dir="state",
        loglevel="WARNING",
    )
    config = TopicConfig(num_partitions=int(partitions), replication_factor=1)
    kinds = {"key_deserializer": "bytes", "value_deserializer": "bytes"}
    written = {"key_serializer": "bytes", "value_serializer": "bytes"}
    into = application.topic(target, config=config, **written)
    frame = application.dataframe(application.topic(source, config=config, **kinds))
    frame.apply(_kept, stateful=True).to_topic(into)
    application.run()


def _kept(value: bytes, state: State) -> bytes:
    state.get_bytes("shipment")
    state.set_bytes("shipment", value)
    return value


if __name__ == "__main__":
    main()
