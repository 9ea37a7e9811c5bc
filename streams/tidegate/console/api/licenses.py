"""Licenses: how each stands, its past, and the shipments that depend on it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request

from tidegate.console.api.parameters import ROWS, WORD, Cursor, Id, Rows, Store
from tidegate.console.identity.audit import write_read
from tidegate.console.identity.guard import Reader
from tidegate.console.problems import NotFound
from tidegate.console.store.licenses import (
    LicenseFile,
    LicenseFilter,
    LicensePage,
    license_file,
    license_page,
)
from tidegate.events.license import LicenseStatus

router = APIRouter(tags=["licenses"])

Text = Annotated[str | None, Query(max_length=200, pattern=WORD)]


@router.get("/licenses")
def list_licenses(
    _reader: Reader,
    store: Store,
    status: LicenseStatus | None = None,
    regime: Annotated[str | None, Query(pattern="^[A-Z]{2}$", examples=["CN"])] = None,
    prefix: Text = None,
    party: Text = None,
    cursor: Cursor = None,
    limit: Rows = ROWS,
) -> LicensePage:
    """Return a page of licenses and applications, by number."""
    wanted = LicenseFilter(status=status, regime=regime, prefix=prefix, party=party)
    return license_page(store, wanted, cursor, limit)


@router.get("/licenses/{license_id:path}")
def read_license(request: Request, reader: Reader, store: Store, license_id: Id) -> LicenseFile:
    """Return a license: its file, its past, its review's clock, and what depends on it."""
    found = license_file(store, license_id)
    if found is None:
        raise NotFound(f"No license {license_id} is on file.")
    write_read(request, reader, license_id)
    return found
