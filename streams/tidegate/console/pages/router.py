"""All pages."""

from __future__ import annotations

from fastapi import APIRouter

from tidegate.console.pages import assets, holds, licenses, overview, shipments, sign_in

router = APIRouter(include_in_schema=False)
for part in (assets, sign_in, overview, holds, shipments, licenses):
    router.include_router(part.router)
