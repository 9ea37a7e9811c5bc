"""docker-compose.yml and the Dockerfile hold to what they promise."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Any

import pytest

from tests.support.compose import OWN_IMAGE, image_environment, project, services
from tests.support.rules import PROMETHEUS, ROOT, yaml_of
from tidegate import __version__
from tidegate.ops.settings import SECRETS_VARIABLE, Settings

PROJECT = project()
SERVICES = services()
# What a service may say here. A key that is misspelt is one that compose ignores, or refuses.
KEYS = {
    *("image", "build", "command", "user", "read_only", "tmpfs", "cap_drop", "security_opt"),
    *("restart", "stop_grace_period", "networks", "logging", "depends_on", "healthcheck", "deploy"),
    *("environment", "ports", "volumes", "secrets", "shm_size"),
}
ONCE = {"topics", "tables"}
DOCKERFILE = (ROOT / "Dockerfile").read_text()


@pytest.mark.parametrize("name", SERVICES)
class TestEveryService:
    def test_is_confined(self, name: str) -> None:
        service = SERVICES[name]
        assert set(service) <= KEYS
        user, _, group = service["user"].partition(":")
        assert int(user) > 0
        assert group.isdigit()
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert service["networks"] == ["tidegate"]

    def test_has_limits(self, name: str) -> None:
        limits = SERVICES[name]["deploy"]["resources"]["limits"]
        assert set(limits) == {"cpus", "memory", "pids"}
        assert SERVICES[name]["logging"]["options"]["max-size"]

    def test_is_of_a_version_that_is_named(self, name: str) -> None:
        image, _, tag = SERVICES[name]["image"].rpartition(":")
        assert image
        assert re.match(r"v?\d+\.\d+(\.\d+)?(-\w+)?$", tag), tag
        if image == "tidegate":
            assert tag == __version__

    def test_is_watched_and_started_again(self, name: str) -> None:
        service = SERVICES[name]
        if name in ONCE:
            assert service["restart"].startswith("on-failure")
            return
        assert service["restart"] == "unless-stopped"
        assert service["healthcheck"]["test"][0] == "CMD"

    def test_waits_for_what_there_is_to_wait_for(self, name: str) -> None:
        for other, how in SERVICES[name].get("depends_on", {}).items():
            wanted = "service_completed_successfully" if other in ONCE else "service_healthy"
            assert how == {"condition": wanted}
            assert other in SERVICES

    def test_serves_this_machine_alone(self, name: str) -> None:
        assert all(port.startswith("127.0.0.1:") for port in SERVICES[name].get("ports", ()))

    def test_names_folders_and_secrets_that_there_are(self, name: str) -> None:
        for volume in SERVICES[name].get("volumes", ()):
            source, target = volume.split(":")[:2]
            assert PurePosixPath(target).is_absolute()
            if source.startswith("."):
                assert (ROOT / source).exists(), source
                assert volume.endswith(":ro")
            else:
                assert source in PROJECT["volumes"]
        for secret in SERVICES[name].get("secrets", ()):
            source = secret if isinstance(secret, str) else secret["source"]
            assert source in PROJECT["secrets"]


@pytest.mark.parametrize(
    "name", [name for name, one in SERVICES.items() if one["image"].startswith(OWN_IMAGE)]
)
def test_a_process_of_tidegate_is_given_settings_that_exist(name: str) -> None:
    given = {**image_environment(), **SERVICES[name].get("environment", {})}
    values = {
        variable.removeprefix("TIDEGATE_").lower(): value
        for variable, value in given.items()
        if variable != SECRETS_VARIABLE
    }
    Settings(**values)
    assert all(isinstance(value, str) for value in given.values())


def test_every_secret_is_used_and_none_is_in_the_repository() -> None:
    used = {
        secret if isinstance(secret, str) else secret["source"]
        for service in SERVICES.values()
        for secret in service.get("secrets", ())
    }
    assert used == set(PROJECT["secrets"])
    assert "/secrets/" in (ROOT / ".gitignore").read_text().splitlines()
    for secret in PROJECT["secrets"].values():
        assert secret["file"].startswith("./secrets/")


def test_workers_have_names_of_their_own_and_a_state_of_their_own() -> None:
    workers = [one for name, one in SERVICES.items() if name.startswith("worker-")]
    assert len(workers) == 2
    assert len({one["environment"]["TIDEGATE_INSTANCE_ID"] for one in workers}) == 2
    assert not set(workers[0]["volumes"]) & set(workers[1]["volumes"])


def test_prometheus_scrapes_the_services() -> None:
    jobs: dict[str, Any] = {}
    for job in yaml_of(PROMETHEUS / "prometheus.yml")["scrape_configs"]:
        (static,) = job["static_configs"]
        jobs[job["job_name"]] = static["targets"]
    expected = {
        "tidegate-worker": ["worker-1:9464", "worker-2:9464"],
        "tidegate-console": ["console:8080"],
        "tidegate-notifier": ["notifier:9464"],
        "alertmanager": ["alertmanager:9093"],
    }
    assert expected.items() <= jobs.items()
    named = {target.split(":")[0] for targets in expected.values() for target in targets}
    assert named <= set(SERVICES)


def test_the_image_runs_as_nobody_and_installs_only_what_was_locked() -> None:
    assert re.search(r"^USER 10001:10001$", DOCKERFILE, re.M)
    assert re.search(r"^HEALTHCHECK ", DOCKERFILE, re.M)
    for line in re.findall(r"pip install (.*)", DOCKERFILE):
        assert "--require-hashes" in line or "--no-deps" in line
    images = re.findall(r"^FROM (\S+)", DOCKERFILE, re.M)
    assert all(re.search(r":\d+\.\d+\.\d+", image) for image in images)


def test_what_the_image_copies_is_let_through() -> None:
    let_through = {
        line.removeprefix("!")
        for line in (ROOT / ".dockerignore").read_text().splitlines()
        if line.startswith("!")
    }
    copied = {
        source
        for line in re.findall(r"^COPY (?!--from)(.*)$", DOCKERFILE, re.M)
        for source in line.split()[:-1]
    }
    assert {source.removeprefix("./") for source in copied} == let_through
    assert all((ROOT / name).exists() for name in let_through)
