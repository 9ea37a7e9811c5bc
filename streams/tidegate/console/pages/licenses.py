"""Licenses as pages: status, balance, review clock, and the shipments that depend on one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from tidegate.console.identity.guard import Reader
from tidegate.console.pages.forms import Chosen
from tidegate.console.pages.view import page
from tidegate.console.parts import console_of
from tidegate.console.problems import NotFound
from tidegate.console.store.licenses import (
    LicenseFile,
    LicenseFilter,
    license_file,
    license_page,
    license_states,
)
from tidegate.events.license import LicenseStatus
from tidegate.licenses.review import age_in_working_days
from tidegate.licenses.review import limit as review_limit

router = APIRouter()


@dataclass(frozen=True, slots=True)
class Balance:
    """What a license grants in one unit, and what of it is taken. None: it states none."""

    unit: str
    granted: Decimal | None
    reserved: Decimal
    spent: Decimal

    @property
    def free(self) -> Decimal | None:
        """What is left; below zero where a later revision grants less than is spent."""
        return None if self.granted is None else self.granted - self.reserved - self.spent

    @property
    def share(self) -> float | None:
        """The part that is taken, from 0 to 1."""
        return float((self.reserved + self.spent) / self.granted) if self.granted else None


@router.get("/licenses")
def licenses(
    request: Request,
    person: Reader,
    status: Chosen[LicenseStatus] = None,
    prefix: str = "",
    party: str = "",
    cursor: str = "",
) -> HTMLResponse:
    """Show licenses, a page at a time."""
    wanted = LicenseFilter(status=status, prefix=prefix or None, party=party or None)
    with console_of(request).database.read() as connection:
        found = license_page(connection, wanted, cursor or None)
        states = license_states(connection)
    return page(
        request,
        person,
        "licenses.html",
        page=found,
        states=states,
        status=status,
        prefix=prefix,
        party=party,
        cursor=cursor,
    )


@router.get("/licenses/{license_id}")
def license_(request: Request, person: Reader, license_id: str) -> HTMLResponse:
    """Show one license.

    Raises:
        NotFound: it is not on file.
    """
    console = console_of(request)
    with console.database.read() as connection:
        file = license_file(connection, license_id)
    if file is None:
        raise NotFound(f"License {license_id} is not on file.")
    regime = file.license.regime
    clock = file.review
    return page(
        request,
        person,
        "license.html",
        file=file,
        license=file.license,
        balance=list(_balance(file)),
        days=age_in_working_days(clock.accepted_on, regime, console.now()) if clock else None,
        limit=review_limit(clock, regime) if clock else None,
    )


def _balance(file: LicenseFile) -> Iterator[Balance]:
    license_ = file.license
    granted = {license_.unit: license_.quantity, license_.currency: license_.value}
    drawn = {one.unit: one for one in file.drawn}
    for unit in [unit for unit in granted if unit] + [u for u in drawn if u not in granted]:
        one = drawn.get(unit)
        amount = granted.get(unit)
        if one is None and amount is None:
            continue
        yield Balance(
            unit, amount, one.reserved if one else Decimal(0), one.spent if one else Decimal(0)
        )
