"""`/live`, `/ready` and `/metrics` of the console's process, for machines; open to all."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import PlainTextResponse, Response
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from tidegate.console.parts import Console, console_of

router = APIRouter(include_in_schema=False)


@router.get("/live")
async def live() -> PlainTextResponse:
    """Say that the process turns."""
    return PlainTextResponse("ok\n")


@router.get("/ready")
async def ready(request: Request) -> PlainTextResponse:
    """Say whether database and services do their work; otherwise what keeps them."""
    console = console_of(request)
    problem = await run_in_threadpool(_database_problem, console)
    problems = [problem, *(service.problem() for service in console.services)]
    told = "".join(f"{problem}\n" for problem in problems if problem)
    return PlainTextResponse(told or "ok\n", 503 if told else 200)


@router.get("/metrics")
def metrics(request: Request) -> Response:
    """Return the metrics in Prometheus's text format."""
    body = generate_latest(console_of(request).metrics.registry)
    return Response(body, media_type=CONTENT_TYPE_PLAIN_0_0_4)


def _database_problem(console: Console) -> str | None:
    try:
        with console.database.read() as connection:
            connection.execute(text("SELECT 1"))
    except SQLAlchemyError:
        return "the database does not answer"
    return None
