"""The desk's outbox on a real broker: nothing lost, nothing doubled, one chain, whoever dies."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest

from tests.support.deployment import Deployment
from tests.support.producing import Sent, produce
from tidegate.agents.deployment import runtime_config
from tidegate.cli.topic_reader import read_to_end
from tidegate.console.desk import outbox as rows
from tidegate.console.desk.log import DispositionLog, Place
from tidegate.console.desk.outbox import Outbox
from tidegate.console.opening import open_database
from tidegate.console.store.database import Database
from tidegate.events.chain import Entry, Verdict, link_of, verify
from tidegate.events.codec import DISPOSITION_TYPE, encode
from tidegate.events.disposition import Disposition

SECONDS = 30.0


class Killed(BaseException):
    """Stands for SIGKILL at a place in the code: nothing after it is done."""


def now() -> datetime:
    return datetime.now(UTC)


def said(number: int) -> Disposition:
    return Disposition.model_validate(
        {
            "disposition_id": f"DSP-{number}",
            "shipment_id": f"SHP-{number % 5}",
            "kind": "note",
            "reason": "because",
            "by": "analyst",
        }
    )


@pytest.fixture
def database(deployment: Deployment) -> Iterator[Database]:
    made = open_database(deployment.settings)
    yield made
    made.close()


def decided(database: Database, *numbers: int) -> None:
    for number in numbers:
        with database.begin() as connection:
            rows.put(connection, said(number), now())


@asynccontextmanager
async def sending(
    deployment: Deployment, database: Database, kind: Callable[..., Outbox] = Outbox
) -> AsyncIterator[Outbox]:
    made = kind(database, runtime_config(deployment.settings), now)
    await made.start()
    try:
        yield made
    finally:
        await made.stop()


async def in_log(deployment: Deployment) -> tuple[list[str], Verdict]:
    """Return the ids in the log by their place in the chain, and what verifying says."""
    config = runtime_config(deployment.settings)
    entries = [
        Entry(record.partition, record.offset, record.key, record.value)
        async for record in read_to_end(config, "trade.dispositions")
    ]
    linked = [found for entry in entries if (found := link_of(entry.value)) is not None]
    linked.sort(key=lambda found: found[1].sequence)
    return [disposition.disposition_id for disposition, _ in linked], verify(entries)


async def all_sent(outbox: Outbox, *numbers: int) -> None:
    for number in numbers:
        found = await outbox.sent(f"DSP-{number}", SECONDS)
        assert found.sent_at is not None, outbox.problem()


async def test_killed_at_each_step_of_sending_nothing_is_lost_or_doubled(
    deployment: Deployment, database: Database
) -> None:
    class KilledBefore(Outbox):
        """Dies when the row is claimed and nothing is sent."""

        async def _send(self, outgoing: rows.Outgoing) -> None:
            end = await self._log.end(outgoing.disposition.shipment_id)
            self._claimed(outgoing.disposition.disposition_id, end)
            raise Killed

    class KilledAfter(Outbox):
        """Dies when it is in the log and the row is not marked."""

        def _mark(self, number: str, place: Place) -> None:
            raise Killed

    for number, kind in enumerate((KilledBefore, KilledAfter, KilledBefore, KilledAfter)):
        decided(database, number)
        made = kind(database, runtime_config(deployment.settings), now)
        with pytest.raises(Killed):
            async with asyncio.timeout(20):
                await made._send_all()
        await made.stop()
        async with sending(deployment, database) as outbox:
            await all_sent(outbox, number)
    ids, verdict = await in_log(deployment)
    assert ids == ["DSP-0", "DSP-1", "DSP-2", "DSP-3"]
    assert verdict.findings == ()


async def test_two_consoles_on_one_database_write_one_chain(
    deployment: Deployment, database: Database
) -> None:
    async with sending(deployment, database) as one, sending(deployment, database) as two:
        # Each takes the pen from the other.
        for number, outbox in enumerate((one, two, one)):
            decided(database, number)
            await all_sent(outbox, number)
    ids, verdict = await in_log(deployment)
    assert ids == ["DSP-0", "DSP-1", "DSP-2"]
    assert verdict.findings == ()


async def test_the_end_of_the_chain_is_found_behind_what_others_wrote(
    deployment: Deployment, database: Database
) -> None:
    decided(database, 0, 1)
    async with sending(deployment, database) as outbox:
        await all_sent(outbox, 0, 1)
    strange = [
        Sent("trade.dispositions", key, _foreign(key.decode(), number))
        for number in range(100)
        for key in (b"SHP-0", b"SHP-1")
    ]
    await produce(deployment.settings, strange)
    log = DispositionLog(runtime_config(deployment.settings))
    await log.open()
    assert log.head.sequence == 2
    await log.close()
    decided(database, 2)
    async with sending(deployment, database) as outbox:
        await all_sent(outbox, 2)
    told = deployment.json("audit", "verify")
    assert (told["whole"], told["chained"], told["unchained"]) == (True, 3, 200)
    head = f"{told['head']['sequence']}:{told['head']['hash']}"
    assert "The chain is whole." in deployment.command("audit", "verify", "--head", head)
    # An end that was never there, and one with another hash.
    deployment.command("audit", "verify", "--head", f"4:{'0' * 64}", expected=1)
    deployment.command("audit", "verify", "--head", f"3:{'0' * 64}", expected=1)
    deployment.command("audit", "verify", "--head", "rubbish", expected=2)
    # A record of the chain put in once more.
    config = runtime_config(deployment.settings)
    copied = await anext(read_to_end(config, "trade.dispositions", b"SHP-0"))
    await produce(deployment.settings, [Sent("trade.dispositions", copied.key, copied.value)])
    told = deployment.json("audit", "verify", expected=1)
    assert [finding["kind"] for finding in told["findings"]] == ["doubled"]


def _foreign(shipment: str, number: int) -> bytes:
    one = said(number).model_copy(update={"shipment_id": shipment})
    return encode(DISPOSITION_TYPE, one, id_="x", source="/erp", subject=shipment, time=now())
