"""Run the embedded broker of the `noida-db` wheel as a child process, for demonstrations.

It speaks Kafka's protocol with transactions and fencing, keeps everything in memory and listens on
loopback only. It is no place for data that matters: use Apache Kafka for that.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
from contextlib import suppress
from importlib.resources import files
from pathlib import Path

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

START_SECONDS = 20.0
STOP_SECONDS = 5.0
POLL_SECONDS = 0.05
AUTOSAVE_THREAD = "autosave"
LOWEST_PRIORITY = 19
TRIES = 3  # somebody else may take the free port before the broker does


class BrokerFailed(RuntimeError):
    """The embedded broker did not start; the text says why."""


class EmbeddedBroker:
    """A broker on a free port of loopback, with its files below `directory`."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._process: subprocess.Popen[bytes] | None = None
        self.bootstrap_servers = ""

    @property
    def pid(self) -> int | None:
        """Return the process id; None while it is not started."""
        return None if self._process is None else self._process.pid

    @property
    def log(self) -> Path:
        """Return the file that holds what the broker printed."""
        return self._directory / "broker.log"

    def alive(self) -> bool:
        """Say whether the process runs."""
        return self._process is not None and self._process.poll() is None

    def memory_bytes(self) -> int:
        """Return how much memory it holds; 0 where the system does not say (Linux does)."""
        try:
            pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
            return pages * os.sysconf("SC_PAGE_SIZE")
        except (OSError, ValueError, IndexError):
            return 0

    async def start(self) -> None:
        """Start it and wait until it answers.

        Raises:
            BrokerFailed: it ended, or did not answer in time.
        """
        for attempt in range(1, TRIES + 1):
            try:
                await self._start(free_port())
                return
            except BrokerFailed:
                await self.stop()
                if attempt == TRIES:
                    raise

    async def _start(self, port: int) -> None:
        binary = _binary()
        data = self._directory / "broker"
        data.mkdir(parents=True, exist_ok=True)
        # The broker rewrites all it holds to one file every second. A folder where that file's
        # draft would be keeps it in memory: nothing of a demonstration is to be kept.
        (data / "kafka.tmp").mkdir(exist_ok=True)
        self.bootstrap_servers = f"127.0.0.1:{port}"
        command = [
            *(str(binary), "start", "--only", "kafka", "--host", "127.0.0.1"),
            *("--kafka-port", str(port), "--data-dir", str(data)),
        ]
        try:
            with self.log.open("ab") as log:
                # Its own session: Ctrl-C in the terminal must reach the demonstration alone, which
                # then ends its parts in order. A blocking start, so that no cancellation can come
                # between the process and our knowing its id.
                self._process = subprocess.Popen(  # noqa: S603, ASYNC220
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    cwd=self._directory,
                    start_new_session=True,
                )
        except OSError as error:
            raise BrokerFailed(f"the embedded broker can't be run: {error}") from None
        await self._answers()

    async def _answers(self) -> None:
        deadline = asyncio.get_running_loop().time() + START_SECONDS
        while asyncio.get_running_loop().time() < deadline:
            if not self.alive():
                raise BrokerFailed(f"the embedded broker ended at once: {self._last_words()}")
            if await _accepts(self.bootstrap_servers):
                client = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap_servers)
                try:
                    await client.start()
                    self._calm_autosave()
                    return
                except (KafkaError, OSError):
                    pass
                finally:
                    with suppress(KafkaError, OSError):
                        await client.close()
            await asyncio.sleep(POLL_SECONDS)
        raise BrokerFailed(f"the embedded broker did not answer within {START_SECONDS:.0f} s")

    def _calm_autosave(self) -> None:
        """Let the thread that prepares the broker's needless saves run only where a core is idle.

        It can't be turned off, and takes half a core from the workers otherwise. Linux only.
        """
        for task in Path(f"/proc/{self.pid}/task").glob("*"):
            with suppress(OSError, ValueError):
                if (task / "comm").read_text().strip() == AUTOSAVE_THREAD:
                    os.setpriority(os.PRIO_PROCESS, int(task.name), LOWEST_PRIORITY)

    async def stop(self) -> None:
        """End the process; kill it where it does not end by itself."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        try:
            await asyncio.to_thread(process.wait, STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            await asyncio.to_thread(process.wait)

    def _last_words(self) -> str:
        try:
            lines = self.log.read_text(errors="replace").strip().splitlines()
        except OSError:
            lines = []
        return lines[-1] if lines else "it said nothing"


def free_port() -> int:
    """Return a port of loopback that is free just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def _accepts(address: str) -> bool:
    """Try a bare connection first: aiokafka logs each failed one as an error."""
    host, port = address.split(":")
    try:
        _, writer = await asyncio.open_connection(host, int(port))
    except OSError:
        return False
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
    return True


def _binary() -> Path:
    name = "noida-db.exe" if os.name == "nt" else "noida-db"
    path = Path(str(files("noida_db").joinpath(name)))
    if not path.is_file():
        raise BrokerFailed(f"the embedded broker's program is missing: {path}")
    if not os.access(path, os.X_OK):
        with suppress(OSError):
            path.chmod(path.stat().st_mode | 0o111)
    return path
