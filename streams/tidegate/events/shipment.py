"""A shipment as its sender knows it at one revision."""

from __future__ import annotations

from collections import OrderedDict
from enum import StrEnum
from typing import Annotated, Any, Literal, cast

from pydantic import Field, ValidatorFunctionWrapHandler, WrapValidator, model_validator

from tidegate.events.model import EventModel
from tidegate.events.values import (
    Amount,
    ControlCode,
    CountryCode,
    Currency,
    HsCode,
    Identifier,
    Moment,
    Name,
    Percent,
    Revision,
    Text,
    Unit,
)

MAX_PARTIES = 100
MAX_ITEMS = 1000
MAX_NAMES = 50
MAX_CODES = 50
MAX_LICENSES = 20
MAX_DOCUMENTS = 200


class ShipmentStatus(StrEnum):
    """Where a shipment stands with its sender."""

    BOOKED = "booked"
    DECLARED = "declared"
    RELEASED = "released"
    DEPARTED = "departed"
    ARRIVED = "arrived"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"
    RETURNED = "returned"

    @property
    def is_open(self) -> bool:
        """Say whether a shipment in this status can still be held."""
        return self in OPEN_STATUSES


OPEN_STATUSES = frozenset(
    {
        ShipmentStatus.BOOKED,
        ShipmentStatus.DECLARED,
        ShipmentStatus.RELEASED,
        ShipmentStatus.DEPARTED,
        ShipmentStatus.ARRIVED,
    }
)


class Role(StrEnum):
    """What a party does in a shipment."""

    EXPORTER = "exporter"
    SHIPPER = "shipper"
    MANUFACTURER = "manufacturer"
    IMPORTER = "importer"
    BUYER = "buyer"
    INTERMEDIATE_CONSIGNEE = "intermediate_consignee"
    CONSIGNEE = "consignee"
    END_USER = "end_user"
    FORWARDER = "forwarder"
    BROKER = "broker"
    CARRIER = "carrier"
    BANK = "bank"
    NOTIFY = "notify"


class PartyClass(StrEnum):
    """What kind of user a party is."""

    CIVIL = "civil"
    GOVERNMENT = "government"
    MILITARY = "military"
    MILITARY_AFFILIATED = "military_affiliated"
    RESEARCH = "research"
    UNKNOWN = "unknown"


class EndUseClass(StrEnum):
    """What the goods are for."""

    CIVIL = "civil"
    MILITARY = "military"
    WMD = "wmd"
    TERRORISM = "terrorism"
    UNKNOWN = "unknown"


class Answer(StrEnum):
    """A question that may have no answer yet."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class PartyIdentifier(EventModel):
    """A party's number in a register (LEI, EORI, USCC ...)."""

    scheme: Identifier
    value: Identifier


class Party(EventModel):
    """Somebody who takes part in a shipment."""

    role: Role
    name: Name
    aliases: Annotated[tuple[Name, ...], Field(max_length=MAX_NAMES)] = ()
    country: CountryCode | None = None
    class_: PartyClass = Field(default=PartyClass.UNKNOWN, alias="class")
    address: Text | None = None
    identifiers: Annotated[tuple[PartyIdentifier, ...], Field(max_length=MAX_NAMES)] = ()


_KNOWN_PARTIES: OrderedDict[tuple[tuple[str, object], ...], Party] = OrderedDict()
_MOST_KNOWN = 1 << 15


def _known_party(value: Any, validate: ValidatorFunctionWrapHandler) -> Party:
    """Give the same party for the same fields: those who trade, trade again."""
    if type(value) is not dict:
        return cast(Party, validate(value))
    fields = tuple(value.items())
    try:
        party = _KNOWN_PARTIES.get(fields)
    except TypeError:  # a list of aliases or identifiers: few have them
        return cast(Party, validate(value))
    if party is None:
        party = cast(Party, validate(value))
        if len(_KNOWN_PARTIES) >= _MOST_KNOWN:
            _KNOWN_PARTIES.popitem(last=False)
        _KNOWN_PARTIES[fields] = party
    return party


KnownParty = Annotated[Party, WrapValidator(_known_party)]


class Component(EventModel):
    """A chemical element in an item, by mass."""

    element: Identifier
    mass_pct: Percent


class Item(EventModel):
    """One line of goods."""

    line: int = Field(strict=True, ge=1, le=1_000_000)
    description: Text | None = None
    hs_code: HsCode | None = None
    control_codes: Annotated[tuple[ControlCode, ...], Field(max_length=MAX_CODES)] = ()
    controlled_declaration: Literal["controlled", "not_controlled", "not_stated"] = "not_stated"
    origin_country: CountryCode | None = None
    quantity: Amount | None = None
    unit: Unit | None = None
    value: Amount | None = None
    currency: Currency | None = None
    licenses: Annotated[tuple[Identifier, ...], Field(max_length=MAX_LICENSES)] = ()
    composition: Annotated[tuple[Component, ...], Field(max_length=MAX_CODES)] = ()
    cn_origin_value_pct: Percent | None = None


class Certificate(EventModel):
    """An end-use certificate."""

    number: Identifier | None = None
    issued_on: Moment | None = None
    valid_to: Moment | None = None


class EndUse(EventModel):
    """What the goods are said to be for, and what is known against it.

    `military_capability` answers whether the use helps to enhance military capability
    (MOFCOM Announcement No. 1 of 2026, third ground).
    """

    class_: EndUseClass = Field(default=EndUseClass.UNKNOWN, alias="class")
    text: Text | None = None
    military_capability: Answer = Answer.UNKNOWN
    knowledge_level: Literal["known", "should_know", "informed", "suspected", "none"] | None = None
    certificate: Certificate | None = None


class Document(EventModel):
    """A paper that goes with the shipment."""

    type: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,59}$")]
    number: Identifier | None = None
    issued_on: Moment | None = None
    valid_to: Moment | None = None


class Shipment(EventModel):
    """A full snapshot of one shipment at one revision (`trade.shipment.v1`)."""

    shipment_id: Identifier
    revision: Revision
    status: ShipmentStatus
    export_country: CountryCode | None = None
    destination_country: CountryCode | None = None
    transit_countries: Annotated[tuple[CountryCode, ...], Field(max_length=MAX_CODES)] = ()
    parties: Annotated[tuple[KnownParty, ...], Field(max_length=MAX_PARTIES)] = ()
    items: Annotated[tuple[Item, ...], Field(max_length=MAX_ITEMS)] = ()
    end_use: EndUse = EndUse()
    documents: Annotated[tuple[Document, ...], Field(max_length=MAX_DOCUMENTS)] = ()

    @model_validator(mode="after")
    def _lines_are_distinct(self) -> Shipment:
        lines = [item.line for item in self.items]
        if len(lines) != len(set(lines)):
            raise ValueError("items: two items have the same line number")
        return self
