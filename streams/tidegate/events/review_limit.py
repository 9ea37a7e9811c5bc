"""Whether a review has a limit at all: asked by a license's owner, answered where the tables are.

Internal records. A license's owner reads no restriction table, and no limit runs for those on the
watch list (Regulations on the export control of dual-use items, article 26).
"""

from __future__ import annotations

from typing import Literal

from tidegate.events.model import RecordModel
from tidegate.events.values import Identifier, Name, Revision


class ReviewQuestion(RecordModel):
    """Ask whether one of these names is on a list for which no limit runs."""

    kind: Literal["review"] = "review"
    license_id: Identifier
    license_revision: Revision
    regime: str
    names: tuple[Name, ...]


class ReviewAnswer(RecordModel):
    """Answer it; `listed` names the entries that are met, and no limit runs where there is one."""

    kind: Literal["review"] = "review"
    license_id: Identifier
    license_revision: Revision
    listed: tuple[str, ...] = ()
