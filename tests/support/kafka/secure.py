"""A broker with TLS, SCRAM and an authorizer, as people run it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import subprocess
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from aiokafka.helpers import create_ssl_context

from tests.support.kafka.broker import KafkaBroker
from tests.support.kafka.certificates import make_certificates

MECHANISM = "SCRAM-SHA-512"
BROKER, SUPERUSER = "broker", "superuser"
"""The two that may everything: the broker itself, and whoever gives the others their rights."""
POLL_SECONDS = 0.1


class SecureBroker(KafkaBroker):
    """One node: SASL_SSL for clients, mutual TLS for the controller, nothing allowed by default.

    Each user's password is the name with `-password` after it.
    """

    def __init__(self, folder: Path, users: Iterable[str]) -> None:
        """Make certificates, and a SCRAM user of each name besides the broker and the admin."""
        super().__init__(folder)
        self.certificates = make_certificates(folder / "certificates", BROKER)
        self._users = (BROKER, SUPERUSER, *users)

    def settings_of(self, user: str) -> Mapping[str, Any]:
        """Return Tidegate's settings by which `user` connects."""
        return {
            "kafka_security_protocol": "SASL_SSL",
            "kafka_sasl_mechanism": MECHANISM,
            "kafka_sasl_username": user,
            "kafka_sasl_password": password(user),
            "kafka_tls_ca_file": self.certificates.authority,
        }

    def _format_options(self) -> list[str]:
        return [
            option
            for user in self._users
            for option in (
                "--add-scram",
                f"{MECHANISM}=[name={user},password={password(user)},iterations=4096]",
            )
        ]

    def _properties(self) -> dict[str, str]:
        login = "org.apache.kafka.common.security.scram.ScramLoginModule required"
        jaas = f'{login} username="{BROKER}" password="{password(BROKER)}";'
        plain = super()._properties()
        return {
            **plain,
            "listeners": plain["listeners"].replace("PLAINTEXT", "SASL_SSL"),
            "advertised.listeners": plain["advertised.listeners"].replace("PLAINTEXT", "SASL_SSL"),
            "listener.security.protocol.map": "SASL_SSL:SASL_SSL,CONTROLLER:SSL",
            "inter.broker.listener.name": "SASL_SSL",
            "sasl.enabled.mechanisms": MECHANISM,
            "sasl.mechanism.inter.broker.protocol": MECHANISM,
            f"listener.name.sasl_ssl.{MECHANISM.lower()}.sasl.jaas.config": jaas,
            "listener.name.controller.ssl.client.auth": "required",
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": str(self.certificates.both),
            "ssl.truststore.type": "PEM",
            "ssl.truststore.location": str(self.certificates.authority),
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "super.users": f"User:{SUPERUSER};User:{BROKER};User:CN={BROKER}",
            "allow.everyone.if.no.acl.found": "false",
        }

    def _await_serving(self, timeout_seconds: float, process: subprocess.Popen[bytes]) -> bool:
        deadline = time.monotonic() + timeout_seconds
        while time.monotonic() < deadline and process.poll() is None:
            # A client that meets a closed port tells of it at length.
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", self._node.port)).close()
                if asyncio.run(self._serves()):
                    return True
            time.sleep(POLL_SECONDS)
        return False

    async def _serves(self) -> bool:
        client = AIOKafkaAdminClient(
            bootstrap_servers=self.bootstrap,
            security_protocol="SASL_SSL",
            ssl_context=create_ssl_context(cafile=self.certificates.authority),
            sasl_mechanism=MECHANISM,
            sasl_plain_username=SUPERUSER,
            sasl_plain_password=password(SUPERUSER),
        )
        try:
            await client.start()
            return bool((await client.describe_cluster())["brokers"])
        except (KafkaError, OSError):
            return False
        finally:
            await client.close()


def password(user: str) -> str:
    """Return a user's password."""
    return f"{user}-password"
