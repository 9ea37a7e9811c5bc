"""Turn the settings of a process into what the runtime takes, and the agents that it runs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from tidegate.agents.concern import Concern
from tidegate.agents.desk import Desk
from tidegate.agents.notice import Notice
from tidegate.agents.shelf import Shelf
from tidegate.agents.specs import agents
from tidegate.ops.settings import Settings
from tidegate.runtime.processor import Processor
from tidegate.runtime.spec import AgentSpec, Limits, RuntimeConfig

FRAMING_BYTES = 64 * 1024
"""What key, headers and the batch's own fields may add to a value."""


def runtime_config(settings: Settings) -> RuntimeConfig:
    """Return the runtime's configuration.

    Raises:
        WrongSettings: a certificate or key file cannot be used.
    """
    return RuntimeConfig(
        bootstrap_servers=settings.kafka_bootstrap_servers,
        instance=settings.instance_id,
        app_id=settings.app_id,
        topic_prefix=settings.topic_prefix,
        session_timeout=settings.session_timeout_seconds,
        transaction_timeout=settings.transaction_timeout_seconds,
        clock_ahead=settings.clock_ahead_seconds_max,
        stuck_after=settings.stuck_after_seconds,
        limits=Limits(
            records=settings.transaction_records_max,
            walk_keys=settings.transaction_walk_keys_max,
            timers=settings.transaction_timers_max,
            record_bytes=settings.topic_message_bytes_max - FRAMING_BYTES,
            dead_letter_bytes=settings.dead_letter_message_bytes_max - FRAMING_BYTES,
        ),
        security=settings.kafka_security(),
    )


def deployed_agents(
    settings: Settings,
    shelf: Shelf,
    concern: Concern,
    made: Callable[[str, int, Processor], None] = lambda agent, partition, processor: None,
) -> tuple[AgentSpec, AgentSpec]:
    """Return the agents as these settings have them: a worker's, and a replay's of its work.

    Args:
        settings: The deployment's.
        shelf: The table versions built in this process.
        concern: What a switch of tables concerns.
        made: Told each processor made.
    """
    notice = Notice(settings.notice_days)
    return agents(
        shelf,
        Desk(settings.hold_alert_delay_seconds, settings.hold_service_level_hours, notice),
        made,
        timedelta(days=settings.closed_days),
        concern,
        timedelta(seconds=settings.practice_interval_seconds),
        notice,
    )
