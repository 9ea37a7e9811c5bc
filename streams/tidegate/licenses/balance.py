"""What is left of a license: what each claim draws, what is reserved and spent, what still fits.

Everything that a license limits is a resource of the same kind: a quantity (by what its unit
measures), money (by currency), and the exports themselves. A claim draws on all of them or on none.
What is granted is what is free, reserved and spent: `Ledger` keeps the last two, exactly.

Source: a license keeps to its scope, a single one is for one export (Regulations on the export
control of dual-use items, articles 15 and 18).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal, localcontext
from typing import Annotated, Literal, NamedTuple

from pydantic import Field, PlainSerializer

from tidegate.events.claim import Claim, Mismatch
from tidegate.events.license import License, LicenseType
from tidegate.events.model import RecordModel
from tidegate.events.values import decimal_text
from tidegate.licenses.units import EXACT, base, in_unit

EXPORTS = "exports"
ZERO = Decimal(0)

Exact = Annotated[Decimal, PlainSerializer(decimal_text, return_type=str, when_used="json")]
"""A sum or product of amounts, which may have more digits than an amount."""

Draw = dict[str, Exact]
"""Amounts by resource, in the resource's own unit."""


ONE_EXPORT: Draw = {EXPORTS: Decimal(1)}
"""What a shipment draws with the first of its lines that gets anything."""


class Limit(NamedTuple):
    """What a license grants of one resource."""

    resource: str
    amount: Decimal
    """In the resource's own unit."""
    aspect: Literal["quantity", "value", "uses"]
    unit: str
    """Unit or currency in which the license states it."""

    def text(self, amount: Decimal) -> str:
        """Write an amount of the resource as the license would."""
        if self.aspect == "quantity":
            amount = in_unit(amount, self.unit)
        unit = self.unit
        if self.aspect == "uses" and amount != 1:
            unit += "s"
        return f"{decimal_text(amount)} {unit}"


class Ledger(RecordModel):
    """What has been taken of a license."""

    places: int = 0
    """Places given out: each claim has one, in the order of the license's log."""
    claims: int = 0
    waiting: int = 0
    """Claims that have not been granted all they ask for."""
    reserved: Draw = Field(default_factory=dict)
    spent: Draw = Field(default_factory=dict)
    exporter: str | None = None
    """The shipment that took an export last."""

    def taken(self, resource: str) -> Decimal:
        """Return how much of a resource is not free."""
        with localcontext(EXACT):
            return self.reserved.get(resource, ZERO) + self.spent.get(resource, ZERO)

    def plus(self, draw: Draw, *, spent: bool) -> Ledger:
        """Return the ledger after a draw."""
        return self._changed(draw, spent, 1)

    def minus(self, draw: Draw, *, spent: bool) -> Ledger:
        """Return the ledger after a draw was given back."""
        return self._changed(draw, spent, -1)

    def _changed(self, draw: Draw, spent: bool, sign: int) -> Ledger:
        side = dict(self.spent if spent else self.reserved)
        with localcontext(EXACT):
            for resource, amount in draw.items():
                side[resource] = side.get(resource, ZERO) + sign * amount
        kept = {resource: amount for resource, amount in side.items() if amount}
        return self.model_copy(update={"spent" if spent else "reserved": kept})


def draw_of(claim: Claim) -> Draw:
    """Return what a line's claim asks for, whether or not its license limits it.

    The export itself is not among it: all lines of a shipment are one (`ONE_EXPORT`).
    """
    draw: Draw = {}
    if claim.quantity is not None and claim.unit is not None:
        measure, amount = base(claim.quantity, claim.unit)
        draw[measure] = amount
    if claim.value is not None and claim.currency is not None:
        draw[_money(claim.currency)] = claim.value
    return draw


def limits(license_: License) -> Iterator[Limit]:
    """Yield what a license limits, in a fixed order. It sets no limit that it does not state."""
    if license_.quantity is not None:
        unit = license_.unit or "no unit"
        measure, amount = base(license_.quantity, unit)
        yield Limit(measure, amount, "quantity", unit)
    if license_.value is not None:
        currency = license_.currency or "no currency"
        yield Limit(_money(currency), license_.value, "value", currency)
    uses = _uses(license_)
    if uses is not None:
        yield Limit(EXPORTS, Decimal(uses), "uses", "export")


def shortfalls(
    license_: License, ledger: Ledger, draw: Draw, own: Draw | None = None
) -> Iterator[Mismatch]:
    """Yield every limit of the license that a draw would break.

    Args:
        license_: The license.
        ledger: What has been taken of it.
        draw: What is asked for.
        own: What the same claim has taken already; it need not be free.
    """
    for limit in limits(license_):
        amount = draw.get(limit.resource)
        if amount is None:
            continue
        with localcontext(EXACT):
            free = limit.amount - ledger.taken(limit.resource)
            free += (own or {}).get(limit.resource, ZERO)
        if amount > free or limit.amount == 0:
            licensed = limit.text(limit.amount)
            if free < limit.amount:
                licensed += f", {limit.text(max(free, ZERO))} free"
                if limit.aspect == "uses" and ledger.exporter is not None:
                    licensed += f", last taken by {ledger.exporter}"
            yield Mismatch(aspect=limit.aspect, claimed=limit.text(amount), licensed=licensed)


def overdrawn(license_: License, ledger: Ledger, draw: Draw) -> bool:
    """Say whether more is taken than there is of something that this draw takes."""
    return any(
        ledger.taken(limit.resource) > limit.amount
        for limit in limits(license_)
        if limit.resource in draw
    )


def within(draw: Draw, held: Mapping[str, Decimal] | None) -> bool:
    """Say whether what is held suffices for a draw: no need to ask for more."""
    return held is not None and all(held.get(name, ZERO) >= draw[name] for name in draw)


def lapses_with_export(license_: License) -> bool:
    """Say whether one export ends the license, and goods that come back do not revive it."""
    return license_.license_type is LicenseType.SINGLE


def _uses(license_: License) -> int | None:
    """A single license is for one export (article 15), whatever its file says."""
    return 1 if lapses_with_export(license_) else license_.max_uses


def _money(currency: str) -> str:
    return "money " + currency
