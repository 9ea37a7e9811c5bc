"""The positive list of one partition: pairs of a party and a list entry that are not the same.

Every partition has all of it. Who records a pair decides the partition's own shipments of that
party again and tells the other partitions, which do the same when the word reaches them.
"""

from __future__ import annotations

from collections.abc import Iterator

from tidegate.agents.topics import CONTROL
from tidegate.events.codec import canonical
from tidegate.events.false_match import FalseMatch, FalseMatchControl
from tidegate.events.model import RecordModel
from tidegate.events.shipment import Shipment
from tidegate.parties.fold import fold
from tidegate.runtime.transaction import Transaction

POSITIVE_PREFIX = "p:"


class PartyPairs(RecordModel):
    """What is kept of one party, a name in a country."""

    party: str
    matches: tuple[FalseMatch, ...]
    cursor: str | None = None
    """The last of its shipments decided again; None when all are."""


class PositiveList:
    """Pairs by party, in the state of one partition."""

    def __init__(self) -> None:
        self._walking: dict[str, bool] = {}
        """Every party on the list, by state key: whether its shipments are being decided again."""

    def learn(self, key: str, line: bytes | None) -> None:
        """Take in what was committed under a key of the list."""
        if line is None:
            self._walking.pop(key, None)
        else:
            self._walking[key] = PartyPairs.model_validate_json(line).cursor is not None

    def matches(self, transaction: Transaction, facts: Shipment) -> tuple[FalseMatch, ...]:
        """Return the pairs of a shipment's parties, in the parties' order."""
        if not self._walking and not transaction.changes:
            return ()
        return tuple(m for key in keys_of(facts) for m in self._pairs(transaction, key))

    def take(self, transaction: Transaction, control: FalseMatchControl) -> bool:
        """Change the list, and begin to decide the party's shipments again.

        Returns:
            False where the list says so already, and nothing is to be done.
        """
        match = control.match
        key = _key(match.party, match.country)
        before = self._pairs(transaction, key)
        others = tuple(one for one in before if (one.list, one.entry) != (match.list, match.entry))
        after = others if control.withdrawn else (*others, match)
        if after == before:
            return False
        pairs = PartyPairs(party=match.party, matches=after, cursor="")
        transaction.put(key, canonical(pairs))
        return True

    def tell_others(self, transaction: Transaction, control: FalseMatchControl) -> None:
        """Write the change to every other partition's control topic."""
        for partition in range(transaction.partitions(CONTROL)):
            if partition != transaction.partition:
                transaction.emit(CONTROL, None, canonical(control), partition=partition)

    def walking(self) -> bool:
        """Say whether some party's shipments are still to be decided again."""
        return any(self._walking.values())

    def next_walk(self, transaction: Transaction) -> tuple[str, PartyPairs] | None:
        """Return the first party whose shipments are still to be decided again."""
        for key in sorted(key for key, walking in self._walking.items() if walking):
            value = transaction.get(key)
            if value is not None:
                pairs = PartyPairs.model_validate_json(value)
                if pairs.cursor is not None:
                    return key, pairs
        return None

    def walked(self, transaction: Transaction, key: str, pairs: PartyPairs, to: str | None) -> None:
        """Note how far a party's walk has come; None: it is done."""
        left = pairs.model_copy(update={"cursor": to})
        gone = to is None and not pairs.matches
        transaction.put(key, None if gone else canonical(left))

    def find(
        self, transaction: Transaction, party: str, facts: Shipment, entry: str
    ) -> Iterator[FalseMatch]:
        """Yield the pairs of a shipment's party of that name and a list entry."""
        folded = fold(party)
        for match in self.matches(transaction, facts):
            if match.party == folded and match.entry == entry:
                yield match

    def _pairs(self, transaction: Transaction, key: str) -> tuple[FalseMatch, ...]:
        # Most parties have none: the store is asked only where there is something.
        if key not in self._walking and key not in transaction.changes:
            return ()
        value = transaction.get(key)
        return () if value is None else PartyPairs.model_validate_json(value).matches


def keys_of(facts: Shipment) -> tuple[str, ...]:
    """Return the keys under which the pairs of a shipment's parties lie, in the parties' order."""
    return tuple(dict.fromkeys(_key(fold(p.name), p.country) for p in facts.parties))


def _key(folded: str, country: str | None) -> str:
    return f"{POSITIVE_PREFIX}{country or '?'}:{folded}"
