"""Read YAML and remember on which line each value stands.

Every scalar stays the text that was written (so `NO` is Norway and not `false`, and a date is
read by the model that wants one); only a bare `null`, `~` or nothing is None. Refused: a repeated
key, anchors and aliases, tags, more than one document.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import yaml

from tidegate.measures.errors import PackError, Problem

Path = tuple[str | int, ...]
MAX_YAML_BYTES = 4 * 1024 * 1024
MAX_YAML_DEPTH = 40
_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class YamlSource:
    """One YAML file: its values, and the line of each."""

    file: str
    data: Any
    lines: dict[Path, int] = field(repr=False)

    def line(self, path: Path) -> int:
        """Return the line of a value, or of the nearest one that holds it."""
        for end in range(len(path), -1, -1):
            found = self.lines.get(path[:end])
            if found is not None:
                return found
        return 1

    def problem(self, path: Path, reason: str) -> Problem:
        """Tell a problem at a value, by its path and line."""
        where = path_text(path)
        return Problem(self.file, self.line(path), f"{where}: {reason}" if where else reason)


def parse(file: str, content: bytes) -> YamlSource:
    """Read one file.

    Raises:
        PackError: not UTF-8, not YAML, or one of the things refused (see the module).
    """
    if len(content) > MAX_YAML_BYTES:
        raise PackError([Problem(file, None, f"more than {MAX_YAML_BYTES} bytes")])
    text = decode(file, content)
    try:
        _refuse_shorthand(file, text)
        node = yaml.compose(text, Loader=_Loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark is not None else None
        reason = getattr(error, "problem", None) or str(error)
        raise PackError([Problem(file, line, f"not YAML: {reason}")]) from None
    if node is None:
        raise PackError([Problem(file, 1, "the file is empty")])
    lines: dict[Path, int] = {}
    problems: list[Problem] = []
    data = _value(file, node, (), lines, problems)
    if problems:
        raise PackError(problems)
    return YamlSource(file, data, lines)


def decode(file: str, content: bytes) -> str:
    """Decode UTF-8, with or without a byte order mark.

    Raises:
        PackError: naming the line of the first byte that is none.
    """
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        reason = f"not UTF-8: byte 0x{content[error.start]:02x}"
        raise PackError([Problem(file, line, reason)]) from None


def with_parameters(source: YamlSource) -> YamlSource:
    """Put the values of a pack's `parameters` where `${name}` refers to them.

    Raises:
        PackError: a reference to a parameter that the pack does not have.
    """
    if not isinstance(source.data, dict):
        return source
    given = source.data.get("parameters")
    values: dict[str, str] = {}
    if isinstance(given, dict):
        for name, parameter in given.items():
            if isinstance(parameter, dict) and isinstance(parameter.get("value"), str):
                values[name] = parameter["value"]
    problems: list[Problem] = []

    def replaced(value: Any, path: Path) -> Any:
        if isinstance(value, dict):
            return {key: replaced(child, (*path, key)) for key, child in value.items()}
        if isinstance(value, list):
            return [replaced(child, (*path, index)) for index, child in enumerate(value)]
        if not isinstance(value, str) or "${" not in value:
            return value

        def one(match: re.Match[str]) -> str:
            name = match[1]
            if name not in values:
                problems.append(source.problem(path, f"no parameter {name!r} in this pack"))
            return values.get(name, match[0])

        return _REFERENCE.sub(one, value)

    data = {
        key: value if key == "parameters" else replaced(value, (key,))
        for key, value in source.data.items()
    }
    if problems:
        raise PackError(problems)
    return YamlSource(source.file, data, source.lines)


def path_text(path: Path) -> str:
    """Write a path as people do: `measures[3].effective.from`."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            text += f".{step}" if text else step
    return text


def _refuse_shorthand(file: str, text: str) -> None:
    """Refuse anchors, aliases and tags (one line would stand for several values), and depth.

    Asked of the stream of events, before anything is built that could be too deep to build.
    """
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        mark = event.start_mark
        line = None if mark is None else mark.line + 1
        anchor = getattr(event, "anchor", None)
        tag = getattr(event, "tag", None)
        if anchor is not None or tag is not None:
            what = f"tag {tag}" if anchor is None else f"anchor or alias {anchor!r}"
            raise PackError([Problem(file, line, f"{what}: write the value out")])
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_YAML_DEPTH:
            raise PackError([Problem(file, line, f"nested deeper than {MAX_YAML_DEPTH} levels")])


def _value(
    file: str, node: yaml.Node, path: Path, lines: dict[Path, int], problems: list[Problem]
) -> Any:
    lines[path] = node.start_mark.line + 1
    if isinstance(node, yaml.ScalarNode):
        plain = not node.style  # None by the one parser, "" by the other
        return None if plain and node.value in _NULL else str(node.value)
    if isinstance(node, yaml.SequenceNode):
        return [
            _value(file, child, (*path, index), lines, problems)
            for index, child in enumerate(node.value)
        ]
    result: dict[str, Any] = {}
    for key_node, child in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, yaml.ScalarNode):
            problems.append(Problem(file, line, "a key must be plain text"))
            continue
        key = str(key_node.value)
        if key in result:
            first = lines[(*path, key)]
            problems.append(Problem(file, line, f"{key!r} stands twice, first on line {first}"))
            continue
        result[key] = _value(file, child, (*path, key), lines, problems)
        lines[(*path, key)] = line
    return result
