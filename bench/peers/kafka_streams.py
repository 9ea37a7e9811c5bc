"""Kafka Streams, exactly_once_v2, with a persistent store: it keeps each shipment and passes it on.

It decides nothing. The jars come from Maven and the program is compiled, both at run time and
under var/.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tempfile
from pathlib import Path

from bench.peers.environment import FOLDER
from bench.peers.peer import NotRun, Place, Throughput, measured, running
from tests.support.kafka.jars import KafkaUnavailable, find_java

SOURCES = Path(__file__).with_name("kafka-streams")
PROGRAM = "PassThrough"
_BUILD_SECONDS = 300


async def run(place: Place) -> Throughput:
    """Measure it; see `peer.measured`."""
    try:
        java = find_java()
    except KafkaUnavailable as problem:
        raise NotRun(str(problem)) from None
    built = _built()
    command = [java, "-Xmx700m", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp"]
    command += [f"{built}:{built}/*", PROGRAM, place.bootstrap, place.source, place.target]
    with running([*command, str(place.folder / "state")], place.folder) as (pid, log):
        return await measured(place, [pid], log)


def _built() -> Path:
    """Return the folder with the jars and the compiled program, made at most once a version."""
    sources = [SOURCES / "pom.xml", SOURCES / f"{PROGRAM}.java"]
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:12]
    folder = FOLDER / f"kafka-streams-{digest}"
    if folder.is_dir():
        return folder
    maven, javac = shutil.which("mvn"), shutil.which("javac")
    if maven is None or javac is None:
        raise NotRun("Maven and a JDK are needed: apt-get install maven openjdk-17-jdk-headless")
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=FOLDER) as partial:
        target = Path(partial, "built")
        fetch = [maven, "-q", "-B", "-f", str(sources[0]), "dependency:copy-dependencies"]
        _run([*fetch, "-DincludeScope=runtime", f"-DoutputDirectory={target}"])
        _run([javac, "-cp", f"{target}/*", "-d", str(target), str(sources[1])])
        target.rename(folder)
    return folder


def _run(command: list[str]) -> None:
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=_BUILD_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotRun(f"not built: {error}") from None
    if done.returncode != 0:
        words = (done.stdout + done.stderr).strip().splitlines() or ["?"]
        raise NotRun(f"not built: {words[0][:200]}")
