"""A real Apache Kafka for tests: its own jars, one KRaft node, free loopback ports."""

from tests.support.kafka.broker import KafkaBroker
from tests.support.kafka.jars import KafkaUnavailable

__all__ = ["KafkaBroker", "KafkaUnavailable"]
