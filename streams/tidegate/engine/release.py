"""What a person's release covers: the hold and review reasons that the person saw, as they were.

A reason's fingerprint digests the measure's content, the evidence, the entry met and what was
unknown. Any other or changed reason makes the whole release lapse: the shipment holds again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from tidegate.engine.question import Release
from tidegate.events.codec import canonical, derived_id
from tidegate.events.decision import Action, Reason
from tidegate.measures.tables import Tables


def fingerprint(reason: Reason, measure_digest: str) -> str:
    """Digest a reason and the content of the measure that it cites.

    Without the score: it moves with how common words are on the lists, which nobody decided on.
    """
    seen = reason if reason.score is None else reason.model_copy(update={"score": None})
    return derived_id("reason", measure_digest, canonical(seen))


def fingerprints(reasons: Iterable[Reason], tables: Tables) -> tuple[str, ...]:
    """Return the fingerprints of the reasons that hold or ask for review, in their order."""
    return tuple(
        fingerprint(reason, tables.digest_of(reason.measure))
        for reason in reasons
        if reason.outcome.action is not Action.PASS
    )


def releasing(
    seen_now: Sequence[str], releases: Iterable[Release], as_of: datetime
) -> tuple[str, ...]:
    """Return the dispositions that together cover everything; empty where something is not."""
    active = [r for r in releases if r.expires_at is None or as_of < r.expires_at]
    covered = {print_ for release in active for print_ in release.covers}
    if not seen_now or not covered.issuperset(seen_now):
        return ()
    wanted = set(seen_now)
    return tuple(release.disposition_id for release in active if wanted & set(release.covers))
