"""Choose free loopback ports that stay free while a broker is down."""

import random
import socket

# Below the kernel's range for outgoing connections (32768 and up on Linux). From within that range
# a client that tries to reach a stopped broker can be given the broker's own port and connect to
# itself, and the broker can't come back.
PORTS = range(20_000, 32_000)
TRIES = 200


def free_ports(count: int) -> list[int]:
    """Return `count` different ports of 127.0.0.1 that nobody listens on."""
    found: list[int] = []
    for port in random.sample(PORTS, TRIES):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        found.append(port)
        if len(found) == count:
            return found
    raise OSError(f"no {count} free ports between {PORTS.start} and {PORTS.stop}")
