"""All routes of the API, under `/api/v1`."""

from __future__ import annotations

from fastapi import APIRouter

from tidegate.console.api import (
    audit,
    cases,
    check,
    dispositions,
    holds,
    law,
    licenses,
    live,
    overview,
    proposals,
    records,
    session,
    shipments,
    tokens,
    users,
)
from tidegate.console.problems import PROBLEM_JSON, ProblemDetails

router = APIRouter(
    prefix="/api/v1",
    responses={
        "default": {
            "description": "What is wrong, as problem details (RFC 9457).",
            "content": {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/ProblemDetails"}}},
            "model": ProblemDetails,
        }
    },
)
for part in (
    session,
    users,
    tokens,
    audit,
    overview,
    holds,
    shipments,
    licenses,
    law,
    check,
    records,
    dispositions,
    proposals,
    cases,
    live,
):
    router.include_router(part.router)
