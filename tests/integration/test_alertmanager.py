"""Alertmanager itself, with the shipped routes: who is told, and what is kept quiet."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests.support.alertmanager import CONFIG, AlertReceiver, alertmanager
from tests.support.rules import run, tool


def test_amtool_takes_the_configuration() -> None:
    run(tool("amtool"), "check-config", str(CONFIG))


@pytest.mark.parametrize(
    ("labels", "receivers"),
    [
        ("alertname=TidegateDeadMansSwitch severity=none team=operations", "heartbeat"),
        ("alertname=TidegateLag severity=critical team=operations", "pager,chat-operations"),
        ("alertname=TidegateLag severity=warning team=operations", "chat-operations"),
        ("alertname=TidegateHoldsOld severity=warning team=compliance", "chat-compliance"),
        ("alertname=Other severity=critical team=compliance", "pager,chat-compliance"),
        # An alert of somebody else, without our labels, is not lost.
        ("alertname=Other", "chat-operations"),
    ],
)
def test_an_alert_reaches_whom_it_concerns(labels: str, receivers: str) -> None:
    routes = (tool("amtool"), "config", "routes", "test", f"--config.file={CONFIG}")
    run(*routes, f"--verify.receivers={receivers}", *labels.split())


def post(address: str, *alerts: dict[str, str]) -> None:
    body: list[dict[str, Any]] = [{"labels": labels} for labels in alerts]
    request = urllib.request.Request(
        f"{address}/api/v2/alerts",
        json.dumps(body).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=5):
        pass


def alert(name: str, severity: str = "critical", **labels: str) -> dict[str, str]:
    return {"alertname": name, "severity": severity, "team": "operations", **labels}


def test_the_cause_is_told_and_what_follows_from_it_is_kept_quiet(tmp_path: Path) -> None:
    tool("prometheus-alertmanager")
    licensing = {"agent": "licensing", "partition": "1"}
    with AlertReceiver() as receiver, alertmanager(tmp_path, receiver) as address:
        post(
            address,
            alert("TidegateDeadMansSwitch", "none"),
            alert("TidegateNoWorker"),
            alert("TidegateProcessDown", "warning", job="tidegate-worker"),
            alert("TidegateNoProgress", agent="screening"),
            alert("TidegateLag", agent="screening", partition="1"),
            alert("TidegateInputTruncated"),
            alert("TidegateHoldsOld", "warning", team="compliance"),
        )
        receiver.await_told(
            ("heartbeat", "TidegateDeadMansSwitch"),
            ("pager", "TidegateNoWorker"),
            ("chat-operations", "TidegateNoWorker"),
            ("pager", "TidegateInputTruncated"),
            ("chat-compliance", "TidegateHoldsOld"),
        )
        told = {name for _, name in receiver.told}
        assert told.isdisjoint({"TidegateProcessDown", "TidegateNoProgress", "TidegateLag"})

    with AlertReceiver() as receiver, alertmanager(tmp_path, receiver) as address:
        post(
            address,
            alert("TidegateLag", **licensing),
            alert("TidegateDecisionLatencyBurn", "warning"),
            alert("TidegateProcessDown", "warning", job="tidegate-console"),
        )
        receiver.await_told(
            ("pager", "TidegateLag"),
            ("chat-operations", "TidegateLag"),
            ("chat-operations", "TidegateProcessDown"),
        )
        assert not any(name == "TidegateDecisionLatencyBurn" for _, name in receiver.told)
