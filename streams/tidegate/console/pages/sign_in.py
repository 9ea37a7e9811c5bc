"""The pages that are open before sign-in: sign-in itself, and setting a first password."""

from __future__ import annotations

from html import escape
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from tidegate.console.identity import entrance
from tidegate.console.identity.guard import known
from tidegate.console.identity.person import Person
from tidegate.console.problems import Invalid, SignInFailed

router = APIRouter()


@router.get("/sign-in")
def sign_in_page(onward: str = "/") -> HTMLResponse:
    """Show the form."""
    return _sign_in_form(onward, "")


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
        return _sign_in_form(onward, problem.title, 401)
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
    return _password_form(person, "")


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


def _sign_in_form(onward: str, problem: str, status: int = 200) -> HTMLResponse:
    fields = (
        f'<input type="hidden" name="onward" value="{escape(onward)}">'
        '<label>Name <input name="name" autocomplete="username" required></label>'
        '<label>Password <input type="password" name="password" required'
        ' autocomplete="current-password"></label>'
    )
    return _form("/sign-in", "Sign in", fields, problem, status)


def _password_form(person: Person, problem: str, status: int = 200) -> HTMLResponse:
    fields = (
        f'<input type="hidden" name="csrf_token" value="{escape(person.csrf_token or "")}">'
        '<label>Present password <input type="password" name="old" required'
        ' autocomplete="current-password"></label>'
        '<label>New password <input type="password" name="new" required'
        ' autocomplete="new-password"></label>'
    )
    return _form("/password", "Set a password", fields, problem, status)


def _form(action: str, title: str, fields: str, problem: str, status: int) -> HTMLResponse:
    told = f'<p role="alert">{escape(problem)}</p>' if problem else ""
    return HTMLResponse(
        f'<!doctype html><html lang="en"><title>{title} · Tidegate</title><main><h1>{title}</h1>'
        f'{told}<form method="post" action="{action}">{fields}<button>{title}</button></form>'
        "</main></html>",
        status,
    )
