"""Other matchers on the same names: nomenklatura's logic-v2 and rapidfuzz's WRatio."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from rapidfuzz import fuzz

from bench.peers.environment import environment
from bench.peers.peer import NotRun

_HERE = Path(__file__).parent
_SECONDS = 900

Asked = tuple[str, str, str]
"""Schema (Company, Person, ...) and two names as they are written."""


class Scored(NamedTuple):
    """What a peer made of pairs."""

    scores: list[float]
    seconds: float


def wratio(pairs: Sequence[Asked]) -> list[float]:
    """Return rapidfuzz's WRatio of the lower-case names, 0 to 1."""
    return [fuzz.WRatio(one.lower(), other.lower()) / 100 for _, one, other in pairs]


def nomenklatura(pairs: Sequence[Asked]) -> Scored:
    """Return logic-v2's scores, 0 to 1.

    Raises:
        NotRun: it cannot be installed here (it needs ICU's headers and a C++ compiler).
    """
    python = environment("nomenklatura", _HERE / "nomenklatura.txt")
    done = subprocess.run(
        [str(python), str(_HERE / "nomenklatura_program.py")],
        input=json.dumps(pairs),
        capture_output=True,
        text=True,
        check=False,
        timeout=_SECONDS,
    )
    if done.returncode != 0:
        raise NotRun((done.stderr.strip() or "?").splitlines()[-1][:200])
    scores, seconds = json.loads(done.stdout)
    return Scored(scores, seconds)
