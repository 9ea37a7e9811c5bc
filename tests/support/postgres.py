"""Run one PostgreSQL server in a folder of its own, on loopback, for the session."""

import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from tests.support.kafka.ports import free_ports

START_SECONDS = 30
ACCOUNT = "postgres"
"""The server refuses root; Debian's package brings this account."""
SETTINGS = {
    "fsync": "off",  # a test's data need not outlive the machine
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "60",
    "unix_socket_directories": "",
    "listen_addresses": "127.0.0.1",
}


class PostgresUnavailable(Exception):
    """PostgreSQL is not installed, or did not start."""


class PostgresServer:
    """A server with one database a test; `stop` ends it and removes its folder."""

    def __init__(self) -> None:
        """Make an empty cluster. Raises PostgresUnavailable."""
        self._binaries = _find_binaries()
        self._as = _other_account()
        self._folder = Path(tempfile.mkdtemp(prefix="tidegate-postgres-"))
        if self._as:
            shutil.chown(self._folder, ACCOUNT, ACCOUNT)
        (self._port,) = free_ports(1)
        self._databases = 0
        self._run("initdb", "-D", self._data, "-U", ACCOUNT, "-A", "trust", "-E", "UTF8", "-N")

    @property
    def _data(self) -> str:
        return str(self._folder / "data")

    def start(self) -> None:
        """Start the server and wait until it serves. Raises PostgresUnavailable."""
        options = " ".join(f"-c {name}='{value}'" for name, value in SETTINGS.items())
        log = str(self._folder / "log")
        wait = ("-w", "-t", str(START_SECONDS))
        self._run(
            "pg_ctl",
            "-D",
            self._data,
            "-l",
            log,
            "-o",
            f"-p {self._port} {options}",
            *wait,
            "start",
        )

    def halt(self) -> None:
        """End the server as a crash would; `start` brings it back with its data."""
        self._run("pg_ctl", "-D", self._data, "-m", "immediate", "-w", "stop")

    def stop(self) -> None:
        """End the server and remove its folder. Idempotent."""
        if (self._folder / "data" / "postmaster.pid").exists():
            self.halt()
        shutil.rmtree(self._folder, ignore_errors=True)

    def database(self) -> str:
        """Make a new database and return its URL, as the console's setting takes it."""
        self._databases += 1
        name = f"test{self._databases}"
        self._run("createdb", "-h", "127.0.0.1", "-p", str(self._port), "-U", ACCOUNT, name)
        return f"postgresql+psycopg://{ACCOUNT}@127.0.0.1:{self._port}/{name}"

    def _run(self, program: str, *arguments: str) -> None:
        options: dict[str, Any] = {"user": ACCOUNT, "group": ACCOUNT} if self._as else {}
        with tempfile.TemporaryFile() as said:
            # To a file: a server that was started keeps the output open.
            done = subprocess.run(
                [str(self._binaries / program), *arguments],
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                check=False,
                **options,
            )
            said.seek(0)
            if done.returncode != 0:
                raise PostgresUnavailable(f"{program}: {said.read().decode(errors='replace')}")


def _find_binaries() -> Path:
    """Return the folder of the newest installed server's programs."""
    places = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"), key=lambda p: float(p.parts[-3])
    )
    found = places[-1] if places else shutil.which("pg_ctl")
    if found is None:
        raise PostgresUnavailable("PostgreSQL is missing (Debian: apt-get install postgresql)")
    return Path(found).parent


def _other_account() -> bool:
    """Say whether the server must run as another account: as root it refuses."""
    if os.geteuid() != 0:
        return False
    try:
        pwd.getpwnam(ACCOUNT)
    except KeyError:
        raise PostgresUnavailable(f"root needs an account {ACCOUNT!r} to run it") from None
    return True
