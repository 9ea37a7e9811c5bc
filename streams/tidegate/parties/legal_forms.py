"""Take legal forms (Ltd, GmbH, OOO, 株式会社) off either end of a folded name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping


class LegalForms:
    """Legal forms as data: rows of `form`, `class` and `where` (`end`, or `both` ends).

    Args:
        rows: The table.
        clean: Brings a form to the words that a name has when forms are looked for.
    """

    def __init__(
        self, rows: Iterable[Mapping[str, str]], clean: Callable[[str], list[str]]
    ) -> None:
        self._last: dict[str, list[tuple[str, ...]]] = {}
        self._first: dict[str, list[tuple[str, ...]]] = {}
        glued: set[str] = set()
        self._classes: dict[tuple[str, ...], str] = {}
        for row in rows:
            words = tuple(clean(row["form"]))
            if not words:
                raise ValueError(f"legal form {row['form']!r} folds to nothing")
            self._classes.setdefault(words, row["class"])
            if is_han(words[0]):
                glued.add(words[0])
                continue
            self._last.setdefault(words[-1], []).append(words)
            if row["where"] == "both":
                self._first.setdefault(words[0], []).append(words)
        for found in (self._last, self._first):
            for forms in found.values():
                forms.sort(key=lambda form: (-len(form), form))
        self._glued = tuple(sorted(glued, key=lambda form: (-len(form), form)))

    def split(self, words: list[str]) -> tuple[list[str], tuple[str, ...]]:
        """Return the words without legal forms, and the classes of those taken off.

        One word always stays: a firm may be called Limited.
        """
        classes: tuple[str, ...] = ()
        while True:
            shorter, form = self._shorter(words)
            if not form:
                return words, classes
            words = shorter
            classes += (self._classes[form],)

    def _shorter(self, words: list[str]) -> tuple[list[str], tuple[str, ...]]:
        size = len(words)
        if not size:
            return words, ()
        for form in self._last.get(words[-1], ()):
            length = len(form)
            if length < size and (length == 1 or tuple(words[-length:]) == form):
                return words[:-length], form
        for form in self._first.get(words[0], ()):
            length = len(form)
            if length < size and (length == 1 or tuple(words[:length]) == form):
                return words[length:], form
        for at in (-1, 0):
            if is_han(words[at]):
                for glued in self._glued:
                    word = words[at]
                    rest = word.removesuffix(glued)
                    if rest == word:
                        rest = word.removeprefix(glued)
                    if rest == word or (not rest and size == 1):
                        continue
                    kept = [rest] if rest else []
                    return (words[:-1] + kept if at else kept + words[1:]), (glued,)
        return words, ()


def is_han(word: str) -> bool:
    """Tell whether a folded word is of Han characters: folding leaves no other letters but a-z."""
    return word[0] > "\u2fff"
