"""Set Tidegate beside others: one backlog on one broker, each peer alone, one after the other."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from bench.batches import send_all
from bench.events import shipment
from bench.peers import faust_stock, kafka_streams, plain, quix, tidegate
from bench.peers.peer import NotRun, Place, Throughput
from bench.progress import tell
from bench.table import Section
from tests.support.deployment import Deployment

Run = Callable[[Place], Awaitable[Throughput]]

OURS = "Tidegate, exactly once, 1 worker"
NOTES = (
    "Each alone on the broker with the same backlog. Not counted: the start and the first 20 % of"
    " the backlog, and the last 3 %. CPU: user and system of the peer's process, not the broker's.",
    "Tidegate and stock Faust decode, decide by the packs that ship, keep state and write decisions"
    " and alerts; the others only keep each record under its key and pass it on.",
)


async def compare(deployment: Deployment, second: Deployment, backlog: int) -> Section:
    """Measure every peer, and two of our workers on the second deployment; both are empty yet."""
    settings = deployment.settings
    bootstrap, partitions = settings.kafka_bootstrap_servers, settings.partitions
    source = f"{settings.topic_prefix}trade.shipments"
    tell(f"sending a backlog of {backlog:,} shipments")
    await send_all(bootstrap, source, partitions, (shipment(n) for n in range(backlog)))
    place = _place(deployment, source, backlog)
    # Slow ones work off a part of the backlog: a rate is a rate.
    peers: list[tuple[str, str, int, Run]] = [
        ("Stock Faust, same engine, at least once", "faust-alo", 15_000, _faust("at_least_once")),
        ("Stock Faust, same engine, exactly once", "faust-eo", 5_000, _faust("exactly_once")),
        ("Quix Streams, exactly once, pass through", "quix", backlog, quix.run),
        ("Kafka Streams, exactly_once_v2, pass through", "kstreams", backlog, kafka_streams.run),
        ("aiokafka, reading only", "plain", backlog, plain.run),
    ]
    ours = await _tried(OURS, lambda: tidegate.run(place, deployment))
    section = Section(
        f"Throughput, {backlog:,} shipments of 1 KB, {partitions} partitions",
        ("", "events/s", "CPU s / million", "rate to ours", "CPU to ours"),
        [_row(OURS, ours, ours)],
        NOTES,
    )
    other = f"{second.settings.topic_prefix}trade.shipments"
    await send_all(bootstrap, other, partitions, (shipment(n) for n in range(backlog)))
    its_place = _place(second, other, backlog)
    title = "Tidegate, exactly once, 2 workers"
    two = await _tried(title, lambda: tidegate.run(its_place, second, workers=2))
    section.rows.append(_row(title, two, ours))
    for title, name, part, run in peers:
        own = replace(await _own_place(place, name), backlog=min(part, backlog))
        section.rows.append(_row(title, await _tried(title, _bound(run, own)), ours))
    return section


def _place(deployment: Deployment, source: str, backlog: int) -> Place:
    settings = deployment.settings
    return Place(
        bootstrap=settings.kafka_bootstrap_servers,
        source=source,
        target=f"{settings.topic_prefix}trade.decisions",
        partitions=settings.partitions,
        backlog=backlog,
        folder=deployment.folder,
        cache=settings.cache_dir,
    )


def _bound(run: Run, place: Place) -> Callable[[], Awaitable[Throughput]]:
    return lambda: run(place)


def _faust(guarantee: str) -> Run:
    return lambda place: faust_stock.run(place, guarantee)


async def _own_place(place: Place, name: str) -> Place:
    """Give a peer a folder and topics of its own."""
    folder = place.folder / name
    folder.mkdir(parents=True)
    target = f"peer-{name}"
    admin = AIOKafkaAdminClient(bootstrap_servers=place.bootstrap)
    await admin.start()
    try:
        names = (target, f"{target}-alerts")
        await admin.create_topics([NewTopic(topic, place.partitions, 1) for topic in names])
    finally:
        await admin.close()
    return replace(place, target=target, folder=folder)


async def _tried(title: str, run: Callable[[], Awaitable[Throughput]]) -> Throughput | str:
    tell(title)
    try:
        found = await run()
    except NotRun as reason:
        tell(f"  not run: {reason}")
        return str(reason)
    tell(f"  {found.rate:,.0f} /s, {found.cpu_per_million:,.0f} CPU s a million")
    return found


def _row(title: str, found: Throughput | str, ours: Throughput | str) -> tuple[str, ...]:
    if isinstance(found, str):
        return title, f"not run: {found}"
    cells = title, f"{found.rate:,.0f}", f"{found.cpu_per_million:,.0f}"
    if isinstance(ours, str):
        return (*cells, "-", "-")
    rate, cpu = found.rate / ours.rate, found.cpu_per_million / ours.cpu_per_million
    return (*cells, f"{rate:,.2f}", f"{cpu:,.2f}")
