"""Remember the key facts at license grant or customs release, and say what differs since.

End user, end use and destination are compared from whichever came first; item and quantity from
customs release only, for until then a booking is still being made up.

Source: a change of end user, end use, destination or item type needs a new license, and the export
stops meanwhile (Regulations on the export control of dual-use items, articles 18(2) and 25).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tidegate.engine.question import Baseline, EndUser, Goods
from tidegate.events.shipment import (
    Answer,
    EndUseClass,
    Item,
    PartyClass,
    Role,
    Shipment,
    ShipmentStatus,
)
from tidegate.events.values import decimal_text
from tidegate.licenses.units import base
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
    if released and baseline is not None and not baseline.goods:
        return baseline.model_copy(update={"goods": tuple(_goods(facts))})
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
    if baseline.goods:
        yield from _other_goods(baseline.goods, facts)


def _other_goods(before: Sequence[Goods], facts: Shipment) -> Iterator[tuple[str, str, str, str]]:
    """Yield what differs line by line; a tariff code alone tells of goods under no control code."""
    now = {item.line: (f"items[{index}]", item) for index, item in enumerate(facts.items)}
    released = {goods.line: goods for goods in before}
    for line, (path, item) in now.items():
        if line not in released and item.control_codes:
            yield "item", path, "not released", ", ".join(item.control_codes)
    for line, goods in released.items():
        if line not in now:
            if goods.control_codes:
                gone = ", ".join(goods.control_codes)
                yield "item", f"items[line {line}]", gone, "not stated"
            continue
        path, item = now[line]
        codes = set(item.control_codes)
        if codes != set(goods.control_codes) and goods.control_codes:
            yield (
                "item",
                f"{path}.control_codes",
                ", ".join(goods.control_codes),
                ", ".join(item.control_codes) or "not stated",
            )
        elif codes and goods.hs_code not in (None, item.hs_code):
            yield "item", f"{path}.hs_code", goods.hs_code or "", item.hs_code or "not stated"
        if goods.quantity is not None and not _same(goods, item):
            yield "quantity", f"{path}.quantity", _amount(goods), _amount(item)


def _same(goods: Goods, item: Item) -> bool:
    """Say whether it is the same quantity, in whichever unit it is stated."""
    if item.quantity is None or goods.quantity is None:
        return False
    return base(goods.quantity, goods.unit or "") == base(item.quantity, item.unit or "")


def _amount(goods: Goods | Item) -> str:
    if goods.quantity is None:
        return "not stated"
    return f"{decimal_text(goods.quantity)} {goods.unit or ''}".strip()


def _taken(facts: Shipment, set_by: str, licenses: Sequence[str]) -> Baseline:
    return Baseline(
        revision=facts.revision,
        set_by=set_by,
        licenses=tuple(licenses),
        end_users=tuple(user for _, user in _end_users(facts)),
        end_use_class=facts.end_use.class_,
        military_capability=facts.end_use.military_capability,
        destination_country=facts.destination_country,
        goods=tuple(_goods(facts)) if set_by == "release" else (),
    )


def _goods(facts: Shipment) -> Iterator[Goods]:
    for item in facts.items:
        yield Goods(
            line=item.line,
            control_codes=item.control_codes,
            hs_code=item.hs_code,
            quantity=item.quantity,
            unit=item.unit,
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
