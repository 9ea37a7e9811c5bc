"""Sign in, stay, sign out: what a session lives by and what ends it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.unit.console.house import PASSWORD, House, house
from tidegate.console.identity.roles import Role


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path) as made:
        made.add("analyst", Role.ANALYST)
        yield made


async def test_who_signs_in_is_known_until_they_sign_out(here: House) -> None:
    visitor = await here.signed_in("Analyst")
    me = (await visitor.get("/api/v1/me")).json()
    assert (me["name"], me["role"]) == ("analyst", "analyst")
    assert (await visitor.delete("/api/v1/session")).status_code == 204
    assert (await visitor.get("/api/v1/me")).status_code == 401


async def test_the_session_ends_with_the_cookie_that_was_kept(here: House) -> None:
    visitor = await here.signed_in("analyst")
    thief = here.visitor(cookie=f"tidegate={visitor.cookies['tidegate']}")
    assert (await thief.get("/api/v1/me")).status_code == 200
    await visitor.delete("/api/v1/session")
    assert (await thief.get("/api/v1/me")).status_code == 401


@pytest.mark.parametrize(
    ("steps_minutes", "status"),
    [
        ([29, 29, 29], 200),
        # Half an hour without a request.
        ([31], 401),
        # Never idle, but half a day old.
        ([25] * 29, 401),
    ],
)
async def test_a_session_ends_by_time(here: House, steps_minutes: list[int], status: int) -> None:
    visitor = await here.signed_in("analyst")
    for minutes in steps_minutes:
        here.clock.wait(minutes=minutes)
        last = await visitor.get("/api/v1/me")
    assert last.status_code == status


async def test_the_id_is_a_new_one_at_each_sign_in_and_the_old_one_ends(here: House) -> None:
    visitor = await here.signed_in("analyst")
    old = visitor.cookies["tidegate"]
    await visitor.post("/api/v1/session", json={"name": "analyst", "password": PASSWORD})
    assert visitor.cookies["tidegate"] != old
    thief = here.visitor(cookie=f"tidegate={old}")
    assert (await thief.get("/api/v1/me")).status_code == 401


async def test_an_id_that_was_set_before_sign_in_is_worth_nothing_after_it(here: House) -> None:
    visitor = here.visitor(cookie="tidegate=chosen-by-somebody-else")
    answer = await visitor.post("/api/v1/session", json={"name": "analyst", "password": PASSWORD})
    assert answer.cookies["tidegate"] != "chosen-by-somebody-else"
    assert (await visitor.get("/api/v1/me")).status_code == 401


async def test_the_database_holds_no_id_of_a_session(here: House) -> None:
    visitor = await here.signed_in("analyst")
    with here.console.database.begin() as connection:
        kept = connection.exec_driver_sql("SELECT * FROM identity_sessions").all()
    assert len(kept) == 1
    assert visitor.cookies["tidegate"] not in str(kept)


async def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_sites(tmp_path: Path) -> None:
    async with house(tmp_path, console_public_url="https://tidegate.example") as made:
        made.add("analyst", Role.ANALYST)
        credentials = {"name": "analyst", "password": PASSWORD}
        answer = await made.visitor().post("/api/v1/session", json=credentials)
    cookie = answer.headers["set-cookie"]
    name, *attributes = [part.strip() for part in cookie.split(";")]
    assert name.startswith("__Host-tidegate=")
    assert {"HttpOnly", "Secure", "SameSite=lax", "Path=/"} <= set(attributes)
    assert not any(attribute.startswith("Domain") for attribute in attributes)
    assert answer.headers["strict-transport-security"]


async def test_a_write_needs_the_token_of_its_own_session(here: House) -> None:
    visitor, other = await here.signed_in("analyst"), await here.signed_in("analyst")
    for token in ("", "rubbish", other.headers["X-CSRF-Token"]):
        refused = await visitor.delete("/api/v1/session", headers={"X-CSRF-Token": token})
        assert (refused.status_code, refused.json()["type"][-13:]) == (403, "no-csrf-token")
    assert (await visitor.delete("/api/v1/session")).status_code == 204


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
async def test_another_site_can_neither_sign_in_nor_write(
    here: House, headers: dict[str, str]
) -> None:
    credentials = {"name": "analyst", "password": PASSWORD}
    answer = await here.visitor(**headers).post("/api/v1/session", json=credentials)
    assert answer.status_code == 403
    visitor = await here.signed_in("analyst")
    assert (await visitor.delete("/api/v1/session", headers=headers)).status_code == 403


async def test_a_form_carries_the_token_in_a_field(here: House) -> None:
    visitor = await here.signed_in("analyst")
    token = visitor.headers.pop("X-CSRF-Token")
    assert (await visitor.post("/sign-out", data={"csrf_token": "x"})).status_code == 403
    gone = await visitor.post("/sign-out", data={"csrf_token": token})
    assert (gone.status_code, gone.headers["location"]) == (303, "/sign-in")


@pytest.mark.parametrize(
    ("onward", "where"),
    [
        ("/holds?sort=age", "/holds?sort=age"),
        ("https://elsewhere.example/", "/"),
        ("//elsewhere.example/", "/"),
        ("/\\elsewhere.example/", "/"),
        ("/\t/elsewhere.example/", "/"),
    ],
)
async def test_sign_in_leads_to_a_page_of_this_site_only(
    here: House, onward: str, where: str
) -> None:
    form = {"name": "analyst", "password": PASSWORD, "onward": onward}
    answer = await here.visitor().post("/sign-in", data=form)
    assert (answer.status_code, answer.headers["location"]) == (303, where)


async def test_a_made_password_opens_nothing_but_the_change_of_it(here: House) -> None:
    here.add("newcomer", Role.ADMIN, must_change_password=True)
    visitor = await here.signed_in("newcomer")
    assert (await visitor.get("/api/v1/me")).json()["must_change_password"]
    change = {"old": PASSWORD, "new": "another long passphrase"}
    changed = await visitor.post("/api/v1/me/password", json=change)
    assert changed.json()["must_change_password"] is False
    assert (await here.signed_in("newcomer", change["new"])).cookies
