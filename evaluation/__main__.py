"""Print how well names are met: `make eval`.

Names are damaged with another seed than the one the weights were fitted with; labelled pairs are
judged by weights that never saw them.
"""

from __future__ import annotations

import sys
import tracemalloc
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from time import perf_counter, process_time

import numpy as np
from rapidfuzz import fuzz, process

from evaluation import pairs as labelled
from evaluation.fit import fitted, made_examples
from evaluation.names import SHORTEST, Damage, joined, split, turned, typos, unlisted
from tidegate.ops.packs import load_tables
from tidegate.parties.fold import fold
from tidegate.parties.index import NameIndex, seen

PACKS = Path(__file__).resolve().parent.parent / "packs"
FITTED_WITH, MEASURED_WITH = 1, 99
ASKED, UNLISTED, PEER_ASKED = 1_500, 4_000, 150
ALARMS = 0.005
DAMAGES: dict[str, tuple[Damage, int]] = {
    "as listed": (lambda rng, name, n: name, 0),
    "one typo": (typos, 1),
    "two typos": (typos, 2),
    "words in another order": (turned, 0),
    "two words joined": (joined, 0),
    "a word split": (split, 0),
}


def main() -> None:
    """Measure and print."""
    note("reading the lists")
    tables = load_tables(PACKS)
    every = [fold(name) for entry in tables.parties for name in entry.names]
    owners: dict[str, set[tuple[str, str]]] = {}
    for entry in tables.parties:
        for name in entry.names:
            owners.setdefault(fold(name), set()).add((entry.list, entry.entry))
    tracemalloc.start()
    index = NameIndex(every)
    memory = tracemalloc.get_traced_memory()[0] / 1e6
    tracemalloc.stop()
    started = perf_counter()
    index = NameIndex(every)
    built = perf_counter() - started
    latin = [name for name in index.names if name.isascii() and len(name) >= SHORTEST]
    print(f"{datetime.now(UTC):%Y-%m-%d}: {len(every):,} names, {len(index.names):,} when folded")
    print(f"index built in {built:.2f} s, {memory:.0f} MB\n")

    note("labelled pairs")
    pairs_table(index, latin)
    note("search")
    search_table(index, latin, owners)


def pairs_table(index: NameIndex, latin: Sequence[str]) -> None:
    """Print quality on labelled pairs, and the weights that all of them give."""
    pairs = labelled.read()
    made = made_examples(index, latin, FITTED_WITH)
    ours = labelled.cross_validated(index, made, pairs)
    theirs = labelled.by_rapidfuzz(pairs)
    print(f"{'labelled pairs, 10-fold':28}{'precision':>10}{'recall':>8}{'F1':>7}{'WRatio F1':>11}")
    for name, places in labelled.slices(pairs).items():
        same = [pairs[at].same for at in places]
        precision, recall, f1 = labelled.quality([ours[at] for at in places], same)
        peer = labelled.quality([theirs[at] for at in places], same)[2]
        print(f"{name + f' ({len(places)})':28}{precision:10.3f}{recall:8.3f}{f1:7.3f}{peer:11.3f}")
    examples = [(seen(fold(pair.one), fold(pair.other)), pair.same) for pair in pairs]
    weights = fitted(made, examples)
    print("weights fitted on all:", " ".join(f"{weight:.2f}" for weight in weights), "\n")


def search_table(
    index: NameIndex, latin: Sequence[str], owners: dict[str, set[tuple[str, str]]]
) -> None:
    """Print what is found of damaged listed names, at a rate of alarms on unlisted ones."""
    rng = Random(MEASURED_WITH)
    strangers = unlisted(rng, latin, frozenset(index.names), UNLISTED)
    alarms = np.array(
        [max((score for _, score in index.scored(name)), default=0) for name in strangers]
    )
    cut = float(np.quantile(alarms, 1 - ALARMS))
    raised = sum(bool(index.hits(name)) for name in strangers) / len(strangers)
    peer_alarms = [
        process.extractOne(name, index.names, scorer=fuzz.WRatio)[1]
        for name in strangers[:PEER_ASKED]
    ]
    peer_cut = float(np.quantile(peer_alarms, 1 - ALARMS))
    print(f"{UNLISTED:,} unlisted names: {raised:.2%} meet something as shipped;")
    print(f"a cut at {cut:.3f} gives {ALARMS:.1%}; WRatio ({PEER_ASKED} names) {peer_cut:.1f}")
    print(f"{'listed names found':28}{'as shipped':>11}{'at 0.5 %':>10}{'WRatio':>8}")
    times: list[float] = []
    for label, (damage, count) in DAMAGES.items():
        shipped = at_cut = peer = 0
        for number in range(ASKED):
            name = rng.choice(latin)
            query = " ".join(damage(rng, name, count).split()) or name
            began = process_time()
            hits = index.hits(query)
            times.append(process_time() - began)
            shipped += any(owners[hit.listed] & owners[name] for hit in hits)
            at_cut += any(
                owners[other] & owners[name] and (other == query or score > cut)
                for other, score in index.scored(query)
            )
            if number < PEER_ASKED:
                best, score, _ = process.extractOne(query, index.names, scorer=fuzz.WRatio)
                peer += bool(owners[best] & owners[name]) and (best == query or score > peer_cut)
        rates = f"{shipped / ASKED:11.3f}{at_cut / ASKED:10.3f}{peer / PEER_ASKED:8.3f}"
        print(f"{label:28}{rates}")
    p50, p99 = np.quantile(times, 0.5) * 1e3, np.quantile(times, 0.99) * 1e3
    print(f"\na new name against all lists: p50 {p50:.2f} ms, p99 {p99:.2f} ms of processor,")
    print(f"{1 / np.mean(times):,.0f} a second in one process")


def note(text: str) -> None:
    """Say what is being done, beside the answer."""
    print(f"... {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
