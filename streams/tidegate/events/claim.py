"""A shipment line's request to draw on a license, and the license owner's answer.

Internal records: the two owners talk by these and never read each other's state.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from tidegate.events.license import LicenseStatus, LicenseType
from tidegate.events.model import RecordModel
from tidegate.events.shipment import EndUseClass
from tidegate.events.values import (
    Amount,
    ControlCode,
    CountryCode,
    Currency,
    HsCode,
    Identifier,
    Moment,
    Name,
    Revision,
    Unit,
)


class Claim(RecordModel):
    """What one line wants of one license. `kind: withdraw` takes an earlier claim back."""

    kind: Literal["claim", "withdraw"] = "claim"
    license_id: Identifier
    shipment_id: Identifier
    shipment_revision: Revision
    line: int
    exporters: tuple[Name, ...] = ()
    consignees: tuple[Name, ...] = ()
    end_users: tuple[Name, ...] = ()
    destination_country: CountryCode | None = None
    end_use_class: EndUseClass = EndUseClass.UNKNOWN
    control_codes: tuple[ControlCode, ...] = ()
    hs_code: HsCode | None = None
    quantity: Amount | None = None
    unit: Unit | None = None
    value: Amount | None = None
    currency: Currency | None = None


class Mismatch(RecordModel):
    """One respect in which a claim goes beyond its license, or cannot be compared with it."""

    aspect: Literal[
        "holder",
        "consignee",
        "end_user",
        "destination",
        "item",
        "end_use",
        "unit",
        "quantity",
        "value",
        "uses",
    ]
    claimed: str
    licensed: str
    unknown: str | None = None
    """Name of the missing fact, where the two could not be compared."""


class LicenseFacts(RecordModel):
    """What a verdict carries of the license, for the shipment's owner to judge at its instant."""

    regime: str
    authority: Name | None = None
    license_type: LicenseType
    status: LicenseStatus
    status_reason: str | None = None
    valid_from: Moment | None = None
    valid_to: Moment | None = None
    conditions: tuple[str, ...] = ()


class Verdict(RecordModel):
    """A license owner's answer to one claim, with both revisions.

    `license` is None for a number that is not known (yet); the claim is remembered, and answered
    again when the license arrives.
    """

    shipment_id: Identifier
    shipment_revision: Revision
    line: int
    license_id: Identifier
    license_revision: Revision | None = None
    license: LicenseFacts | None = None
    mismatches: tuple[Mismatch, ...] = Field(default=())
