"""Kleene's strong logic, and what an answer carries with it."""

import pytest

from tidegate.engine.answer import (
    NO,
    Answer,
    Truth,
    all_of,
    any_of,
    missing,
    negated,
    no,
    yes,
)

T, U, F = yes("t", 1), missing("u"), no("f", 0)
ANSWERS = {Truth.TRUE: T, Truth.UNKNOWN: U, Truth.FALSE: F}

TABLE = [
    # left, right, and, or
    (Truth.TRUE, Truth.TRUE, Truth.TRUE, Truth.TRUE),
    (Truth.TRUE, Truth.UNKNOWN, Truth.UNKNOWN, Truth.TRUE),
    (Truth.TRUE, Truth.FALSE, Truth.FALSE, Truth.TRUE),
    (Truth.UNKNOWN, Truth.TRUE, Truth.UNKNOWN, Truth.TRUE),
    (Truth.UNKNOWN, Truth.UNKNOWN, Truth.UNKNOWN, Truth.UNKNOWN),
    (Truth.UNKNOWN, Truth.FALSE, Truth.FALSE, Truth.UNKNOWN),
    (Truth.FALSE, Truth.TRUE, Truth.FALSE, Truth.TRUE),
    (Truth.FALSE, Truth.UNKNOWN, Truth.FALSE, Truth.UNKNOWN),
    (Truth.FALSE, Truth.FALSE, Truth.FALSE, Truth.FALSE),
]


@pytest.mark.parametrize(("left", "right", "both", "either"), TABLE)
def test_and_or_follow_kleene(left: Truth, right: Truth, both: Truth, either: Truth) -> None:
    assert all_of([ANSWERS[left], ANSWERS[right]]).truth is both
    assert any_of([ANSWERS[left], ANSWERS[right]]).truth is either


@pytest.mark.parametrize(
    ("said", "turned"),
    [(Truth.TRUE, Truth.FALSE), (Truth.UNKNOWN, Truth.UNKNOWN), (Truth.FALSE, Truth.TRUE)],
)
def test_not_turns_round_but_leaves_unknown(said: Truth, turned: Truth) -> None:
    assert negated(ANSWERS[said]).truth is turned


@pytest.mark.parametrize(("left", "right", "both", "either"), TABLE)
def test_de_morgan(left: Truth, right: Truth, both: Truth, either: Truth) -> None:
    a, b = ANSWERS[left], ANSWERS[right]
    assert negated(all_of([a, b])).truth is any_of([negated(a), negated(b)]).truth


def test_unknown_keeps_the_name_of_what_is_missing_and_the_evidence_for_the_rest() -> None:
    answer = all_of([T, U, missing("v"), missing("u")])
    assert answer.truth is Truth.UNKNOWN
    assert answer.unknown == ("u", "v")
    assert [item.path for item in answer.evidence] == ["t"]


def test_a_settled_answer_names_nothing_missing() -> None:
    assert any_of([U, T]) == T
    assert all_of([U, F]) == F


def test_nobody_asked_is_not_true() -> None:
    assert any_of([]) == NO
    assert any_of([]) == Answer(Truth.FALSE)


def test_equal_evidence_is_kept_once() -> None:
    assert all_of([T, T, T]).evidence == T.evidence
