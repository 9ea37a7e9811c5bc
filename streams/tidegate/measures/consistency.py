"""Check that packs hold together: ids, references, counts, and rules that can be met at all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from tidegate.events.decision import Outcome
from tidegate.measures.condition import Condition
from tidegate.measures.errors import Problem
from tidegate.measures.list_rows import ListRow
from tidegate.measures.measure import Effective, ListSource, Measure, Pack
from tidegate.measures.reachability import unreachable
from tidegate.measures.yaml_source import Path, YamlSource

Sourced = tuple[YamlSource, Pack]


def problems(packs: Sequence[Sourced]) -> list[Problem]:
    """Return what is wrong within and between packs."""
    found = [*_duplicates(packs)]
    lists = {listed.id for _, pack in packs for listed in pack.lists}
    for source, pack in packs:
        for index, measure in enumerate(pack.measures):
            path: Path = ("measures", index)
            found += [
                source.problem(path, f"{measure.id}: {reason}")
                for reason in _of_measure(measure, lists)
            ]
    found += _shadowed(packs)
    return found


def count_problems(
    source: YamlSource, index: int, listed: ListSource, rows: Sequence[ListRow]
) -> Iterator[Problem]:
    """Compare the announced number of entries of each instrument with the rows read.

    A list whose copy holds a row more or less than its notice announced is not that list.
    """
    read = Counter(row.instrument or "" for row in rows)
    for instrument, announced in listed.counts.items():
        there = read.pop(instrument, 0)
        if there != announced:
            reason = f"{announced} announced, {there} rows in {listed.file}"
            yield source.problem(("lists", index, "counts", instrument), reason)
    for instrument, there in sorted(read.items()):
        reason = f"{instrument or 'rows without instrument'}: {there} rows, none announced"
        yield source.problem(("lists", index, "counts"), reason)


def literals(condition: Condition, positive: bool = True) -> Iterator[tuple[Condition, bool]]:
    """Yield the single questions of a condition, and whether each is asked as it stands."""
    if condition.all is None and condition.any is None and condition.not_ is None:
        yield condition, positive
    for child in condition.children:
        yield from literals(child, positive != (condition.not_ is not None))


def _of_measure(measure: Measure, lists: set[str]) -> Iterator[str]:
    for question, positive in literals(measure.when):
        if question.party is not None and question.party.list not in lists | {None}:
            yield f"no pack has the list {question.party.list!r}"
        tariff_only = question.tariff_candidate is not None and positive
        for follows in (measure.outcome, measure.on_unknown) if tariff_only else ():
            if follows != "ignore" and follows.rank < Outcome.REVIEW.rank:
                yield f"a tariff code alone never decides: {follows} is stronger than REVIEW"
    yield from unreachable(measure)


def _duplicates(packs: Sequence[Sourced]) -> Iterator[Problem]:
    seen: dict[tuple[str, str], str] = {}
    for source, pack in packs:
        ids: list[tuple[str, str, Path]] = [("pack", pack.pack, ("pack",))]
        ids += [("list", item.id, ("lists", n, "id")) for n, item in enumerate(pack.lists)]
        ids += [("measure", item.id, ("measures", n, "id")) for n, item in enumerate(pack.measures)]
        ids += [("statement", s.id, ("statements", n, "id")) for n, s in enumerate(pack.statements)]
        if pack.dual_use is not None:
            ids.append(("dual_use of regime", pack.dual_use.regime, ("dual_use",)))
        for kind, name, path in ids:
            here = f"{source.file}:{source.line(path)}"
            first = seen.setdefault((kind, name), here)
            if first != here:
                yield source.problem(path, f"{kind} {name!r} stands twice, first at {first}")


def _shadowed(packs: Sequence[Sourced]) -> Iterator[Problem]:
    """A measure that says what another one says on a day on which both apply is not needed."""
    seen: dict[tuple[str, ...], list[tuple[str, Measure]]] = {}
    for source, pack in packs:
        for index, measure in enumerate(pack.measures):
            unless = "" if measure.unless is None else measure.unless.model_dump_json()
            trial = "on trial" if measure.shadow else ""
            key = (pack.regime, _normal(measure.when), measure.outcome, unless, trial)
            here = f"{source.file}:{source.line(('measures', index))}"
            for first, other in seen.setdefault(key, []):
                if _overlap(measure, other):
                    reason = f"{measure.id}: same conditions and outcome as {other.id} at {first}"
                    yield source.problem(("measures", index), reason)
            seen[key].append((here, measure))


def _overlap(one: Measure, other: Measure) -> bool:
    first, second = one.effective, other.effective
    return not (_ends_before(first, second) or _ends_before(second, first))


def _ends_before(first: Effective, second: Effective) -> bool:
    return first.to is not None and second.from_ is not None and first.to < second.from_


def _normal(condition: Condition) -> str:
    """Write a condition so that the order of its parts does not matter."""
    if condition.all is not None or condition.any is not None:
        parts = sorted(_normal(child) for child in condition.children)
        return f"{condition.key}({','.join(parts)})"
    if condition.not_ is not None:
        return f"not({_normal(condition.not_)})"
    value = getattr(condition, condition.key)
    if isinstance(value, tuple):
        value = sorted(str(item) for item in value)
    return f"{condition.key}={value!r}"
