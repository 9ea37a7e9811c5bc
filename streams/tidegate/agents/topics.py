"""Logical names of the topics that agents read and write. A deployment may prefix them."""

from __future__ import annotations

SHIPMENTS = "trade.shipments"
LICENSES = "trade.licenses"
DISPOSITIONS = "trade.dispositions"
DECISIONS = "trade.decisions"
ALERTS = "trade.alerts"
CLAIMS = "tidegate.claims"
VERDICTS = "tidegate.verdicts"
CONTROL = "tidegate.control"
PRACTICE = "tidegate.practice"
MEASURES = "trade.measures"
SHIPMENTS_CHANGELOG = "tidegate.shipments-changelog"
LICENSES_CHANGELOG = "tidegate.licenses-changelog"
