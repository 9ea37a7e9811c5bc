"""Ask a broker, in raw protocol, whether it serves.

Client libraries keep retrying and logging behind the caller's back; two small requests on one
socket answer at once.
"""

import contextlib
import socket
import struct
import time
from collections.abc import Callable

API_VERSIONS, METADATA = 18, 3
CLIENT_ID = b"ready?"
ATTEMPT_TIMEOUT_SECONDS = 2.0
POLL_INTERVAL_SECONDS = 0.05


def serves(port: int) -> bool:
    """Return True when the broker on 127.0.0.1 answers ApiVersions and lists itself as alive.

    A broker that still is fenced answers, but is not in its own metadata: topics can't be created.
    """
    with contextlib.suppress(OSError):
        address = ("127.0.0.1", port)
        with socket.create_connection(address, timeout=ATTEMPT_TIMEOUT_SECONDS) as connection:
            (error,) = struct.unpack_from(">h", _ask(connection, API_VERSIONS, 0, b""))
            if error:
                return False
            # Version 1 with an empty array asks for no topic; the answer starts with the brokers.
            (brokers,) = struct.unpack_from(">i", _ask(connection, METADATA, 1, bytes(4)))
            return bool(brokers > 0)
    return False


def await_serving(port: int, timeout_seconds: float, alive: Callable[[], bool]) -> bool:
    """Wait until the broker serves; return False when time is over or `alive` says it has died."""
    deadline = time.monotonic() + timeout_seconds
    while time.monotonic() < deadline:
        if serves(port):
            return True
        if not alive():
            return False
        time.sleep(POLL_INTERVAL_SECONDS)
    return False


def _ask(connection: socket.socket, api: int, version: int, body: bytes) -> bytes:
    header = struct.pack(">hhih", api, version, 1, len(CLIENT_ID)) + CLIENT_ID
    request = header + body
    connection.sendall(struct.pack(">i", len(request)) + request)
    (size,) = struct.unpack(">i", _read(connection, 4))
    return _read(connection, size)[4:]  # without the correlation id


def _read(connection: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        part = connection.recv(size - len(data))
        if not part:
            raise ConnectionResetError("the broker closed the connection")
        data += part
    return data
