"""What docker-compose.yml starts, started here: the same commands and settings, other addresses."""

from __future__ import annotations

import contextlib
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.compose import health_command, natively, services
from tests.support.kafka import KafkaBroker
from tests.support.kafka.ports import free_ports
from tests.support.postgres import PostgresServer
from tests.support.rules import ROOT

SECONDS = 60.0


class Machine:
    """One machine in the place of all containers."""

    def __init__(
        self, kafka: KafkaBroker, prefix: str, database: str, folder: Path, cache: Path
    ) -> None:
        self.folder = folder
        self.health, self.console = free_ports(2)
        secrets = folder / "secrets"
        secrets.mkdir()
        # As `services.console.secrets` names it.
        (secret,) = services()["console"]["secrets"]
        (secrets / secret["target"]).write_text(database)
        self.addresses = {
            "kafka:9092": kafka.bootstrap,
            "/run/secrets": str(secrets),
            "/etc/tidegate": str(ROOT / "deploy" / "notifier"),
            "/var/lib/tidegate/cache": str(cache),
            "/var/lib/tidegate": str(folder),
            "0.0.0.0": "127.0.0.1",
            "127.0.0.1:9464": f"127.0.0.1:{self.health}",
            "127.0.0.1:8080": f"127.0.0.1:{self.console}",
        }
        self.more = {
            "TIDEGATE_TOPIC_PREFIX": prefix,
            "TIDEGATE_METRICS_PORT": str(self.health),
            "TIDEGATE_CONSOLE_PORT": str(self.console),
        }

    def command(self, service: str) -> tuple[list[str], dict[str, str]]:
        command, settings = natively(service, self.addresses)
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("TIDEGATE_")}
        return command, {**inherited, **settings, **self.more}

    def run_once(self, service: str) -> str:
        command, environment = self.command(service)
        done = subprocess.run(
            command,
            env=environment,
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    @contextmanager
    def running(self, service: str) -> Iterator[Path]:
        """Run a service until its own health check is content; then end it as Docker would."""
        command, environment = self.command(service)
        log = self.folder / f"{service}.log"
        with log.open("wb") as told:
            process = subprocess.Popen(
                command, env=environment, cwd=self.folder, stdout=told, stderr=subprocess.STDOUT
            )
        try:
            deadline = time.monotonic() + SECONDS
            check = health_command(service, self.addresses)
            while subprocess.run(check, capture_output=True, check=False).returncode != 0:
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < deadline, log.read_text()
                time.sleep(0.2)
            yield log
            process.terminate()
            grace = float(services()[service]["stop_grace_period"].removesuffix("s"))
            assert process.wait(grace) == 0, log.read_text()
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            process.wait()


@pytest.fixture(scope="module")
def machine(
    kafka: KafkaBroker,
    postgres: PostgresServer,
    tmp_path_factory: pytest.TempPathFactory,
    tables_cache: Path,
) -> Machine:
    folder = tmp_path_factory.mktemp("compose")
    made = Machine(kafka, "compose.", postgres.database(), folder, tables_cache)
    assert "created" in made.run_once("topics")
    made.run_once("tables")
    return made


@pytest.mark.parametrize("service", ["worker-1", "console", "notifier"])
def test_a_service_starts_becomes_healthy_and_ends_in_time(machine: Machine, service: str) -> None:
    with machine.running(service) as log:
        assert "Traceback" not in log.read_text()


def test_what_runs_once_may_run_again(machine: Machine) -> None:
    assert "as they should be" in machine.run_once("topics")
