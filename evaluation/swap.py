"""How long a name takes while a new version of the lists is built aside and swapped in."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter

import numpy as np

from tidegate.measures.tables import Tables
from tidegate.ops.packs import cached_tables, read_packs, tables_of

LIST = "lists/us-el.csv"


def table(packs: Path, tables: Tables, names: Sequence[str]) -> None:
    """Screen new names while a list with one row less is built as a worker builds it; print."""
    files = dict(read_packs(packs))
    files[LIST] = b"".join(files[LIST].splitlines(keepends=True)[:-1])
    counts = files["us-lists.yaml"].replace(b"3420", b"3419")
    files["us-lists.yaml"] = counts
    seconds: list[float] = []
    current, answers = tables, 0
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(1) as aside:
        coming = aside.submit(_built, files, Path(folder))
        for name in names:
            began = perf_counter()
            answers += bool(current.parties.meet(name))
            seconds.append(perf_counter() - began)
            if current is tables and coming.done():
                current = coming.result()
                swapped_at = len(seconds)
    if current is tables:
        raise AssertionError("the new version was not there before the names were at an end")
    p50, p99 = np.quantile(seconds, 0.5) * 1e3, np.quantile(seconds, 0.99) * 1e3
    print(f"while a version is built and swapped ({len(names):,} names, swap at {swapped_at:,}):")
    print(f"p50 {p50:.2f} ms, p99 {p99:.2f} ms, longest {max(seconds) * 1e3:.0f} ms of time")
    for name in names:
        current.parties.meet(name)
    began = perf_counter()
    for name in names:
        current.parties.meet(name)
    print(f"met again: {len(names) / (perf_counter() - began):,.0f} names a second\n")


def _built(files: dict[str, bytes], cache: Path) -> Tables:
    """Compile in another process, then load the image here."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        pool.submit(_compile, files, cache).result()
    built = cached_tables(files, cache)
    assert built is not None
    built.parties.meet("prepared")
    return built


def _compile(files: dict[str, bytes], cache: Path) -> None:
    tables_of(files, cache)
