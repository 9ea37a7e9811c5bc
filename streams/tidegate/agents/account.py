"""One license's account: who has drawn what on it, who waits, and the answers that they get.

Contract:
    1. No limit of the license is ever exceeded by what is reserved and spent, unless a revision
       lowers it below: then the newest reservations are taken back first, and what is spent stays.
    2. A claim gets all that it asks for or nothing more than it had. It keeps what it had.
    3. What becomes free goes to those who wait, the oldest first; whoever does not fit is passed
       over. Who has something never loses it to an older claim.
    4. Nothing is drawn twice: a claim of a later revision stands in the place of the earlier.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from tidegate.agents.license_state import (
    ClaimState,
    Export,
    Waiting,
    Walk,
    claim_key,
    export_key,
    holding_key,
    holding_prefix,
    ledger_key,
    waiting_key,
    waiting_prefix,
    walk_key,
)
from tidegate.agents.topics import VERDICTS
from tidegate.events.claim import Claim, Mismatch
from tidegate.events.codec import canonical
from tidegate.events.license import LicenseStatus
from tidegate.licenses.balance import (
    ONE_EXPORT,
    Draw,
    Ledger,
    draw_of,
    lapses_with_export,
    overdrawn,
    shortfalls,
    within,
)
from tidegate.licenses.lifecycle import Filed
from tidegate.licenses.matching import answer, answer_in_a_word, mismatches
from tidegate.runtime.transaction import Transaction

Step = Literal["scope", "confirm", "waiting"]

OFFERED_AT_ONCE = 500
"""So many who wait are looked at in the transaction that freed something; the rest is walked."""


class Account:
    """The account of one license within one transaction. Call `close` when done.

    Args:
        transaction: Where all of it is read and written.
        license_id: The license's number.
        file: The license as it is on file; None where nobody has sent it.
    """

    def __init__(self, transaction: Transaction, license_id: str, file: Filed | None) -> None:
        self._transaction = transaction
        self._id = license_id
        self._file = file
        value = transaction.get(ledger_key(license_id))
        self._before = Ledger() if value is None else Ledger.model_validate_json(value)
        self._ledger = self._before
        self._scopes: dict[tuple[str, int, int], bool] = {}
        """Whether a claim lies within the license, by shipment, line and revision."""

    @property
    def claims(self) -> int:
        """How many claims there are on the license."""
        return self._ledger.claims

    def close(self) -> None:
        """Write the ledger."""
        if self._ledger != self._before:
            self._transaction.put(ledger_key(self._id), canonical(self._ledger))

    def take(self, claim: Claim) -> bool:
        """Take a claim, and answer it; return False for one of a revision that is past."""
        old = self._state(claim_key(claim))
        if old is not None and claim.shipment_revision < old.claim.shipment_revision:
            return False
        if claim.kind == "withdraw":
            if old is not None:
                self._withdraw(claim, old)
            return True
        self._place(claim, old)
        return True

    def revised(self, limit: int) -> None:
        """Answer the claims again after a change of the license: up to `limit` of them at once."""
        self._walk_on(Walk(step="scope"), limit)

    def walk(self, limit: int) -> int:
        """Go on answering; return how many claims were looked at."""
        walk = self._walk()
        return 0 if walk is None else self._walk_on(walk, limit)

    # One claim

    def _place(self, claim: Claim, old: ClaimState | None) -> None:
        wants = draw_of(claim)
        held = None if old is None else old.drawn
        spent = old is not None and old.spent
        in_scope, drawn, told = self._in_scope(claim), held, True
        grows = old is None or not within(wants, draw_of(old.claim))
        place = self._ledger.places if old is None or grows else old.place
        if claim.kind == "ask" or not in_scope:
            drawn = held if spent else None
        elif self._keeps and within(wants, held):
            drawn = wants
        elif not self._drawable:
            drawn = held if spent or self._keeps else None
        elif self._older_are_waiting(place):
            told = False
        elif not any(self._short(claim.shipment_id, wants, held)):
            drawn = wants
        self._write(
            old,
            ClaimState(
                claim=claim,
                place=place,
                drawn=drawn,
                spent=drawn is not None and (spent or self._is_export(claim)),
            ),
            told,
        )

    def _withdraw(self, claim: Claim, old: ClaimState) -> None:
        """Give back what a claim had; an export under a single license has ended the license."""
        ends = self._file is not None and lapses_with_export(self._file.license)
        if old.spent and ends and claim.stage == "exported":
            return
        self._write(old, None)

    def _write(self, old: ClaimState | None, new: ClaimState | None, told: bool = True) -> None:
        """Put a claim in the place of its predecessor, in the ledger too; answer it."""
        before = self._ledger
        if old is not None:
            self._unlist(old)
        if new is not None:
            self._list(new, told)
        if told and new is not None:
            self._answer(new)
        if _freed(before, self._ledger):
            self._someone_may_fit()

    def _unlist(self, old: ClaimState) -> None:
        transaction = self._transaction
        transaction.put(claim_key(old.claim), None)
        self._ledger = self._ledger.model_copy(update={"claims": self._ledger.claims - 1})
        if old.drawn is not None:
            self._ledger = self._ledger.minus(old.drawn, spent=old.spent)
            self._leave_export(old.claim.shipment_id)
            transaction.put(holding_key(self._id, old.place), None)
        waiting = waiting_key(self._id, old.place)
        if transaction.get(waiting) is not None:
            transaction.put(waiting, None)
            self._count_waiting(-1)

    def _list(self, new: ClaimState, told: bool) -> None:
        transaction, key = self._transaction, claim_key(new.claim)
        transaction.put(key, canonical(new))
        ledger = self._ledger
        update: dict[str, object] = {"claims": ledger.claims + 1}
        if new.place == ledger.places:
            update["places"] = new.place + 1
        self._ledger = ledger.model_copy(update=update)
        if new.drawn is not None:
            self._ledger = self._ledger.plus(new.drawn, spent=new.spent)
            self._join_export(new.claim.shipment_id, new.spent)
            transaction.put(holding_key(self._id, new.place), key.encode())
        if not self._satisfied(new):
            self._wait(new, told)

    def _join_export(self, shipment_id: str, spent: bool) -> None:
        """Count a line that holds something as part of its shipment's one export."""
        known = self._export(shipment_id)
        if known is None:
            known = Export(lines=0, spent=spent)
            self._ledger = self._ledger.plus(ONE_EXPORT, spent=spent)
            self._ledger = self._ledger.model_copy(update={"exporter": shipment_id})
        elif spent and not known.spent:
            self._ledger = self._ledger.minus(ONE_EXPORT, spent=False).plus(ONE_EXPORT, spent=True)
        export = Export(lines=known.lines + 1, spent=known.spent or spent)
        self._transaction.put(export_key(self._id, shipment_id), canonical(export))

    def _leave_export(self, shipment_id: str) -> None:
        export = self._export(shipment_id)
        assert export is not None, "who holds something is part of an export"
        left = export.lines - 1
        if not left:
            self._ledger = self._ledger.minus(ONE_EXPORT, spent=export.spent)
        written = canonical(export.model_copy(update={"lines": left})) if left else None
        self._transaction.put(export_key(self._id, shipment_id), written)

    def _wait(self, state: ClaimState, told: bool) -> None:
        waiting = Waiting(
            key=claim_key(state.claim),
            draw=draw_of(state.claim),
            in_scope=self._in_scope(state.claim),
            told=told,
        )
        self._transaction.put(waiting_key(self._id, state.place), canonical(waiting))
        self._count_waiting(1)

    # Walks

    def _walk_on(self, walk: Walk, limit: int) -> int:
        steps = {"scope": self._scope, "confirm": self._confirm, "waiting": self._offer}
        looked = 0
        while True:
            prefix = waiting_prefix if walk.step == "waiting" else holding_prefix
            keys = self._transaction.keys_after(walk.cursor, prefix(self._id), limit - looked)
            for key in keys:
                steps[walk.step](key, walk.everyone)
            looked += len(keys)
            if looked >= limit:
                self._put_walk(walk.model_copy(update={"cursor": keys[-1]}))
                return looked
            if walk.step == "waiting":
                self._put_walk(None)
                return looked
            after: Step = "confirm" if walk.step == "scope" else "waiting"
            walk = Walk(step=after, everyone=walk.everyone)

    def _scope(self, key: str, everyone: bool) -> None:
        state = self._held_at(key)
        if state.spent:
            return
        spent = self._is_export(state.claim)
        if not self._keeps or not self._in_scope(state.claim):
            self._change(state, state.model_copy(update={"drawn": None}))
        elif spent:
            self._change(state, state.model_copy(update={"spent": True}))

    def _confirm(self, key: str, everyone: bool) -> None:
        state = self._held_at(key)
        assert state.drawn is not None
        if not state.spent and self._overdrawn(state.drawn):
            self._change(state, state.model_copy(update={"drawn": None}))
        elif self._satisfied(state):
            self._answer(state)

    def _offer(self, key: str, everyone: bool) -> None:
        value = self._transaction.get(key)
        assert value is not None
        waiting = Waiting.model_validate_json(value)
        if not everyone and waiting.told and not waiting.in_scope:
            return
        state = self._state(waiting.key)
        assert state is not None
        fits = self._drawable and self._in_scope(state.claim)
        fits = fits and not any(self._short(state.claim.shipment_id, waiting.draw, state.drawn))
        if not (fits or everyone or not waiting.told):
            return
        new = state
        if fits and state.claim.kind == "claim":
            spent = state.spent or self._is_export(state.claim)
            new = state.model_copy(update={"drawn": waiting.draw, "spent": spent})
        self._change(state, new)
        after = self._state(waiting.key)
        assert after is not None
        self._answer(after)

    def _change(self, old: ClaimState, new: ClaimState) -> None:
        """Change what a claim has, within a walk: who is answered, the walk says."""
        self._unlist(old)
        self._list(new, told=True)

    def _older_are_waiting(self, place: int) -> bool:
        """Say whether a walk is under way that has not come by this place yet."""
        walk = self._walk()
        return walk is not None and (
            walk.step != "waiting" or walk.cursor < waiting_key(self._id, place)
        )

    def _someone_may_fit(self) -> None:
        walk = self._walk()
        if walk is not None:
            if walk.step == "waiting":
                self._put_walk(walk.model_copy(update={"cursor": ""}))
        elif self._ledger.waiting:
            self._walk_on(Walk(step="waiting", everyone=False), OFFERED_AT_ONCE)

    # What is on file

    @property
    def _drawable(self) -> bool:
        return self._file is not None and self._file.drawable

    @property
    def _keeps(self) -> bool:
        return self._file is not None and self._file.keeps

    def _in_scope(self, claim: Claim) -> bool:
        if self._file is None:
            return False
        about = claim.shipment_id, claim.line, claim.shipment_revision
        known = self._scopes.get(about)
        if known is None:
            known = self._scopes[about] = not any(mismatches(claim, self._file.license))
        return known

    def _short(self, shipment_id: str, draw: Draw, own: Draw | None) -> Iterator[Mismatch]:
        """Yield what of a line's draw does not fit; its shipment may need an export as well."""
        assert self._file is not None
        if self._export(shipment_id) is None:
            draw = {**draw, **ONE_EXPORT}
        return shortfalls(self._file.license, self._ledger, draw, own)

    def _overdrawn(self, draw: Draw) -> bool:
        assert self._file is not None
        return overdrawn(self._file.license, self._ledger, {**draw, **ONE_EXPORT})

    def _export(self, shipment_id: str) -> Export | None:
        value = self._transaction.get(export_key(self._id, shipment_id))
        return None if value is None else Export.model_validate_json(value)

    def _is_export(self, claim: Claim) -> bool:
        """Say whether what the claim has is spent: it departed, or it exhausted the license."""
        if claim.stage == "exported":
            return True
        exhausted = self._file is not None and self._file.license.status is LicenseStatus.EXHAUSTED
        return exhausted and claim.stage == "cleared"

    def _satisfied(self, state: ClaimState) -> bool:
        """Say whether a claim has what it asks for; one that only asks, whether it could have."""
        draw = draw_of(state.claim)
        if not self._in_scope(state.claim):
            return False
        if state.claim.kind == "ask":
            return self._drawable and not any(
                self._short(state.claim.shipment_id, draw, state.drawn)
            )
        return within(draw, state.drawn)

    def _answer(self, state: ClaimState) -> None:
        claim, has = state.claim, self._satisfied(state)
        beyond: tuple[Mismatch, ...] = ()
        if not has and self._file is not None:
            beyond = tuple(self._short(claim.shipment_id, draw_of(claim), state.drawn))
        reserved = has and claim.kind == "claim"
        verdict = answer(claim, self._file, beyond, reserved=reserved, spent=has and state.spent)
        self._transaction.count("verdict", answer_in_a_word(claim, verdict))
        self._transaction.emit(VERDICTS, claim.shipment_id, canonical(verdict))

    def _state(self, key: str) -> ClaimState | None:
        value = self._transaction.get(key)
        return None if value is None else ClaimState.model_validate_json(value)

    def _held_at(self, key: str) -> ClaimState:
        value = self._transaction.get(key)
        state = None if value is None else self._state(value.decode())
        assert state is not None, "who holds something has a claim"
        return state

    def _walk(self) -> Walk | None:
        value = self._transaction.get(walk_key(self._id))
        return None if value is None else Walk.model_validate_json(value)

    def _put_walk(self, walk: Walk | None) -> None:
        key = walk_key(self._id)
        if walk is not None:
            self._transaction.put(key, canonical(walk))
        elif self._transaction.get(key) is not None:
            self._transaction.put(key, None)

    def _count_waiting(self, sign: int) -> None:
        self._ledger = self._ledger.model_copy(update={"waiting": self._ledger.waiting + sign})


def _freed(before: Ledger, now: Ledger) -> bool:
    """Say whether there is more of something than before."""
    return any(now.taken(name) < before.taken(name) for name in (*before.reserved, *before.spent))
