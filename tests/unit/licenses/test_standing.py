"""What stands against a license at an instant; its days are days of its authority's zone."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from tidegate.events.claim import LicenseFacts, Mismatch, Verdict
from tidegate.events.license import LicenseStatus
from tidegate.licenses.standing import faults, first_instant, last_instant, span, zone_of


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def verdict(mismatches: tuple[Mismatch, ...] = (), **facts: Any) -> Verdict:
    license_ = {
        "regime": "CN",
        "license_type": "single",
        "status": "granted",
        "valid_from": "2026-03-01",
        "valid_to": "2026-11-23",
        **facts,
    }
    return Verdict(
        shipment_id="SHP-1",
        shipment_revision=1,
        line=1,
        license_id="LIC-1",
        license_revision=1,
        license=LicenseFacts.model_validate(license_),
        mismatches=mismatches,
    )


def names(answer: Verdict | None, at: str = "2026-11-20T00:00:00+08:00") -> list[str]:
    return [fault.name for fault in faults("LIC-1", answer, instant(at))]


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-02-28T23:59:59.999999+08:00", ["not_yet_valid"]),
        ("2026-03-01T00:00:00+08:00", []),
        ("2026-11-23T23:59:59.999999+08:00", []),
        ("2026-11-24T00:00:00+08:00", ["expired"]),
        # The same midnight, written in UTC.
        ("2026-11-23T15:59:59+00:00", []),
        ("2026-11-23T16:00:00+00:00", ["expired"]),
    ],
)
def test_a_chinese_day_begins_and_ends_in_beijing(at: str, expected: list[str]) -> None:
    assert names(verdict(), at) == expected


@pytest.mark.parametrize(
    ("regime", "end"),
    [
        ("CN", "2026-11-23T16:00:00+00:00"),
        ("JP", "2026-11-23T15:00:00+00:00"),
        ("US", "2026-11-24T05:00:00+00:00"),
        ("DE", "2026-11-24T00:00:00+00:00"),
    ],
)
def test_each_authority_has_its_own_midnight(regime: str, end: str) -> None:
    answer = verdict(regime=regime)
    assert answer.license is not None
    assert span(answer.license)[1] == instant(end)


def test_a_us_day_may_have_23_hours() -> None:
    zone = zone_of("US")
    spring = date(2026, 3, 8)
    start, end = first_instant(spring, zone), last_instant(spring, zone)
    assert start is not None
    assert end is not None
    assert (end - start).total_seconds() == 23 * 3600


def test_an_instant_is_itself() -> None:
    moment = datetime(2026, 11, 23, 12, tzinfo=UTC)
    assert first_instant(moment, zone_of("CN")) == moment
    assert last_instant(moment, zone_of("CN")) == moment


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("submitted", ["not_granted"]),
        ("accepted", ["not_granted"]),
        ("under_review", ["not_granted"]),
        ("information_requested", ["not_granted"]),
        ("granted", []),
        ("active", []),
        ("amendment_pending", ["amendment_pending"]),
        ("suspended", ["suspended"]),
        ("denied", ["denied"]),
        ("returned", ["not_granted"]),
        ("withdrawn", ["not_granted"]),
        ("expired", ["expired"]),
        ("revoked", ["revoked"]),
        ("exhausted", ["exhausted"]),
    ],
)
def test_every_status_but_granted_and_active_stands_against_it(
    status: str, expected: list[str]
) -> None:
    assert names(verdict(status=status)) == expected


def test_every_status_is_in_the_table_above() -> None:
    usable = [status for status in LicenseStatus if not names(verdict(status=status))]
    assert usable == [LicenseStatus.GRANTED, LicenseStatus.ACTIVE]


def test_expired_by_status_and_by_date_is_one_fault() -> None:
    assert names(verdict(status="expired"), "2026-12-01T00:00:00+08:00") == ["expired"]


@pytest.mark.parametrize("field", ["valid_from", "valid_to"])
def test_a_license_that_does_not_state_its_validity_is_incomplete(field: str) -> None:
    nothing: dict[str, Any] = {field: None}
    (fault,) = faults("LIC-1", verdict(**nothing), instant("2026-11-20T00:00:00+08:00"))
    assert (fault.name, fault.unknown) == ("incomplete", f"licenses[LIC-1].{field}")


def test_no_answer_and_no_license_are_told_apart() -> None:
    (unanswered,) = faults("LIC-1", None, instant("2026-11-20T00:00:00+08:00"))
    assert (unanswered.name, unanswered.unknown) == ("unanswered", "verdict LIC-1")
    nobody = verdict().model_copy(update={"license": None})
    (unknown,) = faults("LIC-1", nobody, instant("2026-11-20T00:00:00+08:00"))
    assert (unknown.name, unknown.unknown) == ("not_found", "licenses[LIC-1]")


def test_mismatches_are_faults_beside_the_others() -> None:
    differs = Mismatch(aspect="end_user", claimed="a", licensed="b")
    assert names(verdict((differs,), status="suspended")) == ["suspended", "end_user_differs"]
