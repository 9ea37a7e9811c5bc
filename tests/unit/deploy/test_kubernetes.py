"""deploy/kubernetes holds to what it promises. Its schemas were checked when it was written."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from tests.support.compose import image_environment
from tests.support.rules import DEPLOY, PROMETHEUS, run, tool, yaml_of
from tidegate import __version__
from tidegate.notify.config import read_config
from tidegate.ops.settings import SECRETS_VARIABLE, Settings

FOLDER = DEPLOY / "kubernetes"
KUSTOMIZATION = yaml_of(FOLDER / "kustomization.yaml")
COMPONENT = "app.kubernetes.io/component"


def objects() -> Iterator[dict[str, Any]]:
    for name in KUSTOMIZATION["resources"]:
        yield from yaml.safe_load_all((FOLDER / name).read_text())


OBJECTS = list(objects())
PROCESSES = {
    one["metadata"]["name"]: one
    for one in OBJECTS
    if one["kind"] in ("StatefulSet", "Deployment", "Job")
}
SERVED = {"worker": 9464, "notifier": 9464, "console": 8080}


def pod(name: str) -> dict[str, Any]:
    found: dict[str, Any] = PROCESSES[name]["spec"]["template"]["spec"]
    return found


def containers(name: str) -> list[dict[str, Any]]:
    return [*pod(name).get("initContainers", ()), *pod(name)["containers"]]


def named(kind: str) -> dict[str, dict[str, Any]]:
    return {one["metadata"]["name"]: one for one in OBJECTS if one["kind"] == kind}


def test_every_file_is_named() -> None:
    there = {path.name for path in FOLDER.glob("*.yaml")} - {"kustomization.yaml"}
    assert there == set(KUSTOMIZATION["resources"])
    assert KUSTOMIZATION["images"][0]["newTag"] == __version__


@pytest.mark.parametrize("name", PROCESSES)
class TestEveryProcess:
    def test_is_confined(self, name: str) -> None:
        assert pod(name)["automountServiceAccountToken"] is False
        security = pod(name)["securityContext"]
        assert security["runAsNonRoot"] is True
        assert security["runAsUser"] == 10001
        assert security["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in containers(name):
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }
            assert set(container["resources"]) == {"requests", "limits"}

    def test_mounts_only_volumes_that_it_has(self, name: str) -> None:
        spec = PROCESSES[name]["spec"]
        claims = {claim["metadata"]["name"] for claim in spec.get("volumeClaimTemplates", ())}
        volumes = {volume["name"] for volume in pod(name)["volumes"]} | claims
        for container in containers(name):
            assert {mount["name"] for mount in container["volumeMounts"]} == volumes

    def test_is_selected_by_its_own_label(self, name: str) -> None:
        spec = PROCESSES[name]["spec"]
        assert spec["template"]["metadata"]["labels"] == {COMPONENT: name}
        if PROCESSES[name]["kind"] != "Job":
            assert spec["selector"] == {"matchLabels": {COMPONENT: name}}

    def test_is_given_settings_that_exist(self, name: str) -> None:
        lines = (FOLDER / "settings.env").read_text().split()
        shared = dict(line.split("=", 1) for line in lines)
        for container in containers(name):
            own = {one["name"]: one.get("value", "a-name") for one in container.get("env", ())}
            given = {**image_environment(), **shared, **own}
            assert given.pop(SECRETS_VARIABLE) == "/run/secrets/tidegate"
            # What the files of secrets bring.
            given |= {"TIDEGATE_KAFKA_SASL_USERNAME": "u", "TIDEGATE_KAFKA_SASL_PASSWORD": "p"}
            Settings(**{key.removeprefix("TIDEGATE_").lower(): v for key, v in given.items()})


@pytest.mark.parametrize(("name", "port"), SERVED.items())
def test_probes_ask_what_docs_worker_md_says(name: str, port: int) -> None:
    (container,) = pod(name)["containers"]
    for probe, path in (("startup", "/live"), ("liveness", "/live"), ("readiness", "/ready")):
        asked = container[f"{probe}Probe"]
        assert asked["httpGet"] == {"path": path, "port": port}
        assert asked["timeoutSeconds"] > 1
    assert pod(name)["terminationGracePeriodSeconds"] > 8
    (served,) = named("Service")[name]["spec"]["ports"]
    assert served["port"] == port
    assert named("PodDisruptionBudget")[name]["spec"]["maxUnavailable"] == 1


@pytest.mark.parametrize("name", ["worker", "notifier"])
def test_members_of_a_group_go_by_the_name_of_their_pod(name: str) -> None:
    assert PROCESSES[name]["kind"] == "StatefulSet"
    (container,) = pod(name)["containers"]
    instance = {one["name"]: one for one in container["env"]}["TIDEGATE_INSTANCE_ID"]
    assert instance["valueFrom"] == {"fieldRef": {"fieldPath": "metadata.name"}}


def test_nothing_goes_in_or_out_but_what_is_allowed() -> None:
    policies = named("NetworkPolicy")
    nothing = policies["nothing"]["spec"]
    assert nothing == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    (out,) = policies["notifier"]["spec"]["egress"]
    assert "169.254.0.0/16" in out["to"][0]["ipBlock"]["except"]
    for policy in policies.values():
        for way in ("ingress", "egress"):
            assert all("ports" in rule for rule in policy["spec"].get(way, ()))


def test_the_notifiers_file_is_one_that_it_reads(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = tmp_path / "webhook_secret"
    secret.write_text("whsec_" + "A" * 32)
    for folder in (FOLDER, DEPLOY / "notifier"):
        text = (folder / "notifier.toml").read_text()
        file = tmp_path / "notifier.toml"
        file.write_text(text.replace("/run/secrets/tidegate", str(tmp_path)))
        assert read_config(file).routes


def test_prometheus_finds_the_pods() -> None:
    run(tool("promtool"), "check", "config", "prometheus-kubernetes.yml", cwd=PROMETHEUS)
    assert jobs("prometheus-kubernetes.yml") == jobs("prometheus.yml")


def jobs(name: str) -> set[str]:
    return {job["job_name"] for job in yaml_of(PROMETHEUS / name)["scrape_configs"]}
