"""A console as a process: start it, wait until it is ready, sign in, ask it, stop or kill it."""

from __future__ import annotations

import signal
import subprocess
import time
from typing import Any

import httpx

from tests.support.deployment import (
    POLL_SECONDS,
    READY_SECONDS,
    ROOT,
    STOP_SECONDS,
    TIDEGATE,
    Deployment,
)
from tests.support.kafka.ports import free_ports

PASSWORD = "correct horse battery staple"
REQUEST_SECONDS = 30.0


class ConsoleProcess:
    """A `tidegate console` of a deployment. Its log and its database go on over restarts."""

    def __init__(self, deployment: Deployment, **settings: object) -> None:
        self._deployment = deployment
        self._settings = settings
        self.log = deployment.folder / "console.log"
        self.port = free_ports(1)[0]
        self.address = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None
        self._visitors: list[Visitor] = []

    def add_user(self, name: str, role: str, password: str = PASSWORD) -> None:
        """Add a user by the command."""
        done = subprocess.run(
            [TIDEGATE, "users", "add", name, "--role", role],
            env=self._environment(),
            input=password,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr

    def start(self) -> None:
        """Start the process; `await_ready` waits until it works."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [TIDEGATE, "console"],
                cwd=ROOT,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def await_ready(self, seconds: float = READY_SECONDS) -> None:
        """Wait until /ready says so."""
        deadline = time.monotonic() + seconds
        answer = "no answer"
        while time.monotonic() < deadline:
            assert self.alive, f"the console has ended\n{self.tail()}"
            try:
                found = httpx.get(f"{self.address}/ready", timeout=5)
            except httpx.HTTPError as error:
                answer = repr(error)
            else:
                if found.status_code == 200:
                    return
                answer = found.text
            time.sleep(POLL_SECONDS)
        raise AssertionError(f"the console is not ready: {answer}\n{self.tail()}")

    def sign_in(self, name: str, password: str = PASSWORD) -> Visitor:
        """Return somebody who is signed in."""
        visitor = Visitor(self.address)
        self._visitors.append(visitor)
        visitor.sign_in(name, password)
        return visitor

    @property
    def pid(self) -> int:
        """Return its process id."""
        assert self._process is not None
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Say whether it runs."""
        return self._process is not None and self._process.poll() is None

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

    def tail(self) -> str:
        """Return the end of its log."""
        return self.log.read_text(errors="replace")[-4000:] if self.log.exists() else "(no log)"

    def __enter__(self) -> ConsoleProcess:
        self.start()
        try:
            self.await_ready()
        except BaseException:
            self.kill()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        for visitor in self._visitors:
            visitor.client.close()

    def _environment(self) -> dict[str, str]:
        return self._deployment.environment(console_port=self.port, **self._settings)


class Visitor:
    """A browser, as far as the API is concerned: it keeps the cookie and sends the CSRF token."""

    def __init__(self, address: str) -> None:
        self.client = httpx.Client(base_url=address, timeout=REQUEST_SECONDS)

    def sign_in(self, name: str, password: str = PASSWORD) -> None:
        """Sign in; what is sent from now on carries the session."""
        answer = self.client.post("/api/v1/session", json={"name": name, "password": password})
        assert answer.status_code == 201, answer.text
        self.client.headers["X-CSRF-Token"] = answer.json()["csrf_token"]

    def get(self, path: str, **query: Any) -> Any:
        """Return what the API answers to GET."""
        return self._read(self.client.get(f"/api/v1{path}", params=query))

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        """Return what the API answers to POST."""
        return self._read(self.client.post(f"/api/v1{path}", json=body, headers=headers))

    def _read(self, answer: httpx.Response) -> Any:
        assert answer.is_success, f"{answer.status_code} {answer.text}"
        return answer.json() if answer.content else None
