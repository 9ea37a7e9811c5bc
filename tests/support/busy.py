"""Say how much slower than alone a process runs here and now."""

from __future__ import annotations

import os
import subprocess
import sys
from time import monotonic

_WORK = "import json\nfor _ in range(3000): json.loads(json.dumps(list(range(200))))"


def stretch() -> float:
    """Return the wall time of a short job divided by its CPU time: 1.0 on a quiet machine.

    A limit in seconds holds for a machine that has a core to spare; times this, for a busy one.
    """
    began = monotonic()
    job = subprocess.Popen([sys.executable, "-c", _WORK])
    _, _, used = os.wait4(job.pid, 0)
    job.returncode = 0
    return max(1.0, (monotonic() - began) / (used.ru_utime + used.ru_stime))
