"""What is put aside quickly would not have been met either."""

from __future__ import annotations

from random import Random

from evaluation.names import joined, split, turned, typos, unlisted
from tests.support.tables import shipped
from tidegate.parties.index import NameIndex, compare
from tidegate.parties.quick import could_be

NAMES = sorted(shipped().parties.names())
INDEX = NameIndex(NAMES)
DAMAGES = ((typos, 1), (typos, 2), (joined, 0), (turned, 0), (split, 0))


def test_no_likeness_is_lost() -> None:
    rng = Random(3)
    asked = [
        damage(rng, rng.choice(NAMES), count)
        for damage, count in (rng.choice(DAMAGES) for _ in range(1_500))
    ]
    met = 0
    for query in asked:
        for name in INDEX.near(query):
            if compare(query, name) is not None:
                met += 1
                assert could_be(query, name), (query, name)
    assert met > 1_000


def test_most_of_what_is_near_a_stranger_is_put_aside() -> None:
    rng = Random(4)
    strangers = unlisted(rng, [name for name in NAMES if name.isascii()], frozenset(NAMES), 300)
    pairs = [(query, name) for query in strangers for name in INDEX.near(query)]
    assert sum(could_be(*pair) for pair in pairs) < len(pairs) / 2
