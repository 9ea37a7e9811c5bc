"""What people decide at the desk and what comes of it: by HTTP, answered by the real agent."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.unit.agents.book import facts, used_by, used_for
from tests.unit.console.stage import Stage, stage
from tidegate.console.identity.roles import Role

REASON = {"reason": "Looked at it."}
UNCODED = {"items": [{"line": 1, "hs_code": "2846901500", "origin_country": "CN"}]}


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Stage]:
    async with stage(tmp_path) as made:
        for name, role in (("analyst", Role.ANALYST), ("approver", Role.APPROVER)):
            made.house.add(name, role)
        made.house.add("other approver", Role.APPROVER)
        yield made


async def say(
    visitor: httpx.AsyncClient, desk: Stage, kind: str, status: int, **words: Any
) -> dict[str, Any]:
    """Say something of the decision in force, and return the answer."""
    wish = {
        "shipment_id": "SHP-1",
        "decision_id": desk.agent.decision().decision_id,
        "kind": kind,
        "reason": "because",
        **words,
    }
    answer = await visitor.post("/api/v1/dispositions", json=wish)
    assert answer.status_code == status, answer.text
    return dict(answer.json())


async def fate(visitor: httpx.AsyncClient, number: str) -> tuple[str, str | None]:
    answer = (await visitor.get(f"/api/v1/dispositions/{number}")).json()
    return answer["fate"], answer["refusal"]


async def test_two_people_release_a_hold_and_it_is_applied_when_the_worker_says_so(
    desk: Stage,
) -> None:
    desk.shipment()
    analyst = await desk.house.signed_in("analyst")
    approver = await desk.house.signed_in("approver")
    proposal = (await say(analyst, desk, "release", 202))["proposal"]
    assert desk.said == []
    answer = await approver.post(f"/api/v1/proposals/{proposal['id']}/second", json=REASON)
    sent = answer.json()["sent"]
    assert (answer.status_code, sent["fate"]) == (200, "sent")
    (said,) = desk.said
    assert (said.by, said.seconded_by, said.reason) == ("analyst", "approver", "because")
    desk.work()
    assert desk.agent.decision().action == "pass"
    assert await fate(analyst, said.disposition_id) == ("applied", None)


async def test_nobody_seconds_their_own(desk: Stage) -> None:
    desk.shipment()
    approver = await desk.house.signed_in("approver")
    proposal = (await say(approver, desk, "release", 202))["proposal"]
    answer = await approver.post(f"/api/v1/proposals/{proposal['id']}/second", json=REASON)
    assert answer.status_code == 403
    assert desk.said == []


@pytest.mark.parametrize(
    ("facts_of", "kind", "status"),
    [
        (facts(), "release", 202),
        # A review is released by one person.
        (facts(**UNCODED), "release", 201),
        (facts(), "confirm", 201),
        (facts(), "note", 201),
        (facts(), "request_information", 201),
        (facts(), "escalate", 201),
        # A prohibition, without and with its special approval.
        (facts(end_use=used_for("military")), "release", 422),
    ],
)
async def test_what_one_person_can_say_alone(
    desk: Stage, facts_of: dict[str, Any], kind: str, status: int
) -> None:
    desk.shipment(facts_of)
    await say(await desk.house.signed_in("analyst"), desk, kind, status)


async def test_a_prohibition_names_its_special_approval(desk: Stage) -> None:
    desk.shipment(facts(end_use=used_for("military")))
    analyst = await desk.house.signed_in("analyst")
    made = await say(analyst, desk, "release", 202, special_approval="SA-1")
    approver = await desk.house.signed_in("approver")
    await approver.post(f"/api/v1/proposals/{made['proposal']['id']}/second", json=REASON)
    desk.work()
    assert desk.agent.decision().action == "pass"


async def test_what_was_decided_since_the_person_looked_is_told(desk: Stage) -> None:
    seen = desk.shipment().decision_id
    desk.shipment(facts(2, end_use=used_for("military")))
    analyst = await desk.house.signed_in("analyst")
    refused = await say(analyst, desk, "confirm", 409, decision_id=seen)
    assert refused["type"] == "urn:tidegate:problem:stale"
    assert "PROHIBITED" in refused["detail"]
    assert refused["decision_id"] == desk.agent.decision().decision_id
    # A note changes nothing, and nobody's words get lost.
    await say(analyst, desk, "note", 201, decision_id=seen)


async def test_a_proposal_does_not_outlive_the_decision_it_was_made_on(desk: Stage) -> None:
    desk.shipment()
    analyst, approver = [await desk.house.signed_in(name) for name in ("analyst", "approver")]
    proposal = (await say(analyst, desk, "release", 202))["proposal"]["id"]
    desk.shipment(facts(2, end_use=used_for("military")))
    answer = await approver.post(f"/api/v1/proposals/{proposal}/second", json=REASON)
    assert answer.json()["type"] == "urn:tidegate:problem:stale"
    assert (await approver.get(f"/api/v1/proposals/{proposal}")).json()["state"] == "stale"
    assert desk.said == []
    # And the way is free for a new one.
    await say(analyst, desk, "release", 202, special_approval="SA-1")


async def test_two_seconds_make_one_disposition(desk: Stage) -> None:
    desk.shipment()
    analyst, approver, other = [
        await desk.house.signed_in(name) for name in ("analyst", "approver", "other approver")
    ]
    path = f"/api/v1/proposals/{(await say(analyst, desk, 'release', 202))['proposal']['id']}"
    first = await approver.post(f"{path}/second", json=REASON)
    again = await approver.post(f"{path}/second", json=REASON)
    assert first.json()["sent"]["disposition"] == again.json()["sent"]["disposition"]
    for answer in ("second", "decline"):
        late = await other.post(f"{path}/{answer}", json=REASON)
        assert late.status_code == 409
        assert "seconded already by approver" in late.json()["detail"]
    assert len(desk.said) == 1


async def test_a_proposal_is_declined_taken_back_or_expires(desk: Stage) -> None:
    desk.shipment()
    analyst, approver = [await desk.house.signed_in(name) for name in ("analyst", "approver")]
    states = []
    for who in (approver, analyst, None):
        proposal = (await say(analyst, desk, "release", 202))["proposal"]["id"]
        if who is None:
            desk.house.clock.wait(hours=25)
            analyst, approver = [await desk.house.signed_in(n) for n in ("analyst", "approver")]
        else:
            await who.post(f"/api/v1/proposals/{proposal}/decline", json=REASON)
        states.append((await analyst.get(f"/api/v1/proposals/{proposal}")).json()["state"])
        late = await approver.post(f"/api/v1/proposals/{proposal}/second", json=REASON)
        assert late.status_code == 409
    assert states == ["declined", "taken_back", "expired"]
    assert desk.said == []
    assert (await analyst.get("/api/v1/proposals", params={"state": "open"})).json() == []


async def test_one_proposal_at_a_time_and_the_same_again_is_the_same(desk: Stage) -> None:
    desk.shipment()
    analyst, approver = [await desk.house.signed_in(name) for name in ("analyst", "approver")]
    first = (await say(analyst, desk, "release", 202))["proposal"]
    assert (await say(analyst, desk, "release", 202))["proposal"] == first
    refused = await say(approver, desk, "release", 409)
    assert refused["proposal_id"] == first["id"]


async def test_the_same_said_twice_is_said_once(desk: Stage) -> None:
    desk.shipment()
    analyst = await desk.house.signed_in("analyst")
    first = await say(analyst, desk, "note", 201)
    assert await say(analyst, desk, "note", 201) == first
    await say(analyst, desk, "note", 201, reason="something else")
    assert [said.reason for said in desk.said] == ["because", "something else"]


async def test_a_release_is_taken_back_and_given_again(desk: Stage) -> None:
    desk.shipment(facts(**UNCODED))
    analyst = await desk.house.signed_in("analyst")
    numbers = []
    for _ in range(2):
        sent = (await say(analyst, desk, "release", 201))["sent"]["disposition"]
        desk.work()
        assert desk.agent.decision().action == "pass"
        numbers.append(sent["disposition_id"])
        undo = {"takes_back": sent["disposition_id"], "reason": "a mistake"}
        withdrawn = (await say(analyst, desk, "withdraw", 201, **undo))["sent"]
        again = (await say(analyst, desk, "withdraw", 201, **undo))["sent"]
        assert again["disposition"] == withdrawn["disposition"]
        desk.work()
        assert desk.agent.decision().action == "review"
        assert await fate(analyst, withdrawn["disposition"]["disposition_id"]) == ("applied", None)
        assert await fate(analyst, sent["disposition_id"]) == ("lapsed", None)
    assert numbers[0] != numbers[1]
    await say(analyst, desk, "withdraw", 409, takes_back=numbers[0])
    await say(analyst, desk, "withdraw", 422, takes_back="unknown")


async def test_a_false_match_lets_a_hold_go_only_with_a_second_person(desk: Stage) -> None:
    listed = facts(parties=used_by(name="TDK Corporation"))
    desk.shipment(listed)
    entry = next(r.list_entry for r in desk.agent.decision().reasons if r.list_entry)
    analyst, approver = [await desk.house.signed_in(name) for name in ("analyst", "approver")]
    pair = {"party": "TDK Corporation", "entry": entry.entry}
    await say(analyst, desk, "false_match", 422, **{**pair, "entry": "none"})
    made = await say(analyst, desk, "false_match", 202, **pair)
    await approver.post(f"/api/v1/proposals/{made['proposal']['id']}/second", json=REASON)
    desk.work()
    met = {r.list_entry.entry for r in desk.agent.decision().reasons if r.list_entry}
    assert entry.entry not in met
    # Taken back, it meets the list again.
    sent = desk.said[-1].disposition_id
    assert await fate(analyst, sent) == ("applied", None)
    await say(analyst, desk, "withdraw", 201, takes_back=sent)
    desk.work()
    assert entry.entry in {
        r.list_entry.entry for r in desk.agent.decision().reasons if r.list_entry
    }


async def test_what_the_worker_refuses_is_told_with_its_reason(desk: Stage) -> None:
    desk.shipment(facts(**UNCODED))
    analyst = await desk.house.signed_in("analyst")
    sent = (await say(analyst, desk, "release", 201))["sent"]["disposition"]["disposition_id"]
    # Twenty new revisions, before the worker takes it: the decision seen is no longer remembered.
    for revision in range(2, 40):
        hs_code = "2846901500" if revision % 2 else "2846901100"
        item = [{"line": 1, "hs_code": hs_code, "origin_country": "CN"}]
        desk.agent.shipment(facts(revision, items=item))
    desk.work()
    assert await fate(analyst, sent) == (
        "refused",
        "not one of this shipment's latest decisions: look at the present one and decide again",
    )


async def test_while_the_broker_is_away_a_decision_waits(desk: Stage) -> None:
    desk.shipment()
    desk.log.away = True
    analyst = await desk.house.signed_in("analyst")
    sent = (await say(analyst, desk, "confirm", 201))["sent"]
    assert sent["fate"] == "waiting"
    desk.log.away = False
    again = (await say(analyst, desk, "confirm", 201))["sent"]
    assert (again["disposition"], again["fate"]) == (sent["disposition"], "sent")
    desk.work()
    assert await fate(analyst, sent["disposition"]["disposition_id"]) == ("recorded", None)


async def test_several_at_once_are_each_told_of(desk: Stage) -> None:
    seen = [
        (f"SHP-{n}", desk.shipment(facts(shipment_id=f"SHP-{n}")).decision_id) for n in (1, 2, 3)
    ]
    odd = desk.shipment(facts(shipment_id="SHP-9", end_use=used_for("military")))
    analyst = await desk.house.signed_in("analyst")

    async def bulk(pairs: list[tuple[str, str]], kind: str) -> httpx.Response:
        shipments = [{"shipment_id": one, "decision_id": two} for one, two in pairs]
        wish = {"kind": kind, "reason": "the same for all", "shipments": shipments}
        return await analyst.post("/api/v1/dispositions/bulk", json=wish)

    stale = [*seen[:2], ("SHP-3", "another"), ("SHP-none", "any")]
    items = (await bulk(stale, "confirm")).json()["items"]
    assert [item["problem"] is None for item in items] == [True, True, False, False]
    assert [said.shipment_id for said in desk.said] == ["SHP-1", "SHP-2"]
    # What one look cannot cover, twice the same, and more than one can have looked at.
    assert (await bulk([*seen, ("SHP-9", odd.decision_id)], "note")).status_code == 422
    assert (await bulk([seen[0], seen[0]], "note")).status_code == 422
    assert (await bulk([(f"S{n}", "d") for n in range(51)], "note")).status_code == 422
    proposed = (await bulk(seen, "release")).json()["items"]
    assert all(item["taken"]["proposal"]["state"] == "open" for item in proposed)


async def test_people_see_each_other_at_a_case_and_do_not_overwrite(desk: Stage) -> None:
    desk.shipment()
    analyst, approver = [await desk.house.signed_in(name) for name in ("analyst", "approver")]
    await analyst.put("/api/v1/presence/SHP-1")
    seen = await approver.put("/api/v1/presence/SHP-1")
    assert seen.json()["names"] == ["analyst", "approver"]
    desk.house.clock.wait(seconds=31)
    assert (await approver.put("/api/v1/presence/SHP-1")).json()["names"] == ["approver"]
    await approver.delete("/api/v1/presence/SHP-1")
    assert (await analyst.get("/api/v1/presence/SHP-1")).json()["names"] == []

    taken = await analyst.put("/api/v1/assignments/SHP-1", json={"assignee": "Analyst"})
    assert taken.json()["assignee"] == "analyst"
    late = await approver.put("/api/v1/assignments/SHP-1", json={"assignee": "approver"})
    assert (late.status_code, late.json()["assignee"]) == (409, "analyst")
    wish = {"assignee": "approver", "seen": "analyst"}
    assert (await approver.put("/api/v1/assignments/SHP-1", json=wish)).status_code == 200
    wish = {"assignee": None, "seen": "approver"}
    assert (await approver.put("/api/v1/assignments/SHP-1", json=wish)).json()["assignee"] is None


async def test_a_key_gives_the_first_answer_again(desk: Stage) -> None:
    desk.shipment()
    analyst, approver = [await desk.house.signed_in(name) for name in ("analyst", "approver")]
    wish = {"kind": "note", "reason": "a note", "shipment_id": "SHP-1"}
    wish["decision_id"] = desk.agent.decision().decision_id
    key = {"Idempotency-Key": "one"}
    first = await analyst.post("/api/v1/dispositions", json=wish, headers=key)
    desk.work()
    again = await analyst.post("/api/v1/dispositions", json=wish, headers=key)
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["idempotency-replayed"] == "true"
    other = await analyst.post(
        "/api/v1/dispositions", json={**wish, "reason": "another"}, headers=key
    )
    assert (other.status_code, other.json()["type"][-10:]) == (409, "key-reused")
    # Another person's key is another key, and what failed is done again.
    assert (
        "idempotency-replayed"
        not in (await approver.post("/api/v1/dispositions", json=wish, headers=key)).headers
    )
    failed = {**wish, "shipment_id": "SHP-2"}
    key = {"Idempotency-Key": "two"}
    assert (await analyst.post("/api/v1/dispositions", json=failed, headers=key)).status_code == 404
    desk.shipment(facts(shipment_id="SHP-2"))
    assert (await analyst.post("/api/v1/dispositions", json=failed, headers=key)).status_code == 201
