"""The two agents as the runtime takes them: where each reads, what it writes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from tidegate.agents import licensing, screening, topics
from tidegate.agents.concern import Concern
from tidegate.agents.desk import Desk
from tidegate.agents.inputs import dead_letter
from tidegate.agents.licensing import LicensingProcessor
from tidegate.agents.notice import Notice
from tidegate.agents.practice import PUBLISHED_EVERY
from tidegate.agents.screening import CLOSED_KEPT, ScreeningProcessor
from tidegate.agents.shelf import Shelf
from tidegate.runtime.processor import Processor
from tidegate.runtime.spec import AgentSpec


def agents(
    shelf: Shelf,
    desk: Desk | None = None,
    made: Callable[[str, int, Processor], None] = lambda agent, partition, processor: None,
    closed_kept: timedelta = CLOSED_KEPT,
    concern: Concern | None = None,
    practice_every: timedelta = PUBLISHED_EVERY,
    notice: Notice | None = None,
) -> tuple[AgentSpec, AgentSpec]:
    """Return the screening agent and the license agent.

    Args:
        shelf: The table versions built in this process.
        desk: Judges and tells; the default waits 5 s for license owners before it tells a hold.
        closed_kept: How long a closed shipment is remembered.
        concern: What a switch of tables concerns, prepared for all partitions of a worker.
        notice: How long ahead it is told what happens by itself.
        practice_every: How long a change in what is observed waits to be published at most.
        made: Told each processor made, so that its book can be read for the metrics.
    """
    the_desk = desk or Desk(notice=notice)
    the_concern = concern or Concern(shelf)

    def screener(partition: int) -> Processor:
        processor = ScreeningProcessor(
            partition, shelf, the_desk, closed_kept, the_concern, practice_every, notice
        )
        made("screening", partition, processor)
        return processor

    def licensor(partition: int) -> Processor:
        processor = LicensingProcessor(partition, practice_every, notice)
        made("licensing", partition, processor)
        return processor

    return (
        AgentSpec(
            name="screening",
            inputs=(topics.VERDICTS, topics.CONTROL, topics.DISPOSITIONS, topics.SHIPMENTS),
            changelog=topics.SHIPMENTS_CHANGELOG,
            processor=screener,
            dead_letter=dead_letter,
            outputs=(
                topics.DECISIONS,
                topics.ALERTS,
                topics.CLAIMS,
                topics.CONTROL,
                topics.PRACTICE,
            ),
            keyed=frozenset({topics.SHIPMENTS, topics.DISPOSITIONS}),
            head=screening.kept_line,
        ),
        AgentSpec(
            name="licensing",
            inputs=(topics.CLAIMS, topics.LICENSES),
            changelog=topics.LICENSES_CHANGELOG,
            processor=licensor,
            dead_letter=dead_letter,
            outputs=(
                topics.VERDICTS,
                topics.ALERTS,
                topics.CLAIMS,
                topics.CONTROL,
                topics.PRACTICE,
            ),
            keyed=frozenset({topics.LICENSES}),
            head=licensing.kept_line,
        ),
    )
