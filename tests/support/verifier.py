"""Verify what a deployment wrote, from its topics alone.

Shares no code with the runtime, and with the agents only what `tidegate check` runs: it reads the
topics as any `read_committed` consumer would and recomputes what must be there.

1. Each input record is accounted for exactly once (`accounts`).
2. Each applied revision of a shipment has a decision; decisions of a shipment are in order, and
   each names the one before.
3. Each decision is the one that `tidegate check` makes of the same events (`rerun`).
4. Alerts are told once, holds begin and end by turns, and no telling is early.
5. The state in the changelogs is that of the last decisions; licenses are as last applied, and
   claims are those of the open shipments, recomputed.
6. The state is that of a single run (`rerun`).
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from tests.support import kept
from tests.support.accounts import OPEN, Accounts, owner
from tests.support.deployment import ALERT_DELAY_SECONDS
from tests.support.merge import is_switch
from tests.support.topics import LICENSES_STATE, Topics
from tidegate.agents.shipment_state import ClosedShipment, OpenShipment
from tidegate.events.codec import decode
from tidegate.events.decision import Decision

UNANSWERED = "TG-LICENSE-UNANSWERED"


@dataclass(frozen=True, slots=True)
class Verified:
    """What was found good, for the comparison with `tidegate check` and for the test's output."""

    accounts: Accounts
    decisions: dict[str, list[Decision]]
    """By shipment, in order."""
    alerts: int

    def __str__(self) -> str:
        ends = ", ".join(f"{n} {t} {e}" for (t, e), n in sorted(self.accounts.ends.items()))
        made = sum(len(found) for found in self.decisions.values())
        return f"{made} decisions on {len(self.decisions)} shipments, {self.alerts} alerts; {ends}"


def verify(topics: Topics, delay: float = ALERT_DELAY_SECONDS) -> Verified:
    """Check all but the comparison with `tidegate check`; `topics` are settled."""
    accounts = Accounts(topics)
    decisions = _decisions(topics)
    _check_decisions(accounts, decisions)
    _check_instants(topics, accounts, decisions)
    alerts = _alerts(topics)
    _check_alerts(alerts, decisions, timedelta(seconds=delay))
    _check_state(topics, accounts, decisions)
    _check_licenses(topics, accounts)
    return Verified(accounts, decisions, len(alerts))


def _decisions(topics: Topics) -> dict[str, list[Decision]]:
    found: dict[str, list[Decision]] = defaultdict(list)
    ids: set[str] = set()
    for record in topics.all_of("trade.decisions"):
        decision = decode(record.value).read(Decision)
        assert record.key == decision.shipment_id.encode()
        assert record.partition == owner(record.key, topics.partitions)
        assert decision.decision_id not in ids, f"{decision.decision_id} was written twice"
        ids.add(decision.decision_id)
        found[decision.shipment_id].append(decision)
    return found


def _check_decisions(accounts: Accounts, decisions: dict[str, list[Decision]]) -> None:
    applied: dict[str, dict[int, str]] = defaultdict(dict)
    for one in accounts.of("trade.shipments"):
        if one.end == "applied":
            applied[one.data["shipment_id"]][one.data["revision"]] = one.event_id
    assert decisions.keys() == applied.keys()
    for shipment_id, made in decisions.items():
        revisions = [decision.revision for decision in made]
        assert revisions == sorted(revisions), f"{shipment_id}: {revisions}"
        assert set(revisions) == set(applied[shipment_id]), shipment_id
        before: Decision | None = None
        for decision in made:
            assert decision.inputs["event"] == applied[shipment_id][decision.revision]
            previous = decision.previous
            if before is None or before.inputs["status"] not in OPEN:
                assert previous is None, decision
            else:
                assert previous is not None, decision
                assert (previous.outcome, previous.action) == (before.outcome, before.action)
                assert decision.as_of >= before.as_of
            before = decision


def _check_instants(
    topics: Topics, accounts: Accounts, decisions: dict[str, list[Decision]]
) -> None:
    """Each decision is of a transaction's clock, and names the tables in force then and there.

    Within the transaction that switches, what was taken before the switch is under the old ones.
    """
    versions: dict[tuple[int, datetime], set[str]] = defaultdict(set)
    for partition in range(topics.partitions):
        switches = {
            one.number: json.loads(one.record.value)["version"]
            for one in accounts.taken["screening", partition]
            if one.topic == "tidegate.control" and is_switch(one)
        }
        current: str | None = None
        for entry in topics.transactions:
            if (entry["agent"], entry["partition"]) != ("screening", partition):
                continue
            before, current = current, switches.get(entry["number"], current)
            found = {version for version in (before, current) if version is not None}
            versions[partition, _written(entry["clock"])] |= found
    for shipment_id, made in decisions.items():
        partition = owner(shipment_id.encode(), topics.partitions)
        for one in made:
            assert one.tables_version in versions[partition, one.as_of], one


def _written(clock: str) -> datetime:
    """Return an instant as events write it: in whole milliseconds."""
    instant = datetime.fromisoformat(clock)
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)


def _alerts(topics: Topics) -> list[tuple[datetime, dict[str, Any]]]:
    """Return (instant, alert), for each subject in order."""
    found: list[tuple[datetime, dict[str, Any]]] = []
    ids: set[str] = set()
    for record in topics.all_of("trade.alerts"):
        event = decode(record.value)
        assert event.id == event.data["alert_id"]
        assert event.id not in ids, f"alert {event.id} was told twice"
        assert event.time is not None
        ids.add(event.id)
        found.append((event.time, dict(event.data)))
    return found


def _check_alerts(
    alerts: list[tuple[datetime, dict[str, Any]]],
    decisions: dict[str, list[Decision]],
    delay: timedelta,
) -> None:
    held: dict[str, bool] = defaultdict(bool)
    by_id = {one.decision_id: one for made in decisions.values() for one in made}
    for told_at, alert in alerts:
        kind, shipment_id = alert["kind"], alert.get("shipment_id")
        if shipment_id is None:
            assert kind in ("license_changed", "table_alarm", "measure_upcoming"), alert
            continue
        if kind == "measure_upcoming":
            continue  # a certificate about to lapse: nothing is decided by it
        if kind == "hold_started":
            assert not held[shipment_id], f"{shipment_id}: a hold started within a hold"
            held[shipment_id] = True
        elif kind == "hold_changed":
            assert held[shipment_id], f"{shipment_id}: changed, but was not held"
        elif kind == "hold_ended":
            assert held[shipment_id], f"{shipment_id}: ended, but was not held"
            held[shipment_id] = False
        about = by_id[alert["decision_id"]]
        assert about.shipment_id == shipment_id
        assert about.outcome == alert["outcome"], alert
        assert about.as_of <= told_at, alert
        if any(reason["measure"] == UNANSWERED for reason in alert["reasons"]):
            first = _unanswered_since(decisions[shipment_id], about)
            assert told_at >= first.as_of + delay, f"told early: {alert}"
    for shipment_id, made in decisions.items():
        now = made[-1].action == "hold"
        assert held[shipment_id] == now, f"{shipment_id}: held {now}, told {held[shipment_id]}"


def _unanswered(decision: Decision) -> bool:
    return any(reason.measure == UNANSWERED for reason in decision.reasons)


def _unanswered_since(made: list[Decision], about: Decision) -> Decision:
    """Return the first of the unbroken run of unanswered decisions that `about` ends."""
    first = about
    for one in reversed(made[: made.index(about)]):
        if not _unanswered(one):
            break
        first = one
    return first


def _check_state(topics: Topics, accounts: Accounts, decisions: dict[str, list[Decision]]) -> None:
    found: dict[str, kept.Kept] = {}
    for partition in range(topics.partitions):
        for shipment_id, state in kept.shipments(topics, partition):
            assert owner(shipment_id.encode(), topics.partitions) == partition
            found[shipment_id] = state
    assert found.keys() == decisions.keys()
    for shipment_id, made in decisions.items():
        state, last = found[shipment_id], made[-1]
        if last.inputs["status"] in OPEN:
            assert isinstance(state, OpenShipment), f"{shipment_id} is open, and kept as closed"
            assert state.seen[-1].decision_id == last.decision_id, shipment_id
            assert (state.held_since is not None) == (last.action == "hold"), shipment_id
        else:
            assert isinstance(state, ClosedShipment), f"{shipment_id} is closed, and kept as open"
        assert state.revision == last.revision, shipment_id
        assert state.digest == last.inputs["facts_sha256"], shipment_id


def _check_licenses(topics: Topics, accounts: Accounts) -> None:
    """Licenses are as last applied; claims are those of each open shipment's last revision, and of
    what was delivered; each license's ledger is the sum of what its claims have drawn."""
    licenses: dict[str, dict[str, Any]] = {}
    for one in accounts.of("trade.licenses"):
        if one.end == "applied":
            licenses[one.data["license_id"]] = one.data
    last = {
        one.data["shipment_id"]: one
        for one in accounts.of("trade.shipments")
        if one.end == "applied"
    }
    claims = {
        (license_id, shipment_id, item["line"]): one.data["revision"]
        for shipment_id, one in last.items()
        if one.data["status"] in (*OPEN, "delivered")
        for item in one.data.get("items", ())
        for license_id in item.get("licenses", ())
    }
    for partition in range(topics.partitions):
        drawn: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
        ledgers: dict[str, dict[str, Any]] = {}
        for key, value in topics.state[LICENSES_STATE, partition].items():
            if key.startswith("l:"):
                license_ = kept.license_in(value).license
                assert owner(license_.license_id.encode(), topics.partitions) == partition
                wanted = licenses.pop(license_.license_id)
                assert license_.revision == wanted["revision"], license_
                assert license_.status == wanted["status"], license_
            elif key.startswith("c:"):
                state = json.loads(value)
                claim = state["claim"]
                assert owner(claim["license_id"].encode(), topics.partitions) == partition
                about = claim["license_id"], claim["shipment_id"], claim["line"]
                if last[claim["shipment_id"]].data["status"] == "returned":
                    assert state["spent"], f"it gave nothing back: {claim}"
                else:
                    assert claims.pop(about, None) == claim["shipment_revision"], claim
                for resource, amount in state.get("drawn", {}).items():
                    drawn[claim["license_id"]][resource] += Decimal(amount)
            elif key.startswith("b:"):
                ledgers[key.removeprefix("b:")] = json.loads(value)
        for license_id, ledger in ledgers.items():
            taken = _taken(ledger)
            exports = taken.pop("exports", Decimal(0))
            assert taken == {k: v for k, v in drawn[license_id].items() if v}, license_id
            assert exports <= ledger["claims"], license_id
    assert not licenses, f"licenses that are not kept: {list(licenses)[:5]}"
    assert not claims, f"claims that are not kept: {list(claims)[:5]}"


def _taken(ledger: dict[str, Any]) -> dict[str, Decimal]:
    """Add up what a ledger has as reserved and as spent."""
    taken: dict[str, Decimal] = defaultdict(Decimal)
    for side in ("reserved", "spent"):
        for resource, amount in ledger.get(side, {}).items():
            taken[resource] += Decimal(amount)
    return dict(taken)
