"""Who may do what: every role by every action, through HTTP; nothing is open to nobody."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.unit.console.stage import Stage, stage
from tidegate.console.identity.roles import Permission, Role

ROLES = (Role.VIEWER, Role.ANALYST, Role.APPROVER, Role.ADMIN)

WISH = {"shipment_id": "SHP-none", "decision_id": "x", "kind": "note", "reason": "because"}
REASON = {"reason": "because"}
MADE = {"name": "made", "scopes": ["read"]}

# method, path, body; may: viewer, analyst, approver, admin
ACTIONS: list[tuple[str, str, Any, str]] = [
    ("GET", "/me", None, "++++"),
    ("GET", "/holds", None, "++++"),
    ("GET", "/shipments", None, "++++"),
    ("GET", "/shipments/SHP-none", None, "++++"),
    ("GET", "/decisions/none", None, "++++"),
    ("GET", "/dispositions/none", None, "++++"),
    ("GET", "/proposals", None, "++++"),
    ("GET", "/proposals/none", None, "++++"),
    ("GET", "/assignments?shipment_id=SHP-none", None, "++++"),
    ("GET", "/presence/SHP-none", None, "++++"),
    ("PUT", "/presence/SHP-none", None, "++++"),
    ("DELETE", "/presence/SHP-none", None, "++++"),
    ("GET", "/licenses", None, "++++"),
    ("GET", "/alerts", None, "++++"),
    ("GET", "/dead-letters", None, "++++"),
    ("GET", "/overview", None, "++++"),
    ("GET", "/tokens", None, "++++"),
    ("POST", "/tokens", MADE, "++++"),
    ("DELETE", "/tokens/none", None, "++++"),
    ("POST", "/check", {}, "++++"),
    ("POST", "/dispositions", WISH, "-+++"),
    (
        "POST",
        "/dispositions/bulk",
        {**REASON, "kind": "note", "shipments": [{"shipment_id": "S", "decision_id": "D"}]},
        "-+++",
    ),
    ("PUT", "/assignments/SHP-none", {"assignee": None}, "-+++"),
    ("POST", "/proposals/none/decline", REASON, "-+++"),
    ("POST", "/proposals/none/second", REASON, "--++"),
    ("GET", "/audit", None, "--++"),
    ("GET", "/tokens?everybody=true", None, "---+"),
    ("GET", "/users", None, "---+"),
    ("POST", "/users", {"name": "newcomer", "role": "viewer"}, "---+"),
    ("PATCH", "/users/none", {"role": "admin"}, "---+"),
    ("POST", "/users/none/password", None, "---+"),
]
OPEN = {("POST", "/api/v1/session")}
"""What is asked before anybody is known."""


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Stage]:
    async with stage(tmp_path) as made:
        for role in ROLES:
            made.house.add(role.value, role)
        yield made


async def ask(visitor: httpx.AsyncClient, method: str, path: str, body: Any) -> httpx.Response:
    return await visitor.request(method, f"/api/v1{path}", json=body)


async def test_each_role_may_do_what_the_table_says_and_nothing_else(here: Stage) -> None:
    wrong = []
    for column, role in enumerate(ROLES):
        visitor = await here.house.signed_in(role.value)
        for method, path, body, may in ACTIONS:
            answer = await ask(visitor, method, path, body)
            # What is let in may still not be found; what is refused is refused with 403.
            if (answer.status_code != 403) != (may[column] == "+") or answer.status_code == 500:
                wrong.append((role.value, method, path, answer.status_code))
    assert wrong == []


async def test_nothing_is_open_to_who_is_not_signed_in(here: Stage) -> None:
    stranger = here.house.visitor()
    described = (await stranger.get("/api/v1/openapi.json")).json()
    operations = {
        (method.upper(), path)
        for path, methods in described["paths"].items()
        for method in methods
        if method in ("get", "post", "put", "patch", "delete")
    }
    assert len(operations) > len(ACTIONS)
    answered = []
    for method, path in sorted(operations - OPEN):
        answer = await stranger.request(method, path.replace("{", "").replace("}", ""), json={})
        if answer.status_code != 401:
            answered.append((method, path, answer.status_code))
    assert answered == []


async def test_a_token_does_what_it_was_made_for_and_no_more(here: Stage) -> None:
    approver = await here.house.signed_in("approver")
    made = await ask(approver, "POST", "/tokens", {"name": "booking", "scopes": ["read", "check"]})
    assert made.status_code == 201
    program = here.house.visitor(authorization=f"Bearer {made.json()['secret']}")
    allowed = {"/holds": 200, "/me": 200, "/audit": 403}
    for path, status in allowed.items():
        assert (await ask(program, "GET", path, None)).status_code == status
    assert (await ask(program, "POST", "/dispositions", WISH)).status_code == 403
    # A token makes no tokens, and says in its list when it was used.
    assert (await ask(program, "POST", "/tokens", MADE)).status_code == 403
    (listed,) = (await ask(approver, "GET", "/tokens", None)).json()
    assert listed["used_at"] is not None
    assert "secret" not in str(listed)
    # Its owner's role goes before its scopes.
    admin = await here.house.signed_in("admin")
    people = (await ask(admin, "GET", "/users", None)).json()
    number = next(user["id"] for user in people if user["name"] == "approver")
    await ask(admin, "PATCH", f"/users/{number}", {"disabled": True})
    assert (await ask(program, "GET", "/holds", None)).status_code == 401


@pytest.mark.parametrize("how", ["revoked", "expired", "changed"])
async def test_a_token_that_does_not_hold_opens_nothing(here: Stage, how: str) -> None:
    viewer = await here.house.signed_in("viewer")
    made = (await ask(viewer, "POST", "/tokens", {**MADE, "days": 1})).json()
    secret = made["secret"]
    if how == "revoked":
        await ask(viewer, "DELETE", f"/tokens/{made['token']['id']}", None)
    elif how == "expired":
        here.house.clock.wait(days=1, seconds=1)
    else:
        secret = secret[:-1] + ("A" if secret[-1] != "A" else "B")
    program = here.house.visitor(authorization=f"Bearer {secret}")
    assert (await ask(program, "GET", "/holds", None)).status_code == 401


async def test_nobody_makes_a_token_for_more_than_they_may(here: Stage) -> None:
    viewer = await here.house.signed_in("viewer")
    for scope in Permission:
        wish = {"name": "x", "scopes": [scope.value]}
        status = (await ask(viewer, "POST", "/tokens", wish)).status_code
        assert status == (201 if scope in (Permission.READ, Permission.CHECK) else 422)


async def test_the_last_admin_stays(here: Stage) -> None:
    admin = await here.house.signed_in("admin")
    me = (await ask(admin, "GET", "/me", None)).json()["id"]
    for change in ({"role": "viewer"}, {"disabled": True}):
        assert (await ask(admin, "PATCH", f"/users/{me}", change)).status_code == 409


async def test_a_new_user_sets_a_password_before_anything_else(here: Stage) -> None:
    admin = await here.house.signed_in("admin")
    made = (await ask(admin, "POST", "/users", {"name": "new", "role": "analyst"})).json()
    visitor = await here.house.signed_in("new", made["password"])
    refused = await ask(visitor, "GET", "/holds", None)
    assert (refused.status_code, refused.json()["type"][-22:]) == (403, "password-change-needed")
    change = {"old": made["password"], "new": "another long passphrase"}
    answer = await ask(visitor, "POST", "/me/password", change)
    visitor.headers["X-CSRF-Token"] = answer.json()["csrf_token"]
    assert (await ask(visitor, "GET", "/holds", None)).status_code == 200


async def test_what_is_read_of_a_shipment_is_written_down_where_that_is_switched_on(
    tmp_path: Path,
) -> None:
    for switched, lines in ((True, 1), (False, 0)):
        async with stage(tmp_path / str(switched), console_audit_reads=switched) as made:
            made.house.add("viewer", Role.VIEWER)
            made.house.add("approver", Role.APPROVER)
            made.shipment()
            viewer = await made.house.signed_in("viewer")
            assert (await ask(viewer, "GET", "/shipments/SHP-1", None)).status_code == 200
            approver = await made.house.signed_in("approver")
            audit = await ask(approver, "GET", "/audit?act=read&actor=viewer", None)
            assert [(line["actor"], line["subject"]) for line in audit.json()] == [
                ("viewer", "SHP-1")
            ] * lines
