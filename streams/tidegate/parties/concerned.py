"""Find the names that a change of some listed names concerns.

Asked the other way round than a screening: few changed names against an index of the many names
that were screened before.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from rapidfuzz import process
from rapidfuzz.distance import OSA

from tidegate.parties.grams import Grams
from tidegate.parties.index import compare

SHARE, SHARE_OF_SHORT = 0.25, 0.1
"""Names that have a smaller part of a changed name's trigrams, by weight, are not looked at."""
SHORT = 9
"""Letters: two typos leave little of so short a name."""
EDITS = 3
"""Nor those with more letters that differ, as they are written or put in alphabetical order,"""
LONG = 4
"""unless both have so many words that the others may outweigh it."""


def concerned(names: Collection[str], changed: Collection[str]) -> set[str]:
    """Return those of `names` that meet one of the changed listed names, or met it.

    Args:
        names: Folded names that were screened.
        changed: Folded listed names that are new, gone, or of an entry that changed.
    """
    found = set(changed).intersection(names)
    known = sorted(names)
    grams = Grams(known)
    for listed in sorted(changed):
        share = SHARE_OF_SHORT if len(listed) <= SHORT else SHARE
        near = [known[at] for at in grams.sharing(listed, share)]
        for name in _near(listed, [name for name in near if name not in found]):
            if compare(name, listed) is not None:
                found.add(name)
    return found


def _near(listed: str, names: Sequence[str]) -> Iterator[str]:
    """Yield the names that could be `listed`, quickly: most are not, and comparing takes long."""
    if not names:
        return
    as_is, by_letter = (
        process.cdist(
            [order(listed)],
            [order(name) for name in names],
            scorer=OSA.distance,
            score_cutoff=EDITS,
        )[0]
        for order in (_joined, _sorted)
    )
    is_long = len(listed.split()) >= LONG
    for name, one, other in zip(names, as_is, by_letter, strict=True):
        if min(one, other) <= EDITS or (is_long and len(name.split()) >= LONG):
            yield name


def _joined(name: str) -> str:
    return name.replace(" ", "")


def _sorted(name: str) -> str:
    return "".join(sorted(_joined(name)))
