"""Say where one Kafka node lives: its number, ports, and the cluster that it belongs to."""

from __future__ import annotations

import base64
import uuid
from dataclasses import dataclass

from tests.support.kafka.ports import free_ports


@dataclass(frozen=True, slots=True)
class Node:
    """One node, broker and controller in one process, on loopback."""

    number: int
    port: int
    controller_port: int
    voters: str
    """All controllers, as `controller.quorum.voters` names them."""
    cluster: str
    """The cluster's id."""

    @classmethod
    def alone(cls) -> Node:
        """Return a cluster of one."""
        return cls.together(1)[0]

    @classmethod
    def together(cls, count: int) -> list[Node]:
        """Return `count` nodes of one new cluster."""
        ports = free_ports(2 * count)
        pairs = list(zip(ports[:count], ports[count:], strict=True))
        voters = ",".join(f"{n}@127.0.0.1:{c}" for n, (_, c) in enumerate(pairs, start=1))
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        return [cls(n, port, c, voters, cluster) for n, (port, c) in enumerate(pairs, start=1)]

    @property
    def address(self) -> str:
        """Return the address for clients, `host:port`."""
        return f"127.0.0.1:{self.port}"
