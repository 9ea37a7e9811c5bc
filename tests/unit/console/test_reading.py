"""The API's read side: what the store holds, by HTTP; and answers to what nobody has booked."""

import csv
import hashlib
import io
import json
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.history import BEGINS
from tests.support.tables import ROOT, shipped
from tests.unit.console.house import house
from tidegate.console.export import digest
from tidegate.console.identity.roles import Role
from tidegate.console.opening import DATABASE_FILE
from tidegate.console.store.database import Database
from tidegate.events.decision import Decision

NOW = BEGINS + timedelta(hours=5)
EXAMPLE = ROOT / "schemas" / "examples" / "trade.shipment.v1.json"


@pytest.fixture
async def reader(tmp_path: Path, filled: Database) -> AsyncIterator[httpx.AsyncClient]:
    """A viewer of a console whose store holds `history()`."""
    with (
        closing(sqlite3.connect(filled.url.database or "")) as original,
        closing(sqlite3.connect(tmp_path / DATABASE_FILE)) as copy,
    ):
        original.backup(copy)
    async with house(tmp_path) as made:
        made.clock.now = NOW
        made.add("viewer", Role.VIEWER)
        assert made.console.tables is not None
        made.console.tables.use(shipped(), BEGINS)
        client = await made.signed_in("viewer")
        yield client
        await client.aclose()


async def got(client: httpx.AsyncClient, path: str, **query: Any) -> Any:
    answer = await client.get(f"/api/v1{path}", params=query)
    assert answer.status_code == 200, (path, answer.text)
    return answer.json()


async def test_each_list_answers(reader: httpx.AsyncClient) -> None:
    for path in (
        "/overview", "/overview/series", "/holds", "/shipments", "/licenses", "/measures",
        "/measures/versions", "/lists", "/alerts", "/dispositions", "/dead-letters", "/deliveries",
        "/endpoints", "/practice", "/health",
    ):  # fmt: skip
        await got(reader, path)


async def test_the_queue_is_filtered_and_walked_by_cursor(reader: httpx.AsyncClient) -> None:
    page = await got(reader, "/holds", limit=5)
    assert len(page["rows"]) == 5 < page["total"]
    following = await got(reader, "/holds", limit=5, cursor=page["next"])
    ids = [row["shipment_id"] for row in page["rows"] + following["rows"]]
    assert len(set(ids)) == 10
    measure = page["rows"][0]["measures"][0]
    of_measure = await got(reader, "/holds", measure=measure, limit=500)
    assert of_measure["total"] == len(of_measure["rows"]) > 0
    assert all(measure in row["measures"] for row in of_measure["rows"])
    party = page["rows"][0]["parties"][0]
    for text in (party[1:-1], party.upper()):
        found = await got(reader, "/holds", party=text)
        assert party in {name for row in found["rows"] for name in row["parties"]}
    everything = await got(reader, "/holds", limit=500)
    young = await got(reader, "/holds", max_age_hours=3, limit=500)
    old = await got(reader, "/holds", min_age_hours=3, limit=500)
    assert young["total"] + old["total"] == everything["total"]
    assert min(young["total"], old["total"]) > 0


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/holds?cursor=x", None),
        ("/holds?limit=0", "limit"),
        ("/holds?sort=length", "sort"),
        ("/holds?party=%00", "party"),
        ("/overview/series?since=yesterday", "since"),
        ("/overview/series?step_minutes=1&since=2020-01-01T00:00:00Z", "since"),
        ("/screening?name=---", "name"),
        ("/screening?name=x&country=XX", "country"),
        ("/measures?at=2026-01-01", "at"),
    ],
)
async def test_a_wrong_question_is_refused_by_field(
    reader: httpx.AsyncClient, path: str, field: str | None
) -> None:
    answer = await reader.get(f"/api/v1{path}")
    assert answer.status_code in (400, 422), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    if field is not None:
        assert field in answer.json()["errors"][0]["field"]


@pytest.mark.parametrize("path", ["/shipments/X", "/licenses/X", "/decisions/X", "/deliveries/X"])
async def test_what_is_not_there_is_not_found(reader: httpx.AsyncClient, path: str) -> None:
    answer = await reader.get(f"/api/v1{path}")
    assert (answer.status_code, answer.json()["title"]) == (404, "There is no such thing")


async def test_nobody_reads_without_signing_in(tmp_path: Path) -> None:
    async with house(tmp_path) as made, made.visitor() as stranger:
        for path in ("/holds", "/shipments/X", "/live", "/overview", "/measures"):
            assert (await stranger.get(f"/api/v1{path}")).status_code == 401
        assert (await stranger.post("/api/v1/check", content=b"{}")).status_code == 401


async def test_a_shipments_file_can_be_verified_from_what_stands_in_it(
    reader: httpx.AsyncClient,
) -> None:
    held = (await got(reader, "/holds", limit=1))["rows"][0]["shipment_id"]
    file = await got(reader, f"/shipments/{held}/file")
    assert (
        digest({name: value for name, value in file.items() if name != "sha256"})
        == (file["sha256"])
    )
    by_revision = {one["shipment"]["revision"]: one["sha256"] for one in file["events"]}
    for one in file["decisions"]:
        decision = Decision.model_validate(one["decision"])
        assert decision.inputs["facts_sha256"] == by_revision[decision.revision]
        written = decision.model_dump_json(by_alias=True, exclude_none=True)
        assert one["sha256"] == hashlib.sha256(written.encode()).hexdigest()
    assert {source["measure"] for source in file["sources"]} >= {
        reason["measure"] for reason in file["decisions"][0]["decision"]["reasons"]
    }
    answer = await reader.get(f"/api/v1/shipments/{held}/file?format=csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert len(rows) == 1 + sum(
        len(file[kind]) for kind in ("events", "decisions", "dispositions", "alerts")
    )


async def test_the_queue_as_a_file_has_every_row_and_no_formula(
    tmp_path: Path, reader: httpx.AsyncClient
) -> None:
    total = (await got(reader, "/holds"))["total"]
    answer = await reader.get("/api/v1/holds/export")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert len(rows) == total == len(await got(reader, "/holds/export", format="json"))
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row.values())


async def test_a_check_answers_as_the_workers_would(reader: httpx.AsyncClient) -> None:
    event = json.loads(EXAMPLE.read_text())
    answer = await reader.post("/api/v1/check", json=event)
    assert answer.status_code == 200, answer.text
    (decision,) = answer.json()["decisions"]
    assert (decision["action"], decision["outcome"]) == ("hold", "PROHIBITED")
    assert decision["reasons"][0]["article"]
    assert answer.json()["tables_version"] == shipped().version
    assert (await got(reader, "/shipments", prefix="SHP-1")) == [
        row for row in await got(reader, "/shipments") if row["shipment_id"].startswith("SHP-1")
    ]


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{", b"[1]", b'"x"', b"{}", b'{"specversion":"1.0"}', b"\xff", b"[[[[[[[[[["],
)
async def test_a_check_of_rubbish_names_what_is_wrong(
    reader: httpx.AsyncClient, body: bytes
) -> None:
    answer = await reader.post("/api/v1/check", content=body)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["reason"]


async def test_a_name_is_set_beside_the_lists(reader: httpx.AsyncClient) -> None:
    found = await got(reader, "/screening", name="三菱造船株式会社", country="JP")
    assert found["hits"][0]["grade"] == "exact"
    assert found["hits"][0]["entry"]["list"] in {row["id"] for row in await got(reader, "/lists")}


async def test_a_measure_has_its_states_one_after_the_other(reader: httpx.AsyncClient) -> None:
    at = "2026-02-24T00:00:00+08:00"
    for row in (await got(reader, "/measures", at=at))["measures"]:
        line = row["time_line"]
        assert line[0]["since"] is line[-1]["until"] is None
        assert [span["until"] for span in line[:-1]] == [span["since"] for span in line[1:]]
        then = [
            s for s in line if (s["since"] or "") <= "2026-02-23T16:00:00Z" < (s["until"] or "9")
        ]
        assert [span["state"] for span in then] == [row["state"]], row["id"]
        assert await got(reader, f"/measures/{row['id']}", at=at) == row
