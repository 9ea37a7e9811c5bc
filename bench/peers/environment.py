"""Make a Python environment for a peer whose dependencies do not go with ours."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from bench.peers.peer import NotRun

FOLDER = Path(__file__).parents[2] / "var" / "bench-peers"
_INSTALL_SECONDS = 300


def environment(name: str, requirements: Path) -> Path:
    """Return the Python of an environment with exactly these requirements, made at most once.

    Raises:
        NotRun: they cannot be installed here.
    """
    digest = hashlib.sha256(requirements.read_bytes()).hexdigest()[:12]
    folder = FOLDER / f"{name}-{digest}"
    python = folder / "bin" / "python"
    done = folder / ".installed"
    if done.exists():
        return python
    shutil.rmtree(folder, ignore_errors=True)
    _run([sys.executable, "-m", "venv", str(folder)])
    install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    _run([*install, "--no-input", "--require-hashes", "--requirement", str(requirements)])
    done.touch()
    return python


def _run(command: list[str]) -> None:
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=_INSTALL_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotRun(f"not installed: {error}") from None
    if done.returncode != 0:
        raise NotRun(f"not installed: {(done.stderr.strip() or '?').splitlines()[-1][:200]}")
