"""Score two names: what their words share, by weight, and how alike they are as written.

A monotone logistic on a few features. Its weights come from `evaluation.fit`, which learns on typos
made in listed names and on labelled pairs, never on what the evaluation reports.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, log
from typing import NamedTuple

from rapidfuzz.distance import OSA

from tidegate.parties.align import AlignedWord


class Features(NamedTuple):
    """What the score sees. All are 0 to 1 but `length`."""

    shared: float
    """Weight of the words that both have, against the weight of all; a like word counts in part."""
    alike: float
    """Likeness letter by letter, words in the order that fits best."""
    lacking: float
    """Weight of the heaviest word of the queried name that the listed one lacks."""
    added: float
    """Weight of the heaviest word of the listed name that the queried one lacks."""
    changed: float
    """The heaviest change within a word: its weight by how unlike the two are."""
    length: float
    """Letters of the shorter name, as a logarithm: short names are alike by chance."""


def features(queried: str, listed: str, words: Sequence[AlignedWord]) -> Features:
    """Return the features of two folded names whose words are aligned."""
    matched = total = lacking = added = changed = 0.0
    for word in words:
        if not word.listed:
            total += word.weight
            lacking = max(lacking, word.weight)
        elif not word.queried:
            total += word.weight
            added = max(added, word.weight)
        else:
            total += 2 * word.weight
            matched += 2 * word.weight * word.likeness * word.likeness
            changed = max(changed, word.weight * (1 - word.likeness))
    left, right = queried.replace(" ", ""), listed.replace(" ", "")
    alike = OSA.normalized_similarity(left, right)
    if alike < 0.9:
        # The order of the words is no difference.
        ours = "".join(word.queried for word in words)
        theirs = "".join(word.listed for word in words)
        alike = max(alike, OSA.normalized_similarity(ours, theirs))
    return Features(
        shared=matched / total if total else 0.0,
        alike=alike,
        lacking=lacking,
        added=added,
        changed=changed,
        length=log(max(1, min(len(left), len(right)))) / log(40),
    )


BIAS = -6.0
WEIGHTS = Features(shared=6.0, alike=6.0, lacking=-1.0, added=-0.5, changed=-2.0, length=1.0)


def score(found: Features) -> float:
    """Return how surely the two names are one, 0 to 1."""
    total = BIAS + sum(weight * value for weight, value in zip(WEIGHTS, found, strict=True))
    return 1 / (1 + exp(-total))
