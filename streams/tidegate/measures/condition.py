"""The closed vocabulary in which a measure says whom and what it concerns.

A condition is one YAML mapping with one key. `all`, `any` and `not` combine; the rest each ask one
question of the facts, answered true, false or unknown. A measure whose conditions ask about an
item is put to each line of goods; all item questions of one measure are answered by the same line.

    when:
      all:
        - dual_use: CN
        - export_from: [CN]
        - recipient_in: [JP]
        - party: {roles: [end_user], class: [military]}
"""

from __future__ import annotations

from decimal import Decimal
from functools import cached_property
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from tidegate.events.license import LicenseType
from tidegate.events.shipment import Answer, EndUseClass, PartyClass, Role
from tidegate.events.values import ControlCode, CountryCode

Countries = Annotated[tuple[CountryCode, ...], Field(min_length=1)]
Regime = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
ListId = Annotated[str, Field(pattern=r"^[A-Z]{2}(-[A-Z0-9]+)+$")]
HsPrefix = Annotated[str, Field(pattern=r"^[0-9]{4,13}$")]

LicenseFault = Literal[
    "expired",
    "not_yet_valid",
    "not_granted",
    "amendment_pending",
    "suspended",
    "revoked",
    "denied",
    "exhausted",
    "reused",
    "quantity_exceeded",
    "holder_differs",
    "consignee_differs",
    "end_user_differs",
    "destination_differs",
    "item_differs",
    "end_use_differs",
    "not_found",
    "unanswered",
    "incomplete",
    "ended",
    "replaced",
]
"""What is wrong with a license that a line cites."""

RECIPIENT_ROLES = (
    Role.IMPORTER,
    Role.BUYER,
    Role.INTERMEDIATE_CONSIGNEE,
    Role.CONSIGNEE,
    Role.END_USER,
)
"""Roles that receive the goods; the others serve the transaction."""


Aspect = Literal["end_user", "end_use", "destination", "item", "quantity"]
"""What a change after license or release may be of."""


class Strict(BaseModel):
    """A table value: frozen, and an unknown field is an error that names it."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class PartyQuestion(Strict):
    """Is there one party with all of these properties?"""

    roles: tuple[Role, ...] = ()
    """Empty: any role."""
    class_: tuple[PartyClass, ...] = Field(default=(), alias="class")
    countries: tuple[CountryCode, ...] = ()
    list: ListId | None = None

    @model_validator(mode="after")
    def _asks_something(self) -> PartyQuestion:
        if not (self.class_ or self.countries or self.list):
            raise ValueError("a party question needs class, countries or list")
        return self


class ContentQuestion(Strict):
    """Does a share of the item reach a threshold? `of` is an element, or the value from China."""

    of: Literal["cn_origin_value"] | Annotated[str, Field(pattern=r"^[A-Z][a-z]?$")]
    at_least: Decimal = Field(ge=0, le=100)


class Condition(Strict):
    """One node of a condition: exactly one of these fields is set."""

    all: tuple[Condition, ...] | None = Field(default=None, min_length=1)
    any: tuple[Condition, ...] | None = Field(default=None, min_length=1)
    not_: Condition | None = Field(default=None, alias="not")

    code: tuple[ControlCode, ...] | None = Field(default=None, min_length=1)
    """The item states one of these control codes, or one below it."""
    code_regime: Regime | None = None
    """The item states a control code of this regime."""
    unlisted_code: Regime | None = None
    """The item states a code of this regime that no table knows."""
    dual_use: Regime | None = None
    """The item is dual-use for this regime (code: yes; tariff candidate without code: unknown)."""
    tariff_candidate: Regime | None = None
    """The item's tariff code is one that controlled goods have, and no control code is stated."""
    origin: Countries | None = None
    declared: Literal["controlled", "not_controlled", "not_stated"] | None = None
    content: ContentQuestion | None = None
    license_type: tuple[LicenseType, ...] | None = Field(default=None, min_length=1)
    """The line cites a license of the measure's regime that is of one of these types."""
    license_fault: tuple[LicenseFault, ...] | None = Field(default=None, min_length=1)
    """The line cites licenses of the measure's regime, none of which grants it, one with this."""

    export_from: Countries | None = None
    destination: Countries | None = None
    transit: Countries | None = None
    recipient_in: Countries | None = None
    """Destination, or a party that receives the goods, is in one of these countries."""
    party: PartyQuestion | None = None
    end_use: tuple[EndUseClass, ...] | None = Field(default=None, min_length=1)
    military_capability: Answer | None = None
    knowledge: tuple[str, ...] | None = Field(default=None, min_length=1)
    """The exporter's knowledge of a risk is stated to be one of these levels."""
    document: str | None = None
    """A document of this type goes with the shipment and is valid."""
    certificate: Literal["lapsed"] | None = None
    """The end-use certificate's last day has passed, and the goods have not departed."""
    changed: tuple[Aspect, ...] | None = Field(default=None, min_length=1)
    """One of these differs from the facts at license grant or customs release (the baseline);
    item and quantity, from those at customs release."""

    @model_validator(mode="after")
    def _has_one_key(self) -> Condition:
        given = sorted(self.model_fields_set)
        if len(given) != 1:
            names = ", ".join(name.rstrip("_") for name in given) or "nothing"
            raise ValueError(f"a condition has exactly one key, this one has {names}")
        return self

    @cached_property
    def key(self) -> str:
        """Name of the field that is set."""
        return next(iter(self.model_fields_set))

    @cached_property
    def text(self) -> str:
        """The condition as JSON: equal questions have equal texts, whichever measure asks."""
        return self.model_dump_json(by_alias=True, exclude_unset=True)

    @cached_property
    def children(self) -> tuple[Condition, ...]:
        """Return the conditions directly below this one."""
        if self.all is not None:
            return self.all
        if self.any is not None:
            return self.any
        return (self.not_,) if self.not_ is not None else ()

    @cached_property
    def asks_item(self) -> bool:
        """Say whether anything in here is asked of a line of goods."""
        return self.key in ITEM_KEYS or any(child.asks_item for child in self.children)


ITEM_KEYS = frozenset(
    {
        "code",
        "code_regime",
        "unlisted_code",
        "dual_use",
        "tariff_candidate",
        "origin",
        "declared",
        "content",
        "license_type",
        "license_fault",
    }
)
