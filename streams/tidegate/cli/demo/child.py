"""A command of ours as a child process, with its log in a file, ended in order with the show."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import aiohttp

STOP_SECONDS = 12.0
LAST_LINES = 15
REQUEST_SECONDS = 2.0


class ChildProcess:
    """A `tidegate` command that serves HTTP on a port of loopback.

    Args:
        name: What people call it; its log is named so too.
        arguments: The command.
        port: Where it answers.
        environment: All of its environment.
        directory: Where it runs and its log lies.
    """

    def __init__(
        self,
        name: str,
        arguments: Sequence[str],
        port: int,
        environment: Mapping[str, str],
        directory: Path,
    ) -> None:
        self.name = name
        self.log = directory / f"{name}.log"
        self.url = f"http://127.0.0.1:{port}"
        self._arguments = tuple(arguments)
        self._directory = directory
        self._environment = dict(environment)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """Return the process id; None while it is not started."""
        return None if self._process is None else self._process.pid

    def start(self) -> None:
        """Start it, apart from the terminal's Ctrl-C: the demonstration ends it in order."""
        command = [sys.executable, "-m", "tidegate.cli.main", *self._arguments]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - this very program
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self._environment,
                cwd=self._directory,
                start_new_session=True,
            )

    def exit_code(self) -> int | None:
        """Return how it ended; None while it runs."""
        return None if self._process is None else self._process.poll()

    def last_words(self) -> str:
        """Return the last lines of its log."""
        try:
            lines = self.log.read_text(errors="replace").rstrip().splitlines()
        except OSError:
            lines = []
        return "\n".join(lines[-LAST_LINES:]) or "(its log is empty)"

    async def ready(self, session: aiohttp.ClientSession) -> bool:
        """Say whether it does its work."""
        return await self.get(session, "/ready") is not None

    async def get(self, session: aiohttp.ClientSession, path: str) -> str | None:
        """Return what it answers; None where it does not answer with 200."""
        try:
            limit = aiohttp.ClientTimeout(total=REQUEST_SECONDS)
            async with session.get(self.url + path, timeout=limit) as answer:
                return await answer.text() if answer.status == 200 else None
        except (aiohttp.ClientError, OSError, TimeoutError):
            return None

    def ask_to_end(self) -> None:
        """Send SIGTERM; it finishes what it does and leaves."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)

    async def wait_ended(self) -> None:
        """Wait until it has ended; kill it where it does not end by itself."""
        process, self._process = self._process, None
        if process is None:
            return
        try:
            await asyncio.to_thread(process.wait, STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            await asyncio.to_thread(process.wait)
