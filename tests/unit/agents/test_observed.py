"""What an application or a shipment is counted under: civil ones only, each under one kind."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.unit.agents.book import FACTS, LICENSE
from tidegate.agents.license_state import LicenseState
from tidegate.agents.observed import Kind, of_license, of_shipment
from tidegate.agents.shipment_state import OpenShipment, Seen
from tidegate.events.decision import Action, Outcome
from tidegate.events.license import License
from tidegate.events.shipment import Shipment

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
"""A Monday, in week 48."""
APPLICATION = {**LICENSE, "status": "under_review", "end_use_class": "civil"}


def observed_license(overdue: bool = False, ended: str | None = None, **changes: Any) -> str | None:
    license_ = License.model_validate({**APPLICATION, **changes})
    state = LicenseState(
        event_id="e", digest="d", license=license_, overdue_told=overdue, ended=ended
    )
    kind = of_license(state, AT)
    return None if kind is None else str(kind)


@pytest.mark.parametrize(
    ("changes", "observed"),
    [
        ({"status": "submitted"}, "pending"),
        ({"status": "accepted", "review": "running"}, "pending"),
        ({"status": "information_requested", "review": "stopped"}, "pending"),
        ({"overdue": True}, "overdue"),
        ({"review": "suspended"}, "suspended"),
        # A review that is said to be suspended is told as such, though its clock ran out.
        ({"review": "suspended", "overdue": True}, "suspended"),
        ({"status": "granted"}, "granted"),
        ({"status": "active"}, "granted"),
        ({"status": "amendment_pending"}, "granted"),
        ({"status": "exhausted"}, "granted"),
        ({"status": "expired"}, "granted"),
        ({"status": "suspended"}, "suspended"),
        ({"status": "denied"}, "refused"),
        ({"status": "returned"}, "refused"),
        ({"status": "revoked"}, "refused"),
        ({"status": "withdrawn"}, "withdrawn"),
        # Denied once, it stays so: the law asks for a new application.
        ({"status": "granted", "ended": "denied"}, "refused"),
    ],
)
def test_an_application_is_observed_as_its_file_stands(
    changes: dict[str, Any], observed: str
) -> None:
    assert observed_license(**changes) == f"2026-W48 JP CN:1C905 {observed}"


@pytest.mark.parametrize("end_use", ["military", "wmd", "unknown", None])
def test_an_application_that_states_no_civil_use_is_not_counted(end_use: str | None) -> None:
    assert observed_license(end_use_class=end_use) is None


@pytest.mark.parametrize(
    ("changes", "week"),
    [
        ({"accepted_at": "2026-01-05", "submitted_at": "2025-12-30"}, "2026-W02"),
        ({"submitted_at": "2025-12-30"}, "2026-W01"),  # the ISO week of New Year's Day
        ({"submitted_at": "2025-12-28"}, "2025-W52"),
        ({"accepted_at": "2026-01-05T06:00:00+08:00"}, "2026-W01"),  # still Sunday in UTC
        ({}, "2026-W48"),
    ],
)
def test_its_week_is_that_of_acceptance_else_of_submission_else_of_its_first_event(
    changes: dict[str, str], week: str
) -> None:
    assert (observed_license(**changes) or "").startswith(week + " ")


@pytest.mark.parametrize(
    ("codes", "headings", "group"),
    [
        (["CN:1C905.b"], [], "CN:1C905"),
        (["CN:1C905.b", "CN:1C905.a.1"], ["2846901500"], "CN:1C905"),
        (["CN:1C905", "CN:1C906"], [], "several"),
        ([], ["2846901500", "2846902200"], "HS:2846"),
        ([], ["2846901500", "8505111000"], "several"),
        ([], [], "unknown"),
    ],
)
def test_its_item_group_is_the_control_code_without_sub_items_else_the_heading(
    codes: list[str], headings: list[str], group: str
) -> None:
    found = observed_license(control_codes=codes, hs_codes=headings)
    assert found == f"2026-W48 JP {group} pending"
    item = {**FACTS["items"][0], "control_codes": codes}
    items = [{**item, "line": n, "hs_code": code} for n, code in enumerate(headings or [None], 1)]
    assert observed_shipment(Action.PASS, items=items) == f"2026-W48 JP {group} passed"


@pytest.mark.parametrize(
    ("countries", "destination"), [(["JP"], "JP"), (["JP", "KR"], "several"), ([], "unknown")]
)
def test_its_destination_is_the_one_it_names(countries: list[str], destination: str) -> None:
    found = observed_license(destination_countries=countries)
    assert found == f"2026-W48 {destination} CN:1C905 pending"


def observed_shipment(action: Action, before: Action | None = None, **changes: Any) -> str | None:
    facts = Shipment.model_validate({**FACTS, **changes})
    seen = Seen(decision_id="d", action=action, outcome=Outcome.REVIEW, fingerprints=())
    state = OpenShipment(event_id="e", digest="d", facts=facts, seen=(seen,))
    kind = of_shipment(state, AT, before)
    return None if kind is None else str(kind)


@pytest.mark.parametrize(
    ("status", "action", "before", "observed"),
    [
        ("declared", Action.PASS, None, "passed"),
        ("declared", Action.REVIEW, None, "in_review"),
        ("departed", Action.HOLD, None, "held"),
        # Closed: what was done with it before counts, not what a closed one is judged to be.
        ("delivered", Action.HOLD, Action.PASS, "passed"),
        ("delivered", Action.PASS, Action.HOLD, "held"),
        ("cancelled", Action.HOLD, Action.PASS, "passed"),
        ("cancelled", Action.PASS, Action.HOLD, "given_up"),
        ("returned", Action.PASS, Action.REVIEW, "given_up"),
        # Its first event closes it: there is only the one judgement.
        ("cancelled", Action.HOLD, None, "given_up"),
    ],
)
def test_a_shipment_is_observed_by_what_is_done_with_it(
    status: str, action: Action, before: Action | None, observed: str
) -> None:
    found = observed_shipment(action, before, status=status)
    assert found == f"2026-W48 JP CN:1C905 {observed}"


def test_a_shipment_that_states_no_civil_use_is_not_counted() -> None:
    for end_use in ({"class": "military"}, {"class": "unknown"}, {}):
        assert observed_shipment(Action.HOLD, end_use=end_use) is None


def test_a_kind_is_read_as_it_was_written() -> None:
    text = "2026-W48 JP CN:1C905 held"
    assert str(Kind.read(text)) == text
