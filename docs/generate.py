"""Write the reference from the code, or check for drift.

`python docs/generate.py` writes; with `--check` it changes nothing and exits 1 on drift.
"""

import argparse
import json
import re
import sys
from collections.abc import Iterator
from inspect import cleandoc
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from prometheus_client.registry import Collector, CollectorRegistry
from typer.main import get_command

from tidegate.cli.main import app
from tidegate.console.api.router import router as api
from tidegate.notify.metrics import NotifierMetrics
from tidegate.ops.acls import acls
from tidegate.ops.console_metrics import ConsoleMetrics
from tidegate.ops.metrics import WorkerMetrics
from tidegate.ops.role import Role
from tidegate.ops.settings import PREFIX, Settings
from tidegate.ops.topics import topology

SCHEMAS = Path(__file__).parents[1] / "schemas"
FOLDER = Path(__file__).parent / "reference"
MADE_DEFAULTS = {
    "packs_dir": "the packs that ship",
    "cache_dir": "`tidegate` in the user's cache folder",
    "state_dir": "`tidegate` in the user's state folder",
}


def settings_page() -> str:
    """Return the page of settings."""
    lines = [
        "# Settings",
        "",
        "Each is an environment variable, or a key of the same name in lower case and without"
        " `TIDEGATE_` in a TOML file: the one that `TIDEGATE_CONFIG` names, else `tidegate.toml`"
        " in the working directory. A secret can also be a file in the folder that"
        " `TIDEGATE_SECRETS_DIR` names, called like its variable, in lower or upper case. The"
        " environment goes before such files, those before the TOML file, and an option of a"
        " command before all. A wrong setting ends a command with exit code 2, the setting's"
        " name and the reason. `tidegate doctor` shows what is in force.",
        "",
        "| variable | default | what it does |",
        "|---|---|---|",
    ]
    for name, field in Settings.model_fields.items():
        default = MADE_DEFAULTS.get(name) or _shown(field.default)
        lines.append(f"| `{PREFIX}{name.upper()}` | {default} | {field.description} |")
    return "\n".join(lines) + "\n"


def rights_page() -> str:
    """Return the page of what each role may do on the broker, with default settings."""
    lines = [
        "# Rights",
        "",
        "What each role needs on a broker with an authorizer, and no more. `tidegate topics acls`"
        " prints or gives it with your names; see [Kafka with TLS, SCRAM and ACLs](../kafka.md)."
        " `Read` and `Write` imply `Describe`.",
        "",
        "| role | resource | name | operations |",
        "|---|---|---|---|",
    ]
    for role in Role:
        operations: dict[tuple[str, str], list[str]] = {}
        for entry in acls(Settings.model_construct(), role):
            name = f"`{entry.name}`" + ("..." if entry.prefixed else "")
            operations.setdefault((entry.resource, name), []).append(entry.operation)
        for (resource, name), found in operations.items():
            lines.append(f"| {role} | {resource} | {name} | {', '.join(sorted(found))} |")
    return "\n".join(lines) + "\n"


def topics_page() -> str:
    """Return the page of topics, with default settings."""
    lines = [
        "# Topics",
        "",
        "`tidegate topics create` makes those that are missing; existing ones are left, and"
        " differences are told. Names can have a prefix (`TIDEGATE_TOPIC_PREFIX`). All but"
        " `trade.measures` must have the same number of partitions.",
        "",
        "| topic | what is in it | partitions | policy | kept | largest batch |",
        "|---|---|---|---|---|---|",
    ]
    for spec in topology(Settings.model_construct()):
        kept = spec.config.get("retention.ms")
        days = f"{int(kept) // 86_400_000} days" if kept else "last of each key"
        size = int(spec.config["max.message.bytes"]) // (1024 * 1024)
        policy = spec.config["cleanup.policy"]
        lines.append(
            f"| `{spec.name}` | {spec.purpose} | {spec.partitions} | {policy} | {days}"
            f" | {size} MiB |"
        )
    return "\n".join(lines) + "\n"


def metrics_page() -> str:
    """Return the page of metrics: by process."""
    lines = [
        "# Metrics",
        "",
        "A worker serves them at `/metrics` on `TIDEGATE_METRICS_PORT`, beside `/live` (restart it"
        " when this fails) and `/ready` (its partitions are open). No metric is labelled by"
        " shipment, party or license.",
        "",
        *_metrics_table(WorkerMetrics().registry),
        "",
        "## The notifier",
        "",
        "Served as a worker's are, each process on a port of its own; `/ready`: it delivers, or"
        " stands by for the one that does.",
        "",
        *_metrics_table(NotifierMetrics().registry),
        "",
        "## The console",
        "",
        "Served at `/metrics` on `TIDEGATE_CONSOLE_PORT`, beside `/live` and `/ready` (its database"
        " answers and its services work; otherwise the text says what does not).",
        "",
        *_metrics_table(ConsoleMetrics().registry),
    ]
    return "\n".join(lines) + "\n"


def _metrics_table(registry: CollectorRegistry) -> list[str]:
    lines = ["| metric | type | labels | what it counts |", "|---|---|---|---|"]
    collectors: list[Collector] = list(registry._collector_to_names)
    for collector in collectors:
        for metric in collector.collect():
            names = getattr(collector, "_labelnames", getattr(metric, "_labelnames", ()))
            labels = ", ".join(f"`{name}`" for name in names)
            name = metric.name + ("_total" if metric.type == "counter" else "")
            lines.append(f"| `{name}` | {metric.type} | {labels} | {metric.documentation} |")
    return lines


def cli_page() -> str:
    """Return the page of commands, in the order of `tidegate --help`."""
    lines = [
        "# Commands",
        "",
        "`tidegate COMMAND --help` says the same. Exit code 0: done, also where a shipment is held;"
        " 1: something failed, is wrong or differs; 2: wrong use or a wrong setting. Answers go to"
        " standard output, progress and errors to standard error.",
    ]
    for words, command in _commands((), get_command(app)):
        arguments = [one for one in command.params if one.param_type_name == "argument"]
        options = [one for one in command.params if one.param_type_name == "option"]
        usage = ["tidegate", *words, *(_argument(one) for one in arguments)]
        lines += ["", f"## tidegate {' '.join(words)}", "", f"`{' '.join(usage)}`", ""]
        lines.append(cleandoc(command.help or ""))
        if arguments or options:
            lines += ["", "| | |", "|---|---|"]
        for one in arguments:
            lines.append(f"| `{_argument(one)}` | {one.help or ''} |")
        for one in options:
            names = ", ".join(f"`{name}`" for name in (*one.opts, *one.secondary_opts))
            shown = "" if one.default in (None, False, []) else f" Default: `{one.default}`."
            needed = " Required." if one.required else ""
            lines.append(f"| {names} | {one.help or ''}{shown}{needed} |")
    return "\n".join(lines) + "\n"


def _commands(words: tuple[str, ...], command: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
    below = getattr(command, "commands", None)
    if below is None:
        yield words, command
        return
    for name, one in below.items():
        yield from _commands((*words, name), one)


def _argument(one: Any) -> str:
    name = one.name.upper().rstrip("_") + ("..." if one.nargs == -1 or one.multiple else "")
    return name if one.required else f"[{name}]"


def events_page() -> str:
    """Return the page of events: the fields of each, from the published schemas."""
    lines = [
        "# Events",
        "",
        "Every record is a CloudEvent 1.0 in JSON; a binary one, with `ce_` headers, is read as"
        " well. What is in `data` is a full snapshot at a `revision`. A field that is not stated is"
        " unknown, and unknown never passes by itself. The JSON Schemas and an example of each are"
        " in the folder `schemas/` of the repository. Times are RFC 3339, amounts are decimals in"
        " quotation marks.",
    ]
    for path in sorted(SCHEMAS.glob("*.json")):
        schema = json.loads(path.read_text(encoding="utf-8"))
        data = schema["properties"]["data"]
        shown = schema.get("$defs", {}) | data.get("$defs", {})
        lines += ["", f"## {schema['title']}", "", cleandoc(data.get("description", ""))]
        lines += _fields_table(data, shown)
        for name in _named_in(data, shown):
            lines += ["", f"### {schema['title']}: {name}", ""]
            lines += [
                cleandoc(shown[name].get("description", "")),
                *_fields_table(shown[name], shown),
            ]
    return "\n".join(lines) + "\n"


def api_page() -> str:
    """Return the page of the API: what every running console describes in full."""
    described = FastAPI()
    described.include_router(api)
    lines = [
        "# API",
        "",
        "The console serves a REST API. Every running console describes it in full, with all fields"
        " and errors, as OpenAPI at `/api/v1/openapi.json`; here is what it can do.",
        "",
        "- A person signs in with `POST /api/v1/session`, and sends the cookie, and with everything"
        " that changes something the answer's `csrf_token` as `X-CSRF-Token`. A program sends a"
        " token that a person made for it: `Authorization: Bearer TOKEN`.",
        "- Errors are `application/problem+json` (RFC 9457). Each answer has an `X-Request-ID`,"
        " which the log has as well.",
        "- What is decided is also on the topics. A program that follows decisions should read"
        " `trade.decisions`, or take a webhook, rather than ask again and again.",
        "",
        "| | | |",
        "|---|---|---|",
    ]
    for path, methods in described.openapi()["paths"].items():
        for method, operation in methods.items():
            text = " ".join(operation.get("description", operation["summary"]).split())
            lines.append(f"| `{method.upper()}` | `{path}` | {text} |")
    return "\n".join(lines) + "\n"


def _fields_table(schema: dict[str, Any], shown: dict[str, Any]) -> list[str]:
    lines = ["", "| field | | |", "|---|---|---|"]
    for name, field in schema["properties"].items():
        needed = "required" if name in schema.get("required", ()) else ""
        lines.append(f"| `{name}` | {_kind(field, shown)} | {needed} |")
    return lines


def _kind(field: dict[str, Any], shown: dict[str, Any]) -> str:
    """Say in a few words what a field holds."""
    if "$ref" in field:
        name = field["$ref"].rpartition("/")[2]
        return _kind(shown[name], shown) if "enum" in shown[name] else name
    if "enum" in field:
        return ", ".join(f"`{value}`" for value in field["enum"])
    if "const" in field:
        return f"`{field['const']}`"
    for several in ("anyOf", "oneOf"):
        if several in field:
            kinds = [_kind(one, shown) for one in field[several] if one.get("type") != "null"]
            return " or ".join(dict.fromkeys(kinds))
    if field.get("type") == "array":
        return f"list of: {_kind(field.get('items', {}), shown)}"
    return str(field.get("format") or field.get("type") or "any")


def _named_in(data: dict[str, Any], shown: dict[str, Any]) -> list[str]:
    """Return the names of all objects that a schema leads to, in order of appearance."""
    found: list[str] = []
    waiting = [data]
    while waiting:
        for name in re.findall(r'"#/(?:[^"]*/)?(\w+)"', json.dumps(waiting.pop(0)["properties"])):
            if name not in found and "properties" in shown[name]:
                found.append(name)
                waiting.append(shown[name])
    return found


def _shown(value: Any) -> str:
    return "" if value is None or value == "" else f"`{value}`"


def main() -> int:
    """Write or check; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 on drift")
    check = parser.parse_args().check
    pages = {
        "settings.md": settings_page(),
        "rights.md": rights_page(),
        "topics.md": topics_page(),
        "metrics.md": metrics_page(),
        "cli.md": cli_page(),
        "events.md": events_page(),
        "api.md": api_page(),
    }
    drift = False
    for name, text in pages.items():
        path = FOLDER / name
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        drift = True
        if check:
            print(f"docs/reference/{name} differs from the code: run `make docs`")
        else:
            path.write_text(text, encoding="utf-8")
            print(f"docs/reference/{name} written")
    return int(check and drift)


if __name__ == "__main__":
    sys.exit(main())
