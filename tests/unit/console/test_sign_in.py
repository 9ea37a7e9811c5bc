"""Passwords: what is kept, what is refused, and the delay that grows with wrong tries."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.unit.console.house import PASSWORD, House, house
from tidegate.console.identity import passwords
from tidegate.console.identity.passwords import WeakPassword, check_policy, made_password
from tidegate.console.identity.roles import Role
from tidegate.console.identity.sign_in import LONGEST_LOCK, lock_after


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path) as made:
        made.add("analyst", Role.ANALYST)
        yield made


async def attempt(here: House, name: str, password: str) -> int:
    credentials = {"name": name, "password": password}
    return (await here.visitor().post("/api/v1/session", json=credentials)).status_code


@pytest.mark.parametrize(
    ("failures", "seconds"), [(4, None), (5, 30), (6, 60), (7, 120), (11, 1920), (12, 3600)]
)
def test_the_lock_doubles(failures: int, seconds: int | None) -> None:
    assert lock_after(failures) == (None if seconds is None else timedelta(seconds=seconds))
    assert lock_after(10_000) == LONGEST_LOCK


async def test_a_lock_keeps_the_right_password_out_for_its_time_and_no_longer(here: House) -> None:
    for _ in range(5):
        assert await attempt(here, "analyst", "wrong password") == 401
    assert await attempt(here, "analyst", PASSWORD) == 401
    # A try during the lock does not prolong it.
    here.clock.wait(seconds=29)
    assert await attempt(here, "analyst", PASSWORD) == 401
    here.clock.wait(seconds=2)
    assert await attempt(here, "analyst", PASSWORD) == 201
    # And the count begins anew.
    assert await attempt(here, "analyst", "wrong password") == 401
    assert await attempt(here, "analyst", PASSWORD) == 201


async def test_no_answer_tells_which_names_there_are(
    here: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashes: list[str] = []
    verify = passwords._hasher.verify

    class Counting:
        def verify(self, kept: str, password: str) -> bool:
            hashes.append(kept)
            return verify(kept, password)

    monkeypatch.setattr(passwords, "_hasher", Counting())
    answers = []
    for name in ("analyst", "nobody"):
        credentials = {"name": name, "password": "wrong password"}
        answer = await here.visitor().post("/api/v1/session", json=credentials)
        answers.append((answer.status_code, answer.json()))
    assert answers[0] == answers[1]
    # Both took one hash: the time tells nothing either.
    assert len(hashes) == 2


async def test_tries_from_one_address_are_limited(here: House) -> None:
    statuses = [await attempt(here, f"name {n}", "wrong password") for n in range(25)]
    assert statuses.count(429) > 0
    assert statuses[:20] == [401] * 20


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("short", "at least 12"),
        ("x" * 201, "at most 200"),
        ("analyst-analyst-1", "must not be made of 'analyst'"),
        ("Tidegate-2026!!", "must not be made of 'tidegate'"),
        ("abababababababab", "too few different"),
        (PASSWORD, None),
        ("三菱重工業長崎造船所第二工場", None),
    ],
)
def test_a_password_that_is_easily_guessed_is_refused(password: str, why: str | None) -> None:
    if why is None:
        check_policy(password, "analyst")
        return
    with pytest.raises(WeakPassword, match=why):
        check_policy(password, "analyst")


def test_a_made_password_passes_its_own_policy_and_is_never_the_same() -> None:
    made = {made_password() for _ in range(50)}
    assert len(made) == 50
    for password in made:
        check_policy(password, "analyst")
