"""All pages."""

from __future__ import annotations

from fastapi import APIRouter

from tidegate.console.pages import (
    account,
    acts,
    assets,
    dead_letters,
    find,
    holds,
    licenses,
    overview,
    shipments,
    sign_in,
    users,
)

PARTS = (
    *(assets, sign_in, overview, holds, shipments, licenses, dead_letters, find),
    *(acts, users, account),
)

router = APIRouter(include_in_schema=False)
for part in PARTS:
    router.include_router(part.router)
