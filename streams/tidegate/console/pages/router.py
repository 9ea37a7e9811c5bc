"""All pages."""

from __future__ import annotations

from fastapi import APIRouter

from tidegate.console.pages import (
    assets,
    dead_letters,
    holds,
    licenses,
    overview,
    shipments,
    sign_in,
)

router = APIRouter(include_in_schema=False)
for part in (assets, sign_in, overview, holds, shipments, licenses, dead_letters):
    router.include_router(part.router)
