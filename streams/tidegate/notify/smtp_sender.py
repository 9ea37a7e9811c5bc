"""Send e-mail by SMTP, in threads of the endpoint's own."""

from __future__ import annotations

import asyncio
import smtplib
import socket
import ssl
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from email.message import EmailMessage

from tidegate.events.delivery import AttemptResult, Delivery
from tidegate.notify.addresses import AddressRule, ForbiddenAddress
from tidegate.notify.answer import Answer, TakenAlert
from tidegate.notify.channels.email import email_message
from tidegate.notify.endpoints import EmailEndpoint

EXCERPT_CHARACTERS = 300
REFUSES_MESSAGE = frozenset({552, 554})


class SmtpSender:
    """One mail server. A connection for each message: alerts for people are few.

    Python's client blocks, so it has threads, and the endpoint's timeout at each step. A try
    that takes longer than the timeout in all is given up; its thread ends by itself.
    """

    def __init__(self, name: str, endpoint: EmailEndpoint) -> None:
        """Connect to nothing yet. Raises OSError or ssl.SSLError when `ca_file` can't be used."""
        self._endpoint = endpoint
        self._rule = AddressRule(endpoint.allow_networks, public=endpoint.security != "none")
        self._tls = ssl.create_default_context(cafile=endpoint.ca_file)
        self._threads = ThreadPoolExecutor(endpoint.concurrency, thread_name_prefix=f"smtp-{name}")

    async def send(self, delivery: Delivery, alerts: Sequence[TakenAlert]) -> Answer:
        """Try once."""
        message = email_message(self._endpoint, delivery, alerts, datetime.now(UTC))
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._endpoint.timeout_seconds):
                return await loop.run_in_executor(self._threads, self._deliver, message)
        except TimeoutError:
            return Answer(AttemptResult.TIMED_OUT, detail="no answer in time")

    async def close(self) -> None:
        """Let the threads end."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _deliver(self, message: EmailMessage) -> Answer:
        try:
            client = self._connected()
            try:
                refused = client.send_message(message)
            finally:
                with suppress(smtplib.SMTPException, OSError):
                    client.quit()
        except ForbiddenAddress as error:
            return Answer(AttemptResult.FORBIDDEN, detail=str(error))
        except ssl.SSLCertVerificationError as error:
            return Answer(AttemptResult.UNTRUSTED, detail=error.verify_message)
        except ssl.SSLError as error:
            return Answer(AttemptResult.UNTRUSTED, detail=error.reason or "TLS failed")
        except TimeoutError:
            return Answer(AttemptResult.TIMED_OUT, detail="no answer in time")
        except smtplib.SMTPRecipientsRefused as error:
            code, text = next(iter(error.recipients.values()))
            return _refused(code, text)
        except smtplib.SMTPResponseException as error:
            return _refused(error.smtp_code, error.smtp_error)
        except smtplib.SMTPNotSupportedError as error:
            return Answer(AttemptResult.REFUSED, detail=str(error))
        except (smtplib.SMTPException, OSError) as error:
            reason = getattr(error, "strerror", None) or "the connection ended before the answer"
            return Answer(AttemptResult.UNREACHABLE, detail=reason)
        if refused:
            # Some took it. Sending again would double it for these, so it is told and left.
            people = f"{len(refused)} of {len(self._endpoint.to)} recipients were refused"
            return Answer(AttemptResult.ACCEPTED, detail=people)
        return Answer(AttemptResult.ACCEPTED, 250)

    def _connected(self) -> smtplib.SMTP:
        endpoint = self._endpoint
        if endpoint.security == "tls":
            client: smtplib.SMTP = _CheckedTls(self._rule, endpoint, self._tls)
        else:
            client = _Checked(self._rule, endpoint)
        try:
            if endpoint.security == "starttls":
                client.starttls(context=self._tls)
            if endpoint.username is not None and endpoint.password is not None:
                client.login(endpoint.username, endpoint.password.get_secret_value())
        except BaseException:
            client.close()
            raise
        return client


class _Checked(smtplib.SMTP):
    """A client that connects to an address that was checked."""

    def __init__(self, rule: AddressRule, endpoint: EmailEndpoint) -> None:
        self._rule = rule
        super().__init__(endpoint.host, endpoint.port, timeout=endpoint.timeout_seconds)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return _connect(self._rule, host, port, timeout)


class _CheckedTls(smtplib.SMTP_SSL):
    def __init__(self, rule: AddressRule, endpoint: EmailEndpoint, tls: ssl.SSLContext) -> None:
        self._rule = rule
        super().__init__(
            endpoint.host, endpoint.port, timeout=endpoint.timeout_seconds, context=tls
        )

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        plain = _connect(self._rule, host, port, timeout)
        try:
            return self.context.wrap_socket(plain, server_hostname=host)
        except BaseException:
            plain.close()
            raise


def _connect(rule: AddressRule, host: str, port: int, timeout: float) -> socket.socket:
    failed: OSError = OSError("the name has no address")
    for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        try:
            made = rule.socket(info)
        except ForbiddenAddress as error:
            failed = error
            continue
        try:
            made.settimeout(timeout)
            made.connect(info[4])
        except OSError as error:
            made.close()
            failed = error
        else:
            return made
    raise failed


def _refused(code: int, text: bytes | str) -> Answer:
    words = text.decode(errors="replace") if isinstance(text, bytes) else text
    return Answer(
        AttemptResult.REFUSED,
        code,
        words[:EXCERPT_CHARACTERS],
        about_message=code in REFUSES_MESSAGE,
    )
