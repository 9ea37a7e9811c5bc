"""Find the names that a change of some listed names may concern.

Asked the other way round than a screening: few changed names against an index of the many names
that were screened before. What it returns may hold names that nothing changes for, and lacks none
of those that meet a changed name.
"""

from __future__ import annotations

from collections.abc import Collection

from rapidfuzz import process
from rapidfuzz.distance import OSA

from tidegate.parties.grams import Grams
from tidegate.parties.index import compare

LETTER_BY_LETTER = 600
"""Names that share most trigrams with a changed one, so looked at."""
LOOKED_AT = 60_000
SHARE = 0.1
"""A search looks at less: there it must be quick, and here nothing may be missed."""
LIKE = 0.6
"""From this likeness on a name is concerned, whatever its words."""
BY_WORDS = 30
"""The first of the others, looked at word by word: their words may be in another order."""


def concerned(names: Collection[str], changed: Collection[str]) -> set[str]:
    """Return those of `names` that may meet, or have met, one of the changed listed names.

    Args:
        names: Folded names that were screened.
        changed: Folded listed names that are new, gone, or of an entry that changed.
    """
    found = set(changed).intersection(names)
    known = sorted(names)
    grams = Grams(known)
    for listed in sorted(changed):
        near = [known[at] for at in grams.nearest(listed, LETTER_BY_LETTER, LOOKED_AT, SHARE)]
        if not near:
            continue
        likeness = process.cdist([listed], near, scorer=OSA.normalized_similarity)[0]
        found.update(name for name, like in zip(near, likeness, strict=True) if like >= LIKE)
        others = [name for name in near[:BY_WORDS] if name not in found]
        found.update(name for name in others if compare(name, listed) is not None)
    return found
