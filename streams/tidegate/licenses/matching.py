"""Say in what respects a claim goes beyond its license.

The owner of the license asks this; the answer travels in the verdict. What either side does not
state cannot be compared, and counts as a mismatch that names the missing fact: fail closed. Only
quantity, value and end use are limits that a license may leave open; it sets none where it states
none.

Source: a license keeps to its scope (Regulations on the export control of dual-use items,
article 18); its certificate names exporter, consignee, end user, destination, goods and quantity.
"""

from __future__ import annotations

from collections.abc import Iterator

from tidegate.events.claim import Claim, LicenseFacts, Mismatch, Verdict
from tidegate.events.license import License
from tidegate.events.shipment import EndUseClass
from tidegate.events.values import decimal_text
from tidegate.licenses.units import is_more
from tidegate.parties.fold import fold


def answer(claim: Claim, license_: License | None) -> Verdict:
    """Answer a claim with the license as it stands; None where its number is not known."""
    if license_ is None:
        return Verdict(
            shipment_id=claim.shipment_id,
            shipment_revision=claim.shipment_revision,
            line=claim.line,
            license_id=claim.license_id,
        )
    return Verdict(
        shipment_id=claim.shipment_id,
        shipment_revision=claim.shipment_revision,
        line=claim.line,
        license_id=claim.license_id,
        license_revision=license_.revision,
        license=LicenseFacts(
            regime=license_.regime,
            authority=license_.authority,
            license_type=license_.license_type,
            status=license_.status,
            status_reason=license_.status_reason,
            valid_from=license_.valid_from,
            valid_to=license_.valid_to,
            conditions=license_.conditions,
        ),
        mismatches=tuple(mismatches(claim, license_)),
    )


def mismatches(claim: Claim, license_: License) -> Iterator[Mismatch]:
    """Yield every respect in which the claim is not within the license, in a fixed order."""
    yield from _names("holder", claim.exporters, _one(license_.holder), "parties[exporter]")
    yield from _names("consignee", claim.consignees, license_.consignees, "parties[consignee]")
    yield from _names("end_user", claim.end_users, license_.end_users, "parties[end_user]")
    yield from _destination(claim, license_)
    yield from _item(claim, license_)
    yield from _end_use(claim, license_)
    yield from _quantity(claim, license_)
    yield from _value(claim, license_)


def covers(licensed: str, stated: str) -> bool:
    """Say whether a code covers another: `CN:1C905` covers itself and `CN:1C905.b`."""
    return stated == licensed or stated.startswith(licensed + ".")


def _one(name: str | None) -> tuple[str, ...]:
    return () if name is None else (name,)


_LICENSE_FIELD = {
    "holder": "license.holder",
    "consignee": "license.consignees",
    "end_user": "license.end_users",
}


def _names(
    aspect: str, claimed: tuple[str, ...], licensed: tuple[str, ...], claimed_path: str
) -> Iterator[Mismatch]:
    allowed = {fold(name) for name in licensed}
    unknown = None
    if not licensed:
        unknown = _LICENSE_FIELD[aspect]
    elif not claimed:
        unknown = claimed_path
    elif all(fold(name) in allowed for name in claimed):
        return
    yield Mismatch.model_validate(
        {
            "aspect": aspect,
            "claimed": "; ".join(claimed) or "not stated",
            "licensed": _shortened(licensed),
            "unknown": unknown,
        }
    )


def _destination(claim: Claim, license_: License) -> Iterator[Mismatch]:
    unknown = None
    if not license_.destination_countries:
        unknown = "license.destination_countries"
    elif claim.destination_country is None:
        unknown = "destination_country"
    elif claim.destination_country in license_.destination_countries:
        return
    yield Mismatch(
        aspect="destination",
        claimed=claim.destination_country or "not stated",
        licensed=_shortened(license_.destination_countries),
        unknown=unknown,
    )


def _item(claim: Claim, license_: License) -> Iterator[Mismatch]:
    """Compare codes of the license's regime; tariff codes where one side has no control code."""
    prefix = license_.regime + ":"
    stated = tuple(code for code in claim.control_codes if code.startswith(prefix))
    licensed = license_.control_codes
    unknown = None
    if stated and licensed:
        if all(any(covers(wide, code) for wide in licensed) for code in stated):
            return
    elif license_.hs_codes and claim.hs_code is not None:
        if any(claim.hs_code.startswith(wide) for wide in license_.hs_codes):
            return
    elif not licensed and not license_.hs_codes:
        unknown = "license.control_codes"
    else:
        unknown = f"items[line {claim.line}].control_codes"
    yield Mismatch(
        aspect="item",
        claimed=", ".join(stated) or claim.hs_code or "not stated",
        licensed=_shortened(licensed or license_.hs_codes),
        unknown=unknown,
    )


def _end_use(claim: Claim, license_: License) -> Iterator[Mismatch]:
    allowed = license_.end_use_class
    if allowed is None or allowed is claim.end_use_class:
        return
    unknown = "end_use.class" if claim.end_use_class is EndUseClass.UNKNOWN else None
    yield Mismatch(aspect="end_use", claimed=claim.end_use_class, licensed=allowed, unknown=unknown)


def _quantity(claim: Claim, license_: License) -> Iterator[Mismatch]:
    """Compare one line with the whole grant, in units that measure the same thing.

    The balance over many lines is not kept here.
    """
    if license_.quantity is None:
        return
    licensed = f"{decimal_text(license_.quantity)} {license_.unit or 'no unit'}"
    if claim.quantity is None or claim.unit is None:
        missing = "quantity" if claim.quantity is None else "unit"
        yield Mismatch(
            aspect="quantity",
            claimed="not stated",
            licensed=licensed,
            unknown=f"items[line {claim.line}].{missing}",
        )
        return
    more = is_more(claim.quantity, claim.unit, license_.quantity, license_.unit or "")
    if more is None:
        yield Mismatch(aspect="unit", claimed=claim.unit, licensed=licensed)
    elif more:
        yield Mismatch(
            aspect="quantity",
            claimed=f"{decimal_text(claim.quantity)} {claim.unit}",
            licensed=licensed,
        )


def _value(claim: Claim, license_: License) -> Iterator[Mismatch]:
    """Compare one line with the whole grant. Currencies are not converted: another one differs."""
    if license_.value is None:
        return
    licensed = f"{decimal_text(license_.value)} {license_.currency or 'no currency'}"
    if claim.value is None or claim.currency is None:
        missing = "value" if claim.value is None else "currency"
        yield Mismatch(
            aspect="value",
            claimed="not stated",
            licensed=licensed,
            unknown=f"items[line {claim.line}].{missing}",
        )
    elif claim.currency != license_.currency or claim.value > license_.value:
        yield Mismatch(
            aspect="value",
            claimed=f"{decimal_text(claim.value)} {claim.currency}",
            licensed=licensed,
        )


MAX_SHOWN = 5


def _shortened(values: tuple[str, ...]) -> str:
    if not values:
        return "not stated"
    shown = "; ".join(values[:MAX_SHOWN])
    return shown if len(values) <= MAX_SHOWN else f"{shown}; and {len(values) - MAX_SHOWN} more"
