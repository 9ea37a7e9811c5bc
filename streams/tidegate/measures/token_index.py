"""Find the measures that could touch a shipment, by tokens that it must have.

For each part of a measure's `all`, a set of tokens is taken such that the part is false for every
shipment that has none of them; a shipment must have one of each set. That must hold for 'unknown'
as well, so a missing fact's wildcard is in the set. A question that may be unknown without a
wildcard gives no set; a measure without any set is put to every shipment.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from tidegate.measures.condition import RECIPIENT_ROLES, Condition, PartyQuestion
from tidegate.measures.tables import (
    BASELINE,
    DECLARED_CONTROLLED,
    LICENSE_CITED,
    MeasureIndex,
    TableMeasure,
    code_steps,
)

SHORTEST_HS_DIGITS = 2
TOKEN_HS_DIGITS = 4
MEMO_SIZE = 4096

_SELECTIVITY = {
    "list": 0,
    "has": 1,
    "code": 2,
    "hs": 3,
    "regime": 4,
    "to": 5,
    "from": 6,
    "origin": 7,
}


class TokenIndex(MeasureIndex):
    """An index over measures in table order."""

    def __init__(
        self, measures: Sequence[TableMeasure], candidates: Mapping[str, Sequence[str]]
    ) -> None:
        self._measures = tuple(measures)
        self._memo: dict[int, tuple[TableMeasure, ...]] = {}
        needs = [necessary(table.measure.when, candidates) for table in self._measures]
        # One slot for each set that a measure needs a token of. A measure is a bit; in the slots
        # that it does not use it is free.
        self._slots: list[tuple[int, dict[str, int]]] = []
        for slot in range(max(map(len, needs), default=0)):
            free, masks = 0, dict[str, int]()
            for position, sets in enumerate(needs):
                bit = 1 << position
                if slot >= len(sets):
                    free |= bit
                for token in sets[slot] if slot < len(sets) else ():
                    masks[token] = masks.get(token, 0) | bit
            self._slots.append((free, masks))

    def candidates(self, tokens: Iterable[str]) -> Sequence[TableMeasure]:
        """Return the measures that could concern a shipment with these tokens, in table order."""
        tokens = tuple(tokens)
        mask = (1 << len(self._measures)) - 1
        for free, masks in self._slots:
            met = free
            for token in tokens:
                met |= masks.get(token, 0)
            mask &= met
        found = self._memo.get(mask)
        if found is None:
            if len(self._memo) >= MEMO_SIZE:
                self._memo.clear()
            found = tuple(
                table for position, table in enumerate(self._measures) if mask >> position & 1
            )
            self._memo[mask] = found
        return found


def necessary(
    condition: Condition, candidates: Mapping[str, Sequence[str]]
) -> tuple[frozenset[str], ...]:
    """Return sets of tokens, most selective first.

    A shipment that lacks all tokens of one of the sets makes the condition false.
    """
    if condition.all is not None:
        sets = {tokens for child in condition.all for tokens in necessary(child, candidates)}
        return tuple(sorted(sets, key=lambda tokens: (*_cost(tokens), sorted(tokens))))
    if condition.any is not None:
        union: frozenset[str] = frozenset()
        for child in condition.any:
            found = necessary(child, candidates)
            if not found:
                return ()
            union |= found[0]
        return (union,)
    tokens = _of_question(condition, candidates)
    return () if tokens is None else (tokens,)


def _of_question(
    condition: Condition, candidates: Mapping[str, Sequence[str]]
) -> frozenset[str] | None:
    match condition.key:
        case "code":
            # A shipment that states a broader code may mean this one: that is unknown.
            return frozenset("code:" + s for code in condition.code or () for s in code_steps(code))
        case "code_regime" | "unlisted_code":
            return frozenset({f"regime:{condition.code_regime or condition.unlisted_code}"})
        case "tariff_candidate":
            return _hs(candidates.get(condition.tariff_candidate or "", ()))
        case "dual_use":
            # False without a code of the regime, a candidate's tariff code, or a declaration.
            found = _hs(candidates.get(condition.dual_use or "", ()))
            return found | {f"regime:{condition.dual_use}", DECLARED_CONTROLLED}
        case "declared" if condition.declared == "controlled":
            return frozenset({DECLARED_CONTROLLED})
        case "license_type" | "license_fault":
            return frozenset({LICENSE_CITED})
        case "changed":
            return frozenset({BASELINE})
        case "origin":
            return _countries("origin", condition.origin)
        case "export_from":
            return _countries("from", condition.export_from)
        case "destination":
            return _countries("to", condition.destination)
        case "recipient_in":
            return _countries("to", condition.recipient_in)
        case "party":
            assert condition.party is not None
            return _party(condition.party)
    return None


def _hs(prefixes: Iterable[str]) -> frozenset[str]:
    """A shipment's token is its first four digits, or all of them where it states fewer."""
    return frozenset(
        f"hs:{prefix[:digits]}"
        for prefix in prefixes
        for digits in range(SHORTEST_HS_DIGITS, TOKEN_HS_DIGITS + 1)
    )


def _countries(kind: str, countries: Iterable[str] | None) -> frozenset[str]:
    return frozenset({f"{kind}:?", *(f"{kind}:{country}" for country in countries or ())})


def _party(question: PartyQuestion) -> frozenset[str] | None:
    """A role that receives and that nobody fills is unknown; `to:?` stands for it only where
    all receiving roles are asked about."""
    if question.list is None:
        return None
    token = f"list:{question.list}"
    roles = set(question.roles)
    if not roles or not roles <= set(RECIPIENT_ROLES):
        return frozenset({token})
    return frozenset({token, "to:?"}) if roles == set(RECIPIENT_ROLES) else None


def _cost(tokens: frozenset[str]) -> tuple[int, int]:
    """Order sets: the kind that fewest shipments have first, then the smaller set."""
    worst = max((_SELECTIVITY[token.partition(":")[0]] for token in tokens), default=0)
    return (worst, len(tokens))
