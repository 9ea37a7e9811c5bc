"""A measure: one restriction, with its source, its dates, whom it concerns and what follows."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from tidegate.events.decision import Outcome
from tidegate.events.values import Day
from tidegate.measures.condition import Condition, HsPrefix, ListId, Regime, Strict
from tidegate.measures.statement import Statement

MeasureId = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9]*([-./][A-Za-z0-9]+)*$")]
Line = Annotated[str, StringConstraints(min_length=1, max_length=2000, strip_whitespace=True)]

NOT_A_MEASURES = frozenset(
    {Outcome.AUTHORISED, Outcome.NO_RULE_MATCHED, Outcome.LICENSE_REQUIRED_IF_REACTIVATED}
)
"""Outcomes that follow from licenses, silence or suspension, never from a measure's own words."""


class Effective(Strict):
    """First and last day in force, in the pack's zone; both are included."""

    from_: Day | None = Field(alias="from")
    """None: for as far back as anybody asks (a source that states no first day)."""
    to: Day | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Effective:
        if self.from_ is not None and self.to is not None and self.to < self.from_:
            raise ValueError(f"dates reversed: from {self.from_} to {self.to}")
        return self


class Suspension(Strict):
    """Days on which a measure or a list entry is not applied, though not repealed."""

    from_: Day = Field(alias="from")
    to: Day | None = None
    """Last day; None: until further notice. From the day after, the measure is in force again."""
    instrument: Line | None = None
    basis: Line
    """What the end rests on: the instrument's text, or what was announced."""
    announced_only: bool = False
    """The end was announced, but no instrument was seen: a table alarm runs."""

    @model_validator(mode="after")
    def _in_order(self) -> Suspension:
        if self.to is not None and self.to < self.from_:
            raise ValueError(f"dates reversed: from {self.from_} to {self.to}")
        return self


class Unless(Strict):
    """What lifts a measure from a line: a license of its regime, or a paper of approval."""

    license: Regime | None = None
    document: str | None = None

    @model_validator(mode="after")
    def _names_something(self) -> Unless:
        if self.license is None and self.document is None:
            raise ValueError("unless needs license or document")
        return self


class Measure(Strict):
    """One restriction, as data. Read at an instant; see `Effective` and `Suspension`."""

    id: MeasureId
    instrument: Line
    article: Line
    title: dict[Annotated[str, Field(pattern=r"^[a-z]{2}$")], Line]
    source_url: Annotated[str, Field(pattern=r"^https?://\S+$")] | None = None
    verified_on: date | None = None
    """Day the source was last read; the pack's where absent."""
    evidence: Literal["text", "secondary"]
    effective: Effective
    suspensions: tuple[Suspension, ...] = ()
    when: Condition
    outcome: Outcome
    outcome_by_entry: bool = False
    """The list entry that was met may state an outcome of its own."""
    shadow: bool = False
    """On trial: it decides and is counted, and holds nobody (see `Decision.shadow`)."""
    unless: Unless | None = None
    on_unknown: Outcome | Literal["ignore"] = Outcome.REVIEW
    """What follows where the conditions cannot be answered. `ignore` only where the law itself
    asks for positive knowledge."""
    unknown_because: Line | None = None
    """Why `on_unknown: ignore` is right; required with it."""
    note: Line | None = None
    """What a reader of the tables should know: what is not established, how words are read."""
    advice: Line | None = None
    """What would free a shipment that this holds."""

    @model_validator(mode="after")
    def _can_be_told(self) -> Measure:
        if "en" not in self.title:
            raise ValueError("title needs 'en'")
        if self.outcome in NOT_A_MEASURES:
            raise ValueError(f"outcome: {self.outcome} is the engine's to give, not a measure's")
        if self.on_unknown in NOT_A_MEASURES:
            raise ValueError(f"on_unknown: {self.on_unknown} is the engine's to give; say 'ignore'")
        if (self.on_unknown == "ignore") != (self.unknown_because is not None):
            raise ValueError("on_unknown: ignore and unknown_because go together")
        return self


class Rhythm(Strict):
    """How often a list is published anew: an older copy misses what came since."""

    days: int = Field(ge=1, le=3660)
    basis: Line
    """Who says so."""


class ListSource(Strict):
    """A list of named parties: where its rows are, and how many its sources announced."""

    id: ListId
    title: dict[str, Line]
    file: Annotated[str, Field(pattern=r"^[A-Za-z0-9_./-]+\.csv$")]
    as_of: date
    source: Line
    license: Line
    """Terms under which the copy ships."""
    no_review_limit: bool = False
    """No limit of time runs for the review of an application that names somebody on it."""
    rhythm: Rhythm | None = None
    """None: published when there is something to publish."""
    counts: dict[str, int] = Field(min_length=1)
    """Announced number of entries by instrument; the load is refused where rows differ."""


class DualUse(Strict):
    """How goods of a regime are recognised as dual-use (DESIGN: a code decides, a tariff asks)."""

    regime: Regime
    codes_file: Annotated[str, Field(pattern=r"^[A-Za-z0-9_./-]+\.csv$")] | None = None
    tariff_candidates: tuple[HsPrefix, ...]
    """Tariff headings that controlled goods are declared under; reference only, never decisive."""


class Pack(Strict):
    """Measures and lists that are versioned and published together."""

    pack: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{1,59}$")]
    title: dict[str, Line]
    regime: Regime
    authority: Line
    timezone: Line
    """IANA zone in which this pack's days begin."""
    verified_on: date
    parameters: dict[str, Parameter] = Field(default_factory=dict)
    dual_use: DualUse | None = None
    lists: tuple[ListSource, ...] = ()
    measures: tuple[Measure, ...] = ()
    statements: tuple[Statement, ...] = ()


class Parameter(Strict):
    """A date that packs refer to as `${name}`, kept in one place with what it rests on."""

    value: date
    basis: Line
    alternatives: dict[date, Line] = Field(default_factory=dict)
