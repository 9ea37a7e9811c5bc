"""Compiled restriction tables: what the engine asks, at one version.

Made by `measures.compiler` from packs; immutable. A party is looked up by its folded name, a
measure by what a shipment is and where it goes, so that a shipment meets only what could touch it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from tidegate.events.codec import canonical, derived_id
from tidegate.events.decision import Outcome, Reason
from tidegate.measures.measure import Measure
from tidegate.measures.statement import Statement
from tidegate.measures.validity import Validity
from tidegate.parties.hit import Hit

MEMO_SIZE = 1 << 16


@dataclass(frozen=True, slots=True)
class ListedParty:
    """One entry of a list."""

    list: str
    entry: str
    name: str
    names: tuple[str, ...]
    """The name and all aliases, as the source writes them."""
    country: str | None
    validity: Validity
    confirmed: bool
    """False: the entry's present state is not established; it asks for review only."""
    instrument: str | None
    article: str | None
    source_url: str | None
    outcome: Outcome | None
    note: str | None
    """The entry's own requirement and policy, or other words of the source."""
    countries: tuple[str, ...] = ()
    """All countries the source names; `country` is set where there is exactly one."""


@dataclass(frozen=True, slots=True)
class TableMeasure:
    """A measure with its instants and its pack's words."""

    measure: Measure
    regime: str
    pack: str
    validity: Validity


@dataclass(frozen=True, slots=True)
class TableAlarm:
    """Something in the tables that a person must look after."""

    id: str
    measure: str
    text: str
    since_ms: int
    """From this instant on the alarm runs."""
    until_ms: int | None = None
    """Up to this instant; None: until the tables change."""


class Switch(NamedTuple):
    """A measure, or a notice's entries on a list, that changes by itself at an instant."""

    at_ms: int
    what: str
    """In words: starts, ends, is suspended, is applied again."""
    measure: str | None
    """None where it is entries."""
    list: str | None
    """None where it is a measure."""
    instrument: str | None
    title: str
    zone: str
    """IANA zone in which the authority's days begin."""
    on_trial: bool

    @property
    def id(self) -> str:
        """Name it: the same in every version of the tables that has it."""
        return f"{self.at_ms}:{self.measure or self.list}:{self.instrument or ''}:{self.what}"


@dataclass(frozen=True, slots=True)
class TableList:
    """A list's own words: shown wherever an entry of it is cited."""

    id: str
    title: str
    as_of: str
    """Day of the copy, ISO 8601."""
    source: str
    license: str
    entries: int
    pack: str
    no_review_limit: bool
    """No limit of time runs for the review of an application that names somebody on it."""


class Met(NamedTuple):
    """A list entry that a name met, by the likest of the entry's names."""

    entry: ListedParty
    hit: Hit


class EntryContent(NamedTuple):
    """All that an entry says, in plain values: equal contents are one entry, unchanged."""

    names: tuple[str, ...]
    rest: tuple[object, ...]


class PartyIndex:
    """Listed parties by folded name."""

    def __len__(self) -> int:
        raise NotImplementedError

    def __iter__(self) -> Iterator[ListedParty]:
        """Yield every entry, in table order."""
        raise NotImplementedError

    def contents(self) -> frozenset[EntryContent]:
        """Return what every entry says, to be compared with another version's."""
        raise NotImplementedError

    def meet(self, folded: str) -> Sequence[Met]:
        """Return the entries that this folded name meets, the surest first, each once."""
        raise NotImplementedError


Shape = tuple[object, ...]
"""All that measures can see of a shipment; equal shapes have equal reasons."""


class Found(NamedTuple):
    """What the tables say of a shipment at an instant."""

    reasons: tuple[Reason, ...]
    shadow: tuple[Reason, ...]
    """What the measures on trial say: no part of the outcome."""
    until_ms: int | None
    """The first instant at which a measure or an entry that could concern it changes by itself."""


class JudgedShapes:
    """Remember what was found for the last shapes of shipments."""

    def __init__(self, size: int = 1 << 13) -> None:
        self._size = size
        self._found: OrderedDict[Shape, Found] = OrderedDict()

    def get(self, shape: Shape) -> Found | None:
        return self._found.get(shape)

    def put(self, shape: Shape, found: Found) -> Found:
        """Keep and return what was found; the oldest shape goes where there is no room."""
        if len(self._found) >= self._size:
            self._found.popitem(last=False)
        self._found[shape] = found
        return found


@dataclass(frozen=True)
class Tables:
    """One version of the restriction tables."""

    version: str
    """Content hash of the packs: equal packs have equal versions."""
    measures: tuple[TableMeasure, ...]
    parties: PartyIndex
    tariff_candidates: Mapping[str, tuple[str, ...]]
    """By regime: tariff prefixes of goods that may be dual-use."""
    known_codes: Mapping[str, frozenset[str]]
    """By regime: every control code that some table names (`CN:1C905`)."""
    boundaries_ms: tuple[int, ...]
    """Sorted instants at which some answer changes without an event."""
    alarms: tuple[TableAlarm, ...]
    switches: tuple[Switch, ...]
    """By instant."""
    index: MeasureIndex = field(repr=False)
    lists: Mapping[str, TableList] = field(default_factory=dict, repr=False)
    """By list id."""
    statements: tuple[Statement, ...] = ()
    """What authorities said of civil exports; nothing is decided by it."""

    def digest_of(self, measure_id: str) -> str:
        """Return a digest of a measure's content; of the id alone where no table has it."""
        return self._digests.get(measure_id, measure_id)

    @cached_property
    def _digests(self) -> dict[str, str]:
        return {t.measure.id: derived_id("measure", canonical(t.measure)) for t in self.measures}

    def is_candidate(self, regime: str, hs_code: str) -> bool:
        """Say whether goods under this tariff code may be dual-use for a regime.

        A code shorter than a candidate's heading may stand for it as well.
        """
        known = self._candidate_memo.get((regime, hs_code))
        if known is None:
            if len(self._candidate_memo) >= MEMO_SIZE:
                self._candidate_memo.clear()
            known = any(
                hs_code.startswith(heading) or heading.startswith(hs_code)
                for heading in self.tariff_candidates.get(regime, ())
            )
            self._candidate_memo[regime, hs_code] = known
        return known

    def is_known_code(self, code: str) -> bool:
        """Say whether some table names this control code, one above it or one below it."""
        return code in self._code_steps or any(
            step in self.known_codes.get(code[:2], ()) for step in code_steps(code)
        )

    @cached_property
    def _code_steps(self) -> frozenset[str]:
        """Every known code and all above it."""
        return frozenset(
            step
            for codes in self.known_codes.values()
            for code in codes
            for step in code_steps(code)
        )

    @cached_property
    def _candidate_memo(self) -> dict[tuple[str, str], bool]:
        return {}

    @cached_property
    def judged(self) -> JudgedShapes:
        """What was found for shapes of shipments under these tables (see `engine.shape`)."""
        return JudgedShapes()

    def period(self, at_ms: int) -> int:
        """Number the span between two boundaries that an instant lies in: answers change only
        from one to the next."""
        return bisect_right(self.boundaries_ms, at_ms)

    def next_boundary_ms(self, after_ms: int) -> int | None:
        """Return the first instant after this one at which an answer may change."""
        position = bisect_right(self.boundaries_ms, after_ms)
        return self.boundaries_ms[position] if position < len(self.boundaries_ms) else None


def code_steps(code: str) -> Iterator[str]:
    """Yield the codes above a code, widest first, and itself: `CN:1C905`, `CN:1C905.b`."""
    steps = code.split(".")
    return (".".join(steps[:end]) for end in range(1, len(steps) + 1))


DECLARED_CONTROLLED = "has:declared-controlled"
LICENSE_CITED = "has:license"
BASELINE = "has:baseline"


class MeasureIndex:
    """Measures by a token that a shipment must have for them to matter.

    Tokens: `to:JP` (destination or recipient's country), `from:CN`, `origin:CN`, `code:CN:1C905`
    (a stated code or a prefix of it, or one below it), `regime:CN`, `list:CN-CL`, `hs:2805`, and
    `has:` tokens for a line declared controlled, a license cited, a baseline. A shipment that
    lacks a fact has the token's wildcard, as `origin:?`, so that the measure is
    asked and can answer 'unknown'.
    """

    def candidates(self, tokens: Iterable[str]) -> Sequence[TableMeasure]:
        """Return the measures that could concern a shipment with these tokens, in table order."""
        raise NotImplementedError
