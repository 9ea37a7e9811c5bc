"""Turn the settings of a process into what the runtime takes."""

from __future__ import annotations

from tidegate.ops.settings import Settings
from tidegate.runtime.spec import Limits, RuntimeConfig

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
