"""`tidegate users`: who may sign in to the console, and as what."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tidegate.cli.terminal import bad, note, say, say_json, table, told_errors, wrong_use

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from tidegate.console.identity.users import User

app = typer.Typer(no_args_is_help=True, help="Who may sign in to the console.")

Name = Annotated[str, typer.Argument(help="The person's name, as it stands on what they decide.")]
RoleName = Annotated[str, typer.Option("--role", help="viewer, analyst, approver or admin.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
OneTime = Annotated[
    bool,
    typer.Option("--one-time", help="Print a password that must be changed when it is first used."),
]


@app.command("list")
def list_(json_: Json = False) -> None:
    """Show everybody: role, and whether they are locked or disabled."""
    from tidegate.console.identity import users

    with _connected() as connection:
        people = users.all_users(connection)
    if json_:
        say_json([_shown(user) for user in people])
        return
    for line in table(((u.name, u.role, _state(u)) for u in people), ("NAME", "ROLE", "STATE")):
        say(line)
    note(f"{len(people)} users")


@app.command()
def add(name: Name, role: RoleName, one_time: OneTime = False, json_: Json = False) -> None:
    """Add a person. The password is asked for, or read from standard input where that is a pipe."""
    from tidegate.console.identity import users

    chosen = _role(role)
    password = _password(one_time)
    with _connected() as connection:
        user = users.add(
            connection,
            name,
            chosen,
            datetime.now(UTC),
            password=password,
            must_change_password=one_time,
        )
    _say_user(user, password if one_time else None, json_)


@app.command("set-role")
def set_role(name: Name, role: RoleName, json_: Json = False) -> None:
    """Give a person another role, from their next request on."""
    from tidegate.console.identity import users

    chosen = _role(role)
    with _connected() as connection:
        users.set_role(connection, users.named(connection, name), chosen)
        user = users.named(connection, name)
    _say_user(user, None, json_)


@app.command()
def disable(name: Name, json_: Json = False) -> None:
    """Let a person in no more; their sessions end and their tokens are revoked."""
    from tidegate.console.identity import users

    with _connected() as connection:
        users.disable(connection, users.named(connection, name), datetime.now(UTC))
        user = users.named(connection, name)
    _say_user(user, None, json_)


@app.command()
def enable(name: Name, json_: Json = False) -> None:
    """Let a disabled person in again; it lifts a lock as well."""
    from tidegate.console.identity import users

    with _connected() as connection:
        users.enable(connection, users.named(connection, name))
        user = users.named(connection, name)
    _say_user(user, None, json_)


@app.command("reset-password")
def reset_password(name: Name, one_time: OneTime = False, json_: Json = False) -> None:
    """Set a person's password; their sessions end and a lock is lifted."""
    from tidegate.console.identity import users

    password = _password(one_time)
    with _connected() as connection:
        user = users.named(connection, name)
        users.set_password(connection, user, password, must_change=one_time)
        user = users.named(connection, name)
    _say_user(user, password if one_time else None, json_)


@contextmanager
def _connected() -> Iterator[Connection]:
    """Give a transaction on the console's database; tell what cannot be done."""
    from sqlalchemy.exc import SQLAlchemyError

    from tidegate.console.identity.passwords import WeakPassword
    from tidegate.console.identity.users import UserError
    from tidegate.console.opening import open_database
    from tidegate.ops.settings import load_settings

    with told_errors():
        try:
            database = open_database(load_settings())
            with database.begin() as connection:
                yield connection
            database.close()
        except WeakPassword as error:
            bad(f"password: {error}")
        except UserError as error:
            bad(str(error))
        except (SQLAlchemyError, OSError) as error:
            bad(f"the console's database cannot be opened: {error}")


def _role(text: str) -> Any:
    from tidegate.console.identity.roles import Role

    try:
        return Role(text)
    except ValueError:
        wrong_use(f"--role {text}: choose one of {', '.join(Role)}")


def _password(one_time: bool) -> str:
    from tidegate.console.identity.passwords import made_password

    if one_time:
        return made_password()
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))


def _say_user(user: User, password: str | None, json_: bool) -> None:
    if json_:
        say_json(_shown(user) | ({} if password is None else {"password": password}))
        return
    say(f"{user.name}: {user.role}, {_state(user)}")
    if password is not None:
        say(f"password for the first sign-in: {password}")


def _state(user: User) -> str:
    if user.disabled_at is not None:
        return "disabled"
    if user.locked_until is not None and user.locked_until > datetime.now(UTC):
        return f"locked until {user.locked_until.isoformat(timespec='seconds')}"
    return "must set a password" if user.must_change_password else "active"


def _shown(user: User) -> dict[str, Any]:
    return {"id": user.id, "name": user.name, "role": user.role.value, "state": _state(user)}
