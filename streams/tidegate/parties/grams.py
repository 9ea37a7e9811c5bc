"""Find the few of many folded names that could be meant: postings of character trigrams.

A typo spoils three trigrams, so the rarest of a name's trigrams are asked first, and only so many
that few names are looked at. Han and Hangul names are short; for them two characters count as well.
Spaces are left out: joined and split words have the same trigrams but for one or two.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

LOOKED_AT = 6_000
"""Postings summed for a query; the more, the surer and slower."""
EVERY = 1 << 20
"""The same where no name may be missed."""
_FEWEST = 4  # of a query's grams, however common
_EDGE = "\x02"  # begins and ends a name; in none
_SHORT = 0x2E80  # from here on a character says as much as a syllable

Postings = NDArray[np.int32]
Keys = NDArray[np.uint32]
Weights = NDArray[np.float64]
Number = TypeVar("Number", np.uint32, np.uint64)


class Grams:
    """Trigram postings over names, which are known by their position."""

    def __init__(self, names: Sequence[str]) -> None:
        compact = [_compact(name) for name in names]
        text = np.frombuffer("".join(compact).encode("utf-32-le"), dtype=np.uint32)
        lengths = np.fromiter(map(len, compact), dtype=np.int64, count=len(compact))
        owners = np.repeat(np.arange(len(compact), dtype=np.int32), lengths)
        keys, at = _keys(text)
        # A gram that reaches over the end of a name is none: its owner is another at its end.
        length = np.where(at[1], 2, 1)
        inside = owners[at[0]] == owners[np.minimum(at[0] + length, len(owners) - 1)]
        inside &= at[0] + length < len(owners)
        keys, held = keys[inside], owners[at[0][inside]]
        pairs = _once(keys.astype(np.uint64) << np.uint64(32) | held.astype(np.uint64))
        found = (pairs >> np.uint64(32)).astype(np.uint32)
        self._postings: Postings = (pairs & np.uint64(0xFFFFFFFF)).astype(np.int32)
        starts = np.flatnonzero(np.diff(found, prepend=np.uint32(0)) != 0)
        if len(found) and (not len(starts) or starts[0] != 0):
            starts = np.insert(starts, 0, 0)
        self._keys = found[starts]
        self._starts = np.append(starts, len(found)).astype(np.int64)
        self._counts = np.bincount(self._postings, minlength=len(names)).astype(np.float32)
        self._names = len(names)

    def nearest(self, name: str, most: int) -> list[int]:
        """Return positions of up to `most` names that share most with `name`, best first."""
        wanted = _once(_grams(name))
        shared, _ = self._shared(wanted, LOOKED_AT)
        if not len(shared):
            return []
        near = np.flatnonzero(shared >= shared.max() * 0.3)
        # A long name shares much with everything: what it does not share counts against it.
        score = shared[near] / np.sqrt(self._counts[near] + len(wanted))
        if len(near) > most:
            best = np.argpartition(score, -most)[-most:]
            near, score = near[best], score[best]
        found = near[np.lexsort((near, -score))]
        return [int(position) for position in found]

    def sharing(self, name: str, least: float) -> NDArray[np.int64]:
        """Return positions of all names that have this part of what `name` has, by weight."""
        shared, whole = self._shared(_once(_grams(name)), EVERY)
        return np.flatnonzero(shared >= whole * least)

    def _shared(self, wanted: Keys, looked_at: int) -> tuple[Weights, float]:
        """Return the weight of what each name shares, and of all that was looked at."""
        places = np.searchsorted(self._keys, wanted)
        places[places == len(self._keys)] = 0
        places = places[self._keys[places] == wanted] if self._names else places[:0]
        starts, ends = self._starts[places], self._starts[places + 1]
        sizes = ends - starts
        order = np.argsort(sizes, kind="stable")
        asked = int(np.searchsorted(np.cumsum(sizes[order]), looked_at, side="right"))
        order = order[: max(asked, _FEWEST)]
        if not len(order):
            return np.zeros(0), 0.0
        met = np.concatenate([self._postings[starts[i] : ends[i]] for i in order])
        each = np.log1p(self._names / sizes[order])
        weights = np.repeat(each, sizes[order])
        shared = np.bincount(met, weights=weights, minlength=self._names)
        return np.asarray(shared, dtype=np.float64), float(each.sum())


def _once(values: NDArray[Number]) -> NDArray[Number]:
    """Return the values in order, each once. Sorting is quicker than numpy's own hashing here."""
    ordered = np.sort(values)
    return ordered[np.append(True, ordered[1:] != ordered[:-1])] if len(ordered) else ordered


def _compact(name: str) -> str:
    return _EDGE + name.replace(" ", "") + _EDGE


def _grams(name: str) -> NDArray[np.uint32]:
    text = np.frombuffer(_compact(name).encode("utf-32-le"), dtype=np.uint32)
    return _keys(text)[0]


def _keys(
    text: NDArray[np.uint32],
) -> tuple[NDArray[np.uint32], tuple[NDArray[np.int64], NDArray[np.bool_]]]:
    """Return the key of every gram of a text, and (where it begins, whether it has three)."""
    three = _mixed(text[:-2], text[1:-1], text[2:])
    wide = np.flatnonzero((text[:-1] >= _SHORT) & (text[1:] >= _SHORT))
    two = _mixed(text[wide], text[wide + 1], np.zeros(len(wide), dtype=np.uint32))
    begin = np.concatenate([np.arange(len(three)), wide])
    is_three = np.concatenate([np.ones(len(three), dtype=bool), np.zeros(len(wide), dtype=bool)])
    return np.concatenate([three, two]), (begin, is_three)


def _mixed(*characters: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Return one number for three characters; two grams with the same one do no harm."""
    mixed = np.zeros(len(characters[0]), dtype=np.uint64)
    for one in characters:
        mixed = (mixed * np.uint64(1_000_003) + one) & np.uint64(0xFFFFFFFFFFFF)
    return (mixed ^ (mixed >> np.uint64(21))).astype(np.uint32)
