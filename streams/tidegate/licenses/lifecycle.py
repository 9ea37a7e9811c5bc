"""The life of a license: which status may follow which, and what no status follows.

Source: Regulations on the export control of dual-use items (State Council Order No. 792), articles
15 (a single license lapses with its export), 17 (decision on an application) and 18 (amendment,
stop of use, withdrawal, revocation).
"""

from __future__ import annotations

from typing import NamedTuple

from tidegate.events.license import License
from tidegate.events.license import LicenseStatus as Status

_DECIDED = {Status.GRANTED, Status.ACTIVE, Status.DENIED, Status.RETURNED, Status.WITHDRAWN}
_ENDED = {Status.EXPIRED, Status.REVOKED, Status.WITHDRAWN, Status.EXHAUSTED}
_IN_USE = {Status.ACTIVE, Status.AMENDMENT_PENDING, Status.SUSPENDED, *_ENDED}

FOLLOWERS: dict[Status, frozenset[Status]] = {
    Status.SUBMITTED: frozenset({Status.ACCEPTED, Status.RETURNED, Status.WITHDRAWN}),
    Status.ACCEPTED: frozenset({Status.UNDER_REVIEW, Status.INFORMATION_REQUESTED, *_DECIDED}),
    Status.UNDER_REVIEW: frozenset({Status.INFORMATION_REQUESTED, *_DECIDED}),
    Status.INFORMATION_REQUESTED: frozenset({Status.UNDER_REVIEW, *_DECIDED}),
    Status.GRANTED: frozenset(_IN_USE),
    Status.ACTIVE: frozenset(_IN_USE),
    Status.AMENDMENT_PENDING: frozenset({Status.GRANTED, *_IN_USE}),
    Status.SUSPENDED: frozenset({Status.GRANTED, *_IN_USE}),
    Status.DENIED: frozenset(),
    Status.RETURNED: frozenset(),
    Status.WITHDRAWN: frozenset(),
    Status.EXPIRED: frozenset({Status.REVOKED}),
    Status.REVOKED: frozenset(),
    Status.EXHAUSTED: frozenset({Status.EXPIRED, Status.REVOKED}),
}
"""What may come next. Revisions in between may have been missed: see `may_become`."""

FINAL = frozenset({*_ENDED, Status.DENIED, Status.RETURNED})
"""After one of these a license is never usable again, whatever a later revision says: the law asks
for a new one, under a new number."""

_DRAWABLE = frozenset({Status.GRANTED, Status.ACTIVE, Status.AMENDMENT_PENDING, Status.SUSPENDED})
"""While a license stands so, claims are reserved on it. A stop of use may end again."""


def may_become(before: Status, now: Status) -> bool:
    """Say whether a license can have come from one status to another, over any in between."""
    reached, ahead = {before}, [before]
    while ahead:
        for status in FOLLOWERS[ahead.pop()] - reached:
            reached.add(status)
            ahead.append(status)
    return now in reached


class Filed(NamedTuple):
    """A license as its owner has it on file: its last revision, and what earlier ones leave."""

    license: License
    ended: Status | None = None
    """A final status that an earlier revision gave; the last one's own does not stand here."""
    replaced_by: str | None = None
    """Number of a license in force that says it replaces this one."""

    @property
    def drawable(self) -> bool:
        """Say whether claims may be reserved on it; whether it may be used, the shipment judges."""
        return self.license.status in _DRAWABLE and self._stands

    @property
    def keeps(self) -> bool:
        """Say whether what is reserved stays so.

        An exhausted license keeps it: word of its exhaustion and word of the export that exhausted
        it come from two sources, in any order.
        """
        return self.drawable or (self.license.status is Status.EXHAUSTED and self._stands)

    @property
    def _stands(self) -> bool:
        return self.ended is None and (self.replaced_by or self.license.replaced_by) is None


def ended_before(ended: Status | None, before: Status, now: Status) -> Status | None:
    """Return the final status that bars a license from now on; None: nothing bars it.

    Args:
        ended: What barred it so far.
        before: The last revision's status.
        now: The new revision's status.
    """
    if ended is None and before in FINAL and now not in FINAL:
        return before
    return ended
