import aiokafka.partitioner
from hypothesis import given
from hypothesis import strategies as st

from tidegate.runtime import partitioner
from tidegate.runtime.partitioner import murmur2, partition_for


@given(st.binary(max_size=40))
def test_agrees_with_aiokafka(key: bytes) -> None:
    assert murmur2(key) == aiokafka.partitioner.murmur2(key) & 0xFFFFFFFF


def test_known_value_of_the_java_client() -> None:
    # From Kafka's UtilsTest.testMurmur2.
    assert murmur2(b"21") == -973932308 & 0xFFFFFFFF
    assert murmur2(b"foobar") == -790332482 & 0xFFFFFFFF


@given(st.binary(max_size=20), st.integers(1, 200))
def test_partition_is_in_range(key: bytes, partitions: int) -> None:
    assert 0 <= partition_for(key, partitions) < partitions


def test_long_keys_are_not_kept() -> None:
    partition_for(b"x" * 1_000_000, 7)
    before = partitioner._kept_owner.cache_info().currsize
    assert partition_for(b"y" * 1_000_000, 7) == (murmur2(b"y" * 1_000_000) & 0x7FFFFFFF) % 7
    assert partitioner._kept_owner.cache_info().currsize == before
