"""`tidegate deliveries`: what became of each alert, sending again, trying out endpoints."""

from __future__ import annotations

import asyncio
import getpass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tidegate.cli.terminal import BAD, note, say, say_json, table, told_errors, wrong_use

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tidegate.events.delivery import Delivery, EndpointState, SendAgain
    from tidegate.notify.trial import Trial

app = typer.Typer(no_args_is_help=True, help="Alerts on their way to people and programs.")

SHOWN_TITLE = 50  # characters of a title in the list
SHOWN_WHY = 60
OPEN = "open"
"""What `--status` calls that which is not finished."""

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
OnlyEndpoint = Annotated[str | None, typer.Option("--endpoint", help="Only to this endpoint.")]
OnlyShipment = Annotated[str | None, typer.Option("--shipment", help="Only of this shipment.")]
By = Annotated[str | None, typer.Option("--by", help="Who asks; your user name by default.")]


@app.command("list")
def list_(
    endpoint: OnlyEndpoint = None,
    shipment: OnlyShipment = None,
    status: Annotated[
        str | None,
        typer.Option("--status", help="waiting, pending, delivered, digested, dead; or open."),
    ] = None,
    json_: Json = False,
) -> None:
    """Show deliveries, oldest first: where each stands, how often it was tried, what was said."""
    from tidegate.events.delivery import DeliveryStatus

    if status not in (None, OPEN, *DeliveryStatus):
        wrong_use(f"--status {status}: one of open, {', '.join(DeliveryStatus)}")
    with told_errors():
        known = asyncio.run(_known())
    found = [
        delivery
        for delivery, _key in known.deliveries.values()
        if endpoint in (None, delivery.endpoint)
        and shipment in (None, delivery.shipment_id)
        and (status in (None, delivery.status) or (status == OPEN and delivery.status.open))
    ]
    disabled = [state for state in known.endpoints.values() if state.disabled]
    if json_:
        say_json(
            {
                "deliveries": [one.model_dump(mode="json", exclude_none=True) for one in found],
                "disabled": [one.model_dump(mode="json", exclude={"record"}) for one in disabled],
            }
        )
        return
    rows = [
        (
            one.delivery_id,
            one.endpoint,
            one.status.value,
            str(one.attempts),
            _shortened(_why(one), SHOWN_WHY),
            _shortened(one.title, SHOWN_TITLE),
        )
        for one in found
    ]
    for line in table(rows, ("DELIVERY", "ENDPOINT", "STATUS", "TRIES", "WHY", "ALERT")):
        say(line)
    for state in disabled:
        note(f"endpoint {state.endpoint} is disabled: {state.reason}")
    note(f"{len(found)} deliveries")


@app.command()
def replay(
    ids: Annotated[
        list[str] | None, typer.Argument(help="Deliveries to send again, as `list` names them.")
    ] = None,
    dead: Annotated[bool, typer.Option("--dead", help="Send all that are dead again.")] = False,
    endpoint: OnlyEndpoint = None,
    by: By = None,
    json_: Json = False,
) -> None:
    """Have deliveries sent again: what is dead or delivered from the beginning, the rest at once.

    The id stays the same, so a receiver that has it already drops the copy. The notifier takes
    it up when it runs.
    """
    wanted = set(ids or ())
    if bool(wanted) == dead:
        wrong_use("name the deliveries to send again, or say --dead")
    with told_errors():
        known = asyncio.run(_known())
        missing = wanted - known.deliveries.keys()
        if missing:
            wrong_use(f"no such delivery: {', '.join(sorted(missing))}")
        chosen = [
            (key, _send_again(delivery, by or getpass.getuser()))
            for delivery, key in known.deliveries.values()
            if (delivery.delivery_id in wanted or (dead and delivery.status == "dead"))
            and endpoint in (None, delivery.endpoint)
        ]
        asyncio.run(_command(chosen))
    if json_:
        say_json({"replayed": [command.delivery.delivery_id for _key, command in chosen]})
    else:
        say(f"{len(chosen)} deliveries are to be sent again.")


@app.command()
def enable(
    endpoint: Annotated[str, typer.Argument(help="An endpoint that answered 410 (Gone).")],
    by: By = None,
) -> None:
    """Deliver to an endpoint again that was disabled; what died meanwhile: `replay --dead`."""
    from datetime import UTC, datetime

    from tidegate.events.delivery import EnableEndpoint

    with told_errors():
        known = asyncio.run(_known())
        state = known.endpoints.get(endpoint)
        if state is None or not state.disabled:
            wrong_use(f"endpoint {endpoint} is not disabled")
        command = EnableEndpoint(
            endpoint=endpoint, by=by or getpass.getuser(), at=datetime.now(UTC)
        )
        asyncio.run(_command([(endpoint.encode(), command)]))
    say(f"Endpoint {endpoint} is to be enabled.")


@app.command("test")
def try_out_endpoints(
    endpoints: Annotated[
        list[str] | None, typer.Argument(help="Endpoints to try; all of them by default.")
    ] = None,
    json_: Json = False,
) -> None:
    """Check the file of endpoints and send each a message that does no harm, without Kafka.

    It tells of the end of a hold that never was: no incident is opened. Exit code 1 where an
    endpoint does not accept it.
    """
    from tidegate.notify.config import load_config
    from tidegate.notify.trial import try_out
    from tidegate.ops.settings import load_settings

    with told_errors():
        config = load_config(load_settings())
        unknown = set(endpoints or ()) - config.endpoints.keys()
        if unknown:
            wrong_use(f"no such endpoint: {', '.join(sorted(unknown))}")
        trials = asyncio.run(try_out(config, endpoints or list(config.endpoints)))
    if json_:
        say_json([_trial(trial) for trial in trials])
    else:
        rows = [
            (
                t.endpoint,
                t.answer.result.value,
                str(t.answer.code or ""),
                f"{t.seconds:.2f} s",
                t.answer.detail,
            )
            for t in trials
        ]
        for line in table(rows, ("ENDPOINT", "RESULT", "CODE", "TOOK", "DETAIL")):
            say(line)
    if not all(trial.accepted for trial in trials):
        raise typer.Exit(BAD)


class _Known:
    """The last state of every delivery and endpoint."""

    def __init__(self) -> None:
        self.deliveries: dict[str, tuple[Delivery, bytes]] = {}
        self.endpoints: dict[str, EndpointState] = {}


async def _known() -> _Known:
    from tidegate.agents.deployment import runtime_config
    from tidegate.cli.topic_reader import read_to_end
    from tidegate.events.delivery import DELIVERY_RECORD, EndpointState
    from tidegate.ops.settings import load_settings
    from tidegate.ops.topics import DELIVERIES_TOPIC

    known = _Known()
    async for record in read_to_end(runtime_config(load_settings()), DELIVERIES_TOPIC):
        told = DELIVERY_RECORD.validate_json(record.value or b"")
        if isinstance(told, EndpointState):
            known.endpoints[told.endpoint] = told
        else:
            known.deliveries[told.delivery_id] = told, record.key or b""
    return known


def _send_again(delivery: Delivery, by: str) -> SendAgain:
    from datetime import UTC, datetime

    from tidegate.events.delivery import SendAgain

    return SendAgain(delivery=delivery, by=by, at=datetime.now(UTC))


async def _command(commands: Iterable[tuple[bytes, Any]]) -> None:
    from aiokafka import AIOKafkaProducer

    from tidegate.agents.deployment import runtime_config
    from tidegate.events.codec import canonical
    from tidegate.ops.settings import load_settings
    from tidegate.ops.topics import DELIVERY_COMMANDS_TOPIC

    config = runtime_config(load_settings())
    producer = AIOKafkaProducer(**config.client(), enable_idempotence=True, acks="all")
    await producer.start()
    try:
        sent = [
            await producer.send(
                config.physical(DELIVERY_COMMANDS_TOPIC), canonical(command), key=key
            )
            for key, command in commands
        ]
        await asyncio.gather(*sent)
    finally:
        await producer.stop()


def _why(delivery: Delivery) -> str:
    """Say what there is to say of it: why it is not delivered, or what is waited for."""
    if delivery.status == "waiting":
        return f"quiet until {delivery.due_at:%Y-%m-%d %H:%M}Z"
    if delivery.status == "digested":
        return f"in {delivery.digest}"
    if delivery.problem is not None:
        return delivery.problem
    if delivery.last is None or delivery.status == "delivered":
        return ""
    last = delivery.last
    return " ".join(filter(None, (last.result.value, str(last.code or ""), last.detail)))


def _shortened(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _trial(trial: Trial) -> dict[str, Any]:
    return {
        "endpoint": trial.endpoint,
        "accepted": trial.accepted,
        "result": trial.answer.result,
        "code": trial.answer.code,
        "seconds": trial.seconds,
        "detail": trial.answer.detail,
    }
