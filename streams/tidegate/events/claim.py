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
    """What one line wants of one license.

    A claim reserves; `ask` only asks whether it could, for a line that cites several licenses and
    claims one of them; `withdraw` takes an earlier one back.
    """

    kind: Literal["claim", "ask", "withdraw"] = "claim"
    license_id: Identifier
    shipment_id: Identifier
    shipment_revision: Revision
    line: int
    stage: Literal["planned", "cleared", "exported"] = "planned"
    """Released by customs it is cleared; departed it is exported, and what is reserved is spent.
    What is withdrawn at that stage came back."""
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


class Replacement(RecordModel):
    """Tell a license's owner that another license, in force, replaces it."""

    kind: Literal["replacement"] = "replacement"
    license_id: Identifier
    replaced_by: Identifier


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
    ended: LicenseStatus | None = None
    """A final status that an earlier revision gave it: no later one makes it usable again."""
    replaced_by: Identifier | None = None
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
    unreserved: bool = False
    """Nothing is reserved: the claim was refused, or it only asked."""
    spent: bool = False
    """This claim's export has taken place; what it drew is spent, and stays so."""
