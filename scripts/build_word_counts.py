"""Write the table that says how common each word is among listed names.

    python scripts/build_word_counts.py

Counted over the folded names of the packs in this repository, each once. It is not written anew
with each list: a word's weight, and so the score of two names, stays the same while lists change.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from tidegate.ops.packs import load_tables
from tidegate.parties.words import words_of

ROOT = Path(__file__).resolve().parent.parent
TABLE = ROOT / "streams/tidegate/parties/tables/word_counts.txt"
FEWEST = 3
"""A word met less often says as much as one never met."""
HEAD = """\
# How many listed names have each word, of all names (first line); words in fewer than {fewest}
# are left out. Written by scripts/build_word_counts.py from the names in packs/lists, whose
# sources and dates stand there.
"""


def main() -> None:
    """Count and write."""
    names = load_tables(ROOT / "packs").parties.names()
    counts = Counter(word for name in names for word in set(words_of(name)))
    common = sorted((word, count) for word, count in counts.items() if count >= FEWEST)
    lines = [str(len(names)), *(f"{word} {count}" for word, count in common)]
    text = HEAD.format(fewest=FEWEST) + "\n".join(lines) + "\n"
    TABLE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
