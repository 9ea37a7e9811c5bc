"""Remember the key facts at license grant or customs release, and say what differs since.

Source: a change of end user, end use, destination or item type needs a new license, and the export
stops meanwhile (Regulations on the export control of dual-use items, articles 18(2) and 25).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tidegate.engine.question import Baseline, EndUser
from tidegate.events.shipment import (
    Answer,
    EndUseClass,
    PartyClass,
    Role,
    Shipment,
    ShipmentStatus,
)
from tidegate.parties.fold import fold

PAST_CUSTOMS = frozenset({ShipmentStatus.RELEASED, ShipmentStatus.DEPARTED, ShipmentStatus.ARRIVED})


def next_baseline(
    baseline: Baseline | None, facts: Shipment, granted_by: Sequence[str]
) -> Baseline | None:
    """Return the baseline after these facts, and the licenses that grant them, are known.

    It is set once: by the first full grant, or by customs release. Only a license that had no part
    in it can set it anew, and only before release: that is the 'new license' of article 18(2).
    """
    released = facts.status in PAST_CUSTOMS
    if baseline is None:
        if granted_by:
            return _taken(facts, "license", granted_by)
        return _taken(facts, "release", ()) if released else None
    if released or not granted_by:
        return baseline
    if baseline.set_by == "license" and not set(granted_by) & set(baseline.licenses):
        return _taken(facts, "license", granted_by)
    return baseline


def differences(baseline: Baseline, facts: Shipment) -> Iterator[tuple[str, str, str, str]]:
    """Yield (aspect, path, before, now) for what differs from the baseline.

    A fact that was not known then, and is now, is learned rather than changed: the measures judge
    it as it stands. A fact that was known and is withheld now is a change.
    """
    now = {user.folded: (number, user) for number, user in _end_users(facts)}
    before = {user.folded: user for user in baseline.end_users}
    for folded, (number, user) in now.items():
        was = before.get(folded)
        if was is None and before:
            names = "; ".join(user.name for user in baseline.end_users)
            yield "end_user", f"parties[{number}].name", names, user.name
        elif was is not None:
            path = f"parties[{number}]"
            if was.country is not None and was.country != user.country:
                yield "end_user", f"{path}.country", was.country, user.country or "not stated"
            if was.class_ is not PartyClass.UNKNOWN and was.class_ is not user.class_:
                yield "end_user", f"{path}.class", was.class_, user.class_
    if before and not now:
        names = "; ".join(user.name for user in baseline.end_users)
        yield "end_user", "parties[end_user]", names, "not stated"
    use = facts.end_use
    if baseline.end_use_class not in (EndUseClass.UNKNOWN, use.class_):
        yield "end_use", "end_use.class", baseline.end_use_class, use.class_
    if baseline.military_capability not in (Answer.UNKNOWN, use.military_capability):
        path = "end_use.military_capability"
        yield "end_use", path, baseline.military_capability, use.military_capability
    there = baseline.destination_country
    if there is not None and there != facts.destination_country:
        yield "destination", "destination_country", there, facts.destination_country or "not stated"


def _taken(facts: Shipment, set_by: str, licenses: Sequence[str]) -> Baseline:
    return Baseline(
        revision=facts.revision,
        set_by=set_by,
        licenses=tuple(licenses),
        end_users=tuple(user for _, user in _end_users(facts)),
        end_use_class=facts.end_use.class_,
        military_capability=facts.end_use.military_capability,
        destination_country=facts.destination_country,
    )


def _end_users(facts: Shipment) -> Iterator[tuple[int, EndUser]]:
    for number, party in enumerate(facts.parties):
        if party.role is Role.END_USER:
            yield (
                number,
                EndUser(
                    name=party.name,
                    folded=fold(party.name),
                    country=party.country,
                    class_=party.class_,
                ),
            )
