"""No interleaving of claims and revisions draws a license twice, or loses what is free.

The licensing agent runs over the memory runtime with walks of a few keys, so that claims come in
the middle of them; what it keeps is then compared with sums made here, claim by claim.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.scenario import event
from tidegate.agents import account, licensing, topics
from tidegate.agents.shelf import Shelf
from tidegate.agents.specs import agents
from tidegate.events.claim import Claim, Verdict
from tidegate.events.codec import LICENSE_TYPE, canonical
from tidegate.runtime.memory import MemoryRuntime
from tidegate.runtime.spec import DEAD_LETTERS, Limits

START = datetime(2026, 11, 23, 4, tzinfo=UTC)
SCOPE = {
    "holder": "Ganzhou Example Materials",
    "consignees": ["Example Trading KK"],
    "end_users": ["Example Motors KK"],
    "destination_countries": ["JP"],
    "control_codes": ["CN:1C905"],
}
CLAIM = {
    "license_id": "LIC-1",
    "exporters": ("Ganzhou Example Materials",),
    "consignees": ("Example Trading KK",),
    "end_users": ("Example Motors KK",),
    "destination_country": "JP",
    "control_codes": ("CN:1C905.b",),
}

quantities = st.integers(1, 9)
shipments = st.integers(1, 6)
claims = st.tuples(
    st.just("claim"),
    shipments,
    st.integers(1, 2),
    quantities,
    st.sampled_from(["KGM", "GRM"]),
    st.sampled_from(["planned", "planned", "planned", "exported"]),
)
asks = st.tuples(st.just("ask"), shipments, st.just(1), quantities, st.just("KGM"))
withdrawals = st.tuples(st.just("withdraw"), shipments, st.integers(1, 2))
revisions = st.tuples(
    st.just("license"),
    st.sampled_from([0, 3, 10, 10, 20, None]),
    st.sampled_from(["active", "active", "active", "suspended", "under_review"]),
    st.sampled_from([["JP"], ["JP"], ["KR"]]),
    st.sampled_from([None, None, 1, 2]),
)
GRANTED = ("license", 10, "active", ["JP"], None), True
busy = st.tuples(st.one_of(claims, claims, claims, withdrawals), st.booleans())
mixed = st.tuples(st.one_of(claims, claims, asks, withdrawals, revisions), st.booleans())
steps = st.one_of(
    st.lists(mixed, min_size=10, max_size=60),
    st.lists(busy, min_size=20, max_size=60).map(lambda told: [GRANTED, *told]),
)


class Owner:
    """The owner of one license, and what it is told."""

    def __init__(self) -> None:
        specs = [one for one in agents(Shelf()) if one.name == "licensing"]
        self.runtime = MemoryRuntime(specs, limits=Limits(walk_keys=2, records=3))
        self.clock = START
        self.revision = 0
        self.license: dict[str, Any] | None = None
        self.revisions: dict[str, int] = defaultdict(int)
        self.claims: dict[tuple[str, int], dict[str, Any]] = {}
        """The last claim of each line, of those not withdrawn."""

    def tell(self, step: Sequence[Any]) -> None:
        """Hand one event in."""
        kind, *words = step
        if kind == "license":
            self.revision += 1
            quantity, status, countries, uses = words
            self.license = {
                **SCOPE,
                "license_id": "LIC-1",
                "revision": self.revision,
                "regime": "CN",
                "license_type": "general",
                "status": status,
                "destination_countries": countries,
                **({} if uses is None else {"max_uses": uses}),
                **({} if quantity is None else {"quantity": str(quantity), "unit": "KGM"}),
            }
            value = event(LICENSE_TYPE, self.license, self.clock)
            self.runtime.append(topics.LICENSES, "LIC-1", value)
            return
        number, line, *amounts = words
        shipment = f"SHP-{number}"
        self.revisions[shipment] += 1
        claim: dict[str, Any] = {
            **CLAIM,
            "kind": kind,
            "shipment_id": shipment,
            "shipment_revision": self.revisions[shipment],
            "line": line,
        }
        if amounts:
            claim |= {"quantity": str(amounts[0]), "unit": amounts[1]}
            claim |= {"stage": amounts[2]} if len(amounts) > 2 else {}
            self.claims[shipment, line] = claim
        else:
            self.claims.pop((shipment, line), None)
        written = canonical(Claim.model_validate(claim))
        self.runtime.append(topics.CLAIMS, "LIC-1", written)

    def settle(self) -> None:
        self.clock += timedelta(seconds=1)
        self.runtime.run(self.clock)
        assert not self.runtime.outputs(DEAD_LETTERS)
        self.check()

    def check(self) -> None:
        """Add up claim by claim, and compare with the ledger and with what was answered."""
        state = self.runtime.state("licensing")
        kept = {key: json.loads(value) for key, value in state.items() if key.startswith("c:")}
        ledger = json.loads(state.get("b:LIC-1", b"{}"))
        assert {(one["claim"]["shipment_id"], one["claim"]["line"]) for one in kept.values()} == (
            self.claims.keys()
        )
        assert not [key for key in state if key.startswith("w:")], "a walk that never ends"
        held = {"reserved": Decimal(0), "spent": Decimal(0)}
        exporters = {"reserved": set(), "spent": set()}
        for one in kept.values():
            if "drawn" in one:
                side = "spent" if one.get("spent") else "reserved"
                held[side] += Decimal(one["drawn"].get("mass, kg", 0))
                exporters[side].add(one["claim"]["shipment_id"])
        for side, amount in held.items():
            assert Decimal(ledger.get(side, {}).get("mass, kg", 0)) == amount
        exports = [Decimal(ledger.get(side, {}).get("exports", 0)) for side in held]
        users = exporters["reserved"] | exporters["spent"]
        assert sum(exports) == len(users)
        assert ledger.get("claims", 0) == len(kept)
        waiting = [key for key in state if key.startswith("q:")]
        assert ledger.get("waiting", 0) == len(waiting)
        self.check_limits(held, users, exporters["spent"])
        self.check_answers(kept, held, users)

    def check_limits(self, held: dict[str, Decimal], users: set[str], spent: set[str]) -> None:
        """Never more than granted, but for what was spent before it was lowered."""
        if self.license is None:
            assert not held["reserved"]
            return
        if "quantity" in self.license and held["reserved"]:
            assert held["reserved"] + held["spent"] <= Decimal(self.license["quantity"])
        if "max_uses" in self.license:
            assert len(users) <= max(self.license["max_uses"], len(spent))
        if self.license["destination_countries"] != ["JP"]:
            assert not held["reserved"], "reserved outside the license"
        if self.license["status"] == "under_review":
            assert not held["reserved"], "reserved on an application"

    def check_answers(
        self, kept: dict[str, Any], held: dict[str, Decimal], users: set[str]
    ) -> None:
        """The last answer to each claim is as what it has; who is refused does not fit."""
        answers: dict[tuple[str, int], Verdict] = {}
        for record in self.runtime.outputs(topics.VERDICTS):
            verdict = Verdict.model_validate_json(record.value or b"")
            answers[verdict.shipment_id, verdict.line] = verdict
        for one in kept.values():
            claim = one["claim"]
            place = claim["shipment_id"], claim["line"]
            answer = answers[place]
            assert answer.shipment_revision == claim["shipment_revision"]
            wanted = Decimal(claim["quantity"]) / (1000 if claim["unit"] == "GRM" else 1)
            has = Decimal(one.get("drawn", {}).get("mass, kg", 0))
            granted = not answer.unreserved and not answer.mismatches and answer.license is not None
            if claim["kind"] == "ask":
                assert not granted
                continue
            usable = self.usable()
            assert granted == (has >= wanted and (usable or bool(one.get("spent")))) or (
                one.get("spent") and not usable
            )
            if usable and has < wanted:
                assert self.license is not None
                license_ = self.license
                short = "quantity" in license_ and (
                    held["reserved"] + held["spent"] - has + wanted > Decimal(license_["quantity"])
                    or license_["quantity"] == "0"
                )
                short = short or (
                    "max_uses" in license_
                    and claim["shipment_id"] not in users
                    and len(users) >= license_["max_uses"]
                )
                assert short, f"{claim} would have fitted"

    def usable(self) -> bool:
        """Whether claims within its quantity are reserved on it now."""
        license_ = self.license
        if license_ is None or license_["destination_countries"] != ["JP"]:
            return False
        return license_["status"] in ("active", "suspended")


@settings(max_examples=300)
@given(steps)
def test_what_is_granted_is_free_reserved_and_spent(told: list[tuple[Any, bool]]) -> None:
    with (
        patch.object(licensing, "ANSWERED_AT_ONCE", 2),
        patch.object(account, "OFFERED_AT_ONCE", 2),
    ):
        owner = Owner()
        for step, settle in told:
            owner.tell(step)
            if settle:
                owner.settle()
        owner.settle()


@given(steps)
def test_how_batches_fall_changes_neither_sums_nor_limits(told: list[tuple[Any, bool]]) -> None:
    """All at once, as after an outage: the sums are those of the claims, whatever walks did."""
    owner = Owner()
    for step, _ in told:
        owner.tell(step)
    owner.settle()
