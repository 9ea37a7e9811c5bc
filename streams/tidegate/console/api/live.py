"""What changes, as it changes: Server-Sent Events."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Request
from fastapi.responses import StreamingResponse

from tidegate.console.identity.guard import Reader
from tidegate.console.parts import console_of

router = APIRouter(tags=["live"])


@router.get(
    "/live",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "`change`: what has changed since the event before. `beat`: every few"
            " seconds; `stale` says why what is shown may be old, null: it is current.",
            "content": {
                "text/event-stream": {
                    "example": "id: 19abc-7\nevent: change\n"
                    'data: {"at": "2026-02-24T03:00:00.000Z", "decisions": 3, "holds": []}\n\n'
                }
            },
        }
    },
)
async def live(
    request: Request,
    _reader: Reader,
    last_event_id: Annotated[
        str | None, Header(description="The last event seen: what came since is sent first.")
    ] = None,
) -> StreamingResponse:
    """Tell of changes for as long as the client listens, up to ten minutes a connection."""
    return StreamingResponse(
        console_of(request).hub.stream(last_event_id),
        media_type="text/event-stream",
        headers={"X-Accel-Buffering": "no"},
    )
