"""A deployment on a real broker: its topics, tables and workers, all by Tidegate's own commands.

Workers are processes, told what they need by the environment, as an operator would do it.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.kafka.ports import free_ports
from tidegate.ops.settings import Settings

TIDEGATE = str(Path(sys.executable).with_name("tidegate"))
ROOT = Path(__file__).parents[2]
COMMAND_SECONDS = 120.0
READY_SECONDS = 90.0
STOP_SECONDS = 30.0
POLL_SECONDS = 0.05
ALERT_DELAY_SECONDS = 1.0


class Deployment:
    """One deployment: where it is, and the commands run in it.

    Args:
        bootstrap: The broker.
        prefix: Put before the names of its topics.
        folder: Where the logs of its workers go.
        cache: Folder of compiled tables, shared by all deployments of a session.
        overrides: Other settings, by name.
    """

    def __init__(
        self, bootstrap: str, prefix: str, folder: Path, cache: Path, **overrides: Any
    ) -> None:
        self.folder = folder
        self.settings = Settings(
            **{
                "kafka_bootstrap_servers": bootstrap,
                "topic_prefix": prefix,
                "partitions": 4,
                "cache_dir": cache,
                "state_dir": folder / "state",
                "hold_alert_delay_seconds": ALERT_DELAY_SECONDS,
                **overrides,
            }
        )
        self._overrides = overrides

    def environment(self, **more: object) -> dict[str, str]:
        """Return the environment of its processes."""
        settings = self.settings
        named = {
            "kafka_bootstrap_servers": settings.kafka_bootstrap_servers,
            "topic_prefix": settings.topic_prefix,
            "partitions": settings.partitions,
            "cache_dir": settings.cache_dir,
            "state_dir": settings.state_dir,
            "hold_alert_delay_seconds": settings.hold_alert_delay_seconds,
            **self._overrides,
            **more,
        }
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("TIDEGATE_")}
        return {**inherited, **{f"TIDEGATE_{k.upper()}": str(v) for k, v in named.items()}}

    def command(self, *arguments: str, expected: int | None = 0) -> str:
        """Run a command to its end and return what it wrote to standard output."""
        done = subprocess.run(
            [TIDEGATE, *arguments],
            env=self.environment(),
            capture_output=True,
            text=True,
            check=False,
            timeout=COMMAND_SECONDS,
        )
        if expected is not None:
            assert done.returncode == expected, (
                f"tidegate {' '.join(arguments)}: {done.returncode}\n{done.stdout}\n{done.stderr}"
            )
        return done.stdout

    def json(self, *arguments: str, expected: int | None = 0) -> Any:
        """Run a command with `--json` and return what it answered."""
        return json.loads(self.command(*arguments, "--json", expected=expected))

    def prepare(self, packs: Path | None = None) -> None:
        """Make the topics and publish the tables."""
        self.command("topics", "create")
        self.publish(packs)

    def publish(self, packs: Path | None = None) -> str:
        """Publish tables, the shipped ones unless told otherwise; return their version."""
        chosen = () if packs is None else ("--packs", str(packs))
        return str(self.json("measures", "publish", *chosen)["version"])

    @contextmanager
    def workers(
        self, *names: str, mutations: Sequence[str] = (), faults: Sequence[str] = ()
    ) -> Iterator[list[WorkerProcess]]:
        """Run workers with these instance names; they are ready when this returns.

        Both are arguments of `tests.faults.worker`: mutations for every start of each worker,
        faults for the first start of the first.
        """
        started = [WorkerProcess(self, name, mutations) for name in names]
        try:
            for number, worker in enumerate(started):
                worker.start(*(() if number else faults))
            for worker in started:
                worker.await_ready()
            yield started
        finally:
            for worker in started:
                worker.kill()


class WorkerProcess:
    """A `tidegate worker`. Its log goes on over restarts."""

    def __init__(self, deployment: Deployment, name: str, mutations: Sequence[str] = ()) -> None:
        self.name = name
        self._mutations = tuple(mutations)
        self.log = deployment.folder / f"{name}.log"
        self._deployment = deployment
        self._port = free_ports(1)[0]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """Where it serves metrics and health."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Say whether it runs."""
        return self._process is not None and self._process.poll() is None

    @property
    def exit_code(self) -> int | None:
        """Return how it ended; a signal's number is negative; None: it runs, or never did."""
        return None if self._process is None else self._process.poll()

    def start(self, *faults: str) -> None:
        """Start the process; `await_ready` waits until it works.

        `faults` are arguments of `tests.faults.worker` for this start only.
        """
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command(*faults),
                cwd=ROOT,
                env=self._deployment.environment(instance_id=self.name, metrics_port=self._port),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def _command(self, *faults: str) -> list[str]:
        arguments = (*self._mutations, *faults)
        if arguments:
            return [sys.executable, "-m", "tests.faults.worker", *arguments]
        return [TIDEGATE, "worker"]

    def await_ready(self, seconds: float = READY_SECONDS) -> None:
        """Wait until /ready says so."""
        deadline = time.monotonic() + seconds
        answer = "no answer"
        while time.monotonic() < deadline:
            assert self.alive, f"{self.name} has ended\n{self.tail()}"
            try:
                self.get("/ready")
            except urllib.error.HTTPError as error:
                answer = error.read().decode()
                error.close()
            except OSError as error:
                answer = str(error)
            else:
                return
            time.sleep(POLL_SECONDS)
        raise AssertionError(f"{self.name} is not ready: {answer}\n{self.tail()}")

    def get(self, path: str) -> str:
        """Return what its HTTP endpoint answers."""
        with urllib.request.urlopen(f"{self.address}{path}", timeout=5) as answer:
            return str(answer.read().decode())

    def metrics(self) -> Mapping[str, float]:
        """Return its metrics: `name{labels}` to value."""
        lines = [line for line in self.get("/metrics").splitlines() if not line.startswith("#")]
        return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}

    @property
    def frozen(self) -> bool:
        """Say whether it is stopped by a signal (state T of proc(5))."""
        status = Path(f"/proc/{self.pid}/stat").read_text()
        return status.rpartition(")")[2].split()[0] == "T"

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        assert self._process is not None
        self._process.send_signal(number)

    def logged(self, text: str, times: int = 1) -> bool:
        """Say whether its log holds a text so many times."""
        return self.log.read_text(errors="replace").count(text) >= times

    def kill(self) -> None:
        """End it by SIGKILL. Idempotent."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def stop(self) -> int:
        """End it by SIGTERM and return its exit code."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(STOP_SECONDS)

    def wait(self, seconds: float) -> int:
        """Wait until it has ended by itself and return its exit code."""
        assert self._process is not None
        return self._process.wait(seconds)

    def tail(self) -> str:
        """Return the end of its log."""
        return self.log.read_text(errors="replace")[-4000:] if self.log.exists() else "(no log)"
