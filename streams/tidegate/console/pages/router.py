"""All pages."""

from __future__ import annotations

from fastapi import APIRouter

from tidegate.console.pages import sign_in

router = APIRouter(include_in_schema=False)
router.include_router(sign_in.router)
