"""The pages that are open before sign-in: sign-in itself, and setting a first password."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from tidegate.console.identity import entrance
from tidegate.console.identity.guard import known
from tidegate.console.identity.passwords import PASSWORD_CHARACTERS_MIN
from tidegate.console.identity.person import Person
from tidegate.console.pages.templating import draw
from tidegate.console.parts import console_of
from tidegate.console.problems import Invalid, SignInFailed

router = APIRouter()


@router.get("/sign-in")
def sign_in_page(request: Request, onward: str = "/") -> HTMLResponse:
    """Show the form."""
    return sign_in_form(request, onward)


@router.post("/sign-in")
async def sign_in(
    request: Request,
    name: Annotated[str, Form()],
    password: Annotated[str, Form()],
    onward: Annotated[str, Form()] = "/",
) -> Response:
    """Sign in and go on to the page that was asked for."""
    response = RedirectResponse(local(onward), 303)
    try:
        await entrance.enter(request, response, name, password)
    except SignInFailed as problem:
        return sign_in_form(request, onward, problem.title, name, 401)
    return response


@router.post("/sign-out")
async def sign_out(request: Request, person: Annotated[Person, Depends(known)]) -> Response:
    """End the session."""
    response = RedirectResponse("/sign-in", 303)
    await run_in_threadpool(entrance.leave, request, response, person)
    return response


@router.get("/password")
async def password_page(person: Annotated[Person, Depends(known)]) -> HTMLResponse:
    """Show the form for a new password."""
    return _password_form(person)


@router.post("/password")
async def password(
    request: Request,
    person: Annotated[Person, Depends(known)],
    old: Annotated[str, Form()],
    new: Annotated[str, Form()],
) -> Response:
    """Set one's own password."""
    response = RedirectResponse("/", 303)
    try:
        await run_in_threadpool(entrance.change_password, request, response, person, old, new)
    except Invalid as problem:
        return _password_form(person, problem.detail, 422)
    return response


def local(onward: str) -> str:
    """Return a path of this site; a link must not lead from our sign-in to another site."""
    plain = onward.startswith("/") and not onward.startswith(("//", "/\\"))
    return onward if plain and onward.isprintable() else "/"


def sign_in_form(
    request: Request, onward: str, problem: str = "", name: str = "", status: int = 200
) -> HTMLResponse:
    """Return the page to sign in, with a way to the provider where there is one."""
    onward = local(onward)
    way = f"/sign-in/oidc?onward={quote(onward)}" if console_of(request).provider else None
    html = draw("sign_in.html", onward=onward, problem=problem, name=name, oidc=way)
    return HTMLResponse(html, status)


def _password_form(person: Person, problem: str = "", status: int = 200) -> HTMLResponse:
    html = draw(
        "password.html",
        person=person,
        csrf_token=person.csrf_token or "",
        problem=problem,
        least_characters=PASSWORD_CHARACTERS_MIN,
    )
    return HTMLResponse(html, status)
