"""A condition's answer: true, false or unknown, with the facts it rests on.

Three-valued (Kleene's strong logic): a missing fact makes an answer unknown, unless the others
settle it. Unknown is never false.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from typing import NamedTuple

from tidegate.measures.screening import Screened
from tidegate.measures.tables import ListedParty


class Truth(IntEnum):
    """Ordered so that `all` is the minimum and `any` the maximum."""

    FALSE = 0
    UNKNOWN = 1
    TRUE = 2


class Hit(NamedTuple):
    """A party of the shipment that met a list entry."""

    entry: ListedParty
    path: str
    """Where the name stands in the facts."""
    name: str
    screened: Screened
    """How surely, and why."""


class Fact(NamedTuple):
    """A fact that an answer rests on. Made in great numbers, so no model; see `Evidence`."""

    path: str
    value: object


class Answer(NamedTuple):
    """What a condition says of the facts."""

    truth: Truth
    evidence: tuple[Fact, ...] = ()
    unknown: tuple[str, ...] = ()
    """Paths of the facts that were missing."""
    hits: tuple[Hit, ...] = ()


NO = Answer(Truth.FALSE)


def yes(path: str, value: object) -> Answer:
    """Answer true, because the fact at `path` is `value`."""
    return Answer(Truth.TRUE, (Fact(path, value),))


def missing(*paths: str, evidence: tuple[Fact, ...] = ()) -> Answer:
    """Answer unknown: the facts at these paths are not there."""
    return Answer(Truth.UNKNOWN, evidence, paths)


def no(path: str, value: object) -> Answer:
    """Answer false, because the fact at `path` is `value`."""
    return Answer(Truth.FALSE, (Fact(path, value),))


def all_of(answers: Iterable[Answer]) -> Answer:
    """Combine by 'and'. The evidence of all is kept; a false one settles it, unasked the rest."""
    kept = []
    for answer in answers:
        if answer.truth is Truth.FALSE:
            return answer
        kept.append(answer)
    return _joined(min(answer.truth for answer in kept), kept)


def any_of(answers: Iterable[Answer]) -> Answer:
    """Combine by 'or'. Only what agrees with the result is kept."""
    kept = list(answers)
    truth = max((answer.truth for answer in kept), default=Truth.FALSE)
    return _joined(truth, [answer for answer in kept if answer.truth is truth])


def negated(answer: Answer) -> Answer:
    """Turn an answer round; unknown stays unknown."""
    return answer._replace(truth=Truth(2 - answer.truth), hits=())


def _joined(truth: Truth, answers: list[Answer]) -> Answer:
    if len(answers) == 1:
        return answers[0]
    evidence: list[Fact] = []
    unknown: list[str] = []
    hits: list[Hit] = []
    for answer in answers:
        evidence += [item for item in answer.evidence if item not in evidence]
        unknown += [path for path in answer.unknown if path not in unknown]
        hits += [hit for hit in answer.hits if hit not in hits]
    return Answer(truth, tuple(evidence), tuple(unknown), tuple(hits))
