"""The processor time of a process, read from Linux's /proc; no library is needed for it."""

from __future__ import annotations

import os
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_USER, _SYSTEM = 11, 12
"""Fields of /proc/PID/stat after the command's name (proc(5): 14 and 15 counted from 1)."""


def cpu_seconds(pid: int) -> float:
    """Return the seconds of user and system time that all threads of a process have taken.

    Raises:
        OSError: there is no such process, or no /proc here.
    """
    # A command's name may hold spaces and brackets: fields count from behind its last bracket.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    if fields[0] == "Z":
        raise ProcessLookupError(f"process {pid} has ended")
    return (int(fields[_USER]) + int(fields[_SYSTEM])) / _TICKS


def machine() -> str:
    """Return the kind of machine: processor, cores, memory."""
    model = "unknown processor"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    return f"{model}, {os.cpu_count()} cores, {memory:,.0f} GiB"
