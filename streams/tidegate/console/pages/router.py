"""All pages."""

from __future__ import annotations

from fastapi import APIRouter

from tidegate.console.pages import assets, holds, overview, shipments, sign_in

router = APIRouter(include_in_schema=False)
for part in (assets, sign_in, overview, holds, shipments):
    router.include_router(part.router)
