"""Get the broker's jars and the Java that runs them, or say what to install."""

import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

POM = Path(__file__).with_name("pom.xml")
LIBRARIES = Path(__file__).parents[3] / "var" / "kafka-libs"
JAVA_VERSION_MIN = 17
DOWNLOAD_TIMEOUT_SECONDS = 600


class KafkaUnavailable(RuntimeError):
    """The broker can't be started here: Java or Maven is missing, or the jars can't be had."""


def find_java() -> str:
    """Return the path of a Java of at least version 17.

    Raises KafkaUnavailable naming the Debian package where there is none.
    """
    home = os.environ.get("JAVA_HOME")
    java = str(Path(home, "bin", "java")) if home else shutil.which("java")
    advice = f"Java {JAVA_VERSION_MIN} is needed: apt-get install openjdk-17-jre-headless"
    if java is None or not Path(java).exists():
        raise KafkaUnavailable(advice)
    shown = subprocess.run([java, "-version"], capture_output=True, text=True, check=False)
    version = re.search(r'version "(\d+)', shown.stderr)
    if version is None or int(version[1]) < JAVA_VERSION_MIN:
        raise KafkaUnavailable(f"{advice} (found: {shown.stderr.splitlines()[:1]})")
    return java


def fetch_jars() -> Path:
    """Return the folder that holds the jars of `pom.xml`, filling it with Maven if need be.

    The folder's name is the hash of the pom, so that another pom never meets old jars.
    Raises KafkaUnavailable where Maven is missing or fails.
    """
    folder = LIBRARIES / hashlib.sha256(POM.read_bytes()).hexdigest()[:16]
    if folder.is_dir():
        return folder
    maven = shutil.which("mvn")
    if maven is None:
        raise KafkaUnavailable("Maven is needed: apt-get install maven")
    LIBRARIES.mkdir(parents=True, exist_ok=True)
    # Maven writes beside the goal and a rename ends it: a run that was killed half way, or two
    # runs at once, never leave a folder with some of the jars.
    with tempfile.TemporaryDirectory(dir=LIBRARIES) as partial:
        target = Path(partial, "jars")
        command = [maven, "-q", "-B", "-f", str(POM), "dependency:copy-dependencies"]
        command += ["-DincludeScope=runtime", f"-DoutputDirectory={target}"]
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            timeout=DOWNLOAD_TIMEOUT_SECONDS,
        )
        if done.returncode != 0:
            raise KafkaUnavailable(f"Maven could not get the jars:\n{done.stdout[-2000:]}")
        try:
            target.rename(folder)
        except OSError:
            if not folder.is_dir():
                raise
    return folder
