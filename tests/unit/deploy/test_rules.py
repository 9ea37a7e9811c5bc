"""Every alert is tested, has a runbook, and asks only for what is exported."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest

from tests.support.rules import DOCS, PROMETHEUS, exported, rules, run, series_in, tool, yaml_of

RULES = list(rules())
ALERTS = {rule.name: rule for rule in RULES if rule.alerts}
TESTS = sorted((PROMETHEUS / "tests").glob("*.test.yml"))
HEADINGS = ["## What it means", "## See it", "## Do", "## It is over when"]


def test_prometheus_takes_the_configuration_and_all_rules() -> None:
    said = run(tool("promtool"), "check", "config", "prometheus.yml", cwd=PROMETHEUS)
    assert said.count("SUCCESS") >= 1 + len(list((PROMETHEUS / "rules").glob("*.yml")))


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.name.removesuffix(".test.yml"))
def test_rules_fire_when_they_should_and_only_then(path: Path) -> None:
    run(tool("promtool"), "test", "rules", path.name, cwd=path.parent)


def test_every_alert_is_seen_to_fire_and_seen_to_be_silent() -> None:
    seen: dict[str, set[bool]] = defaultdict(set)
    for path in TESTS:
        for test in yaml_of(path)["tests"]:
            for case in test["alert_rule_test"]:
                seen[case["alertname"]].add(bool(case["exp_alerts"]))
    always = {"TidegateDeadMansSwitch"}
    untested = {name for name in ALERTS if seen[name] != {True, False}} - always
    assert untested == set()


@pytest.mark.parametrize("name", ALERTS)
def test_an_alert_says_how_urgent_it_is_whom_it_concerns_and_where_help_is(name: str) -> None:
    for rule in (rule for rule in RULES if rule.name == name):
        assert rule.labels["severity"] in ("critical", "warning", "info", "none")
        assert rule.labels["team"] in ("operations", "compliance")
        assert rule.annotations["summary"]
        assert rule.annotations["runbook_url"] == (
            "{{ $externalLabels.docs }}/runbooks/" + name + ".html"
        )


def test_every_alert_has_a_runbook_and_every_runbook_an_alert() -> None:
    folder = DOCS / "runbooks"
    pages = {path.stem: path.read_text() for path in folder.glob("*.md") if path.stem != "index"}
    assert set(pages) == set(ALERTS)
    for name, text in pages.items():
        found = [line for line in text.splitlines() if line.startswith("## ")]
        assert found == HEADINGS, name
        assert f"[{name}]({name}.md)" in (folder / "index.md").read_text()


def test_rules_ask_only_for_what_is_exported_or_recorded() -> None:
    recorded = {rule.name for rule in RULES if not rule.alerts}
    known = exported() | recorded
    assert exported()
    wrong = {rule.name: series_in(rule.expression) - known for rule in RULES}
    assert {name: series for name, series in wrong.items() if series} == {}


def test_every_recorded_series_is_used_by_an_alert_or_a_dashboard() -> None:
    recorded = {rule.name for rule in RULES if not rule.alerts}
    used = set().union(*(series_in(rule.expression) for rule in RULES))
    boards = (PROMETHEUS.parent / "grafana").glob("dashboards/*.json")
    used |= {name for path in boards for name in recorded if name in path.read_text()}
    assert recorded - used == set()
