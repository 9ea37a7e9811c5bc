"""One try against real receivers on loopback, each failing in its own way."""

import socket
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from pydantic import TypeAdapter
from standardwebhooks import Webhook

from tests.support.certificates import server_tls
from tests.support.notifying import SECRET, alert, record, webhook
from tests.support.receivers import Receivers
from tidegate.events.delivery import AlertPlace, AttemptResult, Channel, Delivery
from tidegate.notify.answer import Answer, Sender, TakenAlert
from tidegate.notify.endpoints import Endpoint
from tidegate.notify.progress import taken_up
from tidegate.notify.senders import sender_for

ENDPOINT: TypeAdapter[Endpoint] = TypeAdapter(Endpoint)
TOLD = alert(1)
PATIENCE = 8.0  # seconds a bounded try may take on a busy machine; its timeout is 1


@pytest.fixture(scope="module")
def world() -> Iterator[Receivers]:
    with Receivers() as receivers:
        yield receivers


@pytest.fixture(autouse=True)
def _secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_WEBHOOK_SECRET", SECRET)


def delivery(endpoint: str = "erp", channel: Channel = Channel.WEBHOOK) -> Delivery:
    now = datetime.now(UTC)
    place = AlertPlace(alert_id=TOLD.alert_id, partition=0, offset=0)
    return taken_up(TOLD, place, endpoint, channel, now, now, now)


@asynccontextmanager
async def sender(described: dict[str, Any]) -> AsyncIterator[Sender]:
    made = sender_for("erp", ENDPOINT.validate_python(described))
    try:
        yield made
    finally:
        await made.close()


async def send(described: dict[str, Any]) -> Answer:
    value = record(TOLD).value
    assert value is not None
    async with sender(described) as made:
        channel = Channel(described["type"])
        return await made.send(delivery(channel=channel), [TakenAlert(value)])


# What the receiver does, how the try comes out, the status, and a word of the reason.
WAYS = [
    ("ok", AttemptResult.ACCEPTED, 200, ""),
    ("202", AttemptResult.ACCEPTED, 202, ""),
    ("half_body", AttemptResult.ACCEPTED, 200, ""),  # the head said yes; no more is needed
    ("drip_body", AttemptResult.ACCEPTED, 200, ""),
    ("huge", AttemptResult.ACCEPTED, 200, ""),
    ("refuse", AttemptResult.UNREACHABLE, None, "refused"),
    ("cut", AttemptResult.UNREACHABLE, None, "ended before the answer"),
    ("half_head", AttemptResult.UNREACHABLE, None, "ended before the answer"),
    ("hang", AttemptResult.TIMED_OUT, None, "no answer in time"),
    ("drip_head", AttemptResult.TIMED_OUT, None, "no answer in time"),
    ("wide", AttemptResult.UNREACHABLE, None, "not HTTP"),
    ("500", AttemptResult.REFUSED, 500, "not now"),
    ("410", AttemptResult.REFUSED, 410, "not now"),
    ("huge_refusal", AttemptResult.REFUSED, 500, "xxx"),
]


@pytest.mark.parametrize(("mode", "result", "code", "reason"), WAYS, ids=[way[0] for way in WAYS])
async def test_every_failure_is_told_and_bounded(
    world: Receivers, mode: str, result: AttemptResult, code: int | None, reason: str
) -> None:
    receiver = world.add(mode)
    began = time.monotonic()
    answer = await send(webhook(receiver))
    assert time.monotonic() - began < PATIENCE
    assert (answer.result, answer.code) == (result, code)
    assert reason in answer.detail
    assert len(answer.detail) <= 300
    assert answer.gone == (mode == "410")
    # Buffers of both kernels take some; nobody read 64 MiB.
    assert receiver.sent_bytes < 32 * 1024 * 1024


async def test_a_request_is_signed_by_every_secret_in_force(
    world: Receivers, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = "whsec_" + "B" * 32
    monkeypatch.setenv("TEST_NEW_SECRET", new)
    receiver = world.add("ok")
    secrets = ["env:TEST_WEBHOOK_SECRET", "env:TEST_NEW_SECRET"]
    assert (await send(webhook(receiver, secrets=secrets))).result is AttemptResult.ACCEPTED
    (request,) = receiver.received
    assert request.body == record(TOLD).value or request.json()["data"]["shipment_id"] == "SHP-1"
    for secret in (SECRET, new):
        event = Webhook(secret).verify(request.body, request.headers)
        assert event["data"]["alert_id"] == TOLD.alert_id
    assert request.headers["webhook-id"] == delivery().delivery_id


async def test_retry_after_is_read_and_bounded(world: Receivers) -> None:
    assert (await send(webhook(world.add("429 7")))).retry_after_seconds == 7
    assert (await send(webhook(world.add("503 999999")))).retry_after_seconds == 3600
    assert (await send(webhook(world.add("503 soon")))).retry_after_seconds is None


async def test_a_redirect_is_not_followed(world: Receivers) -> None:
    private = world.add("ok")
    answer = await send(webhook(world.add(f"redirect {private.url}")))
    assert (answer.result, answer.code) == (AttemptResult.REFUSED, 307)
    assert private.received == []


async def test_a_private_address_is_refused_though_a_name_leads_there(
    world: Receivers, monkeypatch: pytest.MonkeyPatch
) -> None:
    receiver = world.add("ok")
    outside = ("93.184.215.14", receiver.port)
    inside = ("127.0.0.1", receiver.port)
    answers = iter([outside, inside])

    def rebinding(*_: object, **__: object) -> list[Any]:
        place = next(answers)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", place)]

    for url in (
        f"https://127.0.0.1:{receiver.port}/",
        f"https://[::ffff:127.0.0.1]:{receiver.port}/",
    ):
        answer = await send(webhook(receiver, url=url, allow_networks=[]))
        assert answer.result is AttemptResult.FORBIDDEN
        assert "not public" in answer.detail
    monkeypatch.setattr("tidegate.notify.resolver.socket.getaddrinfo", rebinding)
    next(answers)  # somebody looked before: the name was public then
    url = f"https://rebinding.example:{receiver.port}/"
    answer = await send(webhook(receiver, url=url, allow_networks=[]))
    assert answer.result is AttemptResult.FORBIDDEN
    assert receiver.received == []


async def test_a_certificate_is_verified(world: Receivers, tmp_path: Path) -> None:
    tls, trusted = server_tls(tmp_path, "localhost")
    receiver = world.add("ok", tls=tls)
    answer = await send(webhook(receiver))
    assert answer.result is AttemptResult.UNTRUSTED
    assert "self-signed" in answer.detail
    answer = await send(webhook(receiver, ca_file=str(trusted)))
    assert answer.result is AttemptResult.ACCEPTED
    other, trusted = server_tls(tmp_path, "other.example")
    answer = await send(webhook(world.add("ok", tls=other), ca_file=str(trusted)))
    assert answer.result is AttemptResult.UNTRUSTED
    assert "localhost" in answer.detail


async def test_no_secret_is_in_what_is_told_of_a_failure(
    world: Receivers, monkeypatch: pytest.MonkeyPatch
) -> None:
    receiver = world.add("refuse")
    monkeypatch.setenv("TEST_SLACK_URL", f"{receiver.url}/T0/B0/geheim")
    described = webhook(receiver, type="slack", url="env:TEST_SLACK_URL")
    del described["secrets"]
    endpoint = ENDPOINT.validate_python(described)
    answer = await send(described)
    assert answer.result is AttemptResult.UNREACHABLE
    assert "geheim" not in repr(answer) + repr(endpoint) + str(endpoint)


class Mailbox:
    """An SMTP server's handler that keeps what it takes."""

    def __init__(self, answer: str = "250 OK") -> None:
        self.answer = answer
        self.taken: list[Any] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        if self.answer.startswith("250"):
            self.taken.append(envelope)
        return self.answer


def mail(port: int, **more: Any) -> dict[str, Any]:
    return {
        "type": "email",
        "host": "localhost",
        "port": port,
        "security": "none",
        "sender": "tidegate@example.com",
        "to": ["compliance@example.com"],
        "allow_networks": ["127.0.0.0/8", "::1/128"],
        "timeout_seconds": 2.0,
        **more,
    }


@pytest.fixture
def smtp(tmp_path: Path) -> Iterator[Any]:
    started: list[Controller] = []

    def serve(handler: Mailbox, **more: Any) -> int:
        controller = Controller(handler, hostname="127.0.0.1", port=_free(), **more)
        controller.start()
        started.append(controller)
        return int(controller.port)

    yield serve
    for controller in started:
        controller.stop()


def _free() -> int:
    from tests.support.kafka.ports import free_ports

    return free_ports(1)[0]


async def test_mail_arrives_with_an_id_that_stays_the_same(smtp: Any) -> None:
    box = Mailbox()
    port = smtp(box)
    assert (await send(mail(port))).result is AttemptResult.ACCEPTED
    assert (await send(mail(port))).result is AttemptResult.ACCEPTED
    texts = [envelope.content.decode() for envelope in box.taken]
    wanted = f"Message-ID: <{delivery(channel=Channel.EMAIL).delivery_id}@example.com>"
    assert [wanted in text for text in texts] == [True, True]
    assert box.taken[0].rcpt_tos == ["compliance@example.com"]


async def test_mail_that_is_refused_is_told(smtp: Any) -> None:
    answer = await send(mail(smtp(Mailbox("451 come back later"))))
    assert (answer.result, answer.code) == (AttemptResult.REFUSED, 451)
    assert "come back" in answer.detail
    answer = await send(mail(smtp(Mailbox()), security="starttls"))
    assert answer.result is AttemptResult.REFUSED  # it offers no encryption
    assert (await send(mail(_free()))).result is AttemptResult.UNREACHABLE


async def test_mail_to_a_server_that_says_nothing_ends_in_time(world: Receivers) -> None:
    began = time.monotonic()
    answer = await send(mail(world.add("hang").port, timeout_seconds=0.5))
    assert answer.result is AttemptResult.TIMED_OUT
    assert time.monotonic() - began < PATIENCE


async def test_mail_goes_encrypted_with_a_password(
    smtp: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tls, trusted = server_tls(tmp_path, "localhost")
    seen: list[tuple[bytes, bytes]] = []

    def authenticate(
        _server: Any, _session: Any, _envelope: Any, _how: str, data: Any
    ) -> AuthResult:
        seen.append((data.login, data.password))
        return AuthResult(success=True)

    box = Mailbox()
    port = smtp(box, tls_context=tls, authenticator=authenticate, auth_required=True)
    monkeypatch.setenv("TEST_SMTP_PASSWORD", "geheim")
    described = mail(
        port, security="starttls", username="tidegate", password="env:TEST_SMTP_PASSWORD"
    )
    untrusted = await send(described)
    assert untrusted.result is AttemptResult.UNTRUSTED
    assert seen == []
    trusted_answer = await send({**described, "ca_file": str(trusted)})
    assert trusted_answer.result is AttemptResult.ACCEPTED
    assert seen == [(b"tidegate", b"geheim")]
    assert len(box.taken) == 1
    forbidden = await send({**described, "allow_networks": []})
    assert forbidden.result is AttemptResult.FORBIDDEN
