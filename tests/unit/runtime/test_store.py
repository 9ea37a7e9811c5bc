from hypothesis import given
from hypothesis import strategies as st

from tidegate.runtime.store import MemoryStore

keys = st.text("ab/", max_size=4)
changes = st.lists(st.dictionaries(keys, st.none() | st.just(b"x"), max_size=150), max_size=5)


@given(changes, keys, keys, st.integers(0, 10))
def test_keys_come_in_order_like_those_of_a_sorted_dict(
    steps: list[dict[str, bytes | None]], cursor: str, prefix: str, limit: int
) -> None:
    store, model = MemoryStore(), dict[str, bytes]()
    for step in steps:
        store.apply(step)
        model.update({key: value for key, value in step.items() if value is not None})
        for key in [key for key, value in step.items() if value is None]:
            model.pop(key, None)
        expected = sorted(k for k in model if k.startswith(prefix) and k > cursor)[:limit]
        assert store.keys_after(cursor, prefix, limit) == expected
    assert dict(store.items()) == model


def test_many_new_keys_are_merged() -> None:
    store = MemoryStore([("k5", b"")])
    assert store.keys_after("", "k", 10) == ["k5"]
    store.apply({f"k{i:04}": b"" for i in range(500)})
    store.apply({"k0003": None})
    store.apply({"k0003": b"again"})
    found = store.keys_after("k0001", "k", 3)
    assert found == ["k0002", "k0003", "k0004"]


def test_many_deletions_are_forgotten() -> None:
    store = MemoryStore((f"k{i:05}", b"") for i in range(5000))
    store.keys_after("", "", 1)
    store.apply({f"k{i:05}": None for i in range(4999)})
    assert store.keys_after("", "", 10) == ["k04999"]
