"""Answer a write that is asked for again by what was answered the first time.

`Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header): a client that got no answer sends
the same request with the same key. Keys are a person's own, and are kept for a day. Only for
routes whose answers hold no secret: the answer is kept as it was.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any

from fastapi import Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.routing import APIRoute
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from tidegate.console.identity.guard import SAFE_METHODS, known
from tidegate.console.identity.secrets import hashed
from tidegate.console.identity.tables import answers
from tidegate.console.parts import Console, console_of
from tidegate.console.problems import KeyReused, WrongRequest

HEADER = "idempotency-key"
REPLAYED = "Idempotency-Replayed"
KEY_CHARACTERS_MAX = 200
KEPT = timedelta(hours=24)
ABANDONED = timedelta(seconds=60)
"""A request without an answer for so long died with its process. It is done again: what it wrote
to the log has an id that comes from its content, so it is there once."""


class ReplayRoute(APIRoute):
    """A route whose writes may carry an Idempotency-Key."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler that looks for an earlier answer first."""
        original = super().get_route_handler()

        async def handle(request: Request) -> Response:
            key = request.headers.get(HEADER)
            if key is None or request.method in SAFE_METHODS:
                return await original(request)
            if not key or len(key) > KEY_CHARACTERS_MAX:
                raise WrongRequest(f"An Idempotency-Key has 1 to {KEY_CHARACTERS_MAX} characters.")
            person = await known(request)
            console = console_of(request)
            mine = hashed(f"{person.id}\n{key}")
            digest = _digest(request, await request.body())
            before = await run_in_threadpool(_begin, console, mine, digest)
            if before is not None:
                return before
            try:
                response = await original(request)
            except BaseException:
                await run_in_threadpool(_forget, console, mine)
                raise
            await run_in_threadpool(_keep, console, mine, response)
            return response

        return handle


def _begin(console: Console, mine: str, digest: str) -> Response | None:
    """Claim the key, or return the answer that was given to it."""
    now = console.now()
    row = {"key_hash": mine, "request_digest": digest, "begun_at": now}
    try:
        with console.database.begin() as connection:
            connection.execute(delete(answers).where(answers.c.begun_at < now - KEPT))
            connection.execute(insert(answers).values(**row))
    except IntegrityError:
        pass
    else:
        return None
    with console.database.begin() as connection:
        found = connection.execute(select(answers).where(answers.c.key_hash == mine)).one_or_none()
        if found is None:
            raise KeyReused("Its request failed at this moment: send it again.")
        if found.request_digest != digest:
            raise KeyReused("It stands for another request.")
        if found.status is not None:
            return Response(
                found.body, found.status, {REPLAYED: "true"}, media_type=found.media_type
            )
        abandoned = (answers.c.key_hash == mine) & (answers.c.begun_at <= now - ABANDONED)
        taken = connection.execute(update(answers).where(abandoned).values(begun_at=now))
        if taken.rowcount != 1:
            raise KeyReused("Its request is being answered.")
    return None


def _keep(console: Console, mine: str, response: Response) -> None:
    with console.database.begin() as connection:
        connection.execute(
            update(answers)
            .where(answers.c.key_hash == mine)
            .values(
                status=response.status_code,
                media_type=response.headers.get("content-type"),
                body=bytes(response.body),
            )
        )


def _forget(console: Console, mine: str) -> None:
    with console.database.begin() as connection:
        connection.execute(delete(answers).where(answers.c.key_hash == mine))


def _digest(request: Request, body: bytes) -> str:
    head = f"{request.method} {request.url.path}?{request.url.query}\n"
    return hashlib.sha256(head.encode() + body).hexdigest()
