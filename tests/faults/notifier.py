"""Run the real notifier with faults; its settings come from the environment.

`python -m tests.faults.notifier committed:5:kill`; several may be given. Besides the points of a
transaction (`points.py`) there are two of a try:
    sending     the delivery is on record, nothing is sent
    accepted    the receiver has it, and nobody here has written that
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from typing import Any

from tests.faults import points
from tests.faults.step import replace
from tidegate.notify.http_sender import HttpSender
from tidegate.notify.notifier import notify
from tidegate.ops.logging import configure_logging
from tidegate.ops.settings import load_settings
from tidegate.runtime.loop import loop_factory


def install(faults: points.Faults) -> None:
    """Put faults around every try of this process."""
    send: Any = HttpSender.send

    async def faulty(sender: HttpSender, *arguments: Any) -> Any:
        await faults.reach("sending")
        answer = await send(sender, *arguments)
        if answer.result == "accepted":
            await faults.reach("accepted")
        return answer

    replace(HttpSender, "send", faulty)


def main(texts: Sequence[str]) -> int:
    """Return the notifier's exit code."""
    faults = [points.Fault.parse(text) for text in texts]
    points.install(faults)
    install(points.Faults(faults))
    settings = load_settings()
    configure_logging(settings.log_level, settings.log_format)
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        return int(runner.run(notify(settings)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
