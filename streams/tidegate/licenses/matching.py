"""Say in what respects a claim goes beyond its license.

The owner of the license asks this; the answer travels in the verdict. What either side does not
state cannot be compared, and counts as a mismatch that names the missing fact: fail closed. Only
quantity, value and end use are limits that a license may leave open; it sets none where it states
none.

Source: a license keeps to its scope (Regulations on the export control of dual-use items,
article 18); its certificate names exporter, consignee, end user, destination, goods and quantity.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tidegate.events.claim import Claim, LicenseFacts, Mismatch, Verdict
from tidegate.events.license import USABLE_STATUSES, License
from tidegate.events.shipment import EndUseClass
from tidegate.events.values import decimal_text
from tidegate.licenses.lifecycle import Filed
from tidegate.licenses.units import same_measure
from tidegate.parties.fold import fold


def answer(
    claim: Claim,
    file: Filed | None,
    beyond: Iterable[Mismatch] = (),
    *,
    reserved: bool = True,
    spent: bool = False,
) -> Verdict:
    """Answer a claim with the license as it stands.

    Args:
        claim: What is asked.
        file: The license; None where its number is not known.
        beyond: What of the claim the balance does not cover.
        reserved: The claim has all that it asks for.
        spent: The claim's export has taken place, and what it drew is spent.
    """
    verdict = Verdict(
        shipment_id=claim.shipment_id,
        shipment_revision=claim.shipment_revision,
        line=claim.line,
        license_id=claim.license_id,
    )
    if file is None:
        return verdict
    license_ = file.license
    update = {
        "license_revision": license_.revision,
        "license": LicenseFacts(
            regime=license_.regime,
            authority=license_.authority,
            license_type=license_.license_type,
            status=license_.status,
            status_reason=license_.status_reason,
            ended=file.ended,
            replaced_by=file.replaced_by or license_.replaced_by,
            valid_from=license_.valid_from,
            valid_to=license_.valid_to,
            conditions=license_.conditions,
        ),
        "mismatches": (*mismatches(claim, license_), *beyond),
        "unreserved": not reserved,
        "spent": spent,
    }
    return verdict.model_copy(update=update)


def answer_in_a_word(claim: Claim, verdict: Verdict) -> str:
    """Say what an answer comes to, for a count of answers: the first of these that is true."""
    license_ = verdict.license
    if license_ is None:
        return "not_on_file"
    if license_.status not in USABLE_STATUSES or license_.ended or license_.replaced_by:
        return "not_usable"
    aspects = {mismatch.aspect for mismatch in verdict.mismatches}
    if aspects - {"quantity", "value", "uses"}:
        return "out_of_scope"
    if aspects:
        return "balance_short"
    if claim.kind == "ask":
        return "would_grant"
    return "spent" if verdict.spent else "reserved"


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
    """Say whether the line can be set against the license's quantity; the balance says how much.

    Nothing is a quantity that was not stated: a line of zero would always fit.
    """
    if license_.quantity is None:
        return
    licensed = f"{decimal_text(license_.quantity)} {license_.unit or 'no unit'}"
    if not claim.quantity or claim.unit is None:
        missing = "unit" if claim.quantity else "quantity"
        yield Mismatch(
            aspect="quantity",
            claimed="not stated" if claim.quantity is None else decimal_text(claim.quantity),
            licensed=licensed,
            unknown=f"items[line {claim.line}].{missing}",
        )
    elif not same_measure(claim.unit, license_.unit or ""):
        yield Mismatch(aspect="unit", claimed=claim.unit, licensed=licensed)


def _value(claim: Claim, license_: License) -> Iterator[Mismatch]:
    """Say whether the line can be set against the license's value. Currencies are not converted."""
    if license_.value is None:
        return
    licensed = f"{decimal_text(license_.value)} {license_.currency or 'no currency'}"
    if not claim.value or claim.currency is None:
        missing = "currency" if claim.value else "value"
        yield Mismatch(
            aspect="value",
            claimed="not stated" if claim.value is None else decimal_text(claim.value),
            licensed=licensed,
            unknown=f"items[line {claim.line}].{missing}",
        )
    elif claim.currency != license_.currency:
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
