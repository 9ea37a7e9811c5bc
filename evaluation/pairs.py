"""Precision, recall and F1 on labelled pairs, by cross-validation, beside plain rapidfuzz."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from random import Random
from typing import NamedTuple

import numpy as np

from evaluation.fit import Example, chance, fitted
from tidegate.parties.fold import fold
from tidegate.parties.index import NameIndex, seen

FILE = Path(__file__).parent / "data" / "name_pairs.csv"
FOLDS = 10
CUTS = np.linspace(0.02, 0.98, 49)
COMPANIES = {"Company", "Organization", "LegalEntity"}


class Pair(NamedTuple):
    """Two names, and whether they are one."""

    schema: str
    one: str
    other: str
    same: bool


def read() -> list[Pair]:
    """Return the labelled pairs."""
    with FILE.open(encoding="utf-8") as file:
        return [
            Pair(row["schema"], row["name1"], row["name2"], row["is_match"] == "true")
            for row in csv.DictReader(file)
        ]


def slices(pairs: Sequence[Pair]) -> dict[str, list[int]]:
    """Return the places of the pairs of each slice."""
    chosen: dict[str, Callable[[Pair], bool]] = {
        "all": lambda pair: True,
        "companies": lambda pair: pair.schema in COMPANIES,
        "persons": lambda pair: pair.schema == "Person",
        "other scripts": lambda pair: not (pair.one + pair.other).isascii(),
    }
    return {
        name: [at for at, pair in enumerate(pairs) if choose(pair)]
        for name, choose in chosen.items()
    }


def cross_validated(index: NameIndex, made: Sequence[Example], pairs: Sequence[Pair]) -> list[bool]:
    """Judge each pair by weights and a cut that were fitted without it."""
    names = [(fold(pair.one), fold(pair.other)) for pair in pairs]
    examples = [(seen(*both), pair.same) for both, pair in zip(names, pairs, strict=True)]

    def scorer(known: Sequence[int]) -> Callable[[int], float]:
        weights = fitted(made, [examples[at] for at in known])
        rows = np.array([(1.0, *one) for one, _ in examples])
        scores = chance(rows, weights)
        return lambda at: 1.0 if names[at][0] == names[at][1] else float(scores[at])

    return _judged(pairs, scorer)


def by_scores(pairs: Sequence[Pair], scores: Sequence[float]) -> list[bool]:
    """Judge each pair by a peer's score, with a cut found without it."""
    return _judged(pairs, lambda known: scores.__getitem__)


def _judged(
    pairs: Sequence[Pair], scorer: Callable[[Sequence[int]], Callable[[int], float]]
) -> list[bool]:
    order = list(range(len(pairs)))
    Random(0).shuffle(order)
    judged = [False] * len(pairs)
    for fold_ in range(FOLDS):
        asked = order[fold_::FOLDS]
        known = sorted(set(order) - set(asked))
        score = scorer(known)
        same = [pairs[at].same for at in known]
        cut = max(CUTS, key=lambda cut: quality([score(at) >= cut for at in known], same)[2])
        for at in asked:
            judged[at] = score(at) >= cut
    return judged


def quality(judged: Iterable[bool], same: Iterable[bool]) -> tuple[float, float, float]:
    """Return precision, recall and F1."""
    both = list(zip(judged, same, strict=True))
    right = sum(said and true for said, true in both)
    said, true = sum(said for said, _ in both), sum(true for _, true in both)
    return (
        right / said if said else 0.0,
        right / true if true else 0.0,
        2 * right / (said + true) if said + true else 0.0,
    )
