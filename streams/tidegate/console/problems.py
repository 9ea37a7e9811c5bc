"""What a request can be refused for, as problem details (RFC 9457).

Problem
├── WrongRequest 400        ├── NotFound 404
├── NotSignedIn 401         ├── Conflict 409
├── SignInFailed 401        │   ├── Stale
├── NotAllowed 403          │   └── KeyReused
│   ├── NoCsrfToken         ├── Invalid 422
│   ├── CrossSite           ├── TooMany 429
│   └── PasswordChangeNeeded└── Unavailable 503
"""

from __future__ import annotations

from typing import Any

from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

PROBLEM_JSON = "application/problem+json"


class Problem(Exception):
    """A request that is not answered as it was asked.

    Args:
        detail: What is wrong this time and what to do, for the person who asked.
        more: Further members of the answer.
    """

    status = 500
    title = "Something went wrong"

    def __init__(self, detail: str = "", **more: Any) -> None:
        super().__init__(detail or self.title)
        self.detail = detail
        self.more = more

    @property
    def headers(self) -> dict[str, str]:
        """Return headers that the answer carries."""
        return {}

    def body(self) -> dict[str, Any]:
        """Return the members of the answer."""
        return problem_body(self.status, _name(type(self)), self.title, self.detail, **self.more)


class WrongRequest(Problem):
    """It cannot be read."""

    status = 400
    title = "The request cannot be read"


class NotSignedIn(Problem):
    """Nobody is signed in, or the token is none."""

    status = 401
    title = "Sign in first"

    @property
    def headers(self) -> dict[str, str]:
        """Say which credentials are taken (RFC 6750, section 3)."""
        return {"WWW-Authenticate": 'Bearer realm="tidegate"'}


class SignInFailed(NotSignedIn):
    """One answer for a wrong name, a wrong password and a lock."""

    title = "Name or password is wrong, or the account is locked for a while"


class NotAllowed(Problem):
    """Who asks may not do this."""

    status = 403
    title = "You may not do this"


class NoCsrfToken(NotAllowed):
    """The form did not come from a page of this session."""

    title = "The form's token is missing or of another session: load the page again"


class CrossSite(NotAllowed):
    """Another site's page sent this."""

    title = "The request comes from another site"


class PasswordChangeNeeded(NotAllowed):
    """The password was made for the first sign-in only."""

    title = "Set a password of your own first"


class NotFound(Problem):
    """There is no such thing."""

    status = 404
    title = "There is no such thing"


class Conflict(Problem):
    """It does not fit to how things stand now."""

    status = 409
    title = "This does not fit to how things stand now"


class Stale(Conflict):
    """What the person saw has changed since."""

    title = "This has changed since you looked"


class KeyReused(Conflict):
    """The Idempotency-Key stands for another request, or for one that is being answered."""

    title = "The Idempotency-Key is in use"


class Invalid(Problem):
    """A field is wrong; `errors` names each one."""

    status = 422
    title = "A field is wrong"


class TooMany(Problem):
    """Too many requests; told with the seconds to wait."""

    status = 429
    title = "Too many requests"

    def __init__(self, retry_after_seconds: int) -> None:
        super().__init__(f"Wait {retry_after_seconds} seconds.")
        self.retry_after_seconds = retry_after_seconds

    @property
    def headers(self) -> dict[str, str]:
        """Say how long to wait (RFC 9110, section 10.2.3)."""
        return {"Retry-After": str(self.retry_after_seconds)}


class Unavailable(Problem):
    """A part that is needed does not answer."""

    status = 503
    title = "Not available now"


class FieldError(BaseModel):
    """One wrong field."""

    field: str
    reason: str


class ProblemDetails(BaseModel):
    """How the API says that something is wrong (RFC 9457)."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "type": "urn:tidegate:problem:stale",
                "title": "This has changed since you looked",
                "status": 409,
                "detail": "SHP-1 was decided again at 2026-02-24T03:00:00Z: look at it once more.",
            }
        },
        extra="allow",
    )

    type: str
    title: str
    status: int
    detail: str = ""
    errors: list[FieldError] = Field(default_factory=list)


def problem_body(status: int, name: str, title: str, detail: str, **more: Any) -> dict[str, Any]:
    """Return the members of problem details; those without a value are left out."""
    body: dict[str, Any] = {
        "type": f"urn:tidegate:problem:{name}",
        "title": title,
        "status": status,
    }
    if detail:
        body["detail"] = detail
    return {**body, **more}


def problem_response(problem: Problem) -> JSONResponse:
    """Return the answer that tells a program of a problem."""
    return JSONResponse(
        problem.body(), problem.status, headers=problem.headers, media_type=PROBLEM_JSON
    )


def _name(kind: type[Problem]) -> str:
    words = "".join(f"-{c.lower()}" if c.isupper() else c for c in kind.__name__)
    return words.removeprefix("-")
