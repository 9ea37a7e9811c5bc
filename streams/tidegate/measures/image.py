"""Compiled tables as bytes, so that a process starts without compiling them again.

An image is a header and a `marshal` of plain tuples, numbers and text: never pickle, so reading
one runs no code. It is good for one version of the packs, one format and one Python; anything
else, and any byte that differs, is refused. Measures are kept as JSON and validated on reading.
"""

from __future__ import annotations

import hashlib
import marshal
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from tidegate.measures.compiler import boundaries
from tidegate.measures.errors import ImageError
from tidegate.measures.measure import Measure
from tidegate.measures.party_index import FoldedIndex, PlainEntry
from tidegate.measures.statement import Statement
from tidegate.measures.tables import Switch, TableAlarm, TableList, TableMeasure, Tables
from tidegate.measures.token_index import TokenIndex
from tidegate.measures.validity import Pause, Validity
from tidegate.parties.fold import fold

FORMAT_VERSION = 7
"""Raise it when anything below, or how packs compile, changes. Folding is probed on reading."""
PROBES = 256
"""Entries whose names are folded anew on reading: an image from before a change in folding would
silently miss names."""
_DIGEST_BYTES = 32
_MAGIC = b"tidegate tables\n"


def image_key(version: str) -> str:
    """Name the image of a version of the packs, for this format and this Python."""
    python = f"{sys.implementation.cache_tag}-{sys.hexversion:x}"
    return f"{version}-{FORMAT_VERSION}-{python}"


def to_image(tables: Tables) -> bytes:
    """Write tables as an image."""
    parties = tables.parties
    if not isinstance(parties, FoldedIndex):
        raise TypeError("only compiled tables have an image")
    plain: Any = (
        image_key(tables.version),
        tables.version,
        tuple(
            (
                item.measure.model_dump_json(by_alias=True, exclude_unset=True),
                item.regime,
                item.pack,
                _plain_validity(item.validity),
            )
            for item in tables.measures
        ),
        tuple(parties.entries),
        dict(parties.by_name),
        tuple(_plain_validity(item) for item in parties.validities),
        {regime: tuple(prefixes) for regime, prefixes in tables.tariff_candidates.items()},
        {regime: tuple(sorted(codes)) for regime, codes in tables.known_codes.items()},
        tuple((a.id, a.measure, a.text, a.since_ms, a.until_ms) for a in tables.alarms),
        tuple(tuple(switch) for switch in tables.switches),
        tuple(
            (
                *(item.id, item.title, item.as_of, item.source, item.license, item.entries),
                *(item.pack, item.no_review_limit),
            )
            for item in tables.lists.values()
        ),
        tuple(said.model_dump_json(exclude_unset=True) for said in tables.statements),
    )
    body = marshal.dumps(plain)
    return _MAGIC + hashlib.sha256(body).digest() + body


def from_image(image: bytes, version: str) -> Tables:
    """Read the tables of a version from their image.

    Raises:
        ImageError: it is not whole, or of another version, format or Python.
    """
    start = len(_MAGIC) + _DIGEST_BYTES
    body = memoryview(image)[start:]
    digest = hashlib.sha256(body).digest()
    # marshal does not check what it reads: nothing but our own whole bytes may reach it.
    if image[: len(_MAGIC)] != _MAGIC or image[len(_MAGIC) : start] != digest:
        raise ImageError("not a whole image of compiled tables")
    plain: Any = marshal.loads(body)  # noqa: S302 - our own bytes, checked above
    if plain[0] != image_key(version) or plain[1] != version:
        raise ImageError(f"an image of {plain[0]}, not of {image_key(version)}")
    (_, _, measures, entries, by_name, validities, candidates, codes, alarms, *rest) = plain
    switches, lists, said = rest
    _probe_folding(entries, by_name)
    table_measures = tuple(
        TableMeasure(Measure.model_validate_json(text), regime, pack, _validity(when))
        for text, regime, pack, when in measures
    )
    parties = FoldedIndex(entries, by_name, tuple(_validity(item) for item in validities))
    return Tables(
        version=version,
        measures=table_measures,
        parties=parties,
        tariff_candidates=candidates,
        known_codes={regime: frozenset(values) for regime, values in codes.items()},
        boundaries_ms=boundaries(table_measures, parties.validities),
        alarms=tuple(TableAlarm(*item) for item in alarms),
        switches=tuple(Switch(*item) for item in switches),
        index=TokenIndex(table_measures, candidates),
        lists={item[0]: TableList(*item) for item in lists},
        statements=tuple(Statement.model_validate_json(text) for text in said),
    )


def _probe_folding(
    entries: Sequence[tuple[Any, ...]], by_name: Mapping[str, tuple[int, ...]]
) -> None:
    for position in range(0, len(entries), max(1, len(entries) // PROBES)):
        names = PlainEntry._make(entries[position]).names
        if any(position not in by_name.get(fold(name), ()) for name in names):
            raise ImageError("an image from before a change in how names are folded")


def _plain_validity(value: Validity) -> tuple[Any, ...]:
    return (value.start_ms, value.end_ms, tuple(tuple(pause) for pause in value.pauses))


def _validity(plain: tuple[Any, ...]) -> Validity:
    return Validity(plain[0], plain[1], tuple(Pause(*pause) for pause in plain[2]))
