"""A license, or an application for one, as its authority's file stands at one revision."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from tidegate.events.model import EventModel
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
    Text,
    Unit,
)

MAX_NAMED = 1000


class LicenseType(StrEnum):
    """What kind of permission it is (China: Regulations on dual-use items, article 15)."""

    SINGLE = "single"
    GENERAL = "general"
    REGISTRATION = "registration"
    INDIVIDUAL = "individual"
    GLOBAL = "global"
    EXCEPTION = "exception"


class LicenseStatus(StrEnum):
    """Where the application or the license stands."""

    SUBMITTED = "submitted"
    ACCEPTED = "accepted"
    UNDER_REVIEW = "under_review"
    INFORMATION_REQUESTED = "information_requested"
    GRANTED = "granted"
    ACTIVE = "active"
    AMENDMENT_PENDING = "amendment_pending"
    SUSPENDED = "suspended"
    DENIED = "denied"
    RETURNED = "returned"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    REVOKED = "revoked"
    EXHAUSTED = "exhausted"


USABLE_STATUSES = frozenset({LicenseStatus.GRANTED, LicenseStatus.ACTIVE})
APPLICATION_STATUSES = frozenset(
    {
        LicenseStatus.SUBMITTED,
        LicenseStatus.ACCEPTED,
        LicenseStatus.UNDER_REVIEW,
        LicenseStatus.INFORMATION_REQUESTED,
    }
)


class License(EventModel):
    """A full snapshot of one license at one revision (`trade.license.v1`)."""

    license_id: Identifier
    revision: Revision
    regime: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
    authority: Name | None = None
    license_type: LicenseType
    status: LicenseStatus
    status_reason: Text | None = None
    review: Literal["running", "stopped", "suspended"] | None = None
    submitted_at: Moment | None = None
    accepted_at: Moment | None = None
    decided_at: Moment | None = None
    valid_from: Moment | None = None
    valid_to: Moment | None = None
    holder: Name | None = None
    consignees: Annotated[tuple[Name, ...], Field(max_length=MAX_NAMED)] = ()
    end_users: Annotated[tuple[Name, ...], Field(max_length=MAX_NAMED)] = ()
    destination_countries: Annotated[tuple[CountryCode, ...], Field(max_length=300)] = ()
    control_codes: Annotated[tuple[ControlCode, ...], Field(max_length=MAX_NAMED)] = ()
    hs_codes: Annotated[tuple[HsCode, ...], Field(max_length=MAX_NAMED)] = ()
    quantity: Amount | None = None
    unit: Unit | None = None
    value: Amount | None = None
    currency: Currency | None = None
    end_use_class: EndUseClass | None = None
    conditions: Annotated[tuple[Text, ...], Field(max_length=MAX_NAMED)] = ()
    max_uses: Annotated[int, Field(strict=True, ge=1)] | None = None
    replaces: Identifier | None = None
    replaced_by: Identifier | None = None
