"""All pages."""

from __future__ import annotations

from fastapi import APIRouter

from tidegate.console.pages import (
    account,
    acts,
    assets,
    dead_letters,
    deliveries,
    desk,
    find,
    holds,
    licenses,
    measures,
    overview,
    parties,
    practice,
    provider,
    shipments,
    sign_in,
    users,
)

PARTS = (
    *(assets, sign_in, provider, overview, holds, shipments, licenses, measures, parties, practice),
    *(desk, deliveries, dead_letters, find),
    *(acts, users, account),
)

router = APIRouter(include_in_schema=False)
for part in PARTS:
    router.include_router(part.router)
