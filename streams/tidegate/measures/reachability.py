"""Find measures that can never apply: by their dates, or because their conditions exclude another.

A measure that is suspended from its first day is in order where the suspension ends: it comes back.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from tidegate.measures.condition import Condition
from tidegate.measures.measure import Measure, Suspension

_ONE_VALUED = (
    "destination",
    "export_from",
    "origin",
    "declared",
    "end_use",
    "military_capability",
    "knowledge",
)
"""Questions about a fact that has one value: two disjoint answers exclude each other."""


def unreachable(measure: Measure) -> Iterator[str]:
    """Yield why a measure can never apply."""
    yield from _by_dates(measure)
    yield from _contradictions(measure.when)


def _by_dates(measure: Measure) -> Iterator[str]:
    effective = measure.effective
    ordered = sorted(measure.suspensions, key=lambda item: item.from_)
    for earlier, later in pairwise(ordered):
        if earlier.to is None or later.from_ <= earlier.to:
            yield f"suspensions overlap: from {earlier.from_} and from {later.from_}"
    for item in ordered:
        if effective.to is not None and item.from_ > effective.to:
            yield f"suspended from {item.from_}, after it ended on {effective.to}"
    if any(_covers(item, measure) for item in ordered):
        yield "never in force: suspended from its first day to its end"


def _covers(item: Suspension, measure: Measure) -> bool:
    effective = measure.effective
    if effective.from_ is None or item.from_ > effective.from_:
        return False
    return item.to is None or (effective.to is not None and item.to >= effective.to)


def _contradictions(condition: Condition) -> Iterator[str]:
    yes, no = _conjuncts(condition)
    for index, one in enumerate(yes):
        for other in yes[index + 1 :]:
            if (
                one.key == other.key
                and one.key in _ONE_VALUED
                and not _values(one) & _values(other)
            ):
                yield f"never met: {_text(one)} and {_text(other)}"
        for other in no:
            if one.key == other.key and _implied(one, other):
                yield f"never met: {_text(one)} and not {_text(other)}"
    for child in condition.children:
        if child.any is not None or child.not_ is not None:
            for grandchild in child.children:
                yield from _contradictions(grandchild)


def _conjuncts(condition: Condition) -> tuple[list[Condition], list[Condition]]:
    """Return what must be true, and what must be false, for the condition to be true."""
    if condition.all is not None:
        yes: list[Condition] = []
        no: list[Condition] = []
        for child in condition.all:
            more_yes, more_no = _conjuncts(child)
            yes += more_yes
            no += more_no
        return yes, no
    if condition.not_ is not None:
        return [], _disjuncts(condition.not_)
    return ([condition], []) if condition.any is None else ([], [])


def _disjuncts(condition: Condition) -> list[Condition]:
    """Return questions each of which alone makes the condition true."""
    if condition.any is not None:
        return [found for child in condition.any for found in _disjuncts(child)]
    return [condition] if condition.all is None and condition.not_ is None else []


def _implied(one: Condition, other: Condition) -> bool:
    """Say whether the second is true wherever the first is."""
    if one.key == "code":
        return all(any(_below(v, w) for w in _values(other)) for v in _values(one))
    return _values(one) <= _values(other)


def _below(value: str, other: str) -> bool:
    return value == other or value.startswith(other + ".")


def _values(condition: Condition) -> set[str]:
    value = getattr(condition, condition.key)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return {str(item) for item in value}
    return {str(value)}


def _text(condition: Condition) -> str:
    return f"{condition.key} {', '.join(sorted(_values(condition)))}"
