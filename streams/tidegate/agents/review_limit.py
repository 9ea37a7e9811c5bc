"""Answer a license's owner whether the law limits a review: not for those on the watch list."""

from __future__ import annotations

from collections.abc import Iterator

from tidegate.agents.topics import CLAIMS
from tidegate.events.codec import canonical
from tidegate.events.review_limit import ReviewAnswer, ReviewQuestion
from tidegate.measures.screening import screen
from tidegate.measures.tables import Tables
from tidegate.measures.validity import Force, to_ms
from tidegate.runtime.transaction import Transaction


def answer_review(transaction: Transaction, asked: ReviewQuestion, tables: Tables) -> None:
    """Write the answer to the license's owner."""
    listed = tuple(dict.fromkeys(_listed(asked, tables, to_ms(transaction.clock))))
    answer = ReviewAnswer(
        license_id=asked.license_id, license_revision=asked.license_revision, listed=listed
    )
    transaction.emit(CLAIMS, asked.license_id, canonical(answer))


def _listed(asked: ReviewQuestion, tables: Tables, at_ms: int) -> Iterator[str]:
    """Yield the entries met: surely, in force, and of a list of the regime without a limit."""
    unlimited = {
        item.id
        for item in tables.lists.values()
        if item.no_review_limit and item.id.startswith(asked.regime + "-")
    }
    for name in asked.names:
        for found in screen(tables.parties, name):
            entry = found.entry
            if (
                entry.list in unlimited
                and entry.confirmed
                and found.grade != "possible"
                and entry.validity.force(at_ms) is Force.IN_FORCE
            ):
                yield f"{entry.name} ({entry.list}, {entry.instrument or 'no notice named'})"
