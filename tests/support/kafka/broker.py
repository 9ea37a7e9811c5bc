"""Run one Kafka node (broker and controller) that a test may stop, kill and start again."""

import contextlib
import os
import signal
import subprocess
from pathlib import Path

from tests.support.kafka.jars import KafkaUnavailable, fetch_jars, find_java
from tests.support.kafka.node import Node
from tests.support.kafka.readiness import await_serving

LOG_CONFIG = Path(__file__).with_name("log4j2.xml")
START_TIMEOUT_SECONDS = 60.0
STOP_TIMEOUT_SECONDS = 30.0
MESSAGE_BYTES_MAX = 32 * 1024 * 1024
JVM_OPTIONS = ("-Xms256m", "-Xmx700m", "-XX:+UseSerialGC", "-Djava.awt.headless=true")


class KafkaBroker:
    """A broker on fixed loopback ports with its data in one folder; all calls block.

    `start` waits until it serves. `stop` ends it in order, `kill` by SIGKILL; `restart` starts it
    again on the same ports and data after either, or stops it first if it still runs.
    """

    def __init__(
        self, folder: Path, settings: dict[str, str] | None = None, node: Node | None = None
    ) -> None:
        """Keep data, configuration and log in `folder`; `settings` override the broker's own.

        Without a `node` it is a cluster of its own. Raises KafkaUnavailable where Java, Maven or
        the jars are missing.
        """
        self._java = find_java()
        self._jars = fetch_jars()
        self._folder = folder
        self._settings = settings or {}
        self._node = node or Node.alone()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def bootstrap(self) -> str:
        """The address for clients, `host:port`; it stays the same over restarts."""
        return self._node.address

    @property
    def running(self) -> bool:
        """Say whether it was started and not ended."""
        return self._process is not None

    @property
    def pid(self) -> int:
        """The broker's process id. Raises RuntimeError while it is not running."""
        if self._process is None:
            raise RuntimeError("the broker is not running")
        return self._process.pid

    @property
    def log(self) -> Path:
        """The broker's own log; it goes on over restarts."""
        return self._folder / "broker.log"

    @property
    def data(self) -> Path:
        """Where its logs are, a folder for each partition."""
        return self._folder / "data"

    def start(self, timeout_seconds: float = START_TIMEOUT_SECONDS) -> None:
        """Start the broker and wait until it serves.

        Raises KafkaUnavailable with the end of the log when it dies or time is over.
        """
        if self._process is not None:
            raise RuntimeError("the broker is running")
        config = self._folder / "server.properties"
        if not config.exists():
            self._format(config)
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command("kafka.Kafka", str(config)),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # Ctrl-C reaches the whole group: the tests must end their own clients first.
                start_new_session=True,
            )
        process = self._process
        if not self._await_serving(timeout_seconds, process):
            self.kill()
            raise KafkaUnavailable(f"Kafka did not start:\n{self._log_tail()}")

    def stop(self) -> None:
        """End the broker in order; by SIGKILL where that takes longer than 30 s. Idempotent."""
        if self._process is None:
            return
        self._process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(STOP_TIMEOUT_SECONDS)
        self.kill()

    def kill(self) -> None:
        """End the broker by SIGKILL, as a crash would. Idempotent."""
        if self._process is None:
            return
        self._process.kill()
        self._process.wait()
        self._process = None

    def restart(self, timeout_seconds: float = START_TIMEOUT_SECONDS) -> None:
        """Start the broker again on the same ports and data; stop it first if it runs."""
        self.stop()
        self.start(timeout_seconds)

    def freeze(self) -> None:
        """Stop the process without ending it: connections stay, nothing answers."""
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let a frozen broker go on."""
        os.kill(self.pid, signal.SIGCONT)

    def __enter__(self) -> "KafkaBroker":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _format(self, config: Path) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        lines = [f"{name}={value}" for name, value in self._properties().items()]
        config.write_text("\n".join(lines) + "\n")
        # With `=`, since a random id may start with a dash and would be read as an option.
        tool = ["kafka.tools.StorageTool", "format", f"--cluster-id={self._node.cluster}"]
        tool += ["-c", str(config), *self._format_options()]
        done = subprocess.run(self._command(*tool), capture_output=True, text=True, check=False)
        if done.returncode != 0:
            config.unlink()
            raise KafkaUnavailable(f"Kafka could not format its storage:\n{done.stderr[-2000:]}")

    def _format_options(self) -> list[str]:
        """Return what else the storage is formatted with."""
        return []

    def _await_serving(self, timeout_seconds: float, process: subprocess.Popen[bytes]) -> bool:
        """Wait until it serves; False: time is over, or it has died."""
        return await_serving(self._node.port, timeout_seconds, lambda: process.poll() is None)

    def _command(self, *arguments: str) -> list[str]:
        logging = f"-Dlog4j2.configurationFile={LOG_CONFIG}"
        return [self._java, *JVM_OPTIONS, logging, "-cp", f"{self._jars}/*", *arguments]

    def _properties(self) -> dict[str, str]:
        return {
            "process.roles": "broker,controller",
            "node.id": str(self._node.number),
            "controller.quorum.voters": self._node.voters,
            "controller.listener.names": "CONTROLLER",
            "listeners": f"PLAINTEXT://{self.bootstrap},"
            f"CONTROLLER://127.0.0.1:{self._node.controller_port}",
            "advertised.listeners": f"PLAINTEXT://{self.bootstrap}",
            "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "log.dirs": str(self.data),
            # The controller refuses a killed broker's return until its old session has ended: by
            # default 9 s.
            "broker.session.timeout.ms": "3000",
            "broker.heartbeat.interval.ms": "300",
            "auto.create.topics.enable": "false",
            "default.replication.factor": "1",
            "min.insync.replicas": "1",
            "offsets.topic.replication.factor": "1",
            "offsets.topic.num.partitions": "4",
            "transaction.state.log.replication.factor": "1",
            "transaction.state.log.min.isr": "1",
            "transaction.state.log.num.partitions": "4",
            "group.initial.rebalance.delay.ms": "0",
            # The default of 10 s makes readers wait that much longer for a dead worker's
            # open transaction.
            "transaction.abort.timed.out.transaction.cleanup.interval.ms": "1000",
            "message.max.bytes": str(MESSAGE_BYTES_MAX),
            "replica.fetch.max.bytes": str(MESSAGE_BYTES_MAX),
            "socket.request.max.bytes": str(4 * MESSAGE_BYTES_MAX),
            **self._settings,
        }

    def _log_tail(self) -> str:
        return self.log.read_text(errors="replace")[-4000:] if self.log.exists() else "(no log)"
