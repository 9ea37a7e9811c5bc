"""Whoever meets a changed name is among those concerned, and few others are."""

from __future__ import annotations

from random import Random

import pytest

from evaluation.names import joined, turned, typos
from tests.support.tables import shipped
from tidegate.parties.concerned import concerned
from tidegate.parties.index import NameIndex

LISTED = sorted(shipped().parties.names())


@pytest.mark.parametrize("seed", range(6))
def test_whoever_meets_a_changed_name_is_concerned(seed: int) -> None:
    rng = Random(seed)
    before = rng.sample(LISTED, 3_000)
    changed = set(rng.sample(before, 150))
    index = NameIndex(before)
    damages = ((typos, 1), (typos, 2), (joined, 0), (turned, 0))
    asked = {
        damage(rng, rng.choice(before), count)
        for damage, count in (rng.choice(damages) for _ in range(1_500))
    }
    asked |= set(rng.sample(before, 100))
    meet = {name for name in asked if any(hit.listed in changed for hit in index.hits(name))}
    assert len(meet) > 50
    found = concerned(asked, changed)
    assert meet <= found
    assert len(found) < len(asked) / 4


def test_nothing_changed_concerns_nobody() -> None:
    assert concerned({"a name"}, set()) == set()
    assert concerned(set(), {"a name"}) == set()
