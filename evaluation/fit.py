"""Fit the logistic that scores two names, each weight with the sign that its feature must have."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import numpy as np
from numpy.typing import NDArray

from evaluation.names import Damage, joined, split, turned, typos, unlisted
from tidegate.parties.index import NameIndex, seen
from tidegate.parties.scoring import Features

SIGNS = Features(unlike=-1, second=1, total=1, length=0, lacking=-1, whole=1, covered=1, edits=-1)
EXAMPLES = 1_500
RIDGE = 1.0
ROUNDS = 60
LIKEST, CHOICES = 2, 4
DAMAGED: Sequence[tuple[Damage, int]] = (
    *((typos, 1), (typos, 2), (typos, 2)),
    *((joined, 0), (split, 0), (turned, 0)),
)

Weights = NDArray[np.float64]
Example = tuple[Features, bool]


def made_examples(index: NameIndex, latin: Sequence[str], seed: int) -> list[Example]:
    """Return features of damaged listed names, and of what unlisted ones are most like."""
    rng = Random(seed)
    same: list[Example] = []
    for _ in range(EXAMPLES):
        name = rng.choice(latin)
        damage, count = rng.choice(DAMAGED)
        query = " ".join(damage(rng, name, count).split())
        if query and query != name:
            same.append((seen(query, name), True))
    near = [
        [seen(query, name) for name in sorted(index.near(query))]
        for query in unlisted(rng, latin, frozenset(index.names), EXAMPLES)
    ]
    # An alarm is raised by the likest of the near ones: which those are, the weights say.
    likest = [every[:LIKEST] for every in near]
    for _ in range(CHOICES):
        others = [(one, False) for every in likest for one in every]
        weights = fitted([*same, *others], [])
        likest = [
            sorted(every, key=lambda one: -float(weights @ (1.0, *one)))[:LIKEST] for every in near
        ]
    return [*same, *((one, False) for every in likest for one in every)]


def fitted(examples: Sequence[Example], pairs: Sequence[Example]) -> Weights:
    """Return bias and weights by Newton's method; one of the wrong sign becomes 0."""
    every = [*examples, *pairs]
    seen = np.array([(1.0, *one) for one, _ in every])
    wanted = np.array([float(same) for _, same in every])
    signs = np.array([0, *SIGNS])
    weights = np.zeros(seen.shape[1])
    free = np.ones(len(weights), dtype=bool)
    ridge = RIDGE * np.diag([0.0] + [1.0] * (len(weights) - 1))
    while True:
        for _ in range(ROUNDS):
            likely = chance(seen, weights)
            slope = seen.T @ (likely - wanted) + ridge @ weights
            bend = (seen * (likely * (1 - likely))[:, None]).T @ seen + ridge
            step = np.linalg.solve(bend[np.ix_(free, free)], slope[free])
            weights[free] -= step
            if np.abs(step).max() < 1e-8:
                break
        wrong = free & (weights * signs < 0)
        if not wrong.any():
            return weights
        free &= ~wrong
        weights[:] = 0


def chance(seen: NDArray[np.float64], weights: Weights) -> NDArray[np.float64]:
    """Return the score of each row."""
    return 1 / (1 + np.exp(-np.clip(seen @ weights, -500, 500)))
