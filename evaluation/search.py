"""Search: damaged listed names, at a rate of alarms on names that are on no list, beside peers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import count
from random import Random
from time import process_time
from typing import NamedTuple

import numpy as np
from rapidfuzz import fuzz, process

from bench.peers.peer import NotRun
from evaluation.names import Damage, joined, split, turned, typos, unlisted
from evaluation.peers import nomenklatura
from tidegate.parties.fold import fold
from tidegate.parties.index import NameIndex

SEED = 99
ASKED, UNLISTED = 1_500, 4_000
PEER_ASKED, PEER_UNLISTED, PEER_NEAR = 120, 200, 20
ALARMS = 0.005
FORMS = ("GmbH", "LLC", "Co., Ltd.", "S.A.", "AO", "Sdn Bhd", "K.K.", "有限公司")

Owners = Mapping[str, set[tuple[str, str]]]
"""The entries of each folded listed name."""


def other_form(rng: Random, name: str, _: int = 0) -> str:
    """Return the name with a legal form of some country behind it."""
    return fold(f"{name} {rng.choice(FORMS)}")


DAMAGES: dict[str, tuple[Damage, int]] = {
    "as listed": (lambda rng, name, n: name, 0),
    "one typo": (typos, 1),
    "two typos": (typos, 2),
    "words in another order": (turned, 0),
    "another legal form": (other_form, 0),
    "two words joined": (joined, 0),
    "a word split": (split, 0),
}


class Found(NamedTuple):
    """Shares of queries whose own entry was found."""

    shipped: float
    """By the grades as they ship."""
    at_cut: float
    """By a cut that lets the stated share of unlisted names through."""
    wratio: float
    logic: float | None


def table(index: NameIndex, latin: Sequence[str], owners: Owners) -> None:
    """Measure and print."""
    rng = Random(SEED)
    strangers = unlisted(rng, latin, frozenset(index.names), UNLISTED)
    alarms = [max((score for _, score in index.scored(name)), default=0) for name in strangers]
    cut = float(np.quantile(alarms, 1 - ALARMS))
    raised = sum(bool(index.hits(name)) for name in strangers) / len(strangers)
    queries = {
        label: [(name, _damaged(rng, damage, name, times)) for name in rng.choices(latin, k=ASKED)]
        for label, (damage, times) in DAMAGES.items()
    }
    peers = _Peers(index, strangers[:PEER_UNLISTED], queries, owners)
    print(f"{UNLISTED:,} unlisted names: {raised:.2%} meet something as shipped;")
    print(
        f"a cut at {cut:.3f} gives {ALARMS:.1%} of alarms. Peers: {PEER_ASKED} names of each kind,"
    )
    print(
        f"a cut by {PEER_UNLISTED} unlisted ones; logic-v2 is given our {PEER_NEAR} nearest names."
    )
    print(
        f"{'listed names found':28}{'as shipped':>11}{'at 0.5 %':>10}{'WRatio':>8}{'logic-v2':>10}"
    )
    seconds: list[float] = []
    for label, asked in queries.items():
        shipped = at_cut = 0
        for name, query in asked:
            began = process_time()
            hits = index.hits(query)
            seconds.append(process_time() - began)
            shipped += any(owners[hit.listed] & owners[name] for hit in hits)
            at_cut += any(
                owners[other] & owners[name] and (other == query or score > cut)
                for other, score in index.scored(query)
            )
        rates = f"{shipped / ASKED:11.3f}{at_cut / ASKED:10.3f}{peers.wratio[label]:8.3f}"
        logic = peers.logic.get(label)
        print(f"{label:28}{rates}{'-' if logic is None else f'{logic:.3f}':>10}")
    if peers.not_run:
        print(f"logic-v2: {peers.not_run}")
    p50, p99 = np.quantile(seconds, 0.5) * 1e3, np.quantile(seconds, 0.99) * 1e3
    print(f"\na new name against all lists: p50 {p50:.2f} ms, p99 {p99:.2f} ms of processor,")
    print(f"{1 / np.mean(seconds):,.0f} a second in one process")
    if peers.pairs:
        print(f"logic-v2 takes {peers.seconds / peers.pairs * 1e3:.2f} ms for one pair of names")


def _damaged(rng: Random, damage: Damage, name: str, times: int) -> str:
    return " ".join(damage(rng, name, times).split()) or name


class _Peers:
    """What others find of the first queries of each kind."""

    def __init__(
        self,
        index: NameIndex,
        strangers: Sequence[str],
        queries: Mapping[str, Sequence[tuple[str, str]]],
        owners: Owners,
    ) -> None:
        self._owners = owners
        self.wratio: dict[str, float] = {}
        self.logic: dict[str, float] = {}
        self.not_run = ""
        self.seconds, self.pairs = 0.0, 0
        chosen = {label: asked[:PEER_ASKED] for label, asked in queries.items()}
        self._ask_wratio(index, strangers, chosen)
        try:
            self._ask_logic(index, strangers, chosen)
        except NotRun as problem:
            self.not_run = str(problem)

    def _ask_wratio(
        self,
        index: NameIndex,
        strangers: Sequence[str],
        queries: Mapping[str, Sequence[tuple[str, str]]],
    ) -> None:
        def best(query: str) -> tuple[str, float]:
            found = process.extractOne(query, index.names, scorer=fuzz.WRatio)
            return found[0], found[1]

        cut = _cut([best(name)[1] for name in strangers])
        for label, asked in queries.items():
            self.wratio[label] = self._share(asked, [[best(query)] for _, query in asked], cut)

    def _ask_logic(
        self,
        index: NameIndex,
        strangers: Sequence[str],
        queries: Mapping[str, Sequence[tuple[str, str]]],
    ) -> None:
        every = [*strangers, *(query for asked in queries.values() for _, query in asked)]
        near = [index.nearest(query, PEER_NEAR) for query in every]
        pairs = [
            ("LegalEntity", query, name)
            for query, names in zip(every, near, strict=True)
            for name in names
        ]
        scored = nomenklatura(pairs)
        self.seconds, self.pairs = scored.seconds, len(pairs)
        scores = iter(scored.scores)
        found = [[(name, next(scores)) for name in names] for names in near]
        cut = _cut([max((s for _, s in one), default=0) for one in found[: len(strangers)]])
        places = count(len(strangers))
        for label, asked in queries.items():
            self.logic[label] = self._share(asked, [found[next(places)] for _ in asked], cut)

    def _share(
        self,
        asked: Sequence[tuple[str, str]],
        found: Sequence[Sequence[tuple[str, float]]],
        cut: float,
    ) -> float:
        hits = sum(
            any(
                self._owners[other] & self._owners[name] and (other == query or score > cut)
                for other, score in names
            )
            for (name, query), names in zip(asked, found, strict=True)
        )
        return hits / len(asked)


def _cut(scores: Sequence[float]) -> float:
    return float(np.quantile(scores, 1 - ALARMS))
