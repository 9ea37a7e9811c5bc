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
from time import perf_counter

from bench.peers.peer import NotRun
from evaluation import japanese, peers, search, swap
from evaluation import pairs as labelled
from evaluation.fit import fitted, made_examples
from evaluation.names import SHORTEST, unlisted
from tidegate.ops.packs import load_tables
from tidegate.parties.fold import fold
from tidegate.parties.index import NameIndex, seen

PACKS = Path(__file__).resolve().parent.parent / "packs"
FITTED_WITH = 1
MADE_WITH, SCREENED = 5, 15_000


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
    note("Japanese names")
    japanese.table(tables)
    note("a new version while names are screened")
    rng = Random(MADE_WITH)
    swap.table(PACKS, tables, unlisted(rng, latin, frozenset(index.names), SCREENED))
    note("search, and what peers find (the first time they are installed: a minute more)")
    search.table(index, latin, owners)


def pairs_table(index: NameIndex, latin: Sequence[str]) -> None:
    """Print quality on labelled pairs, and the weights that all of them give."""
    pairs = labelled.read()
    made = made_examples(index, latin, FITTED_WITH)
    ours = labelled.cross_validated(index, made, pairs)
    asked = [(pair.schema, pair.one, pair.other) for pair in pairs]
    judged = {"WRatio": labelled.by_scores(pairs, peers.wratio(asked))}
    try:
        judged["logic-v2"] = labelled.by_scores(pairs, peers.nomenklatura(asked).scores)
    except NotRun as problem:
        print(f"logic-v2: {problem}")
    head = "".join(f"{name + ' F1':>13}" for name in judged)
    print(f"{'labelled pairs, 10-fold':28}{'precision':>10}{'recall':>8}{'F1':>7}{head}")
    for name, places in labelled.slices(pairs).items():
        same = [pairs[at].same for at in places]
        precision, recall, f1 = labelled.quality([ours[at] for at in places], same)
        others = [labelled.quality([one[at] for at in places], same)[2] for one in judged.values()]
        label = f"{name} ({len(places)})"
        print(f"{label:28}{precision:10.3f}{recall:8.3f}{f1:7.3f}", end="")
        print("".join(f"{other:13.3f}" for other in others))
    examples = [(seen(fold(pair.one), fold(pair.other)), pair.same) for pair in pairs]
    weights = fitted(made, examples)
    print("weights fitted on all:", " ".join(f"{weight:.2f}" for weight in weights), "\n")


def note(text: str) -> None:
    """Say what is being done, beside the answer."""
    print(f"... {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
