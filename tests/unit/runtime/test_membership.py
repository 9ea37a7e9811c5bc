"""The membership in the group: joined again on an empty answer, and missed when it ends."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tidegate.runtime import membership


class Coordinator:
    """As much of aiokafka's as is touched."""

    def __init__(self, routine: Any) -> None:
        self.joined: list[bytes] = []
        self.rejoins = 0
        self.pushed: list[BaseException] = []
        self._coordination_task = asyncio.ensure_future(routine)

    def _push_error_to_user(self, error: BaseException) -> None:
        self.pushed.append(error)

    async def _on_join_complete(
        self, generation: int, member_id: str, protocol: str, assignment: bytes
    ) -> None:
        self.joined.append(assignment)

    def request_rejoin(self) -> None:
        self.rejoins += 1


async def forever() -> None:
    await asyncio.Event().wait()


async def fail() -> None:
    raise ValueError("an answer that cannot be read")


async def test_an_answer_without_an_assignment_joins_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(membership, "AGAIN_SECONDS", 0.0)
    coordinator = Coordinator(forever())
    membership.keep(coordinator, pytest.fail)
    await coordinator._on_join_complete(1, "m", "p", b"")
    assert (coordinator.rejoins, coordinator.joined) == (1, [])
    await coordinator._on_join_complete(2, "m", "p", b"units")
    assert (coordinator.rejoins, coordinator.joined) == (1, [b"units"])
    coordinator._coordination_task.cancel()
    await asyncio.wait([coordinator._coordination_task])


async def test_a_membership_that_ends_by_an_error_is_told() -> None:
    told: list[str] = []
    coordinator = Coordinator(fail())
    membership.keep(coordinator, told.append)
    await asyncio.wait([coordinator._coordination_task])
    await asyncio.sleep(0)  # the callback runs in the loop's next turn
    assert len(told) == 1
    assert "cannot be read" in told[0]


async def test_a_member_that_the_group_refuses_is_told() -> None:
    told: list[str] = []
    coordinator = Coordinator(forever())
    membership.keep(coordinator, told.append)
    coordinator._push_error_to_user(ValueError("too long a session"))
    assert len(told) == 1
    assert "too long a session" in told[0]
    assert len(coordinator.pushed) == 1
    coordinator._coordination_task.cancel()
    await asyncio.wait([coordinator._coordination_task])
