"""Every query of every dashboard, asked of a real Prometheus that scrapes real processes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from tests.support.alertmanager import AlertReceiver, alertmanager
from tests.support.console import ConsoleProcess
from tests.support.deployment import Deployment
from tests.support.kafka import KafkaBroker
from tests.support.notifying import notifiers, write_config
from tests.support.packs import looked_at
from tests.support.producing import Sent, produce
from tests.support.prometheus import PrometheusServer
from tests.support.rules import DEPLOY, exported, series_in
from tests.support.scenario import event
from tidegate.agents.topics import LICENSES
from tidegate.events.codec import LICENSE_TYPE
from tidegate.ops.settings import default_packs_dir

HOLDS = {
    "type": "alertmanager",
    "allow_networks": ["127.0.0.0/8"],
    "labels": {"team": "compliance", "severity": "warning"},
}
BOARDS = sorted((DEPLOY / "grafana" / "dashboards").glob("*.json"))
EVENTS = 400
CONSOLE_SECONDS = 120.0

# What only something going wrong, or a person, brings about.
SELDOM = {
    "tidegate_console_requests_refused_total",
    "tidegate_console_sign_ins_total",
    "tidegate_decision_errors_total",
    "tidegate_events_forwarded_total",
    "tidegate_fencings_total",
    "tidegate_hits_silenced_total",
    "tidegate_notifier_alerts_unrouted_total",
    "tidegate_notifier_records_unreadable_total",
    "tidegate_shadow_holds",
    "tidegate_transaction_aborts_total",
}


def queries() -> Iterator[tuple[str, str, str]]:
    """Yield every query with its dashboard and panel."""
    for path in BOARDS:
        board = json.loads(path.read_text())
        for panel in board["panels"]:
            for target in panel["targets"]:
                yield path.stem, panel["title"], target["expr"]


def application() -> Sent:
    """Return an application that is said to be suspended: chance may leave it out of traffic."""
    data = {
        "license_id": "LIC-CIVIL",
        "revision": 1,
        "regime": "CN",
        "license_type": "single",
        "status": "under_review",
        "review": "suspended",
        "accepted_at": "2026-03-02",
        "end_use_class": "civil",
    }
    value = event(LICENSE_TYPE, data, datetime.now(UTC))
    return Sent(LICENSES, b"LIC-CIVIL", value)


@contextmanager
def running_console(deployment: Deployment) -> Iterator[ConsoleProcess]:
    """Run a console; beside so much else its start may take longer than alone."""
    console = ConsoleProcess(deployment)
    console.start()
    try:
        console.await_ready(CONSOLE_SECONDS)
        yield console
    finally:
        console.kill()


@pytest.fixture(scope="module")
def receiver() -> Iterator[AlertReceiver]:
    """Stands for pager, chat and heartbeat."""
    with AlertReceiver() as made:
        yield made


@pytest.fixture(scope="module")
def prometheus(
    kafka: KafkaBroker,
    tmp_path_factory: pytest.TempPathFactory,
    tables_cache: Path,
    receiver: AlertReceiver,
) -> Iterator[PrometheusServer]:
    """Prometheus and Alertmanager beside a deployment through which real traffic has run."""
    folder = tmp_path_factory.mktemp("dashboards")
    file = folder / "notifier.toml"
    deployment = Deployment(kafka.bootstrap, "boards.", folder, tables_cache, notifier_config=file)
    deployment.prepare()
    with (
        alertmanager(folder, receiver) as manager,
        deployment.workers("worker") as (worker,),
        notifiers(deployment, "notifier") as (notifier,),
        running_console(deployment) as console,
    ):
        write_config(folder, {"alertmanager": {**HOLDS, "url": manager}})
        notifier.start()
        jobs = {
            "tidegate-worker": worker.address,
            "tidegate-notifier": notifier.address,
            "tidegate-console": console.address,
            "alertmanager": manager,
        }
        targets = {job: [address.removeprefix("http://")] for job, address in jobs.items()}
        with PrometheusServer(folder, targets, targets["alertmanager"][0]) as server:
            # A rate is a difference: what was counted before the first scrape would show none.
            server.wait_for(
                lambda: server.query("tidegate_decision_latency_seconds_count"), "a first scrape"
            )
            asyncio.run(produce(deployment.settings, [application()]))
            deployment.command("simulate", "--events", str(EVENTS), "--rubbish", "0.05")
            httpx.get(f"{console.address}/api/v1/session")
            server.wait_for(
                lambda: server.query(f"sum(tidegate_events_received_total) > {EVENTS}"),
                "the traffic is taken",
            )
            deployment.publish(looked_at(default_packs_dir(), folder / "packs", "JP"))
            server.wait_for(
                lambda: server.query("tidegate:tables_slow:ratio_rate1h >= 0"), "tables switched"
            )
            server.wait_for(
                lambda: server.query('sum(tidegate_deliveries_total{result="delivered"}) > 0'),
                "alerts are delivered",
            )
            yield server


@pytest.mark.parametrize("board", BOARDS, ids=lambda path: path.stem)
def test_every_query_is_understood_and_finds_something(
    prometheus: PrometheusServer, board: Path
) -> None:
    silent = {
        (panel, query)
        for name, panel, query in queries()
        if name == board.stem and not prometheus.query(query)
    }
    unexpected = {
        (panel, query)
        for panel, query in silent
        # There is no hour before.
        if not series_in(query) & SELDOM and "offset" not in query
    }
    assert unexpected == set()


def test_what_prometheus_and_the_notifier_say_reaches_those_concerned(
    prometheus: PrometheusServer, receiver: AlertReceiver
) -> None:
    receiver.await_told(("heartbeat", "TidegateDeadMansSwitch"))
    # The notifier's own: a shipment is held, and compliance is told by the same routes.
    receiver.await_told(("chat-compliance", "TidegateHold"))


def test_every_rule_is_evaluated_without_an_error(prometheus: PrometheusServer) -> None:
    def states() -> dict[str, str]:
        groups = prometheus.get("rules")["groups"]
        return {
            rule["name"]: f"{rule['health']} {rule.get('lastError', '')}".strip()
            for group in groups
            for rule in group["rules"]
        }

    prometheus.wait_for(lambda: "unknown" not in states().values(), "all rules evaluated")
    assert set(states().values()) == {"ok"}


def test_a_healthy_deployment_wakes_nobody(prometheus: PrometheusServer) -> None:
    wanted = 'ALERTS{alertstate="firing", severity="critical"}'
    firing = {one["metric"]["alertname"] for one in prometheus.query(wanted)}
    # How quick a busy machine decides is not this test's question.
    assert firing <= {"TidegateDecisionLatencyBurn"}


def test_what_the_process_exports_is_what_the_reference_says(
    prometheus: PrometheusServer,
) -> None:
    scraped = set(prometheus.get("label/__name__/values"))
    scraped = {name for name in scraped if name.startswith("tidegate_")}
    assert {name for name in scraped - exported() if not name.endswith("_created")} == set()
